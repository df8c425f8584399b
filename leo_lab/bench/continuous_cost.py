"""What it costs to learn all goals where every goal has its own action, timed without a world.

`leo_lab.bench.cost` does the same for discrete actions; rounds and statistics are its.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from leo_lab.bench.noise import NoisePlane
from leo_lab.bench.timing import about, fewer_goals, four_figures, limit_of, measure, spread, times_as_long
from leo_lab.errors import LabError, check_count, check_number
from leo_lab.training import Program, make_program

SINGLE_GOAL, NAIVE = "sac", "naive"
COST_LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    SINGLE_GOAL: ("sac", {}),
    "sac_leo": ("sac_leo", {}),
    NAIVE: ("sac_her", {"relabel": "all"}),
}
"""What is timed: a name, the learner, and its settings."""

GOALS, ACTIONS, INPUTS, MINIBATCH = (16, 64, 256), (2, 8), 16, 128
SETTINGS = {"num_envs": 16, "unroll": 32}
UPDATES = 16  # in one call, of learners for which a minibatch is one row for each of its steps
NAIVE_ROWS = {"cpu": 2**16, "gpu": 2**21}  # most rows, steps x goals, of the naive learner's minibatch
STEPS = 10**9  # of the run that is never finished, which its schedules ask for
INCLUDED = (
    "a call of learner.learn on one prepared segment, over its number of updates: adding the segment to the replay; "
    "for each update sampling, targets, losses and gradients of critics, policy and temperature, Adam, target critics"
)


class Case(NamedTuple):
    """One thing to time: G goals, A numbers of an action, F of an observation, steps in a minibatch, the learner."""

    goals: int
    actions: int
    inputs: int
    minibatch: int
    learner: str

    @property
    def updates(self) -> int:
        """Gradient updates in one call: fewer where each of them takes long by itself."""
        return max(1, UPDATES // self.goals) if self.learner == NAIVE else UPDATES

    def program(self) -> Program:
        """The training that is timed."""
        name, settings = COST_LEARNERS[self.learner]
        settings = {**SETTINGS, **settings, "minibatch": self.minibatch, "updates": self.updates}
        env = NoisePlane(self.goals, self.actions, self.inputs)
        return make_program(env, name, STEPS, **settings)

    def within(self, rows: int, others: Sequence[int]) -> Case:
        """Itself; but of a naive learner with more rows in a minibatch one of fewer goals, see `fewer_goals`."""
        return fewer_goals(self, lambda case: case.learner != NAIVE or case.minibatch * case.goals <= rows, others)


def bench_continuous_cost(
    *,
    goals: Sequence[int] = GOALS,
    actions: Sequence[int] = ACTIONS,
    inputs: int = INPUTS,
    minibatch: int = MINIBATCH,
    repeat: int = 5,
    progress: bool = False,
) -> dict[str, Any]:
    """Times gradient updates and rollouts of SAC of a single goal, of SAC + LEO, and of its naive twin.

    Where a minibatch of the naive learner, each of whose steps is a row for every goal, would be too large, it is
    measured at fewer goals, and its times are scaled up linearly. How they take turns: see `timing.measure`.

    Args:
      goals, actions: the grid: G, and A numbers of an action.
      inputs: F numbers of an observation, at least 2.
      minibatch: B steps of each update, the same for all learners.
      repeat: rounds, at least 2; slow learners take part in fewer, but in 2 at least.
      progress: show a progress bar.

    Returns:
      `device`, `jax` (its version), `settings`, `included` (what an update holds, in words), and `rows`, each a dict of

        goals, actions, inputs, minibatch, learner, torso (its sizes): what was measured
        ms_per_update: milliseconds of one gradient update, median over the rounds; also with _least and _most
        ratio_to_single_goal: how many times as long as the single-goal learner at the same G and A; median of the
          ratios within each round
        ms_per_rollout: of collecting a segment, acting included; also with _least and _most
        updates: gradient updates in one call, over which its time was divided
        peak_mb: memory that XLA plans for them, replay included, in millions of bytes; of the true number of goals
        measured_goals, extrapolated: the G at which the update was timed, and whether it was scaled up from there
        rounds: how many there were

    Raises:
      LabError: nothing to measure, a number out of range, or fewer than 2 rounds.
    """
    _check(goals, actions, inputs, minibatch, repeat)
    sizes = inputs, minibatch
    grid = [[Case(*place, *sizes, each) for each in COST_LEARNERS] for place in product(sorted(goals), actions)]
    limit = limit_of(NAIVE_ROWS)
    rows = measure(grid, lambda case: case.within(limit, goals), _row, repeat, progress)
    settings = {**SETTINGS, "minibatch": minibatch, "inputs": inputs}
    return {**about(), "settings": settings, "included": INCLUDED, "rows": rows}


def _check(goals, actions, inputs, minibatch, repeat) -> None:
    for name, numbers in (("goals", goals), ("actions", actions)):
        if not numbers:
            raise LabError(f"{name} must name at least one")
        for number in numbers:
            check_count(name, number)
    check_count("minibatch", minibatch)
    for name, number in (("inputs", inputs), ("repeat", repeat)):
        check_number(name, number, whole=True)
        if number < 2:
            raise LabError(f"{name} must be at least 2, got {number}")


def _row(case: Case, measured: Case, spent: np.ndarray, yardstick: np.ndarray, peak_bytes: int) -> dict[str, Any]:
    """One row from the seconds [rounds, 2] of what was measured and of the single-goal learner."""
    update = case.goals / measured.goals * spent[:, 1] / measured.updates
    single = yardstick[:, 1] / case._replace(learner=SINGLE_GOAL).updates
    config = measured.program().config
    return {
        **case._asdict(),
        "torso": f"{config.depth} x {config.width}",
        **spread("ms_per_update", 1e3 * update),
        "ratio_to_single_goal": times_as_long(update, single),
        **spread("ms_per_rollout", 1e3 * spent[:, 0]),
        "updates": measured.updates,
        "peak_mb": four_figures(peak_bytes / 1e6),
        "measured_goals": measured.goals,
        "extrapolated": measured != case,
        "rounds": len(spent),
    }
