"""Environments without a world, whose own step is nearly free: what remains is what a learner costs."""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment
from leo_lab.envs.places import Lattice, PlaceEnvironment, Places

ENTRIES_ON = 32  # of an observation
GOLDEN = np.uint32(2654435761)  # 2^32 over the golden ratio


@dataclasses.dataclass(frozen=True, eq=False)
class _Counter:
    """What an Environment (leo_lab.envs.base) has whose state is a counter, uint32 [], that actions move on.

    G goals, A actions, F numbers of an observation, which follow from the counter.
    """

    num_goals: int
    num_actions: int
    inputs: int

    name = title = "noise"

    @property
    def spec(self) -> dict:
        return dataclasses.asdict(self)

    @property
    def obs_size(self) -> int:
        return self.inputs

    @property
    def action_names(self) -> tuple[str, ...]:
        return tuple(f"action {i}" for i in range(self.num_actions))

    def reset(self, key: jax.Array) -> jax.Array:
        return jax.random.bits(key)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A linear congruential generator (Knuth's constants), which costs two operations. Never terminates."""
        del key
        moved = action if action.ndim == 0 else (1000 * action.sum()).astype(jnp.int32)
        return state * jnp.uint32(1664525) + jnp.uint32(1013904223) + moved.astype(jnp.uint32), jnp.zeros((), bool)


@dataclasses.dataclass(frozen=True, eq=False)
class Noise(_Counter, Environment):
    """Sparse observations: ENTRIES_ON ones at places that follow from the counter.

    Goal i is achieved where entry i is on (modulo F); a goal's features are one-hot, as a gridworld's are.
    """

    max_steps = 200
    clock_spread = 50
    deterministic = False  # as Craftax is not, so that LEO's target is the one it has there

    @property
    def goals(self) -> GoalSet:
        names = tuple(f"entry/{i}" for i in range(self.num_goals))
        return GoalSet(names, np.eye(self.num_goals, dtype=np.float32))

    def observe(self, state: jax.Array) -> jax.Array:
        places = (state >> 8) + jnp.arange(ENTRIES_ON, dtype=jnp.uint32) * GOLDEN
        return jnp.zeros(self.inputs).at[places % self.inputs].set(1.0)

    def achieved(self, obs: jax.Array) -> jax.Array:
        return obs[..., np.arange(self.num_goals) % self.inputs] > 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class NoisePlane(_Counter, PlaceEnvironment):
    """G places, and observations of numbers from -1 to 1, of which the first two are x and y."""

    @cached_property
    def places(self) -> Places:
        """The goals, in rows of a square, as far as they fill it."""
        side = math.ceil(math.sqrt(self.num_goals))
        x, y = np.meshgrid(np.arange(side), np.arange(side))
        points = np.stack([x, y], axis=-1).reshape(-1, 2)[: self.num_goals] * (2 / side) + (1 / side - 1)
        return Places(Lattice(points.astype(np.float32), 2 / side, 1 / side))

    def observe(self, state: jax.Array) -> jax.Array:
        numbers = state + jnp.arange(self.inputs, dtype=jnp.uint32) * GOLDEN
        return (numbers >> 8).astype(jnp.float32) / 2.0**23 - 1.0
