"""Timing the two halves of an iteration, `Program.prepare` and `Learner.learn`, of several learners that take turns.

What is timed is a case: a named tuple of numbers and names, among them `goals` and `learner`, with a `program()` and a
`size`: of a minibatch of the naive learner, of which a device takes so much at most. Every row holds its case, and

  ms_per_update: milliseconds of one gradient update, median over the rounds; also with _least and _most
  ratio_to_single_goal: how many times as long as the single-goal learner's in the same place of the grid; median of the
    ratios within each round, see `times_as_long`
  peak_mb: memory that XLA plans for the gradient updates, which holds the whole state of training (arguments + outputs
    + temporaries - aliased), in millions of bytes; of the true number of goals, never extrapolated
  measured_goals, extrapolated: the G at which the times were taken, and whether they were scaled up from there
  rounds: how many there were
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tqdm.auto import tqdm

from leo_lab.errors import check_count, check_named, check_number, require
from leo_lab.training import Program
from leo_lab.training.program import TrainState

NAIVE = "naive"  # the learner for which every step is a row for each goal
STEPS = 10**9  # of the run that is never finished, which its schedules ask for
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


def check_grid(repeat: int, goals: Sequence[int], actions: Sequence[int]) -> None:
    """Raises LabError where there is nothing to measure, for a number below 1, and for fewer than 2 rounds."""
    check_named(goals=goals, actions=actions)
    for name, numbers in (("goals", goals), ("actions", actions)):
        for number in numbers:
            check_count(name, number)
    check_several("repeat", repeat)


def check_several(name: str, number: int) -> None:
    """Raises LabError unless it is a whole number of at least 2."""
    check_number(name, number, whole=True)
    require(number >= 2, name, number, "at least 2")


def measure(
    grid: Sequence[Sequence[Any]], row: Callable, most: Mapping[str, float], repeat: int, progress: bool
) -> list[dict[str, Any]]:
    """Times the cases of every place of a grid.

    At each place the learners take turns, round after round, so that a machine that is busy for a while slows all of
    them down. Where a minibatch of the naive learner would be too large, it is measured at fewer goals.

    Args:
      grid: for each place its cases, that of the single-goal learner first.
      row: (case, the measured one, its seconds [rounds, 2], those of the first case, bytes at its peak) -> a dict.
      most: the largest size of a naive case, on a "cpu" and on a "gpu".
      repeat: rounds, see `take_turns`.
      progress: show a progress bar.
    """
    times: dict[Any, np.ndarray] = {}
    rows = []
    with tqdm(total=sum(map(len, grid)), disable=not progress, unit="learner", desc="bench cost") as bar:
        for cases in grid:
            bar.set_postfix_str(", ".join(f"{name} {value}" for name, value in cases[0]._asdict().items()))
            compiled = {case: Halves(case.program()) for case in cases}
            measured = {case: within(case, limit_of(most), [each[0].goals for each in grid]) for case in cases}
            missing = [case for case in measured.values() if case not in times]
            times |= take_turns({case: compiled.get(case) or Halves(case.program()) for case in missing}, repeat)
            for case in cases:
                spent = times[measured[case]], times[cases[0]]
                rows.append(row(case, measured[case], *spent, compiled[case].peak_bytes))
            bar.update(len(cases))
    return rows


def within(case: Any, most: float, others: Iterable[int]) -> Any:
    """A case, unless it is a naive one of more than the largest size.

    Then it is the one of most goals among `others`, or else among the powers of two, that is not.
    """
    fewer = [case.goals, *sorted(others, reverse=True), *(2**k for k in range(20, -1, -1))]
    cases = (case._replace(goals=goals) for goals in fewer)
    return next((case for case in cases if case.learner != NAIVE or case.size <= most), case._replace(goals=1))


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


def cost_row(case: Any, measured: Any, update: np.ndarray, single: np.ndarray, peak_bytes: int) -> dict[str, Any]:
    """What every row holds, from the seconds [rounds] of an update, scaled up, and of the single-goal learner's."""
    return {
        **case._asdict(),
        **spread("ms_per_update", 1e3 * update),
        "ratio_to_single_goal": times_as_long(update, single),
        "peak_mb": four_figures(peak_bytes / 1e6),
        "measured_goals": measured.goals,
        "extrapolated": measured != case,
        "rounds": len(update),
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


def limit_of(limits: Mapping[str, float]) -> float:
    """That of this device, a CPU or something faster."""
    return limits["cpu" if jax.default_backend() == "cpu" else "gpu"]


def about() -> dict[str, str]:
    """Where it was measured: the `device`, and the version of `jax`."""
    return {"device": jax.devices()[0].device_kind, "jax": jax.__version__}


def timed(loop: Callable, carry: Any, count: int) -> float:
    """Seconds of `count` iterations of a compiled loop, (carry, count int32 []) -> arrays."""
    began = time.perf_counter()
    jax.block_until_ready(loop(carry, jnp.int32(count)))
    return time.perf_counter() - began


def pace(loop: Callable, carry: Any, least: float) -> float:
    """Seconds of one iteration of such a loop, of as many as take `least` seconds together."""
    count = 1
    while (spent := timed(loop, carry, count)) < least:
        count *= 2
    return spent / count
