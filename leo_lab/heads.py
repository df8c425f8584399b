"""Heads: from a feature vector to values."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.networks import MLPTorso


class AllGoalsHead(nnx.Module):
    """One linear layer to the logits of all G goals and A actions; a sigmoid makes them values in (0, 1).

    Outputs without the sigmoid diverge (paper, Section 4). They start low, at `initial_value`: a goal that cannot be
    reached is never hit, its target is only ever gamma times its own value, and from 1/2 that takes forever to fade.
    """

    def __init__(self, width: int, goals: int, actions: int, *, initial_value: float, rngs: nnx.Rngs):
        self.goals, self.actions = goals, actions
        logit = jnp.log(initial_value) - jnp.log1p(-initial_value)
        self.linear = nnx.Linear(
            width,
            goals * actions,
            kernel_init=nnx.initializers.variance_scaling(0.01, "fan_in", "normal"),
            bias_init=nnx.initializers.constant(logit),
            rngs=rngs,
        )

    def __call__(self, hidden: jax.Array) -> jax.Array:
        """float32 [..., width] -> logits [..., G, A]."""
        return self.linear(hidden).reshape(*hidden.shape[:-1], self.goals, self.actions)


class AllGoalsNetwork(nnx.Module):
    """LEO's network: a torso that never sees the goal, and every goal's values in one pass."""

    def __init__(self, torso: MLPTorso, head: AllGoalsHead):
        self.torso, self.head = torso, head

    def __call__(self, obs: jax.Array) -> jax.Array:
        """float32 [..., F] -> logits [..., G, A]."""
        return self.head(self.torso(obs))
