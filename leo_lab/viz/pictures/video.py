"""Pictures as files: one as a .png, many as a video or an animated picture."""

from __future__ import annotations

import io
import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from leo_lab.artefacts.files import write_atomically
from leo_lab.errors import LabError, require, unknown

_CODECS = {".mp4": "h264", ".gif": "gif"}


def save_png(path: str | Path, image: np.ndarray) -> Path:
    """Writes an image uint8 [H, W, 3] as a PNG, whole or not at all; returns the path.

    Raises LabError where it cannot be written.
    """
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", optimize=True)
    return write_atomically(path, buffer.getvalue())


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
    require(fps > 0, "fps", f"{fps:g}", "above 0")
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
