"""The `leo-lab` command: which commands there are, and errors of one line."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tyro
from tyro import _errors as events  # not stable: hence the upper bound of tyro in pyproject.toml

from leo_lab.cli.about import check, list_names
from leo_lab.cli.agents import evaluate, export, rollout, values
from leo_lab.cli.benches import bench_continuous, bench_cost, bench_craftax, bench_gridworld, bench_sizes
from leo_lab.cli.compare import compare
from leo_lab.cli.demo import demo
from leo_lab.cli.options import WORDS
from leo_lab.cli.train import train
from leo_lab.errors import LabError, unknown

ABOUT = "Train, score and look at agents that learn every goal at once."
BENCHES = {
    **{"gridworld": bench_gridworld, "sizes": bench_sizes, "cost": bench_cost},
    **{"craftax": bench_craftax, "continuous": bench_continuous},
}
COMMANDS = {
    **{"train": train, "evaluate": evaluate, "values": values, "rollout": rollout, "export": export},
    **{"compare": compare, "bench": BENCHES, "list": list_names, "demo": demo, "check": check},
}
_STYLE = (tyro.conf.FlagCreatePairsOff, tyro.conf.HelptextFromCommentsOff)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status: 0, or 2 after a one-line error."""
    try:
        return parse(sys.argv[1:] if argv is None else argv)() or 0
    except (LabError, OSError) as error:
        file = getattr(error, "filename", None) or "input or output"
        words = error if isinstance(error, LabError) else f"{file}: {error.strerror or error}"
        print(f"leo-lab: {words}", file=sys.stderr)
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
            return _app(COMMANDS).cli(prog="leo-lab", description=ABOUT, args=words, config=_STYLE)
    finally:
        WORDS.reset(token)
        print(_wrapped(shown.getvalue()) if {"-h", "--help"} & set(words) else shown.getvalue(), end="")


def _wrapped(page: str) -> str:
    """A page of help whose every line fits the terminal; its boxes do already."""
    width, boxed = shutil.get_terminal_size().columns, re.compile("[│╭╰]")
    lines = page.split("\n")
    return "\n".join(x if boxed.search(x) else textwrap.fill(x, width, subsequent_indent="  ") for x in lines)


def _app(commands: Mapping[str, Any]) -> tyro.extras.SubcommandApp:
    """All commands. None is run while it is parsed, so that its own errors are not taken for those of parsing."""
    app = tyro.extras.SubcommandApp()
    for name, command in commands.items():
        if command is BENCHES:
            app.command(_app(command), name=name, help="Measure speed and quality on this machine.")
        else:
            app.command(name=name)(_bound(command))
    return app


def _bound(command: Callable) -> Callable[..., functools.partial]:
    """The command with its arguments, not called yet."""
    return functools.wraps(command)(lambda *args, **options: functools.partial(command, *args, **options))


def _refuse(event: events.ParseErrorEvent, words: Sequence[str]) -> None:
    """Raises what is wrong as a LabError of one line, with the nearest name or the help to ask for."""
    path, below = [], COMMANDS
    for word in words[:2]:
        if below in (COMMANDS, BENCHES) and word in below:
            path, below = [*path, word], below[word]
    ask = f"try {' '.join(['leo-lab', *path])} --help"
    what = {0: "command", 1: "benchmark"}[len(path)] if below in (COMMANDS, BENCHES) else ""
    strangers = getattr(event, "tokens", None) or getattr(event, "unrecognized_tokens", None)
    if strangers:
        name = strangers[0].partition("=")[0]
        raise unknown(what or "option", name, below if what else _option_names(path))
    if isinstance(event, events.MissingSubcommand):
        raise LabError(f"the following arguments are required: {what.upper()}; {ask}")
    if isinstance(event, events.MissingArgs):
        names = ", ".join(_name(each.arg) for each in event.missing_arguments)
        raise LabError(f"the following arguments are required: {names}; {ask}")
    if isinstance(event, events.BadValue):
        raise LabError(f"argument {_name(event.argument)}: expected one argument; {ask}")
    if isinstance(event, events.InvalidChoice):
        raise unknown(event.argument.lowered.metavar.lower(), event.value, event.choices)
    if isinstance(event, events.InstantiationFailure) and event.argument:
        raise LabError(f"argument {_name(event.argument)}: {event.message}; {ask}")


def _name(argument) -> str:
    """An option, or what stands for a word that has none."""
    return argument.lowered.metavar if argument.is_positional() else argument.lowered.name_or_flags[0]


def _option_names(path: Sequence[str]) -> list[str]:
    """The options of a command, as its help lists them."""
    with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
        parse([*path, "--help"])
    return re.findall(r"^\W*(--[a-z][\w-]*)", shown.getvalue(), flags=re.M)
