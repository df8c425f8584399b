"""Torsos: from an observation to a feature vector."""

from __future__ import annotations

import itertools

import jax
from flax import nnx


class MLPTorso(nnx.Module):
    """Dense, LayerNorm, relu, `depth` times over.

    LayerNorm after each hidden layer is what keeps Q-learning stable without a target network or a replay buffer.
    """

    def __init__(self, in_size: int, width: int, depth: int, *, rngs: nnx.Rngs):
        # Not the paper's orthogonal draw: its QR can hang on a CPU of two cores, and LayerNorm takes the scale out.
        init = nnx.initializers.he_normal()
        sizes = itertools.pairwise([in_size, *[width] * depth])
        self.dense = nnx.List(nnx.Linear(a, b, kernel_init=init, rngs=rngs) for a, b in sizes)
        self.norm = nnx.List(nnx.LayerNorm(width, rngs=rngs) for _ in range(depth))

    def __call__(self, obs: jax.Array) -> jax.Array:
        """float32 [..., F] -> [..., width]."""
        hidden = obs
        for dense, norm in zip(self.dense, self.norm, strict=True):
            hidden = nnx.relu(norm(dense(hidden)))
        return hidden
