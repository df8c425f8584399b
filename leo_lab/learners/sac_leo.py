"""SAC that learns every goal from every step: LEO for continuous actions.

Every goal has its own action, so that naively an all-goals target takes a pass of the critic for each goal, and so does
the policy's gradient. Here a state is encoded once, and each goal's action joins late (see AllGoalsCritic).
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.envs.base import PyTree
from leo_lab.experience.relabel import Ahead
from leo_lab.learners.sac import SAC, SACConfig
from leo_lab.networks.continuous import Actor, AllGoalsCritic, Twins
from leo_lab.networks.torsos import Code, MLPTorso


@dataclasses.dataclass(frozen=True, kw_only=True)
class SACLEOConfig(SACConfig):
    """Settings of SAC + LEO.

    Attributes:
      units: K, hidden units that each goal has of its own, where state and action meet.
      code: numbers that a state is summed up in before it reaches them.
    """

    units: int = 12
    code: int = 128

    RULES: ClassVar = {"at least 1": ("units", "code")}


class SACLEO(SAC):
    """SAC + LEO. See leo_lab.learners.base.Learner."""

    name = "sac_leo"
    title = "SAC + LEO"
    Config = SACLEOConfig

    def _networks(self, rngs: nnx.Rngs) -> dict[str, nnx.Module]:
        config, goals = self.config, len(self.env.goals)

        def code() -> Code:
            torso = MLPTorso(self.env.obs_size, config.width, config.depth, rngs=rngs)
            return Code(torso, config.code, rngs=rngs)

        def critic() -> AllGoalsCritic:
            more = {"units": config.units, "initial_value": config.initial_value}
            return AllGoalsCritic(code(), goals, self.actions, **more, rngs=rngs)

        actor = Actor(code(), goals, self.actions, rngs=rngs)
        return {"actor": actor, "critic": Twins(critic(), critic())}

    def policy(self, actor: PyTree, obs: jax.Array, goals: jax.Array) -> tuple[jax.Array, jax.Array]:
        out = self._network("actor", actor)(obs)
        if goals.shape[1] == len(self.env.goals):  # all of them, in their order
            return out
        return tuple(jnp.take_along_axis(each, goals[:, None], axis=2) for each in out)

    def _inputs(self, obs: jax.Array, goals: jax.Array) -> jax.Array:
        return obs

    def goals_of(
        self, commanded: jax.Array, ahead: Ahead, at: tuple[jax.Array, jax.Array], key: jax.Array
    ) -> jax.Array:
        return self._all_goals(commanded)

    def _for_every_goal(self, of_goals, obs: jax.Array) -> PyTree:
        return of_goals(self._all_goals(obs))
