"""Is everything here that the lab needs? One line per finding, and a fix for each problem."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

import jax
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

# What decides whether the notebooks run, by distribution; the bounds are those of the package itself.
_LIBRARIES = ("jax", "flax", "optax", "numpy", "plotly", "anywidget", "ipywidgets", "jupyterlab")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line: what was looked for, what is there, what to do, and how bad it is.

    `level` is "ok", "note" for what only some pages need, or "problem" for what stops the notebooks.
    """

    name: str
    found: str
    level: str = "ok"
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.level:<8} {self.name:<11} {self.found}" + (f"; {self.fix}" if self.fix else "")


@dataclasses.dataclass(frozen=True, repr=False)
class Report:
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What stops the notebooks."""
        return tuple(finding for finding in self.findings if finding.level == "problem")

    @property
    def ready(self) -> bool:
        """Whether the notebooks will run."""
        return not self.problems

    def __repr__(self) -> str:
        end = "Ready." if self.ready else f"Not ready: {len(self.problems)} to fix, see above."
        return "\n".join([*map(str, self.findings), end])


def check_environment() -> Report:
    """Looks at Python, the libraries, the device, the front end, ffmpeg and the browser. Changes and sends nothing."""
    looks = _looks()
    return Report(tuple(Finding(*found) if good else Finding(*found, *wrong) for found, good, wrong in looks))


def _looks() -> Iterator[tuple[tuple[str, str], bool, tuple[str, str]]]:
    """Name and what is there, whether that will do, and level and fix where it will not."""
    python, bounds = ".".join(map(str, sys.version_info[:3])), metadata.metadata("leo-lab")["Requires-Python"]
    fix = f"install Python {bounds} and make the environment again"
    yield ("Python", python), SpecifierSet(bounds).contains(python), ("problem", fix)
    for name in _LIBRARIES:
        found, bounds = _version(name), _bounds(name)
        good = bool(found) and SpecifierSet(bounds).contains(found, prereleases=True)
        shown = found if good else f"{found}, but {bounds} is needed" if found else "missing"
        yield (name, shown), good, ("problem", f'pip install "{name}{bounds}"')
    devices, fix = jax.devices(), 'to use the NVIDIA GPU: pip install -e ".[cuda]"'
    shown = f"{len(devices)} x {devices[0].device_kind}, {os.cpu_count()} CPU cores"
    yield ("device", shown), jax.default_backend() != "cpu" or not shutil.which("nvidia-smi"), ("note", fix)
    fix = "it needs the network to show widgets; if they stay blank, use make lab or widget.to_html()"
    yield ("front end", viewer := front_end()), viewer not in ("VS Code", "Colab"), ("note", fix)
    package = _version("imageio-ffmpeg")
    path = shutil.which("ffmpeg") or (package and f"imageio-ffmpeg {package}")
    yield ("ffmpeg", path or "missing"), bool(path), ("note", "only videos need it: pip install imageio-ffmpeg")
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    yield ("Chromium", path or "not found"), bool(path), ("note", "only the tests need it: apt-get install chromium")


def _bounds(name: str) -> str:
    """Bounds such as ">=4.4,<5" that the package declares for a distribution without extras; "" where it has none."""
    declared = map(Requirement, metadata.requires("leo-lab") or ())
    bounds = next((each.specifier for each in declared if each.name == name and not each.extras), ())
    return ",".join(sorted(map(str, bounds), reverse=True))


def _version(name: str) -> str | None:
    """The version of a distribution that is installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def front_end() -> str:
    """What shows this session: "Colab", "VS Code", "Jupyter" (any Jupyter server) or "none"."""
    if "google.colab" in sys.modules:
        return "Colab"
    if "ipykernel" not in sys.modules:
        return "none"
    if "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ:
        return "VS Code"
    return "Jupyter" if "JPY_SESSION_NAME" in os.environ else "none"
