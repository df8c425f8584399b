"""What an agent of a plane believes, for viewers: its values at places, and its walks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from leo_lab.artefacts.plane import PlaneTrace, PlaneValues
from leo_lab.envs.base import Environment, PyTree
from leo_lab.envs.places import as_places
from leo_lab.errors import LabError, check_count
from leo_lab.learners.base import Learner
from leo_lab.training.program import Run
from leo_lab.truth.plane import raster_of


def plane_values(run: Run, *, fine: int = 4) -> PlaneValues:
    """The values of all goals at a raster of places, as an agent believes, and its best first actions.

    Args:
      run: the agent, in a world in which a place is the whole state, such as a point maze.
      fine: places along each side of a cell; `plane_exact` with as many has the same raster.

    Raises:
      LabError: another world, or a raster out of range.
    """
    env = run.env
    shape, cells, places = raster_of(env, fine)
    v, action = (np.asarray(each) for each in _look(run.learner)(run.state.learner, env.places.observe(places)))
    title = f"{run.learner.title}, {run.env_steps:,} steps"
    return PlaneValues(env.places.plane, shape, cells, v, _at_most_one_long(action), run.config.gamma, title)


@functools.lru_cache(maxsize=4)
def _look(learner: Learner) -> Callable:
    """Compiled once for all times of a run: observations [B, F] -> V [B, G] and the actions intended, [B, G, A]."""
    return jax.jit(lambda agent, obs: (learner.values(agent, obs)[..., 0], learner.intended(agent, obs)))


def _at_most_one_long(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1.0)).astype(np.float32)


class _Time(NamedTuple):
    """One time of a walk: see PlaneTrace. `wanted` is the number of the task, K once all are done."""

    place: jax.Array
    limbs: jax.Array
    achieved: jax.Array
    v: jax.Array
    direction: jax.Array
    action: jax.Array
    wanted: jax.Array
    state: object


def record_walk(
    run: Run,
    goals: Sequence[int | str] | None = None,
    *,
    places: ArrayLike | None = None,
    steps: int = 100,
    patience: int | None = None,
    seed: int = 0,
    states: bool = False,
) -> PlaneTrace | tuple[PlaneTrace, PyTree]:
    """Commands goals, or places off the lattice, one after the other in one fresh world, and follows the policy.

    The next one's turn comes when the body is within the radius of the last, or patience ends. The walk ends with the
    last one, with the world, or where a simulator breaks.

    Args:
      run: the agent, in a world whose goals are places.
      goals: names or indices, in the order of their command; or
      places: float [K, 2], or one place, x and y; the nearest goal is commanded for each.
      steps: the longest walk.
      patience: steps allowed for each; as many as there are for each, unless told.
      seed: of the world and of its luck.
      states: also return the states of the world, stacked along T + 1 times, which pictures are made of.

    Raises:
      LabError: neither goals nor places, or both; an unknown goal, a place outside the lattice; a limit below 1; a
        world whose goals are no places.
    """
    env = run.env
    if env.places is None:
        raise LabError(f"the goals of {env.title} are no places; its walks are recorded by leo_lab.walks.craftax")
    if (goals is None) == (places is None):
        raise LabError("name goals or places: one of the two")
    order, wishes = _asked(env, goals, places)
    check_count("steps", steps)
    patience = -(-steps // len(order)) if patience is None else patience
    check_count("patience", patience)
    walk, key = _walker(env, run.learner, steps), jax.random.key(seed)
    times, ended = jax.device_get(walk(run.state.learner, order, wishes, patience, key))
    trace = _trace(run, times, ended, order, wishes)
    if not states:
        return trace
    return trace, jax.tree.map(lambda leaf: leaf[: trace.steps + 1], times.state)


def _asked(
    env: Environment, goals: Sequence[int | str] | None, places: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray]:
    """The goals to command, int32 [K], and the places that are asked for, float32 [K, 2]."""
    if places is not None:
        wishes = as_places(places)
        return env.places.lattice.nearest(wishes), wishes
    order = env.goals.select(goals)
    if not len(order):
        raise LabError("goals must name at least one goal")
    return order, env.places.lattice.points[order]


@functools.lru_cache(maxsize=4)
def _walker(env: Environment, learner: Learner, steps: int) -> Callable:
    """`_walk`, compiled once for all times of a run and as many goals."""

    def walk(agent, order: jax.Array, wishes: jax.Array, patience: jax.Array, key: jax.Array):
        return _walk(env, learner, steps, agent, order, wishes, patience, key)

    return jax.jit(walk)


def _walk(env, learner, steps: int, agent, order, wishes, patience, key: jax.Array) -> tuple[_Time, jax.Array]:
    """All times of the longest walk, and whether no step is taken at each as it has come to its end, bool."""
    reset_key, luck_key = jax.random.split(key)
    places, limbs = env.places, env.body.limbs if env.body else lambda state: jnp.zeros((0, 2, 2))

    def advance(carry, time):
        state, wanted, since, over = carry
        task = jnp.minimum(wanted, len(order) - 1)
        goal, there = order[task], wishes[task]
        obs = env.observe(state)
        intended = learner.intended(agent, obs[None])[0]
        # All goals' actions are tried out together and the commanded goal's is taken: a body's step takes seconds to
        # compile, so it is written once.
        outcomes, lead = _outcomes(env, state, intended, jax.random.fold_in(luck_key, time))
        after, ended, after_obs = jax.tree.map(lambda leaf: leaf[goal], outcomes)
        v = learner.values(agent, obs[None])[0, :, 0]
        now = _Time(places.of(obs), limbs(state), env.achieved(obs), v, lead, intended[goal], wanted, state)

        next_one = places.lattice.within(places.of(after_obs), there) | (since + 1 == patience)
        wanted, since = wanted + next_one, jnp.where(next_one, 0, since + 1)
        broken = ~jnp.isfinite(after_obs).all()
        stop = over | ended | broken | (wanted >= len(order))
        # A walk that is over stays where it ended; one whose simulator broke stays where it last was sound.
        after = jax.tree.map(lambda new, old: jnp.where(over | broken, old, new), after, state)
        return (after, wanted, since, stop), (now, over | broken)

    start = env.reset(reset_key), jnp.int32(0), jnp.int32(0), jnp.zeros((), bool)
    # One step more than are kept, so that the last state is looked at too.
    return jax.lax.scan(advance, start, jnp.arange(steps + 1))[1]


def _outcomes(
    env: Environment, state: PyTree, intended: jax.Array, key: jax.Array
) -> tuple[tuple[PyTree, jax.Array, jax.Array], jax.Array]:
    """What each goal's action leads to, and where it moves the body's point compared with no action.

    Args:
      intended: float32 [G, A].
      key: the luck, which all share.

    Returns:
      Next states, whether they end the world, and their observations, with a leading axis G + 1: no action is the last.
      The moves within the step, float32 [G, 2]; zero where the simulator breaks.
    """
    actions = jnp.concatenate([intended, jnp.zeros_like(intended[:1])])
    after, ended = jax.vmap(env.step, in_axes=(None, 0, None))(state, actions, key)
    obs = jax.vmap(env.observe)(after)
    led = env.places.of(obs)
    lead = led[:-1] - led[-1:]
    return (after, ended, obs), jnp.where(jnp.isfinite(lead).all(axis=-1, keepdims=True), lead, 0.0)


def _trace(run: Run, times: _Time, over: np.ndarray, order: np.ndarray, wishes: np.ndarray) -> PlaneTrace:
    env = run.env
    steps = int(over.argmax()) if over.any() else len(over) - 1
    if not steps:
        raise LabError(f"the simulator of {env.title} broke at the first step; try another seed")
    kept = jax.tree.map(lambda leaf: leaf[: steps + 1], times._replace(state=()))
    wanted = np.minimum(kept.wanted[:-1], len(order) - 1)
    longest = np.linalg.norm(kept.direction, axis=-1).max()
    return PlaneTrace(
        plane=env.places.plane,
        places=kept.place,
        limbs=kept.limbs,
        actions=kept.action[:-1],
        goal=order[wanted].astype(np.int16),
        wish=wishes[wanted].astype(np.float32),
        achieved=kept.achieved,
        v=kept.v,
        direction=kept.direction / max(float(longest), 1e-9),
        action_names=env.action_names,
        step_seconds=env.places.step_seconds,
        gamma=run.config.gamma,
        title=f"{run.learner.title} in {env.title}, {run.env_steps:,} steps",
    )
