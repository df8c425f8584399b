"""Bodies as pictures: drawn by mujoco where it can draw, flat from above elsewhere."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from leo_lab.artefacts.plane import Plane
from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.pictures.planes import DOT, PlaneCanvas, check_height

_TILT = -58.0  # degrees by which mujoco's camera looks down


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
    check_height(height)
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
        radius = plane.radius * (1 if chosen else DOT)
        size = np.array([radius, plane.radius * (0.04 if chosen else 0.03), 0.0])  # radius and half the height
        colour = [*theme.rgb(theme.ACCENT if chosen else theme.MUTED), 255 * (0.75 if chosen else 0.6)]
        look = np.array([x, y, size[1]]), np.eye(3).ravel(), np.float32(colour) / 255
        mujoco.mjv_initGeom(scene.geoms[scene.ngeom], mujoco.mjtGeom.mjGEOM_CYLINDER, size, *look)
        scene.ngeom += 1


# ---------------------------------------------------------------- flat


def _flat(env: Any, qpos: np.ndarray, height: int, goals: np.ndarray | None) -> np.ndarray:
    """The pictures of `body_frames` where mujoco cannot draw: it still says where the parts are."""
    import mujoco

    model, data, ground = env.body.model, mujoco.MjData(env.body.model), PlaneCanvas(env.places.plane, height)
    moves = model.geom_bodyid > 0
    rods = np.flatnonzero(moves & (model.geom_type == mujoco.mjtGeom.mjGEOM_CAPSULE))
    balls = np.flatnonzero(moves & (model.geom_type == mujoco.mjtGeom.mjGEOM_SPHERE))
    frames = []
    for time, posture in enumerate(qpos):
        data.qpos = posture
        mujoco.mj_kinematics(model, data)
        along = data.geom_xmat[rods].reshape(-1, 3, 3)[:, :, 2] * model.geom_size[rods, 1:2]
        limbs = np.stack([data.geom_xpos[rods] - along, data.geom_xpos[rods] + along], axis=1)[..., :2]
        canvas = ground.copy()
        if goals is not None:
            canvas.goal(int(goals[time]))
        canvas.body(limbs, 2 * model.geom_size[rods, 0], data.geom_xpos[balls, :2], model.geom_size[balls, 0])
        frames.append(np.asarray(canvas.finish()))
    return np.stack(frames)
