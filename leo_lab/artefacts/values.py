"""The artefact in the middle: the value of every action, for every goal, in every state. Numpy in, numpy out."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from leo_lab.artefacts.files import UNREADABLE, write_npz
from leo_lab.artefacts.goals import GoalSet
from leo_lab.artefacts.scales import check_range, scale_of, to_hit, to_steps
from leo_lab.errors import LabError, check_number, require_choice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ARRAYS = ("q", "state_names", "goal_names", "action_names", "state_positions", "goal_positions", "layout")
_BY_GOAL = ("self_occupancy", "marginal")
_SCALARS = ("gamma", "scale", "start", "title")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class AllGoalsValues:
    """Values of all S states, G goals and A actions of one agent, or of the exact solution.

    With scale "hit" a value is the discounted probability of first achieving the goal: the goal is tested on the
    next state, so a goal that is one step away is worth 1 and Q* = gamma^(steps - 1) in a deterministic world.

    >>> names = ("here", "there")
    >>> values = leo_lab.AllGoalsValues([[[0.5, 1], [1, 0.5]], [[1, 0.5], [0.5, 1]]], names, names, ("go", "stay"), 0.5)
    >>> values.v.tolist(), values.steps().tolist()
    ([[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]])

    Attributes:
      q: float32 [S, G, A].
      state_names, goal_names, action_names: names along each axis.
      gamma: discount per step, in (0, 1).
      scale: what a value means, a tag of `leo_lab.artefacts.scales`; "hit" is a discounted hit probability in [0, 1].
      state_positions, goal_positions: int32 [S, 2] and [G, 2] as row, col; None where there are no places.
      layout: rows of the map as text (see `leo_lab.envs.gridworld`), or None.
      start: index of the start state, or None.
      title: a short name of the agent, for viewers.
      self_occupancy: M(g, g), float32 [G], by which occupancies become hit values, or None.
      marginal: p(g), float32 [G], by which log ratios become occupancies, or None.
    """

    q: np.ndarray
    state_names: tuple[str, ...]
    goal_names: tuple[str, ...]
    action_names: tuple[str, ...]
    gamma: float = 0.99
    scale: str = "hit"
    state_positions: np.ndarray | None = None
    goal_positions: np.ndarray | None = None
    layout: tuple[str, ...] | None = None
    start: int | None = None
    title: str = ""
    self_occupancy: np.ndarray | None = None
    marginal: np.ndarray | None = None

    def __post_init__(self):
        q = np.asarray(self.q, np.float32)
        object.__setattr__(self, "q", q)
        for name in ("state_names", "goal_names", "action_names"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        names = (self.state_names, self.goal_names, self.action_names)
        if q.shape != tuple(len(n) for n in names):
            raise LabError(f"q has shape {q.shape} but the names say [S, G, A] = {[len(n) for n in names]}")
        if not 0 < self.gamma < 1:
            raise LabError(f"gamma must be between 0 and 1, got {self.gamma}")
        check_range(q, self.scale, self.gamma)
        if self.start is not None:
            check_number("start", self.start, whole=True)
            if not 0 <= self.start < len(self.state_names):
                raise LabError(f"start must be a state index below {len(self.state_names)}, got {self.start}")
        self._check_arrays()

    def _check_arrays(self) -> None:
        """Gives the optional arrays their types. Raises LabError where one has another shape than q asks for."""
        states, goals, _ = self.q.shape
        wanted = {"state_positions": (states, 2), "goal_positions": (goals, 2), **dict.fromkeys(_BY_GOAL, (goals,))}
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array is None:
                continue
            if np.shape(array) != shape:
                raise LabError(f"{name} must be {list(shape)}, got {np.shape(array)}")
            object.__setattr__(self, name, np.asarray(array, np.int32 if "positions" in name else np.float32))
        if self.layout is not None:
            object.__setattr__(self, "layout", tuple(self.layout))
            if len({len(row) for row in self.layout}) != 1:
                raise LabError("the rows of the layout must have equal lengths")

    def __repr__(self) -> str:
        size = ", ".join(f"{axis}={count}" for axis, count in zip("SGA", self.q.shape, strict=True))
        return f"AllGoalsValues({self.title!r}, {size}, gamma={self.gamma:g}, scale={self.scale!r})"

    @property
    def v(self) -> np.ndarray:
        """Value of the best action, float32 [S, G]: the largest, or for distances the smallest."""
        return self.q.max(axis=-1) if scale_of(self.scale).larger_is_better else self.q.min(axis=-1)

    def greedy(self) -> np.ndarray:
        """Index of the best action, int32 [S, G]; the first one where several tie."""
        larger = scale_of(self.scale).larger_is_better
        return (self.q.argmax(axis=-1) if larger else self.q.argmin(axis=-1)).astype(np.int32)

    def hit(self) -> np.ndarray:
        """First-hit value that V stands for, float32 [S, G]. Raises LabError as `scales.to_hit` does."""
        return to_hit(self.v, self.scale, self.gamma, self_occupancy=self.self_occupancy, marginal=self.marginal)

    def steps(self) -> np.ndarray:
        """Steps to the goal that V stands for, 1 + log h / log gamma, float32 [S, G]; inf where no way leads there.

        Raises LabError as `scales.to_hit` does, where the values alone do not tell.
        """
        return to_steps(self.v, self.scale, self.gamma, self_occupancy=self.self_occupancy, marginal=self.marginal)

    def error(self, exact: AllGoalsValues) -> np.ndarray:
        """V minus the exact V, float32 [S, G]: positive where the agent is too hopeful."""
        self.check_same_world(exact)
        return self.v - exact.v

    @property
    def at_goal(self) -> np.ndarray:
        """Pairs in which the state is the goal's own place, bool [S, G]; none where places are not known."""
        if self.state_positions is None or self.goal_positions is None:
            return np.zeros(self.q.shape[:2], bool)
        return (self.state_positions[:, None] == self.goal_positions[None]).all(axis=-1)

    def goal_indices(self, goals: Sequence[int | str]) -> np.ndarray:
        """Indices int32 [K] of goals given by index or name ("position/r3c5" or "r3c5").

        Raises LabError for an empty list, an index out of range or an unknown name.
        """
        names = GoalSet(self.goal_names, np.zeros((len(self.goal_names), 0), np.float32))
        if not isinstance(goals, str | int | np.integer):
            goals = [goal if isinstance(goal, str) else _checked("goal", goal, len(names)) for goal in goals]
            if not goals:
                raise LabError("no goals to show: give at least one")
        return names.select(goals)

    def state_index(self, state: int | str) -> int:
        """Index of a state given by index or name. Raises LabError if there is none."""
        if not isinstance(state, str):
            return _checked("state", state, len(self.state_names))
        require_choice("state", state, self.state_names)
        return self.state_names.index(state)

    def check_same_world(self, other: AllGoalsValues) -> None:
        """Raises LabError unless both have the same states, goals, actions, discount, scale and layout (if known)."""
        for name in ("state_names", "goal_names", "action_names"):
            if getattr(self, name) != getattr(other, name):
                raise LabError(f"the two value tables differ in their {name.replace('_', ' ')}")
        if not np.isclose(self.gamma, other.gamma):
            raise LabError(f"the two value tables have discounts {self.gamma} and {other.gamma}")
        if self.scale != other.scale:
            raise LabError(f"the two value tables have scales {self.scale} and {other.scale}")
        if None not in (self.layout, other.layout) and self.layout != other.layout:
            raise LabError("the two value tables belong to different maps")

    def replace(self, **changes) -> AllGoalsValues:
        """A copy with some attributes changed."""
        return dataclasses.replace(self, **changes)

    def save(self, path: str | Path) -> Path:
        """Writes a compressed .npz without pickled objects, whole or not at all; returns the path.

        Raises LabError where it cannot be written.
        """
        given = {name: getattr(self, name) for name in (*_ARRAYS, *_BY_GOAL, *_SCALARS)}
        return write_npz(path, **{name: np.asarray(it) for name, it in given.items() if it is not None})

    @classmethod
    def load(cls, path: str | Path) -> AllGoalsValues:
        """Reads what `save` wrote. Never executes code. Raises LabError for a missing or damaged file."""
        try:
            with open(path, "rb") as file:
                if not zipfile.is_zipfile(file):
                    raise LabError("truncated, or not an .npz archive")
                file.seek(0)
                with np.load(file, allow_pickle=False) as stored:
                    return cls(**_from_arrays(stored))
        except FileNotFoundError:
            raise LabError(f"{path}: no such file") from None
        except UNREADABLE as error:
            raise LabError(f"{path}: not a readable values file ({error}); export it again") from None


def _checked(kind: str, index: int, count: int) -> int:
    """An index as it is. Raises LabError unless it is a whole number from 0 to count - 1."""
    if isinstance(index, bool) or not isinstance(index, int | np.integer):
        raise LabError(f"a {kind} is an index or a name, got {index!r}")
    if not 0 <= index < count:
        raise LabError(f"{kind} {index} does not exist: there are {count}, numbered from 0")
    return int(index)


def _from_arrays(stored: Mapping[str, np.ndarray]) -> dict:
    for name in stored:
        require_choice("entry", name, (*_ARRAYS, *_BY_GOAL, *_SCALARS))
    for name in ("q", "state_names", "goal_names", "action_names"):
        if name not in stored:
            raise LabError(f"it has no {name}")
    texts = ("state_names", "goal_names", "action_names", "layout")
    read = {name: (lambda array: tuple(map(str, array))) for name in texts} | dict.fromkeys(_SCALARS, np.ndarray.item)
    return {name: read.get(name, np.asarray)(stored[name]) for name in stored}
