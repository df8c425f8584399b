"""Runs and the host's part in them: chunks of a compiled loop, with progress, metrics and snapshots in between."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_number, require_choice
from leo_lab.learners.base import Learner
from leo_lab.learners.config import Config
from leo_lab.training.devices import naming_what_to_halve
from leo_lab.training.program import Program, TrainState, checked_seed, make_program, whole_count
from leo_lab.training.progress import finish

STEPS_PER_PAIR = 60
LEAST_STEPS, MOST_STEPS, MORE_PER_GOAL = 800_000, 790_000, 400
CHUNKS = 40  # turns that the host gets in a run, unless told otherwise
SHARE = 0.8  # of the seconds that a chunk may take is aimed at, for worlds that become slower while they are played


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """A run, finished or under way.

    >>> run = leo_lab.train(leo_lab.make("gridworld", size=4, seed=1), steps=20_000, chunks=5, gamma=0.9)
    >>> run.finished, run.values()
    (True, AllGoalsValues('LEO, 20,480 steps', S=..., G=..., A=4, gamma=0.9, scale='hit'))

    Attributes:
      program: what is trained where.
      state: where it stands.
      seed: which fixed everything.
      metrics: one dict per chunk, see `stream`.
      seconds: spent in training, without compilation.
      compile_seconds: spent in compilation.
      resumable: False for a run that was loaded from its parameters alone.
    """

    program: Program
    state: TrainState
    seed: int
    metrics: tuple[dict[str, float], ...] = ()
    seconds: float = 0.0
    compile_seconds: float = 0.0
    resumable: bool = True

    @property
    def env(self) -> Environment:
        return self.program.env

    @property
    def learner(self) -> Learner:
        return self.program.learner

    @property
    def config(self) -> Config:
        """The learner's settings; `settings` has those of collecting, too."""
        return self.program.config

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name."""
        return self.program.settings

    @cached_property
    def iteration(self) -> int:
        """Iterations done."""
        return int(self.state.iteration)

    @property
    def env_steps(self) -> int:
        """Environment steps taken."""
        return self.iteration * self.program.source.steps

    @property
    def finished(self) -> bool:
        return self.iteration >= self.program.iterations

    def values(self) -> AllGoalsValues:
        """What the agent believes: the value of every action for every goal in every state."""
        return self._values

    def part(self, name: str) -> Run:
        """One network of a learner that has several, such as the "teacher" of Dual LEO, as a run of its own.

        It can be looked at and saved, not resumed. Raises LabError for an unknown part, or where there is only one.
        """
        parts = self.learner.parts
        if not parts:
            raise LabError(f'{self.learner.name} is one network and has no "{name}"; leave the part out')
        require_choice(f"part of {self.learner.name}", name, parts)
        program = Program(parts[name], getattr(self.config, name), self.program.source, self.program.steps)
        state = self.state._replace(learner=getattr(self.state.learner, name))
        return dataclasses.replace(self, program=program, state=state, resumable=False)

    @cached_property
    def _values(self) -> AllGoalsValues:
        return self.program.values(self.state.learner, f"{self.learner.title}, {self.env_steps:,} steps")


@dataclasses.dataclass(frozen=True, eq=False)
class Snapshot:
    """A run between two chunks.

    >>> env = leo_lab.make("gridworld", size=4, seed=1)
    >>> first = next(leo_lab.stream(env, "leo", steps=20_000, chunks=5, gamma=0.9))
    >>> first.env_steps, first.total_steps
    (0, 20480)

    Attributes:
      run: the run as it stands.
      metrics: of the last chunk; see `stream`.
    """

    run: Run
    metrics: dict[str, float]

    @property
    def env_steps(self) -> int:
        return self.run.env_steps

    @property
    def total_steps(self) -> int:
        """Environment steps of the whole run."""
        return self.run.program.iterations * self.run.program.source.steps

    @property
    def seconds(self) -> float:
        return self.run.seconds

    @property
    def values(self) -> AllGoalsValues:
        return self.run.values()


def default_steps(env: Environment) -> int:
    """Environment steps that a run gets unless told: enough to meet every pair of places often, in reason.

    From some hundred goals on they grow with the goals and not with the pairs, as every step teaches all goals.
    """
    goals = len(env.goals)
    return max(LEAST_STEPS, min(STEPS_PER_PAIR * goals**2, MOST_STEPS + MORE_PER_GOAL * goals))


def begin(env: Environment, learner: str | type = "leo", *, steps: int | None = None, seed: int = 0, **settings) -> Run:
    """A run that has not learnt yet; see `stream` for the arguments and errors."""
    seed = checked_seed(seed)
    program = make_program(env, learner, default_steps(env) if steps is None else steps, **settings)
    return Run(program, program.init(seed), seed)


def stream(env: Environment, learner: str | type = "leo", *, chunks: int = CHUNKS, **options) -> Iterator[Snapshot]:
    """Trains in chunks and yields a Snapshot after each; stop iterating to stop training.

    >>> env = leo_lab.make("gridworld", size=4, seed=1)
    >>> [snapshot.env_steps for snapshot in leo_lab.stream(env, "leo", steps=20_000, chunks=5, gamma=0.9)]
    [0, 4096, 8192, 12288, 16384, 20480]

    The first snapshot comes before any learning. Metrics of a chunk: iteration, env_steps, seconds, those of the
    learner (means over the chunk), and those of its experience: `commanded_success` (share of the episodes that ended
    in the chunk whose first goal was achieved in them, nan where none ended), the same of each group of goals where
    there are several, such as `success/inventory`, `goals_seen`, and in continuous worlds `broken`: how often the
    simulator gave no numbers.

    Args:
      env: where to train.
      learner: its name, its class, or "my_file.py:MyLearner".
      chunks: how many snapshots a run has, besides the first.
      **options: `steps`, environment steps, rounded up to whole iterations (default: by the number of goals);
        `seed`, which fixes everything (default 0); and settings of collecting (see OnlineConfig) and of the learner
        (see its Config).

    Raises:
      LabError: an unknown learner or setting, or settings that do not fit together.
    """
    return continue_stream(begin(env, learner, **options), chunks=chunks)


def continue_stream(run: Run, *, chunks: int = CHUNKS, every: float | None = None) -> Iterator[Snapshot]:
    """Like `stream`, from where a run stands.

    Args:
      run: which may have been loaded.
      chunks: as in `stream`.
      every: seconds that a chunk may take; what would take longer is cut in as many chunks as that needs. One
        iteration is then tried out beforehand. The run is the same, bit for bit, wherever it is cut.
    """
    chunks = whole_count("chunks", chunks)
    if every is not None:
        check_number("every", every)
        if not every > 0:
            raise LabError(f"every must be above 0 seconds, got {every}")
    check_resumable(run)
    return _chunks(run, chunks, every)


def check_resumable(run: Run) -> None:
    """Raises LabError for a run that cannot go on."""
    if not run.resumable:
        raise LabError("this run holds the agent's parameters only, so it cannot go on; train a new one")


def _chunks(run: Run, chunks: int, every: float | None) -> Iterator[Snapshot]:
    program = run.program
    size = -(-program.iterations // chunks)
    yield Snapshot(run, run.metrics[-1] if run.metrics else {})
    if run.finished:
        return
    advance, run = compiled(run)
    pace = 0.0  # seconds of an iteration, as far as known
    if every is not None and size > 1:
        pace = advanced(advance, run, 1).seconds - run.seconds
    while not run.finished:
        # Chunks end at multiples of their size, wherever a resumed run starts.
        count = min(size - run.iteration % size, program.iterations - run.iteration)
        if every is not None:
            count = _part(count, pace, SHARE * every)
        before, run = run, advanced(advance, run, count)
        pace = (run.seconds - before.seconds) / count
        yield Snapshot(run, run.metrics[-1])


def compiled(run: Run) -> tuple[Any, Run]:
    """The compiled loop, and the run with the seconds that took."""
    with naming_what_to_halve(run.settings):
        advance, seconds = run.program.compile(run.state)
    return advance, dataclasses.replace(run, compile_seconds=run.compile_seconds + seconds)


def advanced(advance: Any, run: Run, count: int) -> Run:
    """A run `count` iterations later."""
    began = time.perf_counter()
    with naming_what_to_halve(run.settings):
        state, metrics = jax.block_until_ready(advance(run.state, jnp.int32(count)))
    seconds = run.seconds + time.perf_counter() - began
    row = _row(run, state, metrics, seconds)
    return dataclasses.replace(run, state=state, metrics=(*run.metrics, row), seconds=seconds)


def _part(count: int, pace: float, seconds: float) -> int:
    """The first of as many equal parts of `count` iterations as must be made so that none takes longer."""
    parts = min(count, max(1, -int(-count * pace // seconds)))
    return -(-count // parts)


def _row(run: Run, state: TrainState, metrics: dict[str, jax.Array], seconds: float) -> dict[str, float]:
    iteration = int(state.iteration)
    return {
        "iteration": iteration,
        "env_steps": iteration * run.program.source.steps,
        "seconds": round(seconds, 4),
        **{name: float(value) for name, value in metrics.items()},
        **run.program.source.metrics(state.source, run.state.source),
    }


def train(
    env: Environment,
    learner: str | type = "leo",
    *,
    progress: bool = False,
    callback: Callable[[Snapshot], None] | None = None,
    **options,
) -> Run:
    """Trains a learner and returns the run. Takes what `stream` takes.

    >>> env = leo_lab.make("gridworld", size=4, seed=1)
    >>> leo_lab.train(env, "leo", steps=20_000, chunks=5, gamma=0.9).env_steps
    20480

    Args:
      env, learner, **options: as in `stream`, with its `chunks`.
      progress: show a progress bar.
      callback: called with every snapshot after the first, between two chunks; for logging, see examples/06_metrics.py.
    """
    return finish(stream(env, learner, **options), progress=progress, callback=callback)
