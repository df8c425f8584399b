"""What arrives from Python, checked, and how it travels to the browser."""
