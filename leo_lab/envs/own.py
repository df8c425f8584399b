"""A beginning for worlds of your own: bodies on a plane whose goals are places."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.goals import GoalSet
from leo_lab.artefacts.plane import Plane
from leo_lab.envs.places import Lattice


class GoalEnv:
    """What every world of places has, so that a new one says only what is its own.

    A subclass gives `lattice`, `action_names`, `obs_size`, `reset`, `step`, `observe` and `place`, as
    leo_lab.envs.base.PlaneEnvironment has them, and replaces of the rest what it likes to. Such a world can be trained
    in and looked at; a run that was saved in it can be loaded only once `leo_lab.envs.make` knows its name.

    Attributes:
      lattice: the places that can be commanded.
      action_names: A names.
      obs_size: F.
      walls: rectangles x0, y0, x1, y1 that are drawn; what they do is the business of `step`.
      unit: of lengths, for people.
    """

    name = "own"
    title = "a world of my own"
    action_names: tuple[str, ...]
    obs_size: int
    lattice: Lattice
    walls: ClassVar[tuple[tuple[float, float, float, float], ...]] = ()
    unit = "m"
    continuous, view, reset_ratio = True, None, 1
    deterministic = True
    max_steps, clock_spread = 100, 25
    step_seconds = 0.0

    @property
    def spec(self) -> dict:
        """Nothing: `make` does not know this world."""
        return {}

    @property
    def goals(self) -> GoalSet:
        """The lattice's."""
        return self.lattice.goals

    @property
    def plane(self) -> Plane:
        """The ground, a little larger than the lattice and the walls."""
        walls = np.array(self.walls, np.float32).reshape(-1, 4)
        ends = np.concatenate([self.lattice.points, walls[:, :2], walls[:, 2:]])
        margin = 0.75 * self.lattice.spacing
        extent = (*(ends.min(axis=0) - margin).tolist(), *(ends.max(axis=0) + margin).tolist())
        return Plane(extent, walls, self.lattice.points, self.goals.names, self.lattice.radius, self.unit)

    def achieved(self, obs: jax.Array) -> jax.Array:
        """Whether the body's place is within each goal's radius: obs [..., F] -> bool [..., G]."""
        return self.lattice.achieved(self.place(obs))

    def place(self, obs: jax.Array) -> jax.Array:
        """The first two numbers of an observation, unless a subclass knows better."""
        return obs[..., :2]

    def limbs(self, state: Any) -> jax.Array:
        """None, unless a subclass has some."""
        return jnp.zeros((0, 2, 2))
