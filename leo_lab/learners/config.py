"""Settings of learners: one frozen dataclass each."""

from __future__ import annotations

import dataclasses
import numbers
from typing import TYPE_CHECKING, Any, ClassVar

from leo_lab.errors import LabError, require, require_choice

if TYPE_CHECKING:
    from leo_lab.envs.base import Environment

ACCEPTED = {int: numbers.Integral, float: numbers.Real, str: str, bool: bool}  # numpy's numbers too
RANGES = {
    "above 0": lambda value: value > 0,
    "above 0, at most 1": lambda value: 0 < value <= 1,
    "at least 0": lambda value: value >= 0,
    "at least 0, below 1": lambda value: 0 <= value < 1,
    "at least 1": lambda value: value >= 1,
    "between 0 and 1": lambda value: 0 < value < 1,
    "from 0 to 1": lambda value: 0 <= value <= 1,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Settings that every learner has. Each field of a subclass has a default: a number, a text or a bool.

    What values they may have, a class says of its own ones in `RULES`, a range of RANGES -> names, and in `CHOICES`,
    a name -> all that it can be. What a subclass says of a setting holds instead.

    Attributes:
      gamma: discount per step.
    """

    gamma: float = 0.99

    RULES: ClassVar[dict[str, tuple[str, ...]]] = {"between 0 and 1": ("gamma",)}
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __post_init__(self):
        rules, choices = {}, {}
        for cls in reversed(type(self).__mro__):
            rules |= {name: rule for rule, names in vars(cls).get("RULES", {}).items() for name in names}
            choices |= vars(cls).get("CHOICES", {})
        for name, known in choices.items():
            require_choice(name, getattr(self, name), known)
        for name, rule in rules.items():
            require(RANGES[rule](getattr(self, name)), name, getattr(self, name), rule)

    def check(self, env: Environment) -> None:
        """Raises LabError where the settings do not suit the environment."""


def typed(name: str, value: Any, default: Any) -> Any:
    """A setting as the type of its default; LabError for a value of another one."""
    wanted = type(default)
    if not isinstance(value, ACCEPTED[wanted]) or (isinstance(value, bool) and wanted is not bool):
        raise LabError(f"{name} must be {wanted.__name__}, got {value!r}")
    return wanted(value)
