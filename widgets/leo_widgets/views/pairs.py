"""What the widgets share that show one pair of a state and a goal on a map, and the map in both directions."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import tables
from leo_widgets.pictures import raster
from leo_widgets.views.base import ScaledWidget, check_index

DIGITS = {"value": 2, "steps": 0, "error": 3}  # of the numbers below a picture's colours


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
        low, high = (self.limits[self.scale][name] for name in ("low", "high"))
        return (high, low) if self.scale == "steps" else (low, high)


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

    def _picture(self, draw) -> raster.Picture:
        """The map with its marks. draw(picture, row, col, state, goal) draws one pair that is no goal itself."""
        table = self._table
        picture = raster.Picture(*table.shape, table.layout)
        by_state = self.direction == "goal"
        positions = table.state_positions if by_state else table.goal_positions
        for (row, col), (state, goal) in zip(positions, self._pairs(), strict=True):
            if not table.here[state, goal]:
                draw(picture, row, col, state, goal)
        state, goal = table.state_positions[self.state_index], table.goal_positions[self.goal]
        if by_state:
            picture.mark(*goal, "ring", raster.ACCENT)
            picture.mark(*state, "frame", raster.INK)
        else:
            picture.mark(*state, "disc", raster.ACCENT)
            picture.mark(*goal, "frame", raster.INK)
        picture.signs()
        return picture

    def _map_of(self, shown: tables.Table) -> raster.Picture:
        """The map of one table on the present scale, with its colours below."""
        picture = self._picture(lambda *cell_and_pair: self._draw_pair(*cell_and_pair, shown))
        picture.legend(self._colours(), *(f"{end:.{DIGITS[self.scale]}f}" for end in self._ends()))
        return picture

    def _draw_pair(self, picture, row: int, col: int, state: int, goal: int, shown: tables.Table) -> None:
        numbers = shown.q[state, goal].astype(float)
        best = int(numbers.argmax())
        if self.scale == "error":
            numbers = numbers - self._exact.q[state, goal]
        elif self.scale == "steps":
            numbers = tables.steps(numbers, shown.gamma)
        colours = raster.shade(np.append(numbers, numbers[best]), *self._ends(), self._colours())
        picture.fill(row, col, colours[-1])
        if is_cut(self._exact or shown, state, goal):
            picture.mark(row, col, "cross", raster.ink_on(colours[-1]))
            return
        if all(name in raster.DIRECTIONS for name in self.action_names):
            for name, colour in zip(self.action_names, colours, strict=False):
                picture.mark(row, col, f"wedge {name}", colour)
            picture.mark(row, col, f"arrow {self.action_names[best]}", raster.ink_on(colours[-1]))


def is_cut(table: tables.Table, state: int, goal: int) -> bool:
    """No way leads from the state to the goal: a hit value of 0."""
    return table.scale == "hit" and bool(table.v[state, goal] < 1e-5)
