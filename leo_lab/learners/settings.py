"""The settings of a learner with their meaning, read from its configuration."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, NamedTuple

import docstring_parser

from leo_lab.errors import unknown
from leo_lab.learners import LEARNERS


class Setting(NamedTuple):
    """One setting: its type (int, float or str), its default, and a line about it."""

    kind: type
    default: Any
    help: str


def settings_of(learner: str) -> dict[str, Setting]:
    """The settings of a learner by name. LabError for an unknown learner."""
    if learner not in LEARNERS:
        raise unknown("learner", learner, LEARNERS)
    config = LEARNERS[learner][1]
    helps = {name: help for base in reversed(config.__mro__) for name, help in documented(base).items()}
    fields = dataclasses.fields(config)
    return {each.name: Setting(type(each.default), each.default, helps.get(each.name, "")) for each in fields}


def documented(thing: Any) -> dict[str, str]:
    """Name and text of each argument or attribute in the docstring of a function or class."""
    found = docstring_parser.parse(inspect.cleandoc(thing.__doc__ or "")).params
    return {each.arg_name: " ".join((each.description or "").split()).rstrip(".") for each in found}
