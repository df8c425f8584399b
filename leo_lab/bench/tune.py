"""Tuning with equal effort: every learner gets as many settings, on the same maps and seeds, and the best of them is
then scored on other maps and seeds. A row, of one run, holds learner, world, seed, budget, choice (its number),
settings (those that differ from the learner's own), success, env_steps and train_seconds, and key.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from leo_lab.artefacts.files import data_path
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
    "relabels": (2, 4, 8),
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
}


def tune(
    envs: Mapping[str, Environment],
    learners: Sequence[str],
    *,
    steps: int,
    choices: int = CHOICES,
    seeds: Sequence[int] = (100, 101),
    path: str | Path | None = None,
    progress: bool = False,
) -> tuple[Row, ...]:
    """Trains every learner with as many settings, in every world with every seed, on equal steps.

    Args:
      envs: worlds by name, which the best settings are not to be scored on later.
      learners: by name.
      steps: environment steps of each run.
      choices: settings of each learner: its own, and others drawn from SPACE by its name, always the same.
      seeds: of the runs, likewise not to be used later.
      path: as in `leo_lab.bench.compare.compare`.
      progress: show a progress bar over the runs.

    Raises:
      LabError: as in `compare`.
    """
    check_named(envs=envs, learners=learners)
    check_count("choices", choices)
    budget, rows = Budget("steps", steps), []
    for learner, number in itertools.product(learners, range(choices)):
        drawn = drawn_settings(learner, number, continuous=next(iter(envs.values())).continuous)
        entry = Entry.parse(":".join([learner, *(f"{name}={value}" for name, value in drawn.items())]))
        jobs = [Job(name, env, entry, budget, budget.title) for name, env in envs.items()]
        train = functools.partial(_train, own={"name": learner, "choice": number, "settings": drawn})
        rows += entries.finish_jobs(jobs, train, seeds, path, more=f"-{learner}-{number}", progress=progress)
    return tuple(rows)


def _train(job: Job, program: Program, seeds: Sequence[int], own: Mapping[str, Any]) -> Iterator[Row]:
    return ({**entries.run_row(run), "success": _success(run), **own} for run in job.whole_runs(program, seeds))


def _success(run: Run) -> float:
    """Over all pairs, or over tries at all goals where states are not listed."""
    if run.env.states is not None:
        return evaluate(run).success_all_pairs
    return float(np.nanmean(try_goals(run, tries=2, limit=run.env.max_steps, seed=1).success))


def drawn_settings(learner: str, number: int, *, continuous: bool = False) -> dict[str, Any]:
    """The settings of a choice that differ from the learner's own, which are choice 0."""
    own = settings_of(resolve(learner))
    if number == 0:
        return {}
    rng = np.random.default_rng([number, zlib.crc32(learner.encode())])
    space = SPACE_CONTINUOUS if continuous else SPACE
    drawn = {name: values[rng.integers(len(values))] for name, values in space.items() if name in own}
    return {name: typed(name, value, own[name]) for name, value in drawn.items() if value != own[name]}


def ranking(rows: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
    """By learner, its choices from the best to the worst: choice, settings, success (mean over all runs), runs."""
    runs: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        runs.setdefault((row["name"], row["choice"]), []).append(row)
    found: dict[str, list[dict[str, Any]]] = {}
    for (learner, choice), mine in runs.items():
        success = float(np.mean([row["success"] for row in mine]))
        line = {"choice": choice, "settings": mine[0]["settings"], "success": success, "runs": len(mine)}
        found.setdefault(learner, []).append(line)
    return {name: sorted(each, key=lambda row: -row["success"]) for name, each in found.items()}


@functools.cache
def tuned(learner: str) -> str:
    """How the settings of a learner were found, in words, by the shipped sweeps."""
    for file in ("tuning.jsonl", "tuning_continuous.jsonl"):
        path = data_path(file)
        rows = [row for row in read_tuning(path) if row["name"] == learner] if path.exists() else []
        if rows:
            count = {name: len({row[name] for row in rows}) for name in ("choice", "world", "seed")}
            return (
                f"{count['choice']} settings, {count['world']} other maps, {count['seed']} seeds, {rows[0]['budget']}"
            )
    return "by nobody"


def read_tuning(path: str | Path) -> tuple[Row, ...]:
    """The rows that `tune` wrote. LabError for no such file, or one that holds other things."""
    rows = tuple(entries.read_rows(path).values())
    if not rows or any("choice" not in row for row in rows):
        raise LabError(f"{path}: not a sweep of settings; make one with leo_lab.bench.tune")
    return rows
