"""A walk as pictures, one for each time, with words about what goes on: on maps, on planes, in scenes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.artefacts.walk import Walk
from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.pictures.canvas import stack, text_row
from leo_lab.viz.pictures.maps import MapCanvas, caption_width, cell_size, framed
from leo_lab.viz.pictures.planes import PlaneCanvas, check_height
from leo_lab.viz.reading import goal_label, number, read_maps

NARROWEST = 432  # pixels, so that the longest names of goals fit


def rollout_frames(
    values: AllGoalsValues,
    walk: Walk,
    *,
    cell: int | None = None,
    scale: str = "steps",
    truth: AllGoalsValues | None = None,
    pause: int = 3,
) -> Iterator[np.ndarray]:
    """Draws a walk among S states, one picture for each time, on the map of the goal commanded at that time.

    Args:
      values, cell, scale, truth: as in `draw_map`.
      walk: of T steps, with the layer `cell`.
      pause: more pictures of each arrival, so that it can be seen.

    Yields:
      uint8 [H, W, 3], all of one even size.

    Raises:
      LabError: as `draw_map`; a walk in a world whose states are not listed.
    """
    if walk.cell is None:
        raise LabError(f"{walk.title or 'this walk'}: its states are not listed, so no map can show them")
    if pause < 0:
        raise LabError(f"pause must not be negative, got {pause}")
    side = cell_size(values, cell)
    reading = read_maps(values, np.unique(walk.goal), scale, truth)
    maps = {int(goal): MapCanvas(reading, column, side) for column, goal in enumerate(reading.goals)}
    captions = [_caption(values, walk, time) for time in range(walk.steps + 1)]
    width = max(map(caption_width, captions))
    return _paused((_on_map(walk, time, maps, caption, width) for time, caption in enumerate(captions)), walk, pause)


def plane_frames(walk: Walk, height: int = 360) -> np.ndarray:
    """Draws the walk of a body, or of a point, from above.

    Args:
      walk: of T steps, with the layer `body`.
      height: of the ground in pixels.

    Returns:
      uint8 [T + 1, H, W, 3], H and W even.

    Raises:
      LabError: a height out of range, or a walk in a world without places.
    """
    check_height(height)
    if walk.body is None:
        raise LabError(f"{walk.title or 'this walk'}: it has no body on a plane; rollout_frames draws walks on a map")
    ground = PlaneCanvas(walk.body.plane, height)
    return np.stack([_on_plane(walk, time, ground) for time in range(walk.steps + 1)])


def world_frames(walk: Walk, pictures: Sequence[np.ndarray], scale: int = 3, pause: int = 3) -> Iterator[np.ndarray]:
    """Puts the goal, its value and the last action under each picture of a walk.

    Args:
      walk: of T steps, in any world with a few named actions.
      pictures: T + 1, uint8 [H, W, 3].
      scale: how many times larger they are shown.
      pause: more pictures of each arrival, so that it can be seen.

    Yields:
      uint8 [H', W', 3], all of one even size.
    """
    frames = (_under_picture(walk, time, picture, scale) for time, picture in enumerate(pictures))
    return _paused(frames, walk, pause)


def _paused(frames: Iterator[np.ndarray], walk: Walk, pause: int) -> Iterator[np.ndarray]:
    """One frame for each time, and `pause` more of each arrival."""
    for time, frame in enumerate(frames):
        for _ in range(1 + pause * _arrived(walk, time)):
            yield frame


def _arrived(walk: Walk, time: int) -> bool:
    """Whether the step that led to this time achieved its goal."""
    return time > 0 and bool(walk.arrived[time - 1])


def _caption(values: AllGoalsValues, walk: Walk, time: int) -> str:
    goal = int(walk.commanded[time])
    line = f"step {time}    goal {goal_label(values, goal)}    "
    if _arrived(walk, time):
        return f"{line}reached ({int(walk.arrived[:time].sum())} so far)"
    steps = number(float(values.steps()[walk.cell[time], goal]))
    return f"{line}believes {steps} more step{'' if steps == '1' else 's'}"


def _on_map(walk: Walk, time: int, maps: dict[int, MapCanvas], caption: str, width: int) -> np.ndarray:
    """The map of the goal, with the agent and the way that it came since the goal was commanded."""
    goals, starts = walk.commanded, [0, *(1 + np.flatnonzero(walk.arrived | (np.diff(walk.goal, append=-1) != 0)))]
    since = max(start for start in starts if start < max(time, 1))
    canvas = maps[int(goals[time])].copy()
    canvas.trail(walk.cell[since : time + 1])
    canvas.agent(int(walk.cell[time]))
    return framed(canvas, caption, width)


def _on_plane(walk: Walk, time: int, ground: PlaneCanvas) -> np.ndarray:
    goal, body = int(walk.goal[min(time, walk.steps - 1)]), walk.body
    canvas = ground.copy()
    canvas.goal(goal)
    canvas.trail(body.place[: time + 1])
    thick = 5 * ground.pixel
    canvas.body(body.limbs[time], np.full(body.limbs.shape[1], thick), body.place[time, None], np.array([thick]))
    words = [f"step {time}", f"goal {walk.goal_names[goal].partition('/')[2]}", f"value {walk.v[time, goal]:.2f}"]
    words += ["reached"] if _arrived(walk, time) else []
    picture = canvas.finish()
    return stack([picture, text_row("    ".join(words), 14, 30, 8, width=picture.width)])


def _under_picture(walk: Walk, time: int, picture: np.ndarray, scale: int) -> np.ndarray:
    """A picture, and two lines: the goal; the step, the last action, and what the goal is worth now."""
    large = Image.fromarray(picture.repeat(scale, axis=0).repeat(scale, axis=1))
    shown = Image.new("RGB", (max(large.width, NARROWEST), large.height), theme.PAPER)
    shown.paste(large, ((shown.width - large.width) // 2, 0))
    goal = int(walk.commanded[time])
    action = walk.action_names[int(walk.action[time - 1])] if time else "-"
    worth = "reached" if _arrived(walk, time) else f"value {walk.v[time, goal]:.2f}"
    lines = f"goal {walk.goal_names[goal]}", f"step {time}    {action}    {worth}"
    return stack([shown, *(text_row(line, 14, 24, 8, width=shown.width) for line in lines)])
