"""Settings of what values are taught: which of the targets of `leo_lab.learners.targets`."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from leo_lab.envs.base import Environment
from leo_lab.errors import LabError
from leo_lab.learners.config import Config
from leo_lab.learners.targets import TARGETS


@dataclasses.dataclass(frozen=True, kw_only=True)
class TargetConfig(Config):
    """What settings with a `target` have, whose choices a subclass lists.

    Attributes:
      target: one of TARGETS, or "auto", by whether moves are certain.
    """

    target: str = "auto"

    AUTO: ClassVar[tuple[str, str]]  # where moves are certain, and where they are not

    def check(self, env: Environment) -> None:
        super().check(env)
        if TARGETS[self.chosen(env)].certain and not env.deterministic:
            raise LabError(
                f'target "{self.target}" takes luck for skill where moves are random, as in {env.title}; '
                f'use "{self.AUTO[1]}"'
            )

    def chosen(self, env: Environment) -> str:
        """The name of the target in a world."""
        return self.AUTO[not env.deterministic] if self.target == "auto" else self.target


@dataclasses.dataclass(frozen=True, kw_only=True)
class SegmentTargetConfig(TargetConfig):
    """Settings of what is taught by learners that have a whole segment and discrete actions: all of TARGETS.

    Attributes:
      target: "one_step" (the paper's); "n_step"; "lambda_return", along whatever was done (Peng's Q(lambda), PQN's
        own); "greedy_return", along the best actions (Watkins's); in worlds whose moves are certain also "hindsight"
        (the larger of one_step and the return really obtained later in the segment) and "best_return" (the largest of
        all n-step returns along the segment, but as greedy_return after the best actions); or "auto", best_return where
        moves are certain, else greedy_return.
      n_step: n of the target "n_step".
      lam: lambda of "lambda_return" and "greedy_return": 0 looks one step ahead, 1 as far as the target lets it.
    """

    n_step: int = 3
    lam: float = 1.0

    AUTO: ClassVar = ("best_return", "greedy_return")
    RULES: ClassVar = {"at least 1": ("n_step",), "from 0 to 1": ("lam",)}
    CHOICES: ClassVar = {"target": ("auto", *TARGETS)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepTargetConfig(TargetConfig):
    """Settings of what is taught by learners that draw single steps from a replay, or whose actions are continuous.

    Attributes:
      target: "one_step"; "hindsight", at least the return really obtained later in the episode, a lower bound of the
        best one where moves are certain; or "auto", hindsight where they are.
    """

    AUTO: ClassVar = ("hindsight", "one_step")
    CHOICES: ClassVar = {"target": ("auto", "one_step", "hindsight")}
