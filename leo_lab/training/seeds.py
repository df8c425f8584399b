"""Several seeds with one compiled program, side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, require_choice
from leo_lab.training.program import Program, TrainState, checked_seed, make_program, whole_count
from leo_lab.training.stream import Run, default_steps

SIDE_BY_SIDE = ("auto", "vmap", "threads")


def train_seeds(
    env: Environment,
    learner: str | type = "leo",
    *,
    steps: int | None = None,
    seeds: int | Sequence[int] = 8,
    by: str = "auto",
    **config,
) -> list[Run]:
    """Trains several seeds with one compiled program, side by side.

    >>> env = leo_lab.make("gridworld", size=4, seed=1)
    >>> runs = leo_lab.train_seeds(env, "leo", steps=20_000, seeds=2, gamma=0.9)
    >>> [(run.seed, run.env_steps) for run in runs]
    [(0, 20480), (1, 20480)]

    Args:
      env, learner, **config: as in `stream`.
      steps: environment steps of each seed.
      seeds: how many (0, 1, ...), or which.
      by: "vmap", all in one batched loop, which fills an accelerator; "threads", one core each until all are done,
        since XLA runs batched products on one core only; or "auto", threads on a CPU, else vmap.

    Returns:
      One run per seed. `seconds` and `compile_seconds` are those of all together.

    Raises:
      LabError: no seed, another `by`, or what `train` raises.
    """
    program = make_program(env, learner, default_steps(env) if steps is None else steps, **config)
    return run_seeds(program, seeds if np.ndim(seeds) else range(whole_count("seeds", seeds)), by)


def run_seeds(program: Program, seeds: Sequence[int], by: str = "auto") -> list[Run]:
    """Whole runs of a program with these seeds; see `train_seeds`."""
    seeds = [checked_seed(seed) for seed in seeds]
    if not seeds:
        raise LabError("seeds must name at least one seed")
    require_choice("way to train seeds", by, SIDE_BY_SIDE)
    if by == "auto":
        by = "threads" if jax.default_backend() == "cpu" else "vmap"
    states, seconds, compile_seconds = (_by_vmap if by == "vmap" else _by_threads)(program, seeds)
    return [Run(program, state, seed, (), seconds, compile_seconds) for state, seed in zip(states, seeds, strict=True)]


def _by_vmap(program: Program, seeds: Sequence[int]) -> tuple[list[TrainState], float, float]:
    states = program.init_seeds(seeds)
    advance, compile_seconds = program.compile(states)
    began = time.perf_counter()
    states, _ = jax.block_until_ready(advance(states, jnp.int32(program.iterations)))
    seconds = time.perf_counter() - began
    return [jax.tree.map(lambda leaf, i=i: leaf[i], states) for i in range(len(seeds))], seconds, compile_seconds


def _by_threads(program: Program, seeds: Sequence[int]) -> tuple[list[TrainState], float, float]:
    states = [program.init(seed) for seed in seeds]
    advance, compile_seconds = program.compile(states[0])

    def whole_run(state: TrainState) -> TrainState:
        return jax.block_until_ready(advance(state, jnp.int32(program.iterations)))[0]

    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(whole_run, states))
    return done, time.perf_counter() - began, compile_seconds
