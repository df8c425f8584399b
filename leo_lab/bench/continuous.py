"""Success of learners in worlds whose goals are places, on equal environment steps and on equal seconds of training.

Runs are put together as `leo_lab.bench.compare` does it: the score of a run is its success over all goals, and
intervals come from drawing seeds anew. Goals are not drawn: those of one run succeed and fail together. A row holds

  learner, world, seed, budget: what was trained, and what it might use, such as "60 s"
  goals: G
  env_steps, train_seconds, compile_seconds: really used
  success: over all goals, mean over all tries; success_off_lattice: the same of the places
  steps_to_goal: mean of the tries that succeeded, nan where none did
  success_by_goal: G shares
  broken: how often the simulator gave no numbers
  curve: dicts of env_steps, train_seconds and success at about POINTS times of the run
  device, key: where it ran, and what fixes all settings
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from leo_lab.bench import entries
from leo_lab.bench.entries import Budget, Entry, Job, Row
from leo_lab.bench.timing import about
from leo_lab.envs import Environment, env_entry
from leo_lab.errors import check_count, check_named
from leo_lab.scores.statistics import summarise
from leo_lab.scores.trials import Trials, goal_trials, place_trials, random_places
from leo_lab.training import Run, continue_stream

WORLDS = ("point_maze", "reacher")
LEARNERS_COMPARED = ("sac", "sac_her:relabel=future", "sac_her:relabel=final", "sac_leo")
METRICS = {
    "success": "success over all goals",
    "success_off_lattice": "success off the lattice",
    "steps_to_goal": "steps to a goal that was reached",
}
ALL_WORLDS = "all worlds"
SECONDS = 60.0  # of training, where neither steps nor seconds are given
POINTS = 6  # of a run's curve


def bench_continuous(
    envs: Mapping[str, Environment],
    learners: Sequence[str] = LEARNERS_COMPARED,
    *,
    seeds: int | Sequence[int] = 5,
    steps: int | None = None,
    seconds: float | None = None,
    tries: int = 4,
    places: int = 100,
    path: str | Path | None = None,
    progress: bool = False,
) -> dict[str, Any]:
    """Trains every learner in every world with every seed, one after the other, and tries all goals out.

    Trying goals out, also for the curve of a run, does not count as training.

    Args:
      envs: worlds of places, by name.
      learners, seeds, steps, seconds, path, progress: as in `leo_lab.bench.compare.compare`; but settings that suit the
        world come before those of a learner, and with neither steps nor seconds, both comparisons are made: with the
        steps that suit each world, and with SECONDS.
      tries: fresh worlds for each goal and place, of the world's own time limit.
      places: off the lattice, drawn at random, the same for all runs.

    Returns:
      `device`, `jax` (its version), `tries`, `places`, `summary` (see `summarise`, with the world as "map"), and
      `rows`, one dict for each run, see above.

    Raises:
      LabError: what `compare` raises, or a number of tries or places below 1.
    """
    check_named(worlds=envs, learners=learners)
    trials = {"tries": tries, "places": places}
    for name, count in trials.items():
        check_count(name, count)
    seeds, both = entries.seeds_of(seeds), [Budget(), Budget(seconds=SECONDS)]
    budgets = both if steps is None and seconds is None else entries.budgets_of(steps, seconds)
    jobs = [
        Job(name, env, entry, budget, env_entry(env.name).steps)
        for name, env in envs.items()
        for entry in [Entry.parse(text, env_entry(env.name).settings) for text in dict.fromkeys(learners)]
        for budget in budgets
    ]
    # What tries goals out is compiled once for all budgets.
    train = functools.partial(_train, scorer=functools.cache(functools.partial(_scorer, **trials)))
    how = {"key": functools.partial(_key, **trials), "place": "world", "progress": progress}
    rows = entries.finish_jobs(jobs, train, seeds, path, METRICS, **how)
    summary = summarise(rows, METRICS, place="world", everywhere=ALL_WORLDS)
    return {**about(), **trials, "summary": summary, "rows": rows}


def _key(job: Job, seed: int, tries: int, places: int) -> str:
    """A name for everything that decides what a row is; on another device, seconds are worth something else."""
    device = "" if job.budget.seconds is None else f"-{jax.devices()[0].device_kind}"
    return f"{job.key(seed)}-{tries}x{places}{device}"


def _scorer(env: Environment, entry: Entry, tries: int, places: int) -> tuple[Callable[[Run], Trials], ...]:
    """Tries of one learner in one world at all goals, and at places off the lattice."""
    program, how = entry.program(env, 1), {"tries": tries, "limit": env.max_steps}
    return goal_trials(program, **how), place_trials(program, random_places(env, places), **how)


def _train(job: Job, seeds: Sequence[int], scorer: Callable) -> Iterator[Row]:
    """What is known of the runs of these seeds."""
    program, tried = job.program(), scorer(job.env, job.entry)
    for seed in seeds:
        yield _row(Run(program, program.init(seed), seed), *tried)


def _row(run: Run, at_goals: Callable[[Run], Trials], at_places: Callable[[Run], Trials]) -> Row:
    """Trains a run to its end, and tries it out on the way."""
    curve = []
    for snapshot in continue_stream(run, chunks=POINTS):
        run = snapshot.run
        if run.env_steps:
            trials, used = at_goals(run), entries.run_row(run)
            point = {name: used[name] for name in ("env_steps", "train_seconds")}
            curve.append({**point, "success": float(trials.hit.mean())})
    reached = trials.length[trials.hit]
    return {
        **used,
        "goals": len(run.env.goals),
        "success": curve[-1]["success"],
        "success_off_lattice": float(at_places(run).hit.mean()),
        "steps_to_goal": float(reached.mean()) if reached.size else float("nan"),
        "success_by_goal": np.round(trials.success, 4).tolist(),
        "broken": run.metrics[-1]["broken"],
        "curve": curve,
        "device": jax.devices()[0].device_kind,
    }
