"""Timing the two halves of an iteration, `Program.prepare` and `Learner.learn`, of several learners that take turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.training import Program
from leo_lab.training.program import TrainState

STEPS = 10**9  # of the run that is never finished, which its schedules ask for
SHORTEST = 0.1  # seconds of one measurement, which holds as many iterations as that takes
PATIENCE = 6.0  # seconds that one learner may take in the rounds of one place of the grid, but for two rounds


class Halves:
    """A program, each half of whose iteration is compiled when it is asked for."""

    def __init__(self, program: Program):
        self._program = program
        self._state = program.shapes()

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
