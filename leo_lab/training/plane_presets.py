"""What a run in a world of places gets unless told: environment steps, and settings that suit the world."""

from __future__ import annotations

from typing import Any, NamedTuple

from leo_lab.errors import unknown


class PlanePreset(NamedTuple):
    """Environment steps of a run, and settings of every learner, that a world gets unless told."""

    steps: int
    settings: dict[str, Any]


_ANT = {"gamma": 0.99, "num_envs": 256, "unroll": 64, "updates": 256, "minibatch": 256, "learning_rate": 1e-3}
PLANES: dict[str, PlanePreset] = {
    "point_maze": PlanePreset(120_000, {}),
    "reacher": PlanePreset(120_000, {}),
    "ant": PlanePreset(5_000_000, _ANT),
    "ant_umaze": PlanePreset(10_000_000, _ANT),
}
"""Worlds whose goals are places, by name. The bodies of the ants are for GPUs."""

LEARNER = "sac_leo"
"""The learner that these worlds get unless told."""


def plane_preset(world: str) -> PlanePreset:
    """What a world gets unless told. LabError for a world whose goals are no places."""
    if world not in PLANES:
        raise unknown("world of places", world, PLANES)
    return PLANES[world]
