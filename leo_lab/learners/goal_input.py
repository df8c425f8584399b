"""What learners share whose network is told the goal: one goal per pass."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from leo_lab.goals import GoalSet


def with_goal(goals: GoalSet, obs: jax.Array, goal: jax.Array) -> jax.Array:
    """What such a network reads: obs [..., F] beside the features of goal, int32 [...]."""
    return jnp.concatenate([obs, jnp.asarray(goals.features)[goal]], axis=-1)


def for_every_goal(of_goal: Callable[[jax.Array], jax.Array], obs: jax.Array, count: int) -> jax.Array:
    """Values of all goals, float32 [B, G, A], goal after goal, since all at once may not fit.

    Args:
      of_goal: goal int32 [B] -> values [B, A] at obs.
      obs: [B, F].
      count: G.
    """
    each = jax.lax.map(lambda goal: of_goal(jnp.broadcast_to(goal, obs.shape[:-1])), jnp.arange(count))
    return jnp.moveaxis(each, 0, -2)
