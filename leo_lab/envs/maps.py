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

from leo_lab.artefacts.files import data_path
from leo_lab.errors import LabError, check_number, unknown

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
    def text(self) -> str:
        """The map as a file would hold it; `parse_map` reads it back."""
        header = f"slip: {float(self.slip)!r}\n" if self.slip else ""
        return header + "\n".join(self.layout) + "\n"


def check_slip(slip: float, name: str = "slip") -> None:
    """Raises LabError unless the slip probability leaves the chosen move some chance."""
    check_number(name, slip)
    if not 0 <= slip < 1:
        raise LabError(f"{name} must be a probability from 0 to below 1, got {slip:g}")


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
    if name not in _OPTIONS:
        raise unknown(f"option in the header of {title}:", name, _OPTIONS)
    try:
        return name, float(value)
    except ValueError:
        raise LabError(f'{title}: the header says "{line}", but {name} must be a number') from None


def _check_layout(layout: tuple[str, ...], title: str) -> None:
    if not layout or not layout[0]:
        raise LabError(f"{title}: the map is empty")
    for row, line in enumerate(layout):
        for col, char in enumerate(line):
            if char not in _KNOWN:
                where = f"row {row + 1}, column {col + 1}"
                raise LabError(
                    f"{title}: unknown character {char!r} at {where}; use # . S < > ^ v or teleporter letters"
                )
        if len(line) != len(layout[0]):
            raise LabError(
                f"{title}: row {row + 1} has {len(line)} cells but row 1 has {len(layout[0])}; make them equal"
            )
    cells = "".join(layout)
    if cells.count("S") != 1:
        raise LabError(f"{title}: a map needs exactly one start S, found {cells.count('S')}")
    if sum(char != "#" and char not in PADS for char in cells) < 2:
        raise LabError(f"{title}: a map needs at least two free cells")
    for pad in sorted(set(cells) & PADS):
        if pad.lower() not in cells:
            raise LabError(f"{title}: teleporter pad {pad} has no exit {pad.lower()}")
    for exit_ in sorted(set(cells) & EXITS):
        if exit_.upper() not in cells:
            raise LabError(f"{title}: teleporter exit {exit_} has no pad {exit_.upper()}")


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
    """Loads a map, as `load_map` does, of a world that knows walls and free cells only.

    Args:
      source: see `load_map`.
      whose: the world's kind, for people, such as "a point maze".
      title: overrides the map's own title.

    Raises LabError for a bad map, and for one with slips, one-way cells or teleporters.
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
    if not 2 <= size <= 64:
        raise LabError(f"the map size must be 2 to 64 cells, got {size}")
    if not 0 <= wall < 1:
        raise LabError(f"the wall probability must be from 0 to below 1, got {wall:g}")
    if seed < 0:
        raise LabError(f"the map seed must not be negative, got {seed}")
    rng = np.random.default_rng(seed)
    centre = size // 2
    for _ in range(1000):
        free = rng.random((size, size)) >= wall
        free[centre, centre] = True
        if free.sum() >= 2 and 2 * _flood(free, centre).sum() >= free.sum():
            rows = np.where(free, ".", "#")
            rows[centre, centre] = "S"
            title = f"random {size}x{size}, wall {wall:g}, seed {seed}"
            return Map(tuple("".join(row) for row in rows), title=title)
    raise LabError(f"found no {size}x{size} map with wall probability {wall:g} that can be walked; use fewer walls")


def _flood(free: np.ndarray, centre: int) -> np.ndarray:
    """Cells that can be walked to from the centre, bool, same shape as `free`."""
    seen = np.zeros_like(free)
    seen[centre, centre] = True
    while True:
        grown = seen.copy()
        grown[1:] |= seen[:-1]
        grown[:-1] |= seen[1:]
        grown[:, 1:] |= seen[:, :-1]
        grown[:, :-1] |= seen[:, 1:]
        grown &= free
        if (grown == seen).all():
            return seen
        seen = grown
