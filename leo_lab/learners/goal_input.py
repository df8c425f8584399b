"""What learners share whose network is told the goal: one goal per pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.envs.base import PyTree
from leo_lab.learners.gradient import GradientLearner


class GoalInputLearner(GradientLearner):
    """A learner whose network reads an observation and the features of one goal.

    Attributes:
      network: its class, one of leo_lab.networks.heads.
    """

    network: type[nnx.Module]

    def _network(self, rngs: nnx.Rngs) -> nnx.Module:
        config, actions = self.config, len(self._env.action_names)
        torso = self._torso(rngs, more=self._env.goals.features.shape[1])
        return self.network(torso, config.width, actions, initial_value=config.initial_value, rngs=rngs)

    def _pass(self, params: PyTree, obs: jax.Array, goal: jax.Array) -> Any:
        """What the network answers to obs [..., F] and goal int32 [...]."""
        features = jnp.asarray(self._env.goals.features)[goal]
        return self._with(params)(jnp.concatenate([obs, features], axis=-1))

    def _for_every_goal(self, of_goal: Callable[[jax.Array], jax.Array], obs: jax.Array) -> jax.Array:
        """Values float32 [B, G, A] at obs [B, F]: of_goal (int32 [B] -> [B, A]) goal after goal, as all may not fit."""
        goals = jnp.arange(len(self._env.goals))
        each = jax.lax.map(lambda goal: of_goal(jnp.broadcast_to(goal, obs.shape[:-1])), goals)
        return jnp.moveaxis(each, 0, -2)
