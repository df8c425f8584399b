"""The same views without a browser, drawn with Pillow: the picture that a widget leaves in a saved notebook.

Reads arrays and the browser's colours.
"""
