"""One goal's map as a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from leo_lab.viz import shapes, theme
from leo_lab.viz.pictures.canvas import SUPER, Canvas, font
from leo_lab.viz.reading import EXITS, PADS, Reading, board_of, places_of

_HATCH_SPACING = 6  # pixels
_LETTERS = 22  # smaller cells, in pixels, have no room for a G or S


class MapCanvas(Canvas):
    """The map of one goal of a reading, on which walks can be drawn. Places are (row, col), whole in a cell's centre.

    Attributes:
      reading, column: the goal is reading.goals[column].
      board: the map behind the states.
      cell: side of a cell in the finished picture, in pixels; their last row and column is a hair line.
    """

    def __init__(self, reading: Reading, column: int, cell: int):
        self.reading, self.column, self.cell = reading, column, cell
        self.board = board_of(reading.values)
        unit = cell * SUPER
        super().__init__(self.board.shape[1] * unit, self.board.shape[0] * unit, unit)
        self._walls()
        self._cells()
        self._marks()
        self._signs()

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """(row, col) to x and y; centres leave out the hair line."""
        return np.asarray(places, float)[:, ::-1] * self.unit + (self.unit - SUPER) / 2

    def trail(self, states: np.ndarray) -> None:
        """The way walked, states int [T]; a jump (a teleporter) leaves a gap."""
        positions = self.reading.values.state_positions[states]
        jumps = np.flatnonzero(np.abs(np.diff(positions, axis=0)).sum(axis=1) > 1) + 1
        parts = [part for part in np.split(positions, jumps) if len(part) > 1]
        for colour, width in ((theme.INK, 0.15), (theme.PAPER, 0.08)):
            for part in parts:
                self.line(part, colour, width)

    def agent(self, state: int) -> None:
        """The agent: a filled disc with a white rim."""
        place = self.reading.values.state_positions[state]
        self.disc(place, 0.31, fill=theme.PAPER)
        self.disc(place, 0.26, fill=theme.ACCENT)

    # ---------------------------------------------------------------- layers, from the bottom up

    def _walls(self) -> None:
        walls = places_of(self.board, "#")
        if not walls:
            return
        mask = Image.new("1", self.image.size)
        for row, col, _ in walls:
            ImageDraw.Draw(mask).rectangle(self._box(row, col, 0), fill=1)
        hatched = Image.new("RGB", self.image.size, theme.WALL)
        lines = ImageDraw.Draw(hatched)
        width, height = self.image.size
        for at in range(0, width + height, _HATCH_SPACING * SUPER):
            lines.line((at, 0, at - height, height), fill=theme.HATCH, width=SUPER)
        self.image.paste(hatched, mask=mask)

    def _cells(self) -> None:
        colours = self.reading.rgb()[:, self.column]
        for (row, col), colour in zip(self.reading.values.state_positions, colours, strict=True):
            self.draw.rectangle(self._box(row, col), fill=tuple(int(c) for c in colour))
        for row, col, char in places_of(self.board, PADS):
            self.draw.rectangle(self._box(row, col), fill=theme.EMPTY)
            self.disc((row, col), 0.36, fill=theme.portal_colour(char))
            self.text((row, col), char, 0.44, theme.PAPER)

    def _marks(self) -> None:
        reading, positions = self.reading, self.reading.values.goal_positions
        for outline, ink in shapes.arrows(reading, self.column):
            self.polygon(outline, ink)
        for stroke, ink in shapes.crosses(reading, self.column):
            self.line(stroke, ink, 0.05)
        if positions is not None:
            goal = positions[reading.goals[self.column]]
            self.draw.rectangle(self._box(*goal), fill=theme.PAPER)
            self.disc(goal, 0.38, outline=theme.ACCENT, width=max(2 * SUPER, round(self.unit * 0.09)))
            if self.cell >= _LETTERS:
                self.text(goal, "G", 0.42, theme.INK)

    def _signs(self) -> None:
        for colour, width in ((theme.PAPER, 0.13), (theme.INK, 0.06)):
            for line in shapes.chevrons(self.board):
                self.line(line, colour, width)
        for row, col, char in places_of(self.board, EXITS):
            self._badge(row, col, char, theme.portal_colour(char), theme.PAPER, outline=None)
        for row, col, char in places_of(self.board, "S"):
            self._badge(row, col, char, theme.PAPER, theme.INK, outline=theme.INK)

    def _badge(self, row: int, col: int, text: str, fill: str, ink: str, outline: str | None) -> None:
        """A small square with a letter in the cell's upper left corner."""
        size = max(7 * SUPER, round(self.unit * 0.34))
        left, top = col * self.unit + SUPER, row * self.unit + SUPER
        box = (left, top, left + size, top + size)
        self.draw.rounded_rectangle(box, 2 * SUPER, fill=fill, outline=outline, width=SUPER)
        if self.cell >= _LETTERS:
            self.draw.text((left + size / 2, top + size / 2), text, ink, font(size * 0.8), anchor="mm")

    def _box(self, row: int, col: int, hair: int = SUPER) -> tuple[int, int, int, int]:
        """A cell in enlarged pixels, without its hair line."""
        left, top, far = col * self.unit, row * self.unit, self.unit - 1 - hair
        return left, top, left + far, top + far
