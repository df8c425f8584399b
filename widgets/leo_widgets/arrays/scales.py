"""What a value means: the same five scales as in leo_lab.artefacts.scales, as viewers need them.

Values of another scale are shown as they are: without steps, and with no range to keep to.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """One meaning of a number for a pair of a state (and action) and a goal: see leo_lab.artefacts.scales.Scale."""

    name: str
    label: str
    unit: str
    larger_is_better: bool
    comparable: bool  # whether values of pairs with different goals compare
    legend: str
    needs: tuple[str, ...] = ()  # what the way to steps needs beside the values and the discount

    def range(self, gamma: float) -> tuple[float, float]:
        """The smallest and the largest value that the scale promises for a discount; infinite where it is open."""
        return {
            "hit": (0.0, 1.0),
            "occupancy": (0.0, 1.0),
            "distance": (0.0, np.inf),
            "neg_steps": (-1 / (1 - gamma), 0.0),
        }.get(self.name, (-np.inf, np.inf))

    def never(self, gamma: float) -> float | None:
        """The value of a goal to which no way leads; None for a scale that is not known here."""
        if self.name not in SCALES:
            return None
        return self.range(gamma)[0 if self.larger_is_better else 1]


SCALES = {
    scale.name: scale
    for scale in (
        Scale("hit", "value", "", True, True, "value of the best action"),
        Scale("occupancy", "occupancy", "", True, False, "discounted occupancy of the goal", ("self_occupancy",)),
        Scale(
            "log_ratio", "log ratio", "nats", True, False, "log of occupancy over marginal",
            ("self_occupancy", "marginal"),
        ),
        Scale("distance", "distance", "nats", False, True, "distance to the goal in nats"),
        Scale("neg_steps", "negative steps", "steps", True, True, "minus the discounted steps"),
    )
}  # fmt: skip
TINY = 1e-5  # a hit value below is one of no way: an estimate is never exactly 0


def scale_of(name: str) -> Scale:
    """The scale of a tag; a plain one, of which nothing is known but its name, for any other."""
    return SCALES.get(name) or Scale(name, "value", "", True, False, "value of the best action")


def convertible(source) -> bool:
    """Whether values stand for steps. source: anything with scale and gamma, and perhaps what its scale needs."""
    return source.scale in SCALES and all(
        getattr(source, name, None) is not None for name in SCALES[source.scale].needs
    )


def offset_of(source) -> np.ndarray | None:
    """What is added to the log of values of G goals on the way to log h, float64 [G]: log p(g) - log M(g, g)."""
    found = None
    for name, sign in (("self_occupancy", -1), ("marginal", 1)):
        if name in scale_of(source.scale).needs:
            found = (0 if found is None else found) + sign * np.log(np.asarray(getattr(source, name), float))
    return found


def steps(values, source, goal: int | None = None) -> np.ndarray:
    """Steps to the goal that values stand for, 1 + log h / log gamma, float64; infinite where no way leads there.

    values: [..., G] is axis 1, as in [S, G] or [S, G, A]; or of one goal, and of any shape.
    source: whose values they are: scale, gamma, and what its scale needs (see `convertible`).
    """
    values, gamma, offset = np.asarray(values, float), source.gamma, 0.0
    if scale_of(source.scale).needs:
        offset = offset_of(source)
        offset = offset.reshape(-1, *[1] * (values.ndim - 2)) if goal is None else offset[goal]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_hit = {
            "hit": lambda: np.log(np.maximum(values, 0)),
            "occupancy": lambda: np.log(np.maximum(values, 0)) + offset,
            "log_ratio": lambda: values + offset,
            "distance": lambda: -values - np.log(gamma),
            "neg_steps": lambda: np.log(np.maximum(1 + (1 - gamma) * values, 0)) - np.log(gamma),
        }[source.scale]()
        return 1 + log_hit / np.log(gamma)


def no_way(v, source) -> np.ndarray:
    """Which values say that no way leads to the goal, bool of the same shape; nowhere for a scale not known here."""
    scale = scale_of(source.scale)
    if source.scale == "hit":
        return np.asarray(v) < TINY
    never = scale.never(source.gamma)
    if never is None:
        return np.zeros(np.shape(v), bool)
    return np.asarray(v) <= never if scale.larger_is_better else np.asarray(v) >= never


def error(values, exact) -> np.ndarray:
    """Values minus the exact ones, float; NaN where no way leads by both, on a scale that has infinity for that."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values) - np.asarray(exact)


def describe(source, low: float, high: float) -> dict:
    """What the browser needs to know of a scale, for values packed between low and high (see `wire.span`)."""
    scale = scale_of(source.scale)
    never = scale.never(source.gamma)
    known = convertible(source)
    offset = offset_of(source) if known else None
    return {
        "name": scale.name, "label": scale.label, "unit": scale.unit, "legend": scale.legend,
        "larger_is_better": scale.larger_is_better, "comparable": scale.comparable, "convertible": known,
        "gamma": source.gamma, "never": None if never is None else float(np.clip(never, low, high)),
        "offset": None if offset is None else offset.tolist(),
    }  # fmt: skip
