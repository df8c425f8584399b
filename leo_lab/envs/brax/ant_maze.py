"""brax's ant in a maze of walls that its torso and its feet run into; goals are places of its torso."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from leo_lab.envs.base import check_clock
from leo_lab.envs.brax.ant import SUBSTEPS, TIMESTEP, Ant, ant_body, places_of_torso
from leo_lab.envs.brax.world import WALL, load_physics
from leo_lab.envs.maps import Map, load_walls
from leo_lab.envs.places import lattice_over
from leo_lab.envs.point_maze import clearance
from leo_lab.errors import LabError, check_number

U_MAZE = "#####\n#S..#\n###.#\n#...#\n#####\n"


@dataclasses.dataclass(frozen=True, eq=False)
class AntMaze(Ant):
    """The ant between walls that its torso and feet run into; the middle of the map is x = 0, y = 0.

    Attributes:
      map: walls, and the start; its cells may be `#`, `.` and `S`.
      cell: side of a cell in metres.
    """

    map: Map = dataclasses.field(kw_only=True)
    cell: float = dataclasses.field(kw_only=True)

    name = "ant_umaze"
    picture_width = 14.0

    @property
    def title(self) -> str:
        return f"ant, {self.map.title}"

    @property
    def spec(self) -> dict:
        return {**super().spec, "map": self.map.text, "title": self.map.title, "cell": self.cell}

    @cached_property
    def start(self) -> np.ndarray:
        """The middle of the start cell, float32 [2]."""
        return np.float32(self.map.start * self.cell - _half(self.map.layout, self.cell))


def make_ant_umaze(
    *,
    backend: str = "spring",
    map: str = U_MAZE,
    cell: float = 4.0,
    spacing: float = 2.0,
    radius: float = 0.5,
    die: bool = False,
    max_steps: int = 500,
    clock_spread: int = 100,
    title: str | None = None,
) -> AntMaze:
    """Builds the ant in a maze, by default one like a U, with its start at one end.

    Args:
      cell: side of a cell in metres; an ant is 1.5 m wide.
      spacing: between neighbouring goals, in metres.
      radius: a goal is achieved within it, in metres; a goal stands only where no wall is nearer than that.
      map, title: see make_point_maze.
      backend, die, max_steps, clock_spread: see make_ant.

    Raises:
      LabError: an unknown backend, a bad map, one with cells that an ant has no use for, one with no room for the
        radius, or a number out of range.
    """
    clock = check_clock(max_steps, clock_spread)
    check_number("cell", cell)
    if not 1.5 <= cell < np.inf:
        raise LabError(f"cell must be at least 1.5 m, so that the ant fits in, got {cell:g}")
    chosen = load_walls(map, "an ant's maze", "U-maze" if title is None and map == U_MAZE else title)
    free, walls = chosen.free, walls_of(chosen.layout, cell)
    x, y = half = _half(chosen.layout, cell)
    extent = (-x, -y, x, y)
    lattice = lattice_over(extent, spacing, radius, lambda points: cell * clearance(free, (points + half) / cell))
    physics = load_physics(_body(walls), backend, TIMESTEP, SUBSTEPS)
    places = places_of_torso(lattice, physics, extent, [*walls.outer, *walls.inner])
    return AntMaze(places, physics, backend, *clock, bool(die), map=chosen, cell=float(cell))


def _half(layout: tuple[str, ...], cell: float) -> tuple[float, float]:
    """Half of a map's width and height, in metres."""
    return len(layout[0]) * cell / 2, len(layout) * cell / 2


class Walls(NamedTuple):
    """What stands in a maze, in metres around its middle.

    Attributes:
      hall: x0, y0, x1, y1 of the ground within the outer walls.
      outer: the outer walls, rectangles x0, y0, x1, y1.
      inner: the others, as few rectangles.
    """

    hall: tuple[float, float, float, float]
    outer: tuple[tuple[float, float, float, float], ...]
    inner: tuple[tuple[float, float, float, float], ...]


def walls_of(layout: tuple[str, ...], cell: float) -> Walls:
    """Reads the walls of a map. Where its edge is not all wall, the outer walls stand beyond it."""
    wall = np.array([[char == "#" for char in line] for line in layout])
    x, y = _half(layout, cell)
    if all(wall[edge].all() and wall[:, edge].all() for edge in (0, -1)):
        x, y, wall = x - cell, y - cell, wall[1:-1, 1:-1]
    wide = x + cell
    outer = ((-wide, y, wide, y + cell), (-wide, -y - cell, wide, -y), (-wide, -y, -x, y), (x, -y, wide, y))
    inner = [
        (col * cell - x, y - (row + height) * cell, (col + width) * cell - x, y - row * cell)
        for row, col, height, width in _blocks(wall)
    ]
    return Walls((-x, -y, x, y), outer, tuple(inner))


def _blocks(wall: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Row, column, height and width of rectangles that together cover where bool [R, C] is true, each place once."""
    left = wall.copy()
    while left.any():
        row, col = np.argwhere(left)[0].tolist()
        width, tall = (int(np.argmin(np.append(line, False))) for line in (left[row, col:], left[row:, col]))
        height = int(np.argmin(np.append(left[row:, col : col + width].all(axis=1), False)))
        if tall > width * height:
            width, height = 1, tall
        left[row : row + height, col : col + width] = False
        yield row, col, height, width


@functools.lru_cache(maxsize=16)
def _body(walls: Walls) -> str:
    """The XML of an ant between walls 1 m high. To run into, the outer ones are planes, which cost less than boxes."""
    body = ant_body()
    world = body.find("worldbody")
    x0, y0, x1, y1 = walls.hall
    for place, normal in (((x0, 0), (1, 0)), ((x1, 0), (-1, 0)), ((0, y0), (0, 1)), ((0, y1), (0, -1))):
        place, normal = (f"{x} {y} 0" for x, y in (place, normal))
        add = {"type": "plane", "pos": place, "zaxis": normal, "size": "1 1 1", "rgba": "0 0 0 0"}
        ElementTree.SubElement(world, "geom", conaffinity="1", **add)
    for solid, rectangles in (("0", walls.outer), ("1", walls.inner)):
        for x0, y0, x1, y1 in rectangles:
            middle, size = f"{(x0 + x1) / 2} {(y0 + y1) / 2} 0.5", f"{(x1 - x0) / 2} {(y1 - y0) / 2} 0.5"
            ElementTree.SubElement(world, "geom", type="box", conaffinity=solid, pos=middle, size=size, rgba=WALL)
    return ElementTree.tostring(body, encoding="unicode")
