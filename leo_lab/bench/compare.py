"""Learners compared: several seeds in several worlds, on equal steps, equal gradient passes or equal seconds.

A row, of one run, holds learner, world, seed and budget (such as "400,000 steps"), the METRICS of its kind of world,
steps_by_task (of each goal from the start, or of each try: how many it took, null where it did not succeed as often as
it could), goals (how many), env_steps, gradient_passes and train_seconds really used (of seeds that ran side by side,
of all together), compile_seconds, device and jax (where it ran, and the version), and key, which fixes all of it (see
leo_lab.bench.fingerprint). Where states are not listed, and goals are tried out, also success_by_goal (G shares), curve
(dicts of env_steps, train_seconds and success at about POINTS times of the run) and broken (how often the simulator
gave no numbers).
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leo_lab.artefacts.files import STALE, is_stale
from leo_lab.bench import entries
from leo_lab.bench.entries import Budget, Entry, Job, Row
from leo_lab.bench.tune import tuned
from leo_lab.envs import EnvEntry, Environment, env_entry, env_names
from leo_lab.errors import LabError, check_count, check_named, require, require_choice
from leo_lab.scores.evaluation import by_difficulty, evaluate
from leo_lab.scores.sheet import LIMIT
from leo_lab.scores.statistics import ALL_WORLDS, summarise
from leo_lab.scores.trials import random_places, try_goals, try_places
from leo_lab.training import Program, Run, default_steps

if TYPE_CHECKING:
    import plotly.graph_objects as go

METRICS = {
    "success_from_start": "success from the start",
    "success_all_pairs": "success of all pairs",
    "success_easy": "success from the start, easy goals",
    "success_hard": "success from the start, hard goals",
    "success_easy_pairs": "success of easy pairs",
    "success_hard_pairs": "success of hard pairs",
    "steps_to_goal": "steps to the goals that all runs reach",
    "value_mae": "mean |V - V*|",
    "steps_error_median": "median error of steps-to-goal",
}
TRIED = {  # what takes the place of METRICS where states are not listed
    "success": "success over all goals",
    "success_off_lattice": "success off the lattice",
    "steps_to_goal": "steps in the tries that all runs won",
}
POINTS = 6  # of a run's curve
TRIES, PLACES = 4, 100  # fresh worlds of each, and places off the lattice, unless told


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a comparison.

    Attributes:
      rows: one dict per run, see the head of this file.
      stale: whether they are shipped, and today's code would make others, which figures then say in their title.
    """

    rows: tuple[Row, ...]
    stale: bool = False

    @property
    def metrics(self) -> dict[str, str]:
        """The metrics that all runs have, and what they are called."""
        known = TRIED if all("success_by_goal" in row for row in self.rows) else METRICS
        return {name: text for name, text in known.items() if all(name in row for row in self.in_common)}

    def summary(self) -> list[dict[str, Any]]:
        """One dict for each budget, learner and world, and for all worlds where there are several; see `summarise`.

        With common and tasks, see `in_common`, and how the learner was tuned.
        """
        return self._summary

    @functools.cached_property
    def _summary(self) -> list[dict[str, Any]]:
        lines = summarise(self.in_common, self.metrics)  # whose intervals take thousands of draws each
        tasks = {(row["world"], row["budget"]): (row["common"], row["tasks"]) for row in self.in_common}
        for line in lines:
            mine = [count for place, count in tasks.items() if _covers(line, place)]
            line["common"], line["tasks"] = (sum(each) for each in zip(*mine, strict=True))
            line["tuned"] = tuned(line["learner"].partition(":")[0])
        return lines

    @functools.cached_property
    def in_common(self) -> tuple[Row, ...]:
        """The rows, whose `steps_to_goal` is the mean over the tasks that all runs of their world and budget solved.

        Over the successes of each run alone, a learner that only reaches what is near would look swift. `common` says
        how many tasks these are, and `tasks` of how many.
        """
        steps: dict[tuple[str, str], list[np.ndarray]] = {}
        for row in self.rows:
            steps.setdefault((row["world"], row["budget"]), []).append(_steps(row))
        common = {place: np.isfinite(tasks).all(axis=0) for place, tasks in steps.items()}
        rows = []
        for row in self.rows:
            solved = common[row["world"], row["budget"]]
            mean = float(_steps(row)[solved].mean()) if solved.any() else float("nan")
            rows.append({**row, "steps_to_goal": mean, "common": int(solved.sum()), "tasks": len(solved)})
        return tuple(rows)

    def figure(self, metrics: Sequence[str] | None = None, *, title: str | None = None) -> go.Figure:
        """Each metric's interquartile mean with its interval, a line for each learner, a colour for each world.

        Raises LabError for an unknown metric.
        """
        from leo_lab.viz.figures.reports import comparison_figure

        metrics = self.metrics if metrics is None else metrics
        for name in metrics:
            require_choice("metric", name, self.metrics)
        figure = comparison_figure(self.summary(), {name: self.metrics[name] for name in metrics}, title=title)
        return figure.update_layout(title_text=f"{figure.layout.title.text} ({STALE})") if self.stale else figure

    @classmethod
    def read(cls, path: str | Path) -> Comparison:
        """The runs that `to_jsonl` or `compare` wrote. LabError for no such file, or one that holds other things."""
        if not Path(path).exists():
            raise LabError(f"{path}: no such file; leo-lab compare --out DIR writes DIR/runs.jsonl")
        return cls(tuple(entries.read_rows(path)), is_stale(path))

    def to_jsonl(self, path: str | Path) -> Path:
        """Writes one line per run; returns the path. LabError where it cannot be written."""
        entries.write_rows(path, self.rows)
        return Path(path)


def _steps(row: Row) -> np.ndarray:
    return np.array(row.get("steps_by_task", ()), float)


def _covers(line: Row, place: tuple[str, str]) -> bool:
    world, budget = place
    return line["budget"] == budget and line["world"] in (world, ALL_WORLDS)


def compare(
    envs: Mapping[str, Environment] | Sequence[Environment],
    learners: Sequence[str],
    *,
    seeds: int | Sequence[int] = 5,
    budget: Sequence[str] | None = None,
    steps: int | None = None,
    passes: float | None = None,
    seconds: float | None = None,
    tries: int = TRIES,
    places: int = PLACES,
    path: str | Path | None = None,
    progress: bool = False,
) -> Comparison:
    """Trains every learner in every world with every seed and scores each run.

    Where states are listed, runs are held against the exact solution; elsewhere all goals are tried out, also for the
    curve of a run, which does not count as training. A gradient pass is a row, of a state or of a state and a goal,
    that goes through the network and back. Seconds are measured while runs train, one after the other.

    Args:
      envs: worlds, by name or as they are called themselves: all with listed states, or all without.
      learners: such as "leo" or "her:relabel=random", see Entry.parse; settings that suit a world come before theirs.
      seeds: how many (0, 1, ...), or which.
      budget: what is equal, of "steps", "passes" and "seconds"; all that have an amount, else steps, unless told.
      steps: environment steps of each run; as many as suit the world unless told.
      passes: gradient passes of each run; as many as the first learner makes in those steps unless told.
      seconds: of training of each run, without compilation; 10 unless told.
      tries: where goals are tried out, fresh worlds for each goal and place, of the world's own time limit.
      places: how many off the lattice, where goals are places; drawn at random, the same for all runs.
      path: a file of JSON lines; runs that it holds are not made again, and new ones are added as they come.
      progress: show a progress bar over the runs.

    Raises:
      LabError: what is unknown, missing, out of range or does not suit a world; a file that holds something else.
    """
    trials = {"tries": tries, "places": places}
    jobs = jobs_to_compare(envs, learners, budget=budget, steps=steps, passes=passes, seconds=seconds, **trials)
    train, seeds = functools.partial(_train, **trials), entries.seeds_of(seeds)
    return Comparison(tuple(entries.finish_jobs(jobs, train, seeds, path, progress=progress)))


def jobs_to_compare(
    envs: Mapping[str, Environment] | Sequence[Environment],
    learners: Sequence[str],
    *,
    budget: Sequence[str] | None = None,
    steps: int | None = None,
    passes: float | None = None,
    seconds: float | None = None,
    tries: int = TRIES,
    places: int = PLACES,
) -> list[Job]:
    """What `compare` trains with every seed, in its order. See there for the arguments and errors."""
    envs = _by_name(envs)
    check_named(envs=envs, learners=learners)
    for name, count in {"tries": tries, "places": places}.items():
        check_count(name, count)
    budgets = entries.budgets_of(budget, {"steps": steps, "passes": passes, "seconds": seconds})
    arms = {name: [Entry.parse(text, _known(env).settings) for text in learners] for name, env in envs.items()}
    return [
        dataclasses.replace(job, more="" if env.states is not None else f"-{tries}x{places}")
        for budget in budgets
        for name, env in envs.items()
        for job in _jobs(budget, name, env, arms[name], steps)
    ]


def _by_name(envs: Mapping[str, Environment] | Sequence[Environment]) -> dict[str, Environment]:
    named = envs if isinstance(envs, Mapping) else {env.title: env for env in envs}
    require(len(named) == len(envs), "envs", list(named), "of different titles, or given by name: {name: world}")
    if len({env.states is None for env in named.values()}) > 1:
        raise LabError("worlds whose states are listed are scored otherwise than others; compare them apart")
    return dict(named)


def _jobs(budget: Budget, name: str, env: Environment, arms: Sequence[Entry], steps: int | None) -> list[Job]:
    """All learners in one world."""
    amount = dataclasses.replace(budget, amount=_amount(budget, env, arms[0], steps))
    return [Job(name, env, arm, amount, budget.title) for arm in arms]


def _amount(budget: Budget, env: Environment, first: Entry, steps: int | None) -> float:
    """How much of it there is in a world."""
    if budget.amount is not None:
        return budget.amount
    usual = steps or _known(env).steps or default_steps(env)
    if budget.unit == "steps":
        return usual
    program = first.program(env, usual)
    return program.iterations * program.learner.passes


def _known(env: Environment) -> EnvEntry:
    """What is known of a world by its name; nothing of one of somebody's own."""
    return env_entry(env.name) if env.name in env_names() else EnvEntry(lambda: env)


def _train(job: Job, program: Program, seeds: Sequence[int], tries: int, places: int) -> Iterator[Row]:
    """Rows of runs with these seeds."""
    if job.env.states is None:
        return (_tried_row(job.stages(program, seed, POINTS), tries, places) for seed in seeds)
    return map(_row, job.whole_runs(program, seeds))


def _row(run: Run) -> Row:
    """What is known of a run whose states are listed."""
    scores = evaluate(run)
    known = {**scores.summary(), **by_difficulty(scores)}
    start = scores.exact.start
    goals, solved = scores.pairs[start], scores.success[start] >= scores.possible[start] - 1e-3
    steps = np.where(solved, scores.length[start], np.nan)[goals]
    row = {**entries.run_row(run), **{name: known[name] for name in METRICS if name in known}}
    return {**row, "goals": int(goals.sum()), "steps_by_task": _or_none(np.round(steps, 3))}


def _or_none(numbers: np.ndarray) -> list[float | None]:
    """As JSON has them, which knows no nan."""
    return [None if np.isnan(number) else float(number) for number in numbers]


def _tried_row(stages: Iterator[Run], tries: int, places: int) -> Row:
    """Tries a run out while it is trained, and returns what is known of it at its end."""
    curve = []
    for run in stages:
        how = {"tries": tries, "limit": LIMIT if run.env.places is None else run.env.max_steps}
        trials, used = try_goals(run, **how), entries.run_row(run)
        point = {name: used[name] for name in ("env_steps", "train_seconds")}
        curve.append({**point, "success": trials.summary()["success"]})
    row = {
        **used,
        "goals": len(run.env.goals),
        "success": curve[-1]["success"],
        "steps_by_task": _or_none(np.where(trials.hit, trials.length, np.nan)[trials.counted]),
        "success_by_goal": _or_none(np.round(trials.success, 4)),
        "broken": run.metrics[-1].get("broken", 0),
        "curve": curve,
    }
    if run.env.places is not None:
        row["success_off_lattice"] = try_places(run, random_places(run.env, places), **how).summary()["success"]
    return row
