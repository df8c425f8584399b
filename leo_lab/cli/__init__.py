"""The `leo-lab` command: the composition root, and the only room that may import leo_widgets."""

from leo_lab.cli.app import main

__all__ = ["main"]
