"""A point in a maze: continuous places and moves, walls from the same maps as the gridworlds, in pure JAX.

The plane's unit is a cell: that of row r and column c lies between x = c and c + 1, and the lowest row is at y = 0.
A point has no velocity, so its place is its whole state, and its true values can be computed (leo_lab.truth.plane).
"""

from __future__ import annotations

import contextlib
import dataclasses
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.envs.base import check_action, check_clock
from leo_lab.envs.maps import Map, load_walls
from leo_lab.envs.places import Lattice, PlaceEnvironment, Places, lattice_over
from leo_lab.errors import LabError, check_number, require

SPACINGS = (2 / 3, 1.0, 0.5)  # tried in this order until goals are everywhere
FAR = 1.2  # cells from the middle of a free cell to the nearest goal, at most
SKIN = 1e-3  # cells that a point keeps away from a wall that it runs into


@dataclasses.dataclass(frozen=True, eq=False)
class PointMaze(PlaceEnvironment):
    """A point that moves by up to `speed` cells a step, straight or along the walls. A = 2, F = 2.

    The world's state is the point's place, float32 [2]; an observation is the same, scaled to -1..1.

    Attributes:
      map: walls, and the start; its cells may be `#`, `.` and `S`.
      places: the goals, and the cells that can be entered.
      speed: cells per step at most.
      max_steps, clock_spread: of episodes, see Environment.
    """

    map: Map
    places: Places = dataclasses.field()
    speed: float = 0.5
    max_steps: int = 100
    clock_spread: int = 25

    name = "point_maze"
    action_names = ("right", "up")
    obs_size = 2

    @property
    def title(self) -> str:
        return f"point maze, {self.map.title}"

    @property
    def spec(self) -> dict:
        return {"map": self.map.text, "title": self.map.title, "speed": self.speed, **self._common_spec}

    @cached_property
    def start(self) -> np.ndarray:
        """The middle of the start cell, float32 [2]."""
        return np.float32(self.map.start)

    def reset(self, key: jax.Array) -> jax.Array:
        """Somewhere in the start cell."""
        return jnp.asarray(self.start) + jax.random.uniform(key, (2,), minval=-0.5 + SKIN, maxval=0.5 - SKIN)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A move by `speed` times the action, which counts as 1 long where it is longer. Never terminates.

        First along x, then along y; a wall stops the one, not the other.
        """
        del key
        check_action(action, self.action_names)
        move = self.speed * action / jnp.maximum(jnp.sqrt(jnp.square(action).sum()), 1.0)
        for axis in (0, 1):
            state = state.at[axis].set(self._move_along(state, move, axis))
        return state, jnp.zeros((), bool)

    def _move_along(self, state: jax.Array, move: jax.Array, axis: int) -> jax.Array:
        """Where a move along one axis ends: at its own end, or just before the wall of the next cell, float32 []."""
        free = self.places.free
        here = jnp.floor(state)
        there = state[axis] + move[axis]
        cell = here.at[axis].set(jnp.floor(there)).astype(jnp.int32)
        inside = ((cell >= 0) & (cell < jnp.asarray(free.shape))).all()
        open_ = inside & jnp.asarray(free)[tuple(jnp.clip(cell, 0, jnp.asarray(free.shape) - 1))]
        return jnp.where(open_, there, jnp.clip(there, here[axis] + SKIN, here[axis] + 1 - SKIN))

    def observe(self, state: jax.Array) -> jax.Array:
        middle, half = _scale(self.places.free)
        return (state - middle) / half


def make_point_maze(
    *,
    map: str = "four_rooms",
    spacing: float | None = None,
    radius: float = 0.5,
    speed: float = 0.5,
    max_steps: int = 100,
    clock_spread: int = 25,
    title: str | None = None,
) -> PointMaze:
    """Builds a point maze.

    Args:
      map: a shipped map's name, a file, or the map itself as text; without slips, one-way cells and teleporters.
      spacing: between neighbouring goals, in cells; unless told, the first of 2/3, 1 and 1/2 that leaves no cell
        further than 1.2 from every goal.
      radius: a goal is achieved within it, in cells; a goal stands only where no wall is nearer than that.
      speed: cells per step, at most 1, so that no wall is jumped over.
      max_steps, clock_spread: of episodes, see Environment.
      title: overrides the map's own title.

    Raises:
      LabError: a bad map, one with cells that a point has no use for, one with no room for the radius, or a number out
        of range.
    """
    chosen = load_walls(map, "a point maze", title)
    check_number("speed", speed)
    require(0 < speed <= 1, "speed", f"{speed:g}", "above 0 and at most 1 cell per step")
    clock = check_clock(max_steps, clock_spread)
    places = _places(chosen.free, _lattice(chosen, spacing, radius))
    return PointMaze(chosen, places, float(speed), *clock)


def _places(free: np.ndarray, lattice: Lattice) -> Places:
    """The places of a map, whose unit is a cell."""
    middle, half = _scale(free)

    def of(obs: jax.Array) -> jax.Array:
        return obs * half + jnp.broadcast_to(middle, obs.shape)

    def observe(places: np.ndarray) -> np.ndarray:
        return ((np.asarray(places, np.float32) - middle) / half).astype(np.float32)

    walls = [(x, y, x + 1, y + 1) for x, y in np.argwhere(~free)]
    return Places(lattice, of, observe, free, walls, (0.0, 0.0, *map(float, free.shape)), "cells")


def _scale(free: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle of a plane of cells bool [columns, rows], float32 [2], and half of its longer side."""
    size = np.array(free.shape, np.float32)
    return size / 2, float(size.max()) / 2


def _lattice(chosen: Map, spacing: float | None, radius: float) -> Lattice:
    """The lattice of a map; without a given spacing the first that leaves no free cell far from every goal."""
    *tries, last = SPACINGS if spacing is None else (spacing,)
    for each in tries:
        with contextlib.suppress(LabError):
            return _spaced(chosen, each, radius)
    return _spaced(chosen, last, radius)


def _spaced(chosen: Map, spacing: float, radius: float) -> Lattice:
    free = chosen.free
    lattice = lattice_over((0.0, 0.0, *free.shape), spacing, radius, lambda points: clearance(free, points))
    middles = np.argwhere(free) + 0.5
    away = np.linalg.norm(middles[:, None] - lattice.points, axis=-1).min(axis=1)
    lonely = int((away > FAR).sum())
    if lonely:
        raise LabError(
            f"{chosen.title}: goals of radius {radius:g}, {spacing:.3g} apart, leave {lonely} free cells without one "
            f"within {FAR:g}; choose a smaller radius or another spacing"
        )
    return lattice


def clearance(free: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How far points [K, 2] are from the nearest wall or edge of a `Map.free`, [K]; negative within a wall."""
    edge = np.minimum(points, free.shape - points).min(axis=1)
    low = np.argwhere(~free)
    beyond = np.maximum(low - points[:, None], points[:, None] - low - 1)  # [K, W, 2]: outside where positive
    away = np.linalg.norm(np.maximum(beyond, 0), axis=-1) + np.minimum(beyond.max(axis=-1), 0)
    return np.minimum(edge, away.min(axis=1, initial=np.inf))
