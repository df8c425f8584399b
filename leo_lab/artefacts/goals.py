"""Goal sets: what can be commanded, by name, group and features."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Sequence

import numpy as np

from leo_lab.errors import LabError, unknown


def group_of(goal: str) -> str:
    """What stands before the first slash of a goal's name."""
    return goal.partition("/")[0]


@dataclasses.dataclass(frozen=True, eq=False)
class GoalSet:
    """A finite set of G goals. Everything about it is data; the test for all goals at once is `env.achieved`.

    Attributes:
      names: G unique names such as `position/r3c5`; the part before the first `/` is the group.
      features: float32 [G, F], what a network that takes the goal as an input reads.
      positions: int32 [G, 2] as row, col, or None where a goal is no place.
      observations: float32 [G, F], what the agent sees where a goal is achieved, so that states and goals can share an
        encoder; None where many observations achieve a goal, as with a predicate.
    """

    names: tuple[str, ...]
    features: np.ndarray
    positions: np.ndarray | None = None
    observations: np.ndarray | None = None

    def __post_init__(self):
        if len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise LabError(f'goal names must be unique, but "{twice}" occurs {self.names.count(twice)} times')
        if self.features.ndim != 2 or len(self.features) != len(self.names):
            raise LabError(f"goal features must be [G, F] with G = {len(self.names)}, got {self.features.shape}")
        if self.positions is not None and self.positions.shape != (len(self.names), 2):
            raise LabError(f"goal positions must be [{len(self.names)}, 2], got {self.positions.shape}")
        seen = self.observations
        if seen is not None and (seen.ndim != 2 or len(seen) != len(self.names) or seen.dtype != np.float32):
            raise LabError(
                f"goal observations must be float32 [G, F] with G = {len(self.names)}, got {seen.dtype} {seen.shape}"
            )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def groups(self) -> tuple[str, ...]:
        """The group of each goal: its name up to the first `/`."""
        return tuple(group_of(name) for name in self.names)

    def index(self, name: str | int) -> int:
        """Index of a goal: given as that, by its full name or the part after its group. Raises LabError if unknown."""
        if isinstance(name, numbers.Integral):
            if not 0 <= name < len(self):
                raise LabError(f"goals are numbered 0 to {len(self) - 1}, got {name}")
            return int(name)
        if name in self.names:
            return self.names.index(name)
        short = [full.partition("/")[2] for full in self.names]
        if name and short.count(name) == 1:
            return short.index(name)
        raise unknown("goal", name, (*self.names, *(s for s in short if s and short.count(s) == 1)))

    def select(self, names: Sequence[str | int]) -> np.ndarray:
        """Indices int32 [len(names)] of several goals; see `index`."""
        if isinstance(names, str | numbers.Integral):
            raise LabError(f"goals must be a list of goals, got {names!r}; write [{names!r}]")
        return np.array([self.index(name) for name in names], np.int32)
