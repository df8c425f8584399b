"""Bodies with the physics of brax whose goals are places.

The package itself is imported when a world is built.
"""
