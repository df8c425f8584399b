"""Experience kept for later: the newest steps of every environment, in their order, so that hindsight can look ahead
to the end of an episode, however many segments it took."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment
from leo_lab.experience.relabel import Ahead, look_ahead
from leo_lab.experience.segment import Segment, next_observations


class Experience(NamedTuple):
    """Steps, with leading axes [T, N] or [B].

    Attributes:
      obs, next_obs: [..., F], the state acted in and the one that truly followed.
      action: float32 [..., A].
      goal: int32 [...], the commanded goal.
      hit: bool [..., G], goals achieved in the next state.
      terminated: bool [...].
      ended: bool [...], whether the episode ended with the step, for whatever reason.
      valid: bool [...], False for a step whose simulator broke.
    """

    obs: jax.Array
    next_obs: jax.Array
    action: jax.Array
    goal: jax.Array
    hit: jax.Array
    terminated: jax.Array
    ended: jax.Array
    valid: jax.Array


def experience_of(segment: Segment) -> Experience:
    """The steps of a segment, [T, N]."""
    return Experience(
        obs=segment.obs,
        next_obs=next_observations(segment),
        action=segment.action,
        goal=segment.goal,
        hit=segment.hit,
        terminated=segment.terminated,
        ended=segment.ended,
        valid=~segment.broken,
    )


def blank_experience(env: Environment) -> Experience:
    """A step of an environment with continuous actions, of zeros, without leading axes."""
    obs, flag = jnp.zeros(env.obs_size), jnp.zeros((), bool)
    action, hit = jnp.zeros(len(env.action_names)), jnp.zeros(len(env.goals), bool)
    return Experience(obs, obs, action, jnp.zeros((), jnp.int32), hit, terminated=flag, ended=flag, valid=flag)


class Kept(NamedTuple):
    """The newest segments.

    Attributes:
      steps: [S, ...], in a ring; a segment's [T, N] lie as T x N.
      segments: int32 [], how many were added so far.
    """

    steps: Experience
    segments: jax.Array


class Replay:
    """A ring of as many whole segments of `steps` each as hold at most `size` steps together."""

    def __init__(self, size: int, steps: int):
        self.steps, self.segments = steps, size // steps
        self.size = self.segments * steps

    def init(self, blank: Experience) -> Kept:
        """An empty ring for steps like this one, without leading axes."""
        steps = jax.tree.map(lambda leaf: jnp.zeros((self.size, *leaf.shape), leaf.dtype), blank)
        return Kept(steps, jnp.zeros((), jnp.int32))

    def add(self, kept: Kept, segment: Experience) -> Kept:
        """The ring with a segment [T, N, ...] in the place of the oldest."""
        begin = self._begin(kept)

        def put(ring: jax.Array, new: jax.Array) -> jax.Array:
            return jax.lax.dynamic_update_slice_in_dim(ring, new.reshape(-1, *new.shape[2:]), begin, axis=0)

        return Kept(jax.tree.map(put, kept.steps, segment), kept.segments + 1)

    def look_ahead(self, kept: Kept, num_envs: int) -> Ahead:
        """What comes after every step of N environments, in the order of time, [S / N, N, ...]."""

        def in_order(ring: jax.Array) -> jax.Array:
            return jnp.roll(ring, -self._begin(kept), axis=0).reshape(-1, num_envs, *ring.shape[1:])

        return look_ahead(in_order(kept.steps.hit), in_order(kept.steps.ended))

    def sample(self, kept: Kept, key: jax.Array, count: int) -> jax.Array:
        """Places in that order, int32 [B], of steps drawn with equal chances and with replacement."""
        known = jnp.minimum(kept.segments, self.segments) * self.steps
        return self.size - known + jax.random.randint(key, (count,), 0, known)

    def at(self, kept: Kept, places: jax.Array) -> Experience:
        """The steps at places int32 [B] in that order."""
        ring = (places + self._begin(kept)) % self.size
        return jax.tree.map(lambda leaf: leaf[ring], kept.steps)

    def _begin(self, kept: Kept) -> jax.Array:
        """Where the oldest segment lies, and the next one will."""
        return kept.segments % self.segments * self.steps
