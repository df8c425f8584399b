"""Is everything here that the lab needs? One line per finding, and a fix for each problem."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Json

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
    def ready(self) -> bool:
        """Whether the notebooks will run."""
        return not self.problems

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What stops them."""
        return tuple(finding for finding in self.findings if finding.level == "problem")

    def __repr__(self) -> str:
        end = "Ready." if self.ready else f"Not ready: {len(self.problems)} to fix, see above."
        return "\n".join([*map(str, self.findings), end])


def check(*, json: Json = False) -> int:
    """Say whether everything is here that the lab needs, and what to do where it is not."""
    report = check_environment()
    findings = [dataclasses.asdict(finding) for finding in report.findings]
    print(to_json({"ready": report.ready, "findings": findings}) if json else report)
    return 0 if report.ready else 1


def check_environment() -> Report:
    """Looks at Python, the libraries, the device, the front end, ffmpeg and the browser. Changes and sends nothing."""
    libraries = [_library(name) for name in _LIBRARIES]
    return Report((_python(), *libraries, _device(), _front_end(), _ffmpeg(), _browser()))


def _python() -> Finding:
    found, bounds = ".".join(map(str, sys.version_info[:3])), metadata.metadata("leo-lab")["Requires-Python"]
    if not SpecifierSet(bounds).contains(found):
        return Finding("Python", found, "problem", f"install Python {bounds} and make the environment again")
    return Finding("Python", found)


def _library(name: str) -> Finding:
    bounds = _bounds(name)
    install = f'pip install "{name}{bounds}"'
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", "problem", install)
    if not _required(name).specifier.contains(found, prereleases=True):
        return Finding(name, f"{found}, but {bounds} is needed", "problem", install)
    return Finding(name, found)


def _bounds(name: str) -> str:
    """Bounds such as ">=4.4,<5" that the package declares for a distribution."""
    return ",".join(sorted(map(str, _required(name).specifier), reverse=True))


def _required(name: str) -> Requirement:
    """What the package declares for a distribution, without its extras; anything where it declares nothing."""
    declared = map(Requirement, metadata.requires("leo-lab") or ())
    return next((each for each in declared if each.name == name and not each.extras), Requirement(name))


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
