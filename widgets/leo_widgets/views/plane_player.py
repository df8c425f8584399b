"""PlanePlayer: one walk of a body on a plane, and what it thinks of every goal at every step of it."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays.planes import read_plane_walk
from leo_widgets.page import assets
from leo_widgets.pictures import raster
from leo_widgets.pictures.plane_picture import PlanePicture
from leo_widgets.views.goal_map import limits
from leo_widgets.views.plane_widget import PlaneWidget, ground_traits, walk_traits


class PlanePlayer(PlaneWidget):
    """Play a body's walk on a plane, over a strip of goals x time that shows V(s_t, g). `RolloutPlayer(trace)` is one.

    trace: the walk, T steps (see `arrays.planes.PlaneWalk`); it holds its own values, so no table is needed.
    link: widgets of the same goals with the same link share goal and frame in one page.
    speed: steps per second, one of 1, 2, 4, 8, 16, 32.
    frame: the time to start at, 0 to T.
    goal: index or name of the goal to read; by default the commanded goal, whichever it is at the time.
    sort: order of the rows: "commanded", "peak" or "group".
    scale: "value" or "steps" (1 + log V / log gamma).
    While `follow` is true, `goal` is the commanded goal of `frame`; choosing another goal ends that.
    Raises TypeError for an object that is no such trace, ValueError for what does not fit.

    It is a class beside RolloutPlayer and not one with two kinds of data: that one's states, actions and exact values
    have no meaning on a plane, and a page holds one module for each class.
    """

    _esm = assets.esm("plane_player")
    _css = assets.css("plane_player")
    # the frame comes before the goal: a page that restores both stays with the commanded goal
    view_names: ClassVar[tuple[str, ...]] = ("frame", "goal", "follow", "speed", "sort", "scale", "show_table")
    static_height: ClassVar[int] = 1000

    sort = traitlets.Enum(["commanded", "peak", "group"], "commanded").tag(sync=True)
    scale = traitlets.Enum(["value", "steps"], "value").tag(sync=True)
    orders = traitlets.Dict().tag(sync=True)

    def __init__(self, trace, link="leo", title=None, speed=4, frame=0, goal=None, sort="commanded", scale="value"):
        self._walk = walk = read_plane_walk(trace, "RolloutPlayer")
        self._commanded = walk.commanded
        super().__init__(
            **ground_traits(walk.plane), **walk_traits(walk), link=link, title=walk.title if title is None else title,
            goal=self._commanded_at(frame) if goal is None else goal, follow=goal is None, gamma=walk.gamma,
            limits=limits(walk, None), orders=walk.orders, frame=frame, speed=speed, sort=sort, scale=scale,
        )  # fmt: skip

    # ------------------------------------------------------------------ what it says of itself
    def summary(self) -> str:
        return f"{len(self.goal_names)} goals, {self._walk.steps} steps, {self._walk.limbs.shape[1]} limbs"

    def table(self) -> list[dict]:
        """One row for each of the T + 1 times.

        Keys: time, x, y, commanded_goal, wish_x, wish_y (the place that was asked for), away (how far it is), value (of
        the commanded goal), steps_left, achieved (whether the body is within its radius), reached (names of all goals
        within whose radius it has just come), and every action by its name (None at the end). The actions of a row are
        chosen for the commanded goal of the row after it.
        """
        return [self._walk_row(time) for time in range(self._walk.steps + 1)]

    def png(self) -> bytes:
        """The plane at the chosen time, with the way so far, above the strip; at least 440 pixels wide."""
        picture = PlanePicture(self._walk.plane)
        self._draw_goals(picture, self.scale)
        self._draw_walk(picture)
        self._legend(picture, self.scale)
        width = max(picture.image.shape[1], 440)
        top = np.pad(picture.image, ((0, 0), (0, width - picture.image.shape[1]), (0, 0)), constant_values=255)
        colours = self._shades(self._walk.v, self.scale)
        strip = raster.strip_picture(colours, self.orders[self.sort], self._commanded, self.frame, width)
        return raster.encode_png(np.round(np.clip(np.concatenate([top, strip]), 0, 255)).astype(np.uint8))
