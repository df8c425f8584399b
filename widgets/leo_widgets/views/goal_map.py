"""GoalMap: the values of all goals on one map, read in both directions."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import tables, wire
from leo_widgets.page import assets
from leo_widgets.views.base import index_of, world_of
from leo_widgets.views.pairs import DirectedWidget


class GoalMap(DirectedWidget):
    """Colour all states of a map by V(s, g) for one goal, or all goals by V(s, g) for one state.

    values: an all-goals value table (see `leo_widgets.arrays.tables.Table`) with positions; `layout` may be None.
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

    show_truth = traitlets.Bool(False).tag(sync=True)
    q = traitlets.Dict().tag(sync=True)
    truth = traitlets.Dict().tag(sync=True)

    def __init__(
        self, values, truth=None, goal=None, state=None, direction="goal", scale="value", show_truth=False,
        link="leo", title=None,
    ):  # fmt: skip
        self._table, self._exact = table, exact = tables.read_mapped(values, truth, "GoalMap")
        low, high = wire.span(table.q, *([] if exact is None else [exact.q]))
        super().__init__(
            **world_of(table), goal=default_goal(table, exact) if goal is None else goal, link=link,
            title=table.title if title is None else title, limits=limits(table, exact),
            q=wire.pack(table.q, low, high), truth={} if exact is None else wire.pack(exact.q, low, high),
            state_index=(table.start or 0) if state is None else index_of(state, table.state_names, "state"),
            direction=direction, scale=scale, show_truth=show_truth,
        )  # fmt: skip

    # ------------------------------------------------------------------ what it says of itself
    def table(self) -> list[dict]:
        """One row for each cell of the map: the value of its pair with the pinned goal or state.

        Keys: state, goal, action (the best one), value, steps (hit values only); with exact values also
        exact_value, exact_steps, error. Where the state is the goal, all but the names is None.
        """
        return [self._row(state, goal) for state, goal in self._pairs()]

    def png(self) -> bytes:
        """The map as it is shown, with a colour bar below it; about 600 pixels wide."""
        return self._map_of(self._exact if self.show_truth and self.scale != "error" else self._table).png()

    # ------------------------------------------------------------------ helpers
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
        size = nice_size(float(np.quantile(np.abs(error), 0.98))) if error.size else 1.0
        found["error"] = _ends(-size, size, error)
    return found


def _ends(low: float, high: float, numbers) -> dict:
    high = high if high > low else low + 1.0
    slack = (high - low) * 1e-3
    below, above = bool((numbers < low - slack).any()), bool((numbers > high + slack).any())
    return {"low": float(low), "high": float(high), "below": below, "above": above}


def nice_size(size: float) -> float:
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
