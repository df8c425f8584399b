"""SuccessMatrix: every start and every goal, and what became of the walk between them."""

from typing import ClassVar

import numpy as np
import traitlets
from PIL import ImageDraw

from leo_widgets.arrays import outcomes, scales, wire
from leo_widgets.arrays.limits import limits, nice_size
from leo_widgets.arrays.names import index_of
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import blank, colour_bar, of_array, to_png
from leo_widgets.pictures.palette import ACCENT, INK, PAPER, WALL, shade
from leo_widgets.views.base import ScaledWidget, check_index, world_of


class SuccessMatrix(ScaledWidget):
    """Show all starts x goals: extra steps over the optimum, or failure; and play the greedy walk of a pair on the map.

    evaluation: anything with values, exact (all-goals values on the scale "hit", with positions), pairs (bool [S, G],
        those that count), success (probability [S, G] of reaching the goal in time) and length (steps [S, G] that it
        then takes, NaN where it never does).
    Or, in its place, all-goals values, and beside them truth (the exact ones), success and length, and perhaps pairs;
        without them all pairs count that differ and that some way joins.
    transitions: where actions lead, for the walks: probabilities [S, A, S] or next states [S, A]. By default the rules
        of the map. Where chance has a part, the walk that is played takes the likeliest next state each time.
    max_steps: the time limit of a walk.
    fails_below: a pair fails where its success is below this.
    start, goal: index or name; by default the pair that does worst. The trait `pair` is (start, goal), as indices.
    sort: of rows and columns, by "position" (as in the table) or by "success" (lowest mean first).
    only_failures: show the failures alone, and the starts and goals that have one.
    link: widgets of the same goals with the same link share goal and state in one page.
    Raises TypeError for what is neither evaluation nor values, ValueError for what does not fit.
    """

    _esm = assets.esm("success_matrix")
    _css = assets.css("success_matrix")
    view_names: ClassVar[tuple[str, ...]] = ("goal", "state_index", "sort", "only_failures", "show_table")
    static_height: ClassVar[int] = 840

    state_index = traitlets.Int(0).tag(sync=True)  # the start
    pair = traitlets.Tuple(traitlets.Int(), traitlets.Int())  # not synced: made of the two that are
    sort = traitlets.Enum(["position", "success"], "position").tag(sync=True)
    only_failures = traitlets.Bool(False).tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)

    v = traitlets.Dict().tag(sync=True)  # [S, G, 1], the value of the best action
    best = traitlets.Dict().tag(sync=True)  # uint8 [S, G], the greedy action
    pairs = traitlets.Dict().tag(sync=True)  # uint8 [S, G]
    success = traitlets.Dict().tag(sync=True)  # [S, G]
    length = traitlets.Dict().tag(sync=True)
    optimum = traitlets.Dict().tag(sync=True)
    orders = traitlets.Dict().tag(sync=True)  # {sort: [starts, goals]}
    next_states = traitlets.List().tag(sync=True)  # [S][A], or empty: the rules of the map
    rules = traitlets.Dict().tag(
        sync=True
    )  # {"max_steps", "fails_below", "luck", "worst": steps of the last colour, "beyond": are there more}

    def __init__(
        self, evaluation, truth=None, success=None, length=None, pairs=None, *, transitions=None, max_steps=200,
        fails_below=0.99, start=None, goal=None, sort="position", only_failures=False, link="leo", title=None,
    ):  # fmt: skip
        who = type(self).__name__
        self._outcomes = read = outcomes.read_outcomes(evaluation, truth, success, length, pairs, fails_below, who)
        self._table, self._exact = table, _ = read.table, read.exact
        where, luck = outcomes.next_states(transitions, table, who)
        if max_steps < 1:
            raise ValueError(f"{who}: max_steps must be at least 1, got {max_steps}")
        worst = _worst(read)
        self._worst = _scale(read)
        super().__init__(
            **world_of(table), **_arrays(read), limits=limits(table, read.exact),
            goal=int(worst[1]) if goal is None else goal, link=link, title=table.title if title is None else title,
            state_index=int(worst[0]) if start is None else index_of(start, table.state_names, "state"),
            orders=read.orders(), next_states=[] if where is None else where.tolist(), sort=sort,
            only_failures=only_failures,
            rules={"max_steps": int(max_steps), "fails_below": read.fails_below, "worst": self._worst,
                   "beyond": self._beyond(), "luck": luck or _by_luck(read)},
        )  # fmt: skip
        self.pair = (self.state_index, self.goal)

    # ------------------------------------------------------------------ checks, and the pair
    @traitlets.validate("state_index")
    def _check_state(self, proposal):
        return check_index(proposal.value, self.state_names, "state")

    @traitlets.validate("pair")
    def _check_pair(self, proposal):
        start, goal = proposal.value
        return check_index(start, self.state_names, "state"), check_index(goal, self.goal_names, "goal")

    @traitlets.observe("pair")
    def _take_pair(self, change):
        with self.hold_trait_notifications():
            self.state_index, self.goal = self.pair

    @traitlets.observe("goal", "state_index")
    def _tell_pair(self, change):
        if self.goal_names:
            self.pair = (self.state_index, self.goal)

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "state_index": len(self.state_names)}

    def summary(self) -> str:
        rows, cols = self._table.shape
        return f"{rows}x{cols}, {self._outcomes.pairs.sum()} pairs, {self._outcomes.fails.sum()} fail"

    def shown(self) -> tuple[list[int], list[int]]:
        """Starts and goals that are shown, in their order."""
        starts, goals = self.orders[self.sort]
        if not self.only_failures:
            return starts, goals
        fails = self._outcomes.fails
        return [s for s in starts if fails[s].any()], [g for g in goals if fails[:, g].any()]

    def table(self) -> list[dict]:
        """One row for each pair that counts (with `only_failures`, that fails), the worst first.

        Keys: start, goal, success, length (steps, None where never reached), optimum (steps that the exact value stands
        for), extra (length - optimum).
        """
        read = self._outcomes
        rows = []
        for start, goal in read.worst_first(read.fails if self.only_failures else read.pairs):
            numbers = {name: float(getattr(read, name)[start, goal]) for name in ("length", "optimum", "extra")}
            rows.append(
                {
                    "start": self.state_names[start],
                    "goal": self.goal_names[goal],
                    "success": float(read.success[start, goal]),
                    **{name: None if np.isnan(number) else number for name, number in numbers.items()},
                }
            )
        return rows

    def png(self) -> bytes:
        """The matrix, starts downwards and goals across, about 600 pixels wide, and its colours below."""
        starts, goals = self.shown()
        shown = self._colours()[np.ix_(starts, goals)]
        cell = int(np.clip(580 // max(1, len(goals), len(starts)), 2, 24))
        image = blank(max(len(goals) * cell + 20, 200), len(starts) * cell + 54)
        if len(starts):
            image.paste(of_array(shown, cell), (10, 10))
        start, goal = self.pair
        if start in starts and goal in goals:
            left, top = 10 + goals.index(goal) * cell, 10 + starts.index(start) * cell
            ImageDraw.Draw(image).rectangle((left - 2, top - 2, left + cell + 1, top + cell + 1), outline=INK, width=2)
        colour_bar(image, image.height - 32, "CIVIDIS", "0", f"{self._worst:.0f}", reverse=True)
        return to_png(image)

    # ------------------------------------------------------------------ helpers
    def _beyond(self) -> bool:
        """Whether some pair takes more extra steps than the last colour stands for."""
        return bool(np.nanmax(self._outcomes.extra[self._outcomes.pairs], initial=0) > self._worst + 0.01)

    def _colours(self) -> np.ndarray:
        """Colours [S, G, 3]: of the extra steps, and the more of the failure's, the less often the goal is reached."""
        read = self._outcomes
        colours = shade(read.extra, self._worst, 0)
        part = np.where(read.success > 0, read.success, 0)[..., None]
        mixed = part * colours + (1 - part) * np.array(ACCENT, float)
        mixed[~read.pairs] = WALL
        if self.only_failures:
            mixed[read.pairs & ~read.fails] = PAPER
        return mixed


def _arrays(read: outcomes.Outcomes) -> dict:
    """The traits that hold something for every pair."""
    longest = np.nanmax([read.length, read.optimum]) if not np.isnan(read.optimum).all() else 1.0
    low, high = wire.span(read.table.v)
    return {
        "v": wire.pack(read.table.v[..., None], low, high),
        "best": wire.small(read.table.best), "pairs": wire.small(read.pairs),
        "success": wire.pack(np.where(read.pairs, read.success, np.nan)),
        "length": wire.pack(read.length, 0, longest), "optimum": wire.pack(read.optimum, 0, longest),
        "value_scale": scales.describe(read.table, low, high),
    }  # fmt: skip


def _worst(read: outcomes.Outcomes) -> np.ndarray:
    """The (start, goal) that does worst; (0, 0) where no pair counts."""
    found = read.worst_first(read.pairs)
    return found[0] if len(found) else np.zeros(2, int)


def _scale(read: outcomes.Outcomes) -> float:
    """The extra steps at the end of the colours: a round number that 98 % of the detours do not exceed, at least 2."""
    extra = read.extra[read.pairs & (read.success > 0)]
    detours = extra[extra > 0.5].round(2)  # a float32 value stands for a number of steps that is not quite whole
    return max(2.0, nice_size(float(np.quantile(detours, 0.98)))) if detours.size else 2.0


def _by_luck(read: outcomes.Outcomes) -> bool:
    """Whether chance has a part: a success that is no yes or no, or a mean length that is no whole number."""
    success, length = read.success[read.pairs], read.length[read.pairs & (read.success > 0)]
    return bool(((success > 1e-9) & (success < 1 - 1e-9)).any() or (np.abs(length - length.round()) > 1e-6).any())
