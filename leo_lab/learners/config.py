"""Settings of learners: one frozen dataclass each."""

from __future__ import annotations

import dataclasses
import numbers
from typing import TYPE_CHECKING, Any

from leo_lab.errors import LabError, require

if TYPE_CHECKING:
    from leo_lab.envs.base import Environment

ACCEPTED = {int: numbers.Integral, float: numbers.Real, str: str, bool: bool}  # numpy's numbers too


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Settings that every learner has. Each field of a subclass has a default: a number, a text or a bool.

    Attributes:
      gamma: discount per step.
    """

    gamma: float = 0.99

    def __post_init__(self):
        require(0 < self.gamma < 1, "gamma", self.gamma, "between 0 and 1")

    def check(self, env: Environment) -> None:
        """Raises LabError where the settings do not suit the environment."""


def typed(name: str, value: Any, default: Any) -> Any:
    """A setting as the type of its default; LabError for a value of another one."""
    wanted = type(default)
    if not isinstance(value, ACCEPTED[wanted]) or (isinstance(value, bool) and wanted is not bool):
        raise LabError(f"{name} must be {wanted.__name__}, got {value!r}")
    return wanted(value)
