"""Plotly figures of scores: learning curves, success by distance, success of every pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from leo_lab.errors import LabError, unknown
from leo_lab.viz import theme
from leo_lab.viz.reading import goal_label
from leo_lab.viz.tables import distinct, matching

if TYPE_CHECKING:
    from leo_lab.scores.evaluation import Evaluation
    from leo_lab.scores.sheet import Score

_KEYS = ("loss", "td_error", "commanded_success", "goals_seen")
_NAMES = {"td_error": "TD error", "commanded_success": "success of commanded goals", "q": "mean value"}
_DASHES = ("solid", "dash", "dot")
_LOG_SPAN = 50  # a curve whose numbers differ by more than this factor gets a logarithmic axis


def learning_curves(
    metrics: Sequence[Mapping[str, float]] | Mapping[str, Sequence[Mapping[str, float]]],
    keys: Sequence[str] = _KEYS,
    *,
    title: str | None = "Learning curves",
) -> go.Figure:
    """One panel per metric over environment steps.

    Args:
      metrics: one dict per chunk, as `run.metrics`; or several runs by name.
      keys: which metrics.
      title: above the figure.

    Raises:
      LabError: no metrics, or a key that they do not have.
    """
    runs = dict(metrics) if isinstance(metrics, Mapping) else {"": list(metrics)}
    _check_curves(runs, keys)
    columns = min(2, len(keys))
    figure = panels([_NAMES.get(key, key.replace("_", " ")) for key in keys], columns, title, legend=len(runs) > 1)
    for place, key in enumerate(keys):
        panel = panel_at(place, columns)
        curves = {name: np.array([step[key] for step in run], float) for name, run in runs.items()}
        for order, (name, y) in enumerate(curves.items()):
            x = np.array([step["env_steps"] for step in runs[name]], np.int32)
            figure.add_trace(_curve(x, y, name, order, place == 0 and len(runs) > 1), **panel)
        figure.update_yaxes(_curve_axis(np.concatenate(list(curves.values()))), **panel)
        if place >= len(keys) - columns:
            figure.update_xaxes(title_text="environment steps", **panel)
    longest = max(step["env_steps"] for run in runs.values() for step in run)
    return figure.update_xaxes(tickformat="~s", range=[0, 1.02 * longest])


def _check_curves(runs: Mapping[str, Sequence[Mapping[str, float]]], keys: Sequence[str]) -> None:
    if not keys:
        raise LabError("no keys to draw: name at least one metric")
    if not runs or not all(len(run) for run in runs.values()):
        empty = next((f' of run "{name}"' for name, run in runs.items() if name and not len(run)), "")
        raise LabError(f"no metrics{empty} to draw: train for at least one chunk (stream and train record them)")
    for run in runs.values():
        for key in ("env_steps", *keys):
            if any(key not in step for step in run):
                raise unknown("metric", key, run[0])


def _curve(x: np.ndarray, y: np.ndarray, name: str, order: int, in_legend: bool) -> go.Scatter:
    dash = _DASHES[order // len(theme.LINE_COLOURS) % len(_DASHES)]
    style = {"mode": "lines+markers" if len(x) < 8 else "lines"}
    style["line"] = {"color": theme.line_colour(order), "width": 2, "dash": dash}
    words = f"%{{x:,}} steps: %{{y:.4~g}}<extra>{name}</extra>"
    return theme.series(name, in_legend, x=x, y=theme.significant(y), hovertemplate=words, **style)


def _curve_axis(numbers: np.ndarray) -> dict:
    finite = numbers[np.isfinite(numbers)]
    if finite.size and finite.min() > 0 and finite.max() / finite.min() > _LOG_SPAN:
        return {"type": "log", "dtick": 1, "tickformat": "~g"}
    return {"rangemode": "tozero"}


def success_by_distance(
    evaluation: Evaluation | Mapping[str, Evaluation], *, title: str | None = "Success and error by distance"
) -> go.Figure:
    """How often the greedy policy gets there, and how far its belief is off, over exact steps to the goal.

    Of what `evaluate` returns, or of several of them by name. The band below holds 80 % of the pairs. Raises LabError
    where no pair counts.
    """
    agents = dict(evaluation) if isinstance(evaluation, Mapping) else {"": evaluation}
    names = ["success of the greedy policy", "believed minus exact steps: median, and 80 % of the pairs"]
    figure = panels(names, 1, title, legend=len(agents) > 1)
    for order, (name, scores) in enumerate(agents.items()):
        table = _by_distance(scores)
        words = [f"{step} steps, {count} pairs" for step, count in zip(table["steps"], table["pairs"], strict=True)]
        colour = theme.line_colour(order)
        style = {"mode": "lines+markers", "line": {"color": colour, "width": 2}, "marker": {"size": 5}}
        for row, key in ((1, "success"), (2, "median")):
            style["hovertemplate"] = f"%{{text}}: {key} %{{y:.3~g}}<extra>{name}</extra>"
            shown = {"in_legend": row == 1 and len(agents) > 1, "x": table["steps"], "y": table[key], "text": words}
            figure.add_trace(theme.series(name, **shown, **style), row, 1)
        figure.add_trace(_band(table, colour, name), 2, 1)
    figure.update_yaxes(range=[-0.03, 1.05], tickformat=".0%", row=1)
    figure.update_yaxes(zeroline=True, zerolinecolor=theme.MUTED, row=2)
    figure.update_xaxes(rangemode="tozero").update_xaxes(title_text="exact steps to the goal", row=2)
    return figure


def _by_distance(scores: Evaluation) -> dict[str, np.ndarray]:
    """Scores of the pairs that count, by whole exact steps D: one array [D] each."""
    pairs = scores.pairs
    if not pairs.any():
        raise LabError("no (start, goal) pair counts in this evaluation, so there is nothing to draw")
    distance = np.round(scores.exact.steps()[pairs]).astype(np.int32)
    success, error = scores.success[pairs], scores.steps_error[pairs]
    steps, counts = np.unique(distance, return_counts=True)
    groups = [distance == step for step in steps]
    low, median, high = theme.significant([np.quantile(error[group], (0.1, 0.5, 0.9)) for group in groups]).T
    share = theme.significant([success[group].mean() for group in groups])
    return {"steps": steps, "pairs": counts, "success": share, "low": low, "median": median, "high": high}


def _band(table: dict[str, np.ndarray], colour: str, name: str) -> go.Scatter:
    x = np.concatenate([table["steps"], table["steps"][::-1]])
    y = np.concatenate([table["high"], table["low"][::-1]])
    red, green, blue = theme.rgb(colour)
    style = {"line": {"width": 0}, "fill": "toself", "fillcolor": f"rgba({red},{green},{blue},0.16)"}
    return go.Scatter(x=x, y=y, mode="lines", legendgroup=name, showlegend=False, hoverinfo="skip", **style)


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
        rows = [row for row in matching(score.goals, group=group) if row["tries"]]
        x, y = (theme.significant([row[key] for row in rows]) for key in ("value", "return"))
        style = {"mode": "markers", "marker": {"size": 7, "color": theme.line_colour(order), "opacity": 0.8}}
        style["hovertemplate"] = "%{text}<br>value %{x:.3~g}, return %{y:.3~g}<extra></extra>"
        words = [_success_words(row) for row in rows]
        figure.add_trace(go.Scatter(x=x, y=y, text=words, name=group, **style))
    figure.update_layout(margin={"l": 60, "r": 24, "t": 80, "b": 54}, legend={"y": 1.01})
    figure.update_xaxes(title_text="value in the first state, mean over the tries", range=[-0.03, 1.03])
    figure.update_yaxes(title_text="return, mean over the tries", range=[-0.03, 1.03])
    return figure


def _success_words(row: Mapping[str, Any]) -> str:
    """A goal, its success and interval, and the floor where one is known."""
    floor = f", random actions {row['floor']:.0%}" if "floor" in row else ""
    return f"{row['goal']}: success {row['success']:.0%} ({row['low']:.0%} to {row['high']:.0%}){floor}"


def success_matrix(evaluation: Evaluation, *, title: str | None = None) -> go.Figure:
    """Success of the greedy policy for every start (rows) and goal (columns), of what `evaluate` returns.

    Pairs that do not count stay blank.
    """
    values, pairs = evaluation.values, evaluation.pairs
    starts, goals = pairs.shape
    cell = max(2, min(28, 540 // max(pairs.shape)))
    title = title or f"{values.title or 'values'}: success of every pair"
    style = {"margin": {"l": 60, "r": 100, "t": 104, "b": 20}, "plot_bgcolor": theme.EMPTY}
    figure = theme.blank_figure(60 + goals * cell + 100, 104 + starts * cell + 20, title, **style)
    z = np.where(pairs, np.round(evaluation.success, 4), np.nan).astype(np.float32)
    steps = np.where(pairs, np.round(evaluation.exact.steps(), 1), 0).astype(np.float32)
    names = {"x": [goal_label(values, goal) for goal in range(goals)], "y": list(values.state_names)}
    words = "%{y} -> %{x}: success %{z:.3~g} (exact %{customdata:.3~g} steps)<extra></extra>"
    bar = theme.colour_bar("success", tickformat=".0%", dtick=0.25)
    scale = {"zmin": 0, "zmax": 1, "colorscale": theme.even_scale(theme.VALUE_COLOURS), "colorbar": bar}
    figure.add_trace(go.Heatmap(z=z, **names, customdata=steps, hovertemplate=words, hoverongaps=False, **scale))
    axis = {"showgrid": False, "ticks": "outside", "type": "category"}
    figure.update_xaxes(**axis, **_map_rows(values.goal_positions), title={"text": "goal", "standoff": 4}, side="top")
    figure.update_yaxes(**axis, **_map_rows(values.state_positions), title_text="start", autorange="reversed")
    return figure


def _map_rows(positions: np.ndarray | None) -> dict:
    """One tick where each row of the map begins, since the places are listed row by row."""
    if positions is None:
        return {"showticklabels": False}
    rows, first = np.unique(positions[:, 0], return_index=True)
    return {"tickvals": first.tolist(), "ticktext": [f"r{row}" for row in rows], "tickangle": 0}


def panel_at(place: int, columns: int) -> dict[str, int]:
    """Row and column of a panel, as plotly counts them, by its place in rows of so many columns."""
    return {"row": place // columns + 1, "col": place % columns + 1}


def panels(names: Sequence[str], columns: int, title: str | None, *, legend: bool, height: int = 210) -> go.Figure:
    """A panel for each name, which stands at its upper left, `height` pixels high, in rows of so many columns."""
    rows, top = -(-len(names) // columns), 92 if legend else 74
    total = top + rows * height + 46
    figure = theme.blank_figure(380 * columns if columns > 1 else 640, total, title)
    gaps = {"horizontal_spacing": 0.1, "vertical_spacing": 0.0 if rows == 1 else 56 / (rows * height)}
    make_subplots(rows, columns, figure=figure, subplot_titles=list(names), **gaps)
    for note, axis in zip(figure.layout.annotations, figure.select_xaxes(), strict=False):
        note.update(x=axis.domain[0], xanchor="left", font={"size": 12, "color": theme.MUTED})
    figure.update_layout(margin={"l": 60, "r": 24, "t": top, "b": 56}, title_y=1 - 22 / total)
    return figure.update_layout(legend_y=1 + 24 / (rows * height))
