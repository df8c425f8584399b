"""PlaneMap: the values of all goals over a plane, and how they move as a body moves."""

from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import tables, wire
from leo_widgets.arrays.planes import Field, check_same_field, check_same_ground, read_field, read_plane_walk
from leo_widgets.page import assets
from leo_widgets.pictures import raster
from leo_widgets.pictures.plane_picture import PlanePicture
from leo_widgets.views.goal_map import limits
from leo_widgets.views.plane_widget import PlaneWidget, ground_traits, shown_limits, walk_traits


class PlaneMap(PlaneWidget):
    """Colour a plane by V(place, g) for one goal, or all goals of a lattice by V(s_t, g) as a body walks.

    values: all goals' values over places (see `leo_widgets.arrays.planes.Field`), for the view "goal".
    truth: the exact ones, on the same raster for the same goals; shown beside them, and as a difference.
    trace: a body's walk (see `arrays.planes.PlaneWalk`), for the view "body"; drawn over the view "goal", too.
    goal: index or name ("place/x1y2", "x1y2"); by default the commanded one with a trace, else one far from the others.
    frame: the time of the walk to start at, 0 to T.
    link: widgets of the same goals with the same link share goal and frame in one page.
    view: "goal", to one goal from everywhere, or "body", from the body to every goal; by default the first that can be.
    scale: "value", "steps" (1 + log V / log gamma, hit values only) or "error" (V minus exact V, view "goal" only).
    follow: `goal` is the commanded goal of `frame`, until another is chosen; by default with a trace and no goal.
    At least one of values and trace is needed. The browser holds 4 bytes for each place and goal, and as many for the
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
        self, values=None, truth=None, trace=None, goal=None, frame=0, link="leo", title=None, view=None,
        scale="value", speed=4, follow=None,
    ):  # fmt: skip
        field, exact, walk = self._read(values, truth, trace)
        self._field, self._exact, self._walk = field, exact, walk
        self._commanded = None if walk is None else walk.commanded
        if walk is None:
            self.shared_names = ("goal",)  # its only frame is nobody's
        source = walk if field is None else field
        first = _far_goal(field) if walk is None else self._commanded_at(frame)
        follow = (walk is not None and goal is None) if follow is None else follow
        found = limits(source, exact)
        super().__init__(
            **ground_traits(source.plane), **walk_traits(walk), **_field_traits(field, exact), gamma=source.gamma,
            goal=first if goal is None else goal, follow=follow, frame=frame, link=link,
            title=source.title if title is None else title, speed=speed,
            limits=shown_limits(found, walk) if walk is not None and field is not None else found,
            view=("body" if field is None else "goal") if view is None else view, scale=scale,
        )  # fmt: skip

    @staticmethod
    def _read(values, truth, trace):
        """The three inputs, checked one by one and against each other."""
        who = "PlaneMap"
        if values is None and trace is None:
            raise ValueError(f"{who} needs values, a trace, or both, got neither")
        if values is None and truth is not None:
            raise ValueError(f"{who}: truth is compared with values, and none were given")
        field = None if values is None else read_field(values, who)
        exact = None if truth is None else read_field(truth, who, "truth")
        walk = None if trace is None else read_plane_walk(trace, who)
        if exact is not None:
            check_same_field(field, exact, who)
        if field is not None and walk is not None:
            check_same_ground(field.plane, walk.plane, ("values", "trace"), who)
        return field, exact, walk

    # ------------------------------------------------------------------ checks
    @traitlets.validate("view")
    def _check_view(self, proposal):
        if proposal.value == "goal" and self._field is None:
            raise traitlets.TraitError("view 'goal' needs values over the plane: PlaneMap(values, ...)")
        if proposal.value == "body" and self._walk is None:
            raise traitlets.TraitError("view 'body' needs a walk: PlaneMap(..., trace=...)")
        return proposal.value

    @traitlets.validate("scale")
    def _check_scale(self, proposal):
        if proposal.value == "error" and self._exact is None:
            raise traitlets.TraitError("scale 'error' needs exact values: PlaneMap(values, truth=...)")
        if proposal.value == "steps" and self._field is not None and self._field.scale != "hit":
            raise traitlets.TraitError(f"scale 'steps' needs hit values, these are {self._field.scale!r}")
        return proposal.value

    # ------------------------------------------------------------------ what it says of itself
    def summary(self) -> str:
        parts = [f"{len(self.goal_names)} goals"]
        if self._field is not None:
            parts.append(f"{len(self._field.cells)} places" + (" with exact values" if self._exact is not None else ""))
        if self._walk is not None:
            parts.append(f"{self._walk.steps} steps")
        return ", ".join(parts)

    def table(self) -> list[dict]:
        """The numbers that the view shows.

        View "goal": one row for each place, row by row. Keys: x, y, goal, value, steps (hit values only), dx, dy (where
        the best first action moves the body); with exact values also exact_value, exact_steps, error.
        View "body": one row for each goal. Keys: goal, x, y, away (from the body), value, steps, dx, dy, achieved,
        commanded.
        """
        if self.view == "goal":
            return [self._place_row(place) for place in range(len(self._field.cells))]
        return [self._goal_row(goal) for goal in range(len(self.goal_names))]

    def png(self) -> bytes:
        """The view as it is shown, with a colour bar below; the values and the exact ones side by side."""
        parts = [self._body_picture()] if self.view == "body" else self._field_pictures()
        return raster.encode_png(np.round(np.clip(np.concatenate(parts, axis=1), 0, 255)).astype(np.uint8))

    # ------------------------------------------------------------------ helpers
    def _place_row(self, place: int) -> dict:
        field, goal = self._field, self.goal
        x, y = field.places[place].tolist()
        value = float(field.v[place, goal])
        dx, dy = field.direction[place, goal].tolist()
        row = {"x": x, "y": y, "goal": self.goal_names[goal], "value": value, "dx": dx, "dy": dy}
        hit = field.scale == "hit"
        row |= {"steps": float(tables.steps(value, field.gamma))} if hit else {}
        if self._exact is not None:
            exact = float(self._exact.v[place, goal])
            row |= {"exact_value": exact, "error": value - exact}
            row |= {"exact_steps": float(tables.steps(exact, field.gamma))} if hit else {}
        return row

    def _goal_row(self, goal: int) -> dict:
        walk, now = self._walk, self.frame
        (x, y), (dx, dy) = walk.plane.points[goal].tolist(), walk.direction[now, goal].tolist()
        value = float(walk.v[now, goal])
        return {
            "goal": self.goal_names[goal], "x": x, "y": y,
            "away": float(np.linalg.norm(walk.places[now] - walk.plane.points[goal])), "value": value,
            "steps": float(tables.steps(value, walk.gamma)), "dx": dx, "dy": dy,
            "achieved": bool(walk.achieved[now, goal]), "commanded": bool(walk.commanded[now] == goal),
        }  # fmt: skip

    def _body_picture(self) -> np.ndarray:
        scale = "value" if self.scale == "error" else self.scale
        picture = PlanePicture(self._walk.plane)
        self._draw_goals(picture, scale)
        self._draw_walk(picture)
        self._legend(picture, scale)
        return picture.image

    def _field_pictures(self) -> list[np.ndarray]:
        """The difference alone, else the values and, where they are known, the exact ones."""
        if self.scale == "error":
            return [self._field_picture(self._field, self._field.v - self._exact.v)]
        images = [self._field_picture(field, field.v) for field in (self._field, self._exact) if field is not None]
        if len(images) == 1:
            return images
        return [raster.titled(image, text) for image, text in zip(images, self.labels, strict=True)]

    def _field_picture(self, field: Field, numbers: np.ndarray) -> np.ndarray:
        plane, goal = field.plane, self.goal
        picture = PlanePicture(plane)
        colours = self._shades(numbers[:, goal], self.scale)
        picture.field(field.shape, field.cells, colours)
        if self.scale != "error":
            apart = max(1, round(18 * max(field.shape) / 400))
            shown = (field.cells % apart == apart // 2).all(axis=1)
            for place in np.flatnonzero(shown):
                picture.arrow(field.places[place], field.direction[place, goal], raster.ink_on(colours[place]), 18)
        picture.walls()
        for point in plane.points:
            picture.disc(point, 1.2, raster.INK)
        picture.ring(plane.points[goal], raster.ACCENT if self._walk is None else raster.INK)
        if self._walk is not None:
            self._draw_walk(picture)
        self._legend(picture, self.scale)
        return picture.image


def _field_traits(field: Field | None, exact: Field | None) -> dict:
    if field is None:
        return {}
    on = np.zeros(field.shape, bool)
    on[tuple(field.cells.T)] = True
    sent = {"places_on": wire.bits(on), "v": wire.pack(field.v), "direction": wire.signed(field.direction)}
    if exact is not None:
        sent |= {"truth": wire.pack(exact.v), "truth_direction": wire.signed(exact.direction)}
    title = "" if exact is None else exact.title
    return {**sent, "labels": [field.title or "values", title if title not in ("", field.title) else "exact"]}


def _far_goal(field: Field) -> int:
    """A goal at the lower quarter of what goals are worth on average: the first look shows a way."""
    order = np.argsort(field.v.mean(axis=0), kind="stable")
    return int(order[order.size // 4])
