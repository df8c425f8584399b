"""GoalMap: the values of all goals on one map, read in both directions."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets import assets, raster, tables, wire
from leo_widgets.base import ScaledWidget, check_index, index_of


class GoalMap(ScaledWidget):
    """Colour all states of a map by V(s, g) for one goal, or all goals by V(s, g) for one state.

    values: an all-goals value table (see `leo_widgets.tables.Table`) with positions; `layout` may be None.
    truth: the exact table of the same states, goals and actions, for the error scale and the truth toggle.
    goal, state: index or name ("position/r7c2", "r7c2"); by default the start, and a goal rather far from it.
    direction: "goal" pins the goal and colours states; "state" pins the state and colours goals.
    scale: "value", "steps" (1 + log V / log gamma, hit values only) or "error" (V minus exact V).
    show_truth: show the exact values instead of the estimate.
    link: widgets of the same goals with the same link share goal and state in one page.
    Raises TypeError for an object that is no value table, ValueError for what does not fit.
    """

    truth_argument = "GoalMap(values, truth=...)"
    _esm = assets.esm("goal_map")
    _css = assets.css("goal_map")
    view_names: ClassVar[tuple[str, ...]] = (
        "goal", "state_index", "direction", "scale", "show_truth", "show_table",
    )  # fmt: skip
    static_height: ClassVar[int] = 720

    state_index = traitlets.Int(0).tag(sync=True)
    direction = traitlets.Enum(["goal", "state"], "goal").tag(sync=True)
    scale = traitlets.Enum(["value", "steps", "error"], "value").tag(sync=True)
    show_truth = traitlets.Bool(False).tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)

    q = traitlets.Dict().tag(sync=True)
    truth = traitlets.Dict().tag(sync=True)
    gamma = traitlets.Float(0.99).tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    state_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    action_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    state_positions = traitlets.List().tag(sync=True)
    goal_positions = traitlets.List().tag(sync=True)
    rows = traitlets.List(traitlets.Unicode(), allow_none=True).tag(sync=True)

    def __init__(
        self, values, truth=None, goal=None, state=None, direction="goal", scale="value", show_truth=False,
        link="leo", title=None,
    ):  # fmt: skip
        table = tables.read_table(values, "GoalMap")
        exact = None if truth is None else tables.read_table(truth, "GoalMap")
        if table.state_positions is None or table.goal_positions is None:
            raise ValueError("GoalMap: values have no positions, so there is no map to draw")
        if exact is not None:
            tables.check_pair(table, exact, "GoalMap")
        self._table, self._exact = table, exact
        low, high = wire.span(table.q, *([] if exact is None else [exact.q]))
        super().__init__(
            goal_names=table.goal_names, goal=default_goal(table, exact) if goal is None else goal, link=link,
            title=table.title if title is None else title,
            state_names=list(table.state_names), action_names=list(table.action_names), gamma=table.gamma,
            state_positions=table.state_positions.tolist(), goal_positions=table.goal_positions.tolist(),
            rows=None if table.layout is None else list(table.layout), limits=limits(table, exact),
            q=wire.pack(table.q, low, high), truth={} if exact is None else wire.pack(exact.q, low, high),
            state_index=(table.start or 0) if state is None else index_of(state, table.state_names, "state"),
            direction=direction, scale=scale, show_truth=show_truth,
        )  # fmt: skip

    # ------------------------------------------------------------------ checks
    @traitlets.validate("state_index")
    def _check_state(self, proposal):
        return check_index(proposal.value, self.state_names, "state")

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "state_index": len(self.state_names)}

    def summary(self) -> str:
        rows, cols = self._shape()
        states, goals, _ = self._table.q.shape
        return f"{rows}x{cols}, {states} states, {goals} goals"

    def table(self) -> list[dict]:
        """One row for each cell of the map: the value of its pair with the pinned goal or state.

        Keys: state, goal, action (the best one), value, steps (hit values only); with exact values also
        exact_value, exact_steps, error. Where the state is the goal, all but the names is None.
        """
        return [self._row(state, goal) for state, goal in self._pairs()]

    def png(self) -> bytes:
        """The map as it is shown, with a colour bar below it; about 600 pixels wide."""
        picture = raster.Picture(*self._shape(), self._table.layout)
        by_state = self.direction == "goal"
        positions = self._table.state_positions if by_state else self._table.goal_positions
        for (row, col), (state, goal) in zip(positions, self._pairs(), strict=True):
            if not self._table.here[state, goal]:
                self._draw_pair(picture, row, col, state, goal)
        if by_state:
            picture.mark(*self._table.goal_positions[self.goal], "ring", raster.ACCENT)
            picture.mark(*self._table.state_positions[self.state_index], "frame", raster.INK)
        else:
            picture.mark(*self._table.state_positions[self.state_index], "disc", raster.ACCENT)
            picture.mark(*self._table.goal_positions[self.goal], "frame", raster.INK)
        picture.signs()
        start, stop = self._ends()
        digits = {"value": 2, "steps": 0, "error": 3}[self.scale]
        picture.legend(self._colours(), f"{start:.{digits}f}", f"{stop:.{digits}f}")
        return picture.png()

    # ------------------------------------------------------------------ helpers
    def _shape(self) -> tuple[int, int]:
        if self._table.layout is not None:
            return len(self._table.layout), len(self._table.layout[0])
        both = np.concatenate([self._table.state_positions, self._table.goal_positions])
        return tuple(int(size) + 1 for size in both.max(axis=0))

    def _pairs(self) -> list[tuple[int, int]]:
        """The (state, goal) of each cell, in the order of states or goals."""
        states, goals, _ = self._table.q.shape
        if self.direction == "goal":
            return [(state, self.goal) for state in range(states)]
        return [(self.state_index, goal) for goal in range(goals)]

    def _row(self, state: int, goal: int) -> dict:
        table, exact = self._table, self._exact
        row = {
            "state": table.state_names[state],
            "goal": table.goal_names[goal],
            "action": None,
            "value": None,
        }
        row |= {"steps": None} if table.scale == "hit" else {}
        if exact is not None:
            row |= {"exact_value": None} | ({"exact_steps": None} if "steps" in row else {}) | {"error": None}
        if table.here[state, goal]:
            return row
        row["action"], row["value"] = (
            table.action_names[table.q[state, goal].argmax()],
            float(table.v[state, goal]),
        )
        if exact is not None:
            row["exact_value"] = float(exact.v[state, goal])
            row["error"] = row["value"] - row["exact_value"]
        for steps, value in (("steps", "value"), ("exact_steps", "exact_value")):
            if steps in row:
                row[steps] = float(tables.steps(row[value], table.gamma))
        return row

    def _colours(self) -> str:
        return "DIVERGING" if self.scale == "error" else "CIVIDIS"

    def _ends(self) -> tuple[float, float]:
        """What the first and the last colour stand for."""
        low, high = (self.limits[self.scale][name] for name in ("low", "high"))
        return (high, low) if self.scale == "steps" else (low, high)

    def _draw_pair(self, picture: raster.Picture, row: int, col: int, state: int, goal: int) -> None:
        shown = self._exact if self.show_truth and self.scale != "error" else self._table
        numbers = shown.q[state, goal].astype(float)
        best = int(numbers.argmax())
        if self.scale == "error":
            numbers = numbers - self._exact.q[state, goal]
        elif self.scale == "steps":
            numbers = tables.steps(numbers, self._table.gamma)
        colours = raster.shade(np.append(numbers, numbers[best]), *self._ends(), self._colours())
        picture.fill(row, col, colours[-1])
        if self._table.scale == "hit" and (self._exact or self._table).v[state, goal] < 1e-5:
            picture.mark(row, col, "cross", raster.ink_on(colours[-1]))
            return
        if all(name in raster.DIRECTIONS for name in self.action_names):
            for name, colour in zip(self.action_names, colours, strict=False):
                picture.mark(row, col, f"wedge {name}", colour)
            picture.mark(row, col, f"arrow {self.action_names[best]}", raster.ink_on(colours[-1]))


def limits(table: tables.Table, exact: tables.Table | None) -> dict:
    """The numbers at the ends of each colour scale, the same for all goals and states.

    {scale: {low, high, below, above}}: they hold every pair that can be reached by the exact values, else
    98 % of the estimates; below, above: some value lies beyond that end. What cannot be shown is None.
    """
    hit = table.scale == "hit"
    known = ~table.here & ~np.isnan(table.v)
    shown = table.v[known & (table.v > 1e-5)] if hit else table.v[known]  # a hit value of 0 is a cross, not a colour
    if exact is None:
        low, high = np.quantile(shown, (0.02, 0.98)) if shown.size else (0.0, 1.0)
    else:
        reach = exact.v[known & (exact.v > 0)] if hit else exact.v[known]
        low, high = (reach.min(), reach.max()) if reach.size else (0.0, 1.0)
    low, high = float(low), float(high)
    found = {"value": _ends(low, high, shown), "steps": None, "error": None}
    if hit:
        found["value"] = _ends(np.floor(low * 20 + 1e-6) / 20, 1.0, shown)
        longest = np.ceil(tables.steps(max(low, 1e-5), table.gamma) - 1e-3)
        found["steps"] = _ends(1.0, float(np.clip(longest, 2, 999)), tables.steps(shown, table.gamma))
    if exact is not None:
        error = (table.v - exact.v)[known]
        size = _nice(float(np.quantile(np.abs(error), 0.98))) if error.size else 1.0
        found["error"] = _ends(-size, size, error)
    return found


def _ends(low: float, high: float, numbers) -> dict:
    high = high if high > low else low + 1.0
    slack = (high - low) * 1e-3
    below, above = bool((numbers < low - slack).any()), bool((numbers > high + slack).any())
    return {"low": float(low), "high": float(high), "below": below, "above": above}


def _nice(size: float) -> float:
    """The next of 1, 2, 5, 10, 20 ... times a thousandth that is not below `size`."""
    steps = (np.array([1, 2, 5]) * 10.0 ** np.arange(-3, 7)[:, None]).ravel()
    return float(steps[np.searchsorted(steps[:-1], size * (1 - 1e-9))])


def default_goal(table: tables.Table, exact: tables.Table | None) -> int:
    """A goal rather far from the start, at the lower quarter of its values: the first look shows a way."""
    state = table.start or 0
    v = (exact or table).v[state]
    near = np.flatnonzero(~table.here[state] & (v > 0))
    if near.size == 0:
        return 0
    return int(near[np.argsort(v[near], kind="stable")[near.size // 4]])
