"""Tuning with equal effort: every learner gets as many settings, on the same maps and seeds, and the chosen ones are
then scored on other maps and seeds. A row, of one run, holds learner, world, seed, budget, choice (its number),
settings (all that were tuned), success, env_steps, gradient_passes, train_seconds, device, jax, and key.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from leo_lab.artefacts.files import STALE, data_path, is_stale
from leo_lab.bench import entries
from leo_lab.bench.entries import Budget, Entry, Job, Row
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_count, check_named
from leo_lab.learners import resolve, settings_of
from leo_lab.learners.config import typed
from leo_lab.scores.evaluation import evaluate
from leo_lab.scores.trials import try_goals
from leo_lab.training import Program, Run

CHOICES = 24  # for each learner, its own settings among them
SEEDS = (100, 101)  # which nothing is compared with later
SPACE: dict[str, tuple] = {
    "learning_rate": (1e-3, 2e-3, 3e-3, 5e-3),
    "epochs": (1, 2, 4, 8),
    "minibatch": (256, 512, 1024),
    "average": (0.0, 0.9, 0.97, 0.99),
    "initial_value": (0.03, 0.1, 0.5),
    "epsilon_end": (0.01, 0.05, 0.1, 0.2, 0.3),
    "loss": ("cross_entropy", "squared"),
    "target": ("one_step", "n_step", "lambda_return", "greedy_return", "hindsight", "best_return"),
    "lam": (0.65, 0.9, 0.95, 1.0),
    "relabel": ("random", "positive", "future", "mixed"),
    "relabels": (2, 4),
    "clip": (0.1, 0.2, 0.3),
    "entropy": (0.0, 0.005, 0.02),
    "student_epochs": (1, 2, 4, 8),
    "student_average": (0.0, 0.9, 0.97),
    "student_learning_rate": (1e-3, 2e-3, 3e-3),
    "acting": ("mixture", "teacher", "student", "max"),
    "alpha": (0.1, 0.3, 0.5, 0.7),
    "clone": (0.03, 0.1, 0.3, 1.0),
}
"""What a setting may be; a learner draws those that it has."""

SPACE_CONTINUOUS: dict[str, tuple] = {
    "learning_rate": (1e-3, 2e-3, 3e-3),
    "minibatch": (128, 256),
    "tau": (0.01, 0.02, 0.05),
    "initial_value": (0.03, 0.1),
    "temperature": (0.003, 0.01, 0.03),
    "entropy": (-0.25, -0.5, -1.0),
    "target": ("one_step", "hindsight"),
    "backup": ("hard", "soft"),
    "relabel": ("future", "positive", "final", "random", "mixed"),
    "relabel_share": (0.5, 0.8, 1.0),
    "units": (8, 12, 24),
    "code": (64, 128, 256),
    "width": (64, 128, 256),
}

BEFORE: dict[str, dict[str, Any]] = {}
"""Settings that learners had before they were tuned, as far as these are others now."""


def tune(
    envs: Mapping[str, Environment],
    learners: Sequence[str],
    *,
    steps: int,
    choices: int = CHOICES,
    seeds: Sequence[int] = SEEDS,
    path: str | Path | None = None,
    progress: bool = False,
) -> tuple[Row, ...]:
    """Trains every learner with as many settings, in every world with every seed, on equal steps.

    Args:
      envs: worlds by name, which the best settings are not to be scored on later.
      learners: by name.
      steps: environment steps of each run.
      choices: settings of each learner: those it had before, and others drawn from SPACE by its name, always the same.
      seeds: of the runs, likewise not to be used later.
      path: as in `leo_lab.bench.compare.compare`.
      progress: show a progress bar over the runs.

    Raises:
      LabError: as in `compare`.
    """
    jobs = jobs_to_tune(envs, learners, steps=steps, choices=choices)
    return tuple(entries.finish_jobs(jobs, _train, seeds, path, progress=progress))


def jobs_to_tune(
    envs: Mapping[str, Environment], learners: Sequence[str], *, steps: int, choices: int = CHOICES
) -> list[Job]:
    """What `tune` trains with every seed, in its order. See there for the arguments and errors."""
    check_named(envs=envs, learners=learners)
    check_count("choices", choices)
    budget, jobs = Budget("steps", steps), []
    for learner, number in itertools.product(learners, range(choices)):
        settings = tried_settings(learner, number)
        entry = Entry.parse(":".join([learner, *(f"{name}={value}" for name, value in settings.items())]))
        own = {"name": learner, "choice": number, "settings": settings}
        how = {"title": budget.title, "more": f"-{learner}-{number}", "own": own}
        jobs += [Job(name, env, entry, budget, **how) for name, env in envs.items()]
    return jobs


def _train(job: Job, program: Program, seeds: Sequence[int]) -> Iterator[Row]:
    return ({**entries.run_row(run), "success": _success(run)} for run in job.whole_runs(program, seeds))


def _success(run: Run) -> float:
    """Over all pairs, or over tries at all goals where states are not listed."""
    if run.env.states is not None:
        return evaluate(run).success_all_pairs
    return float(np.nanmean(try_goals(run, tries=2, limit=run.env.max_steps, seed=1).success))


def tried_settings(learner: str, number: int) -> dict[str, Any]:
    """A choice of all settings that are tuned: number 0 are those that the learner had BEFORE, the others are drawn."""
    cls = resolve(learner)
    own, space = settings_of(cls), SPACE_CONTINUOUS if cls.continuous else SPACE
    if number == 0:
        return {name: own[name] for name in space if name in own} | BEFORE.get(learner, {})
    rng = np.random.default_rng([number, zlib.crc32(learner.encode())])
    drawn = {name: values[rng.integers(len(values))] for name, values in space.items() if name in own}
    return {name: typed(name, value, own[name]) for name, value in drawn.items()}


@dataclasses.dataclass(frozen=True)
class Choice:
    """What a sweep says of a learner's settings.

    Attributes:
      number, settings: which they are, see `tried_settings`.
      success: of each run, in the same order of worlds and seeds for all choices of a learner.
      passes: gradient passes of a run, in the mean.
    """

    number: int
    settings: dict[str, Any]
    success: tuple[float, ...]
    passes: float

    @property
    def mean(self) -> float:
        return float(np.mean(self.success))

    def within_an_error(self, best: Choice) -> bool:
        """Whether the best one leads, run by run, by no more than the standard error of its lead."""
        lead = np.subtract(best.success, self.success)
        return bool(lead.mean() <= np.std(lead, ddof=1) / np.sqrt(len(lead)))


def ranking(rows: Sequence[Row]) -> dict[str, list[Choice]]:
    """By learner, its choices from the best mean success to the worst; only those that have all runs."""
    runs: dict[str, dict[int, dict[tuple, Row]]] = {}
    for row in rows:
        choices = runs.setdefault(row["name"], {})
        choices.setdefault(row["choice"], {})[row["world"], row["seed"]] = row
    return {name: sorted(_choices(each), key=lambda choice: -choice.mean) for name, each in runs.items()}


def _choices(runs: Mapping[int, Mapping[tuple, Row]]) -> Iterator[Choice]:
    places = sorted(set().union(*runs.values()))
    for number, mine in runs.items():
        if len(mine) == len(places):
            success = tuple(mine[place]["success"] for place in places)
            passes = float(np.mean([row["gradient_passes"] for row in mine.values()]))
            yield Choice(number, mine[places[0]]["settings"], success, passes)


def chosen(rows: Sequence[Row]) -> dict[str, Choice]:
    """By learner, the choice that becomes its settings, by the one-standard-error rule (Breiman et al. 1984, 3.4.3).

    Of those that the best does not lead by more than the error of its lead, as a few runs cannot tell them apart: the
    one of the fewest passes, of equals the first; number 0 are the settings before, which then stay.
    """
    return {
        name: min(
            (choice for choice in choices if choice.within_an_error(choices[0])),
            key=lambda choice: (choice.passes, choice.number),
        )
        for name, choices in ranking(rows).items()
    }


@functools.cache
def tuned(learner: str) -> str:
    """How the settings of a learner were found, in words, by the shipped sweeps."""
    for file in ("tuning.jsonl", "tuning_continuous.jsonl"):
        path = data_path(file)
        rows = [row for row in read_tuning(path) if row["name"] == learner] if path.exists() else []
        if rows:
            count = {name: len({row[name] for row in rows}) for name in ("choice", "world", "seed")}
            found = f"{count['choice']} settings, {count['world']} other maps, {count['seed']} seeds"
            return f"{found}, {rows[0]['budget']}" + (f" ({STALE})" if is_stale(path) else "")
    return "by nobody"


def read_tuning(path: str | Path) -> tuple[Row, ...]:
    """The rows that `tune` wrote. LabError for no such file, or one that holds other things."""
    rows = tuple(entries.read_rows(path))
    if not rows or any("choice" not in row for row in rows):
        raise LabError(f"{path}: not a sweep of settings; make one with leo_lab.bench.tune")
    return rows
