"""What options are made of: how their words are read, and those that follow from the world and the learner named."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypedDict, get_args

from tyro.conf import OmitArgPrefixes, Positional, UseAppendAction, arg
from tyro.constructors import PrimitiveConstructorSpec

from leo_lab.envs import env_entry, env_names, option_names
from leo_lab.errors import LabError
from leo_lab.learners.registry import described_settings, documented
from leo_lab.training.presets import default_learner

WORDS: ContextVar[tuple[str, ...]] = ContextVar("words", default=())
"""The command line that is being parsed; whom it names decides which settings are options."""

FLAGS = ("--resume", "--json", "--help")  # options without a value


def option(read: Callable[[str], Any], metavar: str, help: str, choices: Iterable[str] | None = None) -> Any:
    """The type of an option of one word, which `read` turns into a value, or raises ValueError; `metavar` stands for it
    in help and errors, and its default is added to `help`."""
    spec = PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=lambda words: read(words[0]),
        is_instance=lambda value: True,
        str_from_instance=lambda value: [",".join(map(str, value)) if isinstance(value, tuple) else str(value)],
        choices=None if choices is None else tuple(choices),
    )
    told = arg(help=help, help_behavior_hint=lambda shown: "" if shown in ("", "None") else f"({shown})")
    return Annotated[Any, spec, told]


def flag(help: str) -> Any:
    """The type of an option that reads no word."""
    return Annotated[bool, arg(help=help, help_behavior_hint="")]


def several(one: Any) -> Any:
    """The type of an option that may be given several times, as its help then says."""
    return Annotated[UseAppendAction[tuple[one, ...]], get_args(one)[-1]]


def reader(convert: Callable[[str], Any], wrong: str) -> Callable[[str], Any]:
    """A function that reads a word, and raises ValueError with these words where `convert` cannot."""

    def read(text: str) -> Any:
        """The value of a word. ValueError for what is none."""
        try:
            return convert(text)
        except (ValueError, KeyError, OverflowError):
            raise ValueError(wrong.format(text)) from None

    return read


def _pair(text: str) -> tuple[float, float]:
    x, y = map(float, text.split(","))
    return x, y


# A count is also written as 1e6; what is no whole number is no key.
read_count = reader(lambda text: {float(text): int(float(text))}[int(float(text))], '"{}" is not a whole number')
read_number = reader(float, "invalid float value: '{}'")
read_bool = reader(lambda text: {"true": True, "false": False}[text.lower()], '"{}" is neither true nor false')
read_place = reader(_pair, '"{}" is not a place; write X,Y')

text, count, number = partial(option, str), partial(option, read_count, "N"), partial(option, read_number, "X")
names = partial(option, lambda text: tuple(text.split(",")), "NAME,...")
counts = partial(option, lambda text: tuple(map(read_count, text.split(","))), "N,...")
file, folder = partial(option, Path, "FILE"), partial(option, Path, "DIR")

RunPath = Positional[folder("a run's directory or checkpoint")]
Part = text("NAME", "one network alone of several: teacher or student of Dual LEO")
Goals = several(text("GOAL", "such as r3c5; may be given several times"))
WalkPlaces = several(option(read_place, "X,Y", "instead of a goal, where goals are places"))
Learner = text("NAME", "a name that leo-lab list shows, or FILE.py:CLASS (leo; for places sac_leo)")
Device = text("DEVICE", "cpu or gpu; refuse to run on anything else", ("cpu", "gpu"))
Json = flag("print one JSON object")
Figure = file("also draw it: .html, .json, .png or .svg")
_READ = {int: (read_count, "INT"), float: (read_number, "FLOAT"), str: (str, "STR"), bool: (read_bool, "BOOL")}


def _world_options() -> type:
    """Options that choose a world: those of all worlds, described as the one named has them."""
    named, kinds, helps = named_world(WORDS.get()), {}, {}
    for world in sorted(env_names(), key=lambda name: name != named):
        helps = {**documented(env_entry(world).build), **helps}
        for name, parameter in inspect.signature(env_entry(world).build, eval_str=True).parameters.items():
            read = [_READ[each] for each in (*get_args(parameter.annotation), parameter.annotation) if each in _READ]
            if read and name != "title":
                kinds.setdefault(name, read[0])
    found = {}
    for name, read in kinds.items():
        worlds = [world for world in env_names() if name in option_names(world)]
        help = helps.get(name, "") + ("" if len(worlds) == len(env_names()) else f" ({', '.join(worlds)})")
        found["map_seed" if name == "seed" else name] = option(*read, help)
    return _given("what the world is like; with the worlds that have it, where not all do", found)


def _learner_options() -> type:
    """One option for each setting of the learner named."""
    learner = named_learner(WORDS.get())
    settings = described_settings(learner).items()
    found = {name: option(*_READ[kind], f"{help} (default: {default})") for name, (kind, default, help) in settings}
    return _given(f"settings of {learner}", found)


World = Annotated[dict[str, Any], OmitArgPrefixes, arg(name="world", constructor_factory=_world_options)]
Settings = Annotated[dict[str, Any], OmitArgPrefixes, arg(name="learner", constructor_factory=_learner_options)]


def _given(title: str, options: Mapping[str, Any]) -> type:
    """A type of dicts that hold those options that were given."""
    made = TypedDict("Given", dict(options), total=False)  # noqa: UP013
    made.__doc__ = title
    return made


def named_learner(words: Iterable[str]) -> str:
    """The learner that a command line names, whose settings are then its options; where it names none, the world's."""
    pairs = itertools.pairwise([*itertools.chain.from_iterable(word.split("=", 1) for word in words), ""])
    named = [after for word, after in pairs if word == "--learner"]
    return named[-1] if named and named[-1] else default_learner(named_world(words))


def named_world(words: Iterable[str]) -> str | None:
    """The world that a command line names, as far as can be told before its options are known; else None."""
    for before, word in itertools.pairwise(["", *words]):
        if word in env_names() and (not before.startswith("--") or "=" in before or before in FLAGS):
            return word
    return None


def world_options(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options for `make`, of those that were given. LabError for one that the named world has no use for."""
    options = {option.removeprefix("map_"): value for option, value in given.items()}
    for option, key in zip(given, options, strict=True):
        if key not in option_names(name):
            worlds = ", ".join(world for world in env_names() if key in option_names(world))
            raise LabError(f"{name} has no --{option.replace('_', '-')}, which is for {worlds}; leave it out")
    return options
