"""Where the time of a training loop goes in a world that is itself dear, as Craftax is.

Everything is timed in one run, in turns, inside compiled loops, from the same worlds under way: the whole training
loop, the worlds alone with random actions, and four parts alone. What cannot be taken out of a loop by itself is what
is left of it: fresh worlds, of the worlds alone; targets and updates, of the training loop. These are differences of
times, so that on a busy machine they may even come out below 0; hence the fastest round counts, not the median.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from leo_lab.bench.timing import STEPS, about, pace, planned_bytes, timed
from leo_lab.envs.base import Environment, PyTree, Worlds, step_worlds
from leo_lab.errors import check_count
from leo_lab.training import Program, make_program
from leo_lab.training.program import TrainState

PAPER = 37_000  # environment steps per second of LEO's training loop at 512 goals (arXiv:2605.23551)
WARM_UP = 256  # steps of each world before anything is timed, so that worlds end as they do later
SHORTEST = 0.5  # seconds of one measurement
SMALL = 256  # entries of a part of a world's state that may be touched to keep a compiler from reusing what it saw


def bench_craftax(
    env: Environment, learner: str = "leo", *, repeat: int = 5, shortest: float = SHORTEST, **config
) -> dict[str, Any]:
    """Times a learner's training loop against stepping its worlds alone, and the parts of both.

    Args:
      env, learner, **config: as in `train`.
      repeat: rounds, in each of which everything is timed once; of each thing the shortest time counts.
      shortest: seconds of one measurement, which holds as many iterations as that takes.

    Returns:
      env, goals, learner, device, jax (its version), settings, repeat: what was timed
      steps_per_second: environment steps of the training loop
      world_steps_per_second: of the worlds alone with random actions: step, observation, fresh worlds
      overhead: time that training adds, over the time of the worlds alone
      ratio_to_paper: steps_per_second over PAPER
      achieved_share_of_step: time to test all goals over that of the environment's own step
      peak_mb, peak_source: memory in millions of bytes; on a GPU what was in use at most, else what XLA plans for
      rows: for each part: part, us_per_step (microseconds per environment step), share (of the training loop)

    Raises:
      LabError: fewer than one round, or what `train` raises.
    """
    check_count("repeat", repeat)
    program = make_program(env, learner, STEPS, **config)
    state = program.init(0)
    advance, _ = program.compile(state)
    settings = program.settings
    state, _ = jax.block_until_ready(advance(state, jnp.int32(max(1, WARM_UP // settings["unroll"]))))
    peak = _peak(advance)
    loops = {"training": (advance, state, program.source.steps)}
    for name, (loop, carry) in _parts(program, state).items():
        loops[name] = jax.jit(loop).lower(carry, jnp.int32(1)).compile(), carry, settings["num_envs"]
    asked = {"env": env.title, "goals": len(env.goals), "learner": learner, "settings": settings, "repeat": repeat}
    return {**asked, **about(), **_figures(_take_turns(loops, repeat, shortest)), **peak}


def _parts(program: Program, state: TrainState) -> dict[str, tuple[Callable, PyTree]]:
    """What is timed besides the training loop: a loop (carry, count) -> carry, and what to begin with."""
    env, learner, actors = program.env, program.learner, state.source
    num_envs = program.source.config.num_envs

    def drawn(i: jax.Array) -> tuple[jax.Array, jax.Array]:
        action_key, luck = jax.random.split(jax.random.fold_in(state.key, i))
        return jax.random.randint(action_key, (num_envs,), 0, len(env.action_names)), luck

    def world(i: jax.Array, carry: tuple[Worlds, jax.Array]) -> tuple[Worlds, jax.Array]:
        worlds, transition = step_worlds(env, carry[0], *drawn(i))
        return worlds, transition.obs

    def step(i: jax.Array, worlds: PyTree) -> PyTree:
        action, luck = drawn(i)
        return jax.vmap(env.step)(worlds, action, jax.random.split(luck, num_envs))[0]

    def observe(_, carry: tuple[PyTree, jax.Array]) -> tuple[PyTree, jax.Array]:
        obs = jax.vmap(env.observe)(carry[0])
        return _touched(carry[0], obs), obs

    def achieved(_, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        obs, _ = carry
        hit = env.achieved(obs)
        return obs.at[:, 0].add(_nothing(hit, obs.dtype)), hit

    def act(i: jax.Array, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, PyTree]:
        obs, _ = carry
        choice = learner.act(state.learner, obs, actors.goal, jax.random.fold_in(state.key, i))
        return obs.at[:, 0].add(_nothing(choice.action, obs.dtype)), choice

    obs = actors.obs
    shapes = jax.eval_shape(partial(act, 0), (obs, None))[1]
    choice = jax.tree.map(jnp.zeros_like, shapes)
    parts = {
        "world": (world, (actors.worlds, obs)),
        "step": (step, actors.worlds.state),
        "observe": (observe, (actors.worlds.state, obs)),
        "achieved": (achieved, (obs, env.achieved(obs))),
        "act": (act, (obs, choice)),
    }
    return {name: (_loop(body), carry) for name, (body, carry) in parts.items()}


def _loop(body: Callable) -> Callable:
    return lambda carry, count: jax.lax.fori_loop(0, count, body, carry)


def _nothing(result: jax.Array, dtype: jnp.dtype) -> jax.Array:
    """A zero that waits for a result, so that no loop can be left out or taken apart by the compiler."""
    return (result.reshape(-1)[0] > 100).astype(dtype)


def _touched(state: PyTree, obs: jax.Array) -> PyTree:
    """The same states; but no compiler knows that, since nothing is added to whatever is small in them."""
    few = SMALL * len(obs)

    def touch(leaf: jax.Array) -> jax.Array:
        if leaf.size > few or jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return leaf
        nothing = _nothing(obs, jnp.bool_ if leaf.dtype == bool else leaf.dtype)
        return leaf ^ nothing if leaf.dtype == bool else leaf + nothing

    return jax.tree.map(touch, state)


def _take_turns(loops: dict[str, tuple[Callable, PyTree, int]], repeat: int, shortest: float) -> dict[str, float]:
    """Seconds per environment step of each loop in its fastest round."""
    counts = {name: math.ceil(shortest / pace(*loop[:2], shortest / 4)) for name, loop in loops.items()}
    times: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(repeat):
        for name, (loop, carry, steps) in loops.items():
            # Always from the same worlds: those that are only stepped are never replaced, and age.
            times[name].append(timed(loop, carry, counts[name]) / (counts[name] * steps))
    return {name: min(each) for name, each in times.items()}


def _figures(times: dict[str, float]) -> dict[str, Any]:
    """All that follows from the seconds per environment step."""
    whole, world = times["training"], times["world"]
    seconds = {
        "environment step": times["step"],
        "observation": times["observe"],
        "fresh worlds": world - times["step"] - times["observe"],
        "achieved goals": times["achieved"],
        "acting": times["act"],
        "targets and updates": whole - world - times["achieved"] - times["act"],
        "training loop": whole,
    }
    return {
        "steps_per_second": 1 / whole,
        "world_steps_per_second": 1 / world,
        "overhead": whole / world - 1,
        "ratio_to_paper": 1 / (whole * PAPER),
        "achieved_share_of_step": times["achieved"] / times["step"],
        "rows": [{"part": part, "us_per_step": 1e6 * spent, "share": spent / whole} for part, spent in seconds.items()],
    }


def _peak(advance: Any) -> dict[str, Any]:
    """Memory in millions of bytes, and who says so."""
    used = (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    if used:
        return {"peak_mb": used / 1e6, "peak_source": "in use at most, on one device"}
    return {"peak_mb": planned_bytes(advance) / 1e6, "peak_source": "XLA's plan of the training loop"}
