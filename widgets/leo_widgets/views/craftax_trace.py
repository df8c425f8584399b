"""CraftaxTrace: one recorded walk through Craftax, and what the agent thinks of every goal at every step of it."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import wire, world_traces
from leo_widgets.page import assets
from leo_widgets.pictures import raster
from leo_widgets.views.base import LeoWidget, check_index
from leo_widgets.views.goal_map import nice_size
from leo_widgets.views.players import SPEEDS

WINDOW = 10  # steps over which the page ranks goals by how far their values have moved
_FACES = ("left", "right", "up", "down")


class CraftaxTrace(LeoWidget):
    """Play a recorded walk through a world seen from above, over V of every goal at every step.

    trace: the walk, T steps (see `leo_widgets.arrays.world_traces.World`).
    goal: index or name of the goal that is read; by default the one commanded at `frame`.
    frame: the time to start at, 0 to T.
    speed: steps per second, one of 1, 2, 4, 8, 16, 32.
    sort: order of the rows: "moves", the value that moves most over the walk first; "peak", by the time at which the
        value is largest; "group"; "success", by the time at which the goal was first reached.
    link: widgets of the same goals with the same link share goal and frame in one page.
    Raises TypeError for an object that is no such trace, ValueError for what does not fit.
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
    action_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    gamma = traitlets.Float(0.99).tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    window = traitlets.Int(WINDOW, read_only=True).tag(sync=True)
    orders = traitlets.Dict().tag(sync=True)

    def __init__(self, trace, goal=None, frame=0, link="leo", title=None, speed=4, sort="moves"):
        self._world = world = world_traces.read_world(trace, type(self).__name__)
        commanded = int(world.commanded[frame]) if frame in range(world.steps + 1) else 0
        lists = {name: getattr(world, name) for name in ("actions", "commanded", "direction")}
        super().__init__(
            goal_names=world.goal_names, goal=commanded if goal is None else goal, link=link,
            title=world.title if title is None else title, frame=frame, speed=speed, sort=sort,
            v=wire.pack(world.v), best=wire.small(world.best), achieved=wire.bits(world.achieved),
            blocks=wire.small(world.blocks), things=wire.small(world.things), stats=wire.small(world.stats),
            walk={name: numbers.tolist() for name, numbers in lists.items()},
            world_names={kind: list(getattr(world, f"{kind}_names")) for kind in ("block", "thing", "stat")},
            action_names=list(world.action_names), gamma=world.gamma, limits=_limits(world.v),
            orders=world_traces.world_orders(world),
        )  # fmt: skip

    @traitlets.validate("frame")
    def _check_frame(self, proposal):
        return check_index(proposal.value, range(self._world.steps + 1), "frame")

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "frame": self._world.steps + 1}

    def summary(self) -> str:
        rows, cols = self._world.blocks.shape[1:]
        return f"{rows}x{cols}, {len(self.goal_names)} goals, {self._world.steps} steps"

    def table(self) -> list[dict]:
        """One row for each of the T + 1 times.

        Keys: time, action (None at the end), commanded_goal, value (of the commanded goal), achieved (whether this
        state achieves it), reached (names of all goals that it achieves and the state before did not), and every stat.
        The action of a row is chosen for the commanded goal of the row after it.
        """
        return [self._row(time) for time in range(self._world.steps + 1)]

    def png(self) -> bytes:
        """The world at the chosen time above the strip of all goals; 440 to 500 pixels wide."""
        world = self._world
        top = self._view_picture()
        width = max(top.shape[1], 440)
        top = np.pad(top, ((0, 0), (0, width - top.shape[1]), (0, 0)), constant_values=255)
        colours = raster.shade(world.v, *(self.limits["value"][end] for end in ("low", "high")))
        strip = raster.strip_picture(colours, self.orders[self.sort], world.commanded, self.frame, width)
        return raster.encode_png(np.round(np.clip(np.concatenate([top, strip]), 0, 255)).astype(np.uint8))

    # ------------------------------------------------------------------ helpers
    def _row(self, time: int) -> dict:
        world = self._world
        goal = world.commanded[time]
        return {
            "time": time, "action": world.action_names[world.actions[time]] if time < world.steps else None,
            "commanded_goal": world.goal_names[goal], "value": float(world.v[time, goal]),
            "achieved": bool(world.achieved[time, goal]),
            "reached": [world.goal_names[other] for other in np.flatnonzero(world.reached[time])],
            **dict(zip(world.stat_names, world.stats[time].tolist(), strict=True)),
        }  # fmt: skip

    def _view_picture(self) -> np.ndarray:
        """The tiles, what stands on them as two letters, and the player with its direction."""
        world, known = self._world, assets.blocks()
        rows, cols = world.blocks.shape[1:]
        picture = raster.Picture(rows, cols)
        for row, col in np.ndindex(rows, cols):
            ground, accent = known.get(world.block_names[world.blocks[self.frame, row, col]], ("#c9ced4", ""))
            picture.fill(row, col, raster.channels(ground))
            if accent:
                picture.mark(row, col, "disc", raster.channels(accent))
            thing = world.thing_names[world.things[self.frame, row, col]]
            if thing != "none":
                picture.mark(row, col, "pad", raster.PAPER)
                picture.letters(row, col, thing.replace("_", "")[:2])
        picture.mark(rows // 2, cols // 2, "disc", raster.ACCENT)
        picture.mark(rows // 2, cols // 2, f"arrow {_FACES[world.direction[self.frame]]}", raster.PAPER)
        low, high = (self.limits["value"][end] for end in ("low", "high"))
        picture.legend("CIVIDIS", f"{low:g}", f"{high:g}")
        return picture.image


def _limits(v: np.ndarray) -> dict:
    """The ends of the colours, as a widget of gridworld values has them: 0, and a round number that 98 % stay below."""
    high = min(1.0, nice_size(float(np.quantile(v, 0.98))))
    value = {"low": 0.0, "high": high, "below": False, "above": bool((v > high).any())}
    return {"value": value, "steps": None, "error": None}
