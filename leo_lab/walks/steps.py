"""One step of a walk: what an agent thinks and does in a state, and where that leads. By a table, or by a learner."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment, PyTree, strongly_typed
from leo_lab.learners.base import Learner


class Step(NamedTuple):
    """What is found in one state, and the step that is taken from it.

    Attributes:
      achieved: bool [G], the goals that the state achieves.
      v: float32 [G].
      best: int32 [G], the best action for each goal; None where actions are continuous.
      action: int32 [], or float32 [A].
      reached: bool [], whether the next state achieves what was commanded.
      over: bool [], whether the world ends there.
      broken: bool [], whether the simulator gave no numbers, so that there is no next state.
      obs: [F]; None where states are listed.
      place: float32 [2], where the body's point is; this and the following are None but in worlds of places.
      limbs: float32 [L, 2, 2].
      direction: float32 [G, 2], where the best action for each goal moves that point compared with no action, in the
        unit of the plane.
    """

    achieved: Any
    v: Any
    best: Any
    action: Any
    reached: Any
    over: Any
    broken: Any
    obs: Any = None
    place: Any = None
    limbs: Any = None
    direction: Any = None


Advance = Callable[[PyTree, Any, Any, int], tuple[Step, PyTree]]
"""(state, goal, place asked for, time) -> (step, next state)."""


def by_table(values: AllGoalsValues, env: Environment, start: int, seed: int) -> tuple[int, Advance]:
    """The first state, and steps, by values [S, G, A] in a world whose S states are listed. Luck is numpy's."""
    best, v, luck = values.greedy(), values.v, np.random.default_rng(seed)
    hit = np.asarray(env.achieved(jnp.asarray(env.states.observations)))
    cumulative = np.cumsum(env.states.transitions, axis=-1)
    cumulative /= cumulative[..., -1:]

    def advance(state: int, goal: int, desired: Any, time: int) -> tuple[Step, int]:
        action = best[state, goal]
        after = int(np.searchsorted(cumulative[state, action], luck.random(), side="right"))
        return Step(hit[state], v[state], best[state], action, hit[after, goal], False, False), after

    return start, advance


def by_learner(env: Environment, learner: Learner, agent: PyTree, seed: int) -> tuple[PyTree, Advance]:
    """The first state, and steps, by a learner whose state is `agent`, in any world."""
    reset, step = _programs(env, learner)
    reset_key, luck_key = jax.random.split(jax.random.key(seed))

    def advance(state: PyTree, goal: int, desired: np.ndarray, time: int) -> tuple[Step, PyTree]:
        found, after = step(agent, state, goal, desired, luck_key, np.int32(time))
        return jax.device_get(found), after

    return reset(reset_key), advance


@functools.lru_cache(maxsize=4)
def _programs(env: Environment, learner: Learner) -> tuple[Callable, Callable]:
    """Compiled once for all walks of all times of a run: key -> state, and a step."""
    placed = env.places is not None

    def step(agent, state, goal, desired, key, time):
        obs, luck = env.observe(state), jax.random.fold_in(key, time)
        v, q, intended = (each if each is None else each[0] for each in learner.readout(agent, obs[None]))
        best = None if q is None else q.argmax(axis=-1).astype(jnp.int32)
        place = limbs = direction = None
        if placed:
            # All goals' actions are tried out together and the commanded goal's is taken: a body's step takes seconds
            # to compile, so it is written once.
            outcomes, direction = _outcomes(env, state, intended, luck)
            action, place = intended[goal], env.places.of(obs)
            limbs = env.body.limbs(state) if env.body else jnp.zeros((0, 2, 2))
            after, over, after_obs = jax.tree.map(lambda leaf: leaf[goal], outcomes)
            reached = env.places.lattice.within(env.places.of(after_obs), desired)
        else:
            action = learner.greedy(agent, obs[None], goal[None])[0]
            after, over = env.step(state, action, luck)
            after_obs = env.observe(after)
            reached = env.achieved(after_obs)[goal]
        broken = ~jnp.isfinite(after_obs).all()
        found = Step(env.achieved(obs), v, best, action, reached, over, broken, obs, place, limbs, direction)
        return found, strongly_typed(after)

    return jax.jit(lambda key: strongly_typed(env.reset(key))), jax.jit(step)


def _outcomes(
    env: Environment, state: PyTree, intended: jax.Array, key: jax.Array
) -> tuple[tuple[PyTree, jax.Array, jax.Array], jax.Array]:
    """What each goal's action, of [G, A], leads to, with the luck of one key, and what no action does: axis G + 1.

    Returns:
      (next states, whether they end the world, their observations), and the moves of the body's point within the step,
      compared with no action, float32 [G, 2]; zero where the simulator breaks.
    """
    actions = jnp.concatenate([intended, jnp.zeros_like(intended[:1])])
    after, ended = jax.vmap(env.step, in_axes=(None, 0, None))(state, actions, key)
    obs = jax.vmap(env.observe)(after)
    led = env.places.of(obs)
    lead = led[:-1] - led[-1:]
    return (after, ended, obs), jnp.where(jnp.isfinite(lead).all(axis=-1, keepdims=True), lead, 0.0)
