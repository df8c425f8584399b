"""Learners compared: several seeds on several maps, on equal environment steps or on equal training seconds.

Scores are put together as Agarwal et al. (2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice",
arXiv:2108.13264) advise: the interquartile mean over all runs, with a bootstrap that draws runs anew within each map.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from tqdm.auto import tqdm

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_number, unknown
from leo_lab.learners import LEARNERS, make_learner_config
from leo_lab.learners.base import Config
from leo_lab.scores.evaluation import Evaluation, evaluate
from leo_lab.training.program import Program, Run, continue_stream, default_steps, finish, train_seeds

if TYPE_CHECKING:
    import plotly.graph_objects as go

ALL_MAPS = "all maps"
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
RESAMPLES = 10_000  # of the bootstrap
PROBE_SECONDS = 1.0  # of training that say how long an iteration takes


@dataclasses.dataclass(frozen=True)
class Entry:
    """A learner with its settings.

    Attributes:
      label: how it is called in the comparison, such as "her:relabel=random".
      name: the learner's.
      config: its settings.
    """

    label: str
    name: str
    config: Config

    @classmethod
    def parse(cls, text: str) -> Entry:
        """Reads `learner` or `learner:setting=value:setting=value`; LabError for what is unknown or of a wrong type."""
        name, *settings = text.split(":")
        if name not in LEARNERS:
            raise unknown("learner", name, LEARNERS)
        types = {field.name: type(field.default) for field in dataclasses.fields(LEARNERS[name][1])}
        given = {}
        for setting in settings:
            key, equals, value = setting.partition("=")
            if not equals:
                raise LabError(f'"{setting}" in learner "{text}" is no setting; write {name}:setting=value')
            if key not in types:
                raise unknown(f"setting of {name}", key, types)
            try:
                given[key] = types[key](value)
            except ValueError:
                raise LabError(f'{key} of learner "{text}" must be {types[key].__name__}, got "{value}"') from None
        return cls(text, name, make_learner_config(name, **given))


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every run may use: environment steps (None: as many as `train` gives a map) or seconds of training."""

    steps: int | None = None
    seconds: float | None = None

    @property
    def title(self) -> str:
        if self.seconds is not None:
            return f"{self.seconds:g} s"
        return "default steps" if self.steps is None else f"{self.steps:,} steps"


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a comparison.

    Attributes:
      rows: one dict per run: learner, map, seed, budget (such as "400,000 steps"); the METRICS; env_steps and
        train_seconds really used (of seeds that ran side by side, of all together); compile_seconds; goals; and key,
        which fixes all settings.
    """

    rows: tuple[dict[str, Any], ...]

    def summary(self) -> list[dict[str, Any]]:
        """One dict for each budget, learner and map, and for ALL_MAPS where there are several.

        Each holds budget, learner, map, runs, and for every metric a dict of `iqm`, the interquartile mean over the
        runs, and the bounds `low` and `high` of its 95 % bootstrap interval.
        """
        return summarise(self.rows, METRICS)

    def figure(self, metrics: Sequence[str] = tuple(METRICS), *, title: str | None = None) -> go.Figure:
        """Each metric's interquartile mean with its interval, a line for each learner, a colour for each map.

        Raises LabError for an unknown metric.
        """
        from leo_lab.viz.figures.reports import comparison_figure

        for name in metrics:
            if name not in METRICS:
                raise unknown("metric", name, METRICS)
        return comparison_figure(self.summary(), {name: METRICS[name] for name in metrics}, title=title)

    @classmethod
    def read(cls, path: str | Path) -> Comparison:
        """The runs that `to_jsonl` or `compare` wrote. LabError for no such file, or one that holds other things."""
        if not Path(path).exists():
            raise LabError(f"{path}: no such file; leo-lab compare --out DIR writes DIR/runs.jsonl")
        return cls(tuple(read_rows(path).values()))

    def to_jsonl(self, path: str | Path) -> Path:
        """Writes one line per run; returns the path. LabError where it cannot be written."""
        path = Path(path)
        write_atomically(path, "".join(to_json(row) + "\n" for row in self.rows).encode())
        return path


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
    entries = [Entry.parse(text) for text in dict.fromkeys(learners)]
    seeds = seeds_of(seeds)
    budgets = budgets_of(steps, seconds)
    for name, things in (("envs", envs), ("learners", entries)):
        if not things:
            raise LabError(f"{name} must name at least one")
    for env in envs.values():
        for entry in entries:
            # What does not fit is said before anything is trained.
            Program(env, entry.name, 1 if steps is None else steps, entry.config)
    known = read_rows(path)
    rows = []
    with tqdm(total=len(budgets) * len(envs) * len(entries) * len(seeds), disable=not progress, unit="run") as bar:
        for budget in budgets:
            for map_name, env in envs.items():
                for entry in entries:
                    bar.set_description(f"{entry.label} on {map_name}, {budget.title}")
                    head = {"learner": entry.label, "map": map_name, "budget": budget.title}
                    keys = {seed: run_key(env, entry, seed, budget) for seed in seeds}
                    missing = [seed for seed in seeds if keys[seed] not in known]
                    for run in _train(env, entry, missing, budget):
                        known[keys[run.seed]] = {**head, **_scores(run), "key": keys[run.seed]}
                        write_rows(path, known)
                        bar.update()
                    bar.update(len(seeds) - len(missing))
                    rows += [{**known[keys[seed]], **head} for seed in seeds]  # a file may call them otherwise
    return Comparison(tuple(rows))


def seeds_of(seeds: int | Sequence[int]) -> list[int]:
    """Seeds, each once: so many (0, 1, ...), or these. LabError where there is none."""
    if np.ndim(seeds) == 0:
        check_number("seeds", seeds, whole=True)
        seeds = range(seeds)
    if len(seeds) == 0:
        raise LabError("seeds must name at least one seed")
    return list(dict.fromkeys(int(seed) for seed in seeds))


def budgets_of(steps: int | None, seconds: float | None) -> list[Budget]:
    """A budget of steps, unless only seconds are given, and one of seconds, if they are. LabError below 0 seconds."""
    if seconds is not None:
        check_number("seconds", seconds)
        if not 0 < seconds < float("inf"):
            raise LabError(f"seconds must be above 0, got {seconds}")
    wanted = [Budget(steps=steps)] if steps is not None or seconds is None else []
    return wanted if seconds is None else [*wanted, Budget(seconds=seconds)]


def _train(env: Environment, entry: Entry, seeds: Sequence[int], budget: Budget) -> Iterator[Run]:
    """Runs of these seeds."""
    if not seeds:
        return
    if budget.seconds is None:
        yield from train_seeds(env, entry.name, steps=budget.steps, seeds=seeds, **entry.config.__dict__)
        return
    each = entry.config.steps_per_iteration
    count = max(1, round(budget.seconds / seconds_per_iteration(Program(env, entry.name, each, entry.config), budget)))
    program = Program(env, entry.name, count * each, entry.config)
    for seed in seeds:
        yield finish(continue_stream(Run(program, program.init(seed), seed), chunks=1))


def seconds_per_iteration(program: Program, budget: Budget) -> float:
    """Seconds that an iteration takes, once it is compiled."""
    state = program.init(0)
    advance, _ = program.compile(state)
    count, spent = 1, 0.0
    while True:
        began = time.perf_counter()
        jax.block_until_ready(advance(state, jnp.int32(count)))
        spent = time.perf_counter() - began
        if spent >= min(PROBE_SECONDS, budget.seconds / 4):
            return spent / count
        count *= 2


def _scores(run: Run) -> dict[str, Any]:
    scores = evaluate(run)
    return {
        "seed": run.seed,
        **{name: value for name, value in {**scores.summary(), **by_difficulty(scores)}.items() if name in METRICS},
        "env_steps": run.env_steps,
        "train_seconds": round(run.seconds, 3),
        "compile_seconds": round(run.compile_seconds, 3),
        "goals": int(scores.pairs[run.env.states.start].sum()),
    }


def by_difficulty(scores: Evaluation) -> dict[str, float]:
    """Success of easy and of hard goals from the start, and of easy and hard (start, goal) pairs.

    Hard is what takes more exact steps than the median, over the goals that count from the start, or over all pairs
    that count; nan where nothing does.
    """
    start = np.zeros_like(scores.pairs)
    start[scores.exact.start] = scores.pairs[scores.exact.start]
    steps = scores.exact.steps()
    parts = {}
    for suffix, pairs in (("", start), ("_pairs", scores.pairs)):
        middle = np.median(steps[pairs]) if pairs.any() else 0.0
        for name, part in (("easy", pairs & (steps <= middle)), ("hard", pairs & (steps > middle))):
            parts[f"success_{name}{suffix}"] = float(scores.success[part].mean()) if part.any() else float("nan")
    return parts


def summarise(rows: Sequence[Mapping[str, Any]], metrics: Iterable[str]) -> list[dict[str, Any]]:
    """What `Comparison.summary` returns, for any rows of learner, map, budget and these metrics."""
    maps = list(dict.fromkeys(row["map"] for row in rows))
    groups = dict.fromkeys((row["budget"], row["learner"]) for row in rows)
    places = [*([place] for place in maps), *([maps] if len(maps) > 1 else [])]
    summary = []
    for budget, learner in groups:
        mine = [row for row in rows if (row["budget"], row["learner"]) == (budget, learner)]
        for place in places:
            runs = [[row for row in mine if row["map"] == name] for name in place]
            head = {"budget": budget, "learner": learner, "map": place[0] if len(place) == 1 else ALL_MAPS}
            scores = {metric: interval([[row[metric] for row in group] for group in runs]) for metric in metrics}
            summary.append({**head, "runs": sum(map(len, runs)), **scores})
    return summary


def interquartile_mean(scores: np.ndarray) -> np.ndarray:
    """Mean of what is left of float [..., N] without the lowest and the highest quarter (rounded down), [...]."""
    cut = scores.shape[-1] // 4
    return np.sort(scores, axis=-1)[..., cut : scores.shape[-1] - cut].mean(axis=-1)


def interval(strata: Iterable[Sequence[float]]) -> dict[str, float]:
    """Interquartile mean of all scores, `iqm`, and its 95 % percentile interval, `low` to `high`.

    Args:
      strata: scores of each map; the bootstrap draws as many anew from each. Those that are nan are left out.
    """
    finite = [scores[np.isfinite(scores)] for scores in (np.array(stratum, float) for stratum in strata)]
    finite = [scores for scores in finite if len(scores)]
    if not finite:
        return dict.fromkeys(("iqm", "low", "high"), float("nan"))
    rng = np.random.default_rng(0)  # the same runs always have the same interval
    drawn = [scores[rng.integers(len(scores), size=(RESAMPLES, len(scores)))] for scores in finite]
    low, high = np.quantile(interquartile_mean(np.concatenate(drawn, axis=1)), (0.025, 0.975))
    return {"iqm": float(interquartile_mean(np.concatenate(finite))), "low": float(low), "high": float(high)}


def run_key(env: Environment, entry: Entry, seed: int, budget: Budget) -> str:
    """A name for everything that decides what a run is."""
    steps = default_steps(env) if budget == Budget() else budget.steps
    settings = {"learner": entry.name, **dataclasses.asdict(entry.config), "world": env.spec, "seed": seed}
    settings |= {"steps": steps, "seconds": budget.seconds, "version": leo_lab.__version__}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def read_rows(path: str | Path | None, metrics: Iterable[str] = METRICS) -> dict[str, dict[str, Any]]:
    """Rows of a file by their key; where there is no such file, none. LabError for a file that holds other things.

    Args:
      path: the file of JSON lines, or None.
      metrics: which numbers every row has; null stands for nan.
    """
    if path is None or not Path(path).exists():
        return {}
    try:
        rows = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
        rows = [{**row, **{name: float("nan") for name in metrics if row[name] is None}} for row in rows]
        return {row["key"]: row for row in rows}
    except (ValueError, KeyError, TypeError):
        raise LabError(f"{path}: not a file of runs that were compared; choose another place") from None


def write_rows(path: str | Path | None, rows: Mapping[str, dict[str, Any]]) -> None:
    """Writes rows by their key, one line each, unless the path is None."""
    if path is not None:
        Comparison(tuple(rows.values())).to_jsonl(path)
