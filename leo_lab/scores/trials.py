"""What an agent achieves where nothing can be listed: each goal is commanded in fresh worlds, and counted."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from leo_lab.envs.base import Environment, PyTree
from leo_lab.envs.places import as_places
from leo_lab.errors import LabError, check_count
from leo_lab.learners.base import Learner
from leo_lab.scores.outcomes import Trials
from leo_lab.training import Run

AGENT, RANDOM = 0, 1  # whose tries: two streams of worlds, so that no two tries of a score share one


class _Under(NamedTuple):
    """Tries under way, [B]: their worlds, observations, and whether, when and how they ended."""

    state: object
    obs: jax.Array
    alive: jax.Array
    hit: jax.Array
    length: jax.Array
    time: jax.Array


def try_goals(run: Run, goals: Sequence[int | str] | None = None, **how: int) -> Trials:
    """Commands each goal in fresh worlds and follows the greedy policy. Compiled once for all times of a run.

    Args:
      run: the agent.
      goals: names or indices; all unless told.
      **how: tries (K, worlds per goal; 4 unless told), limit (steps allowed, 500), seed (of the worlds and of their
        luck, 0), batch (worlds stepped together, 256), floor (whether the same is done with random actions, which
        takes about as long again; False), progress (whether to show a bar). The worlds of a goal depend on the seed
        and on the goal, not on which others are tried.

    Raises:
      LabError: no goal, an unknown one, or a number below 1.
    """
    chosen = run.env.goals.select(run.env.goals.names if goals is None else goals)
    if not len(chosen):
        raise LabError("goals must name at least one goal")
    return _tried(run, tuple(run.env.goals.names[i] for i in chosen), chosen, chosen, None, **how)


def try_places(run: Run, places: np.ndarray, **how: int) -> Trials:
    """Asks for places off the lattice: the nearest goal is commanded, and what counts is the distance to the place.

    Args:
      run: the agent, in a world whose goals are places.
      places: float [K, 2], x and y.
      **how: as in `try_goals`.

    Returns:
      The outcomes, of K places instead of goals; `v` is the value of the goal that was commanded.

    Raises:
      LabError: a world whose goals are no places, no place, one outside the lattice, or a number below 1.
    """
    if run.env.places is None:
        raise LabError(f"the goals of {run.env.title} are no places; use try_goals")
    places = as_places(places)
    names = tuple(f"place/x{x:.3g}y{y:.3g}" for x, y in places)
    return _tried(run, names, np.arange(len(names)), run.env.places.lattice.nearest(places), places, **how)


def random_places(env: Environment, count: int, seed: int = 0) -> np.ndarray:
    """Places off the lattice, evenly drawn from what is nearest to its goals and is no wall, float32 [count, 2].

    Each lies in the square, as wide as the lattice's spacing, around a goal.
    """
    check_count("places", count)
    rng, lattice, walls = np.random.default_rng(seed), env.places.lattice, env.places.plane.walls
    found = np.zeros((0, 2), np.float32)
    while len(found) < count:
        middle = lattice.points[rng.integers(len(lattice.points), size=count)]
        drawn = (middle + lattice.spacing * rng.uniform(-0.5, 0.5, (count, 2))).astype(np.float32)
        walled = ((drawn[:, None] >= walls[:, :2]) & (drawn[:, None] <= walls[:, 2:])).all(axis=-1).any(axis=-1)
        found = np.concatenate([found, drawn[~walled]])
    return found[:count]


def first_worlds(env: Environment, tasks: ArrayLike, tries: int, seed: int = 0) -> Any:
    """The worlds that the agent's tries with this seed begin in: states with leading axes [len(tasks), K].

    A task is the index of a goal, for `try_places` of a place among those asked for.
    """
    task, world = np.meshgrid(np.asarray(tasks), np.arange(tries), indexing="ij")
    return jax.jit(jax.vmap(jax.vmap(lambda task, world: env.reset(_keys(task, world, seed)[0]))))(task, world)


def _keys(task: jax.Array, world: jax.Array, seed: int, stream: int = AGENT) -> jax.Array:
    """Three keys of one try, [3]: of its world's beginning, of its luck, and of random actions."""
    key = jax.random.key(seed)
    for number in (stream, task, world):
        key = jax.random.fold_in(key, number)
    return jax.random.split(key, 3)


def _tried(
    run: Run, names: Sequence[str], tasks: np.ndarray, goals: np.ndarray, places: np.ndarray | None,
    tries: int = 4, limit: int = 500, seed: int = 0, batch: int = 256, floor: bool = False, progress: bool = False,
) -> Trials:  # fmt: skip
    """K tries at each of G tasks: its goal, of int32 [G], is commanded until it, or the task's place, is attained."""
    for name, count in (("tries", tries), ("limit", limit), ("batch", batch)):
        check_count(name, count)
    row, world = (each.ravel() for each in np.meshgrid(np.arange(len(names)), np.arange(tries), indexing="ij"))
    batch = min(batch, len(row))
    # The last batch repeats its last try, so that one compiled program serves all.
    filled = np.pad(np.arange(len(row)), (0, -len(row) % batch), mode="edge").reshape(-1, batch)

    def follow(stream: int, what: str) -> Trials:
        attempt, parts = _attempts(run.learner, limit, seed, stream), []
        for chosen in tqdm(filled, disable=not progress, unit_scale=batch, unit="try", desc=what):
            which = row[chosen]
            place = None if places is None else places[which]
            parts.append(jax.device_get(attempt(run.state.learner, goals[which], place, tasks[which], world[chosen])))
        each = (np.concatenate(part)[: len(row)].reshape(-1, tries) for part in zip(*parts, strict=True))
        return Trials(tuple(names), *each, run.config.gamma, limit)

    trials = follow(AGENT, "try goals")
    return dataclasses.replace(trials, floor=follow(RANDOM, "random actions")) if floor else trials


@functools.lru_cache(maxsize=16)
def _attempts(learner: Learner, limit: int, seed: int, stream: int) -> Callable:
    """One batch of tries, compiled: the learner's state, goal int32 [B], place float32 [B, 2] or None, task and world
    int32 [B] -> hit bool [B], length int32 [B], v float32 [B], counted bool [B]."""
    env = learner.env

    def attempt(
        agent: PyTree, goal: jax.Array, place: jax.Array | None, task: jax.Array, world: jax.Array
    ) -> tuple[jax.Array, ...]:
        keys, row = jax.vmap(lambda task, world: _keys(task, world, seed, stream))(task, world), jnp.arange(len(goal))
        state = jax.vmap(env.reset)(keys[:, 0])
        obs = jax.vmap(env.observe)(state)

        def attained(obs: jax.Array) -> jax.Array:
            if place is None:
                return env.achieved(obs)[row, goal]
            return env.places.lattice.within(env.places.of(obs), place)

        def act(now: _Under) -> jax.Array:
            if stream == AGENT:
                return learner.greedy(agent, now.obs, goal)
            return jax.vmap(lambda key: _random_action(env, jax.random.fold_in(key, now.time)))(keys[:, 2])

        def step(now: _Under) -> _Under:
            luck = jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys[:, 1], now.time)
            after, over = jax.vmap(env.step)(now.state, act(now), luck)
            obs = jax.vmap(env.observe)(after)
            hit = now.alive & attained(obs)
            if env.continuous:  # a simulator that breaks ends the try
                over = over | ~jnp.isfinite(obs).all(axis=-1)
            length = now.length + now.alive
            return _Under(after, obs, now.alive & ~hit & ~over, now.hit | hit, length, now.time + 1)

        no, count, counted = jnp.zeros(len(goal), bool), jnp.zeros(len(goal), jnp.int32), ~attained(obs)
        began = _Under(state, obs, counted, no, count, jnp.int32(0))
        done = jax.lax.while_loop(lambda now: now.alive.any() & (now.time < limit), step, began)
        return done.hit, done.length, learner.readout(agent, obs).v[row, goal], counted

    return jax.jit(attempt)


def _random_action(env: Environment, key: jax.Array) -> jax.Array:
    """One action, each as likely as any other."""
    count = len(env.action_names)
    if env.continuous:
        return jax.random.uniform(key, (count,), minval=-1.0, maxval=1.0)
    return jax.random.randint(key, (), 0, count)
