"""PlaneMap: the values of all goals over a plane, and how they move as a body moves."""

from typing import ClassVar

import numpy as np
import traitlets
from PIL import Image

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import limits
from leo_widgets.arrays.planes import PlaneValues, check_same_places, check_same_plane, read_plane_values
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import beside, titled, to_png
from leo_widgets.pictures.palette import ACCENT, INK, ink_on
from leo_widgets.pictures.plane_picture import PlanePicture
from leo_widgets.views.base import check_convertible
from leo_widgets.views.plane_widget import PlaneWidget, plane_traits, read_body_walk, shown_limits, walk_traits


class PlaneMap(PlaneWidget):
    """Colour a plane by V(place, g) for one goal, or all goals of a lattice by V(s_t, g) as a body walks.

    values: all goals' values over places (see `leo_widgets.arrays.planes.PlaneValues`), for the view "goal".
    truth: the exact ones, on the same raster for the same goals; shown beside them, and as a difference.
    walk: a walk with the layer `body` (see `arrays.walks.Walk`), for the view "body"; drawn over the view "goal", too.
    goal: index or name ("place/x1y2", "x1y2"); by default the commanded one with a walk, else one far from the others.
    frame: the time of the walk to start at, 0 to T.
    link: widgets of the same goals with the same link share goal and frame in one page.
    view: "goal", to one goal from everywhere, or "body", from the body to every goal; by default the first that can be.
    scale: "value", "steps" (where the values stand for steps) or "error" (V minus exact V, view "goal" only).
    follow: `goal` is the commanded goal of `frame`, until another is chosen; by default with a walk and no goal.
    At least one of values and walk is needed. The browser holds 4 bytes for each place and goal, and as many for the
    truth: 1.5 MB for 1700 places and 111 goals with both.
    Raises TypeError for objects that are no such things, ValueError for what does not fit.
    """

    _esm = assets.esm("plane_map")
    _css = assets.css("plane_map")
    # the frame comes before the goal: a page that restores both stays with the commanded goal
    view_names: ClassVar[tuple[str, ...]] = ("view", "frame", "goal", "follow", "speed", "scale", "show_table")
    static_height: ClassVar[int] = 820

    view = traitlets.Enum(["goal", "body"], "goal").tag(sync=True)
    scale = traitlets.Enum(["value", "steps", "error"], "value").tag(sync=True)

    places_on = traitlets.Dict().tag(sync=True)  # bits [R, C], the cells of the raster that are places
    v = traitlets.Dict().tag(sync=True)  # [S, G]
    direction = traitlets.Dict().tag(sync=True)  # int8 [S, G, 2]
    truth = traitlets.Dict().tag(sync=True)  # as v
    truth_direction = traitlets.Dict().tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)  # whose values: of v and of the truth

    def __init__(
        self, values=None, truth=None, walk=None, goal=None, frame=0, link="leo", title=None, view=None,
        scale="value", speed=4, follow=None,
    ):  # fmt: skip
        values, exact, walk = self._read(values, truth, walk)
        self._values, self._exact, self._walk = values, exact, walk
        self._commanded = None if walk is None else walk.commanded
        if walk is None:
            self.shared_names = ("goal",)  # its only frame is nobody's
        source = walk if values is None else values
        plane = walk.body.plane if values is None else values.plane
        first = _far_goal(values) if walk is None else self._commanded_at(frame)
        follow = (walk is not None and goal is None) if follow is None else follow
        found = limits(source, exact)
        super().__init__(
            **plane_traits(plane), **walk_traits(walk), **_values_traits(values, exact), gamma=source.gamma,
            value_scale=scales.describe(source, *wire.span(source.v, *([] if exact is None else [exact.v]))),
            goal=first if goal is None else goal, follow=follow, frame=frame, link=link,
            title=source.title if title is None else title, speed=speed,
            limits=shown_limits(found, walk) if walk is not None and values is not None else found,
            view=("body" if values is None else "goal") if view is None else view, scale=scale,
        )  # fmt: skip

    @staticmethod
    def _read(values, truth, walk):
        """The three inputs, checked one by one and against each other."""
        who = "PlaneMap"
        if values is None and walk is None:
            raise ValueError(f"{who} needs values, a walk, or both, got neither")
        if values is None and truth is not None:
            raise ValueError(f"{who}: truth is compared with values, and none were given")
        values = None if values is None else read_plane_values(values, who)
        exact = None if truth is None else read_plane_values(truth, who, "truth")
        walk = None if walk is None else read_body_walk(walk, who)
        if exact is not None:
            check_same_places(values, exact, who)
        if values is not None and walk is not None:
            check_same_plane(values.plane, walk.body.plane, ("values", "walk"), who)
            if values.scale != walk.scale:
                raise ValueError(f"{who}: scale is {walk.scale!r} in walk, {values.scale!r} in values")
        return values, exact, walk

    # ------------------------------------------------------------------ checks
    @traitlets.validate("view")
    def _check_view(self, proposal):
        if proposal.value == "goal" and self._values is None:
            raise traitlets.TraitError("view 'goal' needs values over the plane: PlaneMap(values, ...)")
        if proposal.value == "body" and self._walk is None:
            raise traitlets.TraitError("view 'body' needs a walk: PlaneMap(..., walk=...)")
        return proposal.value

    @traitlets.validate("scale")
    def _check_scale(self, proposal):
        if proposal.value == "error" and self._exact is None:
            raise traitlets.TraitError("scale 'error' needs exact values: PlaneMap(values, truth=...)")
        if proposal.value == "steps":
            check_convertible(self._walk if self._values is None else self._values)
        return proposal.value

    # ------------------------------------------------------------------ what it says of itself
    def summary(self) -> str:
        parts = [f"{len(self.goal_names)} goals"]
        if self._values is not None:
            parts.append(
                f"{len(self._values.cells)} places" + (" with exact values" if self._exact is not None else "")
            )
        if self._walk is not None:
            parts.append(f"{self._walk.steps} steps")
        return ", ".join(parts)

    def table(self) -> list[dict]:
        """The numbers that the view shows.

        View "goal": one row for each place, row by row. Keys: x, y, goal, value, steps (where values stand for them),
        dx, dy (where the best first action moves the body); with exact values also exact_value, exact_steps, error.
        View "body": one row for each goal. Keys: goal, x, y, away (from the body), value, steps, dx, dy, achieved,
        commanded.
        """
        if self.view == "goal":
            return [self._place_row(place) for place in range(len(self._values.cells))]
        return [self._goal_row(goal) for goal in range(len(self.goal_names))]

    def png(self) -> bytes:
        """The view as it is shown, with a colour bar below; the values and the exact ones side by side."""
        return to_png(beside(*([self._body_picture()] if self.view == "body" else self._value_pictures())))

    # ------------------------------------------------------------------ helpers
    def _place_row(self, place: int) -> dict:
        values, goal = self._values, self.goal
        x, y = values.places[place].tolist()
        value = float(values.v[place, goal])
        dx, dy = values.direction[place, goal].tolist()
        row = {"x": x, "y": y, "goal": self.goal_names[goal], "value": value, "dx": dx, "dy": dy}
        row |= self._steps_of(values, value, goal)
        if self._exact is not None:
            exact = float(self._exact.v[place, goal])
            row |= {"exact_value": exact, "error": value - exact}
            row |= self._steps_of(self._exact, exact, goal, "exact_steps")
        return row

    def _goal_row(self, goal: int) -> dict:
        walk, now = self._walk, self.frame
        point = walk.body.plane.points[goal]
        (x, y), (dx, dy) = point.tolist(), walk.body.direction[now, goal].tolist()
        value = float(walk.v[now, goal])
        return {
            "goal": self.goal_names[goal], "x": x, "y": y,
            "away": float(np.linalg.norm(walk.body.place[now] - point)), "value": value,
            **self._steps_of(walk, value, goal), "dx": dx, "dy": dy,
            "achieved": bool(walk.achieved[now, goal]), "commanded": bool(walk.commanded[now] == goal),
        }  # fmt: skip

    def _body_picture(self) -> Image.Image:
        scale = "value" if self.scale == "error" else self.scale
        picture = PlanePicture(self._walk.body.plane)
        self._draw_goals(picture, scale)
        self._draw_walk(picture)
        self._legend(picture, scale)
        return picture.image

    def _value_pictures(self) -> list[Image.Image]:
        """The difference alone, else the values and, where they are known, the exact ones."""
        if self.scale == "error":
            return [self._value_picture(self._values, scales.error(self._values.v, self._exact.v))]
        shown = [values for values in (self._values, self._exact) if values is not None]
        images = [self._value_picture(values, values.v) for values in shown]
        if len(images) == 1:
            return images
        return [titled(image, text) for image, text in zip(images, self.labels, strict=True)]

    def _value_picture(self, values: PlaneValues, numbers: np.ndarray) -> Image.Image:
        plane, goal = values.plane, self.goal
        picture = PlanePicture(plane)
        colours = self._shades(numbers[:, goal], self.scale, values, goal)
        picture.values(values.shape, values.cells, colours)
        if self.scale != "error":
            apart = max(1, round(18 * max(values.shape) / 400))
            shown = (values.cells % apart == apart // 2).all(axis=1)
            for place in np.flatnonzero(shown):
                picture.arrow(values.places[place], values.direction[place, goal], ink_on(colours[place]), 18)
        picture.walls()
        for point in plane.points:
            picture.disc(point, 1.2, INK)
        picture.ring(plane.points[goal], ACCENT if self._walk is None else INK)
        if self._walk is not None:
            self._draw_walk(picture)
        self._legend(picture, self.scale)
        return picture.image


def _values_traits(values: PlaneValues | None, exact: PlaneValues | None) -> dict:
    if values is None:
        return {}
    on = np.zeros(values.shape, bool)
    on[tuple(values.cells.T)] = True
    ends = wire.span(values.v, *([] if exact is None else [exact.v]))
    sent = {"places_on": wire.bits(on), "v": wire.pack(values.v, *ends), "direction": wire.signed(values.direction)}
    if exact is not None:
        sent |= {"truth": wire.pack(exact.v, *ends), "truth_direction": wire.signed(exact.direction)}
    title = "" if exact is None else exact.title
    return {**sent, "labels": [values.title or "values", title if title not in ("", values.title) else "exact"]}


def _far_goal(values: PlaneValues) -> int:
    """A goal at the lower quarter of what goals are worth on average: the first look shows a way."""
    mean = values.v.mean(axis=0)
    order = np.argsort(mean if scales.scale_of(values.scale).larger_is_better else -mean, kind="stable")
    return int(order[order.size // 4])
