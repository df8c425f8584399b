"""Files: where the shipped data lies, and writing JSON and whole files only."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from leo_lab.errors import LabError, require_choice

_PACKAGE = Path(__file__).parent.parent
_BUILTIN = (ValueError, TypeError, LookupError, OSError, EOFError, RuntimeError, MemoryError, ArithmeticError)
UNREADABLE = (*_BUILTIN, zipfile.BadZipFile, zlib.error)
"""All that numpy and zipfile raise for damaged files."""
FILES_NAME = "files.json"  # what is shipped: SHA-256, the command that makes each file, and whether it is stale
STALE = "stale, see data/README.md"  # what readers of a stale file are told


def data_path(*parts: str) -> Path:
    """Path of a file of `data/` (beside the package in a checkout, inside it in a wheel), which may not exist."""
    inside = _PACKAGE / "_data"
    return (inside if inside.is_dir() else _PACKAGE.parent / "data").joinpath(*parts)


def shipped(*parts: str) -> Path:
    """Path of a file of `data/` that is what it should be.

    Raises LabError where it is missing or altered, with the sum that it should have and the command that makes it; or
    where no such file is shipped at all.
    """
    name, path, files = "/".join(parts), data_path(*parts), listed()
    require_choice("shipped file", name, files)
    found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    if found != files[name]["sha256"]:
        what = "is missing" if found is None else "was altered"
        again = files[name]["made_by"]
        raise LabError(f"{path} {what}; its SHA-256 is {files[name]['sha256']}; restore it, or make it again: {again}")
    return path


def listed() -> dict[str, dict[str, Any]]:
    """What is shipped, by name: `sha256`, `made_by`, and `stale`, true of a file that today's code would not make."""
    return json.loads(data_path(FILES_NAME).read_text("utf-8"))


def is_stale(path: str | Path) -> bool:
    """Whether a file is one of `data/` of which it is recorded that today's code would not make it."""
    path = Path(path).resolve()
    return any(data_path(name).resolve() == path for name, each in listed().items() if each.get("stale"))


def write_atomically(path: str | Path, content: bytes) -> Path:
    """Writes a file so that, whenever the process dies, the old or the new content is there, whole; returns its path.

    Raises LabError where it cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
        return path
    except OSError as error:
        raise LabError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        if partial.exists():
            partial.unlink()


def write_npz(path: str | Path, **arrays: np.ndarray) -> Path:
    """Writes a compressed .npz, as `write_atomically` does; returns its path."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return write_atomically(path, buffer.getvalue())


def to_json(value: Any) -> str:
    """One line of JSON, with null for nan and infinities, which JSON does not know."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps(plain(value), allow_nan=False)
