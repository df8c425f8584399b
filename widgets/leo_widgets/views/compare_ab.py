"""CompareAB: two value tables of one world on two maps with one cursor, and their difference on a third."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import default_goal, limits, nice_size
from leo_widgets.arrays.names import index_of
from leo_widgets.arrays.values import AllGoalsValues, check_pair, read_mapped
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import beside, titled, to_png
from leo_widgets.pictures.map_picture import MapPicture
from leo_widgets.pictures.palette import PAPER, ink_on, shade
from leo_widgets.views.base import world_of
from leo_widgets.views.pairs import DIGITS, DirectedWidget

MARKED = (20, 24, 29)  # of the notch in cells where the greedy actions differ


class CompareAB(DirectedWidget):
    """Show two value tables side by side, read both at once, and colour a third map by a - b.

    a, b: all-goals values (see `leo_widgets.arrays.values.AllGoalsValues`) of the same states, goals, actions,
        positions, discount and scale, with positions; `layout` may be None.
    truth: the exact table of the same world, for the error scale.
    goal, state: index or name; by default the start, and a goal rather far from it.
    labels: the names of a and b; by default their titles, or "A" and "B" where these are equal or empty.
    direction: "goal" pins the goal and colours states; "state" pins the state and colours goals.
    scale: "value", "steps" (where values stand for them) or "error" (V minus exact V). The third map shows the
        difference of values or steps; on the error scale, that of the errors' sizes: below 0, a is nearer to the truth.
    swapped: b on the left, and b - a on the third map.
    blink: one map that shows a and b by turns, in place of two.
    link: widgets of the same goals with the same link share goal and state in one page.
    Raises TypeError for an object that is no value table, ValueError for what does not fit.
    """

    truth_argument = "CompareAB(a, b, truth=...)"
    _esm = assets.esm("compare_ab")
    _css = assets.css("compare_ab")
    view_names: ClassVar[tuple[str, ...]] = (*DirectedWidget.view_names, "swapped", "blink")
    static_height: ClassVar[int] = 760

    swapped = traitlets.Bool(False).tag(sync=True)
    blink = traitlets.Bool(False).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    a = traitlets.Dict().tag(sync=True)
    b = traitlets.Dict().tag(sync=True)
    truth = traitlets.Dict().tag(sync=True)
    differences = traitlets.Dict().tag(sync=True)  # like limits, for the third map

    def __init__(
        self, a, b, truth=None, goal=None, state=None, labels=None, direction="goal", scale="value", swapped=False,
        blink=False, link="leo", title=None,
    ):  # fmt: skip
        first, exact = read_mapped(a, truth, "CompareAB")
        second, _ = read_mapped(b, None, "CompareAB")
        _check_comparable(first, second)
        self._table, self._other, self._exact = first, second, exact
        both = [first, second]
        low, high = wire.span(*(table.q for table in (*both, exact) if table is not None))
        super().__init__(
            **world_of(first), goal=default_goal(first, exact) if goal is None else goal, link=link,
            title="" if title is None else title, labels=_labels(both, labels),
            a=wire.pack(first.q, low, high), b=wire.pack(second.q, low, high),
            truth={} if exact is None else wire.pack(exact.q, low, high),
            limits=limits(_stacked(both), exact and _stacked([exact, exact])), differences=self._difference_limits(),
            state_index=(first.start or 0) if state is None else index_of(state, first.state_names, "state"),
            direction=direction, scale=scale, swapped=swapped, blink=blink,
            value_scale=scales.describe(first, low, high),
        )  # fmt: skip

    # ------------------------------------------------------------------ what it says of itself
    def summary(self) -> str:
        return f"{super().summary()}, {self.labels[0]} and {self.labels[1]}"

    def table(self) -> list[dict]:
        """One row for each cell of the map: what a and b say of its pair with the pinned goal or state.

        Keys: state, goal, action_a, action_b, differ (whether these two are different), value_a, value_b,
        difference (value_a - value_b, swapped or not); where values stand for steps steps_a and steps_b; with exact
        values exact_value, error_a and error_b. Where the state is the goal, all but the names is None.
        """
        return [self._row(state, goal) for state, goal in self._pairs()]

    def png(self) -> bytes:
        """The three maps side by side, each with its name above and its colours below."""
        names, sides = self._sides()
        maps = [self._map_of(table) for table in sides]
        for picture in maps:
            self._mark_differing(picture)
        maps.append(self._difference_map(*sides))
        titles = [*names, f"{names[0]} - {names[1]}"]
        parts = [titled(picture.image, text) for picture, text in zip(maps, titles, strict=True)]
        return to_png(beside(*parts))

    # ------------------------------------------------------------------ helpers
    def _sides(self):
        """Names and tables, the left one first."""
        step = -1 if self.swapped else 1
        return self.labels[::step], (self._table, self._other)[::step]

    def _row(self, state: int, goal: int) -> dict:
        both = {"a": self._table, "b": self._other}
        names = ["action_a", "action_b", "differ", "value_a", "value_b", "difference"]
        names += ["steps_a", "steps_b"] * self._table.convertible
        names += ["exact_value", "error_a", "error_b"] * (self._exact is not None)
        row = {"state": self._table.state_names[state], "goal": self._table.goal_names[goal], **dict.fromkeys(names)}
        if self._table.here[state, goal]:
            return row
        for side, table in both.items():
            value = row[f"value_{side}"] = float(table.v[state, goal])
            row[f"action_{side}"] = table.action_names[table.best[state, goal]]
            if table.convertible:
                row[f"steps_{side}"] = float(scales.steps(value, table, goal))
            if self._exact is not None:
                row["exact_value"] = float(self._exact.v[state, goal])
                row[f"error_{side}"] = value - row["exact_value"]
        row["differ"] = row["action_a"] != row["action_b"]
        row["difference"] = row["value_a"] - row["value_b"]
        return row

    @property
    def _cut(self) -> np.ndarray:
        """Pairs that no way joins, by the exact values, else by both tables, bool [S, G]."""
        return self._exact.cut if self._exact is not None else self._table.cut & self._other.cut

    def _known(self) -> np.ndarray:
        """Pairs with a difference to speak of, bool [S, G]: no state is its goal, and some way leads there."""
        sources = [self._exact] if self._exact is not None else [self._table, self._other]
        return ~self._table.here & ~np.any([source.cut for source in sources], axis=0)

    def _difference(self, scale: str, first: AllGoalsValues, second: AllGoalsValues) -> np.ndarray:
        """What the third map shows of all pairs, [S, G]; NaN where neither has a way."""
        if scale == "error":
            sizes = [np.abs(scales.error(table.v, self._exact.v)) for table in (first, second)]
            return scales.error(*sizes)
        shown = [scales.steps(table.v, table) if scale == "steps" else table.v for table in (first, second)]
        return scales.error(*shown)

    def _difference_limits(self) -> dict:
        """{scale: {low, high, below, above}} of the third map: symmetric, and wide enough for 98 % of the pairs."""
        allowed = ["value", *["steps"] * self._table.convertible, *(["error"] if self._exact else [])]
        found = {}
        for scale in allowed:
            sizes = np.abs(self._difference(scale, self._table, self._other)[self._known()])
            finite = sizes[np.isfinite(sizes)]
            least = 1.0 if scale == "steps" else 0.001
            size = max(least, nice_size(float(np.quantile(finite, 0.98)))) if finite.size else least
            beyond = bool((sizes > size * 1.001).any())
            found[scale] = {"low": -size, "high": size, "below": beyond, "above": beyond}
        return found

    def _difference_map(self, first: AllGoalsValues, second: AllGoalsValues) -> MapPicture:
        numbers = self._difference(self.scale, first, second)
        ends = [self.differences[self.scale][name] for name in ("low", "high")]

        def draw(picture, row, col, state, goal):
            colour = shade(numbers[state, goal], *ends, "DIVERGING")
            picture.fill(row, col, PAPER if np.isnan(numbers[state, goal]) else colour)
            if self._cut[state, goal]:
                picture.mark(row, col, "cross", ink_on(colour))

        picture = self._picture(draw)
        self._mark_differing(picture)
        digits = max(DIGITS[self.scale], 0 if self.scale == "steps" else 3)
        picture.legend("DIVERGING", *(f"{end:+.{digits}f}" for end in ends))
        return picture

    def _mark_differing(self, picture: MapPicture) -> None:
        """A notch in the cells where the greedy actions of a and b differ."""
        positions = self._table.state_positions if self.direction == "goal" else self._table.goal_positions
        for (row, col), (state, goal) in zip(positions, self._pairs(), strict=True):
            differ = self._table.best[state, goal] != self._other.best[state, goal]
            if differ and not self._cut[state, goal] and not self._table.here[state, goal]:
                picture.mark(row, col, "notch", MARKED)


def _check_comparable(a: AllGoalsValues, b: AllGoalsValues) -> None:
    """Raise ValueError unless two tables are of one world, on one scale."""
    check_pair(a, b, "CompareAB", ("a", "b"))
    for name in ("gamma", "layout"):
        ours, theirs = getattr(a, name), getattr(b, name)
        if name == "layout" and (ours is None or theirs is None):
            continue
        if ours != theirs:
            shown = "" if name == "layout" else f": {ours!r} and {theirs!r}"
            raise ValueError(f"CompareAB: a and b differ in {name}{shown}")
    for name in ("state_positions", "goal_positions"):
        if not np.array_equal(getattr(a, name), getattr(b, name)):
            raise ValueError(f"CompareAB: a and b differ in {name}")


def _labels(both, labels) -> list[str]:
    if labels is not None:
        labels = [str(label) for label in ([labels] if isinstance(labels, str) else labels)]
        if len(labels) != 2 or labels[0] == labels[1] or not all(labels):
            raise ValueError(f"CompareAB: labels must be two different names, got {labels}")
        return labels
    titles = [table.title for table in both]
    return titles if all(titles) and titles[0] != titles[1] else ["A", "B"]


def _stacked(two) -> AllGoalsValues:
    """Two tables as one of twice as many states: the numbers at the ends of a scale that serves both."""
    twice = np.concatenate([two[0].state_positions] * 2)
    return replace(two[0], q=np.concatenate([table.q for table in two]), state_positions=twice)
