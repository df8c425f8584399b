"""What all widgets share: a fixed repr, saved state, pictures, tables, and pages without a kernel."""

import base64
from pathlib import Path
from typing import ClassVar

import anywidget
import traitlets

from leo_widgets.arrays import scales
from leo_widgets.arrays.names import channel, index_of, nearest, one_line
from leo_widgets.arrays.values import AllGoalsValues
from leo_widgets.page.export import Frame, page


class LeoWidget(anywidget.AnyWidget):
    """Base of all widgets.

    A subclass sets `_esm`, `_css` and `view_names`, and defines `summary`, `table` and `png`.
    """

    title = traitlets.Unicode().tag(sync=True)
    channel = traitlets.Unicode("leo").tag(sync=True)
    goal_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    goal = traitlets.Int(0).tag(sync=True)

    # the small traits that `state()` saves and that a page keeps in its URL
    view_names: ClassVar[tuple[str, ...]] = ("goal",)
    # index traits that widgets on one channel share, and start with equal ones in a page
    shared_names: ClassVar[tuple[str, ...]] = ("goal",)
    # CSS pixels of the frame that `static()` makes
    static_height: ClassVar[int] = 640

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in cls.view_names:
            # The browser knows what it chose; an echo of that comes late, and would undo a newer choice for a moment.
            getattr(cls, name).tag(echo_update=False)

    def __init__(self, *, goal_names, goal=None, link: str = "leo", **traits):
        goal_names = list(goal_names)
        goal = 0 if goal is None else index_of(goal, goal_names, "goal")
        try:
            super().__init__(goal_names=goal_names, goal=goal, channel=channel(link, goal_names), **traits)
        except traitlets.TraitError as error:
            raise ValueError(f"{type(self).__name__}: {one_line(error)}") from None

    @traitlets.validate("goal")
    def _check_goal(self, proposal):
        return check_index(proposal.value, self.goal_names, "goal")

    # ------------------------------------------------------------------ what a subclass says of itself
    def summary(self) -> str:
        """The words between the parentheses of the repr: fixed for fixed data."""
        return f"{len(self.goal_names)} goals"

    def counts(self) -> dict[str, int]:
        """How many values the index traits can take: {"goal": G}."""
        return {"goal": len(self.goal_names)}

    def table(self) -> list[dict]:
        """The numbers that the picture shows, one dict a row."""
        raise NotImplementedError

    def png(self) -> bytes:
        """The current view as a PNG file, drawn without a browser."""
        raise NotImplementedError

    # ------------------------------------------------------------------ the same for every widget
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.summary()})"

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "image/png": base64.b64encode(self.png()).decode()}, metadata

    def state(self) -> dict:
        """What is selected and how it is shown, as a small dict for JSON. Data are not part of it."""
        return {name: getattr(self, name) for name in self.view_names}

    def from_state(self, state: dict):
        """Take over a dict made by `state()`; returns the widget.

        Raises ValueError, and changes nothing, for an unknown name or a value that does not fit.
        """
        for name in state:
            if name not in self.view_names:
                raise ValueError(f"{type(self).__name__} has no view state {name!r}{nearest(name, self.view_names)}")
        before = self.state()
        try:
            with self.hold_trait_notifications():
                for name, value in state.items():
                    setattr(self, name, value)
        except traitlets.TraitError as error:
            for name, value in before.items():
                setattr(self, name, value)
            raise ValueError(one_line(error)) from None
        return self

    def link(self, other: "LeoWidget") -> "LeoWidget":
        """Share one goal with `other`, and the frame where both play as many, in the page and in Python.

        Returns the widget. Raises ValueError when the two speak of different goals.
        """
        if self.goal_names != other.goal_names:
            raise ValueError(f"cannot link {self!r} with {other!r}: their goals differ")
        other.channel = self.channel
        for name in self.shared_names:
            if name in other.shared_names and self.counts()[name] == other.counts()[name]:
                traitlets.link((self, name), (other, name))
        return self

    def static(self, height: int | None = None) -> Frame:
        """The widget as a frame that lives without a kernel: for nbconvert pages and websites."""
        return Frame(self, height or self.static_height)

    def to_html(self, path, title: str | None = None) -> Path:
        """Write one self-contained page with this widget; see `page`."""
        return page([self], path, title or self.title or type(self).__name__)


def check_index(index: int, names, kind: str) -> int:
    """`index` where it numbers one of `names`; else TraitError."""
    if names and not 0 <= index < len(names):
        raise traitlets.TraitError(f"{kind} {index} does not exist: the {kind}s are 0 to {len(names) - 1}")
    return index


class ValuesWidget(LeoWidget):
    """A widget of values: what they mean, and the ends of their colours."""

    gamma = traitlets.Float(0.99).tag(sync=True)
    value_scale = traitlets.Dict().tag(sync=True)  # what the values mean, see `scales.describe`
    limits = traitlets.Dict().tag(sync=True)  # see `arrays.limits.limits`
    action_names = traitlets.List(traitlets.Unicode()).tag(sync=True)


class ScaledWidget(ValuesWidget):
    """A widget of values on a map that may show the exact values beside them, on a choice of scales.

    Subclasses have the trait `scale`, and may have `show_truth`. They keep what they show in `_table` and `_exact`
    (or None), and hand `world_of(table)` to the constructor.
    """

    truth_argument = ""  # how exact values are given, for the error messages

    state_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    state_positions = traitlets.List().tag(sync=True)
    goal_positions = traitlets.List().tag(sync=True)
    rows = traitlets.List(traitlets.Unicode(), allow_none=True).tag(sync=True)

    @traitlets.validate("scale")
    def _check_scale(self, proposal):
        if proposal.value == "error" and self._exact is None:
            raise traitlets.TraitError(f"scale 'error' needs exact values: {self.truth_argument}")
        if proposal.value == "steps":
            check_convertible(self._table)
        return proposal.value

    @traitlets.validate("show_truth")
    def _check_truth(self, proposal):
        if proposal.value and self._exact is None:
            raise traitlets.TraitError(f"show_truth needs exact values: {self.truth_argument}")
        return proposal.value


def check_convertible(source) -> None:
    """TraitError where values do not stand for steps. source: anything with a scale, and perhaps what that needs."""
    if scales.convertible(source):
        return
    needs = scales.scale_of(source.scale).needs
    what = f", which need {' and '.join(needs)}" if needs else ""
    raise traitlets.TraitError(f"scale 'steps' needs values that stand for steps, these are {source.scale!r}{what}")


def world_of(table: AllGoalsValues) -> dict:
    """The traits of a `ScaledWidget` that a table gives: names, places, map and discount."""
    return {
        "goal_names": table.goal_names, "state_names": list(table.state_names), "gamma": table.gamma,
        "action_names": list(table.action_names), "state_positions": table.state_positions.tolist(),
        "goal_positions": table.goal_positions.tolist(), "rows": None if table.layout is None else list(table.layout),
    }  # fmt: skip
