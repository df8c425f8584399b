"""Gridworlds: every free cell is a state and a goal; four moves; walls, one-way cells, slips and teleporters."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment, States, check_clock, outcomes
from leo_lab.envs.maps import ARROWS, PADS, Map, check_slip, load_map, random_map
from leo_lab.errors import LabError

ACTIONS = ("left", "right", "up", "down")
_MOVES = ((0, -1), (0, 1), (-1, 0), (1, 0))  # row, col of each action
_PERPENDICULAR = ((2, 3), (2, 3), (0, 1), (0, 1))
_REVERSE = (1, 0, 3, 2)


@dataclasses.dataclass(frozen=True, eq=False)
class Gridworld(Environment):
    """A gridworld of S free cells in row-major order; goal i is "be in state i", so G = S. A = 4.

    The world's state is the index of the agent's cell, int32 []; an observation is that index one-hot, so F = S.
    """

    map: Map
    max_steps: int = 200
    clock_spread: int = 50

    name = "gridworld"
    action_names = ACTIONS

    def __post_init__(self):
        check_clock(self.max_steps, self.clock_spread)

    @property
    def title(self) -> str:
        return self.map.title

    @property
    def spec(self) -> dict:
        clock = {"max_steps": int(self.max_steps), "clock_spread": int(self.clock_spread)}
        return {"map": self.map.text, "title": self.title, **clock}

    @cached_property
    def _cells(self) -> np.ndarray:
        """Row and column of every state, int32 [S, 2]."""
        return np.argwhere(~np.isin(self.map.grid, ["#", *PADS])).astype(np.int32)

    @cached_property
    def states(self) -> States:
        """One for each free cell, S in all."""
        names = tuple(f"r{row}c{col}" for row, col in self._cells)
        seen = np.eye(len(names), dtype=np.float32)
        start = self._cells_with("S")[0]
        return States(names, self._transitions(), seen, start, self._cells, self.map.layout)

    @cached_property
    def goals(self) -> GoalSet:
        states = self.states
        names = tuple(f"position/{name}" for name in states.names)
        return GoalSet(names, np.eye(len(names), dtype=np.float32), states.positions, states.observations)

    @property
    def obs_size(self) -> int:
        return len(self._cells)

    def _transitions(self) -> np.ndarray:
        """Probability of each next state, float64 [S, A, S]."""
        size = len(self._cells)
        table = np.zeros((size, len(ACTIONS), size))
        for state in range(size):
            for action, sides in enumerate(_PERPENDICULAR):
                for move, chance in ((action, 1 - self.map.slip), *((side, self.map.slip / 2) for side in sides)):
                    landings = self._landings(state, move)
                    for landing in landings:
                        table[state, action, landing] += chance / len(landings)
        return table

    def _landings(self, state: int, move: int) -> list[int]:
        """States that a move may lead to, all equally likely."""
        place = self._cells[state] + 1
        here, there = (self._walled[tuple(at)] for at in (place, place + _MOVES[move]))
        if ARROWS.get(here, move) != move or there == "#" or ARROWS.get(there) == _REVERSE[move]:
            return [state]
        return self._cells_with(there.lower()) if there in PADS else [self._index[tuple(place - 1 + _MOVES[move])]]

    @cached_property
    def _walled(self) -> np.ndarray:
        """The characters of the map with walls around it, [rows + 2, columns + 2]."""
        return np.pad(self.map.grid, 1, constant_values="#")

    @cached_property
    def _index(self) -> dict[tuple[int, int], int]:
        return {tuple(cell): i for i, cell in enumerate(self._cells)}

    def _cells_with(self, char: str) -> list[int]:
        return np.flatnonzero(self.map.grid[tuple(self._cells.T)] == char).tolist()

    @cached_property
    def deterministic(self) -> bool:
        return bool((self.states.transitions.max(axis=-1) == 1).all())

    @cached_property
    def _outcomes(self) -> tuple[np.ndarray, np.ndarray]:
        """Possible next states int32 [S, A, K] and their cumulative probabilities float32 [S, A, K]."""
        next_states, chances = outcomes(self.states.transitions)
        return next_states, np.cumsum(chances, axis=-1).astype(np.float32)

    def reset(self, key: jax.Array) -> jax.Array:
        """The agent stands on the start; `key` is not needed."""
        del key
        return jnp.int32(self.states.start)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """One move. A gridworld never terminates."""
        next_states, cumulative = self._outcomes
        # Counted against all but the last outcome, so that rounding can never point past the end.
        chances = jnp.asarray(cumulative)[state, action, :-1]
        drawn = 0 if self.deterministic else (jax.random.uniform(key) >= chances).sum()
        return jnp.asarray(next_states)[state, action, drawn], jnp.zeros((), bool)

    def observe(self, state: jax.Array) -> jax.Array:
        return jax.nn.one_hot(state, self.obs_size, dtype=jnp.float32)

    def achieved(self, obs: jax.Array) -> jax.Array:
        """Goal i is achieved where observation entry i is on."""
        return obs > 0.5


def make_gridworld(
    *,
    map: str | None = None,
    size: int | None = None,
    wall: float | None = None,
    seed: int | None = None,
    slip: float | None = None,
    max_steps: int = 200,
    clock_spread: int = 50,
    title: str | None = None,
) -> Gridworld:
    """Builds a gridworld from a map (a shipped name, a file, or text), or else a random one.

    Args:
      map: a shipped map's name, a file, or the map itself as text.
      size: cells along each side of a random map, where `map` is not given; 12 unless told.
      wall: wall probability of a random map; 0.2 unless told.
      seed: which random map; 0 unless told.
      slip: overrides the map's own slip probability.
      max_steps: time limit of an episode.
      clock_spread: episodes begin with a clock drawn from 0..clock_spread-1.
      title: overrides the map's own title.

    Raises:
      LabError: a bad map, or a map together with settings of a random one.
    """
    drawn = {key: value for key, value in (("size", size), ("wall", wall), ("seed", seed)) if value is not None}
    if map is not None and drawn:
        raise LabError(f"a map is given, so {', '.join(drawn)} of a random map cannot be; drop one of the two")
    chosen = random_map(**drawn) if map is None else load_map(map)
    if slip is not None:
        check_slip(slip)
        if slip != chosen.slip:
            chosen = dataclasses.replace(chosen, slip=slip, title=f"{chosen.title}, slip {slip:g}")
    if title is not None:
        chosen = dataclasses.replace(chosen, title=title)
    return Gridworld(chosen, max_steps=max_steps, clock_spread=clock_spread)
