"""A walk in any kind of world as a film."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from leo_lab.viz import body_frames, plane_frames, rollout_frames, world_frames
from leo_lab.walks import tours

PIXELS, ENLARGED = 16, 3  # of a block; how many times larger it is shown
FPS = 6  # pictures per second
PLANE_FPS, MOST_FPS = 8, 25  # of a walk over a plane: where its world has no clock, and where it has one at most


def film(run: Any, **how: Any) -> tuple[Any, Iterable[np.ndarray], str, float]:
    """Records a walk and draws it: maps from their tables, scenes in their textures, bodies by mujoco where it can.

    `how` are goals, places, limit and seed, see `leo_lab.walks.tours.walk`. Returns the walk; its frames, uint8
    [H, W, 3] each; how they are drawn, where that may differ, or ""; pictures per second.
    """
    env, what = run.env, tours.kind(run.env)
    if what == "states":
        walk = tours.walk(run, **how)
        return walk, rollout_frames(run.values(), walk), "", FPS
    if what == "scene":
        env.goals.select(how["goals"] or ())  # before textures are made
        walk, pictures = tours.walk(run, **how, frame=env.scene.renderer(PIXELS))
        return walk, world_frames(walk, pictures, ENLARGED), "", FPS
    if env.body is not None and env.body.model is not None:
        walk, states = tours.walk(run, **how, states=True)
        frames, note = body_frames(env, states, goal=np.append(walk.goal, walk.goal[-1]))
    else:
        walk = tours.walk(run, **how)
        frames, note = plane_frames(walk), "drawn flat, from above"
    seconds = walk.body.step_seconds
    return walk, frames, note, min(MOST_FPS, 1 / seconds) if seconds else PLANE_FPS
