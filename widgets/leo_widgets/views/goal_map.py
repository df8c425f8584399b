"""GoalMap: the values of all goals on one map, read in both directions."""

from typing import ClassVar

import traitlets

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import default_goal, limits
from leo_widgets.arrays.names import index_of
from leo_widgets.arrays.values import read_mapped
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import to_png
from leo_widgets.views.base import world_of
from leo_widgets.views.pairs import DirectedWidget


class GoalMap(DirectedWidget):
    """Colour all states of a map by V(s, g) for one goal, or all goals by V(s, g) for one state.

    values: all-goals values (see `leo_widgets.arrays.values.AllGoalsValues`) with positions; `layout` may be None.
    truth: the exact values of the same states, goals and actions, for the error scale and the truth toggle.
    goal, state: index or name ("position/r7c2", "r7c2"); by default the start, and a goal rather far from it.
    direction: "goal" pins the goal and colours states; "state" pins the state and colours goals.
    scale: "value", "steps" (where the values stand for steps) or "error" (V minus exact V).
    show_truth: show the exact values instead of the estimate.
    link: widgets of the same goals with the same link share goal and state in one page.
    Raises TypeError for objects that are no all-goals values, ValueError for what does not fit.
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
        self._table, self._exact = table, exact = read_mapped(values, truth, "GoalMap")
        low, high = wire.span(table.q, *([] if exact is None else [exact.q]))
        super().__init__(
            **world_of(table), goal=default_goal(table, exact) if goal is None else goal, link=link,
            title=table.title if title is None else title, limits=limits(table, exact),
            q=wire.pack(table.q, low, high), truth={} if exact is None else wire.pack(exact.q, low, high),
            state_index=(table.start or 0) if state is None else index_of(state, table.state_names, "state"),
            direction=direction, scale=scale, show_truth=show_truth, value_scale=scales.describe(table, low, high),
        )  # fmt: skip

    # ------------------------------------------------------------------ what it says of itself
    def table(self) -> list[dict]:
        """One row for each cell of the map: the value of its pair with the pinned goal or state.

        Keys: state, goal, action (the best one), value, steps (where values stand for them); with exact values also
        exact_value, exact_steps, error. Where the state is the goal, all but the names is None.
        """
        return [self._row(state, goal) for state, goal in self._pairs()]

    def png(self) -> bytes:
        """The map as it is shown, with a colour bar below it; about 600 pixels wide."""
        shown = self._exact if self.show_truth and self.scale != "error" else self._table
        return to_png(self._map_of(shown).image)

    # ------------------------------------------------------------------ helpers
    def _row(self, state: int, goal: int) -> dict:
        table, exact = self._table, self._exact
        names = ["action", "value", *["steps"] * table.convertible]
        names += ["exact_value", *["exact_steps"] * table.convertible, "error"] * (exact is not None)
        row = {"state": table.state_names[state], "goal": table.goal_names[goal], **dict.fromkeys(names)}
        if table.here[state, goal]:
            return row
        row["action"] = table.action_names[table.best[state, goal]]
        for prefix, source in (("", table), *([("exact_", exact)] if exact is not None else [])):
            value = row[f"{prefix}value"] = float(source.v[state, goal])
            if table.convertible:
                row[f"{prefix}steps"] = float(scales.steps(value, source, goal))
        if exact is not None:
            row["error"] = row["value"] - row["exact_value"]
        return row
