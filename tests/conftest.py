"""Strictness and speed for all tests. pyproject.toml turns warnings into errors; nothing here makes a JAX array."""

import os
from pathlib import Path

import jax
import jaxlib
import pytest
from hypothesis import settings

from leo_lab.envs.brax.gl import prefer_headless

prefer_headless()  # before any test module imports mujoco, which asks once

# Compiled programs are kept between runs, also those of child processes, which read the environment.
CACHE = {
    "jax_compilation_cache_dir": str(Path(__file__).parent.parent / ".jax_cache"),
    "jax_persistent_cache_min_compile_time_secs": 0.0,
}
for option, value in CACHE.items():
    os.environ.setdefault(option.upper(), str(value))
    jax.config.update(option, type(value)(os.environ[option.upper()]))

# XLA's emitters of fused loops take almost half of the time in which these small programs are compiled, so the tests do
# without them. XLA ends the process at a flag that it does not know: only releases that were tried are given any.
QUICK_FLAGS = "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
TRIED = "0.10."

# A shape that broadcasts by accident is a bug.
jax.config.update("jax_numpy_rank_promotion", "raise")

settings.register_profile("lab", deadline=None, max_examples=30, derandomize="CI" in os.environ)
settings.load_profile("lab")


def pytest_configure(config):
    if "not clock" in config.option.markexpr:
        # Compiling is most of what these tests do; half as much of it gives slower programs, which nobody times here.
        os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
        jax.config.update("jax_disable_most_optimizations", os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] == "1")
        if jaxlib.__version__.startswith(TRIED):  # read once, when JAX first looks for devices
            os.environ.setdefault("XLA_FLAGS", QUICK_FLAGS)
    # A killed run may leave half an entry in the cache; JAX says so and compiles again, which is no failure.
    config.addinivalue_line("filterwarnings", "ignore:Error (reading|writing) persistent compilation cache")


@pytest.fixture(scope="session")
def trained():
    """One LEO run that knows its small map, with an unreachable corner, by heart."""
    from leo_lab import make, train
    from small import MAP, SETTINGS, STEPS

    return train(make("gridworld", map=MAP), steps=STEPS, chunks=5, **SETTINGS)


@pytest.fixture
def call(capsys):
    """Calls the command with these words, which must succeed; returns what it printed."""

    from leo_lab.cli.app import main

    def run(*words):
        assert main([str(word) for word in words]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def fail(capsys):
    """Calls the command with these words, which must fail with one line; returns that line."""

    from leo_lab.cli.app import main

    def run(*words):
        assert main([str(word) for word in words]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and err.startswith("leo-lab: ")
        return err

    return run
