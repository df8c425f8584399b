"""Command-line options made from the configuration dataclasses, and errors of one line."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
from typing import Any, NoReturn

from leo_lab.errors import LabError, nearest, unknown
from leo_lab.learners import LEARNERS

MAP_OPTIONS = ("map", "size", "wall", "map_seed", "slip", "max_steps")


class Parser(argparse.ArgumentParser):
    """An argument parser whose every complaint is a LabError."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise LabError(f"{message}; try {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Answers a wrong choice with the nearest one; argparse itself lists them all."""
        if action.choices is not None and value not in action.choices:
            raise unknown(str(action.metavar or action.dest).lower(), value, action.choices)

    def parse(self, argv: list[str] | None) -> argparse.Namespace:
        """Parses all of `argv`; an unknown option is answered with the nearest known one."""
        known, rest = self.parse_known_args(argv)
        if rest:
            name = rest[0].partition("=")[0]
            raise LabError(f'unknown option "{name}"; {nearest(name, known.option_names)}')
        return known

    def remember_options(self) -> None:
        """Lets `parse` know this command's options when another one is not known."""
        self.set_defaults(option_names=[name for action in self._actions for name in action.option_strings])


def add_map_options(parser: Parser) -> None:
    """Options that choose a gridworld, and the time limit of any world."""
    group = parser.add_argument_group("the world")
    group.add_argument("--map", metavar="FILE|NAME", help="a map file or a shipped map (default: a random map)")
    group.add_argument("--size", type=int, metavar="N", help="cells along each side of a random map (12)")
    group.add_argument("--wall", type=float, metavar="P", help="wall probability of a random map (0.2)")
    group.add_argument("--map-seed", type=int, metavar="K", help="which random map (0)")
    group.add_argument(
        "--slip", type=float, metavar="P", help="probability that a move slips to the side (the map's own)"
    )
    group.add_argument("--max-steps", type=int, metavar="N", help="time limit of an episode (the world's own)")


def map_options(args: argparse.Namespace) -> dict[str, Any]:
    """Options for `make`, only those that were given."""
    given = {name: getattr(args, name) for name in MAP_OPTIONS if getattr(args, name) is not None}
    if "map_seed" in given:
        given["seed"] = given.pop("map_seed")
    return given


def add_learner_options(parser: Parser, learner: str) -> None:
    """One option for each setting of a learner, with its help from the configuration's docstring."""
    cls = LEARNERS[learner][1]
    help_of = {name: text for base in reversed(cls.__mro__) for name, text in _attributes(base).items()}
    group = parser.add_argument_group(f"settings of {learner}")
    for field in dataclasses.fields(cls):
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=f"config.{field.name}",
            type=type(field.default),
            metavar=type(field.default).__name__.upper(),
            help=f"{help_of.get(field.name, '')} (default: {field.default})".replace("%", "%%"),
        )


def named_learner(argv: list[str]) -> str:
    """The learner that a command line names, whose settings are then its options; "leo" where it names none."""
    first_look = Parser(add_help=False)
    first_look.add_argument("--learner", nargs="?")
    named = first_look.parse_known_args(argv)[0].learner
    return named if named in LEARNERS else "leo"


def learner_options(args: argparse.Namespace) -> dict[str, Any]:
    """The learner's settings that were given."""
    given = {name.partition(".")[2]: value for name, value in vars(args).items() if name.startswith("config.")}
    return {name: value for name, value in given.items() if value is not None}


def _attributes(cls: type) -> dict[str, str]:
    """Name and text of each entry under `Attributes:` in a class docstring."""
    # Python 3.13 takes the indentation out of docstrings, older ones do not.
    _, _, section = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:")
    entries = re.findall(r"^  (?=\w)(.+?): (.+?)(?=\n  \w|\n\n|\Z)", section, flags=re.S | re.M)
    return {name: " ".join(text.split()).rstrip(".") for name, text in entries}
