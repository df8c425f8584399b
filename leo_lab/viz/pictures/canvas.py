"""What all pictures share: a canvas drawn SUPER times larger, then averaged, words, and rows put together."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from leo_lab.viz import theme

SUPER = 3
_TEXT_SUPER = 4  # letters drawn this much larger stand evenly, also where they are small


class Canvas:
    """A picture on which places are drawn by strokes with smooth edges. A subclass says in `pixels` where places are.

    Attributes:
      image: the enlarged picture so far.
      unit: enlarged pixels of a unit of length: a cell, a metre.
    """

    def __init__(self, width: int, height: int, unit: float):
        self.image = Image.new("RGB", (width, height), theme.PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self.unit = unit

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """Where places [K, 2] are in the enlarged picture: x and y, float [K, 2]."""
        raise NotImplementedError

    def copy(self) -> Self:
        """The same picture, to be drawn on without changing this one."""
        twin = copy.copy(self)
        twin.image = self.image.copy()
        twin.draw = ImageDraw.Draw(twin.image)
        return twin

    def finish(self) -> Image.Image:
        """The picture so far, in its final size; more may be drawn afterwards."""
        return self.image.reduce(SUPER)

    def polygon(self, places: np.ndarray, colour: str) -> None:
        """Fills the outline through places [K, 2]."""
        self.draw.polygon(self.pixels(places).ravel().tolist(), fill=colour)

    def line(self, places: np.ndarray, colour: str, width: float) -> None:
        """A line through places [K, 2] with round joints and ends; its width is in units, at least one pixel."""
        points, thick = self.pixels(places), max(SUPER, round(width * self.unit))
        self.draw.line(points.ravel().tolist(), fill=colour, width=thick)
        for x, y in points:
            self.draw.circle((x, y), thick / 2, fill=colour)

    def disc(self, place: Sequence[float], radius: float, **style) -> None:
        """A disc; its radius is in units."""
        self.draw.circle(tuple(self.pixels(np.array([place]))[0]), radius * self.unit, **style)

    def text(self, place: Sequence[float], text: str, size: float, colour: str) -> None:
        """Letters with their middle at a place; their size is in units."""
        x, y = self.pixels(np.array([place]))[0]
        self.draw.text((x, y), text, colour, font(size * self.unit), anchor="mm")


# ---------------------------------------------------------------- words


@functools.cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's own scalable font, so that a picture is the same on every machine."""
    return ImageFont.load_default(size)


def text_width(text: str, size: int) -> int:
    """Pixels that a line of text needs."""
    return -int(-font(size * _TEXT_SUPER).getlength(text) // _TEXT_SUPER)


@functools.lru_cache(maxsize=1024)
def _text_mask(text: str, size: int) -> Image.Image:
    """A line of text as a mask, half as high again as its size."""
    height = size * 3 // 2
    mask = Image.new("L", ((text_width(text, size) + 1) * _TEXT_SUPER, height * _TEXT_SUPER))
    middle = height * _TEXT_SUPER / 2
    ImageDraw.Draw(mask).text((0, middle), text, 255, font(size * _TEXT_SUPER), anchor="lm")
    return mask.reduce(_TEXT_SUPER)


def write(
    image: Image.Image, x: float, y: float, text: str, size: int, colour: str = theme.INK, align: float = 0
) -> None:
    """Writes a line with its middle at height y; align 0 starts it at x, 0.5 centres it, 1 ends it there."""
    mask = _text_mask(text, size)
    image.paste(colour, (round(x - align * mask.width), round(y - mask.height / 2)), mask)


def text_row(
    text: str, size: int, height: int, left: int, *, width: int | None = None, fill: str = theme.PAPER
) -> Image.Image:
    """A row of one line of text that begins at `left`, `width` wide, or as wide as it needs; all in pixels."""
    image = Image.new("RGB", (width or left + text_width(text, size) + left // 2, height), fill)
    write(image, left, height / 2, text, size)
    return image


def stack(rows: Iterable[Image.Image]) -> np.ndarray:
    """Rows one below the other, on paper of even size (video codecs ask for that): uint8 [H, W, 3]."""
    rows = list(rows)
    width, height = max(row.width for row in rows), sum(row.height for row in rows)
    image = Image.new("RGB", (width + width % 2, height + height % 2), theme.PAPER)
    top = 0
    for row in rows:
        image.paste(row, (0, top))
        top += row.height
    return np.asarray(image)
