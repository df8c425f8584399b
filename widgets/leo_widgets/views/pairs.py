"""What the widgets share that show one pair of a state and a goal on a map, and the map in both directions."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import scales
from leo_widgets.arrays.values import AllGoalsValues
from leo_widgets.pictures.map_picture import DIRECTIONS, MapPicture
from leo_widgets.pictures.palette import ACCENT, INK, ink_on, shade
from leo_widgets.views.base import ScaledWidget, check_index

DIGITS = {"value": 2, "steps": 0, "error": 3}  # of the numbers below a picture's colours


def ends_of(limits: dict, scale: str, larger_is_better: bool = True) -> tuple[float, float]:
    """What the first and the last colour of a scale stand for: what is near is bright."""
    low, high = (limits[scale][name] for name in ("low", "high"))
    return (high, low) if scale == "steps" or (scale == "value" and not larger_is_better) else (low, high)


class PairWidget(ScaledWidget):
    """A widget that reads the pair of a state and a goal."""

    state_index = traitlets.Int(0).tag(sync=True)
    scale = traitlets.Enum(["value", "steps", "error"], "value").tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)

    @traitlets.validate("state_index")
    def _check_state(self, proposal):
        return check_index(proposal.value, self.state_names, "state")

    def counts(self) -> dict[str, int]:
        return {**super().counts(), "state_index": len(self.state_names)}

    def summary(self) -> str:
        rows, cols = self._table.shape
        states, goals, _ = self._table.q.shape
        return f"{rows}x{cols}, {states} states, {goals} goals"

    def _colours(self) -> str:
        return "DIVERGING" if self.scale == "error" else "CIVIDIS"

    def _ends(self) -> tuple[float, float]:
        """What the first and the last colour stand for."""
        return ends_of(self.limits, self.scale, self._table.meaning.larger_is_better)


class DirectedWidget(PairWidget):
    """Such a widget whose map shows all states for one goal, or all goals for one state."""

    view_names: ClassVar[tuple[str, ...]] = ("goal", "state_index", "direction", "scale", "show_table")
    direction = traitlets.Enum(["goal", "state"], "goal").tag(sync=True)

    def _pairs(self) -> list[tuple[int, int]]:
        """The (state, goal) of each cell, in the order of states or goals."""
        states, goals, _ = self._table.q.shape
        if self.direction == "goal":
            return [(state, self.goal) for state in range(states)]
        return [(self.state_index, goal) for goal in range(goals)]

    def _picture(self, draw) -> MapPicture:
        """The map with its marks. draw(picture, row, col, state, goal) draws one pair that is no goal itself."""
        table = self._table
        picture = MapPicture(*table.shape, table.layout)
        by_state = self.direction == "goal"
        positions = table.state_positions if by_state else table.goal_positions
        for (row, col), (state, goal) in zip(positions, self._pairs(), strict=True):
            if not table.here[state, goal]:
                draw(picture, row, col, state, goal)
        state, goal = table.state_positions[self.state_index], table.goal_positions[self.goal]
        if by_state:
            picture.mark(*goal, "ring", ACCENT)
            picture.mark(*state, "frame", INK)
        else:
            picture.mark(*state, "disc", ACCENT)
            picture.mark(*goal, "frame", INK)
        picture.signs()
        return picture

    def _map_of(self, shown: AllGoalsValues) -> MapPicture:
        """The map of one table on the present scale, with its colours below."""
        picture = self._picture(lambda *cell_and_pair: self._draw_pair(*cell_and_pair, shown))
        picture.legend(self._colours(), *(f"{end:.{DIGITS[self.scale]}f}" for end in self._ends()))
        return picture

    def _draw_pair(self, picture, row: int, col: int, state: int, goal: int, shown: AllGoalsValues) -> None:
        numbers = shown.q[state, goal].astype(float)
        best = shown.best[state, goal]
        if self.scale == "error":
            numbers = scales.error(numbers, self._exact.q[state, goal])
        elif self.scale == "steps":
            numbers = scales.steps(numbers, shown, goal)
        colours = shade(np.append(numbers, numbers[best]), *self._ends(), self._colours())
        picture.fill(row, col, colours[-1])
        if (self._exact or shown).cut[state, goal]:
            picture.mark(row, col, "cross", ink_on(colours[-1]))
            return
        if all(name in DIRECTIONS for name in self.action_names):
            for name, colour in zip(self.action_names, colours, strict=False):
                picture.mark(row, col, f"wedge {name}", colour)
            picture.mark(row, col, f"arrow {self.action_names[best]}", ink_on(colours[-1]))
