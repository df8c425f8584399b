"""Files of Python that are no part of a package, as modules."""

import importlib.util
import sys


def module_of(path):
    """Executes a file; its module is known by the file's name, where dataclasses look for the types of their fields."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
