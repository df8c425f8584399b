"""What is compared: learners with their settings, and what every run of them may use."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import leo_lab
from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, check_number
from leo_lab.learners import configure, resolve, settings_of
from leo_lab.learners.registry import unknown_setting
from leo_lab.training import Program, default_steps, make_program


@dataclasses.dataclass(frozen=True)
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
    def parse(cls, text: str, first: Mapping[str, Any] | None = None) -> Entry:
        """Reads `learner` or `learner:setting=value:setting=value`, where a learner may be `my_file.py:MyLearner`.

        Args:
          text: what is read, and the label.
          first: settings over which those of the text go; those that the learner has not are left out.

        Raises:
          LabError: what is unknown or of a wrong type.
        """
        file, py, rest = text.rpartition(".py:")
        name, *settings = rest.split(":")
        learner = resolve(file + py + name)
        known = settings_of(learner)
        given = {key: value for key, value in (first or {}).items() if key in known}
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
        """Its training in an environment."""
        return make_program(env, self.learner, steps, **self.settings)


def _read_setting(name: str, value: str, wanted: type, text: str) -> Any:
    try:
        return {"true": True, "false": False}[value.lower()] if wanted is bool else wanted(value)
    except (ValueError, KeyError):
        raise LabError(f'{name} of learner "{text}" must be {wanted.__name__}, got "{value}"') from None


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


def run_key(env: Environment, entry: Entry, seed: int, budget: Budget) -> str:
    """A name for everything that decides what a run is."""
    steps = default_steps(env) if budget == Budget() else budget.steps
    settings = {"learner": entry.learner.name, **entry.settings, "world": env.spec, "seed": seed}
    settings |= {"steps": steps, "seconds": budget.seconds, "version": leo_lab.__version__}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def check_named(**things: Any) -> None:
    """Raises LabError where there is nothing to compare."""
    for name, given in things.items():
        if not given:
            raise LabError(f"{name} must name at least one")
