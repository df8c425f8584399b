"""The `leo-lab` command: which commands there are, and errors of one line."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence

import tyro
from tyro import _errors as events  # not stable: hence the upper bound of tyro in pyproject.toml

from leo_lab.cli.bench_continuous import bench_continuous
from leo_lab.cli.bench_cost import bench_cost
from leo_lab.cli.bench_craftax import bench_craftax
from leo_lab.cli.bench_gridworld import bench_gridworld
from leo_lab.cli.check import check
from leo_lab.cli.compare import compare
from leo_lab.cli.demo import demo
from leo_lab.cli.evaluate import evaluate
from leo_lab.cli.export import export
from leo_lab.cli.listing import list_names
from leo_lab.cli.options import WORDS
from leo_lab.cli.rollout import rollout
from leo_lab.cli.train import train
from leo_lab.cli.values import values
from leo_lab.errors import LabError, unknown

ABOUT = "Train, score and look at agents that learn every goal at once."
BENCHES = {
    "gridworld": bench_gridworld,
    "cost": bench_cost,
    "craftax": bench_craftax,
    "continuous": bench_continuous,
}
COMMANDS = {
    "train": train,
    "evaluate": evaluate,
    "values": values,
    "rollout": rollout,
    "export": export,
    "compare": compare,
    "list": list_names,
    "demo": demo,
    "check": check,
}
_STYLE = (tyro.conf.FlagCreatePairsOff, tyro.conf.HelptextFromCommentsOff)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status: 0, or 2 after a one-line error."""
    try:
        return parse(sys.argv[1:] if argv is None else argv)() or 0
    except LabError as error:
        print(f"leo-lab: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"leo-lab: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("leo-lab: interrupted; what was saved can be continued with --resume", file=sys.stderr)
        return 130


def parse(words: Sequence[str]) -> functools.partial:
    """The function of the command with the arguments that the words give it. LabError for what is wrong."""
    token, shown = WORDS.set(tuple(words)), io.StringIO()
    shown.isatty = sys.stdout.isatty  # for its colours
    try:
        with events.on_parse_error(functools.partial(_refuse, words=words)), contextlib.redirect_stdout(shown):
            return _app().cli(prog="leo-lab", description=ABOUT, args=words, config=_STYLE)
    finally:
        WORDS.reset(token)
        print(_wrapped(shown.getvalue()) if {"-h", "--help"} & set(words) else shown.getvalue(), end="")


def _wrapped(page: str) -> str:
    """A page of help whose every line fits the terminal; its boxes do already."""
    width = shutil.get_terminal_size().columns
    boxed = re.compile("[│╭╰]")
    lines = [
        line if boxed.search(line) else textwrap.fill(line, width, subsequent_indent="  ") for line in page.split("\n")
    ]
    return "\n".join(lines)


def _app() -> tyro.extras.SubcommandApp:
    """All commands. None is run while it is parsed, so that its own errors are not taken for those of parsing."""
    app, benches = tyro.extras.SubcommandApp(), tyro.extras.SubcommandApp()
    for group, functions in ((benches, BENCHES), (app, COMMANDS)):
        for name, function in functions.items():
            group.command(name=name)(_bound(function))
    app.command(benches, name="bench", help="Measure speed and quality on this machine.")
    return app


def _bound(function: Callable) -> Callable[..., functools.partial]:
    @functools.wraps(function)
    def bind(*args, **kwargs):
        return functools.partial(function, *args, **kwargs)

    return bind


def _refuse(event: events.ParseErrorEvent, words: Sequence[str]) -> None:
    """Raises what is wrong as a LabError of one line, with the nearest name or the help to ask for."""
    path = _path(words)
    ask = f"try {' '.join(['leo-lab', *path])} --help"
    strangers = getattr(event, "tokens", None) or getattr(event, "unrecognized_tokens", None)
    if strangers and path in ((), ("bench",)):
        names = BENCHES if path else [*COMMANDS, "bench"]
        raise unknown("benchmark" if path else "command", strangers[0], names)
    if strangers:
        raise unknown("option", strangers[0].partition("=")[0], _option_names(path))
    if isinstance(event, events.MissingSubcommand):
        raise LabError(f"the following arguments are required: {'BENCHMARK' if path else 'COMMAND'}; {ask}")
    if isinstance(event, events.MissingArgs):
        names = ", ".join(_name(each.arg) for each in event.missing_arguments)
        raise LabError(f"the following arguments are required: {names}; {ask}")
    if isinstance(event, events.BadValue):
        raise LabError(f"argument {_name(event.argument)}: expected one argument; {ask}")
    if isinstance(event, events.InvalidChoice):
        raise unknown(event.argument.lowered.metavar.lower(), event.value, event.choices)
    if isinstance(event, events.InstantiationFailure) and event.argument:
        raise LabError(f"argument {_name(event.argument)}: {event.message}; {ask}")


def _path(words: Sequence[str]) -> tuple[str, ...]:
    """The command that words begin with, () for none."""
    first, second = (*words[:2], "", "")[:2]
    if first == "bench":
        return ("bench", second) if second in BENCHES else ("bench",)
    return (first,) if first in COMMANDS else ()


def _name(argument) -> str:
    """An option, or what stands for a word that has none."""
    return argument.lowered.metavar if argument.is_positional() else argument.lowered.name_or_flags[0]


def _option_names(path: Sequence[str]) -> list[str]:
    """The options of a command, as its help lists them."""
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
        parse([*path, "--help"])
    return re.findall(r"^\W*(--[a-z][\w-]*)", shown.getvalue(), flags=re.M)
