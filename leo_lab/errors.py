"""Errors that a user can act on: one line that says what was wrong, where, and what to do."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable, Sized


class LabError(ValueError):
    """Bad input from the user; the command line prints it as one line and exits with status 2.

    >>> leo_lab.make("gridwold")
    Traceback (most recent call last):
    leo_lab.errors.LabError: unknown environment "gridwold"; did you mean "gridworld"?

    Line breaks, which come with names and with the messages of other libraries, become blanks.
    """

    def __init__(self, message: str):
        super().__init__(" ".join(message.split()))


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns a hint such as `did you mean "maze"?`, or the list of known names if none is near."""
    known = [str(k) for k in known]
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    if near:
        return f'did you mean "{near[0]}"?'
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"known: {shown}"


def check_number(name: str, value: object, *, whole: bool = False) -> None:
    """Raises LabError unless `value` is a number, and a whole one where `whole`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral if whole else numbers.Real):
        raise LabError(f"{name} must be a {'whole ' if whole else ''}number, got {value!r}")


def check_count(name: str, value: object) -> None:
    """Raises LabError unless `value` is a whole number of at least 1."""
    check_number(name, value, whole=True)
    if value < 1:
        raise LabError(f"{name} must be at least 1, got {value}")


def check_named(**things: Sized) -> None:
    """Raises LabError where none of a kind of things are named."""
    for name, given in things.items():
        if not given:
            raise LabError(f"{name} must name at least one")


def unknown(kind: str, name: str, known: Iterable[str]) -> LabError:
    """Builds the error for a name that does not exist, with the nearest one that does."""
    return LabError(f'unknown {kind} "{name}"; {nearest(name, known)}')


def require(condition: bool, name: str, value: object, rule: str) -> None:
    """Raises LabError unless the condition holds."""
    if not condition:
        raise LabError(f"{name} must be {rule}, got {value}")


def require_choice(name: str, value: str, known: Iterable[str]) -> None:
    """Raises LabError, naming the nearest one, unless `value` is one of `known`."""
    if value not in known:
        raise unknown(name, value, known)
