"""Pictures of a plane with numpy alone: fields, walls, goals, arrows and a body, each to scale."""

import numpy as np

from leo_widgets.arrays.planes import Ground
from leo_widgets.pictures import raster

_MARGIN = 10
_LIMB = (70, 80, 92)
_WIDEST = 64.0  # pixels of a goal's tile at most


class PlanePicture:
    """The ground, `size` pixels along its longer side, with room for a legend below. Colours are (r, g, b)."""

    def __init__(self, plane: Ground, size: int = 400):
        x0, y0, x1, y1 = plane.extent
        self._plane, self._scale = plane, size / max(x1 - x0, y1 - y0)
        self.height, self.width = (max(1, round(side * self._scale)) for side in (y1 - y0, x1 - x0))
        self.image = np.full((self.height + 2 * _MARGIN + 34, self.width + 2 * _MARGIN, 3), raster.PAPER, float)
        self._ground = self.image[_MARGIN : _MARGIN + self.height, _MARGIN : _MARGIN + self.width]
        self._ground[:] = (244, 245, 247)
        self._spacing = min(spacing(plane.points) * self._scale, _WIDEST)

    # ------------------------------------------------------------------ areas
    def field(self, shape, cells: np.ndarray, colours: np.ndarray) -> None:
        """Fill the cells [S, 2] of a raster with colours [S, 3]; the others keep the colour of the floor."""
        places = np.full(shape, -1)
        places[tuple(cells.T)] = np.arange(len(cells))
        sides = zip((self.height, self.width), shape, strict=True)
        rows, cols = (np.arange(side) * count // side for side, count in sides)
        found = places[rows[:, None], cols]
        self._ground[found >= 0] = colours[found[found >= 0]]

    def walls(self) -> None:
        """Hatched rectangles."""
        for x0, y0, x1, y1 in self._plane.walls:
            (left, bottom), (right, top) = self._pixel((x0, y0)), self._pixel((x1, y1))
            rows = slice(max(0, round(top)), max(0, round(bottom)))
            cols = slice(max(0, round(left)), max(0, round(right)))
            down, across = np.mgrid[: self.height, : self.width]
            hatched = (down + across)[rows, cols] % 7 == 0
            self._ground[rows, cols] = np.where(hatched[..., None], raster.HATCH, raster.WALL)

    def tile(self, point, colour) -> None:
        """The square around a goal, as wide as its nearest neighbour is far."""
        half = self._spacing / 2 - 0.5
        self._paint(point, half, lambda right, down: half - np.maximum(abs(right), abs(down)), colour)

    # ------------------------------------------------------------------ marks
    def line(self, start, stop, width: float, colour) -> None:
        """A line with round ends, `width` pixels thick."""
        (x, y), (to_x, to_y) = self._pixel(start), self._pixel(stop)
        along = np.array([to_x - x, to_y - y])
        length = max(float(along @ along), 1e-9)

        def inside(right, down):
            part = np.clip((right * along[0] + down * along[1]) / length, 0, 1)
            return width / 2 - np.hypot(right - part * along[0], down - part * along[1])

        self._paint(start, length**0.5 + width, inside, colour)

    def arrow(self, point, way, colour, room: float | None = None) -> None:
        """An arrow around a place, as long as `way` (at most 1) tells; none where it stays or the room is too small.

        room: pixels that it may take; by default those of a goal's tile.
        """
        size = min(self._spacing if room is None else room, 22.0)
        length = float(np.hypot(*way))
        if size < 8 or length < 0.05:
            return
        x, y = np.asarray(way) / length
        reach = size * 0.42 * max(length, 0.35)

        def inside(right, down):
            along, across = right * x - down * y, abs(right * y + down * x)
            shaft = np.minimum(0.7 - across, reach * 0.4 - abs(along))
            return np.maximum(shaft, np.minimum((reach - along) * 0.62 - across, along - reach * 0.3))

        self._paint(point, size, inside, colour)

    def ring(self, point, colour) -> None:
        """A goal, with its radius to scale."""
        radius = max(5.0, self._plane.radius * self._scale)
        for half, paint in ((2.25, raster.PAPER), (1.25, colour)):

            def inside(right, down, half=half):
                return half - abs(np.hypot(right, down) - radius)

            self._paint(point, radius + 4, inside, paint)

    def disc(self, point, radius: float, colour) -> None:
        """A disc of some pixels' radius."""
        self._paint(point, radius, lambda right, down: radius - np.hypot(right, down), colour)

    def cross(self, point, colour) -> None:
        """The place that was asked for, where it is no goal's."""
        for width, paint in ((2.4, raster.PAPER), (1.2, colour)):

            def inside(right, down, width=width):
                return np.minimum(width - np.minimum(abs(right - down), abs(right + down)) / 1.4, 6 - abs(right))

            self._paint(point, 8, inside, paint)

    def limb(self, start, stop) -> None:
        """One limb of a body, with its joints."""
        self.line(start, stop, 7, raster.PAPER)
        self.line(start, stop, 4.5, _LIMB)

    def body(self, point) -> None:
        """The point of a body that goals ask for."""
        self.disc(point, 6.5, raster.PAPER)
        self.disc(point, 5, raster.ACCENT)

    def legend(self, name: str, start: str, stop: str) -> None:
        """A colour bar along the lower edge with the numbers of its two ends."""
        raster.colour_bar(self.image, self.height + _MARGIN + 8, name, start, stop)

    # ------------------------------------------------------------------ helpers
    def _pixel(self, place) -> tuple[float, float]:
        """Pixels to the right and down from the upper left corner of the ground."""
        return (place[0] - self._plane.extent[0]) * self._scale, (self._plane.extent[3] - place[1]) * self._scale

    def _paint(self, place, reach: float, inside, colour) -> None:
        """Blend a colour in, at most `reach` pixels away from a place.

        inside(right, down): how many pixels within the mark the pixels lie that are so far from `place`.
        """
        x, y = self._pixel(place)
        rows, cols = (slice(max(0, int(at - reach - 1)), max(0, int(at + reach + 2))) for at in (y, x))
        part = self._ground[rows, cols]
        down, right = np.mgrid[: part.shape[0], : part.shape[1]] + 0.5
        covered = np.clip(0.5 + inside(right + cols.start - x, down + rows.start - y), 0, 1)[..., None]
        part[:] = part * (1 - covered) + np.asarray(colour, float) * covered


def spacing(points: np.ndarray) -> float:
    """How far a goal's nearest neighbour typically is (the median); infinite for one goal."""
    away = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    return float(np.median(away.min(axis=1)))
