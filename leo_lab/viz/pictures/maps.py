"""Pictures of maps: single ones, as videos are made of, and sheets of several goals for a first look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import check_count, require
from leo_lab.viz import shapes, theme
from leo_lab.viz.pictures.canvas import SUPER, Canvas, font, stack, text_row, text_width, write
from leo_lab.viz.reading import EXITS, PADS, Reading, board_of, goal_label, places_of, read_maps

# pixels
_LEFT = 26  # room for row and column numbers, and where every line of text begins
_MARGIN = 14
_HEAD = 26
_LINE = 32
_GAP = 18
_HATCH_SPACING = 6
_LETTERS = 22  # smaller cells have no room for a G or S


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
        hatched, (width, height) = Image.new("RGB", self.image.size, theme.WALL), self.image.size
        lines = ImageDraw.Draw(hatched)
        for at in range(0, width + height, _HATCH_SPACING * SUPER):
            lines.line((at, 0, at - height, height), fill=theme.HATCH, width=SUPER)
        mask = np.kron(self.board == "#", np.full((self.unit, self.unit), 255, np.uint8))
        self.image.paste(hatched, mask=Image.fromarray(mask))

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
        size = max(7 * SUPER, round(self.unit * 0.34))
        for row, col, char in places_of(self.board, EXITS + "S"):  # badges in the upper left corners
            left, top, ink = col * self.unit + SUPER, row * self.unit + SUPER, theme.PAPER
            style = {"fill": theme.portal_colour(char)}
            if char == "S":
                ink, style = theme.INK, {"fill": theme.PAPER, "outline": theme.INK, "width": SUPER}
            self.draw.rounded_rectangle((left, top, left + size, top + size), 2 * SUPER, **style)
            if self.cell >= _LETTERS:
                self.draw.text((left + size / 2, top + size / 2), char, ink, font(size * 0.8), anchor="mm")

    def _box(self, row: int, col: int) -> tuple[int, int, int, int]:
        """A cell in enlarged pixels, without its hair line."""
        left, top, far = col * self.unit, row * self.unit, self.unit - 1 - SUPER
        return left, top, left + far, top + far


def draw_map(
    values: AllGoalsValues,
    goal: int | str,
    state: int | str | None = None,
    *,
    cell: int | None = None,
    scale: str = "steps",
    truth: AllGoalsValues | None = None,
    caption: str | None = None,
    trail: Sequence[int | str] | None = None,
) -> np.ndarray:
    """Draws the map of one goal, with greedy arrows, one-way cells, teleporters, start, goal and agent.

    Args:
      values, goal, scale, truth: as in `value_map`.
      state: where the agent stands, if it shows.
      cell: side of a cell in pixels, at least 8; chosen by the size of the map unless told.
      caption: one line below the map.
      trail: the states visited so far.

    Returns:
      uint8 [H, W, 3], H and W even.

    Raises:
      LabError: an unknown scale, goal or state, no positions, cells too small.
    """
    canvas = MapCanvas(read_maps(values, [goal], scale, truth), 0, cell_size(values, cell))
    if trail is not None and len(trail):
        canvas.trail(np.array([values.state_index(step) for step in trail]))
    if state is not None:
        canvas.agent(values.state_index(state))
    return framed(canvas, caption)


def map_sheet(
    values: AllGoalsValues,
    goals: Sequence[int | str],
    columns: int = 4,
    *,
    truth: AllGoalsValues | None = None,
    scale: str = "steps",
    title: str | None = None,
    cell: int | None = None,
) -> np.ndarray:
    """Draws several goals side by side, and the truth of each below it where it is given.

    Args:
      values, truth: as in `value_map`.
      goals: indices or names, drawn row by row.
      columns: goals per row.
      scale: "steps" or "value"; "error" draws the difference alone.
      title: one line above.
      cell: as in `draw_map`.

    Returns:
      uint8 [H, W, 3], H and W even.

    Raises:
      LabError: an unknown scale or goal, columns below 1, no positions.
    """
    check_count("columns", columns)
    reading = read_maps(values, goals, scale, truth)
    side = cell_size(values, cell, room=230, largest=22)
    layers = {(values.title or "agent"): reading}
    if truth is not None and scale != "error":
        layers[truth.title or "exact"] = read_maps(truth, reading.goals, scale, truth)
    groups = range(0, len(reading.goals), columns)
    strips = [_strip(layers, range(first, min(first + columns, len(reading.goals))), side) for first in groups]
    head = [text_row(title, 18, 42, _LEFT)] if title else []
    return stack([*head, *strips, _legend_row(reading, max(strip.width for strip in strips))])


def cell_size(values: AllGoalsValues, cell: int | None, *, room: int = 480, largest: int = 44) -> int:
    """Side of a cell in pixels: the one asked for, else what fits. Raises LabError below 8."""
    if cell is None:
        return max(8, min(largest, room // max(board_of(values).shape)))
    require(cell >= 8, "cell", cell, "at least 8 pixels")
    return int(cell)


def framed(canvas: MapCanvas, caption: str | None, width: int = 0) -> np.ndarray:
    """A map with numbers, legend and caption, `width` pixels wide or more; uint8 [H, W, 3]."""
    numbered = _numbered(canvas)
    width = max(width, numbered.width, caption_width(caption))
    width += width % 2
    rows = [numbered, _legend_row(canvas.reading, width)]
    if caption is not None:
        rows.append(text_row(caption, 15, _LINE, _LEFT, width=width, fill=theme.EMPTY))
    return stack(rows)


def caption_width(caption: str | None) -> int:
    """Pixels that a caption needs."""
    return 0 if caption is None else _LEFT + text_width(caption, 15) + _MARGIN


def _numbered(canvas: MapCanvas) -> Image.Image:
    """The map with row numbers on its left and column numbers above it."""
    picture, cell, board = canvas.finish(), canvas.cell, canvas.board
    image = Image.new("RGB", (_LEFT + picture.width + _MARGIN, _HEAD + picture.height + 4), theme.PAPER)
    image.paste(picture, (_LEFT, _HEAD))
    step = 1 if cell >= 20 else 2 if cell >= 11 else 5
    for col in range(0, board.shape[1], step):
        write(image, _LEFT + (col + 0.5) * cell, _HEAD / 2 + 2, str(col), 11, theme.MUTED, align=0.5)
    for row in range(0, board.shape[0], step):
        write(image, _LEFT - 7, _HEAD + (row + 0.5) * cell, str(row), 11, theme.MUTED, align=1)
    return image


def _strip(layers: dict[str, Reading], columns: range, cell: int) -> Image.Image:
    """One row of goals: a head line, then the map of each layer with its name on the left."""
    pictures = [[MapCanvas(reading, column, cell).finish() for column in columns] for reading in layers.values()]
    side, tall = pictures[0][0].size
    lefts = [_LEFT + place * (side + _GAP) for place in range(len(columns))]
    tops = [_HEAD + line * (tall + _GAP // 2) for line in range(len(layers))]
    image = Image.new("RGB", (lefts[-1] + side + _MARGIN, tops[-1] + tall + _GAP), theme.PAPER)
    for top, name, line in zip(tops, layers, pictures, strict=True):
        image.paste(_upright(name, tall), (0, top))
        for left, picture in zip(lefts, line, strict=True):
            image.paste(picture, (left, top))
    reading = next(iter(layers.values()))
    for left, column in zip(lefts, columns, strict=True):
        text = f"goal {goal_label(reading.values, int(reading.goals[column]))}"
        write(image, left + side / 2, _HEAD / 2, text, 14, align=0.5)
    return image


def _upright(text: str, height: int) -> Image.Image:
    """A line of text that reads upwards; its last words go where it is too long."""
    while text_width(text, 13) > height and " " in text:
        text = text.rpartition(" ")[0].rstrip(",")
    line = Image.new("RGB", (height, _LEFT), theme.PAPER)
    write(line, height / 2, _LEFT / 2 - 1, text, 13, theme.MUTED, align=0.5)
    return line.transpose(Image.Transpose.ROTATE_90)


def _legend_row(reading: Reading, width: int) -> Image.Image:
    """One line: what the colours mean, and the bar between its two numbers."""
    words, high, middle = f"{reading.label}    {reading.written(reading.low)}", reading.written(reading.high), _LINE / 2
    image = text_row(words, 13, _LINE, _LEFT, width=width)
    left = _LEFT + text_width(words, 13) + 8
    right = min(width - _MARGIN - text_width(high, 13) - 8, left + 260)
    write(image, right + 8, middle, high, 13)
    bar = theme.palette(reading.colours, max(2, right - left))[None].repeat(10, axis=0)
    image.paste(Image.fromarray(bar), (left, round(middle) - 5))
    return image
