"""Options that commands share: where to run, and how to say what was found."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Device, Figure, Json
from leo_lab.training.devices import require_platform
from leo_lab.viz.figures.reports import check_figure_path, save_figure


@dataclasses.dataclass(frozen=True)
class Output:
    """Where a command runs, and whether it prints words or JSON. Raises LabError where that device is not there."""

    device: Device = None
    json: Json = False

    def __post_init__(self):
        require_platform(self.device)


@dataclasses.dataclass(frozen=True)
class Report(Output):
    """And a figure. Raises LabError where it could not be written, too; all of it before hours are spent."""

    figure: Figure = None

    def __post_init__(self):
        super().__post_init__()
        check_figure_path(self.figure)

    def show(self, found: Mapping[str, Any], words: Callable, draw: Callable) -> None:
        """Prints what was found, in words or as JSON, and draws it where that was asked for."""
        if self.figure:
            save_figure(self.figure, draw(found))
        print(to_json(found) if self.json else words(found))


def with_output(command: Callable) -> Callable:
    """The command with options in place of its one parameter that is an Output, which is made of them first."""
    hints = get_type_hints(command, include_extras=True)
    name = next(name for name, kind in hints.items() if inspect.isclass(kind) and issubclass(kind, Output))
    kind, shown = hints[name], []
    types = get_type_hints(kind, include_extras=True)
    for each in inspect.signature(command).parameters.values():
        fields = dataclasses.fields(kind) if each.name == name else ()
        options = [each.replace(name=x.name, default=x.default, annotation=types[x.name]) for x in fields]
        shown += options or [each.replace(annotation=hints[each.name])]

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> Any:
        output = kind(**{option: given.pop(option) for option in types if option in given})
        return command(*args, **{name: output}, **given)

    del run.__wrapped__  # in which tyro would look for types
    run.__signature__ = inspect.Signature(shown)
    run.__annotations__ = {each.name: each.annotation for each in shown}
    return run
