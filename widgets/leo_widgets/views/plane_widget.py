"""What widgets of a plane share: the plane, a body's walk on it, the scales of values, and the picture of a time."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.planes import Plane, PlaneValues
from leo_widgets.arrays.walks import Walk, read_walk
from leo_widgets.pictures.palette import ACCENT, INK, ink_on, shade
from leo_widgets.pictures.plane_picture import PlanePicture
from leo_widgets.views.base import ValuesWidget
from leo_widgets.views.pairs import DIGITS, ends_of
from leo_widgets.views.players import PlayerWidget


class PlaneWidget(PlayerWidget, ValuesWidget):
    """A widget that shows goals on a plane, and may play a body's walk among them.

    A subclass keeps the walk in `_walk` (or None), and hands `plane_traits` and `walk_traits` to the constructor.
    """

    shared_names: ClassVar[tuple[str, ...]] = ("goal", "frame")
    _walk: ClassVar[Walk | None] = None

    plane = traitlets.Dict().tag(sync=True)  # {"extent", "walls", "points", "radius", "unit"}
    walk = traitlets.Dict().tag(sync=True)  # {"commanded" [T + 1], "step_seconds"}; empty without one, as all below
    walk_v = traitlets.Dict().tag(sync=True)  # [T + 1, G]
    walk_direction = traitlets.Dict().tag(sync=True)  # int8 [T + 1, G, 2]
    achieved = traitlets.Dict().tag(sync=True)  # bits [T + 1, G]
    places = traitlets.Dict().tag(sync=True)  # float32 [T + 1, 2]
    limbs = traitlets.Dict().tag(sync=True)  # float32 [T + 1, L, 2, 2]
    desired = traitlets.Dict().tag(sync=True)  # float32 [T + 1, 2]
    actions = traitlets.Dict().tag(sync=True)  # float32 [T, A]

    def _walk_row(self, time: int) -> dict:
        """What a time of the walk tells, its values and the names of its actions included."""
        walk = self._walk
        goal, value = int(walk.commanded[time]), float(walk.v[time, walk.commanded[time]])
        acts = walk.action[time].tolist() if time < walk.steps else [None] * len(walk.action_names)
        return {
            "time": time, "x": float(walk.body.place[time, 0]), "y": float(walk.body.place[time, 1]),
            "commanded_goal": self.goal_names[goal], "desired_x": float(walk.desired[time, 0]),
            "desired_y": float(walk.desired[time, 1]), "away": float(walk.away[time]), "value": value,
            **self._steps_of(walk, value, goal, "steps_left"), "achieved": bool(walk.achieved[time, goal]),
            "reached": [self.goal_names[other] for other in np.flatnonzero(walk.reached[time])],
            **dict(zip(walk.action_names, acts, strict=True)),
        }  # fmt: skip

    @staticmethod
    def _steps_of(source, value: float, goal: int, name: str = "steps") -> dict:
        """{name: steps that a value stands for}; empty where values stand for none."""
        return {name: float(scales.steps(value, source, goal))} if scales.convertible(source) else {}

    def _ends(self, scale: str) -> tuple[float, float]:
        """The numbers at the dark and at the bright end of a scale's colours."""
        return ends_of(self.limits, scale, self.value_scale["larger_is_better"])

    def _shades(self, v: np.ndarray, scale: str, source, goal: int | None = None) -> np.ndarray:
        """Colours of values of a source, [..., G] or of one goal; for the error scale v are differences."""
        numbers = v
        if scale == "steps":
            numbers = scales.steps(np.atleast_2d(v) if goal is None else v, source, goal).reshape(v.shape)
        return shade(numbers, *self._ends(scale), "DIVERGING" if scale == "error" else "CIVIDIS")

    def _legend(self, picture: PlanePicture, scale: str) -> None:
        ends = [f"{end:.{DIGITS[scale]}f}" for end in self._ends(scale)]
        picture.legend("DIVERGING" if scale == "error" else "CIVIDIS", *ends)

    def _draw_goals(self, picture: PlanePicture, scale: str) -> None:
        """The tile of every goal as the body values it at the frame, with the arrow of the best action."""
        walk, points = self._walk, self._walk.body.plane.points
        colours = self._shades(walk.v[self.frame], scale, walk)
        for point, colour in zip(points, colours, strict=True):
            picture.tile(point, colour)
        picture.walls()
        for point, colour, way in zip(points, colours, walk.body.direction[self.frame], strict=True):
            picture.arrow(point, way, ink_on(colour))

    def _draw_walk(self, picture: PlanePicture) -> None:
        """The way so far, the commanded goal, the desired place and the body at the frame."""
        walk, body, now = self._walk, self._walk.body, self.frame
        point = body.plane.points[walk.commanded[now]]
        picture.line(body.place[: now + 1], 2, INK)
        picture.ring(point, ACCENT)
        if not np.allclose(walk.desired[now], point, atol=0.05 * body.plane.radius):
            picture.cross(walk.desired[now], ACCENT)
        for start, stop in body.limbs[now]:
            picture.limb(start, stop)
        picture.body(body.place[now])


def plane_traits(plane: Plane) -> dict:
    """The traits of a `PlaneWidget` that a plane gives."""
    lists = {"extent": list(plane.extent), "walls": plane.walls.tolist(), "points": plane.points.tolist()}
    return {"goal_names": plane.goal_names, "plane": {**lists, "radius": plane.radius, "unit": plane.unit}}


def walk_traits(walk: Walk | None) -> dict:
    """The traits of a `PlaneWidget` that a walk gives; none where there is no walk."""
    if walk is None:
        return {}
    body = walk.body
    return {
        "walk": {"commanded": walk.commanded.tolist(), "step_seconds": body.step_seconds},
        "walk_v": wire.pack(walk.v, *wire.span(walk.v)), "walk_direction": wire.signed(body.direction),
        "achieved": wire.bits(walk.achieved), "places": wire.floats(body.place), "limbs": wire.floats(body.limbs),
        "desired": wire.floats(walk.desired), "actions": wire.floats(walk.action),
        "action_names": list(walk.action_names),
    }  # fmt: skip


def read_body_walk(walk, who: str) -> Walk:
    """Check a walk with the layer `body` and actions that are numbers; raises as `walks.read_walk` does."""
    read = read_walk(walk, who, "body")
    if read.action.ndim != 2:
        raise ValueError(f"{who}: walk.action must be [T, A], got {read.action.shape}")
    return read


def shown_limits(found: dict, *more: PlaneValues | Walk) -> dict:
    """`limits` with the marks "below" and "above" set where further values lie beyond an end, too."""
    found = {name: None if ends is None else dict(ends) for name, ends in found.items()}
    for values in more:
        numbers = {"value": values.v}
        if scales.convertible(values):
            numbers["steps"] = scales.steps(values.v, values)
        for scale, array in numbers.items():
            ends = found[scale]
            if ends is not None:
                ends["below"] |= bool((array < ends["low"] - 1e-3).any())
                ends["above"] |= bool((array > ends["high"] + 1e-3).any())
    return found
