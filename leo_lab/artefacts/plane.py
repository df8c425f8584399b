"""What viewers of a plane read: the ground with its goals, and all goals' values over places. numpy alone.

Places are x to the right, y up, in the unit of their world: cells of a map, or metres.
"""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Plane:
    """The ground that bodies move on, and the lattice of goals on it.

    Attributes:
      extent: x0, y0, x1, y1 of what is shown.
      walls: float32 [W, 4], rectangles x0, y0, x1, y1.
      points: float32 [G, 2], the goals.
      goal_names: G names.
      radius: a goal is achieved within it.
      unit: of lengths, for people, such as "cells" or "m".
    """

    extent: tuple[float, float, float, float]
    walls: np.ndarray
    points: np.ndarray
    goal_names: tuple[str, ...]
    radius: float
    unit: str


@dataclasses.dataclass(frozen=True, eq=False)
class PlaneValues:
    """All goals' values at S places on a regular raster of R rows and C columns over `plane.extent`, row 0 on top.

    Attributes:
      plane: the ground and the goals.
      shape: R and C.
      cells: int32 [S, 2], row and column of each place; where none is, there is wall.
      v: float32 [S, G], the value of what the policy does; 0..1.
      direction: float32 [S, G, 2], where the best first action for each goal moves the body, x and y; at most 1 long.
      gamma: discount per step.
      title: whose values these are.
      scale: what they mean, see AllGoalsValues.
    """

    plane: Plane
    shape: tuple[int, int]
    cells: np.ndarray
    v: np.ndarray
    direction: np.ndarray
    gamma: float
    title: str
    scale: str = "hit"

    @property
    def places(self) -> np.ndarray:
        """The middles of the raster's cells, float32 [S, 2], x and y."""
        x0, y0, x1, y1 = self.plane.extent
        rows, cols = self.shape
        row, col = self.cells[:, 0], self.cells[:, 1]
        x, y = x0 + (col + 0.5) * (x1 - x0) / cols, y1 - (row + 0.5) * (y1 - y0) / rows
        return np.stack([x, y], axis=1).astype(np.float32)
