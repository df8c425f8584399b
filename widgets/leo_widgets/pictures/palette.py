"""Colours of pictures: those of the browser's views, as (r, g, b) from 0 to 255."""

from functools import cache

import numpy as np

from leo_widgets.page.assets import colours

PAPER, INK, WALL, HATCH, ACCENT = (255, 255, 255), (28, 33, 40), (223, 227, 232), (185, 192, 201), (213, 94, 0)
MUTED, RULE = (89, 99, 110), (213, 218, 224)


@cache
def colour_table(name: str) -> np.ndarray:
    """256 colours, float [256, 3], between the evenly spaced ones of the list `name` (CIVIDIS, DIVERGING)."""
    anchors = np.array([channels(text) for text in colours(name)], float)
    at = np.linspace(0, len(anchors) - 1, 256)
    return np.stack([np.interp(at, range(len(anchors)), anchors[:, k]) for k in range(3)], axis=1)


def shade(values, start: float, stop: float, name: str = "CIVIDIS") -> np.ndarray:
    """Colours [..., 3] of values on a table that runs from start to stop (start > stop turns it round)."""
    place = np.clip((np.asarray(values, float) - start) / (stop - start), 0, 1)
    return colour_table(name)[np.round(255 * np.nan_to_num(place)).astype(int)]


def channels(colour: str) -> tuple[int, ...]:
    """(r, g, b) of a hex string."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def whole(colour) -> tuple[int, ...]:
    """(r, g, b) in whole numbers, as Pillow takes them."""
    return tuple(int(channel) for channel in np.round(colour))


def ink_on(colour) -> tuple[int, ...]:
    """White or dark, whichever is easier to see on a colour."""
    return INK if float(np.dot(colour, (0.2126, 0.7152, 0.0722))) > 118 else PAPER


def portal_colour(char: str) -> tuple[int, ...]:
    """The colour of a teleporter, by its letter."""
    return channels(colours("OKABE_ITO")[(3, 7, 2, 1)[(ord(char.lower()) - 97) % 4]])
