"""The same views without a browser: the picture that a widget leaves in a saved notebook."""
