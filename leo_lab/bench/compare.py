"""Learners compared: several seeds on several maps, on equal environment steps or on equal training seconds."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leo_lab.bench import entries
from leo_lab.bench.entries import Entry, Job, Row
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_named, unknown
from leo_lab.scores.evaluation import by_difficulty, evaluate
from leo_lab.scores.statistics import summarise
from leo_lab.training import Run, default_steps, train_seeds

if TYPE_CHECKING:
    import plotly.graph_objects as go

METRICS = {
    "success_from_start": "success from the start",
    "success_all_pairs": "success of all pairs",
    "success_easy": "success from the start, easy goals",
    "success_hard": "success from the start, hard goals",
    "success_easy_pairs": "success of easy pairs",
    "success_hard_pairs": "success of hard pairs",
    "value_mae": "mean |V - V*|",
    "steps_error_median": "median error of steps-to-goal",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a comparison.

    Attributes:
      rows: one dict per run: learner, map, seed, budget (such as "400,000 steps"); the METRICS; env_steps and
        train_seconds really used (of seeds that ran side by side, of all together); compile_seconds; goals; and key,
        which fixes all settings.
    """

    rows: tuple[Row, ...]

    def summary(self) -> list[dict[str, Any]]:
        """One dict for each budget, learner and map, and for all maps where there are several; see `summarise`."""
        return summarise(self.rows, METRICS)

    def figure(self, metrics: Sequence[str] = tuple(METRICS), *, title: str | None = None) -> go.Figure:
        """Each metric's interquartile mean with its interval, a line for each learner, a colour for each map.

        Raises LabError for an unknown metric.
        """
        from leo_lab.viz.figures.reports import comparison_figure

        for name in metrics:
            if name not in METRICS:
                raise unknown("metric", name, METRICS)
        return comparison_figure(summarise(self.rows, metrics), {name: METRICS[name] for name in metrics}, title=title)

    @classmethod
    def read(cls, path: str | Path) -> Comparison:
        """The runs that `to_jsonl` or `compare` wrote. LabError for no such file, or one that holds other things."""
        if not Path(path).exists():
            raise LabError(f"{path}: no such file; leo-lab compare --out DIR writes DIR/runs.jsonl")
        return cls(tuple(entries.read_rows(path, METRICS).values()))

    def to_jsonl(self, path: str | Path) -> Path:
        """Writes one line per run; returns the path. LabError where it cannot be written."""
        entries.write_rows(path, self.rows)
        return Path(path)


def compare(
    envs: Mapping[str, Environment] | Sequence[Environment],
    learners: Sequence[str],
    *,
    seeds: int | Sequence[int] = 5,
    steps: int | None = None,
    seconds: float | None = None,
    path: str | Path | None = None,
    progress: bool = False,
) -> Comparison:
    """Trains every learner on every map with every seed and scores each run against the exact solution.

    With `steps`, all runs take as many environment steps, seeds side by side. With `seconds`, all runs train for as
    long, one after the other: after compilation the time of an iteration is measured, and the schedule of the run is as
    long as fits. With both, both comparisons are made.

    Args:
      envs: worlds whose states can be listed, by name or as they are called themselves.
      learners: such as "leo" or "her:relabel=random"; see Entry.parse.
      seeds: how many (0, 1, ...), or which.
      steps: environment steps of each run; with neither steps nor seconds, as many as `train` takes.
      seconds: seconds of training of each run, without compilation.
      path: a file of JSON lines; runs that it holds are not made again, and new ones are added as they come.
      progress: show a progress bar over the runs.

    Raises:
      LabError: an unknown learner or setting, settings that do not suit a map, nothing to compare, a file that holds
        something else.
    """
    envs = dict(envs) if isinstance(envs, Mapping) else {env.title: env for env in envs}
    learners = [Entry.parse(text) for text in dict.fromkeys(learners)]
    seeds, budgets = entries.seeds_of(seeds), entries.budgets_of(steps, seconds)
    check_named(envs=envs, learners=learners)
    jobs = [
        Job(name, env, entry, budget, default_steps(env))
        for budget, (name, env), entry in itertools.product(budgets, envs.items(), learners)
    ]
    return Comparison(tuple(entries.finish_jobs(jobs, _train, seeds, path, METRICS, progress=progress)))


def _train(job: Job, seeds: Sequence[int]) -> Iterator[Row]:
    """Runs of these seeds: on steps side by side, on seconds one after the other."""
    if job.budget.seconds is None:
        runs = train_seeds(job.env, job.entry.learner, steps=job.steps, seeds=seeds, **job.entry.settings)
    else:
        runs = entries.one_by_one(job.program(), seeds)
    return map(_row, runs)


def _row(run: Run) -> Row:
    scores = evaluate(run)
    known = {**scores.summary(), **by_difficulty(scores)}
    goals = int(scores.pairs[run.env.states.start].sum())
    return {**entries.run_row(run), **{name: known[name] for name in METRICS}, "goals": goals}
