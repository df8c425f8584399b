"""Goals on a plane and their values over places: read by attributes, and checked.

Places are x to the right, y up, in the plane's own unit.
"""

from dataclasses import dataclass

import numpy as np

from leo_widgets.arrays import scales
from leo_widgets.arrays.checks import directions, finite, require, within


@dataclass(frozen=True)
class Plane:
    """What bodies move on, and the G goals that lie on it."""

    extent: tuple[float, float, float, float]  # x0, y0, x1, y1
    walls: np.ndarray  # [W, 4], rectangles x0, y0, x1, y1
    points: np.ndarray  # [G, 2]
    goal_names: tuple[str, ...]
    radius: float  # a goal is achieved within it
    unit: str


@dataclass(frozen=True)
class PlaneValues:
    """Values of G goals at S places, row by row on a raster of `shape` over the plane's extent, row 0 on top."""

    plane: Plane
    shape: tuple[int, int]
    cells: np.ndarray  # int64 [S, 2], row and column
    v: np.ndarray  # float32 [S, G]
    direction: np.ndarray  # float32 [S, G, 2], x and y, at most 1 long
    gamma: float
    title: str
    scale: str  # what v means, see `scales`

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


# ------------------------------------------------------------------ reading
def read_plane(plane, who: str) -> Plane:
    """Check `plane`, anything with the attributes of `Plane`. Raises TypeError or ValueError, as all readers here."""
    require(plane, Plane, "a plane", who)
    numbers = {name: finite(getattr(plane, name), f"plane.{name}", who) for name in ("extent", "walls", "points")}
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
    return Plane(extent, numbers["walls"], numbers["points"], names, radius, str(plane.unit))


def read_plane_values(values, who: str, name: str = "values") -> PlaneValues:
    """Check `values`, anything with the attributes of `PlaneValues`; places come back row by row. name: in messages."""
    require(values, PlaneValues, "values over a plane", who)
    plane = read_plane(values.plane, who)
    shape = tuple(int(size) for size in values.shape)
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"{who}: {name}.shape must be rows and columns, got {shape}")
    cells, v, direction = (np.asarray(getattr(values, part)) for part in ("cells", "v", "direction"))
    if v.ndim != 2 or v.shape[1] != len(plane.goal_names) or len(v) == 0:
        raise ValueError(f"{who}: {name}.v must have the shape (S, {len(plane.goal_names)}), got {v.shape}")
    for part, array, wanted in (("cells", cells, (len(v), 2)), ("direction", direction, (*v.shape, 2))):
        if array.shape != wanted:
            raise ValueError(f"{who}: {name}.{part} must have the shape {wanted}, got {array.shape}")
    gamma = _gamma(values.gamma, name, who)
    v = within(v, f"{name}.v", scales.scale_of(str(values.scale)).range(gamma), who)
    direction = directions(direction, f"{name}.direction", who)
    order = np.lexsort((cells[:, 1], cells[:, 0]))
    _check_cells(cells[order], shape, name, who)
    cells = cells[order].astype(np.int64)
    return PlaneValues(
        plane, shape, cells, v[order], direction[order], gamma, str(values.title), str(values.scale)
    )  # fmt: skip


def check_same_plane(first: Plane, other: Plane, names: tuple[str, str], who: str) -> None:
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


def check_same_places(values: PlaneValues, truth: PlaneValues, who: str) -> None:
    """Raise ValueError unless both speak of the same goals at the same places, in one kind of values."""
    check_same_plane(values.plane, truth.plane, ("values", "truth"), who)
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
