"""T steps of N environments, as a learner gets them, and what can be read off them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, PyTree


class Choice(NamedTuple):
    """What a learner answers.

    Attributes:
      action: int32 [N], or float32 [N, A] where actions are continuous.
      memo: what the learner wants to find in the segment, such as the values it saw; a pytree with leading axis N.
    """

    action: jax.Array
    memo: PyTree


class Segment(NamedTuple):
    """T steps of N environments.

    Attributes:
      obs: [T, N, F] acted on.
      action: int32 [T, N], or float32 [T, N, A] where actions are continuous.
      goal: int32 [T, N], the commanded goal.
      memo: what the learner noted when it acted; a pytree with leading axes T, N.
      hit: bool [T, N, G], goals achieved in the true next state.
      terminated, truncated: bool [T, N], how an episode ended at that step.
      broken: bool [T, N], whether it ended because the simulator gave no numbers; such a step is not to be learnt from.
      final_obs: [N, F] after the last step.
      cut_obs: [N, F], the true next observation where the time limit fell in this segment. One slot per environment
        is enough, because a segment is shorter than any truncated episode.
      seen: bool [G], goals achieved at least once by anyone up to the end of this segment.
    """

    obs: jax.Array
    action: jax.Array
    goal: jax.Array
    memo: PyTree
    hit: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    broken: jax.Array
    final_obs: jax.Array
    cut_obs: jax.Array
    seen: jax.Array

    @property
    def ended(self) -> jax.Array:
        """Whether a step ended its episode, by death, by the time limit or by a broken simulator, bool [T, N]."""
        return self.terminated | self.truncated | self.broken

    def discount(self, gamma: float) -> jax.Array:
        """gamma, or 0 where the world ended, float32 [T, N]."""
        return gamma * (1.0 - self.terminated)


Choose = Callable[[jax.Array, jax.Array, jax.Array], Choice]
"""(obs [N, F], goal int32 [N], key) -> Choice."""


class Source(Protocol):
    """Where segments come from: environments under way, or trajectories that are there already.

    Attributes:
      name: the kind of source.
      env: the environment that the segments are of.
      config: a frozen dataclass of numbers, which checkpoints keep.
      steps: environment steps of one draw, T x N.
    """

    name: str
    env: Environment
    config: Any

    @property
    def steps(self) -> int: ...

    def init(self, key: jax.Array) -> PyTree:
        """A fresh state, of arrays."""

    def draw(self, state: PyTree, choose: Choose, key: jax.Array) -> tuple[PyTree, Segment]:
        """The next segment. A source that does not act has no use for `choose`. Pure."""

    def metrics(self, state: PyTree, before: PyTree) -> dict[str, float]:
        """Numbers, by name, about what was drawn between two states."""

    def split(self, state: PyTree, parts: int) -> PyTree:
        """Which leaves devices can share along their first axis: a tree of bool, or the beginning of such a tree.

        Raises LabError where that axis does not divide into so many parts.
        """


def pick(x: jax.Array, index: jax.Array) -> jax.Array:
    """One entry of the last axis each: x [..., K], index int32 [...] -> [...]."""
    return jnp.take_along_axis(x, index[..., None], axis=-1)[..., 0]


def commanded_hit(segment: Segment) -> jax.Array:
    """Whether each step achieved the goal that was commanded, bool [T, N]."""
    return pick(segment.hit, segment.goal)


def at_next_state(segment: Segment, now: jax.Array, final: jax.Array, cut: jax.Array) -> jax.Array:
    """What is known of the state that each step truly led to, [T, N, ...].

    Of a death it is the next episode's, as nothing may read it. `now` [T, N, ...] is what is known of the states that
    were acted in; `final` and `cut` [N, ...] the same of `final_obs` and `cut_obs`.
    """
    following = jnp.concatenate([now[1:], final[None]])
    truncated = segment.truncated.reshape(segment.truncated.shape + (1,) * (now.ndim - 2))
    return jnp.where(truncated, cut[None], following)


def next_observations(segment: Segment) -> jax.Array:
    """The true next observation of every step, [T, N, F]."""
    return at_next_state(segment, segment.obs, segment.final_obs, segment.cut_obs)


def backwards(step: Callable[..., jax.Array], start: jax.Array, *rows: jax.Array) -> jax.Array:
    """step (following, *row -> value) of rows [T, ...] from the last one, which `start` follows, back to the first."""

    def back(following: jax.Array, row: tuple) -> tuple[jax.Array, jax.Array]:
        value = step(following, *row)
        return value, value

    return jax.lax.scan(back, start, rows, reverse=True)[1]


def choose_allowed(uniform: jax.Array, allowed: jax.Array) -> jax.Array:
    """Turns uniform numbers [K] into goals int32 [K], each equally likely of those allowed, bool [G]; G if none is.

    By rank among the allowed ones, which costs K random numbers instead of K times G.
    """
    rank = jnp.cumsum(allowed)
    return jnp.searchsorted(rank, jnp.floor(uniform * rank[-1]), side="right").astype(jnp.int32)
