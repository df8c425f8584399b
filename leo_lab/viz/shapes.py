"""Shapes of the marks in a cell, as points (row, col) in cells: a cell's centre is a whole number."""

from __future__ import annotations

import numpy as np

from leo_lab.viz import theme
from leo_lab.viz.reading import Reading, places_of

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
ONE_WAY = {"<": "left", ">": "right", "^": "up", "v": "down"}

# (along, across) the direction that the mark points to
_ARROW = np.array(
    [(-0.26, -0.035), (0.06, -0.035), (0.06, -0.15), (0.29, 0), (0.06, 0.15), (0.06, 0.035), (-0.26, 0.035)]
)
_CHEVRONS = (np.array([(0.19, -0.26), (0.28, 0), (0.19, 0.26)]), np.array([(0.35, -0.26), (0.44, 0), (0.35, 0.26)]))
_CROSS = (np.array([(-0.16, -0.16), (0.16, 0.16)]), np.array([(-0.16, 0.16), (0.16, -0.16)]))


def arrows(reading: Reading, column: int) -> list[tuple[np.ndarray, str]]:
    """The greedy actions that have a direction, for goals[column]: outlines float [7, 2], each with its ink."""
    values, light = reading.values, theme.is_light(reading.rgb()[:, column])
    actions = np.array(values.action_names)[values.q[:, reading.goals[column]].argmax(axis=-1)]
    shown = ~(reading.here | reading.unreachable)[:, column] & np.isin(actions, list(DIRECTIONS))
    return [
        (_place(_ARROW, values.state_positions[state], actions[state]), theme.INK if light[state] else theme.PAPER)
        for state in np.flatnonzero(shown)
    ]


def crosses(reading: Reading, column: int) -> list[tuple[np.ndarray, str]]:
    """Small crosses where no way leads to goals[column]: strokes float [2, 2], each with its ink."""
    light = theme.is_light(reading.rgb()[:, column])
    return [
        (stroke + reading.values.state_positions[state], theme.MUTED if light[state] else theme.PAPER)
        for state in np.flatnonzero(reading.unreachable[:, column])
        for stroke in _CROSS
    ]


def chevrons(board: np.ndarray) -> list[np.ndarray]:
    """Two chevrons at each edge by which a one-way cell of a map is left, each float [3, 2]."""
    cells = places_of(board, "".join(ONE_WAY))
    return [_place(line, (row, col), ONE_WAY[char]) for row, col, char in cells for line in _CHEVRONS]


def _place(points: np.ndarray, cell: np.ndarray | tuple[int, int], direction: str) -> np.ndarray:
    ahead = np.array(DIRECTIONS[direction])
    return cell + points[:, :1] * ahead + points[:, 1:] * ahead[::-1]
