"""What an agent achieves where nothing can be listed: each goal is commanded in fresh worlds, and counted."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tqdm.auto import tqdm

from leo_lab.envs.base import Environment, PyTree
from leo_lab.envs.places import as_places
from leo_lab.errors import LabError, check_count
from leo_lab.learners.base import Learner
from leo_lab.scores.statistics import success_by_group
from leo_lab.training import Run


@dataclasses.dataclass(frozen=True, eq=False)
class Trials:
    """Outcomes of K tries at each of G goals, by the greedy policy.

    Attributes:
      goal_names: G names.
      hit: bool [G, K], whether the goal was achieved within the limit, before the world ended or its simulator broke.
      length: int32 [G, K], steps taken until then, or until the end.
      v: float32 [G, K], the value of the goal in the world's first state.
      gamma: discount per step.
      limit: steps allowed.
    """

    goal_names: tuple[str, ...]
    hit: np.ndarray
    length: np.ndarray
    v: np.ndarray
    gamma: float
    limit: int

    @property
    def success(self) -> np.ndarray:
        """Share of the tries that achieved each goal, float64 [G]."""
        return self.hit.mean(axis=1)

    @property
    def returns(self) -> np.ndarray:
        """What V should have been, gamma^(length - 1) or 0, float64 [G, K]."""
        return np.where(self.hit, self.gamma ** (self.length - 1.0), 0.0)

    def by_group(self) -> dict[str, float]:
        """Mean success over the goals of each group, and over all."""
        return success_by_group(self.per_goal())

    def per_goal(self) -> tuple[dict[str, Any], ...]:
        """One row per goal: goal, group, success, steps, value, return.

        Steps are the median over the tries that achieved it, nan if none did; value is the mean in the first state, and
        return the mean of what that should have been.
        """
        each = zip(self.length, self.hit, strict=True)
        steps = [np.median(length[hit]) if hit.any() else np.nan for length, hit in each]
        columns = self.success, steps, self.v.mean(axis=1), self.returns.mean(axis=1)
        keys = "success", "steps", "value", "return"
        return tuple(
            {"goal": name, "group": name.partition("/")[0], **dict(zip(keys, map(float, numbers), strict=True))}
            for name, *numbers in zip(self.goal_names, *columns, strict=True)
        )


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
      **how: tries (K, worlds per goal, the same for every goal; 4 unless told), limit (steps allowed, 500), seed (of
        the worlds and of their luck, 0), batch (worlds stepped together, 256), progress (whether to show a bar).

    Raises:
      LabError: no goal, an unknown one, or a number below 1.
    """
    chosen = run.env.goals.select(run.env.goals.names if goals is None else goals)
    if not len(chosen):
        raise LabError("goals must name at least one goal")
    return _tried(run, tuple(run.env.goals.names[i] for i in chosen), chosen, None, **how)


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
    return _tried(run, names, run.env.places.lattice.nearest(places), places, **how)


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


def first_worlds(env: Environment, tries: int, seed: int = 0) -> Any:
    """The worlds that tries with this seed begin in: states of the environment with a leading axis K."""
    return jax.jit(jax.vmap(env.reset))(_keys(jnp.arange(tries), seed)[:, 0])


def _keys(world: jax.Array, seed: int) -> jax.Array:
    """Two keys of each world, int32 [B] -> [B, 2]: of its beginning and of its luck."""
    return jax.vmap(lambda which: jax.random.split(jax.random.fold_in(jax.random.key(seed), which)))(world)


def _tried(
    run: Run, names: Sequence[str], goals: np.ndarray, places: np.ndarray | None,
    tries: int = 4, limit: int = 500, seed: int = 0, batch: int = 256, progress: bool = False,
) -> Trials:  # fmt: skip
    """K tries at each of G tasks: its goal, of int32 [G], is commanded until it, or the task's place, is attained."""
    for name, count in (("tries", tries), ("limit", limit), ("batch", batch)):
        check_count(name, count)
    task, world = (each.ravel() for each in np.meshgrid(np.arange(len(names)), np.arange(tries), indexing="ij"))
    batch = min(batch, len(task))
    # The last batch repeats its last try, so that one compiled program serves all.
    filled = np.pad(np.arange(len(task)), (0, -len(task) % batch), mode="edge").reshape(-1, batch)
    attempt, parts = _attempts(run.learner, limit, seed), []
    for rows in tqdm(filled, disable=not progress, unit_scale=batch, unit="try", desc="try goals"):
        place = None if places is None else places[task[rows]]
        parts.append(jax.device_get(attempt(run.state.learner, goals[task[rows]], place, world[rows])))
    hit, length, v = (np.concatenate(each)[: len(task)].reshape(-1, tries) for each in zip(*parts, strict=True))
    return Trials(names, hit, length, v, run.config.gamma, limit)


@functools.lru_cache(maxsize=8)
def _attempts(learner: Learner, limit: int, seed: int) -> Callable:
    """One batch of tries, compiled: the learner's state, goal int32 [B], place float32 [B, 2] or None, world int32 [B]
    -> hit bool [B], length int32 [B], v float32 [B]."""
    env = learner.env

    def attempt(agent: PyTree, goal: jax.Array, place: jax.Array | None, world: jax.Array) -> tuple:
        keys, row = _keys(world, seed), jnp.arange(len(goal))
        state = jax.vmap(env.reset)(keys[:, 0])
        obs = jax.vmap(env.observe)(state)

        def attained(obs: jax.Array) -> jax.Array:
            if place is None:
                return env.achieved(obs)[row, goal]
            return env.places.lattice.within(env.places.of(obs), place)

        def step(now: _Under) -> _Under:
            action = learner.greedy(agent, now.obs, goal)
            luck = jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys[:, 1], now.time)
            after, over = jax.vmap(env.step)(now.state, action, luck)
            obs = jax.vmap(env.observe)(after)
            hit = now.alive & attained(obs)
            if env.continuous:  # a simulator that breaks ends the try
                over = over | ~jnp.isfinite(obs).all(axis=-1)
            length = now.length + now.alive
            return _Under(after, obs, now.alive & ~hit & ~over, now.hit | hit, length, now.time + 1)

        no, count = jnp.zeros(len(goal), bool), jnp.zeros(len(goal), jnp.int32)
        began = _Under(state, obs, ~no, no, count, jnp.int32(0))
        done = jax.lax.while_loop(lambda now: now.alive.any() & (now.time < limit), step, began)
        return done.hit, done.length, learner.readout(agent, obs).v[row, goal]

    return jax.jit(attempt)
