"""Learners compared: several seeds in several worlds, on equal environment steps or on equal training seconds.

A row, of one run, holds learner, world, seed and budget (such as "400,000 steps"), the METRICS of its kind of world,
goals (how many), env_steps and train_seconds really used (of seeds that ran side by side, of all together),
compile_seconds, and key, which fixes all settings. Where states are not listed, and goals are tried out, also
success_by_goal (G shares), curve (dicts of env_steps, train_seconds and success at about POINTS times of the run),
broken (how often the simulator gave no numbers), and device (where it ran).
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from leo_lab.bench import entries
from leo_lab.bench.entries import Entry, Job, Row
from leo_lab.envs import EnvEntry, Environment, env_entry, env_names
from leo_lab.errors import LabError, check_count, check_named, require, require_choice
from leo_lab.scores.evaluation import by_difficulty, evaluate
from leo_lab.scores.sheet import LIMIT
from leo_lab.scores.statistics import summarise
from leo_lab.scores.trials import random_places, try_goals, try_places
from leo_lab.training import Run, continue_stream, default_steps, train_seeds

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
TRIED = {  # what takes the place of METRICS where states are not listed
    "success": "success over all goals",
    "success_off_lattice": "success off the lattice",
    "steps_to_goal": "steps to a goal that was reached",
}
POINTS = 6  # of a run's curve


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a comparison.

    Attributes:
      rows: one dict per run, see the head of this file.
    """

    rows: tuple[Row, ...]

    @property
    def metrics(self) -> dict[str, str]:
        """The metrics that all runs have, and what they are called."""
        known = {**METRICS, **TRIED}
        return {name: text for name, text in known.items() if all(name in row for row in self.rows)}

    def summary(self) -> list[dict[str, Any]]:
        """One dict for each budget, learner and world, and for all worlds where there are several; see `summarise`."""
        return self._summary

    @functools.cached_property
    def _summary(self) -> list[dict[str, Any]]:
        return summarise(self.rows, self.metrics)  # whose intervals take thousands of draws each

    def figure(self, metrics: Sequence[str] | None = None, *, title: str | None = None) -> go.Figure:
        """Each metric's interquartile mean with its interval, a line for each learner, a colour for each world.

        Raises LabError for an unknown metric.
        """
        from leo_lab.viz.figures.reports import comparison_figure

        metrics = self.metrics if metrics is None else metrics
        for name in metrics:
            require_choice("metric", name, self.metrics)
        return comparison_figure(self.summary(), {name: self.metrics[name] for name in metrics}, title=title)

    @classmethod
    def read(cls, path: str | Path) -> Comparison:
        """The runs that `to_jsonl` or `compare` wrote. LabError for no such file, or one that holds other things."""
        if not Path(path).exists():
            raise LabError(f"{path}: no such file; leo-lab compare --out DIR writes DIR/runs.jsonl")
        return cls(tuple(entries.read_rows(path).values()))

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
    tries: int = 4,
    places: int = 100,
    path: str | Path | None = None,
    progress: bool = False,
) -> Comparison:
    """Trains every learner in every world with every seed and scores each run.

    Where states are listed, runs are held against the exact solution; elsewhere all goals are tried out, also for the
    curve of a run, which does not count as training. With `seconds`, all runs train for as long, one after the other:
    after compilation the time of an iteration is measured, and the schedule of the run is as long as fits.

    Args:
      envs: worlds, by name or as they are called themselves: all with listed states, or all without.
      learners: such as "leo" or "her:relabel=random", see Entry.parse; settings that suit a world come before theirs.
      seeds: how many (0, 1, ...), or which.
      steps: environment steps of each run; with neither steps nor seconds, as many as suit the world.
      seconds: of training of each run, without compilation; with both, both comparisons are made.
      tries: where goals are tried out, fresh worlds for each goal and place, of the world's own time limit.
      places: how many off the lattice, where goals are places; drawn at random, the same for all runs.
      path: a file of JSON lines; runs that it holds are not made again, and new ones are added as they come.
      progress: show a progress bar over the runs.

    Raises:
      LabError: an unknown learner or setting, settings that do not suit a world, nothing to compare, a number out of
        range, a file that holds something else.
    """
    named = envs if isinstance(envs, Mapping) else {env.title: env for env in envs}
    require(len(named) == len(envs), "envs", list(named), "of different titles, or given by name: {name: world}")
    envs = dict(named)
    check_named(envs=envs, learners=learners)
    if len({env.states is None for env in envs.values()}) > 1:
        raise LabError("worlds whose states are listed are scored otherwise than others; compare them apart")
    trials = {"tries": tries, "places": places}
    for name, count in trials.items():
        check_count(name, count)
    seeds, budgets = entries.seeds_of(seeds), entries.budgets_of(steps, seconds)
    named = {(name, text): Entry.parse(text, _known(env).settings) for name, env in envs.items() for text in learners}
    jobs = [
        Job(name, envs[name], entry, budget, _known(envs[name]).steps or default_steps(envs[name]))
        for budget, ((name, _), entry) in itertools.product(budgets, named.items())
    ]
    train, key = functools.partial(_train, **trials), functools.partial(_key, **trials)
    return Comparison(tuple(entries.finish_jobs(jobs, train, seeds, path, key=key, progress=progress)))


def _known(env: Environment) -> EnvEntry:
    """What is known of a world by its name; nothing of one of somebody's own."""
    return env_entry(env.name) if env.name in env_names() else EnvEntry(lambda: env)


def _key(job: Job, seed: int, tries: int, places: int) -> str:
    """A name for everything that decides what a row is; on another device, seconds are worth something else."""
    if job.env.states is not None:
        return job.key(seed)
    device = "" if job.budget.seconds is None else f"-{jax.devices()[0].device_kind}"
    return f"{job.key(seed)}-{tries}x{places}{device}"


def _train(job: Job, seeds: Sequence[int], tries: int, places: int) -> Iterator[Row]:
    """Rows of runs with these seeds: on steps side by side where states are listed, else one after the other."""
    if job.env.states is None:
        program = job.program()
        return (_tried_row(Run(program, program.init(seed), seed), tries, places) for seed in seeds)
    if job.budget.seconds is None:
        runs = train_seeds(job.env, job.entry.learner, steps=job.steps, seeds=seeds, **job.entry.settings)
    else:
        runs = entries.one_by_one(job.program(), seeds)
    return map(_row, runs)


def _row(run: Run) -> Row:
    """What is known of a run whose states are listed."""
    scores = evaluate(run)
    known = {**scores.summary(), **by_difficulty(scores)}
    goals = int(scores.pairs[run.env.states.start].sum())
    return {**entries.run_row(run), **{name: known[name] for name in METRICS}, "goals": goals}


def _tried_row(run: Run, tries: int, places: int) -> Row:
    """Trains a run to its end, tries it out on the way, and returns what is known of it."""
    how, curve = {"tries": tries, "limit": LIMIT if run.env.places is None else run.env.max_steps}, []
    for snapshot in continue_stream(run, chunks=POINTS):
        run = snapshot.run
        if run.env_steps:
            trials, used = try_goals(run, **how), entries.run_row(run)
            point = {name: used[name] for name in ("env_steps", "train_seconds")}
            curve.append({**point, "success": trials.summary()["success"]})
    reached = trials.length[trials.hit]
    row = {
        **used,
        "goals": len(run.env.goals),
        "success": curve[-1]["success"],
        "steps_to_goal": float(reached.mean()) if reached.size else float("nan"),
        "success_by_goal": np.round(trials.success, 4).tolist(),
        "broken": run.metrics[-1].get("broken", 0),
        "curve": curve,
        "device": jax.devices()[0].device_kind,
    }
    if run.env.places is not None:
        row["success_off_lattice"] = try_places(run, random_places(run.env, places), **how).summary()["success"]
    return row
