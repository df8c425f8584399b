"""Plotly figures of one agent's score, and of where the time of its training goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.figures.charts import success_by_distance
from leo_lab.viz.tables import distinct, matching

if TYPE_CHECKING:
    from leo_lab.scores.sheet import Score


def score_figure(score: Score) -> go.Figure:
    """What the agent achieves, beside what it predicts.

    Against exact tables: success and error over the exact steps to the goal. From trials: for each goal the mean return
    over its value in the first state, a colour for each group; on the diagonal the value is right.

    Raises LabError where nothing is to be drawn, because no pair counts.
    """
    if score.exact is not None:
        return success_by_distance(score.exact, title=score.title)
    figure = theme.blank_figure(560, 520, score.title)
    figure.add_trace(theme.diagonal(1))
    for order, group in enumerate(distinct(score.goals, "group")):
        rows = matching(score.goals, group=group)
        x, y = (theme.significant([row[key] for row in rows]) for key in ("value", "return"))
        style = {"mode": "markers", "marker": {"size": 7, "color": theme.line_colour(order), "opacity": 0.8}}
        style["hovertemplate"] = "%{text}<br>value %{x:.3~g}, return %{y:.3~g}<extra></extra>"
        words = [f"{row['goal']}: success {row['success']:.0%}" for row in rows]
        figure.add_trace(go.Scatter(x=x, y=y, text=words, name=group, **style))
    figure.update_layout(margin={"l": 60, "r": 24, "t": 80, "b": 54}, legend={"y": 1.01})
    figure.update_xaxes(title_text="value in the first state, mean over the tries", range=[-0.03, 1.03])
    figure.update_yaxes(title_text="return, mean over the tries", range=[-0.03, 1.03])
    return figure


def time_figure(report: Mapping[str, Any]) -> go.Figure:
    """Where the time of a training loop goes: a bar for each part of what `bench_craftax` returns.

    Raises LabError for a report without rows.
    """
    rows = report["rows"]
    if not rows:
        raise LabError("no rows to draw: time at least one part")
    title = f"{report['learner']} in {report['env']} on {report['device']}"
    figure = theme.blank_figure(640, 110 + 34 * len(rows), title)
    x, shares = theme.significant([row["us_per_step"] for row in rows]), [f"{row['share']:.0%}" for row in rows]
    words = {"text": shares, "hovertemplate": "%{y}: %{x:.3~g} us per step, %{text}<extra></extra>"}
    parts = [row["part"] for row in rows]
    figure.add_trace(go.Bar(x=x, y=parts, orientation="h", marker={"color": theme.line_colour(0)}, **words))
    figure.update_layout(margin={"l": 150, "r": 24, "t": 64, "b": 46})
    figure.update_xaxes(title_text="microseconds per environment step")
    return figure.update_yaxes(autorange="reversed", showgrid=False)
