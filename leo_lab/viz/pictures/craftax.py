"""Walks through a world that is seen around the player, as pictures with a word about what goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

from leo_lab.viz import theme
from leo_lab.viz.pictures.paint import write

_LINE, _MARGIN, _SIZE = 22, 8, 14
NARROWEST = 432  # pixels, so that the longest names of goals fit


def world_frames(trace: Any, pictures: Sequence[np.ndarray], scale: int = 3, pause: int = 3) -> Iterator[np.ndarray]:
    """Puts the goal, its value and the last action under each picture of a walk.

    Args:
      trace: a WorldTrace of T steps.
      pictures: T + 1, uint8 [H, W, 3].
      scale: how many times larger they are shown.
      pause: more pictures of each arrival, so that it can be seen.

    Yields:
      uint8 [H', W', 3], all of one even size.
    """
    for time, picture in enumerate(pictures):
        large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
        height, width = large.shape[:2]
        image = Image.new("RGB", (max(width, NARROWEST) // 2 * 2, (height + 2 * _LINE + _MARGIN) // 2 * 2), theme.PAPER)
        image.paste(Image.fromarray(large), ((image.width - width) // 2, 0))
        reached = time > 0 and bool(trace.achieved[time, trace.goal[time - 1]])
        for line, words in enumerate(_words(trace, time, reached)):
            write(image, _MARGIN, height + _MARGIN / 2 + (line + 0.5) * _LINE, words, _SIZE)
        for _ in range(1 + (pause if reached else 0)):
            yield np.asarray(image)


def _words(trace: Any, time: int, reached: bool) -> tuple[str, str]:
    """Two lines: the goal; the step, the last action, and what the goal is worth now."""
    goal = int(trace.goal[max(0, time - 1)])
    action = trace.action_names[int(trace.actions[time - 1])] if time else "-"
    state = "reached" if reached else f"value {trace.v[time, goal]:.2f}"
    return f"goal {trace.goal_names[goal]}", f"step {time}    {action}    {state}"
