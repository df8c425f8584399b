"""Epsilon-greedy exploration, with an epsilon that falls and then stays."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp

from leo_lab.learners.base import Config, require


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

    def __post_init__(self):
        super().__post_init__()
        for name in ("epsilon_start", "epsilon_end"):
            require(0 <= getattr(self, name) <= 1, name, getattr(self, name), "from 0 to 1")
        require(0 < self.epsilon_fraction <= 1, "epsilon_fraction", self.epsilon_fraction, "above 0, at most 1")

    def epsilon(self, iteration: jax.Array, iterations: int) -> jax.Array:
        """Probability of a random action in an iteration of a run of so many, float32 []."""
        return moved(self.epsilon_start, self.epsilon_end, iteration / (self.epsilon_fraction * iterations))


def moved(start: float, end: float, progress: jax.Array) -> jax.Array:
    """A setting on its way from `start` to `end`, where it stays once the progress is 1; float32 []."""
    return start + (end - start) * jnp.minimum(progress, 1.0)


class EpsilonGreedy:
    """What learners with such a configuration have: they know `config` and `iterations`."""

    def epsilon(self, iteration: jax.Array) -> jax.Array:
        """Probability of a random action, float32 []."""
        return self.config.epsilon(iteration, self.iterations)


def epsilon_greedy(key: jax.Array, q: jax.Array, epsilon: jax.Array) -> jax.Array:
    """Actions int32 [N] for values [N, A]: the best one, or with probability epsilon one drawn from all."""
    explore_key, action_key = jax.random.split(key)
    count, actions = q.shape
    explore = jax.random.uniform(explore_key, (count,)) < epsilon
    return jnp.where(explore, jax.random.randint(action_key, (count,), 0, actions), q.argmax(axis=-1))
