"""Set-up: conda, pip and make say the same, and nothing is written twice."""

import re
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml

import leo_lab
from leo_lab import evaluate, load
from leo_lab.artefacts.files import data_path
from leo_lab.cli.app import COMMANDS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def plain(name):
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()


def requirements():
    """Everything that pyproject.toml names, as written, but for the GPU."""
    optional = PROJECT["project"]["optional-dependencies"]
    return [*PROJECT["project"]["dependencies"], *optional["lab"], *optional["test"]]


def pinned():
    lines = [line.partition("#")[0].strip() for line in CONSTRAINTS.splitlines()]
    return dict(line.split("==") for line in lines if line)


def conda_packages():
    return [item for item in CONDA["dependencies"] if isinstance(item, str)]


def conda_pip():
    return next(item["pip"] for item in CONDA["dependencies"] if isinstance(item, dict))


def test_conda_takes_its_python_packages_from_pyproject_alone():
    assert conda_pip() == ["--constraint constraints.txt", "--editable .[lab,test]"]
    named = {plain(requirement) for requirement in requirements()}
    assert not named & {plain(package) for package in conda_packages()}
    versions = [package for package in conda_packages() if re.search(r"[<>=~!]", package)]
    assert [plain(package) for package in versions] == ["python"]  # no other version stands there


def test_conda_pip_and_make_want_the_same_python():
    wanted = PROJECT["project"]["requires-python"]
    assert f"python{wanted}" in conda_packages()
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", wanted).groups()
    assert f"(3, {low}) <= sys.version_info[:2] <= (3, {int(high) - 1})" in MAKEFILE


def test_conda_brings_what_pip_cannot():
    assert {"pip", "ffmpeg", "nodejs"} <= {plain(package) for package in conda_packages()}
    assert CONDA["name"] == PROJECT["project"]["name"] == "leo-lab"


def test_constraints_pin_everything_that_is_named():
    assert {plain(requirement) for requirement in requirements()} <= {plain(name) for name in pinned()}
    assert all(re.fullmatch(r"\d[\w.]*", version) for version in pinned().values())


def test_constraints_suit_the_bounds():
    for requirement in requirements():
        version = next(v for name, v in pinned().items() if plain(name) == plain(requirement))
        for operator, bound in re.findall(r"(>=|<)([\d.]+)", requirement):
            numbers, limit = ([int(n) for n in text.split(".")[:3]] for text in (version, bound))
            assert (numbers >= limit) if operator == ">=" else (numbers < limit), requirement


@pytest.mark.parametrize("name", ["constraints.txt", "environment.yml", "pyproject.toml", "Makefile"])
def test_set_up_names_no_address(name):
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"://|index-url|find-links|\bgit\+|@ ", text.replace("uri-template", ""))


def test_versions_and_scripts_agree():
    assert PROJECT["project"]["version"] == leo_lab.__version__
    assert PROJECT["project"]["scripts"] == {"leo-lab": "leo_lab.cli:main"}
    for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
        assert (ROOT / package / "__init__.py").is_file()


def targets():
    return set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.M))


def test_make_explains_every_target():
    printed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\w+)", printed, flags=re.M)) == targets() - {"help"}
    assert targets() >= {"demo", "test", "lab", "clean"}
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.M)[1].split()
    assert set(phony) == targets()


def documents():
    paths = [ROOT / "README.md", ROOT / "data" / "README.md"]
    return {path: path.read_text("utf-8") for path in paths}


def test_documents_name_targets_and_commands_that_exist():
    for path, text in documents().items():
        named = set(re.findall(r"\bmake ([a-z]+)\b(?!\))", "\n".join(code(text))))
        assert named <= targets(), path
        assert set(re.findall(r"\bleo-lab ([a-z]+)", "\n".join(code(text)))) <= set(COMMANDS), path
    shown = "\n".join(code(documents()[ROOT / "README.md"]))
    for needed in ("make demo", "make test", "make lab", "leo-lab train", "leo-lab evaluate", "leo-lab bench"):
        assert needed in shown


def code(text):
    """What a document shows as code: indented lines, fenced blocks and words between backticks."""
    return re.findall(r"^    .*$", text, flags=re.M) + re.findall(r"`+([^`]+)`+", text)


def test_documents_link_to_files_that_exist():
    for path, text in documents().items():
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert "://" in link or (path.parent / link).exists(), f"{path.name} links to {link}"


@pytest.mark.parametrize("path", sorted(data_path("agents").glob("*.safetensors")), ids=lambda path: path.stem)
def test_shipped_agents_can_be_read_and_know_their_world(path):
    run = load(path)
    if run.env.states is None:  # nothing exact to be held against
        obs = np.zeros((2, run.env.obs_size), np.float32 if run.env.continuous else np.uint8)
        readout = run.learner.readout(run.state.learner, obs)
        actions = readout.action if run.env.continuous else readout.q
        assert actions.shape == (2, len(run.env.goals), len(run.env.action_names))
        assert run.finished and (readout.v > 0).all() and (readout.v < 1).all()
        return
    scores = evaluate(run).summary()
    assert scores["success_all_pairs"] > 0.97
    assert scores["value_mae"] < 0.02


def test_an_agent_is_shipped():
    assert len(list(data_path("agents").glob("*.safetensors"))) >= 1
