"""Timing the two halves of an iteration, `Program.prepare` and `Learner.learn`, of several learners that take turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import numpy as np
from tqdm.auto import tqdm

from leo_lab.training import Program
from leo_lab.training.program import TrainState

SHORTEST = 0.1  # seconds of one measurement, which holds as many iterations as that takes
PATIENCE = 6.0  # seconds that one learner may take in the rounds of one place of the grid, but for two rounds


class Halves:
    """A program, each half of whose iteration is compiled when it is asked for."""

    def __init__(self, program: Program):
        self._program = program
        self._state = jax.eval_shape(program.init, 0)

    @cached_property
    def prepare(self) -> Any:
        """Compiled: TrainState -> (the source's state, what `learn` needs); collects a segment, makes the targets."""
        return jax.jit(self._program.prepare).lower(self._state).compile()

    @cached_property
    def learn(self) -> Any:
        """Compiled: (the learner's state, what it needs) -> its new state: all gradient updates of an iteration."""
        data = jax.eval_shape(self._program.prepare, self._state)[1]
        # The state that goes in is not needed again, as in a loop of many iterations.
        jitted = jax.jit(lambda state, data: self._program.learner.learn(state, data)[0], donate_argnums=0)
        return jitted.lower(self._state.learner, data).compile()

    @property
    def peak_bytes(self) -> int:
        """What XLA plans for the gradient updates."""
        return planned_bytes(self.learn)

    def start(self) -> TrainState:
        """A fresh state."""
        return self._program.init(0)

    def time(self, state: TrainState, count: int) -> tuple[TrainState, np.ndarray]:
        """Goes on for `count` iterations; returns the state, and the seconds of one of either half, float64 [2]."""
        spent = np.zeros(2)
        for _ in range(count):
            began = time.perf_counter()
            source, data = jax.block_until_ready(self.prepare(state))
            between = time.perf_counter()
            learner = jax.block_until_ready(self.learn(state.learner, data))
            spent += between - began, time.perf_counter() - between
            state = TrainState(learner, source, state.key, state.iteration + 1)
        return state, spent / count


def planned_bytes(compiled: Any) -> int:
    """What XLA plans for a compiled function: arguments, outputs and temporaries, but nothing twice."""
    plan = compiled.memory_analysis()
    sizes = plan.argument_size_in_bytes, plan.output_size_in_bytes, plan.temp_size_in_bytes
    return sum(sizes) - plan.alias_size_in_bytes


def measure(grid: Sequence[Sequence[Any]], within: Callable, row: Callable, repeat: int, progress: bool) -> list[dict]:
    """Times the cases of every place of a grid.

    At each place the learners take turns, round after round, so that a machine that is busy for a while slows all of
    them down.

    Args:
      grid: for each place its cases, that of the yardstick first; named tuples with a `program()`.
      within: case -> the one that is measured for it, with fewer goals where it would take too long.
      row: (case, the measured one, its seconds [rounds, 2], those of the yardstick, bytes at its peak) -> a dict.
      repeat: rounds, see `take_turns`.
      progress: show a progress bar.

    Returns:
      One row for each case.
    """
    times: dict[Any, np.ndarray] = {}
    rows = []
    with tqdm(total=sum(map(len, grid)), disable=not progress, unit="learner", desc="bench cost") as bar:
        for cases in grid:
            bar.set_postfix_str(", ".join(f"{name} {value}" for name, value in cases[0]._asdict().items()))
            compiled = {case: Halves(case.program()) for case in cases}
            measured = {case: within(case) for case in cases}
            missing = [case for case in measured.values() if case not in times]
            times |= take_turns({case: compiled.get(case) or Halves(case.program()) for case in missing}, repeat)
            first = times[cases[0]]
            rows += [
                row(case, measured[case], times[measured[case]], first, compiled[case].peak_bytes) for case in cases
            ]
            bar.update(len(cases))
    return rows


def fewer_goals(case: Any, fits: Callable[[Any], bool], others: Sequence[int]) -> Any:
    """A case if it fits, else the one of most goals among `others`, or else among the powers of two, that does."""
    fewer = [case.goals, *sorted(others, reverse=True), *(2**k for k in range(20, -1, -1))]
    cases = (case._replace(goals=goals) for goals in fewer)
    return next((case for case in cases if fits(case)), case._replace(goals=1))


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


def limit_of(limits: Mapping[str, float]) -> float:
    """That of this device, a CPU or something faster."""
    return limits["cpu" if jax.default_backend() == "cpu" else "gpu"]


def about() -> dict[str, str]:
    """Where it was measured."""
    return {"device": jax.devices()[0].device_kind, "jax": jax.__version__}
