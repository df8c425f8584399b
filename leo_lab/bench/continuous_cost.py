"""What it costs to learn all goals where every goal has its own action, timed without a world.

`leo_lab.bench.cost` does the same for discrete actions; rounds and statistics are its.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tqdm.auto import tqdm

from leo_lab.bench.cost import four_figures, planned_bytes, spread, take_turns, time_halves, times_as_long
from leo_lab.envs.places import Lattice, PlaceEnvironment, Places
from leo_lab.errors import LabError, check_count, check_number
from leo_lab.experience.online import Actors, Segment, collect
from leo_lab.learners import make_learner_config
from leo_lab.training.program import Program, TrainState

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
    "a call of learner.update on one stored segment, over its number of updates: adding the segment to the replay, and "
    "for each update sampling, targets, losses and gradients of critics, policy and temperature, Adam, target critics"
)


@dataclasses.dataclass(frozen=True, eq=False)
class NoisePlane(PlaceEnvironment):
    """An Environment (leo_lab.envs.base) of G places without a world: observations out of a counter.

    The state is a counter, uint32 []; an observation holds F numbers from -1 to 1 that follow from it, of which the
    first two are x and y; A actions, which only move the counter on.
    """

    num_goals: int
    num_actions: int
    inputs: int

    name = title = "noise"

    @property
    def spec(self) -> dict:
        return dataclasses.asdict(self)

    @property
    def obs_size(self) -> int:
        return self.inputs

    @cached_property
    def places(self) -> Places:
        """The goals, in rows of a square, as far as they fill it."""
        side = math.ceil(math.sqrt(self.num_goals))
        x, y = np.meshgrid(np.arange(side), np.arange(side))
        points = np.stack([x, y], axis=-1).reshape(-1, 2)[: self.num_goals] * (2 / side) + (1 / side - 1)
        return Places(Lattice(points.astype(np.float32), 2 / side, 1 / side))

    @property
    def action_names(self) -> tuple[str, ...]:
        return tuple(f"action {i}" for i in range(self.num_actions))

    def reset(self, key: jax.Array) -> jax.Array:
        return jax.random.bits(key)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A linear congruential generator (Knuth's constants). Never terminates."""
        del key
        moved = (1000 * action.sum()).astype(jnp.int32).astype(jnp.uint32)
        return state * jnp.uint32(1664525) + jnp.uint32(1013904223) + moved, jnp.zeros((), bool)

    def observe(self, state: jax.Array) -> jax.Array:
        numbers = state + jnp.arange(self.inputs, dtype=jnp.uint32) * jnp.uint32(2654435761)  # golden ratio, 2^32
        return (numbers >> 8).astype(jnp.float32) / 2.0**23 - 1.0


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
        return Program(env, name, STEPS, make_learner_config(name, **settings))

    def within(self, rows: int, others: Sequence[int]) -> Case:
        """Itself; but of a naive learner with more rows in a minibatch the one of most goals among `others`, or else
        among the powers of two, that has no more."""
        if self.learner != NAIVE or self.minibatch * self.goals <= rows:
            return self
        fewer = [*sorted(others, reverse=True), *(2**k for k in range(20, -1, -1))]
        return self._replace(goals=next((goals for goals in fewer if self.minibatch * goals <= rows), 1))


def halves(program: Program) -> tuple[Callable, Callable]:
    """The two halves of `program.update`, as pure functions.

    Returns:
      roll: TrainState -> (Actors, Segment, key to learn with).
      learn: (learner's state, Segment, key) -> learner's state.
    """
    env, learner = program.env, program.learner

    def roll(state: TrainState) -> tuple[Actors, Segment, jax.Array]:
        rollout_key, learn_key = jax.random.split(jax.random.fold_in(state.key, state.iteration))

        def choose(obs, goal, key):
            return learner.act(state.learner, obs, goal, key)

        return *collect(env, choose, state.actors, rollout_key, program.config.unroll), learn_key

    def learn(state, segment: Segment, key: jax.Array):
        return learner.update(state, segment, key)[0]

    return roll, learn


class _Compiled:
    """A case, as `take_turns` asks for it."""

    def __init__(self, case: Case):
        self._program = case.program()
        state = jax.eval_shape(self._program.init, 0)
        roll, learn = halves(self._program)
        self._roll = jax.jit(roll).lower(state).compile()
        _, *lesson = jax.eval_shape(roll, state)
        # The state that goes in is not needed again, as in a loop of many iterations.
        self._learn = jax.jit(learn, donate_argnums=0).lower(state.learner, *lesson).compile()

    @property
    def peak_bytes(self) -> int:
        """What XLA plans for the gradient updates."""
        return planned_bytes(self._learn)

    def start(self) -> TrainState:
        """A fresh state."""
        return self._program.init(0)

    def time(self, state: TrainState, count: int) -> tuple[TrainState, np.ndarray]:
        """Goes on for `count` iterations; returns the state, and the seconds of one of either half, float64 [2]."""
        return time_halves(self._roll, self._learn, state, count)


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

    At each place of the grid the learners take turns, round after round, so that a machine that is busy for a while
    slows all of them down. Where a minibatch of the naive learner, each of whose steps is a row for every goal, would
    be too large, it is measured at fewer goals, and its times are scaled up linearly.

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
    grid = list(product(sorted(goals), actions))
    rows_limit = NAIVE_ROWS["cpu" if jax.default_backend() == "cpu" else "gpu"]
    times: dict[Case, np.ndarray] = {}
    rows = []
    with tqdm(total=len(grid) * len(COST_LEARNERS), disable=not progress, unit="learner", desc="bench cost") as bar:
        for count, number in grid:
            bar.set_postfix_str(f"{count} goals, {number} numbers an action")
            cases = [Case(count, number, inputs, minibatch, learner) for learner in COST_LEARNERS]
            compiled = {case: _Compiled(case) for case in cases}
            measured = {case: case.within(rows_limit, goals) for case in cases}
            missing = [case for case in measured.values() if case not in times]
            times |= take_turns({case: compiled.get(case) or _Compiled(case) for case in missing}, repeat)
            rows += [
                _row(case, measured[case], times[measured[case]], times[cases[0]], compiled[case].peak_bytes)
                for case in cases
            ]
            bar.update(len(cases))
    settings = {**SETTINGS, "minibatch": minibatch, "inputs": inputs}
    about = {"device": jax.devices()[0].device_kind, "jax": jax.__version__}
    return {**about, "settings": settings, "included": INCLUDED, "rows": rows}


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
