"""A picture of a training run: the map of one snapshot for one goal, and the curves beside it."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from leo_widgets.arrays import scales
from leo_widgets.arrays.values import AllGoalsValues
from leo_widgets.pictures.drawing import FINE, beside, blank, write
from leo_widgets.pictures.map_picture import DIRECTIONS, MapPicture
from leo_widgets.pictures.palette import ACCENT, INK, MUTED, RULE, ink_on, shade

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
_HEAD, _GAP = 18, 18  # pixels of the words above a plot, and of the space between two


@dataclass(frozen=True)
class Curve:
    """One curve: its name, the newest value in words, y for each x, and the ends of its scale. NaN leaves a gap."""

    label: str
    text: str
    y: np.ndarray
    low: float
    high: float


@dataclass(frozen=True)
class Moment:
    """The values of one snapshot for one goal, on the map of `world`. S states."""

    world: AllGoalsValues
    v: np.ndarray  # float [S]
    best: np.ndarray  # int [S]
    exact: np.ndarray | None  # float [S]
    goal: int
    state: int
    scale: str  # "value", "steps" or "error"
    ends: tuple[float, float]  # what the first and the last colour stand for


def panel(name: str) -> dict:
    """What a metric is called and how it is drawn: {"name", "label", "kind"}."""
    label, kind = _PANELS.get(name, (name.replace("_", " "), "number"))
    return {"name": name, "label": label, "kind": kind}


def curve(name: str, y: np.ndarray, goals: int) -> Curve:
    """A metric with a scale that fits its kind. y: float [snapshots]; goals: how many there are."""
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
    return Curve(panel(name)["label"], text if known.size else "", y, low, high if high > low else low + 1.0)


def training_picture(curves: list[Curve], steps, shown: int | None, moment: Moment | None) -> Image.Image:
    """The map of a moment (where there is one), and the curves beside it, over environment steps.

    steps: of each snapshot. shown: those of the snapshot that is shown, or None.
    """
    left = blank(10, 320) if moment is None else map_of_moment(moment)
    height = max(320, left.height)
    right = blank(450, height)
    right.paste(_plots(steps, curves, shown, 420, height - 20), (20, 10))
    return beside(left, right)


def _plots(x, curves: list[Curve], mark: float | None, width: int, height: int) -> Image.Image:
    """Plots below one another over one x axis from 0 to its largest value. mark: where a vertical line stands."""
    image = blank(width, height)
    each = (height - _GAP + 2) // max(1, len(curves)) - _GAP
    across = np.asarray(x, float) / max(1.0, float(np.max(x, initial=0.0)))
    at = None if mark is None else mark / max(1.0, x[-1])
    for i, one in enumerate(curves):
        top = i * (each + _GAP)
        write(image, (0, top), one.label, MUTED)
        write(image, (width, top), one.text, anchor="ra")
        image.paste(_plot(width, max(each - _HEAD, 3), across, one, at), (0, top + _HEAD))
    steps = f"{x[-1]} steps" if len(x) else "no snapshot yet"
    write(image, (0, height - 14), "0", MUTED)
    write(image, (width, height - 14), steps, MUTED, anchor="ra")
    return image


def _plot(width: int, height: int, across: np.ndarray, one: Curve, mark: float | None) -> Image.Image:
    """One curve between two rules. across: 0 to 1 for each x; mark: 0 to 1, or None."""
    fine = blank(FINE * width, FINE * height)
    draw = ImageDraw.Draw(fine)
    for top in (0, FINE * (height - 1)):
        draw.rectangle((0, top, fine.width, top + FINE - 1), RULE)
    if mark is not None:
        left = FINE * round(mark * (width - 1))
        draw.rectangle((left, 0, left + FINE - 1, fine.height), ACCENT)
    part = np.clip((np.asarray(one.y, float) - one.low) / (one.high - one.low), 0, 1)
    down = (1 - part) * (fine.height - 6 * FINE) + 3 * FINE
    points = [(x * (fine.width - 1), y) for x, y in zip(across, down, strict=True) if np.isfinite(y)]
    if len(points) > 1:
        draw.line(points, _LINE, 2 * FINE, "curve")
    for point in points[:1] if len(points) == 1 else ():
        draw.circle(point, 2 * FINE, _LINE)
    return fine.reduce(FINE)


def map_of_moment(moment: Moment) -> Image.Image:
    """The map of one snapshot for one goal: colours, best actions, the goal and the state that is read."""
    world, goal, scale = moment.world, moment.goal, moment.scale
    picture = MapPicture(*world.shape, world.layout)
    exact = moment.v if moment.exact is None else moment.exact
    numbers = moment.v
    if scale == "steps":
        numbers = scales.steps(moment.v, world, goal)
    elif scale == "error":
        numbers = scales.error(moment.v, exact)
    table = "DIVERGING" if scale == "error" else "CIVIDIS"
    colours = shade(numbers, *moment.ends, table)
    cut = scales.no_way(exact, world) & (moment.exact is not None)
    for i, (row, col) in enumerate(world.state_positions):
        if world.here[i, goal]:
            continue
        picture.fill(row, col, colours[i])
        action = world.action_names[moment.best[i]]
        if cut[i]:
            picture.mark(row, col, "cross", ink_on(colours[i]))
        elif action in DIRECTIONS:
            picture.mark(row, col, f"arrow {action}", ink_on(colours[i]))
    picture.mark(*world.goal_positions[goal], "ring", ACCENT)
    picture.mark(*world.state_positions[moment.state], "frame", INK)
    picture.signs()
    digits = {"value": 2, "steps": 0, "error": 2}[scale]
    picture.legend(table, *(f"{end:.{digits}f}" for end in moment.ends))
    return picture.image
