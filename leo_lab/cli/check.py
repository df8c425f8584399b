"""Is everything here that the lab needs? One line per finding, and a fix for each problem."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import sys
from importlib import metadata

# What decides whether the notebooks run, by distribution; the bounds are those of the package itself.
_LIBRARIES = ("jax", "flax", "optax", "numpy", "plotly", "anywidget", "ipywidgets", "jupyterlab")
_PYTHON = ((3, 11), (3, 13))
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
      name: what was looked for.
      found: what is there.
      level: "ok"; "note" for what only some pages need; "problem" for what stops the notebooks.
      fix: what to do, or "".
    """

    name: str
    found: str
    level: str = "ok"
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<8} {self.name:<11} {self.found}"
        return f"{line}; {self.fix}" if self.fix else line


@dataclasses.dataclass(frozen=True, repr=False)
class Report:
    """All findings. `ready` says that the notebooks will run."""

    findings: tuple[Finding, ...]

    @property
    def ready(self) -> bool:
        return not self.problems

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "problem")

    def __repr__(self) -> str:
        end = "Ready." if self.ready else f"Not ready: {len(self.problems)} to fix, see above."
        return "\n".join([*map(str, self.findings), end])


def check_environment() -> Report:
    """Looks at Python, the libraries, the device, the front end, ffmpeg and the browser. Changes and sends nothing."""
    libraries = [_library(name) for name in _LIBRARIES]
    return Report((_python(), *libraries, _device(), _front_end(), _ffmpeg(), _browser()))


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    low, high = ((".".join(map(str, version))) for version in _PYTHON)
    if not _PYTHON[0] <= tuple(sys.version_info[:2]) <= _PYTHON[1]:
        return Finding("Python", found, "problem", f"install Python {low} to {high} and make the environment again")
    return Finding("Python", found)


def _library(name: str) -> Finding:
    bounds = _bounds(name)
    install = f'pip install "{name}{bounds}"'
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", "problem", install)
    for operator, bound in re.findall(r"(>=|<)([\d.]+)", bounds):
        new_enough = _parts(found) >= _parts(bound)
        if new_enough != (operator == ">="):
            return Finding(name, f"{found}, but {operator}{bound} is needed", "problem", install)
    return Finding(name, found)


def _bounds(name: str) -> str:
    """Bounds such as ">=4.4,<5" that the package declares for a distribution."""
    for requirement in metadata.requires("leo-lab") or ():
        declared = re.match(rf"{re.escape(name)}(?:\[[^]]*\])?([<>=\d.,]*)(?:\s*;|$)", requirement)
        if declared:
            return ",".join(sorted(declared[1].split(","), reverse=True))
    return ""


def _parts(version: str) -> tuple[int, ...]:
    """Numbers of a version, padded, so that 4.10 is newer than 4.9 and 5.0 as old as 5."""
    numbers = [int(part) for part in re.match(r"[\d.]+", version)[0].strip(".").split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


def _device() -> Finding:
    import jax

    devices = jax.devices()
    found = f"{len(devices)} x {devices[0].device_kind}, {os.cpu_count()} CPU cores"
    if jax.default_backend() == "cpu" and shutil.which("nvidia-smi"):
        return Finding("device", found, "note", 'to use the NVIDIA GPU: pip install -e ".[cuda]"')
    return Finding("device", found)


def _front_end() -> Finding:
    name = front_end()
    if name in ("VS Code", "Colab"):
        wanted = "needs the network to show widgets"
        return Finding("front end", name, "note", f"it {wanted}; if they stay blank, use make lab or widget.to_html()")
    return Finding("front end", name)


def front_end() -> str:
    """What shows this session: "Colab", "VS Code", "Jupyter" (any Jupyter server) or "none"."""
    if "google.colab" in sys.modules:
        return "Colab"
    if "ipykernel" not in sys.modules:
        return "none"
    if "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ:
        return "VS Code"
    return "Jupyter" if "JPY_SESSION_NAME" in os.environ else "none"


def _ffmpeg() -> Finding:
    if path := shutil.which("ffmpeg"):
        return Finding("ffmpeg", path)
    try:
        return Finding("ffmpeg", f"imageio-ffmpeg {metadata.version('imageio-ffmpeg')}")
    except metadata.PackageNotFoundError:
        return Finding("ffmpeg", "missing", "note", "only videos need it: pip install imageio-ffmpeg")


def _browser() -> Finding:
    for name in _BROWSERS:
        if path := shutil.which(name):
            return Finding("Chromium", path)
    return Finding("Chromium", "not found", "note", "only the tests need it: apt-get install chromium")
