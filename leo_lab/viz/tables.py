"""Small tables of numbers: plain text in a terminal, HTML in a notebook, the same words in both."""

from __future__ import annotations

import dataclasses
import html
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from leo_lab.errors import LabError, require_choice

_NOTHING = "-"


@dataclasses.dataclass(frozen=True, repr=False)
class Table:
    """A table ready to be shown.

    Attributes:
      headings: one per column.
      cells: rows of text, each as long as `headings`.
      numeric: per column, whether it holds numbers, which stand to the right.
      caption: a line above it, or "".
    """

    headings: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    caption: str = ""

    def __repr__(self) -> str:
        lines = [self.headings, *self.cells]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.headings))]
        sides = (">" if right else "<" for right in self.numeric)
        form = "  ".join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
        text = [form.format(*line).rstrip() for line in lines]
        text.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([self.caption, *text] if self.caption else text)

    def _repr_html_(self) -> str:
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        head = self._html_row("th", self.headings)
        body = "".join(self._html_row("td", row) for row in self.cells)
        return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>"

    def _html_row(self, tag: str, row: Sequence[str]) -> str:
        sides = ("right" if right else "left" for right in self.numeric)
        pairs = zip(row, sides, strict=True)
        cells = [f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>' for cell, side in pairs]
        return f"<tr>{''.join(cells)}</tr>"


def table(
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str] | Mapping[str, str] | None = None,
    *,
    digits: int = 3,
    caption: str = "",
) -> Table:
    """A table of dicts, one row each, such as `evaluation.per_goal()`.

    Args:
      rows: each with a value for every column; a missing one, None and nan are shown as "-".
      columns: which keys, in order; or a mapping from keys to headings. All keys of the first row unless told.
      digits: decimals of numbers that are not whole.
      caption: a line above the table.

    Raises:
      LabError: no rows, no columns, or a column that no row has.
    """
    if not rows:
        raise LabError("no rows to show: a table needs at least one")
    columns = tuple(rows[0]) if columns is None else columns
    headings = dict(columns) if isinstance(columns, Mapping) else {key: key.replace("_", " ") for key in columns}
    if not headings:
        raise LabError("no columns to show: name at least one")
    known = dict.fromkeys(key for row in rows for key in row)
    for key in headings:
        require_choice("column", key, known)
    numeric = tuple(any(_is_number(row.get(key)) for row in rows) for key in headings)
    cells = tuple(tuple(_text(row.get(key), digits) for key in headings) for row in rows)
    return Table(tuple(map(str, headings.values())), cells, numeric, caption)


def distinct(rows: Iterable[Mapping[str, Any]], key: str) -> list:
    """What rows hold under a key, each once, in its order."""
    return list(dict.fromkeys(row[key] for row in rows))


def matching(rows: Iterable[Mapping[str, Any]], **held: Any) -> list[Mapping[str, Any]]:
    """The rows that hold all of these, by key."""
    return [row for row in rows if held.items() <= row.items()]


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _text(value: object, digits: int) -> str:
    if value is None or value != value:  # nan differs from itself
        return _NOTHING
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}"
    if isinstance(value, numbers.Real):
        return f"{round(float(value), digits) + 0.0:,.{digits}f}"  # + 0.0: never "-0.00"
    return str(value)
