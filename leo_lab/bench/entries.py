"""What a comparison is made of: learners with their settings, what their runs may use, and rows that are kept."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

import leo_lab
from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.bench.timing import pace
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_number, require
from leo_lab.learners import configure, resolve, settings_of
from leo_lab.learners.registry import OURS, unknown_setting
from leo_lab.training import Program, Run, continue_stream, finish, make_program

PROBE_SECONDS = 1.0  # of training that say how long an iteration takes
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
    """What every run may use: environment steps (None: as many as a world gets unless told) or seconds of training."""

    steps: int | None = None
    seconds: float | None = None

    @property
    def title(self) -> str:
        if self.seconds is not None:
            return f"{self.seconds:g} s"
        return "default steps" if self.steps is None else f"{self.steps:,} steps"


@dataclasses.dataclass(frozen=True)
class Job:
    """Runs of one learner in one world on one budget.

    Attributes:
      name, env: the world, and what it is called in the comparison.
      entry: the learner.
      budget: what each run may use.
      usual: environment steps of a run unless told.
    """

    name: str
    env: Environment
    entry: Entry
    budget: Budget
    usual: int

    @property
    def steps(self) -> int:
        """Environment steps of a run on a budget of steps."""
        return self.usual if self.budget.steps is None else self.budget.steps

    def program(self) -> Program:
        """The training of a run; with seconds, as long as fits into them after compilation."""
        if self.budget.seconds is None:
            return self.entry.program(self.env, self.steps)
        probe = self.entry.program(self.env, 1)
        fits = max(1, round(self.budget.seconds / seconds_per_iteration(probe, self.budget)))
        return self.entry.program(self.env, probe.source.steps * fits)

    def key(self, seed: int) -> str:
        """A name for everything that decides what a run is."""
        steps = None if self.budget.seconds is not None else self.steps
        settings = {"learner": self.entry.learner.name, **self.entry.settings, "world": self.env.spec, "seed": seed}
        settings |= {"steps": steps, "seconds": self.budget.seconds, "version": leo_lab.__version__}
        own = [*([] if self.entry.learner in OURS else [self.entry.learner]), *([] if self.env.spec else [self.env])]
        settings |= {"own": [_told_apart(thing) for thing in own]} if own else {}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


@functools.cache
def _told_apart(thing: Any) -> str:
    """The sum of the file of somebody's own learner; without a file, and for a world, what only this process knows."""
    methods = filter(inspect.isfunction, vars(thing).values()) if inspect.isclass(thing) else ()
    files = sorted({method.__code__.co_filename for method in methods if Path(method.__code__.co_filename).is_file()})
    content = b"".join(Path(file).read_bytes() for file in files) or uuid.uuid4().bytes
    return hashlib.sha256(content).hexdigest()


def seconds_per_iteration(program: Program, budget: Budget) -> float:
    """Seconds that an iteration takes, once it is compiled."""
    state = program.init(0)
    return pace(program.compile(state)[0], state, min(PROBE_SECONDS, budget.seconds / 4))


def one_by_one(program: Program, seeds: Iterable[int]) -> Iterator[Run]:
    """Whole runs of these seeds."""
    for seed in seeds:
        yield finish(continue_stream(Run(program, program.init(seed), seed), chunks=1))


def run_row(run: Run) -> Row:
    """What every row of a comparison says of its run: seed, and the steps and seconds that it really used."""
    seconds = {"train_seconds": round(run.seconds, 3), "compile_seconds": round(run.compile_seconds, 3)}
    return {"seed": run.seed, "env_steps": run.env_steps, **seconds}


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
    wanted = [Budget(steps=steps)] if steps is not None or seconds is None else []
    if seconds is not None:
        check_number("seconds", seconds)
        require(0 < seconds < float("inf"), "seconds", seconds, "above 0")
        wanted.append(Budget(seconds=seconds))
    return wanted


def finish_jobs(
    jobs: Sequence[Job],
    train: Callable[[Job, Sequence[int]], Iterator[Row]],
    seeds: Sequence[int],
    path: str | Path | None,
    *,
    key: Callable[[Job, int], str],
    progress: bool,
) -> list[Row]:
    """Makes the rows that a file does not hold yet, keeps each as it comes, and returns all that were asked for.

    Args:
      jobs, seeds: what is trained, each job with every seed.
      train: job, seeds -> a row of each, as they are trained.
      path: see `read_rows`.
      key: job, seed -> what fixes everything about that run.
      progress: show a progress bar over the runs.

    Raises:
      LabError: settings that do not suit a world, said before any training; a file that holds other things.
    """
    for job in jobs:
        job.entry.program(job.env, 1 if job.budget.steps is None else job.budget.steps)
    known, rows = read_rows(path), []
    with tqdm(total=len(jobs) * len(seeds), disable=not progress, unit="run") as bar:
        for job in jobs:
            head = {"learner": job.entry.label, "world": job.name, "budget": job.budget.title}
            bar.set_description(", ".join(head.values()))
            keys = {seed: key(job, seed) for seed in seeds}
            missing = [seed for seed in seeds if keys[seed] not in known]
            for row in train(job, missing) if missing else ():
                known[keys[row["seed"]]] = {**head, **row, "key": keys[row["seed"]]}
                write_rows(path, known.values())
                bar.update()
            bar.update(len(seeds) - len(missing))
            rows += [{**known[keys[seed]], **head} for seed in seeds]  # a file may call them otherwise
    return rows


def read_rows(path: str | Path | None) -> dict[str, Row]:
    """Rows of a file of JSON lines by their key, with nan for null; none where the path is None or there is no file.

    LabError for a file that holds other things.
    """
    if path is None or not Path(path).exists():
        return {}
    try:
        rows = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines()]
        rows = [{name: float("nan") if value is None else value for name, value in row.items()} for row in rows]
        return {row["key"]: row for row in rows if [row[name] for name in _HEAD]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LabError(f"{path}: not a file of runs that were compared; choose another place") from None


def write_rows(path: str | Path | None, rows: Iterable[Mapping[str, Any]]) -> None:
    """Writes one JSON line per row, unless the path is None. LabError where it cannot be written."""
    if path is not None:
        write_atomically(Path(path), "".join(to_json(row) + "\n" for row in rows).encode())
