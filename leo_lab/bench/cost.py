"""What it costs to learn all goals: every learner timed in one run, on environments whose own step is nearly free.

What is timed is `Program.prepare`, which collects a segment and makes targets where they are made once, and `learn`:
all gradient updates, with all that belongs to them, such as a replay, the sampling from it, and target networks.

Every row holds its case (goals, actions, torso, learner, suite), and

  ms_per_update: milliseconds of one gradient update, median over the rounds; also with _least and _most
  ms_per_iteration: of collecting a segment, making its targets, and all its updates; also with _least and _most
  ratio_to_single_goal, iteration_ratio_to_single_goal: over the single-goal learner's, see `times_as_long`
  steps_per_second: environment steps of such iterations
  peak_mb: memory that XLA plans for the gradient updates, which holds the whole state of training (arguments + outputs
    + temporaries - aliased), in millions of bytes; of the true number of goals, never extrapolated
  measured_goals, extrapolated: the G at which the times were taken, and whether they were scaled up from there
  rounds: how many there were
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise, product
from typing import Any, NamedTuple

import jax
import numpy as np
from tqdm.auto import tqdm

from leo_lab.bench import timing
from leo_lab.bench.noise import Noise, NoisePlane
from leo_lab.bench.timing import STEPS, Halves, four_figures, spread, take_turns, times_as_long
from leo_lab.envs.base import Environment
from leo_lab.errors import check_count, check_named, require, require_choice
from leo_lab.training import Program, make_program

NAIVE = "naive"  # the learner for which every step is a row for each goal
CODE = 128  # numbers that a narrow head reads; in gridworlds it learns as well as from 256, from 64 it does not
NAIVE_PRODUCTS = {"cpu": 6.5e10, "gpu": 5e12}  # most multiplications of the naive learner's minibatch going forward
COMPILE_SECONDS = 4.5  # of one learner on two cores; this and the next two are for a word about how long it takes
PRODUCTS_PER_SECOND = 4e10
PASSES = 5  # forward passes that an iteration is worth: rollout and targets, update forward and back


class Torso(NamedTuple):
    """A size of network: inputs F, units of each hidden layer, hidden layers."""

    inputs: int
    width: int
    depth: int


class Suite(NamedTuple):
    """What is timed side by side.

    Attributes:
      world: G, A, F -> an environment.
      learners: a name, the learner, and its settings; that of a single goal, the yardstick, comes first.
      torsos: sizes of network, by name.
      settings: of all learners.
      updates: gradient updates of one iteration; of naive learners fewer are timed.
      goals, actions: the grid, unless told. Craftax has 512 goals and 43 actions, Craftax-Classic 136 and 17.
    """

    world: Callable[[int, int, int], Environment]
    learners: Mapping[str, tuple[str, Mapping[str, Any]]]
    torsos: dict[str, Torso]
    settings: dict[str, int]
    updates: int
    goals: tuple[int, ...]
    actions: tuple[int, ...]


SUITES = {
    "discrete": Suite(
        world=Noise,
        learners={
            "pqn": ("pqn", {}),
            "leo": ("leo", {"passes": "batch"}),
            "leo_buckets": ("leo", {"passes": "buckets"}),
            "leo_code": ("leo", {"passes": "buckets", "code": CODE}),
            "her": ("her", {"relabel": "mixed"}),
            NAIVE: ("her", {"relabel": "all"}),
        },
        torsos={"craftax": Torso(4500, 1024, 4), "small": Torso(512, 256, 1)},
        settings={"num_envs": 64, "unroll": 8, "minibatch": 512, "epochs": 1},
        updates=1,
        goals=(16, 136, 512),
        actions=(4, 17, 43),
    ),
    "continuous": Suite(
        world=NoisePlane,
        learners={"sac": ("sac", {}), "sac_leo": ("sac_leo", {}), NAIVE: ("sac_her", {"relabel": "all"})},
        torsos={"usual": Torso(16, 256, 2)},
        settings={"num_envs": 16, "unroll": 32, "minibatch": 128},
        updates=16,
        goals=(16, 64, 256),
        actions=(2, 8),
    ),
}


class Case(NamedTuple):
    """One thing to time: G goals, A actions or numbers of an action, names of torso and learner, and of their suite."""

    goals: int
    actions: int
    torso: str
    learner: str
    suite: str = "discrete"

    @property
    def updates(self) -> int:
        """Gradient updates in one call of `learn`: fewer where each of them takes long by itself."""
        most = SUITES[self.suite].updates
        return max(1, most // self.goals) if self.learner == NAIVE else most

    def program(self) -> Program:
        """The training that is timed."""
        suite, (inputs, width, depth) = SUITES[self.suite], SUITES[self.suite].torsos[self.torso]
        name, settings = suite.learners[self.learner]
        sizes = {**suite.settings, "width": width, "depth": depth}
        if suite.updates > 1:
            sizes["updates"] = self.updates
        return make_program(suite.world(self.goals, self.actions, inputs), name, STEPS, **sizes, **settings)

    @property
    def size(self) -> int:
        """Multiplications of one minibatch's way forward through one network, without what buckets save."""
        suite, (inputs, width, depth) = SUITES[self.suite], SUITES[self.suite].torsos[self.torso]
        name, settings = suite.learners[self.learner]
        told = name not in ("leo", "sac_leo")  # the goal, which is then part of the input
        code, relabel = settings.get("code"), settings.get("relabel")
        hidden = [width] * depth + ([code] if code else [])
        layers = [inputs + told * self.goals, *hidden, self.actions * (1 if told else self.goals)]
        passes = {"mixed": 3, "all": self.goals}.get(relabel, 1)
        return suite.settings["minibatch"] * passes * sum(a * b for a, b in pairwise(layers))


def bench_cost(
    suite: str = "discrete",
    *,
    goals: Sequence[int] | None = None,
    actions: Sequence[int] | None = None,
    torsos: Sequence[str] | None = None,
    learners: Sequence[str] | None = None,
    repeat: int = 5,
    progress: bool = False,
) -> dict[str, Any]:
    """Times gradient updates and whole iterations of several learners at every G, A and torso.

    An iteration collects a segment, makes the targets, and does the same gradient updates on minibatches of one size
    for all. At each place of the grid the learners take turns, round after round, so that a machine that is busy for a
    while slows all of them down. Where the naive learner, each of whose steps is a row for every goal, would take
    minutes, it is measured at fewer goals, and its times are scaled up linearly.

    Args:
      suite: "discrete", or "continuous", where every goal has its own action; see SUITES.
      goals, actions, torsos: the grid, that of the suite unless told; torsos by name.
      learners: names, all of the suite unless told. That of a single goal is always measured, as the yardstick.
      repeat: rounds of all learners; slow ones take part in fewer, but in 2 at least.
      progress: show a progress bar.

    Returns:
      `device`, `jax` (its version), `suite`, `settings`, `torsos`, and `rows`, see above.

    Raises:
      LabError: an unknown name, nothing to measure, a number below 1, or fewer than 2 rounds.
    """
    grid = _grid(suite, repeat, goals=goals, actions=actions, torsos=torsos, learners=learners)
    times: dict[Case, np.ndarray] = {}
    rows, most = [], _most_products()
    with tqdm(total=sum(map(len, grid)), disable=not progress, unit="learner", desc="bench cost") as bar:
        for cases in grid:
            bar.set_postfix_str(", ".join(f"{name} {value}" for name, value in cases[0]._asdict().items()))
            compiled = {case: Halves(case.program()) for case in cases}
            measured = {case: within(case, most, [each[0].goals for each in grid]) for case in cases}
            missing = [case for case in measured.values() if case not in times]
            times |= take_turns({case: compiled.get(case) or Halves(case.program()) for case in missing}, repeat)
            for case in cases:
                spent = times[measured[case]], times[cases[0]]
                rows.append(_row(case, measured[case], *spent, compiled[case].peak_bytes))
            bar.update(len(cases))
    used = {name: SUITES[suite].torsos[name]._asdict() for name in dict.fromkeys(row["torso"] for row in rows)}
    return {**timing.about(), "suite": suite, "settings": SUITES[suite].settings, "torsos": used, "rows": rows}


def _grid(suite: str, repeat: int, **grid: Sequence | None) -> list[list[Case]]:
    """For each place its cases, that of the single-goal learner first. Raises what `bench_cost` raises."""
    require_choice("suite", suite, SUITES)
    known = SUITES[suite]
    asked = {name: given for name, given in grid.items() if given is not None}
    grid = {name: getattr(known, name) for name in ("goals", "actions", "torsos", "learners")} | asked
    check_named(**grid)
    for name, numbers in (("goals", grid["goals"]), ("actions", grid["actions"]), ("repeat", [repeat])):
        for number in numbers:
            check_count(name, number)
    require(repeat >= 2, "repeat", repeat, "at least 2")
    for name in ("torsos", "learners"):
        for one in grid[name]:
            require_choice(name.removesuffix("s"), one, getattr(known, name))
    learners = dict.fromkeys([next(iter(known.learners)), *grid["learners"]])
    places = product(grid["torsos"], sorted(grid["goals"]), grid["actions"])
    return [[Case(count, number, torso, each, suite) for each in learners] for torso, count, number in places]


def _most_products() -> float:
    return NAIVE_PRODUCTS["cpu" if jax.default_backend() == "cpu" else "gpu"]


def within(case: Case, most: float, others: Iterable[int]) -> Case:
    """A case, unless it is a naive one of more than the largest size.

    Then it is the one of most goals among `others`, or else among the powers of two, that is not.
    """
    fewer = [case.goals, *sorted(others, reverse=True), *(2**k for k in range(20, -1, -1))]
    cases = (case._replace(goals=goals) for goals in fewer)
    return next((case for case in cases if case.learner != NAIVE or case.size <= most), case._replace(goals=1))


def _row(case: Case, measured: Case, halves: np.ndarray, single: np.ndarray, peak_bytes: int) -> dict[str, Any]:
    """One row from the seconds [rounds, 2] of what was measured and of the yardstick, which has all updates."""
    suite = SUITES[case.suite]
    scaled = case.goals / measured.goals * halves
    update = scaled[:, 1] / measured.updates
    iteration = scaled[:, 0] + suite.updates * update
    return {
        **case._asdict(),
        **spread("ms_per_update", 1e3 * update),
        **spread("ms_per_iteration", 1e3 * iteration),
        "ratio_to_single_goal": times_as_long(update, single[:, 1] / suite.updates),
        "iteration_ratio_to_single_goal": times_as_long(iteration, single.sum(axis=1)),
        "steps_per_second": four_figures(suite.settings["num_envs"] * suite.settings["unroll"] / np.median(iteration)),
        "peak_mb": four_figures(peak_bytes / 1e6),
        "measured_goals": measured.goals,
        "extrapolated": measured != case,
        "rounds": len(halves),
    }


def expected_seconds(suite: str = "discrete", *, repeat: int = 5, **grid: Sequence | None) -> float:
    """How long `bench_cost` takes on two idle CPU cores, roughly; its arguments and errors."""
    cases = list(chain.from_iterable(_grid(suite, repeat, **grid)))
    total, others = COMPILE_SECONDS * len(cases), {case.goals for case in cases}
    for case in {within(case, _most_products(), others) for case in cases}:
        iteration = max(timing.SHORTEST, PASSES * case.updates * case.size / PRODUCTS_PER_SECOND)
        total += iteration * (1 + np.clip(timing.PATIENCE // iteration, 2, repeat))
    return total
