"""Learners by name, those of the lab and those that users register; and the settings of each, with their meaning."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import inspect
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import docstring_parser

from leo_lab.envs.base import Environment
from leo_lab.errors import LabError, nearest, require_choice, unknown
from leo_lab.experience.online import OnlineConfig
from leo_lab.learners.checks import check_class
from leo_lab.learners.cleo import CLEO
from leo_lab.learners.config import Config, typed
from leo_lab.learners.dual import DualLEO
from leo_lab.learners.dual_ppo import DualLEOPPO
from leo_lab.learners.leo import LEO
from leo_lab.learners.ppo import PPO
from leo_lab.learners.sac import SAC
from leo_lab.learners.sac_her import SACHER
from leo_lab.learners.sac_leo import SACLEO
from leo_lab.learners.tabular import Tabular
from leo_lab.learners.uvfa import HER, PQN

OURS = (LEO, PQN, HER, PPO, DualLEO, DualLEOPPO, CLEO, Tabular, SAC, SACHER, SACLEO)
_registered: dict[str, type] = {cls.name: cls for cls in OURS}


def register(cls: type) -> type:
    """Makes a learner known by its `name`, to `train`, comparisons, checkpoints and the command line.

    >>> from leo_lab.learners.leo import LEO
    >>> class Mine(LEO):
    ...     name, title = "mine", "LEO, changed"
    >>> leo_lab.register(Mine).title
    'LEO, changed'
    >>> leo_lab.train(leo_lab.make("gridworld", size=4, seed=1), "mine", steps=20_000, gamma=0.9).values().title
    'LEO, changed, 20,480 steps'

    Also as a decorator. A class that is registered again, as by a cell that runs twice, replaces the old one.

    Raises:
      LabError: a class that is no learner, or whose name is that of a learner of the lab.
    """
    _check(cls)
    _registered[cls.name] = cls
    return cls


def learner_names() -> tuple[str, ...]:
    """Names of all learners."""
    return tuple(_registered)


def resolve(learner: str | type) -> type:
    """The class of a learner.

    Args:
      learner: a name; the class itself; or "my_file.py:MyLearner", a class in a file of Python, which is executed.

    Raises:
      LabError: an unknown name, a file that is not there, fails or has no such class, or a class that is no learner.
    """
    if isinstance(learner, type):
        return _check(learner)
    file, colon, name = str(learner).rpartition(":")
    if colon:
        return _check(_class_in(file, name))
    if str(learner).endswith(".py"):
        raise LabError(f"{learner} is a file; name its class, too: {learner}:MyLearner")
    require_choice("learner", learner, _registered)
    return _registered[learner]


def _check(cls: type) -> type:
    check_class(cls)
    clash = [field.name for field in dataclasses.fields(cls.Config) if field.name in cls.online.__dict__]
    if clash:
        raise LabError(f"{cls.__name__}.Config has {min(clash)}, a setting of collecting; give it another name")
    if cls not in OURS and cls.name in {ours.name for ours in OURS}:
        raise LabError(f'{cls.__name__}.name is "{cls.name}", a learner of leo_lab; give it a name of its own')
    return cls


def _class_in(file: str, name: str) -> type:
    path = Path(file)
    if not path.is_file():
        raise LabError(f"{file}: no such file; a learner is a name, or my_file.py:MyLearner")
    stat = path.stat()
    module = _module(path.resolve(), stat.st_mtime_ns, stat.st_size)
    classes = {key: thing for key, thing in vars(module).items() if inspect.isclass(thing)}
    if name not in classes:
        own = [key for key, thing in classes.items() if thing.__module__ == module.__name__]
        raise LabError(f'{file} has no class "{name}"; {nearest(name, own) if own else "it has none"}')
    return classes[name]


@functools.cache
def _module(path: Path, *_version: int) -> ModuleType:
    """A file, executed once as long as it is the same."""
    spec = importlib.util.spec_from_file_location(f"leo_lab_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise LabError(f"{path} is no file of Python; its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise LabError(f"{path} cannot be executed ({type(error).__name__}: {error})") from error
    return module


def settings_of(cls: type) -> dict[str, Any]:
    """Defaults of all settings of a learner by their names, those of collecting first."""
    return cls.online.__dict__ | {field.name: field.default for field in dataclasses.fields(cls.Config)}


class Setting(NamedTuple):
    """One setting: its type (int, float, str or bool), its default, and a line about it."""

    kind: type
    default: Any
    help: str


def described_settings(learner: str | type) -> dict[str, Setting]:
    """The settings of a learner by name, those of collecting first. LabError for an unknown learner."""
    cls = resolve(learner)
    bases = [*reversed(cls.Config.__mro__), OnlineConfig]
    helps = {name: help for base in bases for name, help in documented(base).items()}
    return {name: Setting(type(value), value, helps.get(name, "")) for name, value in settings_of(cls).items()}


def documented(thing: Any) -> dict[str, str]:
    """Name and text of each argument or attribute in the docstring of a function or class."""
    found = docstring_parser.parse(inspect.cleandoc(thing.__doc__ or "")).params
    return {each.arg_name: " ".join((each.description or "").split()).rstrip(".") for each in found}


def configure(learner: str | type, settings: Mapping[str, Any]) -> tuple[Config, OnlineConfig]:
    """The settings of a learner, given by keyword, as its own configuration and as that of collecting.

    Raises:
      LabError: an unknown setting, with the nearest one or the learners that have it; a value of a wrong type or out of
        range.
    """
    cls = resolve(learner)
    known = settings_of(cls)
    for name in settings:
        if name not in known:
            raise unknown_setting(cls, name)
    given = {name: typed(name, value, known[name]) for name, value in settings.items()}
    collecting = {name: given.pop(name) for name in cls.online.__dict__ if name in given}
    return cls.Config(**given), dataclasses.replace(cls.online, **collecting)


def check_fits(cls: type, env: Environment) -> None:
    """Raises LabError unless a learner is made for actions of the environment's kind, naming learners that are."""
    if cls.continuous != env.continuous:
        kinds = "continuous" if env.continuous else "discrete"
        fitting = [name for name, other in _registered.items() if other.continuous == env.continuous]
        which = f"which {cls.name} has no use for; train {', '.join(fitting[:3])} there"
        raise LabError(f"{env.title} has {kinds} actions, {which}")


def unknown_setting(cls: type, name: str) -> LabError:
    """Builds the error for a setting that a learner has not: whose it is, or the nearest one."""
    owners = [other.name for other in _registered.values() if name in settings_of(other)]
    if not owners:
        return unknown(f"setting of {cls.name}", name, settings_of(cls))
    return LabError(f'unknown setting of {cls.name} "{name}"; it is one of {", ".join(owners)}')
