"""The environment check: one line per finding, a fix for each problem."""

import sys
from importlib import metadata

import pytest

from leo_lab import machine
from leo_lab.machine import Finding, Report, check_environment


def finding(name):
    """What the check says of this."""
    return next(each for each in check_environment().findings if each.name == name)


def test_this_machine_is_ready():
    report = check_environment()
    assert report.ready, report
    names = [each.name for each in report.findings]
    assert names == ["Python", *machine._LIBRARIES, "device", "front end", "ffmpeg", "Chromium"]
    lines = repr(report).splitlines()
    assert len(lines) == len(names) + 1
    assert lines[-1] == "Ready."


def test_bounds_are_those_of_the_package():
    assert machine._bounds("jax") == ">=0.10"  # not those of jax[cuda13]
    assert machine._bounds("jupyterlab") == ">=4.4,<5"
    assert all(machine._bounds(name) for name in machine._LIBRARIES)


@pytest.mark.parametrize(
    ("version", "level"), [("4.3.9", "problem"), ("4.4", "ok"), ("4.10.0rc1", "ok"), ("5.0.0", "problem")]
)
def test_a_library_out_of_bounds_is_a_problem_with_its_fix(monkeypatch, version, level):
    monkeypatch.setattr(metadata, "version", lambda name: version)
    found = finding("jupyterlab")
    assert found.level == level
    assert ('pip install "jupyterlab>=4.4,<5"' in str(found)) == (level == "problem")


def test_a_missing_library_is_a_problem(monkeypatch):
    monkeypatch.setattr(machine, "_LIBRARIES", ("no-such-library",))
    report = check_environment()
    assert not report.ready
    assert [str(each) for each in report.problems] == [
        'problem  no-such-library missing; pip install "no-such-library"'
    ]
    assert repr(report).endswith("Not ready: 1 to fix, see above.")


def test_an_old_python_is_a_problem(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert finding("Python").level == "problem"


@pytest.mark.parametrize(
    ("modules", "environment", "name"),
    [
        ((), {}, "none"),
        (("ipykernel",), {}, "none"),
        (("ipykernel",), {"JPY_SESSION_NAME": "a.ipynb"}, "Jupyter"),
        (("ipykernel",), {"VSCODE_PID": "1"}, "VS Code"),
        (("ipykernel", "google.colab"), {}, "Colab"),
    ],
)
def test_front_ends_are_told_apart(monkeypatch, modules, environment, name):
    for known in ("ipykernel", "google.colab"):
        monkeypatch.delitem(sys.modules, known, raising=False)
    for present in modules:
        monkeypatch.setitem(sys.modules, present, object())
    for variable in ("VSCODE_PID", "VSCODE_CWD", "JPY_SESSION_NAME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert machine.front_end() == name


def test_what_only_some_pages_need_is_a_note(monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert finding("Chromium") == Finding(
        "Chromium", "not found", "note", "only the tests need it: apt-get install chromium"
    )
    assert Report((finding("Chromium"),)).ready


def test_the_fix_for_a_gpu_that_jax_does_not_use(monkeypatch):
    import jax

    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert 'pip install -e ".[cuda]"' in finding("device").fix
