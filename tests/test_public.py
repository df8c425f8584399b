"""What the package shows to others, what its modules import, and what importing it does."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import leo_lab
import leo_widgets

ROOT = Path(__file__).parent.parent
PACKAGES = {"leo_lab": Path(leo_lab.__file__).parent, "leo_widgets": Path(leo_widgets.__file__).parent}

STABLE = {"make", "train", "train_seeds", "evaluate", "score", "exact_values", "AllGoalsValues", "save", "load"}


def modules():
    """Name and path of every module of both packages."""
    for folder in PACKAGES.values():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


def imports(path):
    """Full names of everything that a file imports, also inside functions and for type checkers."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name, *prefixes):
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


# Public names -------------------------------------------------------------------------------------------------------


def test_stable_names_are_there():
    assert set(leo_lab.__all__) >= STABLE
    assert all(hasattr(leo_lab, name) for name in leo_lab.__all__)
    assert sorted(leo_lab.__all__) == leo_lab.__all__


SIGNATURES = {
    "make": (["name"], "options"),
    "train": (["env", "learner"], "options"),
    "stream": (["env", "learner"], "options"),
    "train_seeds": (["env", "learner"], "config"),
    "evaluate": (["agent", "env"], None),
    "score": (["agent", "env"], None),
    "exact_values": (["env", "gamma"], None),
    "save": (["run", "path"], None),
    "load": (["path"], None),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_stable(name):
    """Names and order of what may be given by position, and whether settings may follow."""
    parameters = inspect.signature(getattr(leo_lab, name)).parameters.values()
    by_position = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    settings = [p.name for p in parameters if p.kind == p.VAR_KEYWORD]
    assert (by_position, settings[0] if settings else None) == SIGNATURES[name]


def test_keywords_are_stable():
    keywords = {
        name: {p.name: p.default for p in inspect.signature(getattr(leo_lab, name)).parameters.values()}
        for name in SIGNATURES
    }
    assert keywords["train"]["learner"] == "leo" and keywords["train"]["progress"] is False
    assert keywords["train_seeds"]["seeds"] == 8 and keywords["train_seeds"]["steps"] is None
    assert keywords["stream"]["chunks"] > 0
    assert keywords["exact_values"]["gamma"] == 0.99
    assert keywords["save"]["light"] is False
    assert inspect.signature(leo_lab.training.begin).parameters["seed"].default == 0


def public_things():
    """Every public function, class and method of both packages, where it is defined."""
    for name in MODULES:
        module = importlib.import_module(name)
        for key, thing in vars(module).items():
            if key.startswith("_") or getattr(thing, "__module__", None) != name:
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{name}.{key}", thing


def test_every_module_and_every_public_thing_is_documented():
    missing = [name for name in MODULES if not importlib.import_module(name).__doc__]
    missing += [name for name, thing in public_things() if not (thing.__doc__ or "").strip()]
    assert not missing, missing
    assert len(list(public_things())) > 60


def test_every_setting_is_documented():
    from leo_lab.learners import learner_names
    from leo_lab.learners.registry import described_settings

    for name in learner_names():
        assert all(setting.help for setting in described_settings(name).values()), name


ROOMS = tuple(sorted(path.parent.name for path in PACKAGES["leo_lab"].glob("*/__init__.py")))
CONCRETE = tuple(f"leo_lab.envs.{name}" for name in ("brax", "craftax", "gridworld", "maps", "point_maze"))


def rooms_but(*allowed):
    """Every room of leo_lab that is none of these."""
    return tuple(f"leo_lab.{room}" for room in ROOMS if room not in allowed)


# Directions ---------------------------------------------------------------------------------------------------------

NEVER = {
    "leo_widgets": ("jax", "flax", "optax", "leo_lab"),
    "leo_lab.errors": ("jax", "flax", "optax", "leo_lab"),
    "leo_lab.artefacts": ("jax", "flax", "optax", *rooms_but("artefacts")),
    "leo_lab.envs": rooms_but("artefacts", "envs"),
    "leo_lab.networks": ("leo_lab",),
    "leo_lab.truth": (*rooms_but("artefacts", "envs", "truth"), *CONCRETE),
    "leo_lab.experience": rooms_but("artefacts", "envs", "experience"),
    "leo_lab.learners": (*rooms_but("artefacts", "envs", "experience", "learners", "networks"), *CONCRETE),
    "leo_lab.learners.targets": rooms_but("experience"),
    "leo_lab.training": (*rooms_but("artefacts", "envs", "experience", "learners", "training"), *CONCRETE),
    "leo_lab.training.devices": rooms_but(),
    "leo_lab.scores": rooms_but("artefacts", "envs", "learners", "truth", "training", "scores"),
    "leo_lab.walks": rooms_but("artefacts", "envs", "learners", "truth", "training", "walks"),
    "leo_lab.viz": ("jax", "flax", "optax", *rooms_but("artefacts", "scores", "viz")),
    "leo_lab.bench": ("leo_lab.cli", "leo_lab.walks"),
}


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_one_way(name):
    imported = set(imports(MODULES[name]))
    for package, forbidden in NEVER.items():
        if within(name, package):
            wrong = {other for other in imported if within(other, *forbidden) and not within(other, package)}
            assert not wrong, f"{name} imports {wrong}"
    if name.startswith("leo_lab") and name != "leo_lab.cli.pages":
        assert not {other for other in imported if within(other, "leo_widgets")}


def test_widgets_need_numpy_pillow_and_anywidget_alone():
    allowed = {"numpy", "PIL", "anywidget", "traitlets", "leo_widgets", *sys.stdlib_module_names}
    for name, path in MODULES.items():
        if within(name, "leo_widgets"):
            assert {other.partition(".")[0] for other in imports(path)} <= allowed, name


# The rooms of the widgets, and the rooms that each may use beside itself: in Python, and in JavaScript.
WIDGET_ROOMS = {
    "page": (),
    "arrays": (),
    "pictures": ("page", "arrays"),
    "live": ("arrays",),
    "views": ("page", "arrays", "pictures", "live"),
}
SCRIPT_ROOMS = {
    "lib": (),
    "map": ("lib",),
    "walk": ("lib", "map"),
    "plane": ("lib", "map", "walk"),
    "training": ("lib", "map"),
    "views": ("lib", "map", "walk", "plane", "training"),
}
STATIC = PACKAGES["leo_widgets"] / "static"


def test_the_rooms_of_the_widgets_are_all_named():
    assert set(WIDGET_ROOMS) == {path.parent.name for path in PACKAGES["leo_widgets"].glob("*/__init__.py")}
    assert set(SCRIPT_ROOMS) == {path.name for path in STATIC.iterdir() if path.is_dir()}


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("leo_widgets.")])
def test_imports_of_the_widgets_point_one_way(name):
    room = name.split(".")[1]
    allowed = [f"leo_widgets.{other}" for other in (room, *WIDGET_ROOMS[room])]
    wrong = {other for other in imports(MODULES[name]) if within(other, "leo_widgets") and not within(other, *allowed)}
    assert not wrong, f"{name} imports {wrong}"


@pytest.mark.parametrize("path", sorted(STATIC.glob("*/*.js")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_imports_of_the_scripts_point_one_way(path):
    room = path.parent.name
    files = re.findall(r'^import .* from "(.*)";$', path.read_text("utf-8"), re.MULTILINE)
    rooms = {(path.parent / file).resolve().parent.name for file in files}
    assert rooms <= {room, *SCRIPT_ROOMS[room]} - ({"views"} if room == "views" else set())


def test_the_rules_name_modules_that_exist():
    known = {*MODULES, "jax", "flax", "optax"}
    assert {name for package, others in NEVER.items() for name in (package, *others)} <= known
    found = {module.name for module in pkgutil.walk_packages(leo_lab.__path__, "leo_lab.")}
    assert found == {name for name in MODULES if name.startswith("leo_lab.")}


# Importing ----------------------------------------------------------------------------------------------------------


def in_a_fresh_python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_importing_leo_lab_makes_no_array_and_starts_no_backend():
    """A backend that has started is past being told how many devices it has, and JAX says so."""
    code = """
import importlib, json, pkgutil
import leo_lab
for module in pkgutil.walk_packages(leo_lab.__path__, "leo_lab."):
    importlib.import_module(module.name)
import jax, sys
jax.config.update("jax_num_cpu_devices", 3)  # an error once a backend has started
print(json.dumps([jax.device_count(), len(jax.live_arrays()), "leo_widgets" in sys.modules]))
"""
    assert in_a_fresh_python(code) == [3, 0, False]


def test_importing_leo_widgets_needs_neither_jax_nor_leo_lab():
    code = "import json, sys, leo_widgets; print(json.dumps(sorted({'jax', 'leo_lab', 'flax'} & set(sys.modules))))"
    assert in_a_fresh_python(code) == []
