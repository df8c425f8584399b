"""What a value means: five scales, what viewers need to know of each, and the way to first-hit values and steps.

T >= 1 is the time of the first arrival at the goal g:
  hit        h(s, a, g) = E[gamma^(T - 1)], the first-hit value;
  occupancy  N(s, a, g) = (1 - gamma) sum_t>=1 gamma^(t - 1) P(s_t = g), the discounted occupancy of a policy;
  log_ratio  log N(s, a, g) / p(g), over a marginal p of the goals (contrastive learning);
  distance   -log E[gamma^T] = -log(gamma h); steps are this divided by -log gamma (quasimetrics);
  neg_steps  -E[(1 - gamma^T) / (1 - gamma)], a reward of -1 for every step (expectile methods).
For one Markov policy and goals that are one state each, h = N / M(g, g), where M counts the present, too:
M(g, g) = (1 - gamma) + gamma sum_a pi(a | g) N(g, a, g).
"""

from __future__ import annotations

import dataclasses

import numpy as np

from leo_lab.errors import LabError, require_choice


@dataclasses.dataclass(frozen=True)
class Scale:
    """One meaning of a number for a pair of a state (and action) and a goal.

    Attributes:
      name: the tag that values carry.
      label: a word or two for one value.
      unit: of the numbers; empty where they have none.
      larger_is_better: else the best action is the one with the smallest value.
      comparable: whether values of pairs with different goals compare; else only those with the same goal do.
      legend: the heading of a colour bar.
      needs: what the way to first-hit values needs beside the values and the discount, by the names in `to_hit`.
    """

    name: str
    label: str
    unit: str
    larger_is_better: bool
    comparable: bool
    legend: str
    needs: tuple[str, ...] = ()

    def range(self, gamma: float) -> tuple[float, float]:
        """The smallest and the largest value that the scale promises for a discount; infinite where it is open."""
        return {
            "hit": (0.0, 1.0),
            "occupancy": (0.0, 1.0),
            "log_ratio": (-np.inf, np.inf),
            "distance": (0.0, np.inf),
            "neg_steps": (-1 / (1 - gamma), 0.0),
        }[self.name]


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
_MEANING = {
    "self_occupancy": "M(g, g), the occupancy of each goal from itself",
    "marginal": "p(g), the marginal of the goals",
}


def scale_of(name: str) -> Scale:
    """The scale of a tag. Raises LabError for an unknown one, with the nearest."""
    require_choice("value scale", name, SCALES)
    return SCALES[name]


def check_range(values: np.ndarray, name: str, gamma: float) -> None:
    """Raises LabError where values (NaN aside) lie so far outside what their scale promises that it is another one.

    Estimates overshoot: where the range is finite, a tenth of it is let pass.
    """
    low, high = scale_of(name).range(gamma)
    known = values[~np.isnan(values)]
    if not known.size:
        return
    slack = 0.1 * (high - low) if np.isfinite(high - low) else 1e-4
    least, most = float(known.min()), float(known.max())
    if least < low - slack or most > high + slack:
        raise LabError(f"{name} values lie in {low:g} to {high:g}, but these in {least:g} to {most:g}")


def self_occupancy(occupancy: np.ndarray, gamma: float) -> np.ndarray:
    """M(g, g), float [G], from how the policy occupies each goal from itself, sum_a pi(a | g) N(g, a, g), float [G]."""
    return (1 - gamma) + gamma * np.asarray(occupancy)


def to_hit(
    values: np.ndarray,
    name: str,
    gamma: float,
    *,
    self_occupancy: np.ndarray | None = None,
    marginal: np.ndarray | None = None,
) -> np.ndarray:
    """First-hit values of values on any scale, float32 of the same shape.

    Args:
      values: float [S, G] or [S, G, A].
      name: their scale.
      gamma: discount per step.
      self_occupancy: M(g, g), float [G], for "occupancy" and "log_ratio".
      marginal: p(g), float [G], for "log_ratio".

    Raises:
      LabError: an unknown scale, or one whose way to hit values needs what is missing.
    """
    values = np.asarray(values, np.float32)
    need = {"self_occupancy": self_occupancy, "marginal": marginal}
    for what in scale_of(name).needs:
        if need[what] is None:
            raise LabError(f"{name} values become hit values with {_MEANING[what]}: give {what}, float [G]")
    by_goal = (-1, *[1] * (values.ndim - 2))  # along the axis of goals
    if name == "occupancy":
        return values / np.reshape(self_occupancy, by_goal).astype(np.float32)
    if name == "log_ratio":
        return np.exp(values) * np.reshape(np.divide(marginal, self_occupancy), by_goal).astype(np.float32)
    if name == "distance":
        return np.exp(-values) / np.float32(gamma)
    if name == "neg_steps":
        return (1 + np.float32(1 - gamma) * values) / np.float32(gamma)
    return values


def to_steps(values: np.ndarray, name: str, gamma: float, **given: np.ndarray | None) -> np.ndarray:
    """Steps to the goal that values stand for, 1 + log h / log gamma, float32 of the same shape; inf where h <= 0.

    Takes what `to_hit` takes, and raises as it does. In a deterministic world these are the steps of the policy.
    """
    return steps_from_values(to_hit(values, name, gamma, **given), gamma)


def steps_from_values(v: np.ndarray, gamma: float) -> np.ndarray:
    """Steps to the goal, 1 + log V / log gamma (first hit: V = gamma^(steps - 1)); inf where V <= 0."""
    v = np.asarray(v, np.float32)
    positive = v > 0
    log_v = np.log(v, where=positive, out=np.zeros_like(v))
    return np.where(positive, 1 + log_v / np.float32(np.log(gamma)), np.float32(np.inf)).astype(np.float32)
