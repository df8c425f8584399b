"""Success of learners in worlds whose goals are places, on equal environment steps and on equal seconds of training.

Runs are put together as `leo_lab.bench.compare` does it: the score of a run is its success over all goals, and
intervals come from drawing seeds anew. Goals are not drawn: those of one run succeed and fail together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from tqdm.auto import tqdm

from leo_lab.bench.compare import (
    ALL_MAPS,
    Budget,
    Entry,
    budgets_of,
    read_rows,
    run_key,
    seconds_per_iteration,
    seeds_of,
    summarise,
    write_rows,
)
from leo_lab.envs import Environment, env_entry
from leo_lab.errors import LabError, check_count
from leo_lab.learners import LEARNERS
from leo_lab.scores.trials import goal_trials, place_trials, random_places
from leo_lab.training.program import Program, Run, continue_stream

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

    With `seconds`, the time of an iteration is measured after compilation, and the schedule of a run is as long as
    fits. Trying goals out, also for the curve of a run, does not count as training.

    Args:
      envs: worlds of places, by name.
      learners: such as "sac_leo" or "sac_her:relabel=final"; settings that suit the world come first.
      seeds: how many (0, 1, ...), or which.
      steps: environment steps of each run.
      seconds: seconds of training of each run, without compilation. With neither, both comparisons are made: with the
        steps that suit each world, and with SECONDS.
      tries: fresh worlds for each goal and place, of the world's own time limit.
      places: off the lattice, drawn at random, the same for all runs.
      path: a file of JSON lines; runs that it holds are not made again, and new ones are added as they come.
      progress: show a progress bar over the runs.

    Returns:
      `device`, `jax` (its version), `tries`, `places`, `summary` (see `summarise`, with the world as "map"), and
      `rows`, one dict for each run:

        learner, world, seed, budget: what was trained, and what it might use, such as "60 s"
        goals: G
        env_steps, train_seconds, compile_seconds: really used
        success: over all goals, mean over all tries; success_off_lattice: the same of the places
        steps_to_goal: mean of the tries that succeeded, nan where none did
        success_by_goal: G shares
        broken: how often the simulator gave no numbers
        curve: dicts of env_steps, train_seconds and success at about POINTS times of the run
        device, key: where it ran, and what fixes all settings

    Raises:
      LabError: an unknown learner or setting, settings that do not suit a world, nothing to compare, a number out of
        range, a file that holds something else.
    """
    for name, things in (("worlds", envs), ("learners", learners)):
        if not things:
            raise LabError(f"{name} must name at least one")
    for name, count in (("tries", tries), ("places", places)):
        check_count(name, count)
    seeds = seeds_of(seeds)
    both = [Budget(), Budget(seconds=SECONDS)]
    budgets = both if steps is None and seconds is None else budgets_of(steps, seconds)
    jobs = [(env, _entry(text, env.name), name) for name, env in envs.items() for text in dict.fromkeys(learners)]
    for env, entry, _ in jobs:
        Program(env, entry.name, 1 if steps is None else steps, entry.config)  # what does not fit is said first
    known = read_rows(path, METRICS)
    rows = []
    with tqdm(total=len(budgets) * len(jobs) * len(seeds), disable=not progress, unit="run") as bar:
        for env, entry, name in jobs:
            scorer = _Scorer(env, entry, tries, places)
            for budget in budgets:
                bar.set_description(f"{entry.label} in {name}, {budget.title}")
                keys = {seed: _key(env, entry, seed, budget, tries, places) for seed in seeds}
                missing = [seed for seed in seeds if keys[seed] not in known]
                head = {"learner": entry.label, "world": name, "budget": budget.title}
                for row in _train(env, entry, missing, budget, scorer):
                    known[keys[row["seed"]]] = {**head, **row, "key": keys[row["seed"]]}
                    write_rows(path, known)
                    bar.update()
                bar.update(len(seeds) - len(missing))
                rows += [{**known[keys[seed]], **head} for seed in seeds]
    about = {"device": jax.devices()[0].device_kind, "jax": jax.__version__, "tries": tries, "places": places}
    return {**about, "summary": _summary(rows), "rows": rows}


def _summary(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What `summarise` makes of them, with worlds as its maps."""
    summary = summarise([{**row, "map": row["world"]} for row in rows], METRICS)
    return [{**line, "map": ALL_WORLDS if line["map"] == ALL_MAPS else line["map"]} for line in summary]


def _entry(text: str, world: str) -> Entry:
    """A learner with the settings that suit a world, over which those that it names itself go."""
    name, *given = text.split(":")
    if name not in LEARNERS:
        return Entry.parse(text)  # says what is wrong
    fields = LEARNERS[name][1].__dataclass_fields__
    own = [f"{key}={value}" for key, value in env_entry(world).settings.items() if key in fields]
    return dataclasses.replace(Entry.parse(":".join([name, *own, *given])), label=text)


def _steps(env: Environment, budget: Budget) -> int | None:
    """Environment steps of a run; None where seconds decide."""
    return env_entry(env.name).steps if budget == Budget() else budget.steps


def _key(env: Environment, entry: Entry, seed: int, budget: Budget, tries: int, places: int) -> str:
    """A name for everything that decides what a row is; on another device, seconds are worth something else."""
    device = "" if budget.seconds is None else f"-{jax.devices()[0].device_kind}"
    fixed = dataclasses.replace(budget, steps=_steps(env, budget))
    return f"{run_key(env, entry, seed, fixed)}-{tries}x{places}{device}"


class _Scorer:
    """Tries of one learner in one world, compiled once for all of its runs."""

    def __init__(self, env: Environment, entry: Entry, tries: int, places: int):
        program = Program(env, entry.name, 1, entry.config)
        how = {"tries": tries, "limit": env.max_steps}
        self.goals = goal_trials(program, **how)
        self.places = place_trials(program, random_places(env, places), **how)


def _train(
    env: Environment, entry: Entry, seeds: Sequence[int], budget: Budget, scorer: _Scorer
) -> Iterator[dict[str, Any]]:
    """What is known of the runs of these seeds."""
    if not seeds:
        return
    steps, each = _steps(env, budget), entry.config.steps_per_iteration
    if steps is None:
        pace = seconds_per_iteration(Program(env, entry.name, each, entry.config), budget)
        steps = each * max(1, round(budget.seconds / pace))
    program = Program(env, entry.name, steps, entry.config)
    for seed in seeds:
        yield _one(Run(program, program.init(seed), seed), scorer)


def _one(run: Run, scorer: _Scorer) -> dict[str, Any]:
    """Trains a run to its end, and tries it out on the way."""
    curve = []
    for snapshot in continue_stream(run, chunks=POINTS):
        run = snapshot.run
        if run.env_steps:
            trials = scorer.goals(run)
            point = {"env_steps": run.env_steps, "train_seconds": round(run.seconds, 3)}
            curve.append({**point, "success": float(trials.hit.mean())})
    reached = trials.length[trials.hit]
    return {
        "seed": run.seed,
        "goals": len(run.env.goals),
        "env_steps": run.env_steps,
        "train_seconds": round(run.seconds, 3),
        "compile_seconds": round(run.compile_seconds, 3),
        "success": curve[-1]["success"],
        "success_off_lattice": float(scorer.places(run).hit.mean()),
        "steps_to_goal": float(reached.mean()) if reached.size else float("nan"),
        "success_by_goal": np.round(trials.success, 4).tolist(),
        "broken": run.metrics[-1]["broken"],
        "curve": curve,
        "device": jax.devices()[0].device_kind,
    }
