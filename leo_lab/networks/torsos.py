"""Torsos: from an observation to a feature vector."""

from __future__ import annotations

import itertools
import math

import jax
import jax.numpy as jnp
from flax import nnx

SMALL = nnx.initializers.variance_scaling(0.01, "fan_in", "normal")  # so that the first policy is nearly uniform


class MLPTorso(nnx.Module):
    """Dense, LayerNorm, relu, `depth` times over. Like every torso, it says how many numbers it gives: `width`.

    LayerNorm after each hidden layer is what keeps Q-learning stable without a target network or a replay buffer.
    """

    def __init__(self, in_size: int, width: int, depth: int, *, rngs: nnx.Rngs):
        self.width = width
        # Not the paper's orthogonal draw: its QR can hang on a CPU of two cores, and LayerNorm takes the scale out.
        init = nnx.initializers.he_normal()
        sizes = itertools.pairwise([in_size, *[width] * depth])
        self.dense = nnx.List(nnx.Linear(a, b, kernel_init=init, rngs=rngs) for a, b in sizes)
        self.norm = nnx.List(nnx.LayerNorm(width, rngs=rngs) for _ in range(depth))

    def __call__(self, obs: jax.Array) -> jax.Array:
        """[..., F] -> float32 [..., width]."""
        hidden = obs
        for dense, norm in zip(self.dense, self.norm, strict=True):
            hidden = nnx.relu(norm(dense(hidden)))
        return hidden


class ViewTorso(nnx.Module):
    """An MLPTorso of an observation whose beginning is a picture, which one 3x3 convolution reads first."""

    def __init__(self, view: tuple[int, int, int], rest: int, conv: int, width: int, depth: int, *, rngs: nnx.Rngs):
        self.view, self.width = view, width
        rows, cols, channels = view
        self.conv = nnx.Conv(channels, conv, (3, 3), rngs=rngs)
        self.mlp = MLPTorso(rows * cols * conv + rest, width, depth, rngs=rngs)

    def __call__(self, obs: jax.Array) -> jax.Array:
        """[..., rows * cols * channels + rest] -> float32 [..., width]."""
        lead, size = obs.shape[:-1], math.prod(self.view)
        picture = obs[..., :size].reshape(*lead, *self.view).astype(jnp.float32)
        seen = nnx.relu(self.conv(picture)).reshape(*lead, -1)
        return self.mlp(jnp.concatenate([seen, obs[..., size:].astype(jnp.float32)], axis=-1))


Torso = MLPTorso | ViewTorso


class Code(nnx.Module):
    """A torso's output summed up in few numbers, so that what G goals read from it is cheap."""

    def __init__(self, torso: Torso, code: int, *, rngs: nnx.Rngs):
        self.torso, self.width = torso, code
        self.dense = nnx.Linear(torso.width, code, rngs=rngs)
        self.norm = nnx.LayerNorm(code, rngs=rngs)

    def __call__(self, obs: jax.Array) -> jax.Array:
        """[..., F] -> float32 [..., code]."""
        return nnx.relu(self.norm(self.dense(self.torso(obs))))
