"""Worlds of places: a lattice of goals on a plane, each achieved within a radius of a point.

Off the lattice, the nearest goal stands in. Places are x to the right, y up, in cells of a map or in metres.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from leo_lab.artefacts.goals import GoalSet
from leo_lab.artefacts.plane import Plane
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_number, require


@dataclasses.dataclass(frozen=True, eq=False)
class Places:
    """Where the goals of a world are, and where its observations say that the body is.

    Attributes:
      lattice: the places that can be commanded.
      of: obs [..., F] -> the place of the body's point that goals ask for, x and y, float32 [..., 2].
      observe: numpy places [..., 2] -> observations float32 [..., F], where a place is the whole state; else None.
      free: bool [columns, rows], by x and y: which of the cells that the ground is evenly divided into can be entered;
        None where all can.
      walls: rectangles x0, y0, x1, y1 that are drawn; what they do is the business of `step`.
      extent: x0, y0, x1, y1 of the ground; None for a little more than the lattice and the walls.
      unit: of lengths, for people, such as "cells" or "m".
      step_seconds: how long a step lasts; 0 where the world has no clock.
    """

    lattice: Lattice
    of: Callable[[jax.Array], jax.Array] = lambda obs: obs[..., :2]
    observe: Callable[[np.ndarray], np.ndarray] | None = None
    free: np.ndarray | None = None
    walls: ArrayLike = ()
    extent: tuple[float, float, float, float] | None = None
    unit: str = "m"
    step_seconds: float = 0.0

    @cached_property
    def goals(self) -> GoalSet:
        """The goals of the lattice, with what being there looks like where a place is the whole state."""
        seen = None if self.observe is None else self.observe(self.lattice.points)
        return dataclasses.replace(self.lattice.goals, observations=seen)

    @cached_property
    def plane(self) -> Plane:
        """The ground, its walls and its goals, for viewers."""
        lattice, walls = self.lattice, np.array(self.walls, np.float32).reshape(-1, 4)
        extent = self.extent
        if extent is None:
            ends = np.concatenate([lattice.points, walls[:, :2], walls[:, 2:]])
            margin = 0.75 * lattice.spacing
            extent = (*(ends.min(axis=0) - margin).tolist(), *(ends.max(axis=0) + margin).tolist())
        return Plane(extent, walls, lattice.points, lattice.goals.names, lattice.radius, self.unit)


class PlaceEnvironment(Environment):
    """The base of all worlds of continuous actions whose goals are places, so that a new one says only what is its own.

    A subclass gives `places`, `action_names`, `obs_size`, `reset`, `step` and `observe`, and replaces of the rest what
    it likes to. A run in a world that `leo_lab.envs.make` does not know can be looked at and saved, but not loaded.
    """

    name = "own"
    title = "a world of my own"
    places: Places
    continuous = True
    deterministic = True
    max_steps, clock_spread = 100, 25

    @property
    def goals(self) -> GoalSet:
        """Those of the lattice."""
        return self.places.goals

    @property
    def _common_spec(self) -> dict:
        """The options that every place world of this package has."""
        lattice, clock = self.places.lattice, {"max_steps": self.max_steps, "clock_spread": self.clock_spread}
        return {"spacing": lattice.spacing, "radius": lattice.radius, **clock}

    def achieved(self, obs: jax.Array) -> jax.Array:
        """Whether the body's place is within each goal's radius: obs [..., F] -> bool [..., G]."""
        return self.places.lattice.achieved(self.places.of(obs))


@dataclasses.dataclass(frozen=True, eq=False)
class Lattice:
    """G points of a plane, x to the right and y up.

    Attributes:
      points: float32 [G, 2].
      spacing: between neighbours, in the unit of the plane.
      radius: a goal is achieved within it.
    """

    points: np.ndarray
    spacing: float
    radius: float

    @cached_property
    def goals(self) -> GoalSet:
        """The goals; their features are their places, scaled to -1..1 along the longer side."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        features = 2 * (self.points - (low + high) / 2) / max(float((high - low).max()), self.spacing)
        return GoalSet(self._names, features.astype(np.float32))

    @property
    def _names(self) -> tuple[str, ...]:
        """G names of three digits, or of more where points share those."""
        for digits in range(3, 10):
            names = tuple(f"place/x{x:.{digits}g}y{y:.{digits}g}" for x, y in self.points)
            if len(set(names)) == len(names):
                break
        return names

    def achieved(self, place: jax.Array) -> jax.Array:
        """Whether places [..., 2] are within the radius of each goal, bool [..., G]."""
        points = jnp.broadcast_to(self.points, (*place.shape[:-1], *self.points.shape))
        return self.within(jnp.expand_dims(place, -2), points)

    def within(self, place: jax.Array, middle: jax.Array) -> jax.Array:
        """Whether places [..., 2] are within the radius of others of as many axes, bool [...]."""
        return jnp.square(place - middle).sum(axis=-1) <= self.radius**2

    def nearest(self, places: np.ndarray) -> np.ndarray:
        """The goals nearest to places [..., 2], int32 [...].

        Raises LabError for a place outside the lattice's hull: further than one and a half spacings from every goal.
        """
        places = np.asarray(places, np.float32)
        if places.shape[-1:] != (2,):
            raise LabError(f"a place is x and y, got an array of shape {places.shape}")
        away = np.linalg.norm(places[..., None, :] - self.points, axis=-1)
        reach = 1.5 * self.spacing
        far = ~(away.min(axis=-1) <= reach)  # a place that is no number is outside, too
        if far.any():
            x, y = places[far][0]
            (x0, y0), (x1, y1) = self.points.min(axis=0), self.points.max(axis=0)
            raise LabError(
                f"the place ({x:g}, {y:g}) is outside the lattice: no goal is within {reach:.3g} of it; "
                f"goals lie between x {x0:g} and {x1:g}, y {y0:g} and {y1:g}"
            )
        return away.argmin(axis=-1).astype(np.int32)


def as_places(places: ArrayLike) -> np.ndarray:
    """One place or several, as float32 [K, 2]. Raises LabError for none, and for what is no x and y."""
    try:
        found = np.asarray(places, np.float32)
    except (TypeError, ValueError):
        raise LabError(f"a place is two numbers, x and y, got {places!r}") from None
    if not found.size:
        raise LabError("places must name at least one place")
    if found.ndim not in (1, 2) or found.shape[-1] != 2:
        raise LabError(f"places are x and y, one or a list of them, got an array of shape {found.shape}")
    return found.reshape(-1, 2)


def lattice_over(
    extent: tuple[float, float, float, float],
    spacing: float,
    radius: float,
    clearance: Callable[[np.ndarray], np.ndarray],
) -> Lattice:
    """The lattice of all points, regularly spaced and centred in `extent`, whose whole disc is free.

    Args:
      extent: x0, y0, x1, y1; at least one point along each side.
      spacing: between neighbours.
      radius: of the discs.
      clearance: points float64 [K, 2] -> how far each is from the nearest obstacle, [K]; negative within one.

    Returns:
      The lattice, in reading order: the highest y first, and x from left to right.

    Raises:
      LabError: a spacing or radius that is not above 0, or no point with room for its disc.
    """
    for name, value in (("spacing", spacing), ("radius", radius)):
        check_number(name, value)
        require(0 < value < np.inf, name, f"{value:g}", "above 0")
    x, y = (_centred(low, high, spacing) for low, high in zip(extent[:2], extent[2:], strict=True))
    points = np.stack(np.meshgrid(x, y[::-1]), axis=-1).reshape(-1, 2)
    room = np.asarray(clearance(points))
    free = room >= radius - 1e-6 * spacing  # a disc may touch a wall, whatever rounding says
    if not free.any():
        raise LabError(
            f"no goal has room for a radius of {radius:g}: of {len(points)} points {spacing:g} apart, the one with "
            f"most room has {max(0.0, float(room.max())):.3g}; choose a smaller radius or another spacing"
        )
    return Lattice(points[free].astype(np.float32), float(spacing), float(radius))


def _centred(low: float, high: float, spacing: float) -> np.ndarray:
    """As many places as fit between two ends, each in the middle of a stretch of its own; one at least."""
    count = max(1, int((high - low) / spacing + 1e-6))
    places = (low + high) / 2 + (np.arange(count) - (count - 1) / 2) * spacing
    return np.round(places, 9) + 0.0  # no rounding error and no negative zero in the goals' names
