"""A walk as a video or an animated picture."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import LabError, unknown
from leo_lab.viz.pictures import frames as pictures
from leo_lab.viz.pictures.paint import MapPainter
from leo_lab.viz.reading import goal_label, number, read_maps
from leo_lab.walks.gridworld import Trace

_CODECS = {".mp4": "h264", ".gif": "gif"}


def rollout_frames(
    values: AllGoalsValues,
    trace: Trace,
    *,
    cell: int | None = None,
    scale: str = "steps",
    truth: AllGoalsValues | None = None,
    pause: int = 3,
) -> Iterator[np.ndarray]:
    """Draws a walk, one picture per step, each on the map of the goal commanded at that time.

    Args:
      values: what the agent believes.
      trace: the walk.
      cell, scale, truth: as in `draw_map`.
      pause: more pictures of each arrival, so that it can be seen.

    Yields:
      uint8 [H, W, 3], all of one even size.

    Raises:
      LabError: as `draw_map`.
    """
    if pause < 0:
        raise LabError(f"pause must not be negative, got {pause}")
    side = pictures.cell_size(values, cell)
    whole = read_maps(values, np.unique(trace.goals), scale, truth)
    boards = {
        int(goal): MapPainter(read_maps(values, [int(goal)], scale, truth, whole=whole), 0, side)
        for goal in whole.goals
    }
    captions = [_caption(values, trace, time) for time in range(len(trace.states))]
    width = max(pictures.caption_width(caption) for caption in captions)
    return _draw(trace, boards, captions, width, pause)


def _draw(
    trace: Trace, boards: dict[int, MapPainter], captions: list[str], width: int, pause: int
) -> Iterator[np.ndarray]:
    since = 0  # when the current goal was commanded
    for time, (state, goal, done) in enumerate(zip(trace.states, trace.goals, trace.achieved, strict=True)):
        if time and (trace.achieved[time - 1] or goal != trace.goals[time - 1]):
            since = time - 1
        painter = boards[int(goal)].copy()
        painter.trail(trace.states[since : time + 1])
        painter.agent(int(state))
        image = pictures.frame(painter, captions[time], width)
        for _ in range(1 + (pause if done else 0)):
            yield image


def _caption(values: AllGoalsValues, trace: Trace, time: int) -> str:
    state, goal = int(trace.states[time]), int(trace.goals[time])
    line = f"step {time}    goal {goal_label(values, goal)}    "
    if trace.achieved[time]:
        return f"{line}reached ({int(trace.achieved[: time + 1].sum())} so far)"
    steps = float(values.steps()[state, goal])
    return f"{line}believes {number(steps)} more step{'' if number(steps) == '1' else 's'}"


def save_video(path: str | Path, frames: Iterable[np.ndarray], fps: float = 6) -> Path:
    """Writes frames uint8 [H, W, 3] of one size as .mp4 (h264) or .gif, whole or not at all.

    Args:
      path: the file; its ending chooses the format.
      frames: the pictures; an odd width or height gets one more line of pixels.
      fps: pictures per second.

    Returns:
      The path.

    Raises:
      LabError: another ending, no frames, no ffmpeg, or a file that cannot be written.
    """
    path = Path(path)
    check_video_path(path)
    if fps <= 0:
        raise LabError(f"fps must be above 0, got {fps:g}")
    if not path.parent.is_dir():
        raise LabError(f"{path}: there is no folder {path.parent}; make it first")
    images = _even(path, frames)
    first = next(images, None)
    if first is None:
        raise LabError(f"{path}: no frames to write")
    mediapy = _mediapy()
    partial = path.with_name(f".{path.stem}.part{path.suffix.lower()}")
    codec = _CODECS[path.suffix.lower()]
    try:
        with mediapy.VideoWriter(partial, first.shape[:2], codec=codec, fps=fps, qp=18) as video:
            for image in itertools.chain([first], images):
                video.add_image(image)
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:
        raise LabError(f"{path}: the video cannot be written ({error})") from None
    finally:
        partial.unlink(missing_ok=True)
    return path


def check_video_path(path: Path) -> None:
    """Raises LabError unless `save_video` knows the format that the path's ending asks for."""
    if path.suffix.lower() not in _CODECS:
        raise unknown("video format", path.suffix or path.name, _CODECS)


def _even(path: Path, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Checks frames, and repeats their last row or column where its number is odd: h264 cannot encode that."""
    wanted = None
    for image in frames:
        wanted = wanted or image.shape
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.shape != wanted:
            raise LabError(f"{path}: frames must be uint8 [H, W, 3] of one size, got {image.dtype} {image.shape}")
        yield np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")


def _mediapy():
    """mediapy with an ffmpeg: the system's, else imageio-ffmpeg's. Imported here: it takes a second."""
    import mediapy

    if shutil.which("ffmpeg") is None:
        try:
            import imageio_ffmpeg

            mediapy.set_ffmpeg(imageio_ffmpeg.get_ffmpeg_exe())
        except (ImportError, RuntimeError):
            raise LabError(
                "videos need ffmpeg, and none was found: pip install imageio-ffmpeg, or apt-get install ffmpeg"
            ) from None
    return mediapy
