"""SAC with hindsight relabelling (Andrychowicz et al. 2017): each step teaches one goal, or all, a pass for each."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp

from leo_lab.experience.relabel import RELABELS, Ahead, draw
from leo_lab.learners.sac import SAC, SACConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class SACHERConfig(SACConfig):
    """Settings of SAC + HER: those of SAC, with relabelling.

    Attributes:
      relabel: the goal that a step teaches: "none", the commanded one; "future", what is achieved at this step or a
        later one of its episode, each of these times equally likely; "positive", likewise, each goal equally likely;
        "final", what is achieved at the last of these times; "random", any; "mixed", three quarters random and one
        positive; or "all", each goal by a pass of its own.
      relabel_share: of the steps, that are relabelled where there is such a goal; the others teach the commanded one.
    """

    relabel: str = "future"
    relabel_share: float = 0.8

    RULES: ClassVar = {"from 0 to 1": ("relabel_share",)}
    CHOICES: ClassVar = {"relabel": RELABELS}


class SACHER(SAC):
    """SAC + HER. See leo_lab.learners.base.Learner."""

    name = "sac_her"
    title = "SAC + HER"
    Config = SACHERConfig

    @property
    def passes(self) -> int:
        return super().passes * (len(self.env.goals) if self.config.relabel == "all" else 1)

    def goals_of(
        self, commanded: jax.Array, ahead: Ahead, at: tuple[jax.Array, jax.Array], key: jax.Array
    ) -> jax.Array:
        if self.config.relabel == "none":
            return commanded[:, None]
        if self.config.relabel == "all":
            return self._all_goals(commanded)
        share_key, goal_key = jax.random.split(key)
        swap = jax.random.uniform(share_key, (len(commanded), 1)) < self.config.relabel_share
        return jnp.where(swap, draw(self.config.relabel, goal_key, ahead, at, commanded[:, None]), commanded[:, None])
