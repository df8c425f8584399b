"""How the house is built: rooms whose arrows point one way, short functions, whole files."""

import ast
import graphlib
from collections import defaultdict
from pathlib import Path

import pytest

import leo_lab
import leo_widgets

ROOTS = {package.__name__: Path(package.__file__).parent for package in (leo_lab, leo_widgets)}
FILES = [path for root in ROOTS.values() for path in sorted(root.rglob("*.py"))]
LONGEST_FUNCTION, LONGEST_FILE, MOST_FILES = 50, 300, 15
ONE_FILE_EACH = [ROOTS["leo_lab"] / room for room in ("learners", "cli")]  # as many as there are learners, commands


def room_of(name):
    """leo_lab.envs.brax.world -> leo_lab.envs; a module at the root is a room of its own."""
    return ".".join(name.split(".")[:2])


def imported(path):
    """Full names of the modules that a file imports when it is run, also inside functions; not for type checkers."""
    tree = ast.parse(path.read_text("utf-8"))
    typing = [
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node not in typing:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import) and node not in typing:
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("package", ROOTS)
def test_no_rooms_import_each_other_in_a_circle(package):
    root, needs = ROOTS[package], defaultdict(set)
    known = {f"{package}.{path.name.removesuffix('.py')}" for path in root.iterdir() if path.name != "__init__.py"}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if len(parts) > 2 or parts[-1] != "__init__":
            mine = room_of(".".join(parts))
            needs[mine] |= {room for name in imported(path) if (room := room_of(name)) in known and room != mine}
    assert set(graphlib.TopologicalSorter(needs).static_order()) >= set(needs) != set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files_and_functions_are_short(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    long = {
        node.name: lines
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long


def test_every_room_says_in_a_few_lines_what_lives_there_and_is_not_crowded():
    for folder in {path.parent for path in FILES}:
        words = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
        assert words and len(words.splitlines()) <= 6, folder
        assert folder in ONE_FILE_EACH or len(list(folder.glob("*.py"))) <= MOST_FILES, folder


def test_worlds_are_asked_for_what_they_can_do():
    """By their capabilities, `env.states`, `env.places`, `env.scene` and `env.body`: an object, or None."""
    for path in ROOTS["leo_lab"].rglob("*.py"):
        assert "hasattr(env" not in path.read_text("utf-8"), path
