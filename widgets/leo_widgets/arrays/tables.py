"""Read an all-goals value table by its attributes and check it: a wrong one ends in one clear line."""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Table:
    """What a viewer needs of an all-goals value table. S states, G goals, A actions."""

    q: np.ndarray  # float32 [S, G, A]
    state_names: tuple[str, ...]
    goal_names: tuple[str, ...]
    action_names: tuple[str, ...]
    gamma: float
    scale: str
    state_positions: np.ndarray | None  # int [S, 2] row, col
    goal_positions: np.ndarray | None  # int [G, 2] row, col
    layout: tuple[str, ...] | None
    start: int | None
    title: str

    @cached_property
    def v(self) -> np.ndarray:
        """Value of the best action, float32 [S, G]."""
        return self.q.max(axis=-1)

    @cached_property
    def here(self) -> np.ndarray:
        """Pairs in which the state is the goal itself, bool [S, G]: nothing is left to reach."""
        if self.state_positions is None or self.goal_positions is None:
            return np.zeros(self.q.shape[:2], bool)
        return (self.state_positions[:, None] == self.goal_positions[None]).all(-1)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the map: those of the layout, else as many as the positions need."""
        if self.layout is not None:
            return len(self.layout), len(self.layout[0])
        both = np.concatenate([self.state_positions, self.goal_positions])
        return tuple(int(size) + 1 for size in both.max(axis=0))


def steps(v, gamma: float) -> np.ndarray:
    """Steps to the goal of a hit value: 1 + log(v) / log(gamma); infinite where v is 0."""
    with np.errstate(divide="ignore"):
        return 1 + np.log(np.maximum(v, 0)) / np.log(gamma)


def read_table(values, who: str = "the widget") -> Table:
    """Check `values` (anything with the attributes of `Table`) and copy what a viewer needs.

    Raises TypeError for an object without these attributes and ValueError for shapes that disagree.
    """
    missing = [name for name in Table.__dataclass_fields__ if not hasattr(values, name)]
    if missing:
        raise TypeError(f"{who} needs an all-goals value table, got {type(values).__name__} without .{missing[0]}")
    q = np.ascontiguousarray(values.q, np.float32)
    if q.ndim != 3 or 0 in q.shape:
        raise ValueError(f"{who}: q must be a non-empty array [S, G, A], got shape {q.shape}")
    if np.isinf(q).any():
        raise ValueError(f"{who}: q holds an infinite value")
    for axis, name in enumerate(("state_names", "goal_names", "action_names")):
        if len(getattr(values, name)) != q.shape[axis]:
            raise ValueError(f"{who}: {len(getattr(values, name))} {name} for q of shape {q.shape}")
    if not 0 < values.gamma < 1:
        raise ValueError(f"{who}: gamma must lie between 0 and 1, got {values.gamma}")
    layout = None if values.layout is None else tuple(values.layout)
    if layout is not None and len({len(row) for row in layout}) != 1:
        raise ValueError(f"{who}: the rows of layout differ in length")
    return Table(
        q=q, state_names=tuple(values.state_names), goal_names=tuple(values.goal_names),
        action_names=tuple(values.action_names), gamma=float(values.gamma), scale=str(values.scale),
        state_positions=_positions(values, "state_positions", q.shape[0], layout, who),
        goal_positions=_positions(values, "goal_positions", q.shape[1], layout, who),
        layout=layout, start=None if values.start is None else int(values.start), title=str(values.title),
    )  # fmt: skip


def read_mapped(values, truth, who: str) -> tuple[Table, Table | None]:
    """Check a table that is drawn on a map, and the exact one beside it (or None).

    Raises as `read_table` and `check_pair` do, and ValueError for values without positions.
    """
    table = read_table(values, who)
    exact = None if truth is None else read_table(truth, who)
    if table.state_positions is None or table.goal_positions is None:
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


def check_pair(values: Table, other: Table, who: str, names=("values", "truth")) -> None:
    """Raise ValueError unless both speak of the same states, goals and actions. names: theirs in the message."""
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


def channel(link: str, goal_names) -> str:
    """The name under which widgets share their goal: equal only for one `link` and the same list of goals."""
    return f"{link}-{zlib.crc32(repr(tuple(goal_names)).encode()):08x}"
