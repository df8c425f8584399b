"""Which goals an agent treats alike: two goals are similar if all states rate them alike."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.viz import theme
from leo_lab.viz.figures.maps import board_figure, even_scale
from leo_lab.viz.reading import board_of, goal_label

_NO_SPREAD = 1e-6  # a goal whose values differ by less over the states has no shape to compare


def goal_similarity(values: AllGoalsValues) -> np.ndarray:
    """Correlation of V(., g) and V(., h) over all states, float32 [G, G]; nan where a goal's values do not vary.

    A state that is the goal itself counts as 1, as if the agent had just arrived.
    """
    v = np.where(values.at_goal, 1.0, values.v).astype(np.float64)
    v -= v.mean(axis=0)
    spread = np.sqrt((v**2).sum(axis=0))
    flat = spread < _NO_SPREAD
    v /= np.where(flat, 1.0, spread)
    similarity = np.clip(v.T @ v, -1, 1)
    similarity[flat] = similarity[:, flat] = np.nan
    return similarity.astype(np.float32)


def similarity_map(values: AllGoalsValues, goal: int | str, *, title: str | None = None) -> go.Figure:
    """Every goal at its place, coloured by its similarity to one of them; the pointer reads the numbers.

    Args:
      values: what to compare; its goals need positions.
      goal: index or name of the goal that the others are compared with.
      title: another than the values' own.

    Raises:
      LabError: an unknown goal, or no positions.
    """
    board = board_of(values)
    chosen = int(values.goal_indices([goal])[0])
    similarity = goal_similarity(values)[chosen]
    z = np.full((board.rows, board.cols), np.nan, np.float32)
    words = np.full(z.shape, "", object)
    for other, (row, col) in enumerate(values.goal_positions):
        z[row, col] = round(float(similarity[other]), 3)
        words[row, col] = f"{goal_label(values, other)}: similarity {similarity[other]:.3f}"
    cell = max(12, min(42, 460 // max(board.rows, board.cols)))
    name = goal_label(values, chosen)
    figure = board_figure(board.rows, board.cols, cell, title or f"{values.title or 'values'}: goals like {name}")
    figure.add_traces([_heat(z, words), _ring(values.goal_positions[chosen], cell)])
    return figure.update_layout(plot_bgcolor=theme.FLAT_WALL)


def _heat(z: np.ndarray, words: np.ndarray) -> go.Heatmap:
    lowest = np.nanmin(z) if np.isfinite(z).any() else 0.0
    return go.Heatmap(
        z=z,
        zmin=min(np.floor(10 * float(lowest)) / 10, 0.9),
        zmax=1,
        colorscale=even_scale(theme.VALUE_COLOURS),
        colorbar=theme.colour_bar("similarity"),
        text=words.tolist(),
        hoverinfo="text",
        hoverongaps=False,
        xgap=1,
        ygap=1,
    )


def _ring(place: np.ndarray, cell: int) -> go.Scatter:
    row, col = (int(i) for i in place)
    ring = {"symbol": "circle-open", "size": round(0.68 * cell), "line": {"width": 3, "color": theme.ACCENT}}
    return go.Scatter(x=[col], y=[row], mode="markers", marker=ring, hoverinfo="skip")
