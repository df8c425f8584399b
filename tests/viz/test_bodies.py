"""Pictures of bodies: by mujoco, flat where it cannot draw, and walks on a plane."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from leo_lab import make
from leo_lab.artefacts.plane import Plane
from leo_lab.artefacts.walk import BodyLayer, Walk
from leo_lab.envs.brax import gl
from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.pictures import bodies, planes, walks
from leo_lab.viz.pictures.canvas import text_row

POSTURES = np.array([[0.3, 0.8], [0.3, 0.8], [2.0, -1.0]])
ORANGE = np.array([213, 94, 0])


@pytest.fixture(scope="module")
def env():
    return make("reacher")


def states(postures=POSTURES):
    return SimpleNamespace(q=postures)


def near(frames, colour, within=60):
    """Pixels of about this colour, bool [..., H, W]."""
    return np.abs(frames.astype(int) - colour).sum(axis=-1) < within


@pytest.fixture
def no_gl(monkeypatch):
    """mujoco as it is where no GL library is installed."""
    from mujoco.rendering.classic import gl_context

    def missing(*size):
        raise ImportError("Failed to import OpenGL backend")

    monkeypatch.setattr(gl_context, "GLContext", missing)


# By mujoco ------------------------------------------------------------------------------------------------------------


def test_mujoco_draws_the_body_and_the_goal(env, capfd):
    frames, note = bodies.body_frames(env, states(), height=180, goal=np.array([0, 0, 60]))
    assert (frames.shape, frames.dtype, note) == ((3, 180, 240, 3), np.uint8, "drawn by mujoco")
    assert (frames[0] == frames[1]).all() and (frames[0] != frames[2]).any()
    assert capfd.readouterr() == ("", "")
    rows, cols = (np.array([np.nonzero(near(frame, ORANGE))[axis].mean() for frame in frames]) for axis in (0, 1))
    (x0, y0), (x1, y1) = env.places.lattice.points[[0, 60]]
    assert y0 > y1 and rows[0] < rows[2] - 20  # y is up
    assert np.sign(cols[2] - cols[0]) == np.sign(x1 - x0)
    unmarked, _ = bodies.body_frames(env, states(), height=180)
    assert not near(unmarked, ORANGE).any() and near(frames, ORANGE).sum(axis=(1, 2)).min() > 20


def test_the_camera_follows_within_the_plane():
    plane = Plane((-10, -5, 10, 5), np.zeros((0, 4)), np.zeros((1, 2)), ("place/x0y0",), 0.5, "m")
    assert bodies._middle(plane, np.array([3.0, 1.0]), 6.0).tolist() == [3.0, 1.0]
    assert bodies._middle(plane, np.array([9.0, -4.0]), 6.0).tolist() == [7.0, -2.0]
    assert bodies._middle(plane, np.array([9.0, 4.0]), 30.0).tolist() == [0.0, 0.0]


# Flat -----------------------------------------------------------------------------------------------------------------


def test_without_gl_it_is_flat_and_says_so(env, no_gl, capfd):
    frames, note = bodies.body_frames(env, states(), height=200, goal=5)
    assert (frames.shape, frames.dtype) == ((3, 200, 200, 3), np.uint8)
    assert "\n" not in note and note.startswith("drawn flat") and "Failed to import OpenGL backend" in note
    assert "apt-get install" in note and capfd.readouterr() == ("", "")
    body = near(frames, theme.rgb(planes.BODY), 30)
    for (shoulder, elbow), mask in zip(POSTURES, body, strict=True):
        middle = 0.1 * np.array([np.cos(shoulder), np.sin(shoulder)]) + 0.05 * np.array(
            [np.cos(shoulder + elbow), np.sin(shoulder + elbow)]
        )
        x, y = middle
        assert mask[round((0.25 - y) * 400), round((x + 0.25) * 400)]
    assert (frames[0] == frames[1]).all() and (body[0] != body[2]).any()


def walk(limbs=2):
    """A body that walks to the right through two goals, past a wall."""
    steps, points = 3, np.float32([[1.0, 1.0], [3.0, 1.0]])
    walls = np.float32([[0, 2, 4, 3]])
    plane = Plane((0.0, 0.0, 4.0, 3.0), walls, points, ("place/x1y1", "place/x3y1"), 0.4, "cells")
    places = np.float32([[time + 0.1, 1.0] for time in range(steps + 1)])
    ends = np.broadcast_to(places[:, None, None], (steps + 1, limbs, 2, 2)) + np.float32([[0, 0], [0.3, 0.5]])
    away = np.linalg.norm(places[:, None] - points, axis=-1)
    desired, direction = points[[0, 1, 1]], np.zeros((steps + 1, 2, 2))
    return Walk(
        action=np.zeros((steps, 2)),
        goal=[0, 1, 1],
        achieved=away <= 0.4,
        v=np.linspace(0, 1, 2 * steps + 2).reshape(steps + 1, 2),
        best=None,
        goal_names=plane.goal_names,
        action_names=("right", "up"),
        gamma=0.99,
        title="walk",
        body=BodyLayer(plane, places, ends, desired, direction, step_seconds=0.0),
    )


def test_a_walk_is_drawn_with_walls_goal_trail_and_body():
    frames = walks.plane_frames(walk(), height=120)
    assert (frames.shape, frames.dtype) == ((4, 150, 160, 3), np.uint8)
    assert (
        near(frames[:, 20, 80], theme.rgb(theme.FLAT_WALL), 9).all()
        and not near(frames[:, 60, 5], theme.rgb(theme.FLAT_WALL), 9).any()
    )
    for time, frame in enumerate(frames):
        x = round((time + 0.1) * 40)
        assert near(frame[80, x - 2 : x + 3], theme.rgb(planes.BODY), 60).any()
    wanted = near(frames, theme.rgb("#f5cfb3"), 12)
    assert wanted[0, 70:90, 30:55].any() and not wanted[0, 70:90, 100:135].any()
    assert wanted[1, 70:90, 100:135].any() and not wanted[1, 70:90, 30:55].any()
    trail = near(frames[3, 78:83], theme.rgb(theme.HATCH), 40).any(axis=0)
    assert trail[10:100].mean() > 0.5


def test_words_tell_steps_and_arrivals(monkeypatch):
    said = []
    monkeypatch.setattr(walks, "text_row", lambda text, *how, **more: said.append(text) or text_row(text, *how, **more))
    walks.plane_frames(walk(limbs=0), height=64)
    assert said == [
        "step 0    goal x1y1    value 0.00",
        "step 1    goal x3y1    value 0.43    reached",
        "step 2    goal x3y1    value 0.71",
        "step 3    goal x3y1    value 1.00    reached",
    ]


# Bad input and GL -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, message",
    [
        ({"height": 20}, "height must be from 64 to 960 pixels, got 20"),
        ({"height": 90.5}, "height must be a whole number"),
        ({"goal": 68}, "goals are numbered 0 to 67, got 68"),
        ({"goal": np.array([0, 1])}, r"goal must be a number or int \[3\], got int64 \(2,\)"),
        ({"goal": 0.5}, "goal must be a number"),
    ],
)
def test_bad_options_are_one_line(env, options, message):
    with pytest.raises(LabError, match=message) as error:
        bodies.body_frames(env, states(), **options)
    assert "\n" not in str(error.value)


def test_a_world_without_a_body_is_refused():
    with pytest.raises(LabError, match="point maze, four_rooms has no body that mujoco could draw"):
        bodies.body_frames(make("point_maze"), states())


@pytest.mark.parametrize(
    "there, before, after",
    [
        ({"EGL", "OSMesa"}, None, "egl"),
        ({"OSMesa"}, None, "osmesa"),
        (set(), None, None),
        ({"EGL"}, "glfw", "glfw"),
    ],
)
def test_the_library_that_is_there_is_chosen_unless_the_user_chose(monkeypatch, there, before, after):
    monkeypatch.setattr(gl.platform, "system", lambda: "Linux")
    monkeypatch.setattr(gl.ctypes.util, "find_library", lambda name: name if name in there else None)
    monkeypatch.setenv("MUJOCO_GL", before or "unset")  # so that what is set below is undone in the end
    if before is None:
        monkeypatch.delenv("MUJOCO_GL")
    gl.prefer_headless()
    assert os.environ.get("MUJOCO_GL") == after


def test_a_setting_that_keeps_mujoco_from_starting_is_one_line():
    code = "import leo_lab\ntry: leo_lab.make('reacher')\nexcept leo_lab.errors.LabError as error: print(error)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "MUJOCO_GL": "nonsense"},
    )
    assert done.stdout.count("\n") == 1 and done.stderr == ""
    assert (
        done.stdout.startswith("mujoco does not start with MUJOCO_GL=nonsense") and "set it to disable" in done.stdout
    )
