"""What all pictures are put together from: text, colour bars, strips of values, and images side by side."""

import io
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from leo_widgets.pictures.palette import ACCENT, INK, PAPER, colour_table

MARGIN = 10
FINE = 4  # shapes are drawn this many times larger and then reduced: smooth edges


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def write(image: Image.Image, at, text: str, colour=INK, *, size: int = 12, anchor: str = "la", room: float = np.inf):
    """Write a line of text, cut to `room` pixels.

    at: (x, y) of the anchor: "la" the left end of the upper edge, "ra" its right end, "mm" the middle.
    """
    font, text = _font(size), text.replace("−", "-")  # a sign that the font has not
    while text and font.getlength(text) > room:
        text = text[:-2] + "…" if len(text) > 2 else ""
    ImageDraw.Draw(image).text(at, text, tuple(colour), font=font, anchor=anchor)


def blank(width: int, height: int, colour=PAPER) -> Image.Image:
    """An image of one colour."""
    return Image.new("RGB", (int(width), int(height)), tuple(colour))


def of_array(array: np.ndarray, cell: int = 1) -> Image.Image:
    """The image of colours [height, width, 3], each drawn as a square of `cell` pixels."""
    image = Image.fromarray(np.round(np.clip(array, 0, 255)).astype(np.uint8))
    return image.resize((image.width * cell, image.height * cell), Image.Resampling.NEAREST)


def below(*images: Image.Image) -> Image.Image:
    """Images one below the other, on paper as wide as the widest."""
    found = blank(max(image.width for image in images), sum(image.height for image in images))
    top = 0
    for image in images:
        found.paste(image, (0, top))
        top += image.height
    return found


def beside(*images: Image.Image) -> Image.Image:
    """Images side by side, on paper as high as the highest."""
    found = blank(sum(image.width for image in images), max(image.height for image in images))
    left = 0
    for image in images:
        found.paste(image, (left, 0))
        left += image.width
    return found


def titled(image: Image.Image, text: str) -> Image.Image:
    """The image with a line of text above it, as much of it as fits."""
    head = blank(image.width, 16)
    write(head, (MARGIN, 1), text, room=image.width - 2 * MARGIN)
    return below(head, image)


def colour_bar(image: Image.Image, top: int, name: str, start: str, stop: str, reverse: bool = False) -> None:
    """A bar of colours as wide as the image, and the numbers of its two ends below; 23 pixels high."""
    table = colour_table(name)[:: -1 if reverse else 1]
    width = image.width - 2 * MARGIN
    bar = of_array(table[np.linspace(0, 255, width).astype(int)][None])
    image.paste(bar.resize((width, 8)), (MARGIN, top))
    write(image, (MARGIN, top + 9), start)
    write(image, (image.width - MARGIN, top + 9), stop, anchor="ra")


def strip_picture(colours: np.ndarray, order, commanded: np.ndarray, frame: int, width: int) -> Image.Image:
    """Goals x time, as wide as told, a border of 10 pixels included; T + 1 times share the width evenly.

    colours: [T + 1, G, 3]. order: the goals from top to bottom. commanded: goals [T + 1], outlined. frame: is marked.
    """
    order = np.asarray(order)
    low = max(2 if len(order) <= 280 else 1, min(14, 280 // len(order)))
    tall = max(low, min(10, 200 // np.unique(commanded).size))  # commanded goals stay visible among many
    heights = np.where(np.isin(order, commanded), tall, low)
    tops = np.concatenate([[0], heights.cumsum()])
    times = np.arange(width - 2 * MARGIN) * len(commanded) // (width - 2 * MARGIN)  # of each column of pixels
    strip = colours[times][:, order].transpose(1, 0, 2).repeat(heights, axis=0)  # [G, width, 3]
    rows = np.argsort(order)[commanded[times]]
    for edge in (tops[rows], tops[rows + 1] - 1):
        strip[edge, np.arange(times.size)] = ACCENT
    now = int((frame + 0.5) * times.size / len(commanded))
    strip[:, max(0, now - 1) : now + 1] = INK
    return of_array(np.pad(strip, ((6, MARGIN), (MARGIN, MARGIN), (0, 0)), constant_values=255))


def to_png(image: Image.Image) -> bytes:
    """The image as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
