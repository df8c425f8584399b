"""The map of one goal as a plotly figure. The same values always give the same figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.viz import theme
from leo_lab.viz.figures import shapes
from leo_lab.viz.reading import Board, Reading, board_of, describe, goal_label, is_exit, is_pad, read_maps

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
    cell = max(12, min(42, 460 // max(board.rows, board.cols)))
    name = goal_label(values, int(reading.goals[0]))
    figure = board_figure(board.rows, board.cols, cell, title or f"{values.title or 'values'}: goal {name}")
    figure.add_traces([_ground(board), _heat(reading, board), *_arrows(reading), *_crosses(reading)])
    figure.add_traces([*_signs(board, cell), *_goal_ring(reading, cell)])
    every = 1 if cell >= 20 else 2
    figure.update_xaxes(tickvals=np.arange(0, board.cols, every, np.int16))
    figure.update_yaxes(tickvals=np.arange(0, board.rows, every, np.int16))
    return figure


def board_figure(rows: int, cols: int, cell: int, title: str) -> go.Figure:
    """A figure in which each of rows x cols cells is `cell` pixels wide and high, row 0 on top."""
    width = _MARGIN["l"] + cols * cell + _MARGIN["r"]
    height = _MARGIN["t"] + rows * cell + _MARGIN["b"]
    axis = {"showgrid": False, "tickcolor": theme.PAPER, "fixedrange": True}
    return theme.blank_figure(
        width,
        height,
        title,
        margin=_MARGIN,
        showlegend=False,
        xaxis={**axis, "range": [-0.5, cols - 0.5], "side": "top"},
        yaxis={**axis, "range": [rows - 0.5, -0.5]},
    ).update_layout(title_y=1 - 22 / height)


def _ground(board: Board) -> go.Heatmap:
    """Walls and places, below everything."""
    kinds = np.array([[{"#": 2, " ": 0}.get(char, 1) for char in line] for line in board.chars], np.uint8)
    colours = _steps_of((theme.PAPER, theme.EMPTY, theme.FLAT_WALL))
    return go.Heatmap(z=kinds, zmin=0, zmax=2, colorscale=colours, showscale=False, hoverinfo="skip")


def _steps_of(colours: Sequence[str]) -> list[tuple[float, str]]:
    """A colour scale that jumps: one flat stretch per colour."""
    edges = np.round(np.linspace(0, 1, len(colours) + 1), 4).tolist()
    return [(edge, colour) for i, colour in enumerate(colours) for edge in edges[i : i + 2]]


def _heat(reading: Reading, board: Board) -> go.Heatmap:
    z = np.full((board.rows, board.cols), np.nan, np.float32)
    words = np.full(z.shape, "", object)
    for state, (row, col) in enumerate(reading.values.state_positions):
        z[row, col] = reading.numbers[state, 0]
        words[row, col] = describe(reading, state, 0)
    return go.Heatmap(
        z=np.round(z, 4),
        zmin=reading.low,
        zmax=reading.high,
        colorscale=even_scale(reading.colours),
        colorbar=theme.colour_bar(reading.label, **bar_ticks(reading)),
        text=words.tolist(),
        hoverinfo="text",
        xgap=1,
        ygap=1,
    )


def even_scale(colours: Sequence[str], end: float = 1.0) -> list[tuple[float, str]]:
    """A colour scale of evenly spread colours, of which the last stands at `end`."""
    return [(round(end * i / (len(colours) - 1), 4), colour) for i, colour in enumerate(colours)]


def bar_ticks(reading: Reading) -> dict:
    """Numbers at both ends of the colour bar and some between."""
    if reading.scale == "steps":
        low, high = round(reading.low), round(reading.high)
        every = -(-high // 6)
        ticks = [low, *(k for k in range(every, high, every) if min(k - low, high - k) > every / 3), high]
        return {"tickvals": ticks, "ticktext": [str(tick) for tick in ticks]}
    ticks = np.round(np.linspace(reading.low, reading.high, 5), 4).tolist()
    sign = "+" if reading.scale == "error" else ""
    return {"tickvals": ticks, "ticktext": [f"{tick:{sign if tick else ''}.3g}" for tick in ticks]}


def _arrows(reading: Reading) -> list[go.Scatter]:
    """The greedy actions: dark arrows on light colours, white ones on dark."""
    positions, light = reading.values.state_positions, theme.is_light(reading.rgb()[:, 0])
    outlines = {True: [], False: []}
    for state, action in reading.directions(0):
        if action in shapes.DIRECTIONS:
            outlines[bool(light[state])].append(shapes.arrow(*positions[state], action))
    return [
        _strokes(outlines[on_light], ink, 0, fill="toself", fillcolor=ink)
        for on_light, ink in ((True, theme.INK), (False, theme.PAPER))
    ]


def _crosses(reading: Reading) -> list[go.Scatter]:
    positions, light = reading.values.state_positions, theme.is_light(reading.rgb()[:, 0])
    crossed = reading.unreachable[:, 0]
    return [
        _strokes([s for state in np.flatnonzero(where) for s in shapes.cross(*positions[state])], ink, 1.5)
        for where, ink in ((crossed & light, theme.MUTED), (crossed & ~light, theme.PAPER))
    ]


def _strokes(lines: Sequence[np.ndarray], colour: str, width: float, **style) -> go.Scatter:
    """Many lines, each float [points, 2] as row, col, in one trace that the pointer does not see."""
    gap = np.full((1, 2), np.nan)
    points = np.concatenate([part for line in lines for part in (line, gap)] or [gap]).astype(np.float32)
    return go.Scatter(
        x=np.round(points[:, 1], 3),
        y=np.round(points[:, 0], 3),
        mode="lines",
        line={"color": colour, "width": width},
        hoverinfo="skip",
        **style,
    )


def _signs(board: Board, cell: int) -> list[go.Scatter]:
    """One-way chevrons, teleporter pads and exits, and the start."""
    one_way = board.places(lambda char: char in shapes.ONE_WAY)
    lines = [line for row, col, char in one_way for line in shapes.chevrons(row, col, shapes.ONE_WAY[char])]
    traces = [_strokes(lines, theme.PAPER, cell * 0.12), _strokes(lines, theme.INK, cell * 0.06)] if lines else []
    pads, exits = board.places(is_pad), board.places(is_exit)
    start = board.places(lambda char: char == "S")
    inks = ([theme.portal_colour(char) for _, _, char in places] for places in (pads, exits))
    traces += _letters(pads, "circle", 0.72 * cell, next(inks), theme.PAPER, 0)
    traces += _letters(exits, "square", 0.36 * cell, next(inks), theme.PAPER, -0.31)
    traces += _letters(start, "square", 0.36 * cell, [theme.PAPER], theme.INK, -0.31, rim=theme.INK)
    return traces


def _letters(
    places: list, symbol: str, size: float, fills: list[str], ink: str, shift: float, rim: str | None = None
) -> list[go.Scatter]:
    """Marks with a letter in them, `shift` cells away from the centre towards the upper left corner."""
    if not places:
        return []
    marker = {"symbol": symbol, "size": round(size, 1), "color": fills, "opacity": 1}
    marker["line"] = {"width": 1 if rim else 0, "color": rim or ink}
    return [
        go.Scatter(
            x=[col + shift for _, col, _ in places],
            y=[row + shift for row, _, _ in places],
            mode="markers+text",
            text=[char for _, _, char in places],
            textfont={"size": max(6, round(size * 0.66)), "color": ink},
            marker=marker,
            hoverinfo="skip",
        )
    ]


def _goal_ring(reading: Reading, cell: int) -> list[go.Scatter]:
    positions = reading.values.goal_positions
    if positions is None:
        return []
    row, col = (int(place) for place in positions[reading.goals[0]])
    ring = {"width": max(2, round(0.09 * cell)), "color": theme.ACCENT}
    return [
        go.Scatter(
            x=[col],
            y=[row],
            mode="markers+text",
            text=["G"],
            textfont={"size": max(7, round(0.4 * cell)), "color": theme.INK},
            marker={"symbol": "circle", "size": round(0.68 * cell), "color": theme.PAPER, "line": ring, "opacity": 1},
            hoverinfo="skip",
        )
    ]
