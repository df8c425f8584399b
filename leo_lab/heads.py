"""Heads: from a feature vector to values."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.networks import MLPTorso


class AllGoalsHead(nnx.Module):
    """One linear layer to the logits of all A actions and G goals; a sigmoid makes them values in (0, 1).

    Outputs without the sigmoid diverge (paper, Section 4). They start low, at `initial_value`: a goal that cannot be
    reached is never hit, its target is only ever gamma times its own value, and from 1/2 that takes forever to fade.
    Actions come before goals because only the action taken is ever trained: its row of G is then one piece of memory.
    """

    def __init__(self, width: int, goals: int, actions: int, *, initial_value: float, rngs: nnx.Rngs):
        logit = jnp.log(initial_value) - jnp.log1p(-initial_value)
        self.actions, self.goals = actions, goals
        draw = nnx.initializers.variance_scaling(0.01, "fan_in", "normal")
        self.kernel = nnx.Param(draw(rngs.params(), (width, actions * goals)).reshape(width, actions, goals))
        self.bias = nnx.Param(jnp.full((actions, goals), logit))

    def __call__(self, hidden: jax.Array) -> jax.Array:
        """float32 [..., width] -> logits [..., A, G]."""
        kernel = self.kernel[...].reshape(hidden.shape[-1], -1)  # one wide product, not A narrow ones
        logits = (hidden @ kernel).reshape(*hidden.shape[:-1], self.actions, self.goals)
        return logits + jnp.broadcast_to(self.bias[...], logits.shape)


class AllGoalsNetwork(nnx.Module):
    """LEO's network: a torso that never sees the goal, and every goal's values in one pass."""

    def __init__(self, torso: MLPTorso, head: AllGoalsHead):
        self.torso, self.head = torso, head

    def __call__(self, obs: jax.Array) -> jax.Array:
        """float32 [..., F] -> logits [..., A, G]."""
        return self.head(self.torso(obs))


class GoalInputNetwork(nnx.Module):
    """A network that is told the goal: values of the A actions for one goal per pass (UVFA, Schaul et al. 2015)."""

    def __init__(self, features: int, width: int, depth: int, actions: int, *, initial_value: float, rngs: nnx.Rngs):
        self.torso = MLPTorso(features, width, depth, rngs=rngs)
        self.head = AllGoalsHead(width, 1, actions, initial_value=initial_value, rngs=rngs)

    def __call__(self, obs: jax.Array) -> jax.Array:
        """Observation and goal features, float32 [..., F] -> logits [..., A]."""
        return self.head(self.torso(obs))[..., 0]
