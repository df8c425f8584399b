"""Craftax-Classic with 136 goals and Craftax with 512.

The game itself is imported when a world is built.
"""
