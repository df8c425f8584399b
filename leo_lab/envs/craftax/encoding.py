"""Numbers and windows of the game as zeros and ones, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike


def one_hot(number: ArrayLike, count: int) -> jax.Array:
    """Numbers or flags [...] -> uint8 [..., count]; numbers beyond count as the last one."""
    return jax.nn.one_hot(jnp.minimum(jnp.asarray(number, jnp.int32), count - 1), count, dtype=jnp.uint8)


def window(grid: jax.Array, centre: jax.Array, shape: tuple[int, int], outside: Any) -> jax.Array:
    """The part [rows, cols] of a grid around a place (row, col); `outside` where that is beyond the edge."""
    rows, cols = (centre[axis] - shape[axis] // 2 + jnp.arange(shape[axis]) for axis in (0, 1))
    inside = [(each >= 0) & (each < size) for each, size in zip((rows, cols), grid.shape, strict=True)]
    seen = grid.at[rows[:, None], cols[None]].get(mode="clip")
    return jnp.where(inside[0][:, None] & inside[1][None], seen, outside)


def mark(mobs: Sequence[Any], channel: jax.Array, centre: jax.Array, view: tuple[int, int, int]) -> jax.Array:
    """What moves, of several kinds, as uint8 [rows, cols, channels] around a place; the channel of each int [K]."""
    position = jnp.concatenate([kind.position for kind in mobs]) - (centre - np.array(view[:2]) // 2)[None]
    there = jnp.concatenate([kind.mask for kind in mobs])
    row, col = position.T
    row = jnp.where(there & (position >= 0).all(axis=1), row, view[0])  # beyond the edge, so that it is dropped
    col = jnp.where(col >= 0, col, view[1])
    return jnp.zeros(view, jnp.uint8).at[row, col, channel].set(1, mode="drop")


def numbers(codes: np.ndarray) -> np.ndarray:
    """One-hot [..., K] -> the numbers, uint8 [...]."""
    return codes.argmax(axis=-1).astype(np.uint8)


def first_on(flags: np.ndarray) -> np.ndarray:
    """1 + the first of the flags [..., K] that is on, 0 if none is: uint8 [...]."""
    return np.where(flags.any(axis=-1), 1 + flags.argmax(axis=-1), 0).astype(np.uint8)
