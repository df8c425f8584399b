"""Optimisers: optax chains over labelled groups of parameters, each with its own clip, rate, sign and average."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import optax

from leo_lab.envs.base import PyTree

OPTIMIZERS = {"adam": optax.scale_by_adam, "radam": optax.scale_by_radam}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """How a group of parameters, such as a network, follows its gradient.

    Attributes:
      rate: step size, or what gives it by the share of the run that is done.
      clip: largest norm of the group's gradient; None for any.
      ascend: whether it goes up the gradient, as a Lagrange multiplier does.
      tau: share of the newest parameters in their running average (Polyak) at each step; 1 for the newest alone.
      optimizer: one of OPTIMIZERS.
    """

    rate: float | Callable[[jax.Array], jax.Array]
    clip: float | None = None
    ascend: bool = False
    tau: float = 1.0
    optimizer: str = "adam"

    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """What makes steps of gradients; its `update` is told `progress` of the run where the rate depends on it."""
        clip = optax.identity() if self.clip is None else clip_by_norm(self.clip)
        return optax.chain(clip, OPTIMIZERS[self.optimizer](), scale_by_rate(self.rate, self.ascend))

    def average(self, newest: PyTree, average: PyTree) -> PyTree:
        """The running average one step later."""
        return optax.incremental_update(newest, average, self.tau)


def grouped(groups: Mapping[str, Group]) -> optax.GradientTransformationExtraArgs:
    """What makes steps of gradients of parameters that are a dict of groups by name; see Group.transformation."""
    return optax.partition(
        {name: group.transformation() for name, group in groups.items()}, {name: name for name in groups}
    )


def annealed(rate: float, begin: float = 0.0) -> Callable[[jax.Array], jax.Array]:
    """A step size that stays until that share of the run is done, and then falls linearly to 0."""
    return lambda progress: rate * jnp.minimum((1.0 - progress) / (1.0 - begin), 1.0)


def scale_by_rate(rate: float | Callable, ascend: bool) -> optax.GradientTransformationExtraArgs:
    """Multiplies by the step size, down the gradient or up.

    In optax a schedule counts its own steps towards an end that is fixed when the program is made; here it is told.
    """

    def update(steps: PyTree, state: optax.EmptyState, params: PyTree | None = None, *, progress=None, **_):
        now = rate(progress) if callable(rate) else rate
        factor = now if ascend else -now
        return jax.tree.map(lambda leaf: factor * leaf, steps), state

    return optax.GradientTransformationExtraArgs(lambda params: optax.EmptyState(), update)


def clip_by_norm(largest: float) -> optax.GradientTransformation:
    """Cuts a gradient, a tree of any shapes, to the largest norm allowed.

    By one factor: on a CPU, optax.clip_by_global_norm takes several times as long as Adam for millions of numbers.
    """

    def update(
        gradient: PyTree, state: optax.EmptyState, params: PyTree | None = None
    ) -> tuple[PyTree, optax.EmptyState]:
        norm = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(gradient)))
        factor = largest / jnp.maximum(norm, largest)
        return jax.tree.map(lambda leaf: factor * leaf, gradient), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)
