"""What widgets of a plane share: the ground, a body's walk on it, the scales of values, and the picture of a time."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import tables, wire
from leo_widgets.arrays.planes import Field, Ground, PlaneWalk
from leo_widgets.pictures import raster
from leo_widgets.pictures.plane_picture import PlanePicture
from leo_widgets.views.players import PlayerWidget


class PlaneWidget(PlayerWidget):
    """A widget that shows goals on a plane, and may play a body's walk among them.

    A subclass keeps the walk in `_walk` (or None), and hands `ground_traits` and `walk_traits` to the constructor.
    """

    shared_names: ClassVar[tuple[str, ...]] = ("goal", "frame")
    _walk: ClassVar[PlaneWalk | None] = None

    plane = traitlets.Dict().tag(sync=True)  # {"extent", "walls", "points", "radius", "unit"}
    gamma = traitlets.Float(0.99).tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    walk = traitlets.Dict().tag(sync=True)  # {"commanded" [T + 1], "step_seconds"}; empty without a walk, as all below
    walk_v = traitlets.Dict().tag(sync=True)  # [T + 1, G]
    walk_direction = traitlets.Dict().tag(sync=True)  # int8 [T + 1, G, 2]
    achieved = traitlets.Dict().tag(sync=True)  # bits [T + 1, G]
    places = traitlets.Dict().tag(sync=True)  # float32 [T + 1, 2]
    limbs = traitlets.Dict().tag(sync=True)  # float32 [T + 1, L, 2, 2]
    wish = traitlets.Dict().tag(sync=True)  # float32 [T + 1, 2]
    actions = traitlets.Dict().tag(sync=True)  # float32 [T, A]
    action_names = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def _walk_row(self, time: int) -> dict:
        """What a time of the walk tells, its values and the names of its actions included."""
        walk = self._walk
        goal, value = int(walk.commanded[time]), float(walk.v[time, walk.commanded[time]])
        acts = walk.actions[time].tolist() if time < walk.steps else [None] * len(walk.action_names)
        return {
            "time": time, "x": float(walk.places[time, 0]), "y": float(walk.places[time, 1]),
            "commanded_goal": self.goal_names[goal], "wish_x": float(walk.wished[time, 0]),
            "wish_y": float(walk.wished[time, 1]), "away": float(walk.away[time]), "value": value,
            "steps_left": float(tables.steps(value, walk.gamma)), "achieved": bool(walk.achieved[time, goal]),
            "reached": [self.goal_names[other] for other in np.flatnonzero(walk.reached[time])],
            **dict(zip(walk.action_names, acts, strict=True)),
        }  # fmt: skip

    def _ends(self, scale: str) -> tuple[float, float]:
        """The numbers at the dark and at the bright end of a scale's colours."""
        low, high = (self.limits[scale][name] for name in ("low", "high"))
        return (high, low) if scale == "steps" else (low, high)

    def _shades(self, v: np.ndarray, scale: str) -> np.ndarray:
        """Colours [..., 3] of values on a scale; for the error scale v are differences."""
        numbers = tables.steps(v.astype(float), self.gamma) if scale == "steps" else v
        return raster.shade(numbers, *self._ends(scale), "DIVERGING" if scale == "error" else "CIVIDIS")

    def _legend(self, picture: PlanePicture, scale: str) -> None:
        digits = {"value": 2, "steps": 0, "error": 3}[scale]
        ends = [f"{end:.{digits}f}" for end in self._ends(scale)]
        picture.legend("DIVERGING" if scale == "error" else "CIVIDIS", *ends)

    def _draw_goals(self, picture: PlanePicture, scale: str) -> None:
        """The tile of every goal as the body values it at the frame, with the arrow of the best action."""
        walk, points = self._walk, self._walk.plane.points
        colours = self._shades(walk.v[self.frame], scale)
        for point, colour in zip(points, colours, strict=True):
            picture.tile(point, colour)
        picture.walls()
        for point, colour, way in zip(points, colours, walk.direction[self.frame], strict=True):
            picture.arrow(point, way, raster.ink_on(colour))

    def _draw_walk(self, picture: PlanePicture) -> None:
        """The way so far, the commanded goal, the wish and the body at the frame."""
        walk, now = self._walk, self.frame
        for start, stop in zip(walk.places[:now], walk.places[1 : now + 1], strict=True):
            picture.line(start, stop, 2, raster.INK)
        picture.ring(walk.plane.points[walk.commanded[now]], raster.ACCENT)
        if not np.allclose(walk.wished[now], walk.plane.points[walk.commanded[now]], atol=0.05 * walk.plane.radius):
            picture.cross(walk.wished[now], raster.ACCENT)
        for start, stop in walk.limbs[now]:
            picture.limb(start, stop)
        picture.body(walk.places[now])


def ground_traits(plane: Ground) -> dict:
    """The traits of a `PlaneWidget` that a plane gives."""
    lists = {"extent": list(plane.extent), "walls": plane.walls.tolist(), "points": plane.points.tolist()}
    return {"goal_names": plane.goal_names, "plane": {**lists, "radius": plane.radius, "unit": plane.unit}}


def walk_traits(walk: PlaneWalk | None) -> dict:
    """The traits of a `PlaneWidget` that a walk gives; none where there is no walk."""
    if walk is None:
        return {}
    return {
        "walk": {"commanded": walk.commanded.tolist(), "step_seconds": walk.step_seconds},
        "walk_v": wire.pack(walk.v), "walk_direction": wire.signed(walk.direction),
        "achieved": wire.bits(walk.achieved), "places": wire.floats(walk.places), "limbs": wire.floats(walk.limbs),
        "wish": wire.floats(walk.wished), "actions": wire.floats(walk.actions),
        "action_names": list(walk.action_names),
    }  # fmt: skip


def shown_limits(found: dict, *more: Field | PlaneWalk) -> dict:
    """`limits` with the marks "below" and "above" set where further values lie beyond an end, too."""
    found = {name: None if ends is None else dict(ends) for name, ends in found.items()}
    for values in more:
        numbers = {"value": values.v, "steps": tables.steps(values.v, values.gamma)}
        for scale in ("value", "steps"):
            ends = found[scale]
            if ends is not None:
                ends["below"] |= bool((numbers[scale] < ends["low"] - 1e-3).any())
                ends["above"] |= bool((numbers[scale] > ends["high"] + 1e-3).any())
    return found
