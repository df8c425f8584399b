"""CraftaxTrace: one recorded walk through Craftax, and what the agent thinks of every goal at every step of it."""

from typing import ClassVar

import numpy as np
import traitlets
from PIL import Image

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import nice_size
from leo_widgets.arrays.walks import orders_along, read_walk
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import below, strip_picture, to_png
from leo_widgets.pictures.map_picture import MapPicture
from leo_widgets.pictures.palette import ACCENT, PAPER, channels, shade
from leo_widgets.views.base import ValuesWidget, check_index
from leo_widgets.views.pairs import ends_of
from leo_widgets.views.players import SPEEDS

WINDOW = 10  # steps over which the page ranks goals by how far their values have moved
_FACES = ("left", "right", "up", "down")


class CraftaxTrace(ValuesWidget):
    """Play a recorded walk through a world seen from above, over V of every goal at every step.

    walk: T steps with the layer `view` (see `leo_widgets.arrays.walks.Walk`).
    goal: index or name of the goal that is read; by default the one commanded at `frame`.
    frame: the time to start at, 0 to T.
    speed: steps per second, one of 1, 2, 4, 8, 16, 32.
    sort: order of the rows: "moves", the value that moves most over the walk first; "peak", by the time at which the
        value is largest; "group"; "success", by the time at which the goal was first reached.
    link: widgets of the same goals with the same link share goal and frame in one page.
    Raises TypeError for an object that is no such walk, ValueError for what does not fit.
    """

    _esm = assets.esm("craftax_trace")
    _css = assets.css("craftax_trace")
    view_names: ClassVar[tuple[str, ...]] = ("frame", "goal", "speed", "sort", "show_table")
    shared_names: ClassVar[tuple[str, ...]] = ("goal", "frame")
    static_height: ClassVar[int] = 1180

    frame = traitlets.Int(0).tag(sync=True)
    speed = traitlets.Enum(SPEEDS, 4).tag(sync=True)
    sort = traitlets.Enum(["moves", "peak", "group", "success"], "moves").tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)

    v = traitlets.Dict().tag(sync=True)  # [T + 1, G]
    best = traitlets.Dict().tag(sync=True)  # uint8 [T + 1, G]
    achieved = traitlets.Dict().tag(sync=True)  # bits [T + 1, G]
    blocks = traitlets.Dict().tag(sync=True)  # uint8 [T + 1, R, C]
    things = traitlets.Dict().tag(sync=True)
    stats = traitlets.Dict().tag(sync=True)  # uint8 [T + 1, K]
    walk = traitlets.Dict().tag(sync=True)  # {"actions" [T], "commanded" [T + 1], "direction" [T + 1]}
    world_names = traitlets.Dict().tag(sync=True)  # {"block", "thing", "stat": lists}
    window = traitlets.Int(WINDOW, read_only=True).tag(sync=True)
    orders = traitlets.Dict().tag(sync=True)

    def __init__(self, walk, goal=None, frame=0, link="leo", title=None, speed=4, sort="moves"):
        self._walk = walk = read_walk(walk, type(self).__name__, "view")
        if walk.best is None or walk.action.ndim > 1:
            raise ValueError(f"{type(self).__name__}: walk.action must be [T], and walk.best known")
        commanded = int(walk.commanded[frame]) if frame in range(walk.steps + 1) else 0
        low, high = wire.span(walk.v)
        super().__init__(
            goal_names=walk.goal_names, goal=commanded if goal is None else goal, link=link,
            title=walk.title if title is None else title, frame=frame, speed=speed, sort=sort,
            v=wire.pack(walk.v, low, high), best=wire.small(walk.best), achieved=wire.bits(walk.achieved),
            **_view_traits(walk.view), action_names=list(walk.action_names), gamma=walk.gamma, limits=_limits(walk),
            walk={"actions": walk.action.tolist(), "commanded": walk.commanded.tolist(),
                  "direction": walk.view.direction.tolist()},
            orders=orders_along(walk), value_scale=scales.describe(walk, low, high),
        )  # fmt: skip

    @traitlets.validate("frame")
    def _check_frame(self, proposal):
        return check_index(proposal.value, range(self._walk.steps + 1), "frame")

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "frame": self._walk.steps + 1}

    def summary(self) -> str:
        rows, cols = self._walk.view.blocks.shape[1:]
        return f"{rows}x{cols}, {len(self.goal_names)} goals, {self._walk.steps} steps"

    def table(self) -> list[dict]:
        """One row for each of the T + 1 times.

        Keys: time, action (None at the end), commanded_goal, value (of the commanded goal), achieved (whether this
        state achieves it), reached (names of all goals that it achieves and the state before did not), and every stat.
        The action of a row is chosen for the commanded goal of the row after it.
        """
        return [self._row(time) for time in range(self._walk.steps + 1)]

    def png(self) -> bytes:
        """The world at the chosen time above the strip of all goals; 440 to 500 pixels wide."""
        walk, top = self._walk, self._view_picture()
        colours = shade(walk.v, *self._ends())
        strip = strip_picture(colours, self.orders[self.sort], walk.commanded, self.frame, max(top.width, 440))
        return to_png(below(top, strip))

    # ------------------------------------------------------------------ helpers
    def _ends(self) -> tuple[float, float]:
        """What the first and the last colour stand for."""
        return ends_of(self.limits, "value", self.value_scale["larger_is_better"])

    def _row(self, time: int) -> dict:
        walk = self._walk
        goal = walk.commanded[time]
        return {
            "time": time, "action": walk.action_names[walk.action[time]] if time < walk.steps else None,
            "commanded_goal": walk.goal_names[goal], "value": float(walk.v[time, goal]),
            "achieved": bool(walk.achieved[time, goal]),
            "reached": [walk.goal_names[other] for other in np.flatnonzero(walk.reached[time])],
            **dict(zip(walk.view.stat_names, walk.view.stats[time].tolist(), strict=True)),
        }  # fmt: skip

    def _view_picture(self) -> Image.Image:
        """The tiles, what stands on them as two letters, and the player with its direction."""
        world, known = self._walk.view, assets.blocks()
        rows, cols = world.blocks.shape[1:]
        picture = MapPicture(rows, cols)
        for row, col in np.ndindex(rows, cols):
            ground, accent = known.get(world.block_names[world.blocks[self.frame, row, col]], ("#c9ced4", ""))
            picture.fill(row, col, channels(ground))
            if accent:
                picture.mark(row, col, "disc", channels(accent))
            thing = world.thing_names[world.things[self.frame, row, col]]
            if thing != "none":
                picture.mark(row, col, "pad", PAPER)
                picture.letters(row, col, thing.replace("_", "")[:2])
        picture.mark(rows // 2, cols // 2, "disc", ACCENT)
        picture.mark(rows // 2, cols // 2, f"arrow {_FACES[world.direction[self.frame]]}", PAPER)
        picture.legend("CIVIDIS", *(f"{end:g}" for end in self._ends()))
        return picture.image


def _view_traits(view) -> dict:
    """The traits that a view gives."""
    return {
        "blocks": wire.small(view.blocks), "things": wire.small(view.things), "stats": wire.small(view.stats),
        "world_names": {kind: list(getattr(view, f"{kind}_names")) for kind in ("block", "thing", "stat")},
    }  # fmt: skip


def _limits(walk) -> dict:
    """The ends of the colours: 0 and a round number that 98 % stay below; all that there is where values go below 0."""
    low, high = float(walk.v.min()), float(walk.v.max())
    if low >= 0:
        low, high = 0.0, nice_size(float(np.quantile(walk.v, 0.98)))
        high = min(1.0, high) if walk.scale == "hit" else high
    value = {"low": low, "high": high if high > low else low + 1, "below": False, "above": bool((walk.v > high).any())}
    return {"value": value, "steps": None, "error": None}
