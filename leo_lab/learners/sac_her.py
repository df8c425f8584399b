"""SAC with hindsight relabelling (Andrychowicz et al. 2017): each step teaches one goal, or all, a pass for each."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp

from leo_lab.experience.replay import NEVER, Experience
from leo_lab.experience.segment import choose_allowed
from leo_lab.learners.sac import SAC, SACConfig

RELABELS = ("none", "future", "final", "all")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SACHERConfig(SACConfig):
    """Settings of SAC + HER: those of SAC, with relabelling.

    Attributes:
      relabel: the goal that a step teaches: "none", the commanded one; "future", one achieved at this step or later in
        the segment; "final", the one achieved at the end of it; or "all", each goal by a pass of its own.
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

    def goals_of(self, batch: Experience, key: jax.Array) -> jax.Array:
        """Goals that each of B steps teaches, int32 [B, K]: one, or all in their order."""
        commanded = batch.goal[:, None]
        if self.config.relabel == "none":
            return commanded
        if self.config.relabel == "all":
            return self._all_goals(batch.goal)
        share_key, goal_key = jax.random.split(key)
        if self.config.relabel == "final":
            there, other = batch.final >= 0, batch.final
        else:
            later = batch.later != NEVER
            drawn = jax.random.uniform(goal_key, (len(commanded), 1))
            there, other = later.any(axis=-1), jax.vmap(choose_allowed)(drawn, later)[:, 0]
        swap = there & (jax.random.uniform(share_key, there.shape) < self.config.relabel_share)
        return jnp.where(swap[:, None], other[:, None], commanded)
