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

from leo_lab.bench.entries import Budget, Entry, Job, Row, budgets_of, check_named, finish_jobs, run_key, seeds_of
from leo_lab.envs import Environment, env_entry
from leo_lab.errors import check_count
from leo_lab.scores.statistics import summarise
from leo_lab.scores.trials import goal_trials, place_trials, random_places
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

    With `seconds`, a run is as long as fits, see `Budget.count`; trying goals out does not count as training.

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
      `rows`, one dict for each run: learner, world, budget (such as "60 s"), key, and what `_row` tells.

    Raises:
      LabError: an unknown learner or setting, settings that do not suit a world, nothing to compare, a number out of
        range, a file that holds something else.
    """
    check_named(worlds=envs, learners=learners)
    for name, count in (("tries", tries), ("places", places)):
        check_count(name, count)
    seeds = seeds_of(seeds)
    both = [Budget(), Budget(seconds=SECONDS)]
    budgets = both if steps is None and seconds is None else budgets_of(steps, seconds)
    pairs = _pairs(envs, learners, steps)
    jobs = [job for name, entry in pairs for job in _jobs(envs[name], entry, budgets, name, (tries, places))]
    rows = finish_jobs(jobs, seeds, path, METRICS, progress=progress)
    about = {"device": jax.devices()[0].device_kind, "jax": jax.__version__, "tries": tries, "places": places}
    return {**about, "summary": summarise(rows, METRICS, place="world", everywhere=ALL_WORLDS), "rows": rows}


def _pairs(envs: Mapping[str, Environment], learners: Sequence[str], steps: int | None) -> list[tuple[str, Entry]]:
    """Every learner in every world, with the settings that suit it. LabError for what does not fit."""
    learners = list(dict.fromkeys(learners))
    suits = {name: env_entry(env.name).settings for name, env in envs.items()}
    pairs = [(name, Entry.parse(each, suits[name])) for name in envs for each in learners]
    for name, entry in pairs:
        entry.program(envs[name], 1 if steps is None else steps)  # said before any training
    return pairs


def _jobs(
    env: Environment, entry: Entry, budgets: Sequence[Budget], name: str, trials: tuple[int, int]
) -> Iterator[Job]:
    """One job for each budget, all of which are tried out by what is compiled once."""
    scorer = _Scorer(env, entry, *trials)
    for budget in budgets:
        yield Job(
            head={"learner": entry.label, "world": name, "budget": budget.title},
            key=lambda seed, budget=budget: _key(env, entry, seed, budget, trials),
            rows=lambda seeds, budget=budget: _train(env, entry, seeds, budget, scorer),
        )


def _key(env: Environment, entry: Entry, seed: int, budget: Budget, trials: tuple[int, int]) -> str:
    """A name for everything that decides what a row is; on another device, seconds are worth something else."""
    device = "" if budget.seconds is None else f"-{jax.devices()[0].device_kind}"
    steps = env_entry(env.name).steps if budget == Budget() else budget.steps
    return f"{run_key(env, entry, seed, dataclasses.replace(budget, steps=steps))}-{trials[0]}x{trials[1]}{device}"


class _Scorer:
    """Tries of one learner in one world, compiled once for all of its runs."""

    def __init__(self, env: Environment, entry: Entry, tries: int, places: int):
        program = entry.program(env, 1)
        how = {"tries": tries, "limit": env.max_steps}
        self.goals = goal_trials(program, **how)
        self.places = place_trials(program, random_places(env, places), **how)


def _train(env: Environment, entry: Entry, seeds: Sequence[int], budget: Budget, scorer: _Scorer) -> Iterator[Row]:
    """What is known of the runs of these seeds."""
    program = entry.program(env, budget.count(env, entry, env_entry(env.name).steps))
    for seed in seeds:
        yield _row(Run(program, program.init(seed), seed), scorer)


def _row(run: Run, scorer: _Scorer) -> Row:
    """Trains a run to its end, and tries it out on the way.

    Returns:
      seed, device: of the run
      goals: G
      env_steps, train_seconds, compile_seconds: really used
      success: over all goals, mean over all tries; success_off_lattice: the same of the places
      steps_to_goal: mean of the tries that succeeded, nan where none did
      success_by_goal: G shares
      broken: how often the simulator gave no numbers
      curve: dicts of env_steps, train_seconds and success at about POINTS times of the run
    """
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
