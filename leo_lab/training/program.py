"""One iteration of training, compiled: collect, learn, over and over, without a word from the host.

The compiled loop never calls back into Python. The number of iterations of a chunk is data, so one compilation serves
every chunk, and a run that was cut anywhere between two chunks and resumed is, bit for bit, the run that was never
interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.envs.base import Environment, PyTree, strongly_typed
from leo_lab.errors import LabError, check_count, check_number
from leo_lab.experience.online import OnlineSource
from leo_lab.experience.segment import Source
from leo_lab.learners.base import Learner, Readout
from leo_lab.learners.checks import check_readout
from leo_lab.learners.config import Config
from leo_lab.learners.registry import check_fits, configure, resolve
from leo_lab.training.devices import naming_what_to_halve, spread

ONCE = {"xla_backend_optimization_level": 0}  # for what runs once: nothing is gained by compiling for seconds


class TrainState(NamedTuple):
    """Everything that changes during a run: a plain pytree that scan, vmap, sharding and checkpoints can hold.

    Attributes:
      learner: the learner's own state.
      source: where experience comes from, such as environments and their commanded goals; None in a run that was loaded
        from its parameters alone.
      key: the run's PRNG key; iteration i uses fold_in(key, i) and nothing else does.
      iteration: int32 [], iterations done.
    """

    learner: PyTree
    source: PyTree
    key: jax.Array
    iteration: jax.Array


def make_program(env: Environment, learner: str | type, steps: int, **settings: Any) -> Program:
    """The training of a learner in an environment, in which it acts itself.

    See leo_lab.training.stream.stream for the arguments and errors.
    """
    cls = resolve(learner)
    check_fits(cls, env)
    config, online = configure(cls, settings)
    return Program(cls, config, OnlineSource(env, online), steps)


class Program:
    """The training of one learner from one source, compiled once.

    Attributes:
      env, source, learner, config: what is trained, where and from what.
      steps: environment steps asked for; `iterations` whole iterations take at least as many.
    """

    def __init__(self, learner: type[Learner], config: Config, source: Source, steps: int):
        """Raises LabError for settings that do not suit the environment, or a readout of the wrong axes."""
        self.env, self.source, self.config, self.steps = source.env, source, config, whole_count("steps", steps)
        self.iterations = -(-self.steps // source.steps)
        self.learner = learner(source.env, config, self.iterations, source.steps)
        check_readout(self.learner, source.env)
        self._compiled: dict[tuple[int, ...], Any] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name: those of the source, and those of the learner."""
        return {**self.source.config.__dict__, **self.config.__dict__}

    def init(self, seed: int) -> TrainState:
        """A fresh state. The seed fixes everything that follows."""
        with naming_what_to_halve(self.settings):
            return self.spread(self._init(jax.random.key(seed)))

    def spread(self, state: TrainState) -> TrainState:
        """A state over all devices: what the source can split is sharded, the rest copied. LabError if it cannot be."""

        def split(parts: int) -> TrainState:
            source = False if state.source is None else self.source.split(state.source, parts)
            return TrainState(learner=False, source=source, key=False, iteration=False)

        return spread(state, split)

    def init_seeds(self, seeds: Sequence[int]) -> TrainState:
        """Fresh states of several seeds, stacked along a new leading axis."""
        return jax.jit(jax.vmap(self.fresh), compiler_options=ONCE)(jnp.stack([jax.random.key(seed) for seed in seeds]))

    def fresh(self, key: jax.Array) -> TrainState:
        """A fresh state, uncompiled."""
        learner_key, source_key, run_key = jax.random.split(key, 3)
        source = self.source.init(source_key)
        return TrainState(strongly_typed(self.learner.init(learner_key)), source, run_key, jnp.zeros((), jnp.int32))

    def shapes(self) -> TrainState:
        """Shapes and types of a state, without one."""
        return jax.eval_shape(lambda: self.fresh(jax.random.key(0)))

    @cached_property
    def _init(self):
        return jax.jit(self.fresh, compiler_options=ONCE)

    def prepare(self, state: TrainState) -> tuple[PyTree, PyTree]:
        """The first half of an iteration: draws a segment; returns the source's new state, and what `learn` needs."""
        draw_key, learn_key = jax.random.split(jax.random.fold_in(state.key, state.iteration))

        def choose(obs, goal, key):
            return self.learner.act(state.learner, obs, goal, key)

        source, segment = self.source.draw(state.source, choose, draw_key)
        return source, self.learner.prepare(state.learner, segment, learn_key)

    def update(self, state: TrainState) -> tuple[TrainState, dict[str, jax.Array]]:
        """One iteration: draw a segment, learn from it. Pure; returns the new state and scalar metrics."""
        source, data = self.prepare(state)
        learner, metrics = self.learner.learn(state.learner, data)
        return TrainState(learner, source, state.key, state.iteration + 1), metrics

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
    def readout(self) -> Callable[[PyTree, jax.Array], Readout]:
        """The learner's `readout`, compiled."""
        return jax.jit(self.learner.readout)

    def values(self, learner_state: PyTree, title: str = "") -> AllGoalsValues:
        """The values of all states of an environment whose states can be listed."""
        env, states = self.env, self.env.states
        if states is None:
            raise LabError(f"{env.name}: its states cannot be listed; ask learner.readout for the ones you have")
        q, title = np.asarray(self.readout(learner_state, states.observations).q), title or self.learner.title
        return states.values(env, q, gamma=self.config.gamma, scale=self.learner.scale, title=title)


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
