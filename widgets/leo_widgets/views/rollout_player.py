"""RolloutPlayer: one walk of the agent, and what it thinks of every goal at every step of it."""

from typing import ClassVar

import numpy as np
import traitlets
from PIL import Image

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import limits
from leo_widgets.arrays.values import AllGoalsValues, read_mapped
from leo_widgets.arrays.walks import Walk, check_on_values, orders_along, orders_on_values, read_walk
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import below, strip_picture, to_png
from leo_widgets.pictures.map_picture import DIRECTIONS, MapPicture
from leo_widgets.pictures.palette import ACCENT, INK, PAPER, ink_on
from leo_widgets.pictures.plane_picture import PlanePicture
from leo_widgets.views.base import ScaledWidget, world_of
from leo_widgets.views.plane_widget import PlaneWidget, plane_traits, read_body_walk, walk_traits

WHO = "RolloutPlayer"


class RolloutPlayer(PlaneWidget, ScaledWidget):
    """Play a walk, over a strip of goals x time that shows V(s_t, g): on a map, or on a plane.

    A walk on a map goes through the states of a value table: RolloutPlayer(values, walk). A body's walk on a plane
    holds its own values, so it needs no table: RolloutPlayer(walk).

    values: all-goals values (see `leo_widgets.arrays.values.AllGoalsValues`) with positions; `layout` may be None. Or
        a walk with the layer `body` (see `leo_widgets.arrays.walks.Walk`).
    walk: for values, a walk of T steps with the layer `cell`, for the same goals by the same actions.
    truth: for values, the exact ones of the same states, goals and actions, for the error scale and the truth toggle.
    link: widgets of the same goals with the same link share the goal in one page; on a plane also the frame.
    speed: steps per second, one of 1, 2, 4, 8, 16, 32.
    frame: the time to start at, 0 to T.
    goal: index or name of the goal to colour by; by default the commanded goal, whichever it is at the time.
    sort: order of the rows: "commanded", "peak" or "group".
    scale: "value", "steps" (where the values stand for steps) or "error" (with truth).
    While `follow` is true, `goal` is the commanded goal of `frame`; choosing another goal ends that.
    Raises TypeError for objects that are no all-goals values or no such walk, ValueError for what does not fit.
    """

    truth_argument = "RolloutPlayer(values, walk, truth=...)"
    _esm = assets.esm("rollout_player")
    _css = assets.css("rollout_player")
    # the frame comes before the goal: a page that restores both stays with the commanded goal
    view_names: ClassVar[tuple[str, ...]] = (
        "frame", "goal", "follow", "speed", "sort", "scale", "show_truth", "show_table",
    )  # fmt: skip
    static_height: ClassVar[int] = 1000

    sort = traitlets.Enum(["commanded", "peak", "group"], "commanded").tag(sync=True)
    scale = traitlets.Enum(["value", "steps", "error"], "value").tag(sync=True)
    show_truth = traitlets.Bool(False).tag(sync=True)
    orders = traitlets.Dict().tag(sync=True)

    # of a walk on a map; `walk` is {"states" [T + 1], "actions" [T], "goals" [T + 1], "achieved" [T + 1]} then
    v = traitlets.Dict().tag(sync=True)  # [S, G, 1], the value of the best action
    truth = traitlets.Dict().tag(sync=True)

    def __init__(
        self, values, walk=None, truth=None, link="leo", title=None, speed=4, frame=0, goal=None, sort="commanded",
        scale="value", show_truth=False,
    ):  # fmt: skip
        if walk is None:
            if truth is not None:
                raise ValueError(f"{WHO}: truth is compared with values, and none were given")
            self._walk = source = read_body_walk(values, WHO)
            self._table, self._exact, traits = source, None, _plane_traits(source)
        else:
            self.shared_names = ("goal",)
            source, self._exact = read_mapped(values, truth, WHO)
            self._table, self._walk = source, _read_walk(walk, source)
            traits = _map_traits(source, self._exact, self._walk)
        self._commanded = self._walk.commanded
        super().__init__(
            **traits, link=link, title=source.title if title is None else title, follow=goal is None,
            goal=self._commanded_at(frame) if goal is None else goal, limits=limits(source, self._exact),
            frame=frame, speed=speed, sort=sort, scale=scale, show_truth=show_truth,
        )  # fmt: skip

    # ------------------------------------------------------------------ what it says of itself
    def summary(self) -> str:
        if self._walk.body is not None:
            return f"{len(self.goal_names)} goals, {self._walk.steps} steps, {self._walk.body.limbs.shape[1]} limbs"
        rows, cols = self._table.shape
        return f"{rows}x{cols}, {len(self.goal_names)} goals, {self._walk.steps} steps"

    def table(self) -> list[dict]:
        """One row for each of the T + 1 times.

        On a map: time, state, action (None at the end), commanded_goal, value (of the commanded goal in that state),
        steps_left (where values stand for steps), achieved, passed (names of goals achieved without being commanded);
        with exact values also exact_value and exact_steps_left. Where the state is the commanded goal, value is None
        and steps_left 0.
        On a plane: time, x, y, commanded_goal, desired_x, desired_y (the place that was asked for), away (how far it
        is), value, steps_left, achieved (whether the body is within its radius), reached (names of all goals within
        whose radius it has just come), and every action by its name (None at the end).
        The actions of a row are chosen for the commanded goal of the row after it.
        """
        row = self._map_row if self._walk.body is None else self._walk_row
        return [row(time) for time in range(self._walk.steps + 1)]

    def png(self) -> bytes:
        """Map or plane at the chosen time, with the way so far, above the strip; 440 to 600 pixels wide."""
        if self._walk.body is None:
            top, colours = self._map_picture(), self._pair_shades()[self._walk.cell]
        else:
            top, colours = self._plane_picture(), self._shades(self._walk.v, self.scale, self._walk)
        strip = strip_picture(colours, self.orders[self.sort], self._commanded, self.frame, max(top.width, 440))
        return to_png(below(top, strip))

    # ------------------------------------------------------------------ on a map
    def _map_row(self, time: int) -> dict:
        table, walk = self._table, self._walk
        state, goal = walk.cell[time], walk.commanded[time]
        row = {
            "time": time, "state": table.state_names[state],
            "action": table.action_names[walk.action[time]] if time < walk.steps else None,
            "commanded_goal": table.goal_names[goal],
        }  # fmt: skip
        here = bool(table.here[state, goal])
        for prefix, source in (("", table), ("exact_", self._exact)):
            if source is None:
                continue
            row[f"{prefix}value"] = None if here else float(source.v[state, goal])
            steps = self._steps_of(source, source.v[state, goal], goal, f"{prefix}steps_left")
            row |= dict.fromkeys(steps, 0.0) if here else steps
        row["achieved"] = bool(walk.done[time])
        passed = np.flatnonzero(table.here[state]) if time else ()
        row["passed"] = [table.goal_names[other] for other in passed if other != goal]
        return row

    def _pair_shades(self) -> np.ndarray:
        """Colours [S, G, 3] of all pairs as they are shown; white where the state is the goal."""
        source = self._exact if self.show_truth and self.scale != "error" else self._table
        v = source.v.astype(float)
        if self.scale == "error":
            v = scales.error(v, self._exact.v)
        colours = self._shades(v, self.scale, source)
        colours[self._table.here] = PAPER
        return colours

    def _map_picture(self) -> Image.Image:
        walk, table = self._walk, self._table
        positions, commanded = table.state_positions, self._commanded[self.frame]
        picture = MapPicture(*table.shape, table.layout)
        colours = self._pair_shades()[:, self.goal]
        for (row, col), colour in zip(positions, colours, strict=True):
            picture.fill(row, col, colour)
        changes = np.flatnonzero((np.diff(self._commanded[: self.frame + 1]) != 0) | walk.done[: self.frame])
        for time in range(changes[-1] if changes.size else 0, self.frame):
            state, action = walk.cell[time], self.action_names[walk.action[time]]
            if action in DIRECTIONS:
                picture.mark(*positions[state], f"arrow {action}", ink_on(colours[state]))
        picture.mark(*table.goal_positions[commanded], "ring", ACCENT)
        if self.goal != commanded:
            picture.mark(*table.goal_positions[self.goal], "frame", INK)
        picture.mark(*positions[walk.cell[self.frame]], "disc", ACCENT)
        picture.signs()
        self._legend(picture, self.scale)
        return picture.image

    # ------------------------------------------------------------------ on a plane
    def _plane_picture(self) -> Image.Image:
        picture = PlanePicture(self._walk.body.plane)
        self._draw_goals(picture, self.scale)
        self._draw_walk(picture)
        self._legend(picture, self.scale)
        return picture.image


def _read_walk(walk, table: AllGoalsValues) -> Walk:
    """A walk through the states of a table, by actions of a list."""
    read = read_walk(walk, WHO, "cell")
    check_on_values(read, table, WHO)
    if read.action.ndim != 1:
        raise ValueError(f"{WHO}: walk.action must be [T] on a map, got {read.action.shape}")
    return read


def _map_traits(table: AllGoalsValues, exact: AllGoalsValues | None, walk: Walk) -> dict:
    ends = wire.span(table.v, *([] if exact is None else [exact.v]))
    times = {"states": walk.cell, "actions": walk.action, "goals": walk.commanded, "achieved": walk.done}
    return {
        **world_of(table), "v": wire.pack(table.v[..., None], *ends),
        "truth": {} if exact is None else wire.pack(exact.v[..., None], *ends),
        "walk": {name: array.tolist() for name, array in times.items()},
        "orders": _kept(orders_on_values(walk, table, exact)), "value_scale": scales.describe(table, *ends),
    }  # fmt: skip


def _plane_traits(walk: Walk) -> dict:
    return {
        **plane_traits(walk.body.plane), **walk_traits(walk), "gamma": walk.gamma,
        "orders": _kept(orders_along(walk)), "value_scale": scales.describe(walk, *wire.span(walk.v)),
    }  # fmt: skip


def _kept(orders: dict) -> dict:
    """The orders that can be chosen here."""
    return {name: orders[name] for name in ("commanded", "peak", "group")}
