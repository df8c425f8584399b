"""CLEO: LEO whose goals read the state by cross-attention. A public idea that follows LEO; no result is published."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from flax import nnx

from leo_lab.errors import LabError
from leo_lab.learners.leo import LEO, LEOConfig
from leo_lab.networks.heads import GoalQueryNetwork


@dataclasses.dataclass(frozen=True, kw_only=True)
class CLEOConfig(LEOConfig):
    """Settings of CLEO.

    Attributes:
      tokens: how many tokens the torso writes of a state.
      heads: of the attention.
      head_width: units of each head; a goal is embedded in heads x head_width numbers.
    """

    tokens: int = 16
    heads: int = 4
    head_width: int = 32

    RULES: ClassVar = {"at least 1": ("tokens", "heads", "head_width")}

    def __post_init__(self):
        super().__post_init__()
        if self.passes == "buckets":
            raise LabError('passes "buckets" needs a layer for each action, which CLEO has not; use "batch"')
        if self.wide == "on":
            raise LabError('wide "on" is for the head of LEO, which CLEO has not; use "off"')
        if self.code:
            raise LabError("code is for the head of LEO, which CLEO has not; use fewer tokens or a smaller head_width")


class CLEO(LEO):
    """CLEO. See leo_lab.learners.base.Learner."""

    name = "cleo"
    title = "CLEO"
    Config = CLEOConfig
    bucketed = False

    def _network(self, rngs: nnx.Rngs) -> GoalQueryNetwork:
        config, goals, actions = self.config, len(self.env.goals), len(self.env.action_names)
        torso, tokens = self._torso(rngs), (config.tokens, config.heads, config.head_width)
        return GoalQueryNetwork(torso, goals, actions, tokens, initial_value=config.initial_value, rngs=rngs)
