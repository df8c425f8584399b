"""What learners share that go down a gradient on minibatches: settings, state, loss, the loop."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import chex
import jax
import jax.numpy as jnp
import optax
from flax import nnx

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError
from leo_lab.learners.base import Learner
from leo_lab.learners.clock import Clock
from leo_lab.learners.config import Config
from leo_lab.learners.optim import OPTIMIZERS, Group, annealed
from leo_lab.networks.torsos import MLPTorso, ViewTorso


@dataclasses.dataclass(frozen=True, kw_only=True)
class DescentConfig(Config):
    """Settings of whatever goes down a gradient.

    Attributes:
      width: units of each hidden layer.
      depth: hidden layers.
      conv: features of a 3x3 convolution over the picture that an observation begins with; 0 for none.
      minibatch: B, transitions per gradient step.
      learning_rate: of the optimizer, annealed linearly to 0.
      max_grad_norm: gradients are clipped to this global norm.
      initial_value: every value before learning.
    """

    width: int = 256
    depth: int = 1
    conv: int = 0
    minibatch: int = 512
    learning_rate: float = 3e-3
    max_grad_norm: float = 1.0
    initial_value: float = 0.03

    RULES: ClassVar = {
        **{"at least 1": ("width", "depth", "minibatch"), "at least 0": ("conv",)},
        **{"above 0": ("learning_rate", "max_grad_norm"), "between 0 and 1": ("initial_value",)},
    }

    def check(self, env: Environment) -> None:
        super().check(env)
        if self.conv and env.view is None:
            raise LabError(f"conv = {self.conv} needs a world whose observations begin with a picture; use conv = 0")


@dataclasses.dataclass(frozen=True, kw_only=True)
class GradientConfig(DescentConfig):
    """Settings of passes over each segment.

    Attributes:
      epochs: passes over each segment.
      optimizer: "adam", or "radam", whose first steps are small (the paper's in Craftax).
      average: share of the old average that is kept at each gradient step; the averaged parameters act, bootstrap and
        are read. 0 for the newest parameters (the paper's).
    """

    epochs: int = 1
    optimizer: str = "adam"
    average: float = 0.97

    RULES: ClassVar = {"at least 1": ("epochs",), "at least 0, below 1": ("average",)}
    CHOICES: ClassVar = {"optimizer": tuple(OPTIMIZERS)}


LOSSES = ("cross_entropy", "squared")


def hit_loss(
    loss: str, logits: jax.Array, target: jax.Array, weight: jax.Array | float = 1.0
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Mean loss of hit values against targets of the same shape, times weights that broadcast; returns (loss, info).

    Args:
      loss: "cross_entropy" on the logits, or "squared" on the values, which are their sigmoids.
      logits, target: float32 [...].
      weight: of each, float32 of the same rank.

    Returns:
      (loss [], info), with the means of |value - target| and of the values.
    """
    chex.assert_equal_shape([logits, target])
    q = jax.nn.sigmoid(logits)
    # optax's sigmoid_binary_cross_entropy takes two logarithms where one is enough, a tenth of an iteration.
    each = 0.5 * jnp.square(q - target) if loss == "squared" else jax.nn.softplus(logits) - target * logits
    return (weight * each).mean(), {"td_error": jnp.abs(q - target).mean(), "q": q.mean()}


class GradientState(NamedTuple):
    """Everything that changes while a network learns.

    Attributes:
      params: the averaged parameters, which act, bootstrap and are read.
      newest: those that the gradient steps move.
      opt_state: the optimiser's.
      clock: how far the run is.
    """

    params: PyTree
    newest: PyTree
    opt_state: PyTree
    clock: Clock


class Minibatches(NamedTuple):
    """What the gradient steps of one iteration are made of.

    Attributes:
      rows: a tuple of arrays [T, N, ...], which are cut into minibatches [B, ...].
      shared: what every minibatch sees whole, by the name that the loss gives it.
      key: of the order of the rows.
    """

    rows: tuple[jax.Array, ...]
    shared: dict[str, jax.Array]
    key: jax.Array


class Descent:
    """Steps on minibatches for a run of `iterations`, with averaged parameters."""

    def __init__(self, config: GradientConfig, iterations: int, steps_per_iteration: int):
        """Raises LabError where minibatches do not fill an iteration."""
        if steps_per_iteration % config.minibatch:
            message = f"minibatch = {config.minibatch} does not divide num_envs x unroll = {steps_per_iteration}"
            raise LabError(f"{message}, the steps of an iteration")
        self.config, self.iterations = config, iterations
        self.gradient_steps = config.epochs * steps_per_iteration // config.minibatch  # per iteration
        self.group = Group(
            rate=annealed(config.learning_rate),
            clip=config.max_grad_norm,
            tau=1 - config.average,
            optimizer=config.optimizer,
        )
        self.optimizer = self.group.transformation()

    def init(self, params: PyTree) -> GradientState:
        """A state that begins with these parameters."""
        return GradientState(params, params, self.optimizer.init(params), Clock.start(self.iterations))

    def run(self, loss: Callable, state: GradientState, data: Minibatches) -> tuple[GradientState, dict[str, Any]]:
        """All gradient steps of one iteration of a loss, (params, *rows [B, ...], **shared) -> (loss [], info).

        Returns the state one iteration later, and the means of the loss and of all info over the steps.
        """
        flat = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), data.rows)
        loss = functools.partial(loss, **data.shared)

        def step(state: GradientState, now: tuple[jax.Array, jax.Array]) -> tuple[GradientState, dict]:
            within, rows = now
            batch = jax.tree.map(lambda x: x[rows], flat)
            (value, info), gradient = jax.value_and_grad(loss, has_aux=True)(state.newest, *batch)
            progress = state.clock.progress(within)
            changes, opt_state = self.optimizer.update(gradient, state.opt_state, state.newest, progress=progress)
            newest = optax.apply_updates(state.newest, changes)
            params = self.group.average(newest, state.params)
            return GradientState(params, newest, opt_state, state.clock), {"loss": value, **info}

        count = len(jax.tree.leaves(flat)[0])
        order = self.shuffle(data.key, count)
        state, info = jax.lax.scan(step, state, (jnp.arange(len(order)) / len(order), order))
        return state._replace(clock=state.clock.tick()), jax.tree.map(jnp.mean, info)

    def shuffle(self, key: jax.Array, count: int) -> jax.Array:
        """Rows of every minibatch of every epoch over `count` of them, int32 [gradient steps, B]."""
        # One sort of random bits; jax.random.permutation sorts several times, which is a tenth of an iteration.
        order = [jnp.argsort(jax.random.bits(k, (count,))) for k in jax.random.split(key, self.config.epochs)]
        return jnp.concatenate(order).reshape(-1, self.config.minibatch)


class GradientLearner(Learner):
    """A learner of one network, which subclasses build in `_network`, and of one `loss` (see `Descent.run`)."""

    def __init__(self, env: Environment, config: GradientConfig, iterations: int, steps_per_iteration: int):
        super().__init__(env, config, iterations, steps_per_iteration)
        self.descent = Descent(config, iterations, steps_per_iteration)
        self._graph = nnx.split(nnx.eval_shape(lambda: self._network(nnx.Rngs(0))))[0]

    def _network(self, rngs: nnx.Rngs) -> nnx.Module:
        raise NotImplementedError

    def _torso(self, rngs: nnx.Rngs, more: int = 0) -> MLPTorso | ViewTorso:
        """The torso of a network for observations followed by `more` features."""
        config, env = self.config, self.env
        if not config.conv:
            return MLPTorso(env.obs_size + more, config.width, config.depth, rngs=rngs)
        rest = env.obs_size - math.prod(env.view) + more
        return ViewTorso(env.view, rest, config.conv, config.width, config.depth, rngs=rngs)

    def _with(self, params: PyTree) -> nnx.Module:
        """The network with these parameters."""
        return nnx.merge(self._graph, params)

    def init(self, key: jax.Array) -> GradientState:
        return self.descent.init(nnx.to_pure_dict(nnx.split(self._network(nnx.Rngs(key)))[1]))

    @property
    def passes(self) -> int:
        return self.descent.gradient_steps * self.config.minibatch

    def learn(self, state: GradientState, data: Minibatches) -> tuple[GradientState, dict[str, jax.Array]]:
        return self.descent.run(self.loss, state, data)
