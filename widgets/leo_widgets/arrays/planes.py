"""Goals on a plane, their values over places, and a body's walk among them: read by attributes, and checked.

Places are x to the right, y up, in the plane's own unit.
"""

from dataclasses import dataclass, fields

import numpy as np

from leo_widgets.arrays.traces import indices, orders_along

_FLOATS = ("places", "limbs", "wish", "actions")
SLACK = 1e-3  # by which a direction may be longer than 1: arrays are kept in 16 bits, too


@dataclass(frozen=True)
class Ground:
    """What bodies move on, and the G goals that lie on it."""

    extent: tuple[float, float, float, float]  # x0, y0, x1, y1
    walls: np.ndarray  # [W, 4], rectangles x0, y0, x1, y1
    points: np.ndarray  # [G, 2]
    goal_names: tuple[str, ...]
    radius: float  # a goal is achieved within it
    unit: str


@dataclass(frozen=True)
class Field:
    """Values of G goals at S places, row by row on a raster of `shape` over the plane's extent, row 0 on top."""

    plane: Ground
    shape: tuple[int, int]
    cells: np.ndarray  # int64 [S, 2], row and column
    v: np.ndarray  # [S, G], 0 to 1
    direction: np.ndarray  # [S, G, 2], x and y, at most 1 long
    gamma: float
    title: str
    scale: str

    @property
    def here(self) -> np.ndarray:
        """Pairs without a value, bool [S, G]: there are none, for within a goal's radius it can be reached again."""
        return np.zeros(self.v.shape, bool)

    @property
    def places(self) -> np.ndarray:
        """The middles of the raster's cells, [S, 2], x and y."""
        x0, y0, x1, y1 = self.plane.extent
        rows, cols = self.shape
        row, col = self.cells.T + 0.5
        return np.stack([x0 + col * (x1 - x0) / cols, y1 - row * (y1 - y0) / rows], axis=1)


@dataclass(frozen=True)
class PlaneWalk:
    """T steps of a body of L limbs. actions[t] leads from time t to t + 1; goal[t] was commanded when it was chosen."""

    plane: Ground
    places: np.ndarray  # [T + 1, 2], the point that goals ask for
    limbs: np.ndarray  # [T + 1, L, 2, 2], both ends of each
    actions: np.ndarray  # [T, A], -1 to 1
    goal: np.ndarray  # int64 [T]
    wish: np.ndarray  # [T, 2], what was asked for: the goal's own place unless it lies off the lattice
    achieved: np.ndarray  # bool [T + 1, G]
    v: np.ndarray  # [T + 1, G], 0 to 1
    direction: np.ndarray  # [T + 1, G, 2]
    action_names: tuple[str, ...]
    step_seconds: float
    gamma: float
    title: str
    scale = "hit"

    @property
    def steps(self) -> int:
        return len(self.actions)

    @property
    def here(self) -> np.ndarray:
        """As in `Field`."""
        return np.zeros(self.v.shape, bool)

    @property
    def commanded(self) -> np.ndarray:
        """The goal that each time belongs to, int [T + 1]: the one that the step to it served."""
        return np.concatenate([self.goal[:1], self.goal])

    @property
    def wished(self) -> np.ndarray:
        """The place asked for at each time, [T + 1, 2]."""
        return np.concatenate([self.wish[:1], self.wish])

    @property
    def away(self) -> np.ndarray:
        """How far the body is from the place asked for, [T + 1]."""
        return np.linalg.norm(self.places - self.wished, axis=1)

    @property
    def orders(self) -> dict[str, list[int]]:
        """Orders in which to list the goals beside the walk, see `orders_along`."""
        return orders_along(self.v, self.commanded, self.plane.goal_names)

    @property
    def reached(self) -> np.ndarray:
        """Goals achieved at a time and not at the one before, bool [T + 1, G]; none at the start."""
        before = np.concatenate([np.ones_like(self.achieved[:1]), self.achieved[:-1]])
        return self.achieved & ~before


def is_plane_walk(thing) -> bool:
    """Whether an object has the attributes of a body's walk on a plane."""
    return all(hasattr(thing, name) for name in ("plane", "places", "limbs"))


# ------------------------------------------------------------------ reading
def read_ground(plane, who: str) -> Ground:
    """Check `plane`, anything with the attributes of `Ground`. Raises TypeError or ValueError, as all readers here."""
    _require(plane, Ground, "a plane", who)
    numbers = {name: _finite(getattr(plane, name), f"plane.{name}", who) for name in ("extent", "walls", "points")}
    names = tuple(plane.goal_names)
    if not names:
        raise ValueError(f"{who}: plane.goal_names is empty")
    if numbers["walls"].size == 0:
        numbers["walls"] = np.zeros((0, 4))
    wanted = {"extent": (4,), "walls": (len(numbers["walls"]), 4), "points": (len(names), 2)}
    for name, shape in wanted.items():
        if numbers[name].shape != shape:
            raise ValueError(f"{who}: plane.{name} must have the shape {shape}, got {numbers[name].shape}")
    x0, y0, x1, y1 = extent = tuple(numbers["extent"].tolist())
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"{who}: plane.extent must grow from x0, y0 to x1, y1, got {extent}")
    radius = float(plane.radius)
    if not 0 < radius < np.inf:
        raise ValueError(f"{who}: plane.radius must be above 0, got {radius:g}")
    return Ground(extent, numbers["walls"], numbers["points"], names, radius, str(plane.unit))


def read_field(values, who: str, name: str = "values") -> Field:
    """Check `values`, anything with the attributes of `Field`; its places come back row by row. name: in messages."""
    _require(values, Field, "values over a plane", who)
    plane = read_ground(values.plane, who)
    shape = tuple(int(size) for size in values.shape)
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"{who}: {name}.shape must be rows and columns, got {shape}")
    cells, v, direction = (np.asarray(getattr(values, part)) for part in ("cells", "v", "direction"))
    if v.ndim != 2 or v.shape[1] != len(plane.goal_names) or len(v) == 0:
        raise ValueError(f"{who}: {name}.v must have the shape (S, {len(plane.goal_names)}), got {v.shape}")
    for part, array, wanted in (("cells", cells, (len(v), 2)), ("direction", direction, (*v.shape, 2))):
        if array.shape != wanted:
            raise ValueError(f"{who}: {name}.{part} must have the shape {wanted}, got {array.shape}")
    order = np.lexsort((cells[:, 1], cells[:, 0]))
    _check_cells(cells[order], shape, name, who)
    return Field(
        plane, shape, cells[order].astype(np.int64), _values(v, f"{name}.v", who)[order],
        _directions(direction, f"{name}.direction", who)[order], _gamma(values.gamma, name, who), str(values.title),
        str(values.scale),
    )  # fmt: skip


def read_plane_walk(trace, who: str) -> PlaneWalk:
    """Check `trace`, anything with the attributes of `PlaneWalk`."""
    _require(trace, PlaneWalk, "a trace of a body on a plane", who)
    plane = read_ground(trace.plane, who)
    arrays = {name: np.asarray(getattr(trace, name)) for name in ("goal", "achieved", "v", "direction")}
    arrays |= {name: _finite(getattr(trace, name), f"trace.{name}", who) for name in _FLOATS}
    times, goals, names = len(arrays["places"]), len(plane.goal_names), tuple(trace.action_names)
    if times < 2:
        raise ValueError(f"{who}: trace.places must be [T + 1, 2], T at least 1, got {arrays['places'].shape}")
    limbs = arrays["limbs"].shape[1] if arrays["limbs"].ndim > 1 else 0
    wanted = {
        "places": (times, 2), "limbs": (times, limbs, 2, 2), "wish": (times - 1, 2), "goal": (times - 1,),
        "actions": (times - 1, len(names)), "achieved": (times, goals), "v": (times, goals),
        "direction": (times, goals, 2),
    }  # fmt: skip
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{who}: trace.{name} must have the shape {shape}, got {arrays[name].shape}")
    if arrays["achieved"].dtype != bool:
        raise ValueError(f"{who}: trace.achieved must be true or false, got {arrays['achieved'].dtype}")
    if abs(arrays["actions"]).max(initial=0) > 1 + SLACK:
        raise ValueError(f"{who}: trace.actions must be -1 to 1, got {abs(arrays['actions']).max():g}")
    seconds = float(trace.step_seconds)
    if not 0 <= seconds < np.inf:
        raise ValueError(f"{who}: trace.step_seconds must be 0 or more, got {seconds:g}")
    arrays["goal"] = indices(arrays["goal"], "goal", goals, who, "goals")
    arrays["v"] = _values(arrays["v"], "trace.v", who)
    arrays["direction"] = _directions(arrays["direction"], "trace.direction", who)
    gamma = _gamma(trace.gamma, "trace", who)
    return PlaneWalk(plane, **arrays, action_names=names, step_seconds=seconds, gamma=gamma, title=str(trace.title))


def check_same_ground(first: Ground, other: Ground, names: tuple[str, str], who: str) -> None:
    """Raise ValueError unless two planes have one extent, one radius and the same goals. names: theirs in messages."""
    ours, theirs = first.goal_names, other.goal_names
    if len(ours) != len(theirs):
        raise ValueError(f"{who}: {names[1]} is of {len(theirs)} goals, {names[0]} of {len(ours)}")
    if ours != theirs:
        goal = next(i for i, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
        raise ValueError(f"{who}: goal {goal} is {theirs[goal]!r} in {names[1]}, {ours[goal]!r} in {names[0]}")
    for part in ("points", "extent", "radius"):
        if not np.allclose(getattr(first, part), getattr(other, part), rtol=1e-4, atol=1e-6):
            raise ValueError(f"{who}: {names[0]} and {names[1]} differ in plane.{part}")


def check_same_field(values: Field, truth: Field, who: str) -> None:
    """Raise ValueError unless both speak of the same goals at the same places, in one kind of values."""
    check_same_ground(values.plane, truth.plane, ("values", "truth"), who)
    if values.shape != truth.shape:
        raise ValueError(f"{who}: truth has a raster of {_by(truth.shape)}, values have one of {_by(values.shape)}")
    if not np.array_equal(values.cells, truth.cells):
        counts = f"{len(truth.cells)} and {len(values.cells)}"
        raise ValueError(f"{who}: truth and values differ in which cells of the raster are places ({counts} of them)")
    for name in ("gamma", "scale"):
        ours, theirs = getattr(values, name), getattr(truth, name)
        if ours != theirs:
            raise ValueError(f"{who}: {name} is {theirs!r} in truth, {ours!r} in values")


# ------------------------------------------------------------------ parts of the checks
def _require(thing, kind, what: str, who: str) -> None:
    missing = [field.name for field in fields(kind) if not hasattr(thing, field.name)]
    if missing:
        raise TypeError(f"{who} needs {what}, got {type(thing).__name__} without .{missing[0]}")


def _finite(array, name: str, who: str) -> np.ndarray:
    array = np.asarray(array, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{who}: {name} holds {array[~np.isfinite(array)][0]:g}")
    return array


def _values(v: np.ndarray, name: str, who: str) -> np.ndarray:
    outside = np.argwhere(~((v >= 0) & (v <= 1)))  # NaN, too
    if outside.size:
        row, goal = outside[0]
        raise ValueError(f"{who}: {name}[{row}, {goal}] is {v[row, goal]:g}, but values are 0 to 1")
    return np.asarray(v, np.float32)


def _directions(array: np.ndarray, name: str, who: str) -> np.ndarray:
    array = _finite(array, name, who)
    longest = np.sqrt(np.square(array).sum(axis=-1).max(initial=0))
    if longest > 1 + SLACK:
        raise ValueError(f"{who}: {name} must be at most 1 long, got {longest:g}")
    return array.astype(np.float32)


def _gamma(gamma, name: str, who: str) -> float:
    if not 0 < gamma < 1:
        raise ValueError(f"{who}: {name}.gamma must lie between 0 and 1, got {gamma}")
    return float(gamma)


def _check_cells(cells: np.ndarray, shape: tuple[int, int], name: str, who: str) -> None:
    if not np.issubdtype(cells.dtype, np.integer):
        raise ValueError(f"{who}: {name}.cells must hold whole numbers, got {cells.dtype}")
    if cells.min() < 0 or (cells.max(axis=0) >= shape).any():
        raise ValueError(f"{who}: {name}.cells leave the raster of {_by(shape)}")
    twice = np.flatnonzero((np.diff(cells, axis=0) == 0).all(axis=1))
    if twice.size:
        raise ValueError(f"{who}: {name}.cells name the place {tuple(cells[twice[0]].tolist())} twice")


def _by(shape: tuple[int, int]) -> str:
    return f"{shape[0]} rows and {shape[1]} columns"
