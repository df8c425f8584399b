"""Which goals an agent treats alike: two goals are similar if all states rate them alike."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.viz import theme
from leo_lab.viz.figures.maps import board_figure, cell_of, place_heat
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

    Raises LabError for an unknown goal, and where goals have no positions.
    """
    board = board_of(values)
    chosen = int(values.goal_indices([goal])[0])
    similarity = np.round(goal_similarity(values)[chosen].astype(float), 3)
    words = [f"{goal_label(values, other)}: similarity {alike:.3f}" for other, alike in enumerate(similarity)]
    lowest = np.nanmin(similarity) if np.isfinite(similarity).any() else 0.0
    style = {"colorscale": theme.even_scale(theme.VALUE_COLOURS), "colorbar": theme.colour_bar("similarity")}
    style |= {"zmin": min(np.floor(10 * lowest) / 10, 0.9), "zmax": 1, "hoverongaps": False}
    cell, name = cell_of(board), goal_label(values, chosen)
    figure = board_figure(board.shape, cell, title or f"{values.title or 'values'}: goals like {name}")
    figure.add_trace(place_heat(board.shape, values.goal_positions, similarity, words, **style))
    row, col = map(int, values.goal_positions[chosen])
    ring = {"symbol": "circle-open", "size": round(0.68 * cell), "line": {"width": 3, "color": theme.ACCENT}}
    figure.add_trace(go.Scatter(x=[col], y=[row], mode="markers", marker=ring, hoverinfo="skip"))
    return figure.update_layout(plot_bgcolor=theme.FLAT_WALL)
