"""Probe worlds: a ladder of tiny worlds with a goal axis. Each shows one fault of a learner, and has exact values.

After the probe environments of rejax (github.com/keraJLi/rejax), which have a single reward. All rungs are parts of
one world that nothing connects, so that one compiled program climbs the whole ladder; an episode begins on a rung by
chance. A goal is a place on the rung: the first is to be in the first state of whatever rung one is on, and the last
holds nowhere. So few goals serve all rungs, and learners of the commanded goal, too, see each of them often. The values
are first-hit values, worked out by hand for the discount GAMMA: that of d3 after "right" in d1, two steps away, is
GAMMA.
"""

import dataclasses
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import States, outcomes

GAMMA = 0.8
PLACES = ("first", "second", "third", "fourth", "never")


@dataclasses.dataclass(frozen=True, eq=False)
class Rung:
    """One tiny world.

    Attributes:
      name: the fault that it shows.
      moves: for each state where (left, right) leads; a pair of states in the place of one: either, by a fair coin.
      starts: where episodes begin; what stands there several times, as a coin does, is begun with as often.
      expected: true values by (state, goal), of (left, right); a goal is to be in a state, or "never".
      deaths: states that end the world when they are entered.
    """

    name: str
    moves: dict[str, tuple]
    starts: tuple[str, ...]
    expected: dict[tuple[str, str], tuple[float, float]]
    deaths: tuple[str, ...] = ()


CERTAIN = (
    Rung("one state: the value of a hit", {"a": ("a", "a")}, ("a",), {("a", "a"): (1.0, 1.0)}),
    Rung(
        "two states: each goal has its own action",
        {"b0": ("b0", "b1"), "b1": ("b1", "b0")},
        ("b0", "b1"),
        {
            ("b0", "b0"): (1.0, 0.8),
            ("b0", "b1"): (0.8, 1.0),
            ("b1", "b0"): (0.8, 1.0),
            ("b1", "b1"): (1.0, 0.8),
        },
    ),
    Rung(
        "two states that ask for opposite actions: the observation counts",
        {"c0": ("c2", "c3"), "c1": ("c3", "c2"), "c2": ("c2", "c2"), "c3": ("c3", "c3")},
        ("c0", "c1"),
        {("c0", "c2"): (1.0, 0.0), ("c0", "c3"): (0.0, 1.0), ("c1", "c2"): (0.0, 1.0), ("c1", "c3"): (1.0, 0.0)},
    ),
    Rung(
        "a chain, longer than what is left of many episodes: discount, and no zero at a time limit",
        {"d0": ("d0", "d1"), "d1": ("d0", "d2"), "d2": ("d0", "d3"), "d3": ("d0", "d3")},
        ("d0",),
        {
            ("d0", "d3"): (0.512, 0.64),
            ("d1", "d3"): (0.512, 0.8),
            ("d2", "d3"): (0.512, 1.0),
            ("d2", "d1"): (0.8, 0.64),
        },
    ),
    Rung(
        "death: it counts as a goal that is hit, and beyond it there is nothing",
        {"e0": ("e1", "e2"), "e1": ("e3", "e3"), "e2": ("e2", "e3"), "e3": ("e3", "e3")},
        ("e0",),
        {("e0", "e1"): (1.0, 0.0), ("e0", "e3"): (0.0, 0.8), ("e2", "e3"): (0.8, 1.0)},
        deaths=("e1",),
    ),
    Rung(
        "a goal that holds when the world begins is not hit by that",
        {"f0": ("f1", "f1"), "f1": ("f0", "f0")},
        ("f0",),
        {("f0", "f0"): (0.8, 0.8), ("f1", "f0"): (1.0, 1.0), ("f0", "f1"): (1.0, 1.0)},
    ),
    Rung(
        "a goal that nobody can reach is worth nothing",
        {"g": ("g", "g")},
        ("g",),
        {("g", "never"): (0.0, 0.0), ("g", "second"): (0.0, 0.0)},
    ),
)
LUCKY = (
    Rung(
        "a coin: luck is not skill",
        {"h0": (("h1", "h0"), "h2"), "h1": ("h1", "h1"), "h2": ("h2", "h2")},
        ("h0",) * 4,
        {("h0", "h1"): (0.5 / (1 - 0.5 * GAMMA), 0.0), ("h0", "h2"): (0.5 * GAMMA, 1.0)},
    ),
)


@dataclasses.dataclass(frozen=True, eq=False)
class Probes:
    """An Environment (leo_lab.envs.base) made of rungs. Observations are one-hot; goals are PLACES.

    Attributes:
      rungs: of which it is made.
      continuous: whether an action is a number, below 0 for left, instead of a choice.
    """

    rungs: tuple[Rung, ...]
    continuous: bool = False

    name = title = "probes"
    view, reset_ratio = None, 1
    max_steps, clock_spread = 6, 2
    places = scene = body = None

    @property
    def spec(self) -> dict:
        return {}

    @property
    def action_names(self) -> tuple[str, ...]:
        return ("right",) if self.continuous else ("left", "right")

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(state for rung in self.rungs for state in rung.moves)

    @property
    def obs_size(self) -> int:
        return len(self.names)

    @property
    def goals(self) -> GoalSet:
        return GoalSet(tuple(f"probe/{place}" for place in PLACES), np.eye(len(PLACES), dtype=np.float32))

    @cached_property
    def hit(self) -> np.ndarray:
        """Which goal each state achieves, bool [S, G]."""
        places = [place for rung in self.rungs for place in range(len(rung.moves))]
        return np.array(places)[:, None] == np.arange(len(PLACES))

    def pair(self, rung: Rung, state: str, goal: str) -> tuple[int, int]:
        """Index of a state, and of a goal that is named by a state of its rung, or by a place."""
        place = list(rung.moves).index(goal) if goal in rung.moves else PLACES.index(goal)
        return self.names.index(state), place

    @cached_property
    def transitions(self) -> np.ndarray:
        """float64 [S, 2, S]."""
        table = np.zeros((self.obs_size, 2, self.obs_size))
        for rung in self.rungs:
            for state, moves in rung.moves.items():
                for action, ends in enumerate(moves):
                    for end in (ends,) if isinstance(ends, str) else ends:
                        table[self.names.index(state), action, self.names.index(end)] += 1 if end == ends else 0.5
        return table

    @cached_property
    def states(self) -> States | None:
        """What can be listed; a continuous action is no column of a table."""
        if self.continuous:
            return None
        eye = np.eye(self.obs_size, dtype=np.float32)
        return States(self.names, self.transitions, eye)

    @cached_property
    def deterministic(self) -> bool:
        return bool((self.transitions.max(axis=-1) == 1).all())

    @property
    def deadly(self) -> np.ndarray:
        """Which states end the world, bool [S]."""
        return np.isin(self.names, [state for rung in self.rungs for state in rung.deaths])

    def reset(self, key: jax.Array) -> jax.Array:
        """The state is the index of one, int32 []."""
        starts = [self.names.index(state) for rung in self.rungs for state in rung.starts]
        return jax.random.choice(key, jnp.array(starts, jnp.int32))

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        action = (action[0] >= 0).astype(jnp.int32) if self.continuous else action
        ends, chances = (jnp.asarray(each)[state, action] for each in outcomes(self.transitions))
        after = ends[0] if self.deterministic else jax.random.choice(key, ends, p=chances.astype(jnp.float32))
        return after, jnp.asarray(self.deadly)[after]

    def observe(self, state: jax.Array) -> jax.Array:
        return jax.nn.one_hot(state, self.obs_size, dtype=jnp.float32)

    def achieved(self, obs: jax.Array) -> jax.Array:
        return (obs @ jnp.asarray(self.hit, jnp.float32)) > 0.5

    def solve(self, gamma: float = GAMMA) -> np.ndarray:
        """First-hit values by value iteration, float64 [S, G, 2], which know of deaths, as leo_lab.truth does not."""
        alive = ~self.deadly[:, None]
        q = np.zeros((self.obs_size, len(self.goals), 2))
        for _ in range(300):
            after = np.where(self.hit, 1.0, gamma * alive * q.max(axis=-1))
            q = np.einsum("sat,tg->sga", self.transitions, after)
        return q
