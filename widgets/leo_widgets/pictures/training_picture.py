"""A picture of a training run, with numpy alone: what a notebook shows where no widget can run."""

from dataclasses import dataclass

import numpy as np

from leo_widgets.arrays import tables, wire
from leo_widgets.live.history import Entry, History, has_places
from leo_widgets.pictures import raster

# what a metric is called, and how it is drawn: error (0 or more, may be logarithmic), share, count of goals, number
_PANELS = {
    "loss": ("loss", "error"),
    "td_error": ("TD error", "error"),
    "commanded_success": ("commanded success", "share"),
    "goals_seen": ("goals seen", "count"),
    "value_mae": ("mean |V − V*|", "error"),
    "optimal_actions": ("optimal actions", "share"),
}
_LINE = (0, 114, 178)
_RULE = (213, 218, 224)
_MUTED = (89, 99, 110)
_HEAD, _GAP = 16, 18  # pixels of the words above a plot, and of the space between two


@dataclass(frozen=True)
class Curve:
    """One curve: its name, the newest value in words, y for each x, and the ends of its scale. NaN leaves a gap."""

    label: str
    text: str
    y: np.ndarray
    low: float
    high: float


def _plot(x, curves: list[Curve], mark: float | None, width: int, height: int) -> np.ndarray:
    """Plots below one another, float [height, width, 3], over one x axis from 0 to its largest value.

    mark: where a vertical line stands.
    """
    image = np.full((height, width, 3), raster.PAPER, float)
    each = (height - _GAP + 2) // max(1, len(curves)) - _GAP
    across = np.asarray(x, float) / max(1.0, float(np.max(x, initial=0.0))) * (width - 1)
    for i, curve in enumerate(curves):
        top = i * (each + _GAP)
        raster.write(image, top, 0, curve.label, _MUTED)
        raster.write(image, top, width - 8 * len(curve.text) + 2, curve.text)
        _draw(image[top + _HEAD : top + each], across, curve, mark and mark / max(1.0, x[-1]) * (width - 1))
    steps = f"{x[-1]} steps" if len(x) else "no snapshot yet"
    raster.write(image, height - 10, 0, "0", _MUTED)
    raster.write(image, height - 10, width - 8 * len(steps) + 2, steps, _MUTED)
    return image


def _draw(tile: np.ndarray, across: np.ndarray, curve: Curve, mark: float | None) -> None:
    height = tile.shape[0]
    tile[[0, -1]] = _RULE
    if mark is not None:
        tile[:, min(tile.shape[1] - 1, round(mark))] = raster.ACCENT
    part = (np.asarray(curve.y, float) - curve.low) / (curve.high - curve.low)
    down = (1 - np.clip(part, 0, 1)) * (height - 3) + 1
    known = np.isfinite(down)
    for a, b in zip(np.flatnonzero(known), np.flatnonzero(known)[1:], strict=False):
        _segment(tile, across[a], down[a], across[b], down[b])


def _segment(tile: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> None:
    """A line two pixels wide with soft edges."""
    left, right = int(max(0, min(x0, x1) - 2)), int(max(x0, x1) + 3)
    top, bottom = int(max(0, min(y0, y1) - 2)), int(max(y0, y1) + 3)
    part = tile[top:bottom, left:right]
    down, over = np.indices(part.shape[:2])
    down, over = down + top - y0, over + left - x0
    dx, dy = x1 - x0, y1 - y0
    along = np.clip((over * dx + down * dy) / max(1e-9, dx * dx + dy * dy), 0, 1)
    far = np.hypot(over - along * dx, down - along * dy)
    covered = np.clip(1.5 - far, 0, 1)[..., None]
    part[:] = part * (1 - covered) + np.array(_LINE, float) * covered


def panel(name: str) -> dict:
    """What a metric is called and how it is drawn: {"name", "label", "kind"}."""
    label, kind = _PANELS.get(name, (name.replace("_", " "), "number"))
    return {"name": name, "label": label, "kind": kind}


def _curve(name: str, y: np.ndarray, goals: int) -> Curve:
    """A metric with a scale that fits its kind."""
    kind = panel(name)["kind"]
    known = y[np.isfinite(y)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if kind == "share":
        low, high = 0.0, 1.0
    elif kind == "count":
        low, high = 0.0, max(goals, high)
    elif kind == "error":
        low = min(0.0, low)
    newest = known[-1] if known.size else np.nan
    text = {"share": f"{100 * newest:.0f}%", "count": f"{newest:.0f}"}.get(kind, f"{newest:.3g}")
    label = panel(name)["label"].replace("−", "-")
    return Curve(label, text if known.size else "", y, low, high if high > low else low + 1.0)


def training_picture(history: History, number: int, goal: int, state: int, scale: str) -> bytes:
    """A PNG file: the map of one snapshot for one goal, and the curves beside it."""
    entry = history.at(number)
    shown = np.full((320, 10, 3), raster.PAPER, float)
    world = history.world
    if entry is not None and entry.map and has_places(world):
        shown = _map_picture(history, entry, goal, state, scale)
    height = max(320, shown.shape[0])
    image = np.full((height, shown.shape[1] + 450, 3), raster.PAPER, float)
    image[: shown.shape[0], : shown.shape[1]] = shown
    goals = 1 if world is None else len(world.goal_names)
    curves = [_curve(name, y, goals) for name, y in zip(history.names, history.curves(), strict=True)]
    steps = [each.env_steps for each in history.entries]
    image[10:-10, -430:-10] = _plot(steps, curves, entry and entry.env_steps, 420, height - 20)
    return raster.encode_png(np.round(np.clip(image, 0, 255)).astype(np.uint8))


def _map_picture(history: History, entry: Entry, goal: int, state: int, scale: str) -> np.ndarray:
    """The map of one snapshot for one goal, float [height, width, 3]."""
    world = history.world
    rows, cols = np.concatenate([world.state_positions, world.goal_positions]).max(axis=0) + 1
    if world.layout is not None:
        rows, cols = len(world.layout), len(world.layout[0])
    picture = raster.Picture(int(rows), int(cols), world.layout)
    v = wire.unpack(entry.map["v"])[:, goal, 0]
    best = np.frombuffer(entry.map["best"], np.uint8).reshape(len(v), -1)[:, goal]
    exact = history.truth.table.v[:, goal] if history.truth else v
    numbers = {"value": v, "steps": tables.steps(v, world.gamma), "error": v - exact}[scale]
    ends = history.limits()[scale]
    start, stop = (ends["high"], ends["low"]) if scale == "steps" else (ends["low"], ends["high"])
    table = "DIVERGING" if scale == "error" else "CIVIDIS"
    colours = raster.shade(numbers, start, stop, table)
    for i, (row, col) in enumerate(world.state_positions):
        ink = raster.ink_on(colours[i])
        if world.here[i, goal]:
            continue
        picture.fill(row, col, colours[i])
        if world.scale == "hit" and exact[i] < 1e-5 and history.truth:
            picture.mark(row, col, "cross", ink)
        elif world.action_names[best[i]] in raster.DIRECTIONS:
            picture.mark(row, col, f"arrow {world.action_names[best[i]]}", ink)
    picture.mark(*world.goal_positions[goal], "ring", raster.ACCENT)
    picture.mark(*world.state_positions[state], "frame", raster.INK)
    picture.signs()
    digits = {"value": 2, "steps": 0, "error": 2}[scale]
    picture.legend(table, f"{start:.{digits}f}", f"{stop:.{digits}f}")
    return picture.image
