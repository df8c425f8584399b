"""What learners share whose network is told the goal: one goal per pass."""

from __future__ import annotations

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
        config, actions = self.config, len(self.env.action_names)
        torso = self._torso(rngs, more=self.env.goals.features.shape[1])
        return self.network(torso, actions, initial_value=config.initial_value, rngs=rngs)

    def _evaluate(self, params: PyTree, obs: jax.Array, goal: jax.Array) -> Any:
        """What the network answers to obs [..., F] and goal int32 [...]."""
        features = jnp.asarray(self.env.goals.features)[goal]
        return self._with(params)(jnp.concatenate([obs, features], axis=-1))
