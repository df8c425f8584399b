"""What a map of some goals shows: numbers, masks, colours and words, the same for figures and pictures."""

from __future__ import annotations

import dataclasses
import math
import string
from collections.abc import Sequence

import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import LabError, require_choice
from leo_lab.viz import theme

MAP_SCALES = ("value", "steps", "error")
PADS = string.ascii_uppercase.replace("S", "")  # of teleporters; S is the start
EXITS = string.ascii_lowercase.replace("v", "")  # v is a one-way cell
_LABELS = {"value": "value", "steps": "steps to goal", "error": "value - exact"}
_COLOURS = {"value": theme.VALUE_COLOURS, "steps": theme.STEPS_COLOURS, "error": theme.ERROR_COLOURS}


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """The maps of K goals, ready to be coloured.

    Attributes:
      values, truth: what is read; truth may be None.
      goals: int32 [K].
      scale: "value", "steps" or "error".
      numbers: float32 [S, K]; nan where there is nothing to show.
      here: bool [S, K], the state is the goal's own place.
      unreachable: bool [S, K], no way leads from the state to the goal.
      low, high: the numbers at the two ends of the colours.
    """

    values: AllGoalsValues
    truth: AllGoalsValues | None
    goals: np.ndarray
    scale: str
    numbers: np.ndarray
    here: np.ndarray
    unreachable: np.ndarray
    low: float
    high: float

    @property
    def label(self) -> str:
        return _LABELS[self.scale]

    @property
    def colours(self) -> tuple[str, ...]:
        return _COLOURS[self.scale]

    def levels(self, count: int = 256) -> np.ndarray:
        """Index of each number among `count` colours, int32 [S, K]; 0 where there is nothing to show."""
        place = (self.numbers - self.low) / (self.high - self.low)
        return np.round(np.clip(np.nan_to_num(place), 0, 1) * (count - 1)).astype(np.int32)

    def rgb(self) -> np.ndarray:
        """Colour of each state for each goal, uint8 [S, K, 3]."""
        colours = theme.palette(self.colours)[self.levels()]
        return np.where(np.isnan(self.numbers)[..., None], np.uint8(theme.rgb(theme.EMPTY)), colours)

    def written(self, x: float) -> str:
        """A number of this scale as it stands at a bar of colours."""
        if self.scale == "steps":
            return number(x)
        return f"{x:{'+' if self.scale == 'error' and x else ''}.3g}"


def read_maps(
    values: AllGoalsValues, goals: Sequence[int | str] | None, scale: str, truth: AllGoalsValues | None = None
) -> Reading:
    """Reads the maps of some goals (None: all).

    The colours run over what the truth holds where there is one, so that an estimate and its truth look
    alike where they agree.

    Raises:
      LabError: an unknown scale or goal, the scale "error" without the truth, the truth of another world.
    """
    require_choice("scale of a map", scale, MAP_SCALES)
    if scale == "error" and truth is None:
        raise LabError('the scale "error" needs the exact values: give truth=exact_values(env)')
    if truth is not None:
        values.check_same_world(truth)
    chosen = values.goal_indices(range(len(values.goal_names)) if goals is None else goals)
    here = values.at_goal[:, chosen]
    reference = values if truth is None else truth
    unreachable = ~(reference.v[:, chosen] > 0) & ~here
    numbers = values.v if scale == "value" else values.steps() if scale == "steps" else values.error(truth)
    # An agent's hope for a goal out of reach is an error worth its colour; as steps it would say nothing.
    hidden = here if scale == "error" else here | unreachable
    numbers = np.where(hidden, np.float32(np.nan), numbers[:, chosen])
    low, high = _error_range(numbers) if scale == "error" else _range(reference, chosen, here, scale)
    return Reading(values, truth, chosen, scale, numbers, here, unreachable, low, high)


def _range(reference: AllGoalsValues, goals: np.ndarray, here: np.ndarray, scale: str) -> tuple[float, float]:
    steps = reference.steps()[:, goals]
    steps = steps[np.isfinite(steps) & ~here]
    farthest = float(steps.max()) if steps.size else 2.0
    longest = len(reference.state_names)
    if farthest > longest:  # an agent's tiny values, not a way; do not let them bleach the rest
        farthest = min(float(np.quantile(steps, 0.95)), longest)
    farthest = max(2, math.ceil(farthest - 1e-3))
    if scale == "steps":
        return 1.0, float(farthest)
    return math.floor(100 * reference.gamma ** (farthest - 1)) / 100, 1.0


def _error_range(numbers: np.ndarray) -> tuple[float, float]:
    bound = max(float(np.abs(np.nan_to_num(numbers)).max()), 0.01)
    digit = 10 ** math.floor(math.log10(bound))
    nice = next(step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if bound <= step * digit * (1 + 1e-6))
    bound = round(nice * digit, 6)
    return -bound, bound


def goal_label(values: AllGoalsValues, goal: int) -> str:
    """A goal's name without its group."""
    name = values.goal_names[goal]
    return name.partition("/")[2] or name


# ---------------------------------------------------------------- words


def describe(reading: Reading, state: int, column: int) -> str:
    """One line such as "r3c5 -> r7c2: about 6.1 steps (exact 6)"."""
    values, truth, goal = reading.values, reading.truth, int(reading.goals[column])
    name, place = values.state_names[state], goal_label(values, goal)
    if reading.here[state, column]:
        return f"{name}: the goal itself"
    v = float(values.v[state, goal])
    pair = f"{name} -> {place}"
    if reading.unreachable[state, column]:
        return f"{pair}: no way leads there" + (f" (believed value {v:.3g})" if truth is not None and v > 0 else "")
    line = f"{pair}: about {number(float(values.steps()[state, goal]))} steps"
    if truth is not None:
        line += f" (exact {number(float(truth.steps()[state, goal]))})"
    if reading.scale == "steps":
        return line
    line += f", value {v:.3f}"
    if reading.scale == "value":
        return line
    error = float(reading.numbers[state, column])
    if abs(error) < 5e-4:
        return f"{line}, right to 0.001"
    return f"{line}, too {'high' if error > 0 else 'low'} by {abs(error):.3f}"


def number(x: float) -> str:
    """At most one decimal, none where it is zero."""
    if not math.isfinite(x):
        return "infinitely many"
    return f"{x:.1f}".removesuffix(".0")


# ---------------------------------------------------------------- the board


def board_of(values: AllGoalsValues) -> np.ndarray:
    """The map behind the states, one character a place, str [rows, cols]; " " is a place outside the world.

    Raises LabError where the states have no places.
    """
    if values.state_positions is None:
        raise LabError(f"{values.title or 'these values'}: no map can be drawn, because the states have no positions")
    if values.layout is not None:
        return np.array([list(line) for line in values.layout])
    board = np.full(values.state_positions.max(axis=0) + 1, " ")
    board[tuple(values.state_positions.T)] = "."
    return board


def places_of(board: np.ndarray, chars: str) -> list[tuple[int, int, str]]:
    """(row, col, char) of the places of a map that hold one of these characters, row by row."""
    return [(int(row), int(col), str(board[row, col])) for row, col in np.argwhere(np.isin(board, list(chars)))]
