"""What it costs to learn all goals where every goal has its own action, timed without a world.

`leo_lab.bench.cost` does the same for discrete actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from leo_lab.bench import timing
from leo_lab.bench.noise import NoisePlane
from leo_lab.bench.timing import NAIVE, STEPS, spread
from leo_lab.errors import check_count
from leo_lab.training import Program, make_program

COST_LEARNERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sac": ("sac", {}),
    "sac_leo": ("sac_leo", {}),
    NAIVE: ("sac_her", {"relabel": "all"}),
}
"""What is timed, that of a single goal first: a name, the learner, and its settings."""

GOALS, ACTIONS, INPUTS, MINIBATCH = (16, 64, 256), (2, 8), 16, 128
SETTINGS = {"num_envs": 16, "unroll": 32}
UPDATES = 16  # in one call, of learners for which a minibatch is one row for each of its steps
NAIVE_ROWS = {"cpu": 2**16, "gpu": 2**21}  # most rows, steps x goals, of the naive learner's minibatch
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

    @property
    def size(self) -> int:
        """Rows of a naive learner's minibatch."""
        return self.minibatch * self.goals

    def program(self) -> Program:
        """The training that is timed."""
        name, settings = COST_LEARNERS[self.learner]
        settings = {**SETTINGS, **settings, "minibatch": self.minibatch, "updates": self.updates}
        return make_program(NoisePlane(self.goals, self.actions, self.inputs), name, STEPS, **settings)


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
    measured at fewer goals, and its times are scaled up linearly.

    Args:
      goals, actions: the grid: G, and A numbers of an action.
      inputs: F numbers of an observation, at least 2.
      minibatch: B steps of each update, the same for all learners.
      repeat, progress: as in `leo_lab.bench.cost.bench_cost`.

    Returns:
      `device`, `jax` (its version), `settings`, `included` (what an update holds, in words), and `rows`: dicts of what
      `leo_lab.bench.timing` says, and

        torso: sizes of its networks
        ms_per_rollout: of collecting a segment, acting included; also with _least and _most
        updates: gradient updates in one call, over which its time was divided

    Raises:
      LabError: nothing to measure, a number out of range, or fewer than 2 rounds.
    """
    timing.check_grid(repeat, goals, actions)
    check_count("minibatch", minibatch)
    timing.check_several("inputs", inputs)
    places = product(sorted(goals), actions)
    grid = [[Case(*place, inputs, minibatch, learner) for learner in COST_LEARNERS] for place in places]
    rows = timing.measure(grid, _row, NAIVE_ROWS, repeat, progress)
    settings = {**SETTINGS, "minibatch": minibatch, "inputs": inputs}
    return {**timing.about(), "settings": settings, "included": INCLUDED, "rows": rows}


def _row(case: Case, measured: Case, spent: np.ndarray, yardstick: np.ndarray, peak_bytes: int) -> dict[str, Any]:
    """One row from the seconds [rounds, 2] of what was measured and of the single-goal learner."""
    update = case.goals / measured.goals * spent[:, 1] / measured.updates
    config = measured.program().config
    return {
        **timing.cost_row(case, measured, update, yardstick[:, 1] / UPDATES, peak_bytes),
        "torso": f"{config.depth} x {config.width}",
        **spread("ms_per_rollout", 1e3 * spent[:, 0]),
        "updates": measured.updates,
    }
