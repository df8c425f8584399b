"""Experience kept for later: single steps with what they and their episode's next steps say of every goal."""

from __future__ import annotations

from typing import NamedTuple

import flashbax
import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, PyTree
from leo_lab.experience.segment import Segment, next_observations

NEVER = 255  # for `later`: not within the segment, or in more steps than that


class Experience(NamedTuple):
    """Steps, with leading axes [T, N] or [B].

    Attributes:
      obs, next_obs: [..., F], the state acted in and the one that truly followed.
      action: float32 [..., A].
      goal: int32 [...], the commanded goal.
      later: uint8 [..., G], steps from the next state to the first one in the segment and the episode that achieves a
        goal: 0 where the step itself hit it, NEVER where none did.
      final: int32 [...], a goal achieved at the last step that the segment has of the episode; -1 if none was.
      terminated: bool [...].
      valid: bool [...], False for a step whose simulator broke.
    """

    obs: jax.Array
    next_obs: jax.Array
    action: jax.Array
    goal: jax.Array
    later: jax.Array
    final: jax.Array
    terminated: jax.Array
    valid: jax.Array


def experience_of(segment: Segment) -> Experience:
    """The steps of a segment, [T, N]."""
    later, final = _looking_back(segment)
    return Experience(
        obs=segment.obs,
        next_obs=next_observations(segment),
        action=segment.action,
        goal=segment.goal,
        later=later,
        final=final,
        terminated=segment.terminated,
        valid=~segment.broken,
    )


def blank_experience(env: Environment) -> Experience:
    """A step of an environment with continuous actions, of zeros, without leading axes."""
    obs, integer, flag = jnp.zeros(env.obs_size), jnp.zeros((), jnp.int32), jnp.zeros((), bool)
    action, later = jnp.zeros(len(env.action_names)), jnp.zeros(len(env.goals), jnp.uint8)
    return Experience(obs, obs, action, goal=integer, later=later, final=integer, terminated=flag, valid=flag)


def _looking_back(segment: Segment) -> tuple[jax.Array, jax.Array]:
    """`later` and `final` of Experience. A step whose simulator broke leads nowhere, so nothing is carried past it."""

    def back(following, now):
        later, final = following
        hit, ended = now
        on = jnp.where(ended[:, None], NEVER, later)
        later = jnp.where(hit, 0, jnp.where(on == NEVER, NEVER, on + 1))
        final = jnp.where(ended, jnp.where(hit.any(axis=-1), hit.argmax(axis=-1), -1), final)
        return (later, final), (later.astype(jnp.uint8), final)

    hit, ended = segment.hit, segment.ended.at[-1].set(True)
    count, goals = hit.shape[1:]
    start = jnp.full((count, goals), NEVER, jnp.int32), jnp.full(count, -1)
    return jax.lax.scan(back, start, (hit, ended), reverse=True)[1]


class Replay:
    """A ring of the newest `size` steps, kept by flashbax, whose broadcasting is its own matter."""

    def __init__(self, size: int, batch: int):
        """Of `size` steps, from which `batch` are drawn at a time."""
        self._ring = flashbax.make_item_buffer(size, 1, batch, add_batches=True)

    def init(self, blank: Experience) -> PyTree:
        """An empty ring for steps like this one, without leading axes."""
        return self._ring.init(blank)

    def add(self, kept: PyTree, steps: Experience) -> PyTree:
        """The ring with steps [T, N] in the place of the oldest."""
        with jax.numpy_rank_promotion("allow"):
            return self._ring.add(kept, jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), steps))

    def sample(self, kept: PyTree, key: jax.Array) -> Experience:
        """Steps [B], drawn with equal chances and with replacement."""
        with jax.numpy_rank_promotion("allow"):
            return self._ring.sample(kept, key).experience
