"""What arrives from Python, checked, and how it travels to the browser.

AllGoalsValues, Plane, PlaneValues and Walk have the names and the fields of leo_lab's artefacts. Imports numpy alone.
"""
