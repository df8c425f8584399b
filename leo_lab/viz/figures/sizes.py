"""The figure of what `leo-lab bench sizes` measured: success against seconds, by size of the world."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.tables import distinct, matching

_LOOKS = (  # of sizes, in turn: line and mark
    ("solid", "circle"), ("dash", "square"), ("dot", "diamond"),
    ("dashdot", "triangle-up"), ("longdash", "x"), ("longdashdot", "star"),
)  # fmt: skip
_POINT = ("seconds", "success")
WIDTH, SPAN, HEIGHT = 760, 676, 400  # pixels: of the figure, of the plot, and how high the plot is


def sizes_figure(report: Mapping[str, Any]) -> go.Figure:
    """Success over all pairs against seconds of training of what `leo_lab.bench.sizes.bench_sizes` returns.

    A colour for each learner, a kind of line and mark for each size. Thin lines are runs; the thick one goes through
    the medians over them, chunk by chunk. The exact solver, which has no curve, is a mark in ink at its seconds.

    Raises LabError for a report without rows.
    """
    rows = report["rows"]
    if not rows:
        raise LabError("no rows to draw: measure at least one learner at one size")
    figure = theme.blank_figure(WIDTH, HEIGHT, "Success over all pairs against seconds, by size of the world")
    looks = {size: _LOOKS[i % len(_LOOKS)] for i, size in enumerate(sorted(distinct(rows, "size")))}
    trained = [row for row in rows if row["seed"] is not None]
    for order, learner in enumerate(distinct(trained, "learner")):
        mine = matching(trained, learner=learner)
        for place, size in enumerate(distinct(mine, "size")):
            runs, colour = matching(mine, size=size), theme.line_colour(order)
            figure.add_traces(_learner_lines(runs, colour, looks[size], place == 0))
    for place, row in enumerate(row for row in rows if row["seed"] is None):
        figure.add_trace(_solver_mark(row, looks[row["size"]][1], place == 0))
    for size, look in looks.items():
        figure.add_trace(_size_key(matching(rows, size=size)[0], look))
    _lay_out(figure)
    figure.update_xaxes(type="log", dtick=1, tickformat="~g")
    figure.update_xaxes(title_text=f"seconds, without compilation, on {report['device']}")
    return figure.update_yaxes(range=[-0.02, 1.04], tickformat=".0%", dtick=0.25, title_text="success over all pairs")


def _lay_out(figure: go.Figure) -> None:
    """Makes room for both legends above the plot, that of learners above that of sizes."""
    shown = [trace for trace in figure.data if trace.showlegend is not False]
    learners = _legend_height([trace.name for trace in shown if trace.legend != "legend2"])
    sizes = _legend_height([trace.name for trace in shown if trace.legend == "legend2"])
    top = 56 + learners + sizes
    margin = {"l": WIDTH - SPAN - 24, "r": 24, "t": top, "b": 56}
    figure.update_layout(margin=margin, height=top + HEIGHT + 56, title_y=1 - 22 / (top + HEIGHT + 56))
    where = {"orientation": "h", "x": 0, "xanchor": "left", "yanchor": "bottom"}
    figure.update_layout(legend={**where, "y": 1 + sizes / HEIGHT}, legend2={**where, "y": 1 + 3 / HEIGHT})


def _legend_height(names: Sequence[str]) -> int:
    """Pixels of a legend with these names, as many in a row as fit."""
    in_a_row = max(1, SPAN // (52 + 7 * max(map(len, names))))
    return 6 + 21 * math.ceil(len(names) / in_a_row)


def _learner_lines(runs: Sequence[Mapping[str, Any]], colour: str, look: tuple[str, str], first: bool) -> list:
    """The runs of a learner in one world, and the line through their medians, whose chunks are the same."""
    name, (dash, symbol) = runs[0]["learner"], look
    seconds, success = (theme.significant([[p[key] for p in run["curve"]] for run in runs]) for key in _POINT)
    thin = {"mode": "lines", "line": {"color": colour, "width": 1, "dash": dash}, "opacity": 0.35, "hoverinfo": "skip"}
    lines = [theme.series(name, False, x=x, y=y, **thin) for x, y in zip(seconds, success, strict=True)]
    style = {"mode": "lines+markers", "line": {"color": colour, "width": 2, "dash": dash}}
    style["marker"] = {"size": 7, "color": colour, "symbol": symbol}
    style["text"] = [f"{_world(runs[0])}, {point['env_steps']:,} steps" for point in runs[0]["curve"]]
    style["hovertemplate"] = f"%{{text}}<br>%{{y:.2%}} after %{{x:,.3~g}} s<extra>{name}</extra>"
    middle = {"x": theme.significant(np.median(seconds, axis=0)), "y": theme.significant(np.median(success, axis=0))}
    return [*(lines if len(runs) > 1 else []), theme.series(name, first, **middle, **style)]


def _solver_mark(row: Mapping[str, Any], symbol: str, first: bool) -> go.Scatter:
    x, y = (theme.significant([row["curve"][0][key]]) for key in _POINT)
    style = {"mode": "markers", "marker": {"size": 11, "color": theme.INK, "symbol": symbol}}
    words = f"{_world(row)}, told the transitions<br>%{{y:.2%}} after %{{x:,.3~g}} s<extra>{row['learner']}</extra>"
    return theme.series(row["learner"], first, x=x, y=y, hovertemplate=words, **style)


def _size_key(row: Mapping[str, Any], look: tuple[str, str]) -> go.Scatter:
    """What stands for a size in the second legend."""
    style = {"mode": "lines+markers", "line": {"color": theme.MUTED, "width": 2, "dash": look[0]}}
    style["marker"] = {"size": 7, "color": theme.MUTED, "symbol": look[1]}
    return go.Scatter(x=[None], y=[None], name=_world(row), legend="legend2", **style)


def _world(row: Mapping[str, Any]) -> str:
    return f"{row['size']} x {row['size']}, {row['goals']} goals"
