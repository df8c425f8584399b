"""What it costs to learn all goals: every learner timed in one run, on an environment whose own step is nearly free.

An iteration is timed in its two halves: `Program.prepare` collects a segment and makes the targets, and
`Learner.learn` does the gradient updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np

from leo_lab.bench import timing
from leo_lab.bench.noise import Noise
from leo_lab.bench.timing import (
    about,
    fewer_goals,
    four_figures,
    limit_of,
    measure,
    spread,
    times_as_long,
)
from leo_lab.errors import LabError, check_count, check_number, unknown
from leo_lab.training import Program, make_program

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
        sizes = {**SETTINGS, "width": width, "depth": depth}
        return make_program(Noise(inputs, self.goals, self.actions), name, STEPS, **sizes, **settings)

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
        """Itself; but of a naive learner beyond `limit` products one of fewer goals, see `fewer_goals`."""
        return fewer_goals(self, lambda case: case.learner != NAIVE or case.products <= limit, others)


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
    512, the same for all. Where the naive learner would take minutes it is measured at fewer goals, and its times are
    scaled up linearly. How they take turns: see `timing.measure`.

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
    grid = [[Case(*place, each) for each in learners] for place in _places(goals, actions, torsos)]
    limit = limit_of(NAIVE_PRODUCTS)
    rows = measure(grid, lambda case: case.within(limit, goals), _row, repeat, progress)
    return {**about(), "settings": SETTINGS, "torsos": {name: TORSOS[name]._asdict() for name in torsos}, "rows": rows}


def _places(goals, actions, torsos) -> list[tuple[int, int, str]]:
    return [(count, number, torso) for torso, count, number in product(torsos, sorted(goals), actions)]


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


def expected_seconds(
    goals: Sequence[int], actions: Sequence[int], torsos: Sequence[str], learners: Sequence[str], repeat: int
) -> float:
    """How long `bench_cost` takes on two idle CPU cores, roughly. Raises what `bench_cost` raises."""
    _check(goals, actions, torsos, learners, repeat)
    cases = [Case(*place) for place in product(goals, actions, torsos, dict.fromkeys([SINGLE_GOAL, *learners]))]
    total = COMPILE_SECONDS * len(cases)
    for case in {case.within(limit_of(NAIVE_PRODUCTS), goals) for case in cases}:
        iteration = max(timing.SHORTEST, PASSES * case.products / PRODUCTS_PER_SECOND)
        total += iteration * (1 + np.clip(timing.PATIENCE // iteration, 2, repeat))
    return total
