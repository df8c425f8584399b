"""Optimisers: optax chains over labelled groups of parameters, each with its own clip, rate, sign and average."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import optax

from leo_lab.envs.base import PyTree

OPTIMIZERS = {"adam": optax.adam, "radam": optax.radam}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """How a group of parameters, such as a network, follows its gradient.

    Attributes:
      rate: step size, or an optax schedule of it.
      clip: largest norm of the group's gradient; None for any.
      ascend: whether it goes up the gradient, as a Lagrange multiplier does.
      tau: share of the newest parameters in their running average (Polyak) at each step; 1 for the newest alone.
      optimizer: one of OPTIMIZERS.
    """

    rate: optax.ScalarOrSchedule
    clip: float | None = None
    ascend: bool = False
    tau: float = 1.0
    optimizer: str = "adam"

    def transformation(self) -> optax.GradientTransformation:
        """What makes steps of gradients."""
        clip = optax.identity() if self.clip is None else clip_by_norm(self.clip)
        sign = optax.scale(-1.0) if self.ascend else optax.identity()
        return optax.chain(clip, OPTIMIZERS[self.optimizer](self.rate), sign)

    def average(self, newest: PyTree, average: PyTree) -> PyTree:
        """The running average one step later."""
        return optax.incremental_update(newest, average, self.tau)


def grouped(groups: Mapping[str, Group]) -> optax.GradientTransformation:
    """What makes steps of gradients of parameters that are a dict of groups by name."""
    return optax.partition(
        {name: group.transformation() for name, group in groups.items()}, {name: name for name in groups}
    )


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
