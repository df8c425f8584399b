"""An agent's values at places, where a place is the whole state."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import numpy as np

from leo_lab.artefacts.plane import PlaneValues
from leo_lab.learners.base import Learner
from leo_lab.training import Run
from leo_lab.truth.plane import raster_of


def plane_values(run: Run, *, fine: int = 4) -> PlaneValues:
    """The values of all G goals at a raster of S places, and the best first actions, as an agent has them.

    Args:
      run: the agent, in a world in which a place is the whole state, such as a point maze.
      fine: places along each side of a cell; `plane_exact` with as many has the same raster.

    Raises:
      LabError: another world, or a raster out of range.
    """
    env = run.env
    shape, cells, places = raster_of(env, fine)
    v, _, action = jax.device_get(_readout(run.learner)(run.state.learner, env.places.observe(places)))
    direction = action / np.maximum(np.linalg.norm(action, axis=-1, keepdims=True), 1.0)  # at most 1 long
    title = f"{run.learner.title}, {run.env_steps:,} steps"
    return PlaneValues(env.places.plane, shape, cells, v, direction.astype(np.float32), run.config.gamma, title)


@functools.lru_cache(maxsize=4)
def _readout(learner: Learner) -> Callable:
    """A learner's readout, compiled once for all times of a run."""
    return jax.jit(learner.readout)
