"""Pictures of a gridworld as PNG files, with numpy alone: what a notebook shows where no widget can run."""

import struct
import zlib
from functools import cache

import numpy as np

from leo_widgets.page.assets import colours

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
ONE_WAY = {"<": "left", ">": "right", "^": "up", "v": "down"}
PAPER, INK, WALL, HATCH, ACCENT = (
    (255, 255, 255),
    (28, 33, 40),
    (223, 227, 232),
    (185, 192, 201),
    (213, 94, 0),
)

_MARGIN = 10
_SUBSAMPLES = 5  # a mark is drawn this many times larger in each direction and averaged: smooth edges


def encode_png(rgb: np.ndarray) -> bytes:
    """A PNG file of an image uint8 [height, width, 3]. Raises ValueError for any other array."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise ValueError(f"a PNG needs uint8 [height, width, 3], got {rgb.dtype} {rgb.shape}")
    height, width, _ = rgb.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each row starts with its filter: 0, none
    rows[:, 1:] = rgb.reshape(height, -1)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


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


@cache
def mark(name: str, cell: int) -> np.ndarray:
    """How much of each pixel of a cell a mark covers, float [cell, cell] in 0..1."""
    size = cell * _SUBSAMPLES
    at = (np.arange(size) + 0.5) / size * 2 - 1  # -1..1 across the cell
    down, right = np.meshgrid(at, at, indexing="ij")
    shape, _, direction = name.partition(" ")
    if direction:  # turn the cell so that the direction points to the right
        d_row, d_col = DIRECTIONS[direction]
        down, right = down * d_col - right * d_row, right * d_col + down * d_row
    radius = np.hypot(down, right)
    covered = {
        "wedge": lambda: abs(down) <= right,
        "arrow": lambda: (
            ((abs(down) < 0.07) & (abs(right + 0.15) < 0.3)) | ((right > 0.08) & (abs(down) < (0.52 - right) * 0.64))
        ),
        "ring": lambda: abs(radius - 0.68) < 0.1,
        "disc": lambda: radius < 0.52,
        "dot": lambda: radius < 0.14,
        "pad": lambda: radius < 0.72,
        "chevrons": lambda: (
            (abs(down) < 0.6)
            & (np.minimum(abs(right + abs(down) * 0.3 - 0.6), abs(right + abs(down) * 0.3 - 0.84)) < 0.07)
        ),
        "cross": lambda: (np.minimum(abs(down - right), abs(down + right)) < 0.1) & (abs(right) < 0.36),
        "frame": lambda: np.maximum(abs(down), abs(right)) > 0.86,
        "corner": lambda: (down < -0.4) & (right < -0.4),
        "notch": lambda: right - down > 1.3,
    }[shape]()
    return covered.reshape(cell, _SUBSAMPLES, cell, _SUBSAMPLES).mean(axis=(1, 3))


class Picture:
    """A map of rows x cols cells with room for a legend below. Colours are (r, g, b), 0 to 255."""

    def __init__(self, rows: int, cols: int, layout=None, legend: bool = True):
        self.cell = int(np.clip(560 // max(rows, cols), 14, 44))
        height = rows * self.cell + 2 * _MARGIN + (34 if legend else 0)
        self.image = np.full((height, cols * self.cell + 2 * _MARGIN, 3), PAPER, float)
        self._bottom, self._layout = rows * self.cell + _MARGIN, layout
        for row, line in enumerate(layout or ()):
            for col, char in enumerate(line):
                if char == "#":
                    self._wall(row, col)
                elif char.isupper() and char != "S":
                    self.mark(row, col, "pad", _portal(char))

    def _tile(self, row: int, col: int) -> np.ndarray:
        top, left = _MARGIN + row * self.cell, _MARGIN + col * self.cell
        return self.image[top : top + self.cell, left : left + self.cell]

    def _wall(self, row: int, col: int) -> None:
        tile = self._tile(row, col)
        down, right = np.indices(tile.shape[:2])
        hatched = (down + right + (row + col) * self.cell) % 7 == 0
        tile[:] = np.where(hatched[..., None], HATCH, WALL)

    def fill(self, row: int, col: int, colour) -> None:
        """Fill a cell, leaving the hair line to its neighbours."""
        self._tile(row, col)[:-1, :-1] = colour

    def mark(self, row: int, col: int, name: str, colour) -> None:
        """Draw a mark into a cell.

        name: "ring", "disc", "dot", "pad", "cross", "frame", "corner" or "notch"; "wedge", "arrow" or "chevrons" with a
        direction, as in "arrow left".
        """
        tile = self._tile(row, col)[:-1, :-1]
        covered = mark(name, self.cell - 1)[..., None]
        tile[:] = tile * (1 - covered) + np.asarray(colour, float) * covered

    def letters(self, row: int, col: int, text: str) -> None:
        """Write one or two letters into the middle of a cell."""
        tile = self._tile(row, col)
        write(tile, (self.cell - 10) // 2, (self.cell - 8 * len(text) + 2) // 2, text)

    def signs(self) -> None:
        """One-way chevrons, teleporter exits and the start, over whatever the cells show."""
        for row, line in enumerate(self._layout or ()):
            for col, char in enumerate(line):
                if char in ONE_WAY:
                    self.mark(row, col, f"chevrons {ONE_WAY[char]}", INK)
                elif char.islower() or char == "S":
                    self.mark(row, col, "corner", PAPER if char == "S" else _portal(char))

    def legend(self, name: str, start: str, stop: str, reverse: bool = False) -> None:
        """A colour bar along the lower edge with the numbers of its two ends (digits, points and signs)."""
        colour_bar(self.image, self._bottom + 8, name, start, stop, reverse)

    def png(self) -> bytes:
        return encode_png(np.round(np.clip(self.image, 0, 255)).astype(np.uint8))


def colour_bar(image: np.ndarray, top: int, name: str, start: str, stop: str, reverse: bool = False) -> None:
    """A bar of colours as wide as the image, and the numbers of its two ends below; 23 pixels high."""
    left, right = _MARGIN, image.shape[1] - _MARGIN
    table = colour_table(name)[:: -1 if reverse else 1]
    image[top : top + 8, left:right] = table[np.linspace(0, 255, right - left).astype(int)]
    write(image, top + 13, left, start)
    write(image, top + 13, right - 8 * len(stop), stop)


def strip_picture(colours: np.ndarray, order, commanded: np.ndarray, frame: int, width: int) -> np.ndarray:
    """Goals x time, as wide as told, a border of 10 pixels included; T + 1 times share the width evenly.

    colours: [T + 1, G, 3]. order: the goals from top to bottom. commanded: goals [T + 1], outlined. frame: is marked.
    """
    order = np.asarray(order)
    low = max(2 if len(order) <= 280 else 1, min(14, 280 // len(order)))
    tall = max(low, min(10, 200 // np.unique(commanded).size))  # commanded goals stay visible among many
    heights = np.where(np.isin(order, commanded), tall, low)
    tops = np.concatenate([[0], heights.cumsum()])
    times = np.arange(width - 2 * _MARGIN) * len(commanded) // (width - 2 * _MARGIN)  # of each column of pixels
    strip = colours[times][:, order].transpose(1, 0, 2).repeat(heights, axis=0)  # [G, width, 3]
    rows = np.argsort(order)[commanded[times]]
    for edge in (tops[rows], tops[rows + 1] - 1):
        strip[edge, np.arange(times.size)] = ACCENT
    now = int((frame + 0.5) * times.size / len(commanded))
    strip[:, max(0, now - 1) : now + 1] = INK
    return np.pad(strip, ((6, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), constant_values=255)


def titled(image: np.ndarray, text: str) -> np.ndarray:
    """The image with a line of text above it, as much of it as fits."""
    image = np.pad(image, ((16, 0), (0, 0), (0, 0)), constant_values=255)
    write(image, 5, _MARGIN, text[: (image.shape[1] - 2 * _MARGIN) // 8])
    return image


def channels(colour: str) -> tuple[int, ...]:
    """(r, g, b) of a hex string."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def ink_on(colour) -> tuple:
    """White or dark, whichever is easier to see on a colour."""
    return INK if float(np.dot(colour, (0.2126, 0.7152, 0.0722))) > 118 else PAPER


def _portal(char: str) -> tuple:
    return channels(colours("OKABE_ITO")[(3, 7, 2, 1)[(ord(char.lower()) - 97) % 4]])


# 3 x 5 dots for each sign: five rows, each an octal digit; drawn at twice the size
_DOTS = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757",
    "7": "71122", "8": "75757", "9": "75717", ".": "00002", "-": "00700", "+": "02720", "%": "51245",
    "/": "11244", "*": "52500", "|": "22222", " ": "00000",
    "a": "25755", "b": "65656", "c": "34443", "d": "65556", "e": "74647", "f": "74644", "g": "34553",
    "h": "55755", "i": "72227", "j": "11152", "k": "55655", "l": "44447", "m": "57755", "n": "65555",
    "o": "25552", "p": "65644", "q": "25563", "r": "65655", "s": "34216", "t": "72222", "u": "55557",
    "v": "55552", "w": "55775", "x": "55255", "y": "55222", "z": "71247",
}  # fmt: skip


def write(image: np.ndarray, top: int, left: int, text: str, colour=INK) -> None:
    """Write digits, small letters and a few signs into an image; 8 pixels a sign, 10 high. Others are left blank."""
    for sign in text:
        rows = _DOTS.get(sign.lower(), _DOTS[" "])
        dots = np.array([[int(row) >> shift & 1 for shift in (2, 1, 0)] for row in rows], bool)
        image[top : top + 10, left : left + 6][dots.repeat(2, axis=0).repeat(2, axis=1)] = colour
        left += 8
