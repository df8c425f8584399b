"""Epsilon-greedy exploration, with an epsilon that falls and then stays."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.learners.config import Config


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExplorationConfig(Config):
    """Settings of exploration.

    Attributes:
      epsilon_start: probability of a random action at the beginning.
      epsilon_end: and from `epsilon_fraction` of the run on.
      epsilon_fraction: share of the run over which epsilon falls.
    """

    epsilon_start: float = 0.2
    epsilon_end: float = 0.01
    epsilon_fraction: float = 0.2

    RULES: ClassVar = {"from 0 to 1": ("epsilon_start", "epsilon_end"), "above 0, at most 1": ("epsilon_fraction",)}


class Memo(NamedTuple):
    """What a learner of Q keeps of N states when it acts: of all goals [N, G], or of the commanded ones [N].

    Attributes:
      v: float32, max_a Q.
      greedy: bool, whether the action taken is the best for a goal.
    """

    v: jax.Array
    greedy: jax.Array


class EpsilonGreedy:
    """What learners with such a configuration have whose state has a `clock`."""

    def learn(self, state: Any, data: Any) -> tuple[Any, dict[str, jax.Array]]:
        after, info = super().learn(state, data)
        return after, {**info, "epsilon": self.epsilon(state)}

    def epsilon(self, state: Any) -> jax.Array:
        """Probability of a random action, float32 []."""
        config = self.config
        fallen = jnp.minimum(state.clock.progress() / config.epsilon_fraction, 1.0)
        return config.epsilon_start + fallen * (config.epsilon_end - config.epsilon_start)


def epsilon_greedy(key: jax.Array, q: jax.Array, epsilon: jax.Array | float) -> jax.Array:
    """Actions int32 [N] for values [N, A]: the best one, or with probability epsilon one drawn from all."""
    explore_key, action_key = jax.random.split(key)
    count, actions = q.shape
    explore = jax.random.uniform(explore_key, (count,)) < epsilon
    return jnp.where(explore, jax.random.randint(action_key, (count,), 0, actions), q.argmax(axis=-1))
