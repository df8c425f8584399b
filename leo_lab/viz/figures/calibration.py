"""Believed against exact steps as a plotly figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import LabError
from leo_lab.viz import theme
from leo_lab.viz.reading import number

_SHARES = [[0, "#e8eef6"], [0.15, "#a9c4e2"], [0.5, "#4b8ac6"], [1, "#08407e"]]


def calibration(
    values: AllGoalsValues, exact: AllGoalsValues, *, pairs: np.ndarray | None = None, title: str | None = None
) -> go.Figure:
    """Believed against exact steps: of the pairs at each exact distance, the share at each belief.

    Of `pairs`, bool [S, G]; unless told, of all with a way that are not the goal itself. Raises LabError for values of
    two worlds, or where there is no pair to draw.
    """
    values.check_same_world(exact)
    known = (exact.v > 0) & ~values.at_goal
    known = known if pairs is None else known & pairs
    if not known.any():
        raise LabError("no (start, goal) pair to draw: every goal is the state itself or out of reach")
    true, believed = exact.steps()[known], values.steps()[known]
    figure = theme.blank_figure(560, 480, title or f"{values.title or 'values'}: believed against exact steps")
    columns, rows, share, medians, beyond = _belief_table(true, believed)
    top = float(rows[-1])
    figure.add_traces([_shares(columns, rows, share), theme.diagonal(top), _medians(columns, medians)])
    figure.update_layout(margin={"l": 60, "r": 100, "t": 80, "b": 54}, legend={"y": 1.01, "traceorder": "normal"})
    figure.update_xaxes(title_text="exact steps", range=[0.4, len(columns) + 0.6], showgrid=False)
    figure.update_yaxes(title_text="believed steps", range=[0, top + 0.5])
    if beyond:
        note = f"{number(beyond) if beyond >= 0.1 else 'under 0.1'} % of the pairs lie above"
        place = {"x": 1, "y": 1.01, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
        figure.add_annotation(text=note, showarrow=False, font={"size": 11, "color": theme.MUTED}, **place)
    return figure


def _belief_table(true: np.ndarray, believed: np.ndarray):
    """Counts beliefs for each exact distance.

    Returns:
      columns int16 [C], the exact steps; rows float32 [R], the middles of the bins of believed steps;
      share [R, C] of a column's pairs in each bin, nan where none; medians [C], nan where no pair;
      per cent of all pairs beyond the last row.
    """
    farthest = round(float(true.max()))
    top = int(np.ceil(max(farthest, min(np.quantile(believed, 0.99), 2 * farthest)))) + 1
    width = 0.5 if top <= 12 else 1.0
    columns, rows = np.arange(1, farthest + 1, dtype=np.int16), np.arange(0, top + width, width, dtype=np.float32)
    column = np.round(true).astype(int) - 1
    inside = believed < top + width / 2
    counts = np.zeros((len(rows), len(columns)))
    np.add.at(counts, (np.round(believed[inside] / width).astype(int), column[inside]), 1)
    pairs = np.bincount(column, minlength=len(columns))
    share = np.divide(counts, pairs, out=np.full_like(counts, np.nan), where=counts > 0)
    medians = [np.median(believed[column == c]) if pairs[c] else np.nan for c in range(len(columns))]
    return columns, rows, share, medians, 100 * float((~inside).mean())


def _shares(columns: np.ndarray, rows: np.ndarray, share: np.ndarray) -> go.Heatmap:
    half = float(rows[1] - rows[0]) / 2
    strongest = max(0.25, np.ceil(4 * np.nan_to_num(share).max()) / 4)
    scale = {"zmin": 0, "zmax": strongest, "colorscale": _SHARES}
    scale["colorbar"] = theme.colour_bar("share of the pairs", tickformat=".0%", dtick=strongest / 5)
    words = f"exact %{{x}} steps, believed %{{y:.2~f}} ± {half:g}: %{{z:.1%}}<extra></extra>"
    return go.Heatmap(x=columns, y=rows, z=theme.significant(share), hovertemplate=words, hoverongaps=False, **scale)


def _medians(columns: np.ndarray, medians: Sequence[float]) -> go.Scatter:
    marker = {"color": theme.ACCENT, "size": 6, "line": {"color": theme.PAPER, "width": 1}}
    words = "exact %{x} steps: median belief %{y:.3~g}<extra></extra>"
    drawn = {"mode": "markers", "marker": marker, "name": "median", "hovertemplate": words}
    return go.Scatter(x=columns, y=theme.significant(medians), **drawn)
