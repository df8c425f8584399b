"""Runs the notebooks and stores their outputs in such a way that git shows only what changed.

    python notebooks/build.py              run all, in place
    python notebooks/build.py 02_exact     run those whose name begins so
    python notebooks/build.py --check      run nothing; say what is not as a build would leave it

The notebooks are their own source: write in JupyterLab, save, build, commit. A build leaves no trace of when and where
it ran: no widget state, no time stamps, no random numbers for cells and widgets. A widget is kept as its picture.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

FOLDER = Path(__file__).resolve().parent
SECONDS = 90  # the longest that a notebook may take
BYTES = 300_000  # the largest that a notebook may be
WIDGET = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Every place that Jupyter and IPython read settings from or write to.
_PLACES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")


def notebooks(prefix: str = "") -> list[Path]:
    """The course in its order."""
    return [path for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb")) if path.name.startswith(prefix)]


def quiet_environment(folder: str | Path) -> dict[str, str]:
    """Variables for a kernel that depends on nobody's settings, computes on the CPU and keeps compiled programs."""
    own = {place: str(Path(folder) / place.lower()) for place in _PLACES}
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(FOLDER.parent / ".jax_cache"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    given = {name: os.environ[name] for name in cache if name in os.environ}
    return {**own, **cache, **given, "JAX_PLATFORMS": "cpu", "JPY_SESSION_NAME": "notebook"}


def execute(notebook: nbformat.NotebookNode) -> float:
    """Runs all cells in place in a fresh kernel; returns the seconds it took.

    Raises:
      CellExecutionError: a cell failed.
      CellTimeoutError: a cell took longer than a whole notebook may.
    """
    with tempfile.TemporaryDirectory() as folder, _environment(quiet_environment(folder)):
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": str(FOLDER)}},
            extra_arguments=["--log-level=40"],
        )
        began = time.perf_counter()
        client.execute()
        return time.perf_counter() - began


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def tidy(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """A copy as it is committed: cell numbers and ids by position, no metadata but tags, widgets as pictures."""
    clean = nbformat.v4.new_notebook(metadata=METADATA)
    pictures = _last_pictures(notebook)
    for position, cell in enumerate(notebook.cells):
        tags = {"tags": list(cell.metadata.tags)} if cell.metadata.get("tags") else {}
        identity = hashlib.sha256(f"{name}/{position}".encode()).hexdigest()[:8]
        source = cell.source.rstrip()
        if cell.cell_type == "code":
            count = 1 + sum(before.cell_type == "code" for before in clean.cells)
            outputs = [_tidy_output(output, count, pictures) for output in _joined(cell.outputs)]
            made = nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs, metadata=tags, id=identity)
        else:
            made = nbformat.v4.new_markdown_cell(source, metadata=tags, id=identity)
        clean.cells.append(made)
    return clean


def _joined(outputs: list) -> list:
    """Neighbouring pieces of one stream as one: how a kernel cuts them is chance."""
    joined: list = []
    for output in outputs:
        if output.output_type == "stream" and joined and joined[-1].get("name") == output.name:
            joined[-1] = nbformat.from_dict({**joined[-1], "text": joined[-1].text + output.text})
        else:
            joined.append(output)
    return joined


def _last_pictures(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """The newest picture of each widget by its id: one that is shown twice is one widget, which has moved on."""
    shown = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", ())]
    return {data[WIDGET]["model_id"]: data["image/png"] for data in shown if WIDGET in data and "image/png" in data}


def _tidy_output(output: nbformat.NotebookNode, count: int, pictures: dict[str, str]) -> nbformat.NotebookNode:
    output = nbformat.from_dict(dict(output))
    if "metadata" in output:
        output.metadata = nbformat.NotebookNode()
    if output.output_type == "execute_result":
        output.execution_count = count
    if "image/png" in output.get("data", {}):
        kept = {kind: value for kind, value in output.data.items() if kind != WIDGET}
        if WIDGET in output.data:
            kept["image/png"] = pictures[output.data[WIDGET]["model_id"]]
        output.data = nbformat.from_dict(kept)
    return output


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Writes a notebook; an interrupted build leaves the old one."""
    partial = path.with_suffix(".partial")
    partial.write_text(text_of(notebook), encoding="utf-8")
    partial.replace(path)


def text_of(notebook: nbformat.NotebookNode) -> str:
    """The notebook as its file holds it."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def problems(path: Path) -> list[str]:
    """What stands in a notebook that a build would not leave there, one line each."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    found = []
    if len(text.encode()) > BYTES:
        found.append(f"it has {len(text.encode()):,} bytes, more than {BYTES:,}")
    if text != text_of(tidy(notebook, path.stem)):
        found.append("it is not as a build leaves it")
    for position, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", ()):
            found += [f"cell {position}: {trouble}" for trouble in _troubles(output)]
    if not any(cell.get("outputs") for cell in notebook.cells):
        found.append("it has no outputs")
    return [f"{path.name}: {line}; run notebooks/build.py" for line in found]


def _troubles(output: nbformat.NotebookNode) -> Iterator[str]:
    if output.output_type == "error":
        yield f"failed with {output.ename}"
    if output.get("name") == "stderr":
        yield f"wrote to stderr: {output.text.strip()[:80]!r}"
    if WIDGET in output.get("data", {}):
        yield "shows a widget without a picture"


def build(path: Path) -> bool:
    """Runs a notebook and writes it, if all went well; returns whether it did."""
    notebook = nbformat.read(path, as_version=4)
    try:
        seconds = execute(notebook)
    except CellExecutionError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return False
    write(tidy(notebook, path.stem), path)
    found = problems(path)
    if seconds > SECONDS:
        found.append(f"{path.name}: took {seconds:.0f} s, more than {SECONDS} s")
    print("\n".join([f"{path.name:<28}{seconds:6.1f} s{path.stat().st_size / 1000:8.0f} kB", *found]))
    return not found


def main(argv: list[str] | None = None) -> int:
    """Returns the exit status: 0 if all is well, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("prefix", nargs="?", default="", help="only notebooks whose name begins so")
    parser.add_argument("--check", action="store_true", help="run nothing, say what is not as a build leaves it")
    args = parser.parse_args(argv)
    chosen = notebooks(args.prefix)
    if not chosen:
        parser.error(f'no notebook begins with "{args.prefix}"; there are {", ".join(p.stem for p in notebooks())}')
    if args.check:
        found = [line for path in chosen for line in problems(path)]
        print("\n".join(found or [f"{len(chosen)} notebooks are as a build leaves them"]))
        return int(bool(found))
    return int(not all([build(path) for path in chosen]))


if __name__ == "__main__":
    sys.exit(main())
