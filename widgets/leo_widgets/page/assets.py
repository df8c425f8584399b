"""Read the hand-written browser files, and join them into the one module that a widget may be."""

import json
import posixpath
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"

_IMPORT = re.compile(r'^import\s*\{[^}]*\}\s*from\s*"(?P<file>\.{1,2}/[\w/-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |let |function |async function |class )", re.MULTILINE)


def text(name: str) -> str:
    """The text of one file of `static/`, such as "lib/common.css"."""
    return (STATIC / name).read_text(encoding="utf-8")


def _modules(name: str, seen: list[str]) -> list[str]:
    """File names that `name` needs, dependencies first, each once."""
    for match in _IMPORT.finditer(text(name)):
        needed = posixpath.normpath(posixpath.join(posixpath.dirname(name), match["file"]))
        if needed not in seen:
            _modules(needed, seen)
    if name not in seen:
        seen.append(name)
    return seen


@cache
def esm(name: str) -> str:
    """One self-contained ES module: `static/views/<name>.js` with everything that it imports from `static/`.

    A notebook loads a widget from a Blob URL, from where a relative import cannot resolve. So imports of the
    form `import { a, b } from "../map/file.js";` are replaced by the text of that file, and the word `export` is
    taken off its declarations; `export default` stays. Raises ValueError for any other form: there is no
    renaming and no import from a URL.
    """
    parts = [_EXPORT.sub("", _IMPORT.sub("", text(file))) for file in _modules(f"views/{name}.js", [])]
    module = "\n".join(parts)
    left = re.search(r"^\s*(import\b.*|export (?!default).*)$", module, re.MULTILINE)
    if left:
        raise ValueError(
            f"{name}.js cannot be inlined: {left.group().strip()!r}; write import {{ a }} from './file.js'"
        )
    return module


@cache
def css(name: str) -> str:
    """The shared style sheet followed by `static/views/<name>.css`."""
    return text("lib/common.css") + text(f"views/{name}.css")


@cache
def colours(name: str) -> tuple[str, ...]:
    """A colour list of `static/lib/colours.js` (CIVIDIS, DIVERGING, OKABE_ITO) as hex strings."""
    found = re.search(rf"^export const {name} = (\[[^\]]*\]);", text("lib/colours.js"), re.MULTILINE)
    return tuple(json.loads(found[1]))


@cache
def blocks() -> dict[str, tuple[str, str]]:
    """The colours of Craftax's blocks, {name: (ground, accent)} as hex strings; an accent may be empty."""
    flat = colours("BLOCKS")
    return {flat[i]: (flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)}
