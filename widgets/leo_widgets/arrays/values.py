"""Read all-goals values by their attributes and check them: wrong ones end in one clear line."""

from dataclasses import MISSING, dataclass, fields
from functools import cached_property

import numpy as np

from leo_widgets.arrays import scales


@dataclass(frozen=True)
class AllGoalsValues:
    """What a viewer needs of an all-goals value table. S states, G goals, A actions."""

    q: np.ndarray  # float32 [S, G, A]
    state_names: tuple[str, ...]
    goal_names: tuple[str, ...]
    action_names: tuple[str, ...]
    gamma: float
    scale: str  # what the numbers mean, see `scales`
    state_positions: np.ndarray | None  # int [S, 2] row, col
    goal_positions: np.ndarray | None  # int [G, 2] row, col
    layout: tuple[str, ...] | None
    start: int | None
    title: str
    self_occupancy: np.ndarray | None = None  # float [G]: what some scales need to stand for steps
    marginal: np.ndarray | None = None  # float [G]

    @cached_property
    def best(self) -> np.ndarray:
        """The best action, int [S, G]: the first of equals."""
        return self.q.argmax(axis=-1) if self.meaning.larger_is_better else self.q.argmin(axis=-1)

    @cached_property
    def v(self) -> np.ndarray:
        """Value of the best action, float32 [S, G]."""
        return np.take_along_axis(self.q, self.best[..., None], axis=-1)[..., 0]

    @property
    def meaning(self) -> scales.Scale:
        """What is known of the scale."""
        return scales.scale_of(self.scale)

    @property
    def convertible(self) -> bool:
        """Whether the values stand for steps."""
        return scales.convertible(self)

    @cached_property
    def cut(self) -> np.ndarray:
        """Pairs for which the value says that no way leads to the goal, bool [S, G]."""
        return scales.no_way(self.v, self)

    @cached_property
    def here(self) -> np.ndarray:
        """Pairs in which the state is the goal itself, bool [S, G]: nothing is left to reach."""
        if not self.mapped:
            return np.zeros(self.q.shape[:2], bool)
        return (self.state_positions[:, None] == self.goal_positions[None]).all(-1)

    @property
    def mapped(self) -> bool:
        """Whether there is a map to draw: states and goals have positions."""
        return self.state_positions is not None and self.goal_positions is not None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the map: those of the layout, else as many as the positions need."""
        if self.layout is not None:
            return len(self.layout), len(self.layout[0])
        both = np.concatenate([self.state_positions, self.goal_positions])
        return tuple(int(size) + 1 for size in both.max(axis=0))


def read_values(values, who: str = "the widget") -> AllGoalsValues:
    """Check `values` (anything with the attributes of `AllGoalsValues`) and copy what a viewer needs.

    Raises TypeError for an object without these attributes and ValueError for shapes that disagree.
    """
    names = [field.name for field in fields(AllGoalsValues) if field.default is MISSING]
    missing = [name for name in names if not hasattr(values, name)]
    if missing:
        raise TypeError(f"{who} needs all-goals values, got {type(values).__name__} without .{missing[0]}")
    if not 0 < values.gamma < 1:
        raise ValueError(f"{who}: gamma must lie between 0 and 1, got {values.gamma}")
    q = _checked_q(values, who)
    layout = None if values.layout is None else tuple(values.layout)
    if layout is not None and len({len(row) for row in layout}) != 1:
        raise ValueError(f"{who}: the rows of layout differ in length")
    return AllGoalsValues(
        q=q, state_names=tuple(values.state_names), goal_names=tuple(values.goal_names),
        action_names=tuple(values.action_names), gamma=float(values.gamma), scale=str(values.scale),
        state_positions=_positions(values, "state_positions", q.shape[0], layout, who),
        goal_positions=_positions(values, "goal_positions", q.shape[1], layout, who),
        layout=layout, start=None if values.start is None else int(values.start), title=str(values.title),
        self_occupancy=_by_goal(values, "self_occupancy", who), marginal=_by_goal(values, "marginal", who),
    )  # fmt: skip


def _checked_q(values, who: str) -> np.ndarray:
    """q as float32 [S, G, A], infinite at most where the scale has it so for goals that cannot be reached."""
    q = np.ascontiguousarray(values.q, np.float32)
    if q.ndim != 3 or 0 in q.shape:
        raise ValueError(f"{who}: q must be a non-empty array [S, G, A], got shape {q.shape}")
    never = scales.scale_of(str(values.scale)).never(values.gamma)
    if (np.isinf(q) & (q != never)).any():
        raise ValueError(f"{who}: q holds an infinite value")
    for axis, name in enumerate(("state_names", "goal_names", "action_names")):
        if len(getattr(values, name)) != q.shape[axis]:
            raise ValueError(f"{who}: {len(getattr(values, name))} {name} for q of shape {q.shape}")
    return q


def _by_goal(values, name: str, who: str) -> np.ndarray | None:
    """A positive number for each goal, float64 [G], or None."""
    if getattr(values, name, None) is None:
        return None
    array = np.asarray(getattr(values, name), float)
    if array.shape != (len(values.goal_names),) or not (array > 0).all():
        raise ValueError(f"{who}: {name} must hold a number above 0 for each of {len(values.goal_names)} goals")
    return array


def read_mapped(values, truth, who: str) -> tuple[AllGoalsValues, AllGoalsValues | None]:
    """Check values that are drawn on a map, and the exact ones beside them (or None).

    Raises as `read_values` and `check_pair` do, and ValueError for values without positions.
    """
    table = read_values(values, who)
    exact = None if truth is None else read_values(truth, who)
    if not table.mapped:
        raise ValueError(f"{who}: values have no positions, so there is no map to draw")
    if exact is not None:
        check_pair(table, exact, who)
    return table, exact


def _positions(values, name: str, count: int, layout, who: str):
    """Positions as int [count, 2] (row, col), inside the layout; None stays None."""
    if getattr(values, name) is None:
        return None
    positions = np.asarray(getattr(values, name), np.int64)
    if positions.shape != (count, 2):
        raise ValueError(f"{who}: {name} must have shape ({count}, 2), got {positions.shape}")
    if positions.min() < 0:
        raise ValueError(f"{who}: {name} holds a negative row or column")
    if layout is not None and (positions.max(axis=0) >= (len(layout), len(layout[0]))).any():
        raise ValueError(f"{who}: {name} leaves the layout of {len(layout)} rows and {len(layout[0])} columns")
    return positions


def check_pair(values: AllGoalsValues, other: AllGoalsValues, who: str, names=("values", "truth")) -> None:
    """Raise ValueError unless both have the same states, goals, actions and scale. names: theirs in messages."""
    for name in ("state_names", "goal_names", "action_names"):
        ours, theirs = getattr(values, name), getattr(other, name)
        if len(ours) != len(theirs):
            have = "have" if names[0] == "values" else "has"
            raise ValueError(f"{who}: {names[1]} has {len(theirs)} {name}, {names[0]} {have} {len(ours)}")
        if ours != theirs:
            first = next(i for i, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
            raise ValueError(
                f"{who}: {name}[{first}] is {theirs[first]!r} in {names[1]}, {ours[first]!r} in {names[0]}"
            )
    if values.scale != other.scale:
        raise ValueError(f"{who}: scale is {other.scale!r} in {names[1]}, {values.scale!r} in {names[0]}")
