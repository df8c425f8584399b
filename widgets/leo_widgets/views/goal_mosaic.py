"""GoalMosaic: one small map for each goal, so that goals which are learnt badly stand out among all."""

import re
from typing import ClassVar

import numpy as np
import traitlets
from PIL import ImageDraw

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import default_goal, limits
from leo_widgets.arrays.names import index_of, short_name
from leo_widgets.arrays.values import AllGoalsValues, read_mapped
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import blank, colour_bar, of_array, to_png, write
from leo_widgets.pictures.palette import ACCENT, INK, WALL, shade
from leo_widgets.views.base import check_index, world_of
from leo_widgets.views.pairs import DIGITS, PairWidget

MOST = 12  # goals that can be picked at a time
WHOLE = 1 - 1e-6  # a success from which a goal is not framed
_NEEDS = {
    "error": "sort 'error' needs exact values: GoalMosaic(values, truth=...)",
    "success": "sort 'success' needs rates: GoalMosaic(values, success=...)",
}


class GoalMosaic(PairWidget):
    """Show V(s, g) of all states as one small map for each goal: sorted, filtered, and with failures framed.

    values: all-goals values (see `leo_widgets.arrays.values.AllGoalsValues`) with positions; `layout` may be None.
    truth: the exact table of the same states, goals and actions, for the error scale, the error sort and the toggle.
    success: how often a goal is reached, float [G], or from each state [S, G], in 0 to 1; NaN where not measured.
        Goals with a mean below 1 are framed.
    goal, state: index or name; by default the start, and a goal rather far from it.
    sort: "name"; "value", the best mean value first (for hit values: the nearest); "error", the largest mean
        |V - exact V| first; "success", the lowest first.
    prefix: show goals whose name, or the part of it behind the first "/", starts with it.
    selection: up to 12 goals, as indices or names. The trait holds indices, in the order in which they were picked.
    scale: "value", "steps" (where values stand for them) or "error". show_truth: show the exact values instead.
    link: widgets of the same goals with the same link share goal and state in one page.
    Raises TypeError for an object that is no value table, ValueError for what does not fit.
    """

    truth_argument = "GoalMosaic(values, truth=...)"
    _esm = assets.esm("goal_mosaic")
    _css = assets.css("goal_mosaic")
    view_names: ClassVar[tuple[str, ...]] = (
        "goal", "state_index", "sort", "prefix", "selection", "scale", "show_truth", "show_table",
    )  # fmt: skip
    static_height: ClassVar[int] = 900

    sort = traitlets.Enum(["name", "value", "error", "success"], "name").tag(sync=True)
    prefix = traitlets.Unicode().tag(sync=True)
    selection = traitlets.List(traitlets.Int()).tag(sync=True)
    most = traitlets.Int(MOST, read_only=True).tag(sync=True)
    show_truth = traitlets.Bool(False).tag(sync=True)

    v = traitlets.Dict().tag(sync=True)  # [S, G, 1], the value of the best action
    truth = traitlets.Dict().tag(sync=True)
    success = traitlets.Dict().tag(sync=True)  # [S, G] where it is known for each state
    scores = traitlets.Dict().tag(sync=True)  # {"value", "error", "success": a number for each goal, or None}
    orders = traitlets.Dict().tag(sync=True)  # {sort: goals}

    def __init__(
        self, values, truth=None, success=None, goal=None, state=None, sort="name", prefix="", selection=(),
        scale="value", show_truth=False, link="leo", title=None,
    ):  # fmt: skip
        self._table, self._exact = table, exact = read_mapped(values, truth, "GoalMosaic")
        rates = None if success is None else _read_success(success, table)
        self._scores = _scores(table, exact, rates)
        low, high = wire.span(table.v, *([] if exact is None else [exact.v]))
        super().__init__(
            **world_of(table), goal=default_goal(table, exact) if goal is None else goal, link=link,
            title=table.title if title is None else title, limits=limits(table, exact),
            v=wire.pack(table.v[..., None], low, high),
            truth={} if exact is None else wire.pack(exact.v[..., None], low, high),
            success=wire.pack(rates) if rates is not None and rates.ndim == 2 else {},
            scores={name: [_portable(x) for x in score] for name, score in self._scores.items()},
            orders=_orders(table, self._scores),
            state_index=(table.start or 0) if state is None else index_of(state, table.state_names, "state"),
            selection=[index_of(item, table.goal_names, "goal") for item in selection],
            sort=sort, prefix=prefix, scale=scale, show_truth=show_truth, value_scale=scales.describe(table, low, high),
        )  # fmt: skip

    # ------------------------------------------------------------------ checks
    @traitlets.validate("selection")
    def _check_selection(self, proposal):
        chosen = proposal.value
        if len(chosen) > MOST:
            raise traitlets.TraitError(f"selection holds {len(chosen)} goals, at most {MOST} can be picked")
        if len(set(chosen)) < len(chosen):
            raise traitlets.TraitError(f"selection holds a goal twice: {chosen}")
        return [check_index(goal, self.goal_names, "goal") for goal in chosen]

    @traitlets.validate("sort")
    def _check_sort(self, proposal):
        if proposal.value != "name" and proposal.value not in self._scores:
            raise traitlets.TraitError(_NEEDS[proposal.value])
        return proposal.value

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "selection": len(self.goal_names)}

    def shown(self) -> list[int]:
        """The goals that pass the filter, in their present order."""
        starts = self.prefix.strip().lower()
        names = [name.lower() for name in self.goal_names]
        return [
            goal for goal in self.orders[self.sort]
            if names[goal].startswith(starts) or short_name(names[goal]).startswith(starts)
        ]  # fmt: skip

    def table(self) -> list[dict]:
        """One row for each goal that is shown, in its order.

        Keys: goal, mean_value (over all states but the goal itself), picked; with exact values also mean_error,
        the mean |V - exact V|; with success rates also success.
        """
        names = {"value": "mean_value", "error": "mean_error", "success": "success"}
        return [
            {"goal": self.goal_names[goal]}
            | {names[name]: float(score[goal]) for name, score in self._scores.items()}
            | {"picked": goal in self.selection}
            for goal in self.shown()
        ]

    def png(self) -> bytes:
        """The tiles with their names, about 900 pixels wide, and the colours below."""
        rows, cols = self._table.shape
        cell = int(np.clip(96 // cols, 2, 14))
        width, height = max(cols * cell, 48) + 10, rows * cell + 26
        shown = self.shown()
        across = max(1, min(len(shown), 880 // width))
        image = blank(max(across * width, 200) + 10, -(-len(shown) // across) * height + 44)
        colours = self._tile_colours()
        for place, goal in enumerate(shown):
            self._draw_tile(
                image, 10 + place % across * width, 10 + place // across * height, goal, colours[goal], cell
            )
        start, stop = (f"{end:.{DIGITS[self.scale]}f}" for end in self._ends())
        colour_bar(image, image.height - 26, self._colours(), start, stop)
        return to_png(image)

    # ------------------------------------------------------------------ helpers
    def _tile_colours(self) -> np.ndarray:
        """Colours [G, rows, cols, 3] of all maps, as they are shown."""
        table, exact = self._table, self._exact
        shown = (exact if self.show_truth and self.scale != "error" else table).v.astype(float)
        if self.scale == "error":
            shown = scales.error(shown, exact.v)
        elif self.scale == "steps":
            shown = scales.steps(shown, table)
        tiles = np.full((shown.shape[1], *table.shape, 3), WALL, float)
        row, col = table.state_positions.T
        tiles[:, row, col] = shade(shown, *self._ends(), self._colours()).transpose(1, 0, 2)
        for goal, (row, col) in enumerate(table.goal_positions):
            tiles[goal, row, col] = ACCENT
        return tiles

    def _draw_tile(self, image, left: int, top: int, goal: int, colours: np.ndarray, cell: int) -> None:
        """One tile at a place of the image, with its name below and its frames around."""
        tile, draw = of_array(colours, cell), ImageDraw.Draw(image)
        image.paste(tile, (left, top))
        right, bottom = left + tile.width, top + tile.height
        if "success" in self._scores and self._scores["success"][goal] < WHOLE:
            draw.rectangle((left, top, right - 1, bottom - 1), outline=ACCENT, width=2)
        if goal == self.goal:
            draw.rectangle((left, bottom, right - 1, bottom + 2), INK)
        name = ("*" if goal in self.selection else "") + short_name(self.goal_names[goal])
        write(image, (left, bottom + 3), name, size=11, room=max(tile.width, 48) + 6)


def _read_success(success, table: AllGoalsValues) -> np.ndarray:
    """Rates as float [G] or [S, G]; else ValueError."""
    rates = np.asarray(success, float)
    states, goals, _ = table.q.shape
    if rates.shape not in ((goals,), (states, goals)):
        raise ValueError(f"GoalMosaic: success must have shape ({goals},) or ({states}, {goals}), got {rates.shape}")
    known = rates[~np.isnan(rates)]
    if known.size and (known.min() < 0 or known.max() > 1):
        raise ValueError(f"GoalMosaic: success must lie in 0 to 1, got {known.min():.6g} to {known.max():.6g}")
    return rates


def _scores(table: AllGoalsValues, exact, rates) -> dict[str, np.ndarray]:
    """A number for each goal, float [G], by the name of the sort; NaN where nothing is known."""
    found = {"value": _mean(table.v, table.here)}
    if exact is not None:
        found["error"] = _mean(np.abs(scales.error(table.v, exact.v)), table.here)
    if rates is not None:
        found["success"] = rates if rates.ndim == 1 else _mean(rates, table.here)
    return found


def _mean(numbers, here) -> np.ndarray:
    """Mean over the states of each goal, [S, G] -> [G], without those that are the goal and those that are unknown."""
    known = ~here & np.isfinite(numbers)
    total, count = np.where(known, numbers, 0.0).sum(axis=0, dtype=float), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _orders(table: AllGoalsValues, scores: dict) -> dict[str, list[int]]:
    """The goals by each sort. Equals keep the order of their names; unknown ones come last."""
    by_name = sorted(range(len(table.goal_names)), key=lambda goal: _natural(table.goal_names[goal]))
    orders = {"name": by_name}
    for name, score in scores.items():
        sign = 1 if name == "success" or (name == "value" and not table.meaning.larger_is_better) else -1
        orders[name] = sorted(by_name, key=lambda goal, score=score, sign=sign: (
            bool(np.isnan(score[goal])), 0.0 if np.isnan(score[goal]) else sign * score[goal]))  # fmt: skip
    return orders


def _natural(name: str) -> list:
    """A sort key by which r2c10 comes after r2c9."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _portable(number: float) -> float | None:
    """A number for JSON, which has no NaN."""
    return None if np.isnan(number) else float(number)
