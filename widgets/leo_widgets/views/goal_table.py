"""GoalTable: all goals in one list that can be sorted, searched and filtered, with whatever is known of each."""

import re
from typing import ClassVar

import numpy as np
import traitlets
from PIL import ImageDraw

from leo_widgets.arrays import wire
from leo_widgets.arrays.names import group_of, groups_of, nearest, short_name
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import blank, to_png, write
from leo_widgets.pictures.palette import ACCENT, INK, shade, whole
from leo_widgets.views.base import LeoWidget, check_index

NUMBER, NAME, GROUP, VALUE = "#", "goal", "group", "value now"
BOUNDS = ("from", "to", "floor")
_ROWS = 20  # of the picture


class GoalTable(LeoWidget):
    """List all goals: name, group, any numbers, and their value now.

    goal_names: G names; the part up to the first "/" is the group.
    columns: {heading: G numbers}; NaN where a number is not known.
    intervals: {heading: float [G, 2]}, from where to where a number of that column, a share from 0 to 1, may as well
        be; NaN where it is not known. Such a column is drawn as a bar with a whisker.
    floors: {heading: G shares}, what would be reached without any skill; a mark on the bar.
    values: the value of every goal, 0 to 1: [G], or [T + 1, G], and then that of `frame` is shown, which follows other
        widgets of the same goals and link, such as a CraftaxTrace.
    goal: index or name of the chosen goal. frame: the time to start at.
    sort: the heading to sort by: "#" (as given), "goal", "group", one of `columns`, or "value now".
    descending: largest first; by default for numbers, and not for "#" and words. What is not known comes last.
    search: show goals whose name holds this text, in capitals or not.
    groups: show goals of these groups only; all where empty.
    Raises ValueError for what does not fit.
    """

    _esm = assets.esm("goal_table")
    _css = assets.css("goal_table")
    view_names: ClassVar[tuple[str, ...]] = ("goal", "frame", "sort", "descending", "search", "groups")
    shared_names: ClassVar[tuple[str, ...]] = ("goal", "frame")
    static_height: ClassVar[int] = 700

    frame = traitlets.Int(0).tag(sync=True)
    sort = traitlets.Unicode(NUMBER).tag(sync=True)
    descending = traitlets.Bool(False).tag(sync=True)
    search = traitlets.Unicode().tag(sync=True)
    groups = traitlets.List(traitlets.Unicode()).tag(sync=True)

    headings = traitlets.List(traitlets.Dict()).tag(sync=True)  # of the columns: {"name", "digits", "bar"}
    numbers = traitlets.Dict().tag(sync=True)  # float32 [columns, G]
    bounds = traitlets.Dict().tag(sync=True)  # float32 [bars, 3, G]: from, to and floor of the columns with a bar
    v = traitlets.Dict().tag(sync=True)  # [T + 1, G], or empty
    name_ranks = traitlets.List(traitlets.Int()).tag(sync=True)  # place of each goal in the order of names

    def __init__(
        self, goal_names, columns=None, values=None, goal=None, link="leo", title=None, frame=0, sort=NUMBER,
        descending=None, search="", groups=(), intervals=None, floors=None,
    ):  # fmt: skip
        who = type(self).__name__
        self._names = names = _read_names(goal_names, who)
        self._columns = _read_columns(columns or {}, len(names), who)
        self._bounds = _read_bounds(self._columns, intervals or {}, floors or {}, who)
        packed = {} if values is None else wire.pack(_read_values(values, len(names), who))
        self._values = wire.unpack(packed) if packed else None
        self._ranks = np.argsort(sorted(range(len(names)), key=lambda g: _natural(names[g])))
        stacked = np.array(list(self._columns.values()), "<f4").reshape(len(self._columns), len(names))
        numeric = sort in (*self._columns, VALUE)
        super().__init__(
            goal_names=names, goal=goal, link=link, title=title or "", frame=frame, sort=sort,
            descending=numeric if descending is None else descending, search=search, groups=list(groups),
            headings=self._headings(), numbers=wire.floats(stacked), v=packed, name_ranks=self._ranks.tolist(),
            bounds=wire.floats(np.array(list(self._bounds.values()), "<f4").reshape(-1, 3, len(names))),
        )  # fmt: skip

    # ------------------------------------------------------------------ checks
    @traitlets.validate("frame")
    def _check_frame(self, proposal):
        return check_index(proposal.value, range(self.counts()["frame"]), "frame")

    @traitlets.validate("sort")
    def _check_sort(self, proposal):
        known = [NUMBER, NAME, GROUP, *self._columns, *([] if self._values is None else [VALUE])]
        if proposal.value not in known:
            raise traitlets.TraitError(f"unknown column {proposal.value!r}{nearest(proposal.value, known)}")
        return proposal.value

    @traitlets.validate("groups")
    def _check_groups(self, proposal):
        known = groups_of(self._names)
        for group in proposal.value:
            if group not in known:
                raise traitlets.TraitError(f"unknown group {group!r}{nearest(group, known)}")
        return proposal.value

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "frame": 1 if self._values is None else len(self._values)}

    def summary(self) -> str:
        count = len(self._columns)
        return f"{len(self._names)} goals, {count} {'column' if count == 1 else 'columns'}"

    def shown(self) -> list[int]:
        """The goals that are shown, in their order."""
        wanted = self.search.strip().lower()
        key = self._key()
        unknown = np.isnan(key)
        order = np.lexsort((np.arange(len(key)), np.where(unknown, 0, -key if self.descending else key), unknown))
        groups = set(self.groups)
        return [
            goal for goal in order.tolist()
            if wanted in self._names[goal].lower() and (not groups or group_of(self._names[goal]) in groups)
        ]  # fmt: skip

    def table(self) -> list[dict]:
        """One row for each goal that is shown, in the order shown.

        Keys: goal (its full name), group, every heading of the columns (None where not known), of a column with a bar
        also "HEADING from", "HEADING to" and "HEADING floor", and with values also "value now".
        """
        rows = []
        for goal in self.shown():
            row = {NAME: self._names[goal], GROUP: group_of(self._names[goal])}
            for name, column in self._columns.items():
                parts = {name: column[goal]}
                if name in self._bounds:
                    parts |= {
                        f"{name} {word}": bound[goal] for word, bound in zip(BOUNDS, self._bounds[name], strict=True)
                    }
                row |= {key: None if np.isnan(number) else float(number) for key, number in parts.items()}
            if self._values is not None:
                row[VALUE] = float(self._values[self.frame, goal])
            rows.append(row)
        return rows

    def png(self) -> bytes:
        """The first 20 rows that are shown: name, the number that is sorted by, and a bar of it or of the value now.

        With bounds, a whisker from where to where it may as well be, and a mark at its floor.
        """
        goals = self.shown()[:_ROWS]
        image = blank(600, 44 + 16 * max(1, len(goals)))
        draw = ImageDraw.Draw(image)
        key, heading = self._shown_number()
        write(image, (10, 8), f"{len(self.shown())} of {len(self._names)} goals")
        write(image, (330, 8), heading, room=260)
        bounds = self._bounds.get(heading)
        top = np.nanmax(np.abs(key), initial=1e-9) if bounds is None else 1.0
        for place, goal in enumerate(goals):
            y = 36 + 16 * place
            write(image, (10, y - 3), short_name(self._names[goal]), ACCENT if goal == self.goal else INK, room=300)
            if np.isnan(key[goal]):
                continue
            write(image, (330, y - 3), f"{key[goal]:.3f}".rstrip("0").rstrip("."), ACCENT if goal == self.goal else INK)
            width = int(170 * abs(key[goal]) / top)
            if width:
                draw.rectangle((420, y, 419 + width, y + 9), whole(shade(abs(key[goal]) / top, 0, 1)))
            if bounds is not None:
                _draw_bounds(draw, y, bounds[:, goal])
        return to_png(image)

    # ------------------------------------------------------------------ helpers
    def _headings(self) -> list[dict]:
        bars = list(self._bounds)
        place = lambda name: bars.index(name) if name in bars else -1  # noqa: E731
        digits = lambda name, column: 2 if name in bars else _digits(column)  # noqa: E731
        return [{"name": n, "digits": digits(n, column), "bar": place(n)} for n, column in self._columns.items()]

    def _key(self) -> np.ndarray:
        """What is sorted by, a number for each goal, as float32 where the page has no more."""
        if self.sort in self._columns:
            return self._columns[self.sort]
        if self.sort == VALUE:
            return self._values[self.frame]
        groups = [group_of(name) for name in self._names]
        if self.sort == GROUP:
            known = sorted(set(groups))
            return np.array([known.index(group) for group in groups]) * len(groups) + self._ranks.astype(float)
        return (self._ranks if self.sort == NAME else np.arange(len(groups))).astype(float)

    def _shown_number(self) -> tuple[np.ndarray, str]:
        """The numbers that a picture shows beside the names: those sorted by, else values, else the first column."""
        if self.sort in (*self._columns, VALUE):
            return self._key(), self.sort
        if self._values is not None:
            return self._values[self.frame], VALUE
        name = next(iter(self._columns), "")
        return (self._columns[name] if name else np.full(len(self._names), np.nan)), name


def _read_names(goal_names, who: str) -> list[str]:
    names = [str(name) for name in goal_names]
    if not names:
        raise ValueError(f"{who}: goal_names is empty")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{who}: goal names must be unique, but {twice!r} occurs {names.count(twice)} times")
    return names


def _read_columns(columns, count: int, who: str) -> dict[str, np.ndarray]:
    """{heading: float [G]}, rounded to float32 as in the page."""
    found = {}
    for name, column in dict(columns).items():
        if name in (NUMBER, NAME, GROUP, VALUE) or not isinstance(name, str):
            raise ValueError(f"{who}: a column cannot be called {name!r}, choose another heading")
        try:
            numbers = np.asarray(column, float)
        except (TypeError, ValueError):
            raise ValueError(f"{who}: column {name!r} must hold numbers") from None
        if numbers.shape != (count,):
            raise ValueError(f"{who}: column {name!r} must have the shape ({count},), got {numbers.shape}")
        if np.isinf(numbers).any():
            raise ValueError(f"{who}: column {name!r} holds an infinite number; write NaN for what is not known")
        found[name] = numbers.astype(np.float32).astype(float)
    return found


def _read_bounds(columns, intervals, floors, who: str) -> dict[str, np.ndarray]:
    """{heading: from, to and floor, float [3, G]} of the columns that have any of them."""
    found = {}
    for name in (*intervals, *(name for name in floors if name not in intervals)):
        if name not in columns:
            raise ValueError(f"{who}: no column {name!r} that bounds could be of{nearest(name, columns)}")
        count, unknown = len(columns[name]), np.full(len(columns[name]), np.nan)
        interval = np.asarray(intervals.get(name, np.stack([unknown, unknown], axis=-1)), float)
        floor = np.asarray(floors.get(name, unknown), float)
        if interval.shape != (count, 2) or floor.shape != (count,):
            shapes = f"interval {interval.shape}, floor {floor.shape}"
            wanted = f"an interval ({count}, 2) and a floor ({count},)"
            raise ValueError(f"{who}: column {name!r} needs {wanted}, got {shapes}")
        bounds = np.concatenate([interval.T, floor[None]])
        if not (np.isnan(whole := np.concatenate([columns[name][None], bounds])) | ((whole >= 0) & (whole <= 1))).all():
            raise ValueError(f"{who}: column {name!r}, its interval and its floor must be shares, 0 to 1")
        found[name] = bounds.astype(np.float32).astype(float)
    return found


def _draw_bounds(draw: ImageDraw.ImageDraw, y: int, bounds: np.ndarray) -> None:
    """A whisker and the mark of a floor, on a bar of 170 pixels."""
    low, high, floor = 420 + 170 * bounds
    if not np.isnan(low + high):
        draw.line((low, y + 5, high, y + 5), INK)
        draw.line((low, y + 3, low, y + 7), INK)
        draw.line((high, y + 3, high, y + 7), INK)
    if not np.isnan(floor):
        draw.line((floor, y - 1, floor, y + 10), ACCENT, width=2)


def _read_values(values, count: int, who: str) -> np.ndarray:
    """float [T + 1, G]."""
    array = np.asarray(values, float)
    if array.ndim not in (1, 2) or array.shape[-1] != count or array.size == 0:
        raise ValueError(f"{who}: values must have the shape ({count},) or (T + 1, {count}), got {array.shape}")
    array = np.atleast_2d(array)
    outside = np.argwhere((array < 0) | (array > 1))
    if outside.size:
        time, goal = outside[0]
        raise ValueError(f"{who}: values must be 0 to 1, but that of goal {goal} is {array[time, goal]:g}")
    return array


def _digits(column: np.ndarray) -> int:
    """How many decimals the numbers of a column are shown with."""
    known = column[~np.isnan(column)]
    if not known.size or (known == np.round(known)).all():
        return 0
    largest = np.abs(known).max()
    return 1 if largest >= 100 else 2 if largest >= 10 else 3


def _natural(name: str) -> list:
    """What to sort a name by, so that wood_2 comes before wood_10."""
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.split(r"(\d+)", name) if part]
