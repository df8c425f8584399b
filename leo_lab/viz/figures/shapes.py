"""Shapes of the marks in a cell, as points (row, col) in cells: a cell's centre is a whole number."""

from __future__ import annotations

import numpy as np

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
ONE_WAY = {"<": "left", ">": "right", "^": "up", "v": "down"}

# (along, across) the direction that the mark points to
_ARROW = np.array(
    [(-0.26, -0.035), (0.06, -0.035), (0.06, -0.15), (0.29, 0), (0.06, 0.15), (0.06, 0.035), (-0.26, 0.035)]
)
_CHEVRONS = (np.array([(0.19, -0.26), (0.28, 0), (0.19, 0.26)]), np.array([(0.35, -0.26), (0.44, 0), (0.35, 0.26)]))
_CROSS = (np.array([(-0.16, -0.16), (0.16, 0.16)]), np.array([(-0.16, 0.16), (0.16, -0.16)]))


def arrow(row: int, col: int, direction: str) -> np.ndarray:
    """Outline of an arrow, float [7, 2]."""
    return _place(_ARROW, row, col, direction)


def chevrons(row: int, col: int, direction: str) -> list[np.ndarray]:
    """The two chevrons at the edge by which a one-way cell is left, each float [3, 2]."""
    return [_place(line, row, col, direction) for line in _CHEVRONS]


def cross(row: int, col: int) -> list[np.ndarray]:
    """The two strokes of a small cross, each float [2, 2]: no way leads from here to the goal."""
    return [stroke + np.array((row, col)) for stroke in _CROSS]


def _place(points: np.ndarray, row: int, col: int, direction: str) -> np.ndarray:
    along, across = points.T
    d_row, d_col = DIRECTIONS[direction]
    return np.stack([row + along * d_row + across * d_col, col + along * d_col + across * d_row], axis=1)
