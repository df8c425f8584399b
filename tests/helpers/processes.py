"""Python in processes of its own, on as many devices as a test asks for."""

import json
import os
import subprocess
import sys


def start(code, argument, devices):
    """Begins to run code, whose `sys.argv[1]` is the argument as JSON."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    words = [sys.executable, "-W", "error", "-c", code, json.dumps(argument)]
    env = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    """Waits for it; returns what it printed."""
    with process:
        printed, errors = process.communicate(timeout=500)
    assert process.returncode == 0, errors
    return printed
