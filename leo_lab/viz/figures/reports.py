"""Figures of what `leo-lab bench` and `leo-lab compare` measured, and writing a figure to a file."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.files import write_atomically
from leo_lab.errors import LabError, require_choice
from leo_lab.viz import theme
from leo_lab.viz.figures.charts import panel_at, panels
from leo_lab.viz.tables import distinct, matching

_NAMES = {  # of learners whose cost is measured
    "pqn": "single goal (PQN)", "sac": "single goal (SAC)", "sac_leo": "SAC + LEO, all goals", "leo": "LEO, full head",
    "leo_buckets": "LEO, buckets", "leo_code": "LEO, buckets, code", "her": "HER, 2 extra goals",
    "naive": "all goals one by one",
}  # fmt: skip
_AXES = {"env_steps": "environment steps", "train_seconds": "seconds of training"}
FORMATS = (".html", ".json", ".png", ".svg")


def cost_figure(report: Mapping[str, Any]) -> go.Figure:
    """Time of a gradient update over the number of goals, as a multiple of the single-goal learner's.

    One panel for each torso (rows) and number of actions (columns) of what `leo_lab.bench.cost.bench_cost` returns.
    Bars span the least and the most of the rounds; a hollow mark was scaled up from fewer goals.

    Raises LabError for a report without rows.
    """
    rows = report["rows"]
    if not rows:
        raise LabError("no rows to draw: measure at least one learner")
    torsos, actions, goals = distinct(rows, "torso"), distinct(rows, "actions"), sorted(distinct(rows, "goals"))
    places = list(itertools.product(torsos, actions))
    hollow = "; hollow: scaled up from fewer goals" if any(row["extrapolated"] for row in rows) else ""
    title = f"Time of a gradient update on {report['device']}, single goal = 1{hollow}"
    names = [f"{torso} torso, {count} actions" for torso, count in places]
    figure = panels(names, len(actions), title, legend=True)
    for order, learner in enumerate(distinct(rows, "learner")):
        for at, (torso, count) in enumerate(places):
            line = matching(rows, learner=learner, torso=torso, actions=count)
            drawn = _cost_line(line, _NAMES.get(learner, learner), theme.line_colour(order), at == 0)
            figure.add_trace(drawn, **panel_at(at, len(actions)))
    costs = [row["ratio_to_single_goal"] for row in rows]
    figure.update_yaxes(type="log", range=[np.log10(0.7 * min(costs)), np.log10(1.5 * max(costs))])
    figure.update_yaxes(tickvals=[1, 2, 5, 10, 100, 1000], minor={"ticks": ""})
    figure.update_xaxes(type="log", tickvals=goals, range=[np.log10(0.8 * goals[0]), np.log10(1.25 * goals[-1])])
    return figure.update_xaxes(title_text="goals", row=len(torsos))


def _cost_line(rows: Sequence[Mapping[str, Any]], name: str, colour: str, in_legend: bool) -> go.Scatter:
    """One learner in one panel."""
    scale = np.array([row["ratio_to_single_goal"] / row["ms_per_update"] for row in rows])
    middle, most, least = (scale * [row["ms_per_update" + end] for row in rows] for end in ("", "_most", "_least"))
    bars = {"array": theme.significant(most - middle), "arrayminus": theme.significant(middle - least)}
    fills = [theme.PAPER if row["extrapolated"] else colour for row in rows]
    style = {"mode": "lines+markers", "line": {"color": colour, "width": 2}}
    style["marker"] = {"size": 7, "color": fills, "line": {"color": colour, "width": 1.5}}
    style |= {"error_y": {**bars, "width": 3, "thickness": 1}, "hovertemplate": f"%{{text}}<extra>{name}</extra>"}
    style |= {"x": [row["goals"] for row in rows], "y": theme.significant(middle), "text": list(map(_cost_words, rows))}
    return theme.series(name, in_legend, **style)


def _cost_words(row: Mapping[str, Any]) -> str:
    scaled = f"<br>times scaled up from {row['measured_goals']} goals" if row["extrapolated"] else ""
    return (
        f"{row['goals']} goals: {row['ratio_to_single_goal']:,.3g} x single goal"
        f"<br>update {row['ms_per_update']:,.3g} ms, iteration {row['ms_per_iteration']:,.3g} ms"
        f"<br>{row['steps_per_second']:,.3g} steps per second, {row['peak_mb']:,.3g} MB{scaled}"
    )


def comparison_figure(
    summary: Sequence[Mapping[str, Any]], metrics: Mapping[str, str], *, title: str | None = None
) -> go.Figure:
    """Interquartile means with their intervals: a panel for each metric and budget, a line for each learner.

    The last world, where there are several, stands for all of them and is drawn in ink.

    Args:
      summary: what `Comparison.summary` returns.
      metrics: which to draw, and what they are called.
      title: another than the usual one.

    Raises:
      LabError: an empty summary, or no metrics.
    """
    if not summary or not metrics:
        raise LabError("nothing to draw: compare at least one learner in one world, and name a metric")
    budgets, learners, worlds = (distinct(summary, key) for key in ("budget", "learner", "world"))
    shown = [(budget, metric) for budget in budgets for metric in metrics]
    names = [metrics[metric] + (f", {budget}" if len(budgets) > 1 else "") for budget, metric in shown]
    fewest = min(distinct(summary, "runs"))
    runs = f"{fewest} run{'s' if fewest > 1 else ''} in each world"
    title = title or f"Interquartile mean and 95 % interval, {', '.join(budgets)}, {runs}"
    columns, height = min(2, len(shown)), 40 + len(learners) * (14 + 11 * len(worlds))
    figure = panels(names, columns, title, legend=True, height=height)
    lines = {"tickvals": list(range(len(learners))), "ticktext": learners, "range": [len(learners) - 0.5, -0.5]}
    for place, (budget, metric) in enumerate(shown):
        panel = panel_at(place, columns)
        for order, world in enumerate(worlds):
            points = matching(summary, budget=budget, world=world)
            at = [learners.index(point["learner"]) + (order + 0.5) / len(worlds) * 0.8 - 0.4 for point in points]
            colour = theme.INK if 0 < order == len(worlds) - 1 else theme.line_colour(order)
            figure.add_trace(_intervals(points, metric, at, colour, place == 0), **panel)
        share = metric.startswith("success")
        scale = {"range": [-0.02, 1.02], "tickformat": ".0%", "dtick": 0.25} if share else {"rangemode": "tozero"}
        figure.update_xaxes(**scale, **panel)
        figure.update_yaxes(**lines, showticklabels=panel["col"] == 1, showgrid=False, **panel)
    left = 24 + 7 * max(map(len, learners))
    return figure.update_layout(margin_l=left, width=figure.layout.width + left - 60)


def _intervals(
    points: Sequence[Mapping[str, Any]], metric: str, at: Sequence[float], colour: str, in_legend: bool
) -> go.Scatter:
    """The scores of all learners in one world, each a mark with its interval, at heights `at`."""
    scores = [[point[metric][key] for key in ("iqm", "low", "high")] for point in points]
    middle, low, high = theme.significant(scores).T
    style = {"mode": "markers", "marker": {"size": 8, "color": colour, "line": {"color": theme.PAPER, "width": 1}}}
    style["error_x"] = {"array": high - middle, "arrayminus": middle - low, "width": 0, "thickness": 3}
    style["text"] = [f"{point['learner']} in {point['world']}" for point in points]
    style["customdata"] = np.stack([low, high], axis=1)
    style["hovertemplate"] = "%{text}: %{x:.3~g} (%{customdata[0]:.3~g} to %{customdata[1]:.3~g})<extra></extra>"
    return theme.series(points[0]["world"], in_legend, x=middle, y=theme.significant(at), **style)


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


def success_curves(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Success over all goals while runs train: a thin line for each run, a colour for each learner.

    One panel for each world (rows) and budget (columns) of the rows of a comparison of worlds whose states are not
    listed: over environment steps, or over seconds where seconds are what runs are given. Raises LabError for no rows.
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


def check_figure_path(path: Path | None) -> None:
    """Raises LabError unless `save_figure` could write a figure of this name, before hours are spent on it."""
    if path is None:
        return
    require_choice("figure format", path.suffix, FORMATS)
    if path.suffix in (".png", ".svg"):
        try:
            import kaleido  # noqa: F401
        except ImportError:
            raise LabError(f"{path}: pictures need the package kaleido; pip install kaleido, or choose .html") from None
