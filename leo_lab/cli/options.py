"""Command-line options made from the configuration dataclasses, and errors of one line."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import itertools
import math
import re
from typing import Any, NoReturn

from leo_lab.envs import env_entry, env_names, option_names
from leo_lab.errors import LabError, nearest, unknown
from leo_lab.learners import LEARNERS

GRID_OPTIONS = ("map", "size", "wall", "map_seed", "slip", "max_steps")
FLAGS = ("--resume", "--json", "--help")  # options without a value
PLANE_OPTIONS = ("spacing", "radius", "speed", "cell", "backend")


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
        known, rest = self.parse_known_args(None if argv is None else with_signed_values(argv))
        if rest:
            name = rest[0].partition("=")[0]
            raise LabError(f'unknown option "{name}"; {nearest(name, known.option_names)}')
        return known

    def remember_options(self) -> None:
        """Lets `parse` know this command's options when another one is not known."""
        self.set_defaults(option_names=[name for action in self._actions for name in action.option_strings])


def add_map_options(parser: Parser) -> None:
    """Options that choose a gridworld, the map of other mazes, and the time limit of any world."""
    group = parser.add_argument_group("the world")
    group.add_argument(
        "--map", metavar="FILE|NAME", help="a map file or a shipped map (gridworld: a random map; else the world's own)"
    )
    group.add_argument("--size", type=int, metavar="N", help="cells along each side of a random map (12)")
    group.add_argument("--wall", type=float, metavar="P", help="wall probability of a random map (0.2)")
    group.add_argument("--map-seed", type=int, metavar="K", help="which random map (0)")
    group.add_argument(
        "--slip", type=float, metavar="P", help="probability that a move slips to the side (the map's own)"
    )
    group.add_argument("--max-steps", type=int, metavar="N", help="time limit of an episode (the world's own)")


def add_plane_options(parser: Parser) -> None:
    """Options that choose a world of places."""
    group = parser.add_argument_group("a world of places: point_maze, reacher, ant, ant_umaze")
    group.add_argument("--spacing", type=float, metavar="D", help="between neighbouring goals (the world's own)")
    group.add_argument("--radius", type=float, metavar="D", help="a goal is achieved within it (the world's own)")
    group.add_argument("--speed", type=float, metavar="D", help="cells per step in a point_maze, at most 1 (0.5)")
    group.add_argument("--cell", type=float, metavar="D", help="side of a cell of an ant_umaze, in metres (4)")
    group.add_argument("--backend", metavar="NAME", help="of brax's physics: spring, positional, generalized (spring)")


def map_options(args: argparse.Namespace) -> dict[str, Any]:
    """Options for `make`, only those that were given."""
    given = {name: getattr(args, name, None) for name in (*GRID_OPTIONS, *PLANE_OPTIONS)}
    given = {name: value for name, value in given.items() if value is not None}
    if "map_seed" in given:
        given["seed"] = given.pop("map_seed")
    return given


def check_map_options(args: argparse.Namespace) -> None:
    """Raises LabError for an option that the named world has no use for."""
    known = option_names(args.env)
    for name in map_options(args):
        if name not in known:
            worlds = ", ".join(world for world in env_names() if name in option_names(world))
            option = "map-seed" if name == "seed" else name
            raise LabError(f"{args.env} has no --{option}, which is for {worlds}; leave it out")


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
    """The learner that a command line names, whose settings are then its options; where it names none, the world's."""
    first_look = Parser(add_help=False)
    first_look.add_argument("--learner", nargs="?")
    named = first_look.parse_known_args(argv)[0].learner
    if named in LEARNERS:
        return named
    world = _named_world(argv)
    return "sac_leo" if world is not None and env_entry(world).continuous else "leo"


def _named_world(argv: list[str]) -> str | None:
    """The world that a command line names, as far as can be told before its options are known; else None."""
    for before, word in itertools.pairwise(["", *argv]):
        is_value = before.startswith("--") and "=" not in before and before not in FLAGS
        if word in env_names() and not is_value:
            return word
    return None


def with_signed_values(argv: list[str]) -> list[str]:
    """Puts a value that begins with a minus sign, such as -0.1,0.05, into one word with the option before it."""
    words: list[str] = []
    for word in argv:
        if re.match(r"-\.?\d", word) and words and words[-1].startswith("--") and "=" not in words[-1]:
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


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


def read_count(text: str) -> int:
    """An integer, also written as 1e6."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number.is_integer():
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number')
    return int(number)


def read_counts(text: str) -> tuple[int, ...]:
    """Integers with commas between them."""
    return tuple(read_count(part) for part in text.split(","))


def read_names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(text.split(","))
