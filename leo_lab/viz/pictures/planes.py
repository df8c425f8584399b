"""A plane from above, with its walls and goals, and bodies on it."""

from __future__ import annotations

import numpy as np
from PIL import Image

from leo_lab.artefacts.plane import Plane
from leo_lab.errors import check_number, require
from leo_lab.viz import theme
from leo_lab.viz.pictures.canvas import SUPER, Canvas

BODY = "#40699e"
WANTED = "#f5cfb3"  # the disc of the goal that is commanded
DOT = 0.12  # of a goal's radius, where it is not commanded
_SMALLEST, _LARGEST = 64, 960  # pixels


class PlaneCanvas(Canvas):
    """A plane with its walls and goals. Places are x to the right and y up, in the plane's own unit.

    Attributes:
      plane: the ground and the goals.
      pixel: a pixel of the finished picture, in that unit.
    """

    def __init__(self, plane: Plane, height: int):
        x0, y0, x1, y1 = plane.extent
        unit = height / (y1 - y0) * SUPER
        super().__init__(round((x1 - x0) * unit), round((y1 - y0) * unit), unit)
        self.plane, self.pixel = plane, SUPER / unit
        for left, low, right, top in plane.walls:
            self.draw.rectangle(self.pixels(np.array([(left, top), (right, low)])).ravel().tolist(), theme.FLAT_WALL)
        for point in plane.points:
            self.disc(point, max(plane.radius * DOT, self.pixel), fill=theme.HATCH)
        width, height = self.image.size
        self.draw.rectangle([0, 0, width - 1, height - 1], outline=theme.LINE, width=SUPER)

    def pixels(self, places: np.ndarray) -> np.ndarray:
        """X and y of the plane to those of the enlarged picture."""
        x0, _, _, y1 = self.plane.extent
        return (np.asarray(places, float) - (x0, y1)) * (self.unit, -self.unit)

    def finish(self) -> Image.Image:
        """The picture so far in its final size, which is even."""
        image = super().finish()
        return image.crop((0, 0, image.width - image.width % 2, image.height - image.height % 2))

    def goal(self, goal: int) -> None:
        """Marks the goal that is commanded."""
        self.disc(self.plane.points[goal], self.plane.radius, fill=WANTED, outline=theme.ACCENT, width=SUPER)

    def trail(self, places: np.ndarray) -> None:
        """The way that a body came, places [T, 2]."""
        if len(places) > 1:
            self.line(places, theme.HATCH, 1.5 * self.pixel)

    def body(self, limbs: np.ndarray, widths: np.ndarray, places: np.ndarray, radii: np.ndarray) -> None:
        """Limbs [L, 2, 2] with widths [L], and round parts at places [K, 2] with radii [K]."""
        for limb, width in zip(limbs, widths, strict=True):
            self.line(limb, BODY, width)
        for place, radius in zip(places, radii, strict=True):
            self.disc(place, radius, fill=BODY, outline=theme.PAPER, width=SUPER)


def check_height(height: int) -> None:
    """Raises LabError unless pictures may be so many pixels high."""
    check_number("height", height, whole=True)
    require(_SMALLEST <= height <= _LARGEST, "height", height, f"from {_SMALLEST} to {_LARGEST} pixels")
