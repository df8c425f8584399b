"""One goal's map as pixels: drawn SUPER times larger, then averaged, so that every edge is smooth."""

from __future__ import annotations

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from leo_lab.viz import theme
from leo_lab.viz.figures import shapes
from leo_lab.viz.reading import Board, Reading, board_of, is_exit, is_pad

SUPER = 3
_HATCH_SPACING = 6  # pixels
_LETTERS = 22  # smaller cells, in pixels, have no room for a G or S


@functools.cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's own scalable font, so that a picture is the same on every machine."""
    return ImageFont.load_default(size)


_TEXT_SUPER = 4  # letters drawn this much larger stand evenly, also where they are small


def text_width(text: str, size: int) -> int:
    """Pixels that a line of text needs."""
    return -int(-font(size * _TEXT_SUPER).getlength(text) // _TEXT_SUPER)


@functools.lru_cache(maxsize=1024)
def text_mask(text: str, size: int) -> Image.Image:
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
    mask = text_mask(text, size)
    image.paste(colour, (round(x - align * mask.width), round(y - mask.height / 2)), mask)


class MapPainter:
    """Draws the map of one goal. `finish` gives the picture so far and can be called again after more marks.

    Attributes:
      cell: side of a cell in the finished picture, in pixels; their last row and column is a hair line.
    """

    def __init__(self, reading: Reading, column: int, cell: int):
        self.reading, self.column, self.cell = reading, column, cell
        self.board: Board = board_of(reading.values)
        self._unit = cell * SUPER
        self.image = Image.new("RGB", (self.board.cols * self._unit, self.board.rows * self._unit), theme.PAPER)
        self._draw = ImageDraw.Draw(self.image)
        self._walls()
        self._places()
        self._marks()
        self._signs()

    def copy(self) -> MapPainter:
        """The same picture, to be drawn on without changing this one."""
        twin = object.__new__(MapPainter)
        twin.__dict__.update(self.__dict__, image=self.image.copy())
        twin._draw = ImageDraw.Draw(twin.image)
        return twin

    def finish(self) -> Image.Image:
        """The picture in its final size, rows * cell by cols * cell."""
        return self.image.reduce(SUPER)

    # ---------------------------------------------------------------- layers, from the bottom up

    def _walls(self) -> None:
        walls = self.board.places(lambda char: char == "#")
        if not walls:
            return
        mask = Image.new("1", self.image.size)
        on_mask = ImageDraw.Draw(mask)
        for row, col, _ in walls:
            on_mask.rectangle(self._box(row, col, 0, 0), fill=1)
        hatched = Image.new("RGB", self.image.size, theme.WALL)
        lines = ImageDraw.Draw(hatched)
        width, height = self.image.size
        for at in range(0, width + height, _HATCH_SPACING * SUPER):
            lines.line((at, 0, at - height, height), fill=theme.HATCH, width=SUPER)
        self.image.paste(hatched, mask=mask)

    def _places(self) -> None:
        colours = self.reading.rgb()[:, self.column]
        for (row, col), colour in zip(self.reading.values.state_positions, colours, strict=True):
            self._draw.rectangle(self._box(row, col, 0, SUPER), fill=tuple(int(c) for c in colour))
        for row, col, char in self.board.places(is_pad):
            self._draw.rectangle(self._box(row, col, 0, SUPER), fill=theme.EMPTY)
            self._disc(row, col, 0.36, fill=theme.portal_colour(char))
            self._text(row, col, char, 0.44, theme.PAPER)

    def _marks(self) -> None:
        reading, positions = self.reading, self.reading.values.state_positions
        light = theme.is_light(reading.rgb()[:, self.column])
        for state, action in reading.directions(self.column):
            if action in shapes.DIRECTIONS:
                outline = shapes.arrow(*positions[state], action)
                self._draw.polygon(self._points(outline), fill=theme.INK if light[state] else theme.PAPER)
        for state in np.flatnonzero(reading.unreachable[:, self.column]):
            for stroke in shapes.cross(*positions[state]):
                self._line(stroke, theme.MUTED if light[state] else theme.PAPER, 0.05)
        if reading.values.goal_positions is not None:
            self._goal(*reading.values.goal_positions[reading.goals[self.column]])

    def _goal(self, row: int, col: int) -> None:
        self._draw.rectangle(self._box(row, col, 0, SUPER), fill=theme.PAPER)
        self._disc(row, col, 0.38, outline=theme.ACCENT, width=max(2 * SUPER, round(self._unit * 0.09)))
        if self.cell >= _LETTERS:
            self._text(row, col, "G", 0.42, theme.INK)

    def _signs(self) -> None:
        for row, col, char in self.board.places(lambda char: char in shapes.ONE_WAY):
            for colour, width in ((theme.PAPER, 0.13), (theme.INK, 0.06)):
                for line in shapes.chevrons(row, col, shapes.ONE_WAY[char]):
                    self._line(line, colour, width)
        for row, col, char in self.board.places(is_exit):
            self._badge(row, col, char, theme.portal_colour(char), theme.PAPER, outline=None)
        for row, col, char in self.board.places(lambda char: char == "S"):
            self._badge(row, col, char, theme.PAPER, theme.INK, outline=theme.INK)

    def _badge(self, row: int, col: int, text: str, fill: str, ink: str, outline: str | None) -> None:
        """A small square with a letter in the cell's upper left corner."""
        size = max(7 * SUPER, round(self._unit * 0.34))
        left, top = col * self._unit + SUPER, row * self._unit + SUPER
        box = (left, top, left + size, top + size)
        self._draw.rounded_rectangle(box, 2 * SUPER, fill=fill, outline=outline, width=SUPER)
        if self.cell >= _LETTERS:
            self._draw.text((left + size / 2, top + size / 2), text, ink, font(size * 0.8), anchor="mm")

    # ---------------------------------------------------------------- what moves

    def trail(self, states: np.ndarray) -> None:
        """The way walked, states int [T]; a jump (a teleporter) leaves a gap."""
        positions = self.reading.values.state_positions[states]
        jumps = np.flatnonzero(np.abs(np.diff(positions, axis=0)).sum(axis=1) > 1) + 1
        parts = [part for part in np.split(positions, jumps) if len(part) > 1]
        for colour, width in ((theme.INK, 0.15), (theme.PAPER, 0.08)):
            for part in parts:
                self._line(part, colour, width)

    def agent(self, state: int) -> None:
        """The agent: a filled disc with a white rim."""
        row, col = self.reading.values.state_positions[state]
        self._disc(row, col, 0.31, fill=theme.PAPER)
        self._disc(row, col, 0.26, fill=theme.ACCENT)

    # ---------------------------------------------------------------- strokes in cells

    def _box(self, row: int, col: int, near: float, far: float) -> tuple[int, int, int, int]:
        left, top = col * self._unit, row * self._unit
        return left + near, top + near, left + self._unit - 1 - far, top + self._unit - 1 - far

    def _points(self, cells: np.ndarray) -> list[tuple[float, float]]:
        """(row, col) in cells to (x, y) in pixels; centres leave out the hair line."""
        middle = (self._unit - SUPER) / 2
        return [(float(col) * self._unit + middle, float(row) * self._unit + middle) for row, col in cells]

    def _line(self, cells: np.ndarray, colour: str, width: float) -> None:
        """A line with round joints and ends; its width is in cells, at least one pixel."""
        points, thick = self._points(cells), max(SUPER, round(width * self._unit))
        self._draw.line([xy for point in points for xy in point], fill=colour, width=thick)
        for x, y in points:
            self._draw.circle((x, y), thick / 2, fill=colour)

    def _disc(self, row: int, col: int, radius: float, **style) -> None:
        ((x, y),) = self._points(np.array([(row, col)]))
        self._draw.circle((x, y), radius * self._unit, **style)

    def _text(self, row: int, col: int, text: str, size: float, colour: str) -> None:
        ((x, y),) = self._points(np.array([(row, col)]))
        self._draw.text((x, y), text, colour, font(size * self._unit), anchor="mm")
