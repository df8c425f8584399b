"""Headless Chromium for the tests: pages from files and a JupyterLab server, with every outside host blocked.

Use it in a test module by importing the fixture: `from browser import chromium, open_file  # noqa: F401`.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update")
BLOCK = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-background-networking")
OWN = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:")


def need(found, what: str):
    """`found`, or skip the test with a line that says what is missing; in CI nothing may be missing."""
    if not found and os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing: CI must run this test")
    if not found:
        pytest.skip(f"{what} is missing, so this test cannot run here")
    return found


@pytest.fixture(scope="module")
def chromium():
    """A running headless Chromium that resolves no name and reaches no host but this one."""
    path = need(shutil.which("chromium") or shutil.which("chromium-browser"), "chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *BLOCK])
        yield browser
        browser.close()


@contextlib.contextmanager
def open_page(browser, url: str, *, dark: bool = False, width: int = 1280, height: int = 900, scale: float = 1):
    """A page at `url`. On leaving, fails if it asked an outside host for anything or raised an error."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale,
        color_scheme="dark" if dark else "light",
    )  # fmt: skip
    outside, errors = [], []
    context.on("request", lambda request: request.url.startswith(OWN) or outside.append(request.url))
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and errors.append(line.text))
    try:
        page.goto(url)
        yield page
        assert outside == [], f"requests to outside hosts: {outside}"
        assert errors == [], f"JavaScript errors: {errors}"
    except Exception as error:
        error.add_note(f"JavaScript errors: {errors}; requests to outside hosts: {outside}")
        raise
    finally:
        context.close()


@contextlib.contextmanager
def open_file(browser, path, fragment: str = "", **options):
    """An exported page, opened from disk, once its widgets stand."""
    with open_page(browser, f"{Path(path).resolve().as_uri()}{fragment}", **options) as page:
        page.wait_for_selector("body[data-ready=true]", timeout=10_000)
        yield page


def wait_until(page, expression: str, timeout: float = 10.0):
    """Wait until a JavaScript expression is true, and return it. Works under a page's content policy."""
    deadline = time.monotonic() + timeout
    while not (value := page.evaluate(expression)):
        if time.monotonic() > deadline:
            pytest.fail(f"not true after {timeout} s: {expression}")
        page.wait_for_timeout(30)
    return value


def pixels(locator) -> str:
    """What a canvas shows, as a data URL: two are equal only if every pixel is."""
    return locator.evaluate("canvas => canvas.toDataURL()")


class Widget:
    """A widget of a page, spoken to as a reader does: by keys and words."""

    def __init__(self, tab, name: str):
        self.tab, self.root = tab, tab.locator(name)

    @property
    def line(self) -> str:
        return self.root.locator(".leo-status").inner_text()

    def keys(self, *names: str) -> str:
        self.root.focus()
        for name in names:
            self.tab.keyboard.press(name)
        return self.line

    def button(self, name: str):
        return self.root.get_by_role("button", name=name, exact=True)

    def pressed(self) -> list[str]:
        return self.root.locator("button[aria-pressed=true]").all_inner_texts()


# From the pointer's event to the last line drawn for it, in the page's own clock.
MEASURE = """async (selector) => {
  const canvas = document.querySelector(selector);
  const box = canvas.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const run = async (buttons) => {
    const times = [];
    for (let i = 0; i < 32; i++) {
      const [x, y] = [20 + ((i * 37) % (box.width - 21)), 20 + ((i * 53) % (box.height - 21))];
      const event = { clientX: box.x + x, clientY: box.y + y, buttons, bubbles: true, pointerType: "mouse" };
      const before = performance.now();
      canvas.dispatchEvent(new PointerEvent(i || !buttons ? "pointermove" : "pointerdown", event));
      if (buttons) canvas.dispatchEvent(new MouseEvent("click", event));
      times.push(performance.now() - before);
      await frame();
    }
    return times;
  };
  return { hover: await run(0), choose: await run(1) };
}"""


# ------------------------------------------------------------------ JupyterLab


class Lab:
    """A running JupyterLab server. `folder` holds its notebooks, `log` what it printed."""

    def __init__(self, url: str, folder: Path, log: Path):
        self.url, self.folder, self.log = url, folder, log

    def write(self, name: str, cells: list[str]) -> None:
        """Write a notebook of code cells."""
        blank = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
            "cells": [{**blank, "id": f"cell-{i}", "source": source} for i, source in enumerate(cells)],
        }
        (self.folder / name).write_text(json.dumps(notebook), encoding="utf-8")

    @contextlib.contextmanager
    def open(self, browser, name: str, **options):
        """The notebook in Lab with its kernel ready."""
        url = f"{self.url}/lab/tree/{name}?token=tok&reset"
        with open_page(browser, url, **options) as page:
            page.wait_for_function(
                "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady", timeout=30_000
            )
            page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
            yield page

    @staticmethod
    def fill(page, cells: list[str]) -> None:
        """Put new code into the cells of the open notebook, as many as it has; what they showed goes away."""
        page.evaluate(
            """async (cells) => {
              await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
              const { widgets } = window.jupyterapp.shell.currentWidget.content;
              cells.forEach((source, i) => widgets[i].model.sharedModel.setSource(source));
            }""",
            cells,
        )

    @staticmethod
    def run_all(page) -> None:
        """Start every cell; does not wait for the last one."""
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")

    @staticmethod
    def cell_count(page) -> int:
        return page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.cells.length")


@contextlib.contextmanager
def lab_server(folder: Path):
    """A JupyterLab server with all its files in `folder`, news and update checks off."""
    notebooks, settings = folder / "notebooks", folder / "settings"
    notebooks.mkdir(parents=True)
    notification = settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    notification.parent.mkdir(parents=True)
    notification.write_text('{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "lab.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            _lab_command(port, notebooks),
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_lab_env(folder, settings),
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token=tok", server, log)
            yield Lab(f"http://127.0.0.1:{port}", notebooks, log)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=20)


def _lab_command(port: int, notebooks: Path) -> list[str]:
    options = {
        "ip": "127.0.0.1",
        "port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": notebooks,
        "IdentityProvider.token": "tok",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LabApp.expose_app_in_browser": True,
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *flags]


def _lab_env(folder: Path, settings: Path) -> dict:
    """The environment with every place that Jupyter writes to inside `folder`."""
    jupyter = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    places = [f"JUPYTER_{name}" for name in jupyter]
    places += ["IPYTHONDIR", "JUPYTERLAB_WORKSPACES_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"]
    own = {name: str(folder / name.lower()) for name in places}
    return {**os.environ, **own, "JUPYTERLAB_SETTINGS_DIR": str(settings)}


def _wait_for(url: str, server, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
