"""Figures of what `leo-lab bench cost` and `leo-lab compare` measured, and writing a figure to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from leo_lab.errors import LabError, unknown
from leo_lab.resources import write_atomically
from leo_lab.viz import theme
from leo_lab.viz.charts import panels

_COST_NAMES = {
    "pqn": "single goal (PQN)",
    "leo": "LEO, full head",
    "leo_buckets": "LEO, buckets",
    "her": "HER, 2 extra goals",
    "naive": "all goals one by one",
}
FORMATS = (".html", ".json", ".png", ".svg")


def cost_figure(report: Mapping[str, Any], *, title: str | None = None) -> go.Figure:
    """Time of a gradient update over the number of goals, as a multiple of the single-goal learner's.

    One panel for each torso (rows) and number of actions (columns). Bars span the least and the most of the rounds; a
    hollow mark was scaled up from fewer goals.

    Args:
      report: what `leo_lab.cost.bench_cost` returns.
      title: another than the usual one.

    Raises:
      LabError: a report without rows.
    """
    rows = report["rows"]
    if not rows:
        raise LabError("no rows to draw: measure at least one learner")
    torsos, actions, learners = (
        list(dict.fromkeys(row[key] for row in rows)) for key in ("torso", "actions", "learner")
    )
    names = [f"{torso} torso, {count} actions" for torso in torsos for count in actions]
    hollow = "; hollow: scaled up from fewer goals" if any(row["extrapolated"] for row in rows) else ""
    title = title or f"Time of a gradient update on {report['device']}, single goal = 1{hollow}"
    figure = panels(len(torsos), len(actions), names, title, legend=True)
    for order, learner in enumerate(learners):
        for i, torso in enumerate(torsos):
            for j, count in enumerate(actions):
                line = [
                    row for row in rows if (row["torso"], row["actions"], row["learner"]) == (torso, count, learner)
                ]
                figure.add_trace(_cost_line(line, order, i == j == 0), i + 1, j + 1)
    ratios = [row["ratio_to_single_goal"] for row in rows]
    low, high = np.log10(0.7 * min(ratios)), np.log10(1.5 * max(ratios))
    figure.update_yaxes(type="log", range=[low, high], tickvals=[1, 2, 5, 10, 100, 1000], minor={"ticks": ""})
    goals = sorted({row["goals"] for row in rows})
    figure.update_xaxes(type="log", tickvals=goals, range=[np.log10(0.8 * goals[0]), np.log10(1.25 * goals[-1])])
    figure.update_xaxes(title_text="goals", row=len(torsos))
    return figure


def _cost_line(rows: Sequence[Mapping[str, Any]], order: int, in_legend: bool) -> go.Scatter:
    """One learner in one panel."""
    ratio = np.array([row["ratio_to_single_goal"] for row in rows])
    middle, most, least = (np.array([row["ms_per_update" + end] for row in rows]) for end in ("", "_most", "_least"))
    colour = theme.LINE_COLOURS[order % len(theme.LINE_COLOURS)]
    name = _COST_NAMES.get(rows[0]["learner"], rows[0]["learner"])
    return go.Scatter(
        x=[row["goals"] for row in rows],
        y=theme.significant(ratio),
        error_y={
            "array": theme.significant(ratio * (most / middle - 1)),
            "arrayminus": theme.significant(ratio * (1 - least / middle)),
            "width": 3,
            "thickness": 1,
        },
        name=name,
        legendgroup=name,
        showlegend=in_legend,
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={
            "size": 7,
            "color": [theme.PAPER if row["extrapolated"] else colour for row in rows],
            "line": {"color": colour, "width": 1.5},
        },
        text=[_cost_words(row) for row in rows],
        hovertemplate="%{text}<extra>" + name + "</extra>",
    )


def _once(items: Iterable) -> list:
    """The items in their order, each once."""
    return list(dict.fromkeys(items))


def _matching(rows: Sequence[Mapping[str, Any]], where: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows that hold all of these."""
    return [row for row in rows if where.items() <= row.items()]


def _cost_words(row: Mapping[str, Any]) -> str:
    scaled = f"<br>times scaled up from {row['measured_goals']} goals" if row["extrapolated"] else ""
    return (
        f"{row['goals']} goals: {row['ratio_to_single_goal']:,.3g} x single goal"
        f"<br>update {row['ms_per_update']:,.3g} ms, iteration {row['ms_per_iteration']:,.3g} ms"
        f"<br>{row['steps_per_second']:,.3g} steps per second, {row['peak_mb']:,.3g} MB{scaled}"
    )


def save_figure(path: str | Path, figure: go.Figure) -> Path:
    """Writes a plotly figure as .html (opens without a network), .json, .png or .svg; returns the path.

    Raises:
      LabError: another ending, a place that cannot be written, or a picture where kaleido, which draws it, is missing.
    """
    path = Path(path)
    check_figure_path(path)
    if path.suffix == ".html":
        content = figure.to_html(include_plotlyjs=True, config={"displaylogo": False}).encode()
    elif path.suffix == ".json":
        content = figure.to_json().encode()
    else:
        content = figure.to_image(format=path.suffix[1:], scale=2)
    write_atomically(path, content)
    return path


def check_figure_path(path: Path) -> None:
    """Raises LabError unless `save_figure` could write a figure of this name, before hours are spent on it."""
    if path.suffix not in FORMATS:
        raise unknown("figure format", path.suffix, FORMATS)
    if path.suffix in (".png", ".svg"):
        try:
            import kaleido  # noqa: F401
        except ImportError:
            raise LabError(f"{path}: pictures need the package kaleido; pip install kaleido, or choose .html") from None
