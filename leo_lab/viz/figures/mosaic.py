"""Small maps of many goals as one plotly figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import check_count
from leo_lab.viz import theme
from leo_lab.viz.figures.maps import board_figure, colours_of
from leo_lab.viz.reading import Reading, board_of, goal_label, number, read_maps

# A small map's colours are palette indices in one byte: the last four stand for what is no number.
_LEVELS = 252
_PAPER, _WALL, _EMPTY, _GOAL = range(_LEVELS, 256)


def goal_mosaic(
    values: AllGoalsValues,
    goals: Sequence[int | str] | None = None,
    columns: int | None = None,
    *,
    truth: AllGoalsValues | None = None,
    scale: str = "steps",
    title: str | None = None,
) -> go.Figure:
    """Small maps of many goals in one image; the pointer reads each goal's summary.

    Without `goals` and `columns` the small maps form a map themselves: each lies where its goal lies.

    Args:
      values: what to draw; its states need positions.
      goals: indices or names; None is all.
      columns: small maps per row.
      truth, scale, title: as in `value_map`.

    Raises:
      LabError: an unknown scale or goal, columns below 1, no positions, the truth of another world.
    """
    if columns is not None:
        check_count("columns", columns)
    reading, board = read_maps(values, goals, scale, truth), board_of(values)
    as_map = goals is None and columns is None and values.goal_positions is not None
    if as_map:
        places = values.goal_positions
    else:
        columns = columns or int(np.ceil(np.sqrt(len(reading.goals))))
        places = np.stack(np.divmod(np.arange(len(reading.goals)), columns), axis=1)
    head = 0 if as_map else max(2, board.shape[0] // 4)  # room for a name above each small map
    size, above = np.array(board.shape), np.array((head, 0))
    corners = (places - places.min(axis=0)) * (size + above + 1) + above
    image = _mosaic_image(reading, board, corners, corners.max(axis=0) + size)

    pixel = max(2, min(14, 640 // max(image.shape)))
    usual = f"{values.title or 'values'}: {len(places)} goals" + (", each map at its goal's place" if as_map else "")
    figure = board_figure(image.shape, pixel, title or usual)
    centres = corners + (size - 1) / 2
    figure.add_traces([_indexed(image, reading.colours), _tile_readers(reading, centres, min(board.shape) * pixel)])
    if not as_map:
        figure.add_trace(_tile_names(reading, centres - ((size[0] - 1) / 2 + 0.7, 0)))
        return figure.update_xaxes(visible=False).update_yaxes(visible=False)
    for update, axis in ((figure.update_yaxes, 0), (figure.update_xaxes, 1)):
        numbers, first = np.unique(places[:, axis], return_index=True)
        update(tickvals=centres[first, axis].tolist(), ticktext=[str(i) for i in numbers])
    return figure


def _tile_names(reading: Reading, places: np.ndarray) -> go.Scatter:
    (y, x), font = places.T.astype(np.float32), {"size": 11, "color": theme.MUTED}
    names = {"text": [goal_label(reading.values, int(goal)) for goal in reading.goals], "textposition": "top center"}
    return go.Scatter(x=x, y=y, mode="text", **names, textfont=font, hoverinfo="skip")


def _mosaic_image(reading: Reading, board: np.ndarray, corners: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Palette indices uint8 [H, W] of all small maps, each with its upper left cell at its corner."""
    image = np.full(shape, _PAPER, np.uint8)
    walls = np.where(board == "#", _WALL, _PAPER).astype(np.uint8)
    levels = np.where(np.isnan(reading.numbers), _EMPTY, reading.levels(_LEVELS))
    levels = np.where(reading.here, _GOAL, levels).astype(np.uint8)
    rows, cols = reading.values.state_positions.T
    for column, (top, left) in enumerate(corners):
        tile = image[top : top + board.shape[0], left : left + board.shape[1]]
        tile[:] = walls
        tile[rows, cols] = levels[:, column]
    return image


def _indexed(image: np.ndarray, colours: Sequence[str]) -> go.Heatmap:
    """An image of palette indices as one heat map."""
    scale = theme.even_scale(colours, (_LEVELS - 0.5) / 255)
    for index, colour in enumerate((theme.PAPER, theme.FLAT_WALL, theme.EMPTY, theme.ACCENT), _PAPER):
        scale += [(round((index - 0.5) / 255, 4), colour), (min(1, round((index + 0.5) / 255, 4)), colour)]
    return go.Heatmap(z=image, zmin=0, zmax=255, colorscale=scale, showscale=False, hoverinfo="skip")


def _tile_readers(reading: Reading, centres: np.ndarray, size: int) -> go.Scatter:
    """One unseen mark over each small map, which answers the pointer; it also carries the colour bar."""
    marker = {
        "size": size, "symbol": "square", "opacity": 0, "showscale": True, **colours_of(reading),
        "color": np.full(len(centres), reading.low, np.float32), "cmin": reading.low, "cmax": reading.high,
    }  # fmt: skip
    words = [_summary(reading, column) for column in range(len(reading.goals))]
    y, x = centres.T.astype(np.float32)
    return go.Scatter(x=x, y=y, mode="markers", marker=marker, text=words, hoverinfo="text")


def _summary(reading: Reading, column: int) -> str:
    """One line about a goal, over all states that can reach it."""
    goal, values, truth = int(reading.goals[column]), reading.values, reading.truth
    counted = ~(reading.here | reading.unreachable)[:, column]
    line = f"goal {goal_label(values, goal)}"
    if not counted.any():
        return f"{line}: no way leads there"
    steps = values.steps()[counted, goal]
    line += f": about {number(float(np.median(steps)))} steps (median of {counted.sum()} places)"
    if truth is not None:
        line += f", exact {number(float(np.median(truth.steps()[counted, goal])))}"
        line += f", value off by {np.abs(values.error(truth)[counted, goal]).mean():.3f} on average"
    return line
