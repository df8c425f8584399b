"""SAC that learns every goal from every step: LEO for continuous actions.

Every goal has its own action, so that naively an all-goals target takes a pass of the critic for each goal, and so does
the policy's gradient. Here a state is read once, and each goal's action joins late (see AllGoalsCritic).
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from leo_lab.envs.base import PyTree
from leo_lab.learners.base import require
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

    def __post_init__(self):
        super().__post_init__()
        for name in ("units", "code"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")


class SACLEO(SAC):
    """SAC + LEO: every step teaches every goal, and each goal has its own action, for one pass of each torso."""

    name = "sac_leo"
    title = "SAC + LEO"
    relabel = "all"

    def _networks(self, rngs: nnx.Rngs) -> dict[str, nnx.Module]:
        config, goals = self.config, len(self._env.goals)

        def code() -> Code:
            torso = MLPTorso(self._env.obs_size, config.width, config.depth, rngs=rngs)
            return Code(torso, config.width, config.code, rngs=rngs)

        def critic() -> AllGoalsCritic:
            more = {"units": config.units, "initial_value": config.initial_value}
            return AllGoalsCritic(code(), config.code, goals, self.actions, **more, rngs=rngs)

        return {
            "actor": Actor(code(), config.code, goals, self.actions, rngs=rngs),
            "critic": Twins(critic(), critic()),
        }

    def policy(self, actor: PyTree, obs: jax.Array, goals: jax.Array) -> tuple[jax.Array, jax.Array]:
        out = self._network("actor", actor)(obs)
        if goals.shape[1] == len(self._env.goals):  # all of them, in their order
            return out
        return tuple(jnp.take_along_axis(each, goals[:, None], axis=2) for each in out)

    def read(self, critic: PyTree, obs: jax.Array, goals: jax.Array) -> PyTree:
        return self._network("critic", critic).read(obs)

    def _of_all(self, of_goals, obs: jax.Array) -> jax.Array:
        count = len(self._env.goals)
        return of_goals(jnp.broadcast_to(jnp.arange(count), (len(obs), count)))
