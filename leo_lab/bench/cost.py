"""What it costs to learn all goals: every learner timed in one run, on an environment whose own step is nearly free."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise, product
from typing import Any, NamedTuple

import numpy as np

from leo_lab.bench import timing
from leo_lab.bench.noise import Noise
from leo_lab.bench.timing import NAIVE, STEPS, four_figures, spread, times_as_long
from leo_lab.errors import check_named, require_choice
from leo_lab.training import Program, make_program

SINGLE_GOAL = "pqn"
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
        return make_program(Noise(self.goals, self.actions, inputs), name, STEPS, **sizes, **settings)

    @property
    def size(self) -> int:
        """Multiplications of one minibatch's way forward through the network, without what buckets save."""
        inputs, width, depth = TORSOS[self.torso]
        told = not self.learner.startswith("leo")  # the goal, which is then part of the input
        code = COST_LEARNERS[self.learner][1].get("code")
        hidden = [width] * depth + ([code] if code else [])
        sizes = [inputs + told * self.goals, *hidden, self.actions * (1 if told else self.goals)]
        passes = {"her": 3, NAIVE: self.goals}.get(self.learner, 1)
        return SETTINGS["minibatch"] * passes * sum(a * b for a, b in pairwise(sizes))


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
    scaled up linearly.

    Args:
      goals, actions, torsos: the grid; torsos by name, see TORSOS.
      learners: names, see COST_LEARNERS. The learner of a single goal is always measured, as the yardstick.
      repeat: rounds, at least 2; slow learners take part in fewer, but in 2 at least.
      progress: show a progress bar.

    Returns:
      `device`, `jax` (its version), `settings`, `torsos`, and `rows`: dicts of what `leo_lab.bench.timing` says, and

        ms_per_iteration, iteration_ratio_to_single_goal: the same of whole iterations
        steps_per_second: environment steps, learning included

    Raises:
      LabError: an unknown torso or learner, nothing to measure, a number below 1, or fewer than 2 rounds.
    """
    grid = _grid(goals, actions, torsos, learners, repeat)
    rows = timing.measure(grid, _row, NAIVE_PRODUCTS, repeat, progress)
    torsos = {name: TORSOS[name]._asdict() for name in torsos}
    return {**timing.about(), "settings": SETTINGS, "torsos": torsos, "rows": rows}


def _grid(goals, actions, torsos, learners, repeat) -> list[list[Case]]:
    """For each place its cases. Raises what `bench_cost` raises."""
    timing.check_grid(repeat, goals, actions)
    check_named(torsos=torsos, learners=learners)
    for name, given, known in (("torso", torsos, TORSOS), ("learner", learners, COST_LEARNERS)):
        for one in given:
            require_choice(name, one, known)
    places = product(torsos, sorted(goals), actions)
    learners = dict.fromkeys([SINGLE_GOAL, *learners])
    return [[Case(count, number, torso, each) for each in learners] for torso, count, number in places]


def _row(case: Case, measured: Case, halves: np.ndarray, yardstick: np.ndarray, peak_bytes: int) -> dict[str, Any]:
    """One row of `bench_cost` from the seconds [rounds, 2] of what was measured and of the yardstick."""
    scaled = case.goals / measured.goals * halves
    iteration = scaled.sum(axis=1)
    return {
        **timing.cost_row(case, measured, scaled[:, 1], yardstick[:, 1], peak_bytes),
        **spread("ms_per_iteration", 1e3 * iteration),
        "iteration_ratio_to_single_goal": times_as_long(iteration, yardstick.sum(axis=1)),
        "steps_per_second": four_figures(SETTINGS["num_envs"] * SETTINGS["unroll"] / np.median(iteration)),
    }


def expected_seconds(*, repeat: int, **grid: Sequence) -> float:
    """How long `bench_cost` takes on two idle CPU cores, roughly; its arguments and errors."""
    cases = list(chain.from_iterable(_grid(**grid, repeat=repeat)))
    total, most = COMPILE_SECONDS * len(cases), timing.limit_of(NAIVE_PRODUCTS)
    for case in {timing.within(case, most, grid["goals"]) for case in cases}:
        iteration = max(timing.SHORTEST, PASSES * case.size / PRODUCTS_PER_SECOND)
        total += iteration * (1 + np.clip(timing.PATIENCE // iteration, 2, repeat))
    return total
