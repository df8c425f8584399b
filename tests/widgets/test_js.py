"""The widgets' JavaScript: its pure functions, tested by node against literals and fixtures from Python."""

import shutil
import subprocess
from pathlib import Path

from browser import need

TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


def test_node_passes():
    node = need(shutil.which("node"), "node")
    done = subprocess.run([node, "--test", *map(str, TESTS)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "# fail 0" in done.stdout
