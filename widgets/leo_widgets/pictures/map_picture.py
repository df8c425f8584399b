"""Pictures of a gridworld: cells in the colours of values, and the marks in them."""

from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from leo_widgets.pictures.drawing import FINE, MARGIN, blank, colour_bar, write
from leo_widgets.pictures.palette import HATCH, INK, PAPER, WALL, portal_colour, whole

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
ONE_WAY = {"<": "left", ">": "right", "^": "up", "v": "down"}

# Outlines in a cell that reaches from -1 to 1, as [(right, down)]; those with a direction point to the right.
_AREAS = {
    "wedge": [(0, 0), (1, -1), (1, 1)],
    "arrow": [(-0.45, -0.07), (0.1, -0.07), (0.1, -0.28), (0.52, 0), (0.1, 0.28), (0.1, 0.07), (-0.45, 0.07)],
    "corner": [(-1, -1), (-0.4, -1), (-0.4, -0.4), (-1, -0.4)],
    "notch": [(0.3, -1), (1, -1), (1, -0.3)],
}
_LINES = {  # their width, and the points of each
    "chevrons": (0.14, [[(at - 0.18, -0.6), (at, 0), (at - 0.18, 0.6)] for at in (0.6, 0.84)]),
    "cross": (0.14, [[(-0.36, -0.36), (0.36, 0.36)], [(0.36, -0.36), (-0.36, 0.36)]]),
}
_CIRCLES = {"ring": (0.78, 0.2), "disc": (0.52, 0), "dot": (0.14, 0), "pad": (0.72, 0)}  # radius, and width of a line


class MapPicture:
    """A map of rows x cols cells with room for a legend below. Colours are (r, g, b), 0 to 255."""

    def __init__(self, rows: int, cols: int, layout=None):
        self.cell = int(np.clip(560 // max(rows, cols), 14, 44))
        self._size, self._layout = (cols * self.cell, rows * self.cell), layout
        self._fine = blank(*(FINE * side for side in self._size))
        self._draw = ImageDraw.Draw(self._fine)
        self._texts, self._legend = [], None
        for row, line in enumerate(layout or ()):
            for col, char in enumerate(line):
                if char == "#":
                    self._wall(row, col)
                elif char.isupper() and char != "S":
                    self.mark(row, col, "pad", portal_colour(char))

    @cached_property
    def image(self) -> Image.Image:
        """The picture, once everything is drawn."""
        width, height = self._size
        found = blank(width + 2 * MARGIN, height + 2 * MARGIN + 34)
        found.paste(self._fine.reduce(FINE), (MARGIN, MARGIN))
        for row, col, text in self._texts:
            x, y = (MARGIN + (at + 0.5) * self.cell for at in (col, row))
            write(found, (x, y), text, size=16, anchor="mm")
        if self._legend:
            colour_bar(found, height + MARGIN + 8, *self._legend)
        return found

    def fill(self, row: int, col: int, colour) -> None:
        """Fill a cell, leaving the hair line to its neighbours."""
        self._draw.rectangle(self._box(row, col, self.cell - 1), whole(colour))

    def mark(self, row: int, col: int, name: str, colour) -> None:
        """Draw a mark into a cell.

        name: "ring", "disc", "dot", "pad", "cross", "frame", "corner" or "notch"; "wedge", "arrow" or "chevrons" with a
        direction, as in "arrow left".
        """
        shape, _, direction = name.partition(" ")
        down, right = DIRECTIONS[direction or "right"]
        half = FINE * (self.cell - 1) / 2
        middle = (FINE * col * self.cell + half, FINE * row * self.cell + half)

        def at(along: float, aside: float) -> tuple[float, float]:
            return middle[0] + half * (right * along - down * aside), middle[1] + half * (down * along + right * aside)

        colour = whole(colour)
        if shape in _AREAS:
            self._draw.polygon([at(*corner) for corner in _AREAS[shape]], colour)
        elif shape in _LINES:
            width, lines = _LINES[shape]
            for line in lines:
                self._draw.line([at(*point) for point in line], colour, round(width * half), "curve")
        elif shape == "frame":
            self._draw.rectangle(self._box(row, col, self.cell - 1), None, colour, max(FINE, round(0.14 * half)))
        else:
            radius, width = _CIRCLES[shape]
            ink = {"outline": colour, "width": round(width * half)} if width else {"fill": colour}
            self._draw.circle(middle, radius * half, **ink)

    def letters(self, row: int, col: int, text: str) -> None:
        """Write one or two letters into the middle of a cell, over all marks."""
        self._texts.append((row, col, text))

    def signs(self) -> None:
        """One-way chevrons, teleporter exits and the start, over whatever the cells show."""
        for row, line in enumerate(self._layout or ()):
            for col, char in enumerate(line):
                if char in ONE_WAY:
                    self.mark(row, col, f"chevrons {ONE_WAY[char]}", INK)
                elif char.islower() or char == "S":
                    self.mark(row, col, "corner", PAPER if char == "S" else portal_colour(char))

    def legend(self, name: str, start: str, stop: str) -> None:
        """A colour bar along the lower edge with the numbers of its two ends."""
        self._legend = (name, start, stop)

    def _box(self, row: int, col: int, size: int) -> tuple[int, int, int, int]:
        """The square of `size` pixels at the upper left of a cell, as Pillow counts: both corners included."""
        left, top = FINE * col * self.cell, FINE * row * self.cell
        return left, top, left + FINE * size - 1, top + FINE * size - 1

    def _wall(self, row: int, col: int) -> None:
        """A hatched cell; the lines go on from cell to cell."""
        size = FINE * self.cell
        down, right = np.indices((size, size)) // FINE
        hatched = (down + right + (row + col) * self.cell) % 7 == 0
        tile = np.where(hatched[..., None], HATCH, WALL).astype(np.uint8)
        self._fine.paste(Image.fromarray(tile), (col * size, row * size))
