"""Small gridworlds with exact all-goals values, made with numpy alone: data for the tests of the viewers."""

import io
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from PIL import Image

ACTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
ONE_WAY = {"<": (0, -1), ">": (0, 1), "^": (-1, 0), "v": (1, 0)}

# 4 rows, 7 columns: never square, so that a transposed map cannot pass. r3c6 cannot be reached.
ROOMS = ("..#....", ".S.....", ".###.##", "....>#.")
PORTAL = ("..#..", "SA#a.", "..#..")


@dataclass(frozen=True)
class Values:
    """The attributes that viewers read; see the widgets' `AllGoalsValues`."""

    q: np.ndarray
    state_names: tuple
    goal_names: tuple
    action_names: tuple
    gamma: float
    scale: str
    state_positions: np.ndarray | None
    goal_positions: np.ndarray | None
    layout: tuple | None
    start: int | None
    title: str
    self_occupancy: np.ndarray | None = None
    marginal: np.ndarray | None = None


def _next_cell(layout, cell, move):
    """Where one move leads, following walls, one-way cells and teleporters (the first exit)."""
    exits = {char: (r, c) for r, line in enumerate(layout) for c, char in enumerate(line)}
    if ONE_WAY.get(layout[cell[0]][cell[1]], move) != move:
        return cell
    row, col = cell[0] + move[0], cell[1] + move[1]
    if not (0 <= row < len(layout) and 0 <= col < len(layout[0])) or layout[row][col] == "#":
        return cell
    char = layout[row][col]
    if ONE_WAY.get(char) == (-move[0], -move[1]):
        return cell
    return exits[char.lower()] if char.isupper() and char != "S" else (row, col)


def exact(layout=ROOMS, gamma: float = 0.99) -> Values:
    """First-hit values of a deterministic map: gamma ** (steps - 1), 0 where there is no way."""
    cells = [
        (r, c) for r, line in enumerate(layout) for c, char in enumerate(line)
        if char != "#" and not (char.isupper() and char != "S")
    ]  # fmt: skip
    index = {cell: i for i, cell in enumerate(cells)}
    step = np.array([[index[_next_cell(layout, cell, move)] for move in ACTIONS.values()] for cell in cells])
    hit = np.eye(len(cells))[step]  # [S, A, G]
    q, before = hit, None
    while not np.array_equal(q, before):  # as often as the longest way is long
        q, before = hit + gamma * (1 - hit) * q.max(axis=1)[step], q
    names = tuple(f"r{r}c{c}" for r, c in cells)
    positions = np.array(cells, np.int32)
    start = next((i for i, (r, c) in enumerate(cells) if layout[r][c] == "S"), None)
    return Values(
        q=q.transpose(0, 2, 1).astype(np.float32), state_names=names,
        goal_names=tuple(f"position/{name}" for name in names), action_names=tuple(ACTIONS), gamma=gamma,
        scale="hit", state_positions=positions, goal_positions=positions, layout=layout, start=start,
        title="exact",
    )  # fmt: skip


def estimate(truth: Values, noise: float = 0.02, seed: int = 0) -> Values:
    """Values with errors that vary smoothly over states, as a trained network's do."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(2, *truth.q.shape[1:]))
    row, col = (truth.state_positions / truth.state_positions.max(axis=0).clip(1)).T
    error = noise * (np.sin(3 * row)[:, None, None] * waves[0] + np.cos(3 * col)[:, None, None] * waves[1])
    q = np.clip(truth.q + error, 0, 1).astype(np.float32)
    return replace(truth, q=q, title="estimate")


def random_map(rows: int, cols: int, wall: float = 0.2, seed: int = 0) -> tuple:
    """A map with walls in random places and its start in the middle."""
    rng = np.random.default_rng(seed)
    chars = np.where(rng.random((rows, cols)) < wall, "#", ".")
    chars[rows // 2, cols // 2] = "S"
    return tuple("".join(line) for line in chars)


def at(row, col):
    """The index of the state, and of the goal, in a cell of ROOMS."""
    return exact().state_names.index(f"r{row}c{col}")


def image(widget):
    """What a widget draws without a browser, uint8 [height, width, 3]."""
    with Image.open(io.BytesIO(widget.png())) as read:
        return np.asarray(read.convert("RGB"))


def altered(record, **changes):
    """The attributes of a record, some changed, with nothing that checks them: what a viewer may be given."""
    return SimpleNamespace(**{**vars(record), **changes})
