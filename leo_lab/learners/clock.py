"""How far a run is: what schedules of learning rates and of exploration go by."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import PyTree


class Clock(NamedTuple):
    """What a learner's state holds whose settings change on the way.

    That the end is data, and not a constant of the program, is what lets a run end after so many seconds.

    Attributes:
      iteration: int32 [], iterations done.
      horizon: float32 [], iterations that the run will have, as far as is known.
    """

    iteration: jax.Array
    horizon: jax.Array

    @classmethod
    def start(cls, iterations: int) -> Clock:
        """Of a run of so many iterations."""
        return cls(jnp.zeros((), jnp.int32), jnp.float32(iterations))

    def progress(self, within: jax.Array | float = 0.0) -> jax.Array:
        """Share of the run that is done, float32 from 0 to 1; `within` is the share of the iteration under way."""
        return jnp.clip((self.iteration + within) / self.horizon, 0.0, 1.0)

    def tick(self) -> Clock:
        """One iteration later."""
        return self._replace(iteration=self.iteration + 1)


def with_clocks(state: PyTree, horizon: float, iteration: int | None = None) -> PyTree:
    """A learner's state whose clocks all run towards this many iterations, and stand at that one unless None."""

    def change(node: PyTree) -> PyTree:
        if not isinstance(node, Clock):
            return node
        numbers = {"horizon": horizon} if iteration is None else {"horizon": horizon, "iteration": iteration}
        return node._replace(**{name: _alike(getattr(node, name), number) for name, number in numbers.items()})

    return jax.tree.map(change, state, is_leaf=lambda node: isinstance(node, Clock))


def _alike(leaf: jax.Array, number: float) -> jax.Array:
    return jax.device_put(jnp.full_like(leaf, number), leaf.sharding)
