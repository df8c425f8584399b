"""Maps as text: reading, checking, naming and drawing them at random.

    #  wall                      S  start (a free cell)        .  free
    < > ^ v  one-way cells: left only along the arrow, and never entered head-on
    A-Z (but S and V)  teleporter pads: stepping on one moves the agent at once to an exit of the same letter
    a-z (but s and v)  exits, free cells; with several exits of one letter the draw is luck

A header line such as `slip: 0.2` may stand above the map.
"""

from __future__ import annotations

import dataclasses
import os
import string
from pathlib import Path

import numpy as np
from scipy import ndimage

from leo_lab.artefacts.files import data_path
from leo_lab.errors import LabError, check_number, require, require_choice, unknown

ARROWS = {"<": 0, ">": 1, "^": 2, "v": 3}  # one-way cell -> the only action that leaves it
PADS = frozenset(string.ascii_uppercase) - {"S", "V"}
EXITS = frozenset(c.lower() for c in PADS)
_KNOWN = frozenset("#.S") | ARROWS.keys() | PADS | EXITS
_OPTIONS = ("slip",)


@dataclasses.dataclass(frozen=True)
class Map:
    """A checked map.

    Attributes:
      layout: rows of equal length.
      slip: probability that a move goes to one of the two perpendicular directions instead.
      title: its name, for people.
    """

    layout: tuple[str, ...]
    slip: float = 0.0
    title: str = "map"

    def __post_init__(self):
        check_slip(self.slip, f"{self.title}: slip")
        _check_layout(self.layout, self.title)

    @property
    def grid(self) -> np.ndarray:
        """The characters, [rows, columns]."""
        return np.array([list(line) for line in self.layout])

    @property
    def free(self) -> np.ndarray:
        """Which cells are no walls, bool [columns, rows]: by x to the right and y up, the lowest row first."""
        return (self.grid[::-1] != "#").T

    @property
    def start(self) -> np.ndarray:
        """The middle of the start cell, x and y from the lower left corner, in cells: float64 [2]."""
        row, col = np.argwhere(self.grid == "S")[0]
        return np.array([col + 0.5, len(self.layout) - row - 0.5])

    @property
    def text(self) -> str:
        """The map as a file would hold it; `parse_map` reads it back."""
        header = f"slip: {float(self.slip)!r}\n" if self.slip else ""
        return header + "\n".join(self.layout) + "\n"


def check_slip(slip: float, name: str = "slip") -> None:
    """Raises LabError unless the slip probability leaves the chosen move some chance."""
    check_number(name, slip)
    require(0 <= slip < 1, name, f"{slip:g}", "a probability from 0 to below 1")


def parse_map(text: str, title: str = "map") -> Map:
    """Reads a map from text.

    Raises:
      LabError: no or several starts, ragged rows, an unknown character or option, a pad without an exit.
    """
    lines = [line.rstrip() for line in text.splitlines()]
    options = {}
    while lines and (":" in lines[0] or not lines[0]):
        if line := lines.pop(0):
            options.update([_parse_option(line, title)])
    while lines and not lines[-1]:
        lines.pop()
    return Map(tuple(lines), title=title, **options)


def _parse_option(line: str, title: str) -> tuple[str, float]:
    name, _, value = (part.strip() for part in line.partition(":"))
    require_choice(f"option in the header of {title}:", name, _OPTIONS)
    try:
        return name, float(value)
    except ValueError:
        raise LabError(f'{title}: the header says "{line}", but {name} must be a number') from None


def _check_layout(layout: tuple[str, ...], title: str) -> None:
    if not layout or not layout[0]:
        raise LabError(f"{title}: the map is empty")
    width = len(layout[0])
    for row, line in enumerate(layout, 1):
        for col, char in enumerate(line, 1):
            if char not in _KNOWN:
                what = f"unknown character {char!r} at row {row}, column {col}"
                raise LabError(f"{title}: {what}; use # . S < > ^ v or teleporter letters")
        if len(line) != width:
            raise LabError(f"{title}: row {row} has {len(line)} cells but row 1 has {width}; make them equal")
    cells = "".join(layout)
    if cells.count("S") != 1:
        raise LabError(f"{title}: a map needs exactly one start S, found {cells.count('S')}")
    if sum(char != "#" and char not in PADS for char in cells) < 2:
        raise LabError(f"{title}: a map needs at least two free cells")
    for one in sorted(set(cells) & (PADS | EXITS)):
        if (other := one.swapcase()) not in cells:
            kinds = ("pad", "exit") if one in PADS else ("exit", "pad")
            raise LabError(f"{title}: teleporter {kinds[0]} {one} has no {kinds[1]} {other}")


def map_names() -> tuple[str, ...]:
    """Names of the shipped maps."""
    return tuple(sorted(path.stem for path in data_path("maps").glob("*.txt")))


def load_map(source: str | Path) -> Map:
    """Loads a map by the name of a shipped one, from a file, or from the text itself (anything with a line break).

    Raises LabError for an unknown name, with the nearest known one, and for a file that cannot be read.
    """
    source = str(source)
    if "\n" in source:
        return parse_map(source)
    if source in map_names():
        return parse_map(data_path("maps", f"{source}.txt").read_text("utf-8"), source)
    path = Path(source)
    if os.path.isfile(path):  # Path.is_file raises for a name that is too long
        try:
            return parse_map(path.read_text("utf-8-sig"), path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise LabError(f"{path}: cannot be read as text ({error.__class__.__name__})") from None
    if path.suffix or len(path.parts) > 1:
        raise LabError(f"{path}: no such map file; shipped maps: {', '.join(map_names())}")
    raise unknown("map", source, map_names())


def load_walls(source: str | Path, whose: str, title: str | None = None) -> Map:
    """Loads a map, as `load_map` does, of a world that knows walls and free cells only; `title` overrides its own.

    Raises LabError for a bad map, and for one with slips, one-way cells or teleporters, which name `whose` world it is,
    such as "a point maze".
    """
    chosen = load_map(source)
    if title is not None:
        chosen = dataclasses.replace(chosen, title=title)
    strange = sorted(set("".join(chosen.layout)) - set("#.S"))
    if strange or chosen.slip:
        what = f"cells {' '.join(strange)}" if strange else f"slip {chosen.slip:g}"
        raise LabError(f"{chosen.title}: {whose} knows walls # and free cells . S only, but the map has {what}")
    return chosen


def random_map(size: int = 12, wall: float = 0.2, seed: int = 0) -> Map:
    """Draws a square map of independent walls around a start in the centre.

    Maps are drawn until at least half of the free cells can be reached from the start, so a start that is walled in
    never happens; single cells that cannot be reached do, on purpose.

    Args:
      size: cells along each side, 2 to 64.
      wall: probability that a cell is a wall, 0 to below 1.
      seed: which map.

    Raises:
      LabError: a setting out of range, or no such map in 1000 draws.
    """
    check_number("the map size", size, whole=True)
    check_number("the wall probability", wall)
    check_number("the map seed", seed, whole=True)
    require(2 <= size <= 64, "the map size", size, "2 to 64 cells")
    require(0 <= wall < 1, "the wall probability", f"{wall:g}", "from 0 to below 1")
    if seed < 0:
        raise LabError(f"the map seed must not be negative, got {seed}")
    rng = np.random.default_rng(seed)
    centre = size // 2
    for _ in range(1000):
        free = rng.random((size, size)) >= wall
        free[centre, centre] = True
        region = ndimage.label(free)[0]  # cells of one number can be walked between
        if free.sum() >= 2 and 2 * (region == region[centre, centre]).sum() >= free.sum():
            rows = np.where(free, ".", "#")
            rows[centre, centre] = "S"
            title = f"random {size}x{size}, wall {wall:g}, seed {seed}"
            return Map(tuple("".join(row) for row in rows), title=title)
    raise LabError(f"found no {size}x{size} map with wall probability {wall:g} that can be walked; use fewer walls")
