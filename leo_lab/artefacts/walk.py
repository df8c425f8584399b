"""One record of one walk."""

from __future__ import annotations

import dataclasses

import numpy as np

from leo_lab.artefacts.plane import Plane


@dataclasses.dataclass(frozen=True, eq=False)
class BodyLayer:
    """A body on a plane."""

    plane: Plane
    place: np.ndarray
    limbs: np.ndarray
    wish: np.ndarray
    direction: np.ndarray
    step_seconds: float


@dataclasses.dataclass(frozen=True, eq=False)
class ViewLayer:
    """A view of the world around the player."""

    blocks: np.ndarray
    things: np.ndarray
    direction: np.ndarray
    stats: np.ndarray
    block_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    stat_names: tuple[str, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Walk:
    """A walk of T steps."""

    action: np.ndarray
    goal: np.ndarray
    achieved: np.ndarray
    v: np.ndarray
    best: np.ndarray | None
    goal_names: tuple[str, ...]
    action_names: tuple[str, ...]
    gamma: float
    title: str
    scale: str = "hit"
    cell: np.ndarray | None = None
    body: BodyLayer | None = None
    view: ViewLayer | None = None

    @property
    def steps(self) -> int:
        """T."""
        return len(self.action)
