"""What a comparison is made of: learners with their settings, what their runs may use, and rows that are kept."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
from tqdm.auto import tqdm

from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.bench.fingerprint import fingerprint
from leo_lab.bench.timing import about
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_number, require, require_choice
from leo_lab.learners import configure, resolve, settings_of
from leo_lab.learners.registry import unknown_setting
from leo_lab.training import (
    Program,
    Run,
    Snapshot,
    continue_for,
    continue_stream,
    finish,
    make_program,
    run_seeds,
)

UNITS = ("steps", "passes", "seconds")  # of environment; rows that go through the network and back; of training
SECONDS = 10.0  # of training, unless told
ENDLESS = 10**12  # steps of a run that seconds end
Row = dict[str, Any]
_HEAD = ("learner", "world", "budget", "seed", "env_steps")  # what every row has


@dataclasses.dataclass(frozen=True, eq=False)
class Entry:
    """A learner with its settings.

    Attributes:
      label: how it is called in the comparison, such as "her:relabel=random".
      learner: its class.
      settings: all of them by name.
    """

    label: str
    learner: type
    settings: dict[str, Any]

    @classmethod
    def parse(cls, text: str, suits: Mapping[str, Any] | None = None) -> Entry:
        """Reads `learner` or `learner:setting=value:setting=value`, where a learner may be `my_file.py:MyLearner`.

        Args:
          text: the learner, and settings that win.
          suits: settings that suit a world, of which those count that the learner has.

        Raises:
          LabError: what is unknown, or of a wrong type.
        """
        file, py, rest = text.rpartition(".py:")
        name, *settings = rest.split(":")
        learner = resolve(file + py + name)
        known = settings_of(learner)
        given = {key: value for key, value in (suits or {}).items() if key in known}
        for setting in settings:
            key, equals, value = setting.partition("=")
            if not equals:
                raise LabError(f'"{setting}" in learner "{text}" is no setting; write {file + py + name}:setting=value')
            if key not in known:
                raise unknown_setting(learner, key)
            given[key] = _read_setting(key, value, type(known[key]), text)
        config, online = configure(learner, given)
        return cls(text, learner, {**online.__dict__, **config.__dict__})

    def program(self, env: Environment, steps: int) -> Program:
        """The training of this learner. LabError where its settings do not suit the environment."""
        return make_program(env, self.learner, steps, **self.settings)


def _read_setting(name: str, value: str, wanted: type, text: str) -> Any:
    try:
        return {"true": True, "false": False}[value.lower()] if wanted is bool else wanted(value)
    except (ValueError, KeyError):
        raise LabError(f'{name} of learner "{text}" must be {wanted.__name__}, got "{value}"') from None


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every run may use.

    Attributes:
      unit: one of UNITS.
      amount: how much; None for as many steps as a world gets unless told, or for the gradient passes that the first
        learner makes in these.
    """

    unit: str = "steps"
    amount: float | None = None

    @property
    def title(self) -> str:
        if self.unit == "seconds":
            return f"{self.amount:g} s"
        return f"default {self.unit}" if self.amount is None else f"{round(self.amount):,} {self.unit}"


@dataclasses.dataclass(frozen=True, eq=False)
class Job:
    """Runs of one learner in one world on one budget.

    Attributes:
      name, env: the world, and what it is called in the comparison.
      entry: the learner.
      budget: what each run may use, with its amount.
      title: what the budget is called.
      more: what else decides what a row is, besides the run, such as how it is tried; it ends the row's key.
      own: what else its rows say of themselves.
    """

    name: str
    env: Environment
    entry: Entry
    budget: Budget
    title: str
    more: str = ""
    own: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def head(self) -> Row:
        """What its rows have in common."""
        return {"learner": self.entry.label, "world": self.name, "budget": self.title, **self.own}

    def program(self) -> Program:
        """The training of a run: as long as the budget lasts, or where seconds say so, without an end."""
        unit, amount = self.budget.unit, self.budget.amount
        if unit == "steps":
            return self.entry.program(self.env, amount)
        one = self.entry.program(self.env, 1 if unit == "passes" else ENDLESS)
        if unit == "seconds":
            return one
        return self.entry.program(self.env, max(1, round(amount / one.learner.passes)) * one.source.steps)

    def keys(self, program: Program, seeds: Iterable[int]) -> dict[int, str]:
        """By seed, a name for everything that decides what a row is, with the program traced once for all seeds.

        On another device, seconds are worth something else.
        """
        parts = {"program": fingerprint(program), "world": self.env.spec, **self.budget.__dict__}
        if self.budget.unit == "seconds":
            parts["device"] = jax.devices()[0].device_kind
        elif self.budget.unit == "passes":
            parts = {**parts, "unit": "steps", "amount": program.steps}
        named = {seed: json.dumps({**parts, "seed": seed}, sort_keys=True).encode() for seed in seeds}
        return {seed: hashlib.sha256(name).hexdigest()[:16] + self.more for seed, name in named.items()}

    def whole_runs(self, program: Program, seeds: Sequence[int]) -> Iterator[Run]:
        """Finished runs with these seeds; on a budget of seconds one after the other, else side by side."""
        if self.budget.unit != "seconds":
            return iter(run_seeds(program, seeds))
        return (finish(self._snapshots(program, seed, 1)) for seed in seeds)

    def stages(self, program: Program, seed: int, points: int) -> Iterator[Run]:
        """A run at about so many times while it is trained, evenly spaced, the last of which is its end."""
        run, due = None, 1
        for snapshot in self._snapshots(program, seed, points):
            if run is not None and self._share(run) >= due / points:
                yield run
                due += 1
            run = snapshot.run
        yield run

    def _snapshots(self, program: Program, seed: int, points: int) -> Iterator[Snapshot]:
        begun = Run(program, program.init(seed), seed)
        if self.budget.unit == "seconds":
            return continue_for(begun, self.budget.amount)
        return continue_stream(begun, chunks=points)

    def _share(self, run: Run) -> float:
        """How much of the budget a run has used."""
        return run.seconds / self.budget.amount if self.budget.unit == "seconds" else run.env_steps / run.program.steps


def one_by_one(program: Program, seeds: Iterable[int]) -> Iterator[Run]:
    """Whole runs of these seeds."""
    for seed in seeds:
        yield finish(continue_stream(Run(program, program.init(seed), seed), chunks=1))


def run_row(run: Run) -> Row:
    """What every row of a comparison says of its run: seed, and the steps, passes and seconds that it really used."""
    seconds = {"train_seconds": round(run.seconds, 3), "compile_seconds": round(run.compile_seconds, 3)}
    passes = run.iteration * run.learner.passes
    return {"seed": run.seed, "env_steps": run.env_steps, "gradient_passes": passes, **seconds}


def seeds_of(seeds: int | Sequence[int]) -> list[int]:
    """Seeds, each once: so many (0, 1, ...), or these. LabError where there is none."""
    if np.ndim(seeds) == 0:
        check_number("seeds", seeds, whole=True)
        seeds = range(seeds)
    if len(seeds) == 0:
        raise LabError("seeds must name at least one seed")
    return list(dict.fromkeys(int(seed) for seed in seeds))


def budgets_of(units: Sequence[str] | None, amounts: Mapping[str, float | None]) -> list[Budget]:
    """Budgets of these units, or of those that have an amount, or of steps. LabError for amounts not above 0."""
    for unit in units or ():
        require_choice("budget", unit, UNITS)
    given = [unit for unit in UNITS if amounts[unit] is not None]
    for unit in given:
        check_number(unit, amounts[unit])
        least = "above 0" if unit == "seconds" else "at least 1"
        require((0 if unit == "seconds" else 1 - 1e-9) < amounts[unit] < float("inf"), unit, amounts[unit], least)
    unused = sorted(set(given) - set(units or given) - {"steps"})
    require(not unused, "budget", list(units or ()), f"without {unused} or with it among {list(UNITS)}")
    seconds = SECONDS if amounts["seconds"] is None else amounts["seconds"]
    return [Budget(unit, seconds if unit == "seconds" else amounts[unit]) for unit in units or given or ["steps"]]


def finish_jobs(
    jobs: Sequence[Job],
    train: Callable[[Job, Program, Sequence[int]], Iterator[Row]],
    seeds: Sequence[int],
    path: str | Path | None,
    *,
    progress: bool,
) -> list[Row]:
    """Makes the rows that a file does not hold yet, keeps each as it comes, and returns all that were asked for.

    Args:
      jobs, seeds: what is trained, each job with every seed.
      train: job, its program, seeds -> a row of each, as they are trained.
      path: see `read_rows`.
      progress: show a progress bar over the runs.

    Raises:
      LabError: settings that do not suit a world, said before any training; a file that holds other things.
    """
    for job in jobs:
        job.program()
    known, rows = {row["key"]: row for row in read_rows(path)}, []
    with tqdm(total=len(jobs) * len(seeds), disable=not progress, unit="run") as bar:
        for job in jobs:
            bar.set_description(f"{job.entry.label}, {job.name}, {job.title}")
            program = job.program()
            keys = job.keys(program, seeds)
            missing = [seed for seed in seeds if keys[seed] not in known]
            for row in train(job, program, missing) if missing else ():
                known[keys[row["seed"]]] = {**job.head, **row, **about(), "key": keys[row["seed"]]}
                write_rows(path, known.values())
                bar.update()
            bar.update(len(seeds) - len(missing))
            # A file may call them otherwise, or not say the version of JAX, without which no key would be the same.
            rows += [{**known[keys[seed]], **job.head, "jax": jax.__version__} for seed in seeds]
    return rows


def read_rows(path: str | Path | None) -> list[Row]:
    """Rows of a file of JSON lines, with nan for null; none where the path is None or there is no file.

    One run may have several, of equal keys, as it may be what is asked for on several budgets. LabError for a file that
    holds other things.
    """
    if path is None or not Path(path).exists():
        return []
    try:
        rows = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
        rows = [{name: float("nan") if value is None else value for name, value in row.items()} for row in rows]
        return [row for row in rows if [row[name] for name in (*_HEAD, "key")]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LabError(f"{path}: not a file of runs that were compared; choose another place") from None


def write_rows(path: str | Path | None, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes one JSON line per row, unless the path is None. LabError where it cannot be written."""
    if path is not None:
        write_atomically(Path(path), "".join(to_json(row) + "\n" for row in rows).encode())
