"""Colours and fonts of figures and pictures, in one place; fit for every kind of colour vision."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sequential

PAPER = "#ffffff"
INK = "#1c2128"  # text, dark arrows
MUTED = "#59636e"  # numbers along the edges, crosses
LINE = "#d5dae0"
EMPTY = "#eef0f3"  # a place without a value to show
WALL = "#dfe3e8"
HATCH = "#b9c0c9"
FLAT_WALL = "#c9cfd7"  # wall and hatch mixed, where no hatch can be drawn
ACCENT = "#d55e00"  # the goal and the agent

VALUE_COLOURS = tuple(sequential.Cividis)  # dark is low, yellow is high
STEPS_COLOURS = VALUE_COLOURS[::-1]  # yellow is near, dark is far: the same look as the value
ERROR_COLOURS = (  # blue is too low, orange is too high
    "#08407e", "#1f62a8", "#4b8ac6", "#86b3dc", "#bfd7ec", "#f4f4f2",
    "#f6d9b8", "#efb27a", "#df8a3f", "#bd6414", "#853f04",
)  # fmt: skip
LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe and Ito's
PORTAL_COLOURS = ("#009e73", "#cc79a7", "#56b4e9", "#e69f00")  # teleporters, by letter

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


def rgb(colour: str) -> tuple[int, int, int]:
    """The three bytes of "#rrggbb"."""
    return tuple(bytes.fromhex(colour[1:]))


def portal_colour(letter: str) -> str:
    """Colour of a teleporter's pad and exits."""
    return PORTAL_COLOURS[(ord(letter.lower()) - ord("a")) % len(PORTAL_COLOURS)]


@functools.cache
def palette(colours: tuple[str, ...], size: int = 256) -> np.ndarray:
    """`size` colours evenly spread along a list, uint8 [size, 3]."""
    anchors = np.array([rgb(colour) for colour in colours], float)
    at = np.linspace(0, len(anchors) - 1, size)
    channels = [np.interp(at, np.arange(len(anchors)), anchors[:, k]) for k in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


def is_light(colours: np.ndarray) -> np.ndarray:
    """Whether dark ink reads better than white on colours uint8 [..., 3], bool [...]."""
    return colours @ np.array((0.2126, 0.7152, 0.0722)) > 118


def line_colour(order: int) -> str:
    """Colour of the line that is drawn so many lines after the first."""
    return LINE_COLOURS[order % len(LINE_COLOURS)]


def even_scale(colours: Sequence[str], end: float = 1.0) -> list[tuple[float, str]]:
    """plotly's scale of evenly spread colours, of which the last stands at `end`."""
    return [(round(end * i / (len(colours) - 1), 4), colour) for i, colour in enumerate(colours)]


def blank_figure(width: int, height: int, title: str | None, **layout) -> go.Figure:
    """An empty figure in the house style, in pixels. `layout` is added to it."""
    axis = {
        "showgrid": True, "gridcolor": LINE, "zeroline": False, "linecolor": MUTED, "ticks": "outside",
        "tickcolor": LINE, "ticklen": 4, "tickfont": {"color": MUTED, "size": 11}, "automargin": False,
        "title": {"font": {"size": 12}, "standoff": 8},
    }  # fmt: skip
    style = {
        "font": {"family": FONT, "size": 12, "color": INK}, "paper_bgcolor": PAPER, "plot_bgcolor": PAPER,
        "title": {"font": {"size": 15}, "x": 0, "xref": "paper", "xanchor": "left", "yref": "container"},
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": HATCH, "font": {"color": INK, "size": 12}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "yanchor": "bottom"}, "xaxis": axis, "yaxis": axis,
    }  # fmt: skip
    figure = go.Figure(layout={"template": {"layout": style}, "width": width, "height": height, **layout})
    return figure.update_layout(title_text=title) if title else figure


def series(name: str, in_legend: bool, **style) -> go.Scatter:
    """A trace that comes and goes with all of its name, of which one stands in the legend."""
    return go.Scatter(name=name, legendgroup=name, showlegend=in_legend, **style)


def diagonal(end: float) -> go.Scatter:
    """The line from 0 to `end` on which what is believed is right."""
    line = {"color": INK, "width": 1, "dash": "dot"}
    return go.Scatter(x=[0, end], y=[0, end], mode="lines", line=line, name="right", hoverinfo="skip")


def colour_bar(label: str, **options) -> dict:
    """Settings of a thin colour bar."""
    return {
        "title": {"text": label, "font": {"size": 12}, "side": "right"},
        "thickness": 12, "outlinewidth": 0, "ticks": "outside", "ticklen": 3, "tickcolor": HATCH,
        "tickfont": {"color": MUTED, "size": 11}, **options,
    }  # fmt: skip


def significant(numbers: np.ndarray) -> np.ndarray:
    """Rounded to four figures, float32: stable between machines."""
    numbers = np.asarray(numbers, float)
    size = np.where(np.isfinite(numbers) & (numbers != 0), np.abs(numbers), 1)
    digit = 10.0 ** (np.floor(np.log10(size)) - 3)
    return (np.round(numbers / digit) * digit).astype(np.float32)
