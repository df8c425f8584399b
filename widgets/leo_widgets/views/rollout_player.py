"""RolloutPlayer: one walk of the agent, and what it thinks of every goal at every step of it."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import tables, traces, wire
from leo_widgets.arrays.planes import is_plane_walk
from leo_widgets.page import assets
from leo_widgets.pictures import raster
from leo_widgets.views.base import ScaledWidget, world_of
from leo_widgets.views.goal_map import limits
from leo_widgets.views.plane_player import PlanePlayer
from leo_widgets.views.players import PlayerWidget


class RolloutPlayer(PlayerWidget, ScaledWidget):
    """Play a walk on the map, over a strip of goals x time that shows V(s_t, g).

    The walk of a body on a plane needs no table, for it holds its values: RolloutPlayer(trace) is a `PlanePlayer`.

    values: an all-goals value table (see `leo_widgets.arrays.tables.Table`) with positions; `layout` may be None.
    trace: the walk, T steps (see `leo_widgets.arrays.traces.Walk`): states, goals and achieved [T + 1], actions [T].
    truth: the exact table of the same states, goals and actions, for the error scale and the truth toggle.
    link: widgets of the same goals with the same link share the goal in one page.
    speed: steps per second, one of 1, 2, 4, 8, 16, 32.
    frame: the time to start at, 0 to T.
    goal: index or name of the goal to colour by; by default the commanded goal, whichever it is at the time.
    While `follow` is true, `goal` is the commanded goal of `frame`; choosing another goal ends that.
    Raises TypeError for an object that is no value table or no trace, ValueError for what does not fit.
    """

    truth_argument = "RolloutPlayer(values, trace, truth=...)"
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

    v = traitlets.Dict().tag(sync=True)  # [S, G, 1], the value of the best action
    truth = traitlets.Dict().tag(sync=True)
    trace = traitlets.Dict().tag(sync=True)
    orders = traitlets.Dict().tag(sync=True)

    def __new__(cls, values, trace=None, *args, **options):
        if trace is None and is_plane_walk(values):
            return PlanePlayer(values, **options)
        return super().__new__(cls)

    def __init__(
        self, values, trace, truth=None, link="leo", title=None, speed=4, frame=0, goal=None, sort="commanded",
        scale="value", show_truth=False,
    ):  # fmt: skip
        who = type(self).__name__
        table, exact = tables.read_mapped(values, truth, who)
        walk = traces.read_walk(trace, table, who)
        self._table, self._exact, self._walk, self._commanded = table, exact, walk, walk.goals
        low, high = wire.span(table.v, *([] if exact is None else [exact.v]))
        super().__init__(
            **world_of(table), link=link, title=table.title if title is None else title,
            goal=self._commanded_at(frame) if goal is None else goal, follow=goal is None,
            v=wire.pack(table.v[..., None], low, high),
            truth={} if exact is None else wire.pack(exact.v[..., None], low, high),
            trace={name: getattr(walk, name).tolist() for name in traces.Walk.__dataclass_fields__},
            orders=traces.row_orders(table, walk, exact), limits=limits(table, exact),
            frame=frame, speed=speed, sort=sort, scale=scale, show_truth=show_truth,
        )  # fmt: skip

    # ------------------------------------------------------------------ what it says of itself
    def summary(self) -> str:
        rows, cols = self._table.shape
        return f"{rows}x{cols}, {len(self.goal_names)} goals, {self._walk.steps} steps"

    def table(self) -> list[dict]:
        """One row for each of the T + 1 times.

        Keys: time, state, action (None at the end), commanded_goal, value (of the commanded goal in that state),
        steps_left (hit values only), achieved, passed (names of goals achieved without being commanded); with
        exact values also exact_value and exact_steps_left. The action of a row is chosen for the commanded goal
        of the row after it. Where the state is the commanded goal, value is None and steps_left 0.
        """
        return [self._row(time) for time in range(self._walk.steps + 1)]

    def png(self) -> bytes:
        """The map at the chosen time, with the way since the last command, above the strip; 440 to 600 pixels wide."""
        top = self._map_picture()
        width = max(top.shape[1], 440)
        top = np.pad(top, ((0, 0), (0, width - top.shape[1]), (0, 0)), constant_values=255)
        strip = raster.strip_picture(
            self._shades()[self._walk.states], self.orders[self.sort], self._walk.goals, self.frame, width
        )
        picture = np.concatenate([top, strip])
        return raster.encode_png(np.round(np.clip(picture, 0, 255)).astype(np.uint8))

    # ------------------------------------------------------------------ helpers
    def _row(self, time: int) -> dict:
        table, walk = self._table, self._walk
        state, goal = walk.states[time], walk.goals[time]
        row = {
            "time": time, "state": table.state_names[state],
            "action": table.action_names[walk.actions[time]] if time < walk.steps else None,
            "commanded_goal": table.goal_names[goal],
        }  # fmt: skip
        for prefix, source in (("", table), ("exact_", self._exact)):
            if source is None:
                continue
            here = bool(table.here[state, goal])
            row[f"{prefix}value"] = None if here else float(source.v[state, goal])
            if table.scale == "hit":
                steps = 0.0 if here else float(tables.steps(source.v[state, goal], table.gamma))
                row[f"{prefix}steps_left"] = steps
        row["achieved"] = bool(walk.achieved[time])
        passed = np.flatnonzero(table.here[state]) if time else ()
        row["passed"] = [table.goal_names[other] for other in passed if other != goal]
        return row

    def _shades(self) -> np.ndarray:
        """Colours [S, G, 3] of all pairs as they are shown; white where the state is the goal."""
        shown = (self._exact if self.show_truth and self.scale != "error" else self._table).v.astype(float)
        low, high = (self.limits[self.scale][name] for name in ("low", "high"))
        if self.scale == "error":
            colours = raster.shade(shown - self._exact.v, low, high, "DIVERGING")
        elif self.scale == "steps":
            colours = raster.shade(tables.steps(shown, self.gamma), high, low)
        else:
            colours = raster.shade(shown, low, high)
        colours[self._table.here] = raster.PAPER
        return colours

    def _map_picture(self) -> np.ndarray:
        walk, positions = self._walk, self._table.state_positions
        picture = raster.Picture(*self._table.shape, self._table.layout)
        colours = self._shades()[:, self.goal]
        for (row, col), colour in zip(positions, colours, strict=True):
            picture.fill(row, col, colour)
        changes = np.flatnonzero((np.diff(walk.goals[: self.frame + 1]) != 0) | walk.achieved[: self.frame])
        for time in range(changes[-1] if changes.size else 0, self.frame):
            state, action = walk.states[time], self.action_names[walk.actions[time]]
            if action in raster.DIRECTIONS:
                picture.mark(*positions[state], f"arrow {action}", raster.ink_on(colours[state]))
        picture.mark(*self._table.goal_positions[walk.goals[self.frame]], "ring", raster.ACCENT)
        if self.goal != walk.goals[self.frame]:
            picture.mark(*self._table.goal_positions[self.goal], "frame", raster.INK)
        picture.mark(*positions[walk.states[self.frame]], "disc", raster.ACCENT)
        picture.signs()
        start, stop = (self.limits[self.scale][name] for name in ("low", "high"))
        digits = {"value": 2, "steps": 0, "error": 3}[self.scale]
        ends = (stop, start) if self.scale == "steps" else (start, stop)
        name = "DIVERGING" if self.scale == "error" else "CIVIDIS"
        picture.legend(name, *(f"{end:.{digits}f}" for end in ends))
        return picture.image
