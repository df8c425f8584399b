"""Figures of what `leo-lab bench continuous` measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.figures.charts import panel_at, panels
from leo_lab.viz.figures.reports import comparison_figure, cost_panels
from leo_lab.viz.tables import distinct

_AXES = {"env_steps": "environment steps", "train_seconds": "seconds of training"}


def continuous_figures(report: Mapping[str, Any], metrics: Mapping[str, str]) -> dict[str, go.Figure]:
    """All figures of what `leo-lab bench continuous --json` prints, by name.

    Args:
      report: with "cost", "success" or both.
      metrics: of success, and what they are called; shares are drawn.
    """
    figures = {}
    if "cost" in report:
        figures["cost"] = continuous_cost_figure(report["cost"])
    if "success" in report:
        shares = {name: text for name, text in metrics.items() if name.startswith("success")}
        title = "Interquartile mean over the runs and 95 % interval"
        figures["success"] = comparison_figure(report["success"]["summary"], shares, title=title)
        figures["curves"] = success_curves(report["success"]["rows"])
    return figures


def continuous_cost_figure(report: Mapping[str, Any]) -> go.Figure:
    """Time of a gradient update over the number of goals, a panel for each number of actions.

    Args:
      report: what `leo_lab.bench.continuous_cost.bench_continuous_cost` returns.

    Raises:
      LabError: a report without rows.
    """
    shown = "ms_per_update", lambda row: f"{row['actions']} numbers an action", _cost_words
    figure = cost_panels(report, *shown, "Milliseconds of a gradient update on {}", height=280)
    times = [row["ms_per_update"] for row in report["rows"]]
    powers = range(int(np.floor(np.log10(min(times)))), int(np.ceil(np.log10(max(times)))) + 1)
    figure.update_yaxes(tickvals=[10.0**power for power in powers], minor={"ticks": ""})
    return figure.update_yaxes(title_text="ms per update", col=1)


def _cost_words(row: Mapping[str, Any]) -> str:
    scaled = f"<br>scaled up from {row['measured_goals']} goals" if row["extrapolated"] else ""
    ratio = f"{row['ratio_to_single_goal']:,.3g} x single goal"
    return f"{row['goals']} goals: {row['ms_per_update']:,.3g} ms, {ratio}{scaled}"


def success_curves(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Success over all goals while runs train: a thin line for each run, a colour for each learner.

    One panel for each world (rows) and budget (columns): over environment steps, or over seconds where seconds are
    what runs are given.

    Args:
      rows: those of `leo_lab.bench.continuous.bench_continuous`.

    Raises:
      LabError: no rows.
    """
    if not rows:
        raise LabError("no runs to draw: train at least one")
    worlds, budgets, learners = (distinct(rows, key) for key in ("world", "budget", "learner"))
    names = [f"{world}, {budget}" for world in worlds for budget in budgets]
    figure = panels(names, len(budgets), "Success over all goals while training, a line for each run", legend=True)
    told = set()
    for row in rows:
        axis = "train_seconds" if row["budget"].endswith(" s") else "env_steps"
        panel = panel_at(names.index(f"{row['world']}, {row['budget']}"), len(budgets))
        colour = theme.line_colour(learners.index(row["learner"]))
        figure.add_trace(_run_line(row, axis, colour, row["learner"] not in told), **panel)
        told.add(row["learner"])
        words = _AXES[axis] if panel["row"] == len(worlds) else None
        ticks = {"tickformat": "~s" if axis == "env_steps" else "~g", "rangemode": "tozero"}
        figure.update_xaxes(**ticks, title_text=words, **panel)
    return figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%", dtick=0.25)


def _run_line(row: Mapping[str, Any], axis: str, colour: str, in_legend: bool) -> go.Scatter:
    x, y = (theme.significant([point[key] for point in row["curve"]]) for key in (axis, "success"))
    style = {"mode": "lines+markers", "line": {"color": colour, "width": 1.5}, "marker": {"size": 4, "color": colour}}
    words = f"{row['learner']}, seed {row['seed']}: %{{y:.1%}} at %{{x:,.3~g}}<extra></extra>"
    return theme.series(row["learner"], in_legend, x=x, y=y, hovertemplate=words, **style)
