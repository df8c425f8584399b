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


@dataclasses.dataclass(frozen=True, eq=False)
class Noise(Environment):
    """An Environment (leo_lab.envs.base) without a world: sparse observations out of a counter, G goals, A actions.

    The state is a counter, uint32 []; an observation has ENTRIES_ON ones at places that follow from it; goal i is
    achieved where entry i is on (modulo F); a goal's features are one-hot, as a gridworld's are.
    """

    inputs: int
    num_goals: int
    num_actions: int

    name = title = "noise"
    max_steps = 200
    clock_spread = 50
    deterministic = False  # as Craftax is not, so that LEO's target is the one it has there

    @property
    def spec(self) -> dict:
        return dataclasses.asdict(self)

    @property
    def obs_size(self) -> int:
        return self.inputs

    @property
    def goals(self) -> GoalSet:
        names = tuple(f"entry/{i}" for i in range(self.num_goals))
        return GoalSet(names, np.eye(self.num_goals, dtype=np.float32))

    @property
    def action_names(self) -> tuple[str, ...]:
        return tuple(f"action {i}" for i in range(self.num_actions))

    def reset(self, key: jax.Array) -> jax.Array:
        return jax.random.bits(key)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A linear congruential generator (Knuth's constants), which costs two operations. Never terminates."""
        del key
        return state * jnp.uint32(1664525) + jnp.uint32(1013904223) + action.astype(jnp.uint32), jnp.zeros((), bool)

    def observe(self, state: jax.Array) -> jax.Array:
        places = (state >> 8) + jnp.arange(ENTRIES_ON, dtype=jnp.uint32) * jnp.uint32(2654435761)  # golden ratio, 2^32
        return jnp.zeros(self.inputs).at[places % self.inputs].set(1.0)

    def achieved(self, obs: jax.Array) -> jax.Array:
        return obs[..., np.arange(self.num_goals) % self.inputs] > 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class NoisePlane(PlaceEnvironment):
    """An Environment (leo_lab.envs.base) of G places without a world: observations out of a counter.

    The state is a counter, uint32 []; an observation holds F numbers from -1 to 1 that follow from it, of which the
    first two are x and y; A actions, which only move the counter on.
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

    @cached_property
    def places(self) -> Places:
        """The goals, in rows of a square, as far as they fill it."""
        side = math.ceil(math.sqrt(self.num_goals))
        x, y = np.meshgrid(np.arange(side), np.arange(side))
        points = np.stack([x, y], axis=-1).reshape(-1, 2)[: self.num_goals] * (2 / side) + (1 / side - 1)
        return Places(Lattice(points.astype(np.float32), 2 / side, 1 / side))

    @property
    def action_names(self) -> tuple[str, ...]:
        return tuple(f"action {i}" for i in range(self.num_actions))

    def reset(self, key: jax.Array) -> jax.Array:
        return jax.random.bits(key)

    def step(self, state: jax.Array, action: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """A linear congruential generator (Knuth's constants). Never terminates."""
        del key
        moved = (1000 * action.sum()).astype(jnp.int32).astype(jnp.uint32)
        return state * jnp.uint32(1664525) + jnp.uint32(1013904223) + moved, jnp.zeros((), bool)

    def observe(self, state: jax.Array) -> jax.Array:
        numbers = state + jnp.arange(self.inputs, dtype=jnp.uint32) * jnp.uint32(2654435761)  # golden ratio, 2^32
        return (numbers >> 8).astype(jnp.float32) / 2.0**23 - 1.0
