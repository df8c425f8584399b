"""Plotly figures of one agent's score, and of where the time of its training goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.figures.charts import success_by_distance

if TYPE_CHECKING:
    from leo_lab.scores.sheet import Score


def score_figure(score: Score, *, title: str | None = None) -> go.Figure:
    """What the agent achieves, beside what it predicts.

    Against exact tables: success and error over the exact steps to the goal. From trials: for each goal the mean return
    over its value in the first state, a colour for each group; on the diagonal the value is right.

    Args:
      score: what `leo_lab.score` returns.
      title: another than the score's own.

    Raises:
      LabError: nothing to draw, because no pair counts.
    """
    title = title or score.title
    if score.exact is not None:
        return success_by_distance(score.exact, title=title)
    figure = theme.blank_figure(560, 520, title)
    line = {"color": theme.INK, "width": 1, "dash": "dot"}
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, name="right", hoverinfo="skip"))
    for order, group in enumerate(dict.fromkeys(row["group"] for row in score.goals)):
        rows = [row for row in score.goals if row["group"] == group]
        figure.add_trace(
            go.Scatter(
                x=theme.significant([row["value"] for row in rows]),
                y=theme.significant([row["return"] for row in rows]),
                text=[f"{row['goal']}: success {row['success']:.0%}" for row in rows],
                mode="markers",
                marker={"size": 7, "color": theme.LINE_COLOURS[order % len(theme.LINE_COLOURS)], "opacity": 0.8},
                name=group,
                hovertemplate="%{text}<br>value %{x:.3~g}, return %{y:.3~g}<extra></extra>",
            )
        )
    figure.update_layout(margin={"l": 60, "r": 24, "t": 80, "b": 54}, legend={"y": 1.01})
    figure.update_xaxes(title_text="value in the first state, mean over the tries", range=[-0.03, 1.03])
    figure.update_yaxes(title_text="return, mean over the tries", range=[-0.03, 1.03])
    return figure


def time_figure(report: Mapping[str, Any], *, title: str | None = None) -> go.Figure:
    """Where the time of a training loop goes: a bar for each part of what `bench_craftax` returns.

    Raises LabError for a report without rows.
    """
    rows = report["rows"]
    if not rows:
        raise LabError("no rows to draw: time at least one part")
    title = title or f"{report['learner']} in {report['env']} on {report['device']}"
    figure = theme.blank_figure(640, 110 + 34 * len(rows), title)
    figure.add_trace(
        go.Bar(
            x=theme.significant([row["us_per_step"] for row in rows]),
            y=[row["part"] for row in rows],
            text=[f"{row['share']:.0%}" for row in rows],
            orientation="h",
            marker={"color": theme.LINE_COLOURS[0]},
            hovertemplate="%{y}: %{x:.3~g} us per step, %{text}<extra></extra>",
        )
    )
    figure.update_layout(margin={"l": 150, "r": 24, "t": 64, "b": 46})
    figure.update_xaxes(title_text="microseconds per environment step")
    return figure.update_yaxes(autorange="reversed", showgrid=False)
