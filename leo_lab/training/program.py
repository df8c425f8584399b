"""One iteration of training, compiled: collect, learn, over and over, without a word from the host.

The compiled loop never calls back into Python. The number of iterations of a chunk is data, so one compilation serves
every chunk, and a run that was cut anywhere between two chunks and resumed is, bit for bit, the run that was never
interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment, PyTree, settled
from leo_lab.errors import LabError, check_count, check_number
from leo_lab.experience.online import Actors, collect, start_actors
from leo_lab.learners import make_learner
from leo_lab.learners.base import Config, Learner
from leo_lab.training.devices import naming_what_to_halve, shard_over_envs


class TrainState(NamedTuple):
    """Everything that changes during a run: a plain pytree that scan, vmap, sharding and checkpoints can hold.

    Attributes:
      learner: the learner's own state.
      actors: the environments and their commanded goals; None in a run that was loaded from its parameters alone.
      key: the run's PRNG key; iteration i uses fold_in(key, i) and nothing else does.
      iteration: int32 [], iterations done.
    """

    learner: PyTree
    actors: Actors | None
    key: jax.Array
    iteration: jax.Array


class Program:
    """The training of one learner in one environment, compiled once.

    Attributes:
      env, learner, config: what is trained where.
      steps: environment steps asked for; `iterations` whole iterations take at least as many.
    """

    def __init__(self, env: Environment, learner: str, steps: int, config: Config):
        self.env, self.config, self.steps = env, config, whole_count("steps", steps)
        self.iterations = -(-self.steps // config.steps_per_iteration)
        self.learner: Learner = make_learner(learner, env, config, self.iterations)
        self._compiled: dict[tuple[int, ...], Any] = {}

    def init(self, seed: int) -> TrainState:
        """A fresh state. The seed fixes everything that follows."""
        with naming_what_to_halve(self.config):
            return shard_over_envs(self._init(jax.random.key(seed)), self.config.num_envs)

    def init_seeds(self, seeds: Sequence[int]) -> TrainState:
        """Fresh states of several seeds, stacked along a new leading axis."""
        return jax.vmap(self._init)(jnp.stack([jax.random.key(seed) for seed in seeds]))

    @cached_property
    def _init(self):
        @jax.jit
        def init(key: jax.Array) -> TrainState:
            learner_key, actors_key, run_key = jax.random.split(key, 3)
            actors = start_actors(self.env, actors_key, self.config.num_envs)
            return TrainState(settled(self.learner.init(learner_key)), actors, run_key, jnp.zeros((), jnp.int32))

        return init

    def update(self, state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
        """One iteration: collect a segment, learn from it. Pure; returns the new state and scalar metrics."""
        rollout_key, learn_key = jax.random.split(jax.random.fold_in(state.key, state.iteration))

        def choose(obs, goal, key):
            return self.learner.act(state.learner, obs, goal, key)

        actors, segment = collect(self.env, choose, state.actors, rollout_key, self.config.unroll)
        learner, metrics = self.learner.update(state.learner, segment, learn_key)
        return TrainState(learner, actors, state.key, state.iteration + 1), metrics

    def advance(self, state: TrainState, count: jax.Array) -> tuple[TrainState, dict[str, jax.Array]]:
        """`count` iterations, int32 []; metrics are means over them."""
        shapes = jax.eval_shape(self.update, state)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)

        def body(_, carry):
            state, total = carry
            state, metrics = self.update(state)
            return state, jax.tree.map(jnp.add, total, metrics)

        state, total = jax.lax.fori_loop(0, count, body, (state, zeros))
        return state, jax.tree.map(lambda leaf: leaf / count, total)

    def compile(self, state: TrainState) -> tuple[Any, float]:
        """Compiles `advance` for such a state, or for a stack of as many, once; returns it and the seconds it took."""
        began = time.perf_counter()
        seeds = state.iteration.shape
        if seeds not in self._compiled:
            advance = jax.vmap(self.advance, in_axes=(0, None)) if seeds else self.advance
            places = jax.tree.map(lambda leaf: leaf.sharding, state)  # what comes out lies where it lay
            compiled = jax.jit(advance, out_shardings=(places, None)).lower(state, jnp.int32(1)).compile()
            self._compiled[seeds] = compiled
        return self._compiled[seeds], time.perf_counter() - began

    @cached_property
    def _read_out(self):
        return jax.jit(self.learner.values)

    def read_values(self, learner_state: PyTree, title: str = "") -> AllGoalsValues:
        """The values of all states of an environment whose states can be listed."""
        env = self.env
        if not hasattr(env, "all_observations"):
            raise LabError(f"{env.name}: its states cannot be listed; ask learner.values for the ones you have")
        return AllGoalsValues(
            q=np.asarray(self._read_out(learner_state, env.all_observations())),
            state_names=env.state_names,
            goal_names=env.goals.names,
            action_names=env.action_names,
            gamma=self.config.gamma,
            scale=self.learner.scale,
            state_positions=env.state_positions,
            goal_positions=env.goals.positions,
            layout=env.layout,
            start=env.start,
            title=title or self.learner.title,
        )


def whole_count(name: str, value: object) -> int:
    """A whole number of at least 1, also written as 1e6; LabError for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    check_count(name, value)
    return int(value)


def checked_seed(value: object) -> int:
    """A seed, 0 to 2**32 - 1: JAX drops higher bits, which would give two seeds one run. LabError for others."""
    check_number("seed", value, whole=True)
    if not 0 <= value < 2**32:
        raise LabError(f"seed must be 0 to {2**32 - 1}, got {value}")
    return int(value)
