"""Pictures of a plane: values over it, walls, goals, arrows and a body, each to scale."""

from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from leo_widgets.arrays.planes import Plane
from leo_widgets.pictures.drawing import FINE, MARGIN, blank, colour_bar, of_array
from leo_widgets.pictures.palette import ACCENT, HATCH, PAPER, WALL, whole

_FLOOR = (244, 245, 247)
_LIMB = (70, 80, 92)
_WIDEST = 64.0  # pixels of a goal's tile at most


class PlanePicture:
    """The plane, `size` pixels along its longer side, with room for a legend below. Colours are (r, g, b)."""

    def __init__(self, plane: Plane, size: int = 400):
        x0, y0, x1, y1 = plane.extent
        self._plane, self._scale = plane, size / max(x1 - x0, y1 - y0)
        self.height, self.width = (max(1, round(side * self._scale)) for side in (y1 - y0, x1 - x0))
        self._fine = blank(FINE * self.width, FINE * self.height, _FLOOR)
        self._draw = ImageDraw.Draw(self._fine)
        self._spacing = min(spacing(plane.points) * self._scale, _WIDEST)
        self._legend = None

    @cached_property
    def image(self) -> Image.Image:
        """The picture, once everything is drawn."""
        found = blank(self.width + 2 * MARGIN, self.height + 2 * MARGIN + 34)
        found.paste(self._fine.reduce(FINE), (MARGIN, MARGIN))
        if self._legend:
            colour_bar(found, self.height + MARGIN + 8, *self._legend)
        return found

    # ------------------------------------------------------------------ areas
    def values(self, shape, cells: np.ndarray, colours: np.ndarray) -> None:
        """Fill the cells [S, 2] of a raster with colours [S, 3]; the others keep the colour of the floor."""
        raster = np.empty((*shape, 3))
        raster[:] = _FLOOR
        raster[tuple(cells.T)] = colours
        self._fine.paste(of_array(raster).resize(self._fine.size, Image.Resampling.NEAREST))

    def walls(self) -> None:
        """Hatched rectangles."""
        down, right = np.indices((self._fine.height, self._fine.width)) // FINE
        hatch = np.where(((down + right) % 7 == 0)[..., None], HATCH, WALL).astype(np.uint8)
        mask = Image.new("1", self._fine.size)
        for x0, y0, x1, y1 in self._plane.walls:
            (left, bottom), (right, top) = self._pixel((x0, y0)), self._pixel((x1, y1))
            ImageDraw.Draw(mask).rectangle((left, top, right - 1, bottom - 1), 1)
        self._fine.paste(Image.fromarray(hatch), mask=mask)

    def tile(self, point, colour) -> None:
        """The square around a goal, as wide as its nearest neighbour is far."""
        (x, y), half = self._pixel(point), FINE * (self._spacing / 2 - 0.5)
        self._draw.rectangle((x - half, y - half, x + half - 1, y + half - 1), whole(colour))

    # ------------------------------------------------------------------ marks
    def line(self, places, width: float, colour) -> None:
        """A line through places, `width` pixels thick, with round ends and joints."""
        points = [self._pixel(place) for place in places]
        if len(points) > 1:
            self._draw.line(points, whole(colour), round(FINE * width), "curve")
        for point in points[:1] + points[-1:]:
            self._draw.circle(point, FINE * width / 2, whole(colour))

    def arrow(self, point, way, colour, room: float | None = None) -> None:
        """An arrow around a place, as long as `way` (at most 1) tells; none where it stays or the room is too small.

        room: pixels that it may take; by default those of a goal's tile.
        """
        size = min(self._spacing if room is None else room, 22.0)
        length = float(np.hypot(*way))
        if size < 8 or length < 0.05:
            return
        (x, y), (along_x, along_y) = self._pixel(point), np.asarray(way) / length * (1, -1)
        reach, thick = FINE * size * 0.42 * max(length, 0.35), FINE * 0.7
        head = 0.434 * reach
        corners = [(-0.4 * reach, thick), (0.3 * reach, thick), (0.3 * reach, head), (reach, 0)]
        corners += [(along, -aside) for along, aside in corners[-2::-1]]
        outline = [(x + f * along_x - a * along_y, y + f * along_y + a * along_x) for f, a in corners]
        self._draw.polygon(outline, whole(colour))

    def ring(self, point, colour) -> None:
        """A goal, with its radius to scale."""
        radius = max(5.0, self._plane.radius * self._scale)
        for half, paint in ((2.25, PAPER), (1.25, colour)):
            box = self._around(point, radius + half)
            self._draw.ellipse(box, outline=whole(paint), width=round(2 * FINE * half))

    def disc(self, point, radius: float, colour) -> None:
        """A disc of some pixels' radius."""
        self._draw.ellipse(self._around(point, radius), whole(colour))

    def cross(self, point, colour) -> None:
        """The place that was asked for, where it is no goal's."""
        x, y = self._pixel(point)
        for half, paint in ((2.4, PAPER), (1.2, colour)):
            reach = FINE * 6
            for side in (-1, 1):
                ends = [(x - reach, y - side * reach), (x + reach, y + side * reach)]
                self._draw.line(ends, whole(paint), round(2 * FINE * half))

    def limb(self, start, stop) -> None:
        """One limb of a body, with its joints."""
        self.line((start, stop), 7, PAPER)
        self.line((start, stop), 4.5, _LIMB)

    def body(self, point) -> None:
        """The point of a body that goals ask for."""
        self.disc(point, 6.5, PAPER)
        self.disc(point, 5, ACCENT)

    def legend(self, name: str, start: str, stop: str) -> None:
        """A colour bar along the lower edge with the numbers of its two ends."""
        self._legend = (name, start, stop)

    # ------------------------------------------------------------------ helpers
    def _pixel(self, place) -> tuple[float, float]:
        """Fine pixels to the right and down from the upper left corner of the plane."""
        x0, _, _, y1 = self._plane.extent
        return FINE * (place[0] - x0) * self._scale, FINE * (y1 - place[1]) * self._scale

    def _around(self, point, radius: float) -> tuple[float, float, float, float]:
        (x, y), radius = self._pixel(point), FINE * radius
        return x - radius, y - radius, x + radius, y + radius


def spacing(points: np.ndarray) -> float:
    """How far a goal's nearest neighbour typically is (the median); infinite for one goal."""
    away = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    return float(np.median(away.min(axis=1)))
