"""The map of one goal as a plotly figure. The same values always give the same figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.viz import shapes, theme
from leo_lab.viz.reading import EXITS, PADS, Reading, board_of, describe, goal_label, places_of, read_maps

_MARGIN = {"l": 34, "r": 96, "t": 66, "b": 14}  # pixels


def value_map(
    values: AllGoalsValues,
    goal: int | str,
    truth: AllGoalsValues | None = None,
    scale: str = "steps",
    *,
    title: str | None = None,
) -> go.Figure:
    """A heat map of one goal over the world with the greedy actions; the pointer reads every place.

    Args:
      values: what to draw; its states need positions.
      goal: index or name.
      truth: the exact values; sets the range of the colours, and says what cannot be reached.
      scale: "steps", "value" or "error" (value minus exact; needs `truth`).
      title: another than the values' own.

    Raises:
      LabError: an unknown scale or goal, no positions, the truth of another world.
    """
    reading = read_maps(values, [goal], scale, truth)
    board = board_of(values)
    cell = cell_of(board)
    name = goal_label(values, int(reading.goals[0]))
    figure = board_figure(board.shape, cell, title or f"{values.title or 'values'}: goal {name}")
    figure.add_traces([_ground(board), _heat(reading, board), *_marks(reading), *_signs(board, cell)])
    if values.goal_positions is not None:
        row, col = map(int, values.goal_positions[reading.goals[0]])
        ring = {"color": theme.PAPER, "line": {"width": max(2, round(0.09 * cell)), "color": theme.ACCENT}}
        sizes = {"size": round(0.68 * cell), "letter": max(7, round(0.4 * cell))}
        figure.add_trace(_letters([(row, col, "G")], theme.INK, symbol="circle", **sizes, **ring))
    every = 1 if cell >= 20 else 2
    figure.update_xaxes(tickvals=np.arange(0, board.shape[1], every, np.int16))
    return figure.update_yaxes(tickvals=np.arange(0, board.shape[0], every, np.int16))


def cell_of(board: np.ndarray) -> int:
    """Side of a cell in the figure of one map, in pixels."""
    return max(12, min(42, 460 // max(board.shape)))


def board_figure(shape: Sequence[int], cell: int, title: str) -> go.Figure:
    """A figure in which each of [rows, cols] cells is `cell` pixels wide and high, row 0 on top."""
    rows, cols = map(int, shape)
    width = _MARGIN["l"] + cols * cell + _MARGIN["r"]
    height = _MARGIN["t"] + rows * cell + _MARGIN["b"]
    figure = theme.blank_figure(width, height, title, margin=_MARGIN, showlegend=False)
    axis = {"showgrid": False, "tickcolor": theme.PAPER, "fixedrange": True}
    figure.update_xaxes(**axis, range=[-0.5, cols - 0.5], side="top").update_yaxes(**axis, range=[rows - 0.5, -0.5])
    return figure.update_layout(title_y=1 - 22 / height)


def _ground(board: np.ndarray) -> go.Heatmap:
    """Walls and places, below everything."""
    kinds = np.select([board == "#", board == " "], [2, 0], 1).astype(np.uint8)
    edges = np.round(np.linspace(0, 1, 4), 4).tolist()
    inks = (theme.PAPER, theme.EMPTY, theme.FLAT_WALL)  # one flat stretch of the scale each
    scale = [(edge, ink) for i, ink in enumerate(inks) for edge in edges[i : i + 2]]
    return go.Heatmap(z=kinds, zmin=0, zmax=2, colorscale=scale, showscale=False, hoverinfo="skip")


def _heat(reading: Reading, board: np.ndarray) -> go.Heatmap:
    places = reading.values.state_positions
    words = [describe(reading, state, 0) for state in range(len(places))]
    scale = {"zmin": reading.low, "zmax": reading.high, **colours_of(reading)}
    return place_heat(board.shape, places, np.round(reading.numbers[:, 0], 4), words, **scale)


def place_heat(
    shape: tuple[int, ...], places: np.ndarray, numbers: np.ndarray, words: Sequence[str], **style
) -> go.Heatmap:
    """The cells of a map at places [K, 2] (row, col), coloured by numbers [K]; the pointer reads the words."""
    z, text = np.full(shape, np.nan, np.float32), np.full(shape, "", object)
    z[tuple(places.T)], text[tuple(places.T)] = numbers, words
    return go.Heatmap(z=z, text=text.tolist(), hoverinfo="text", xgap=1, ygap=1, **style)


def colours_of(reading: Reading) -> dict:
    """plotly's colours of a reading; its bar has numbers at both ends and some between."""
    if reading.scale == "steps":
        low, high = round(reading.low), round(reading.high)
        every = -(-high // 6)
        ticks = [low, *(k for k in range(every, high, every) if min(k - low, high - k) > every / 3), high]
    else:
        ticks = np.round(np.linspace(reading.low, reading.high, 5), 4).tolist()
    bar = theme.colour_bar(reading.label, tickvals=ticks, ticktext=[reading.written(tick) for tick in ticks])
    return {"colorscale": theme.even_scale(reading.colours), "colorbar": bar}


def _marks(reading: Reading) -> list[go.Scatter]:
    """The greedy actions and crosses: dark ones on light colours, white ones on dark."""
    arrows, crosses = shapes.arrows(reading, 0), shapes.crosses(reading, 0)
    kinds = (arrows, theme.INK, 0, "toself"), (crosses, theme.MUTED, 1.5, None)
    return [
        _strokes([line for line, own in drawn if own == ink], ink, width, fill)
        for drawn, dark, width, fill in kinds
        for ink in (dark, theme.PAPER)
    ]


def _strokes(lines: Sequence[np.ndarray], colour: str, width: float, fill: str | None = None) -> go.Scatter:
    """Many lines, each float [points, 2] as row, col, in one trace that the pointer does not see."""
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, gap)] or [gap]).astype(np.float32)
    x, y = np.round(points[:, ::-1], 3).T
    style = {"line": {"color": colour, "width": width}, "fill": fill, "fillcolor": colour if fill else None}
    return go.Scatter(x=x, y=y, mode="lines", hoverinfo="skip", **style)


def _signs(board: np.ndarray, cell: int) -> list[go.Scatter]:
    """One-way chevrons, teleporter pads and exits, and the start."""
    lines, traces = shapes.chevrons(board), []
    if lines:
        traces = [_strokes(lines, theme.PAPER, cell * 0.12), _strokes(lines, theme.INK, cell * 0.06)]
    for chars, symbol, share, shift in ((PADS, "circle", 0.72, 0), (EXITS, "square", 0.36, -0.31)):
        places = places_of(board, chars)
        fills, rim = [theme.portal_colour(char) for _, _, char in places], {"width": 0, "color": theme.PAPER}
        traces.append(_letters(places, theme.PAPER, share * cell, shift, symbol=symbol, color=fills, line=rim))
    start = {"symbol": "square", "color": [theme.PAPER], "line": {"width": 1, "color": theme.INK}}
    traces.append(_letters(places_of(board, "S"), theme.INK, 0.36 * cell, -0.31, **start))
    return [trace for trace in traces if len(trace.x)]


def _letters(places: list, ink: str, size: float, shift: float = 0, *, letter: int = 0, **marker) -> go.Scatter:
    """Marks with a letter in them, `shift` cells away from the centre towards the upper left corner."""
    rows, cols, letters = zip(*places, strict=True) if places else ((), (), ())
    font = {"size": letter or max(6, round(size * 0.66)), "color": ink}
    marker = {"size": round(size, 1), "opacity": 1, **marker}
    x, y = [col + shift for col in cols], [row + shift for row in rows]
    return go.Scatter(x=x, y=y, mode="markers+text", text=letters, textfont=font, marker=marker, hoverinfo="skip")
