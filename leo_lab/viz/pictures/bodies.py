"""Bodies as pictures: drawn by mujoco where it can draw, flat from above elsewhere, and walks on any plane."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from leo_lab.artefacts.plane import Plane, PlaneTrace
from leo_lab.envs.brax.gl import prefer_headless
from leo_lab.errors import LabError, check_number
from leo_lab.viz import theme
from leo_lab.viz.pictures.paint import SUPER, write

BODY = "#40699e"
_CAPTION = 30  # pixels
_SMALLEST, _LARGEST = 64, 960  # pixels
_TILT = -58.0  # degrees by which mujoco's camera looks down
_DOT = 0.12  # of a goal's radius, where it is not commanded


def body_frames(
    env: Any, states: Any, height: int = 360, goal: int | np.ndarray | None = None
) -> tuple[np.ndarray, str]:
    """Draws a body in each of T states.

    Args:
      env: a world of places with a body that mujoco has a model of.
      states: T states of it, stacked.
      height: of a picture in pixels; it is a third wider than high, flat ones are as wide as the plane asks for.
      goal: the goal to be marked: its number, or int [T], or none.

    Returns:
      uint8 [T, H, W, 3], H and W even, and one line that says how they were drawn.

    Raises:
      LabError: a world without such a body, a height out of range, or goals that do not fit.
    """
    if env.body is None or env.body.model is None:
        raise LabError(f"{env.title} has no body that mujoco could draw; plane_frames draws its walks")
    _check_height(height)
    qpos = np.atleast_2d(env.body.qpos(states))
    goals = _goals(goal, len(qpos), len(env.places.plane.points))
    try:
        renderer = _renderer(env.body.model, height)
    except Exception as error:  # whatever a missing library or screen leads to; the line below tells which
        why = " ".join(str(error).split())[:120] or type(error).__name__
        return _flat(env, qpos, height, goals), (
            f"drawn flat, for mujoco cannot draw here ({why}); apt-get install libegl1 or libosmesa6, "
            "and leave MUJOCO_GL unset"
        )
    try:
        return np.stack(list(_shots(env, renderer, qpos, goals))), "drawn by mujoco"
    finally:
        renderer.close()


def plane_frames(trace: PlaneTrace, height: int = 360) -> np.ndarray:
    """Draws a walk flat, from above, one picture per time, with a line that says what goes on.

    Args:
      trace: the walk of a body, or of a point.
      height: of the ground in pixels.

    Returns:
      uint8 [T + 1, H, W, 3], H and W even.

    Raises:
      LabError: a height out of range.
    """
    _check_height(height)
    ground = _Ground(trace.plane, height)
    return np.stack([_moment(ground, trace, time) for time in range(trace.steps + 1)])


def _check_height(height: int) -> None:
    check_number("height", height, whole=True)
    if not _SMALLEST <= height <= _LARGEST:
        raise LabError(f"height must be from {_SMALLEST} to {_LARGEST} pixels, got {height}")


def _goals(goal: int | np.ndarray | None, steps: int, count: int) -> np.ndarray | None:
    """Numbers of goals [T], checked."""
    if goal is None:
        return None
    goals = np.asarray(goal)
    if goals.shape not in ((), (steps,)) or not np.issubdtype(goals.dtype, np.integer):
        raise LabError(f"goal must be a number or int [{steps}], got {goals.dtype} {goals.shape}")
    if goals.size and not (goals.min() >= 0 and goals.max() < count):
        raise LabError(f"goals are numbered 0 to {count - 1}, got {goals.min()} to {goals.max()}")
    return np.broadcast_to(goals, (steps,))


# ---------------------------------------------------------------- by mujoco


def _renderer(model: Any, height: int) -> Any:
    prefer_headless()
    import mujoco

    width = 2 * round(height * 2 / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library that looks for a screen; that it fails is told
        return mujoco.Renderer(model, height=height + height % 2, width=width)


def _shots(env: Any, renderer: Any, qpos: np.ndarray, goals: np.ndarray | None) -> Iterator[np.ndarray]:
    """uint8 [H, W, 3], one per posture."""
    import mujoco

    body, plane = env.body, env.places.plane
    data, camera = mujoco.MjData(body.model), mujoco.MjvCamera()
    camera.azimuth, camera.elevation = 90.0, _TILT
    camera.distance = body.width / 2 / math.tan(math.radians(body.model.vis.global_.fovy / 2))
    for time, posture in enumerate(qpos):
        data.qpos = posture
        mujoco.mj_forward(body.model, data)
        camera.lookat[:2] = _middle(plane, data.xpos[1, :2], body.width)
        renderer.update_scene(data, camera=camera)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            renderer.scene.flags[flag] = 0  # they take most of the time where there is no GPU
        _mark(renderer.scene, plane, None if goals is None else int(goals[time]))
        yield renderer.render().copy()


def _middle(plane: Plane, place: np.ndarray, wide: float) -> np.ndarray:
    """What a camera looks at that follows a body, but not further than the plane goes."""
    low, high = np.array(plane.extent[:2]), np.array(plane.extent[2:])
    half = np.minimum(wide / 2, (high - low) / 2)
    return np.clip(place, low + half, high - half)


def _mark(scene: Any, plane: Plane, goal: int | None) -> None:
    """Puts the goals on the ground: dots, and a disc for the one that is commanded."""
    import mujoco

    for number, (x, y) in enumerate(plane.points):
        chosen = number == goal
        radius = plane.radius * (1 if chosen else _DOT)
        size = np.array([radius, plane.radius * (0.04 if chosen else 0.03), 0.0])  # radius and half the height
        colour = [*theme.rgb(theme.ACCENT if chosen else theme.MUTED), 255 * (0.75 if chosen else 0.6)]
        mujoco.mjv_initGeom(
            scene.geoms[scene.ngeom],
            mujoco.mjtGeom.mjGEOM_CYLINDER,
            size,
            np.array([x, y, size[1]]),
            np.eye(3).ravel(),
            np.float32(colour) / 255,
        )
        scene.ngeom += 1


# ---------------------------------------------------------------- flat


class _Ground:
    """A plane with its walls and goals, in pixels; `picture` puts a body on it."""

    def __init__(self, plane: Plane, height: int):
        x0, y0, x1, y1 = plane.extent
        self.plane = plane
        self.scale = height / (y1 - y0) * SUPER
        self.size = round((x1 - x0) * self.scale), round((y1 - y0) * self.scale)
        self.image = Image.new("RGB", self.size, theme.PAPER)
        draw = ImageDraw.Draw(self.image)
        for x, y, right, top in plane.walls:
            draw.rectangle([*self.at((x, top)), *self.at((right, y))], theme.FLAT_WALL)
        for point in plane.points:
            self.disc(draw, point, max(plane.radius * _DOT, SUPER / self.scale), fill=theme.HATCH)
        draw.rectangle([0, 0, self.size[0] - 1, self.size[1] - 1], outline=theme.LINE, width=SUPER)

    def at(self, place: np.ndarray) -> tuple[float, float]:
        """Where a place x, y is in the enlarged picture."""
        x0, _, _, y1 = self.plane.extent
        return (place[0] - x0) * self.scale, (y1 - place[1]) * self.scale

    def disc(self, draw: ImageDraw.ImageDraw, place: np.ndarray, radius: float, **options) -> None:
        """A disc; its radius is in the unit of the plane."""
        (x, y), r = self.at(place), radius * self.scale
        draw.ellipse([x - r, y - r, x + r, y + r], **options)

    def line(self, draw: ImageDraw.ImageDraw, places: np.ndarray, width: float, colour: str) -> None:
        """A line through places [K, 2] with round ends, `width` wide in the unit of the plane."""
        draw.line([self.at(place) for place in places], colour, max(1, round(width * self.scale)), joint="curve")
        for place in (places[0], places[-1]):
            self.disc(draw, place, width / 2, fill=colour)

    def picture(self, body: _Body, goal: int | None, trail: np.ndarray | None = None) -> Image.Image:
        """The ground with a body, the trail [K, 2] that it leaves, and the goal that is commanded."""
        image = self.image.copy()
        draw = ImageDraw.Draw(image)
        if goal is not None:
            self.disc(
                draw, self.plane.points[goal], self.plane.radius, fill="#f5cfb3", outline=theme.ACCENT, width=SUPER
            )
        if trail is not None and len(trail) > 1:
            self.line(draw, trail, 1.5 * SUPER / self.scale, theme.HATCH)
        for limb, width in zip(body.limbs, body.widths, strict=True):
            self.line(draw, limb, width, BODY)
        for place, radius in zip(body.places, body.radii, strict=True):
            self.disc(draw, place, radius, fill=BODY, outline=theme.PAPER, width=SUPER)
        image = image.reduce(SUPER)
        return image.crop((0, 0, image.width - image.width % 2, image.height - image.height % 2))


@dataclasses.dataclass(frozen=True, eq=False)
class _Body:
    """Limbs [L, 2, 2] with widths [L], and round parts at places [K, 2] with radii [K], seen from above."""

    limbs: np.ndarray
    widths: np.ndarray
    places: np.ndarray
    radii: np.ndarray


def _flat(env: Any, qpos: np.ndarray, height: int, goals: np.ndarray | None) -> np.ndarray:
    """The pictures of `body_frames` where mujoco cannot draw: it still says where the parts are."""
    import mujoco

    model, ground = env.body.model, _Ground(env.places.plane, height)
    data = mujoco.MjData(model)
    moves = model.geom_bodyid > 0
    rods = np.flatnonzero(moves & (model.geom_type == mujoco.mjtGeom.mjGEOM_CAPSULE))
    balls = np.flatnonzero(moves & (model.geom_type == mujoco.mjtGeom.mjGEOM_SPHERE))
    frames = []
    for time, posture in enumerate(qpos):
        data.qpos = posture
        mujoco.mj_kinematics(model, data)
        along = data.geom_xmat[rods].reshape(-1, 3, 3)[:, :, 2] * model.geom_size[rods, 1:2]
        limbs = np.stack([data.geom_xpos[rods] - along, data.geom_xpos[rods] + along], axis=1)[..., :2]
        body = _Body(limbs, 2 * model.geom_size[rods, 0], data.geom_xpos[balls, :2], model.geom_size[balls, 0])
        frames.append(np.asarray(ground.picture(body, None if goals is None else int(goals[time]))))
    return np.stack(frames)


def _moment(ground: _Ground, trace: PlaneTrace, time: int) -> np.ndarray:
    """One picture of a walk, with its line of words."""
    pixel = SUPER / ground.scale
    step = max(time - 1, 0)
    asked = int(trace.goal[min(time, trace.steps - 1)]) if trace.steps else None
    limbs = trace.limbs[time]
    body = _Body(limbs, np.full(len(limbs), 5 * pixel), trace.places[time, None], np.array([5 * pixel]))
    image = ground.picture(body, asked, trace.places[: time + 1])
    words = [f"step {time}"]
    if asked is not None:
        words += [f"goal {trace.plane.goal_names[asked].partition('/')[2]}", f"value {trace.v[time, asked]:.2f}"]
    if time and trace.achieved[time, int(trace.goal[step])]:
        words.append("reached")
    page = Image.new("RGB", (image.width, image.height + _CAPTION), theme.PAPER)
    page.paste(image, (0, 0))
    write(page, 8, image.height + _CAPTION / 2, "    ".join(words), 14)
    return np.asarray(page)
