"""What it costs to learn all goals: every learner timed in one run, on an environment whose own step is nearly free.

One iteration of `leo_lab.training.program.Program` is cut in two where its gradient updates begin, so that these can be
timed by themselves. The two halves together are the iteration, with the same result bit for bit.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise, product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tqdm.auto import tqdm

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_count, check_number, unknown
from leo_lab.experience.online import Actors
from leo_lab.learners import make_learner_config
from leo_lab.learners.base import PyTree
from leo_lab.training.program import Program, TrainState

SINGLE_GOAL, NAIVE = "pqn", "naive"
CODE = 128  # numbers that a narrow head reads; in gridworlds it learns as well as from 256, from 64 it does not
COST_LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    SINGLE_GOAL: ("pqn", {}),
    "leo": ("leo", {"passes": "batch"}),
    "leo_buckets": ("leo", {"passes": "buckets"}),
    "leo_code": ("leo", {"passes": "buckets", "code": CODE}),
    "her": ("her", {"relabel": "mixed"}),
    NAIVE: ("her", {"relabel": "all"}),
}
"""What is timed: a name, the learner, and its settings."""

GOALS, ACTIONS = (16, 136, 512), (4, 17, 43)  # Craftax has 512 goals and 43 actions, Craftax-Classic 136 and 17
SETTINGS = {"num_envs": 64, "unroll": 8, "minibatch": 512, "epochs": 1}  # one gradient update per iteration
STEPS = 10**9  # of the run that is never finished, which its schedules ask for
ENTRIES_ON = 32  # of an observation
SHORTEST = 0.1  # seconds of one measurement, which holds as many iterations as that takes
PATIENCE = 6.0  # seconds that one learner may take in the rounds of one place of the grid, but for two rounds
NAIVE_PRODUCTS = {"cpu": 6.5e10, "gpu": 5e12}  # most multiplications of the naive learner's minibatch going forward
# For a word about how long it takes, on two cores:
COMPILE_SECONDS = 4.5  # of one learner
PRODUCTS_PER_SECOND = 4e10
PASSES = 5  # forward passes that an iteration is worth: rollout and targets, update forward and back


class Torso(NamedTuple):
    """A size of network: inputs F, units of each hidden layer, hidden layers."""

    inputs: int
    width: int
    depth: int


TORSOS = {"craftax": Torso(4500, 1024, 4), "small": Torso(512, 256, 1)}


@dataclasses.dataclass(frozen=True, eq=False)
class Noise(Environment):
    """An Environment (leo_lab.envs.base) without a world: sparse observations out of a counter, G goals, A actions.

    The state is a counter, uint32 []; an observation has ENTRIES_ON ones at places that follow from it; goal i is
    achieved where entry i is on (modulo F); a goal's features are one-hot, as a gridworld's are.
    """

    inputs: int
    num_goals: int
    num_actions: int

    name = title = "noise"
    max_steps = 200
    clock_spread = 50
    deterministic = False  # as Craftax is not, so that LEO's target is the one it has there

    @property
    def spec(self) -> dict:
        return dataclasses.asdict(self)

    @property
    def obs_size(self) -> int:
        return self.inputs

    @property
    def goals(self) -> GoalSet:
        names = tuple(f"entry/{i}" for i in range(self.num_goals))
        return GoalSet(names, np.eye(self.num_goals, dtype=np.float32))

    @property
    def action_names(self) -> tuple[str, ...]:
        return tuple(f"action {i}" for i in range(self.num_actions))

    def reset(self, key: jax.Array) -> jax.Array:
        return jax.random.bits(key)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A linear congruential generator (Knuth's constants), which costs two operations. Never terminates."""
        del key
        return state * jnp.uint32(1664525) + jnp.uint32(1013904223) + action.astype(jnp.uint32), jnp.zeros((), bool)

    def observe(self, state: jax.Array) -> jax.Array:
        places = (state >> 8) + jnp.arange(ENTRIES_ON, dtype=jnp.uint32) * jnp.uint32(2654435761)  # golden ratio, 2^32
        return jnp.zeros(self.inputs).at[places % self.inputs].set(1.0)

    def achieved(self, obs: jax.Array) -> jax.Array:
        return obs[..., np.arange(self.num_goals) % self.inputs] > 0.5


class Case(NamedTuple):
    """One thing to time: G goals, A actions, and the names of torso and learner."""

    goals: int
    actions: int
    torso: str
    learner: str

    def program(self) -> Program:
        """The training that is timed."""
        inputs, width, depth = TORSOS[self.torso]
        name, settings = COST_LEARNERS[self.learner]
        config = make_learner_config(name, **SETTINGS, width=width, depth=depth, **settings)
        return Program(Noise(inputs, self.goals, self.actions), name, STEPS, config)

    @property
    def products(self) -> int:
        """Multiplications of one minibatch's way forward through the network, without what buckets save."""
        inputs, width, depth = TORSOS[self.torso]
        told = not self.learner.startswith("leo")  # the goal, which is then part of the input
        code = COST_LEARNERS[self.learner][1].get("code")
        hidden = [width] * depth + ([code] if code else [])
        sizes = [inputs + told * self.goals, *hidden, self.actions * (1 if told else self.goals)]
        passes = {"her": 3, NAIVE: self.goals}.get(self.learner, 1)
        return SETTINGS["minibatch"] * passes * sum(a * b for a, b in pairwise(sizes))

    def within(self, limit: float, others: Sequence[int]) -> Case:
        """Itself; but of a naive learner beyond `limit` products the one of most goals among `others`, or else among
        the powers of two, that is not beyond."""
        if self.learner != NAIVE or self.products <= limit:
            return self
        fewer = [*sorted(others, reverse=True), *(2**k for k in range(20, 0, -1))]
        cases = (self._replace(goals=goals) for goals in fewer)
        return next((case for case in cases if case.products <= limit), self._replace(goals=1))


def split_update(program: Program) -> tuple[Callable, Callable]:
    """Cuts `program.update` where its gradient updates begin, into two pure functions; the first is to be traced first.

    Returns:
      prepare: TrainState -> (Actors, arguments): collects a segment and makes the targets.
      descend: (learner's state, arguments) -> learner's state: all gradient updates of the iteration.
    """
    learner, tap = program.learner, _Tap()
    without = copy.copy(program)
    without.learner = copy.copy(learner)
    without.learner._descent = tap

    def prepare(state: TrainState) -> tuple[Actors, tuple]:
        after, _ = without.update(state)
        return after.actors, after.learner

    def descend(state: PyTree, arguments: tuple) -> PyTree:
        return learner._descent.run(tap.loss, state, *arguments)[0]

    return prepare, descend


class _Tap:
    """Stands in for a learner's Descent and hands on what that would have been called with."""

    def run(self, loss: Callable, state: PyTree, *arguments: PyTree) -> tuple[tuple, dict]:
        del state
        self.loss = loss
        return arguments, {}


class _Compiled:
    """A case, each half of whose iteration is compiled when it is asked for."""

    def __init__(self, case: Case):
        self._program = case.program()
        self._halves = split_update(self._program)
        self._state = jax.eval_shape(self._program.init, 0)
        self._arguments = jax.eval_shape(self._halves[0], self._state)[1]

    @cached_property
    def prepare(self) -> Any:
        return jax.jit(self._halves[0]).lower(self._state).compile()

    @cached_property
    def descend(self) -> Any:
        # The state that goes in is not needed again, as in a loop of many iterations.
        jitted = jax.jit(self._halves[1], donate_argnums=0)
        return jitted.lower(self._state.learner, self._arguments).compile()

    @property
    def peak_bytes(self) -> int:
        """What XLA plans for the gradient update."""
        return planned_bytes(self.descend)

    def start(self) -> TrainState:
        """A fresh state."""
        return self._program.init(0)

    def time(self, state: TrainState, count: int) -> tuple[TrainState, np.ndarray]:
        """Goes on for `count` iterations; returns the state, and the seconds of one of either half, float64 [2]."""
        return time_halves(self.prepare, self.descend, state, count)


def time_halves(first: Callable, second: Callable, state: TrainState, count: int) -> tuple[TrainState, np.ndarray]:
    """Goes on for `count` iterations, either half of which is compiled.

    Args:
      first: TrainState -> (Actors, *what the second half needs).
      second: (learner's state, *what it needs) -> learner's state.
      state: where to begin.
      count: iterations.

    Returns:
      The state, and the seconds of one of either half, float64 [2].
    """
    spent = np.zeros(2)
    for _ in range(count):
        began = time.perf_counter()
        actors, *needed = jax.block_until_ready(first(state))
        between = time.perf_counter()
        learner = jax.block_until_ready(second(state.learner, *needed))
        spent += between - began, time.perf_counter() - between
        state = TrainState(learner, actors, state.key, state.iteration + 1)
    return state, spent / count


def planned_bytes(compiled: Any) -> int:
    """What XLA plans for a compiled function: arguments, outputs and temporaries, but nothing twice."""
    plan = compiled.memory_analysis()
    sizes = plan.argument_size_in_bytes, plan.output_size_in_bytes, plan.temp_size_in_bytes
    return sum(sizes) - plan.alias_size_in_bytes


def bench_cost(
    *,
    goals: Sequence[int] = GOALS,
    actions: Sequence[int] = ACTIONS,
    torsos: Sequence[str] = tuple(TORSOS),
    learners: Sequence[str] = tuple(COST_LEARNERS),
    repeat: int = 5,
    progress: bool = False,
) -> dict[str, Any]:
    """Times gradient updates and whole iterations of several learners at every G, A and torso.

    An iteration collects 8 steps of 64 environments, makes the targets, and does one gradient update on a minibatch of
    512, the same for all. At each place of the grid the learners take turns, round after round, so that a machine that
    is busy for a while slows all of them down. Where the naive learner would take minutes it is measured at fewer
    goals, and its times are scaled up linearly.

    Args:
      goals, actions, torsos: the grid; torsos by name, see TORSOS.
      learners: names, see COST_LEARNERS. The learner of a single goal is always measured, as the yardstick.
      repeat: rounds, at least 2; slow learners take part in fewer, but in 2 at least.
      progress: show a progress bar.

    Returns:
      `device`, `jax` (its version), `settings`, `torsos`, and `rows`, each a dict of

        goals, actions, torso, learner: what was measured
        ms_per_update, ms_per_iteration: milliseconds, medians over the rounds; also with _least and _most
        ratio_to_single_goal, iteration_ratio_to_single_goal: how many times as long as the single-goal learner at the
          same G, A and torso; medians of the ratios within each round, see `times_as_long`
        steps_per_second: environment steps, learning included
        peak_mb: memory that XLA plans for the gradient update, which holds the whole state of training (arguments +
          outputs + temporaries - aliased), in millions of bytes; of the true number of goals, never extrapolated
        measured_goals, extrapolated: the G at which the times were taken, and whether they were scaled up from there
        rounds: how many there were

    Raises:
      LabError: an unknown torso or learner, nothing to measure, a number below 1, or fewer than 2 rounds.
    """
    _check(goals, actions, torsos, learners, repeat)
    learners = list(dict.fromkeys([SINGLE_GOAL, *learners]))
    grid = list(product(torsos, sorted(goals), actions))
    times: dict[Case, np.ndarray] = {}
    rows = []
    with tqdm(total=len(grid) * len(learners), disable=not progress, unit="learner", desc="bench cost") as bar:
        for torso, count, number in grid:
            bar.set_postfix_str(f"{torso} torso, {count} goals x {number} actions")
            cases = [Case(count, number, torso, learner) for learner in learners]
            compiled = {case: _Compiled(case) for case in cases}
            measured = {case: case.within(_limit(), goals) for case in cases}
            missing = [case for case in measured.values() if case not in times]
            times |= take_turns({case: compiled.get(case) or _Compiled(case) for case in missing}, repeat)
            yardstick = times[cases[0]]
            rows += [
                _row(case, measured[case], times[measured[case]], yardstick, compiled[case].peak_bytes)
                for case in cases
            ]
            bar.update(len(cases))
    return {
        "device": jax.devices()[0].device_kind,
        "jax": jax.__version__,
        "settings": SETTINGS,
        "torsos": {name: TORSOS[name]._asdict() for name in torsos},
        "rows": rows,
    }


def _check(goals, actions, torsos, learners, repeat) -> None:
    for name, numbers in (("goals", goals), ("actions", actions)):
        for number in numbers:
            check_count(name, number)
    for name, given, known in (("torso", torsos, TORSOS), ("learner", learners, COST_LEARNERS)):
        for one in given:
            if one not in known:
                raise unknown(name, one, known)
    for name, given in (("goals", goals), ("actions", actions), ("torsos", torsos), ("learners", learners)):
        if not given:
            raise LabError(f"{name} must name at least one")
    check_number("repeat", repeat, whole=True)
    if repeat < 2:
        raise LabError(f"repeat must be at least 2, got {repeat}")


def _limit() -> float:
    return NAIVE_PRODUCTS["cpu" if jax.default_backend() == "cpu" else "gpu"]


def take_turns(compiled: Mapping[Any, Any], repeat: int) -> dict[Any, np.ndarray]:
    """Seconds of either half of one iteration of each case, float64 [rounds, 2].

    Args:
      compiled: by case, what is timed: `start()` gives a state, and `time(state, count)` goes on for `count` iterations
        and gives the state and the seconds of one of either half, float64 [2].
      repeat: rounds of all cases; slow ones take part in fewer, but in 2 at least.
    """
    states, counts, rounds = {}, {}, {}
    for case, one in compiled.items():
        states[case], first = one.time(one.start(), 1)
        counts[case] = math.ceil(SHORTEST / first.sum())
        rounds[case] = int(np.clip(PATIENCE // max(SHORTEST, first.sum()), 2, repeat))
    times = {case: [] for case in compiled}
    for turn in range(repeat):
        for case, one in compiled.items():
            if turn < rounds[case]:
                states[case], seconds = one.time(states[case], counts[case])
                times[case].append(seconds)
    return {case: np.array(seconds) for case, seconds in times.items()}


def _row(case: Case, measured: Case, halves: np.ndarray, yardstick: np.ndarray, peak_bytes: int) -> dict[str, Any]:
    """One row of `bench_cost` from the seconds [rounds, 2] of what was measured and of the yardstick."""
    scale = case.goals / measured.goals
    update, iteration = scale * halves[:, 1], scale * halves.sum(axis=1)
    return {
        **case._asdict(),
        **spread("ms_per_update", 1e3 * update),
        **spread("ms_per_iteration", 1e3 * iteration),
        "ratio_to_single_goal": times_as_long(update, yardstick[:, 1]),
        "iteration_ratio_to_single_goal": times_as_long(iteration, yardstick.sum(axis=1)),
        "steps_per_second": four_figures(SETTINGS["num_envs"] * SETTINGS["unroll"] / np.median(iteration)),
        "peak_mb": four_figures(peak_bytes / 1e6),
        "measured_goals": measured.goals,
        "extrapolated": measured != case,
        "rounds": len(halves),
    }


def times_as_long(seconds: np.ndarray, single: np.ndarray) -> float:
    """Median of the ratios, round by round, of the rounds that both [rounds], [rounds] took part in.

    A machine that is slow for a round slows both; the ratio of the medians would compare rounds of different speeds.
    """
    rounds = min(len(seconds), len(single))
    return four_figures(np.median(seconds[:rounds] / single[:rounds]))


def spread(name: str, numbers: np.ndarray) -> dict[str, float]:
    """Median, least and most of numbers [rounds], as `name`, `name`_least and `name`_most."""
    statistics = {"": np.median, "_least": np.min, "_most": np.max}
    return {name + suffix: four_figures(statistic(numbers)) for suffix, statistic in statistics.items()}


def four_figures(number: float) -> float:
    """Four figures, which is more than a clock can tell."""
    return float(f"{number:.4g}")


def expected_seconds(
    goals: Sequence[int], actions: Sequence[int], torsos: Sequence[str], learners: Sequence[str], repeat: int
) -> float:
    """How long `bench_cost` takes on two idle CPU cores, roughly. Raises what `bench_cost` raises."""
    _check(goals, actions, torsos, learners, repeat)
    cases = [Case(*place) for place in product(goals, actions, torsos, dict.fromkeys([SINGLE_GOAL, *learners]))]
    total = COMPILE_SECONDS * len(cases)
    for case in {case.within(_limit(), goals) for case in cases}:
        iteration = max(SHORTEST, PASSES * case.products / PRODUCTS_PER_SECOND)
        total += iteration * (1 + np.clip(PATIENCE // iteration, 2, repeat))
    return total
