"""The settings of a learner with their meaning, read from its configuration."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import docstring_parser

from leo_lab.experience.online import OnlineConfig
from leo_lab.learners.registry import resolve, settings_of


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
