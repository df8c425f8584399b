"""The course: every notebook runs again with the outputs that are committed, and keeps to the rules of the course."""

import ast
import os
import re
import resource
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from modules import module_of

FOLDER = Path(__file__).parent.parent / "notebooks"
build = module_of(FOLDER / "build.py")

PATHS = build.notebooks()
COURSE = [
    "00_tour",
    "01_goals_as_tests",
    "02_exact_values",
    "03_one_step_every_goal",
    "04_relabelling",
    "05_one_network",
    "06_reading_maps",
    "07_from_values_to_behaviour",
    "08_exploring",
    "09_leo_uvfa_dual",
    "10_craftax",
    "11_continuous",
    "12_bodies",
]
LINES = range(2, 11)  # of a code cell
IGNORED = "nbval-ignore-output"
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def prose(path: Path) -> str:
    return "\n".join(cell.source for cell in cells(path, "markdown"))


def test_the_course_is_whole():
    assert [path.stem for path in PATHS] == COURSE


@pytest.mark.slow
@every_notebook
def test_it_runs_again_with_the_same_outputs(path, tmp_path):
    """Strict nbval, which holds the lax one: no cell fails, and every output is compared but those of cells tagged
    nbval-ignore-output, which show a trained network, whose last digits are the machine's own.

    What it may take is counted in seconds that processors worked for it, which other work on the machine changes less
    than the seconds that pass. Two cores share them: a reader waits three quarters as long (54 s for 73, measured)."""
    empty = tmp_path / "pytest.ini"
    empty.write_text("[pytest]\n")
    options = ["--nbval", "--nbval-sanitize-with", FOLDER / "sanitize.cfg", "--nbval-cell-timeout", 4 * build.SECONDS]
    isolated = ["-c", empty, "--rootdir", tmp_path, "-p", "no:cacheprovider", "-q", "--color=no"]
    command = [sys.executable, "-m", "pytest", *options, *isolated, path]
    before, as_readers_have_it = _worked(), dict(os.environ)
    for quick in ("JAX_DISABLE_MOST_OPTIMIZATIONS", "XLA_FLAGS"):  # which tests/conftest.py sets
        as_readers_have_it.pop(quick, None)
    ran = subprocess.run(
        [str(part) for part in command],
        env={**as_readers_have_it, **build.quiet_environment(tmp_path)},
        capture_output=True,
        text=True,
        timeout=4 * build.SECONDS,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
    worked = _worked() - before
    assert 1 < worked < build.SECONDS / 0.75, f"{path.name} took {worked:.0f} s of processors"


def _worked() -> float:
    """Seconds that processors worked for child processes that are over."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


@every_notebook
def test_it_is_as_a_build_leaves_it(path):
    assert build.problems(path) == []


@every_notebook
def test_every_output_can_be_read_without_a_kernel(path):
    """A widget is kept as a picture and the words of its repr; its own words never change between runs."""
    for cell in cells(path, "code"):
        for output in cell.outputs:
            data = output.get("data", {})
            assert output.output_type in ("stream", "execute_result", "display_data")
            assert set(data) <= {"text/plain", "text/html", "image/png", "application/vnd.plotly.v1+json"}
            if "image/png" in data:
                assert re.fullmatch(r"[A-Z]\w+\(.+\)", data["text/plain"]), data["text/plain"]
            assert "0x" not in data.get("text/plain", "")


@every_notebook
def test_prose_is_at_least_as_long_as_code(path):
    assert len(prose(path)) >= sum(len(cell.source) for cell in cells(path, "code"))


@every_notebook
def test_code_cells_are_short_and_define_nothing(path):
    for cell in cells(path, "code"):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) in LINES, cell.source
        assert max(map(len, lines)) <= 120, cell.source
        made = [type(node).__name__ for node in ast.walk(ast.parse(cell.source))]
        assert not {"FunctionDef", "AsyncFunctionDef", "ClassDef"} & set(made), cell.source


@every_notebook
def test_every_code_cell_is_led_by_prose(path):
    """So that nobody meets code whose purpose has not been said."""
    kinds = [cell.cell_type for cell in nbformat.read(path, as_version=4).cells]
    assert kinds[0] == kinds[-1] == "markdown"
    assert ("code", "code") not in pairwise(kinds)


@every_notebook
def test_it_has_the_parts_of_a_lesson(path):
    text = prose(path)
    assert re.match(rf"# {path.stem[:2]} \w", text), "the title begins with the number"
    headings = re.findall(r"^## (.+)$", text, flags=re.M)
    assert headings[-2:] == ["What you have seen", "Questions to try"]
    numbered = [int(heading.split(".")[0]) for heading in headings[:-2]]
    assert numbered == list(range(1, len(numbered) + 1))
    assert 2 <= len(re.findall(r"^\d\. ", text.partition("## Questions to try")[2], flags=re.M)) <= 3
    assert re.search(r"\bpredict\b", text, flags=re.I) and "by hand" in text.lower()
    assert not EMOJI.search(text)


@every_notebook
def test_its_links_lead_somewhere(path):
    targets = re.findall(r"\]\(([^)]+)\)", prose(path))
    assert targets, "the last cell links to the next notebook"
    for target in targets:
        assert (FOLDER / target).is_file(), target
    assert prose(path).rstrip().endswith(f"({targets[-1]})")
    following = PATHS[(PATHS.index(path) + 1) % len(PATHS)]
    assert targets[-1] == following.name


def test_only_what_a_trained_network_says_is_not_compared():
    """The tag is an exception. Lessons without a network compare everything but the report on this machine."""
    tagged = {
        path.stem[:2]: sum(IGNORED in cell.metadata.get("tags", ()) for cell in cells(path, "code")) for path in PATHS
    }
    assert {number: tagged[number] for number in ("00", "01", "02", "03")} == {"00": 1, "01": 0, "02": 0, "03": 0}


# ------------------------------------------------------------------ the builder


def notebook_of(*outputs, **metadata):
    made = [nbformat.from_dict(output) for output in outputs]
    code = nbformat.v4.new_code_cell("1 + 1\n", outputs=made, execution_count=7, metadata=metadata)
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A\n"), code], metadata={"widgets": {"a": 1}}
    )


def test_tidy_leaves_no_trace_of_the_run():
    shown = {
        "output_type": "display_data",
        "metadata": {"a": 1},
        "data": {build.WIDGET: {"model_id": "1"}, "image/png": "x", "text/plain": "W(1)"},
    }
    pieces = [{"output_type": "stream", "name": "stdout", "text": text} for text in ("a", "b\n")]
    clean = build.tidy(notebook_of(shown, *pieces, tags=["b"], execution={"iopub.status.busy": "now"}), "00_a")
    assert clean.metadata == build.METADATA
    code = clean.cells[1]
    assert (code.source, code.execution_count, code.metadata) == ("1 + 1", 1, {"tags": ["b"]})
    assert [dict(output) for output in code.outputs] == [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": "x", "text/plain": "W(1)"}},
        {"output_type": "stream", "name": "stdout", "text": "ab\n"},
    ]
    nbformat.validate(clean)
    assert build.text_of(clean) == build.text_of(build.tidy(clean, "00_a"))
    assert clean.cells[0].id != clean.cells[1].id != build.tidy(clean, "01_b").cells[1].id


def test_a_widget_shown_twice_has_its_last_picture_in_both_places():
    views = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {build.WIDGET: {"model_id": model}, "image/png": png, "text/plain": "W(1)"},
        }
        for model, png in [("1", "begin"), ("2", "other"), ("1", "end")]
    ]
    code = build.tidy(notebook_of(*views), "00_a").cells[1]
    assert [output.data["image/png"] for output in code.outputs] == ["end", "other", "end"]


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ({"output_type": "stream", "name": "stderr", "text": "oh no"}, "wrote to stderr: 'oh no'"),
        ({"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": []}, "failed with ValueError"),
        (
            {"output_type": "display_data", "metadata": {}, "data": {build.WIDGET: {}}},
            "shows a widget without a picture",
        ),
    ],
)
def test_problems_are_found(tmp_path, output, problem):
    path = tmp_path / "00_a.ipynb"
    build.write(build.tidy(notebook_of(output), path.stem), path)
    assert build.problems(path) == [f"00_a.ipynb: cell 1: {problem}; run notebooks/build.py"]


def test_a_notebook_saved_by_hand_is_found(tmp_path):
    path = tmp_path / "00_a.ipynb"
    nbformat.write(notebook_of({"output_type": "stream", "name": "stdout", "text": "2\n"}), path)
    assert build.problems(path) == ["00_a.ipynb: it is not as a build leaves it; run notebooks/build.py"]


def test_a_cell_that_fails_leaves_the_notebook_as_it_was(tmp_path, capsys):
    path = tmp_path / "00_a.ipynb"
    failing = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    build.write(failing, path)
    before = path.read_bytes()
    assert not build.build(path)
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err
