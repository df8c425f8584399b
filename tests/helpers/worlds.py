"""Worlds that several tests share: random maps, the rules of a move said a second time, hand-made environments."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment
from leo_lab.envs.maps import Map

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
SIDES = {"left": ("up", "down"), "right": ("up", "down"), "up": ("left", "right"), "down": ("left", "right")}
ALONG = {"<": "left", ">": "right", "^": "up", "v": "down"}
AGAINST = {"<": "right", ">": "left", "^": "down", "v": "up"}


@st.composite
def maps(draw, slips=(0.0, 0.25)):
    """Maps of 1 to 4 rows and 2 to 5 columns with everything that a map can hold."""
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    size = rows * cols
    cells = draw(st.lists(st.sampled_from("......###<>^vAAaaBb"), min_size=size, max_size=size))
    start = draw(st.integers(0, size - 1))
    cells[start] = "S"
    for pad in "AB":
        if pad not in cells or pad.lower() not in cells:
            cells = ["." if cell in (pad, pad.lower()) else cell for cell in cells]
    if sum(cell not in "#AB" for cell in cells) < 2:
        cells[(start + 1) % size] = "."
    layout = tuple("".join(cells[row * cols : (row + 1) * cols]) for row in range(rows))
    return Map(layout, slip=draw(st.sampled_from(slips)), title="random")


def free_cells(layout):
    """All (row, col) that the agent can stand on, row by row."""
    return [(r, c) for r, line in enumerate(layout) for c, cell in enumerate(line) if cell not in "#AB"]


def landings(layout, cell, direction):
    """Cells that a move without a slip may lead to. Pads are A and B only."""
    row, col = cell
    if layout[row][col] in ALONG and ALONG[layout[row][col]] != direction:
        return [cell]
    row, col = row + DIRECTIONS[direction][0], col + DIRECTIONS[direction][1]
    if row not in range(len(layout)) or col not in range(len(layout[0])):
        return [cell]
    there = layout[row][col]
    if there == "#" or AGAINST.get(there) == direction:
        return [cell]
    if there in "AB":
        return [exit_ for exit_ in free_cells(layout) if layout[exit_[0]][exit_[1]] == there.lower()]
    return [(row, col)]


def next_cells(layout, slip, cell, direction):
    """Probability of every next cell, as a dict."""
    chances = {}
    first, second = SIDES[direction]
    for move, chance in ((direction, 1 - slip), (first, slip / 2), (second, slip / 2)):
        ends = landings(layout, cell, move)
        for end in ends if chance else ():
            chances[end] = chances.get(end, 0.0) + chance / len(ends)
    return chances


def distances(layout, slip, start):
    """Fewest steps to every cell that can be reached from `start` (itself in 0), by breadth-first search."""
    steps, queue = {start: 0}, [start]
    for cell in queue:
        for direction in DIRECTIONS:
            for after in next_cells(layout, slip, cell, direction):
                if after not in steps:
                    steps[after] = steps[cell] + 1
                    queue.append(after)
    return steps


@dataclasses.dataclass(frozen=True, eq=False)
class Line(Environment):
    """Cells 0..length-1 in a row, left and right; with `ends` the world terminates in the last cell."""

    length: int
    ends: bool = False
    max_steps: int = 100
    clock_spread: int = 1

    name = "line"
    action_names = ("left", "right")
    deterministic = True

    @property
    def obs_size(self):
        return self.length

    @property
    def goals(self):
        return GoalSet(tuple(f"cell/{i}" for i in range(self.length)), np.eye(self.length, dtype=np.float32))

    def reset(self, key):
        return {"cell": jnp.int32(0), "path": jnp.zeros(2, jnp.int32)}

    def step(self, state, action, key):
        cell = jnp.clip(state["cell"] + 2 * action - 1, 0, self.length - 1)
        path = jnp.stack([state["path"][1], cell])
        return {"cell": cell, "path": path}, jnp.bool_(self.ends) & (cell == self.length - 1)

    def observe(self, state):
        return jax.nn.one_hot(state["cell"], self.length, dtype=jnp.float32)

    def achieved(self, obs):
        return obs > 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class Dice(Environment):
    """Every reset and every step throws a fresh number, which is the observation: equal numbers mean a reused key."""

    max_steps: int = 4
    clock_spread: int = 1

    name = "dice"
    action_names = ("throw",)
    deterministic = False
    obs_size = 1
    goals = GoalSet(("half/low", "half/high"), np.eye(2, dtype=np.float32))

    def reset(self, key):
        return jax.random.uniform(key)

    def step(self, state, action, key):
        return jax.random.uniform(key), jnp.bool_(False)

    def observe(self, state):
        return state[None]

    def achieved(self, obs):
        return jnp.concatenate([obs < 0.5, obs >= 0.5], axis=-1)


def dense_test(entries, size):
    """A test of goals as a table, bool [G, F]: a goal is achieved where the product with an observation is above 0."""
    return np.array([np.isin(np.arange(size), each) for each in entries])
