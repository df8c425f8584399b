"""Numbers and windows of the game as zeros and ones, and back."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def one_hot(number: jax.Array, count: int) -> jax.Array:
    """int [...] -> uint8 [..., count]; numbers beyond count as the last one."""
    return jax.nn.one_hot(jnp.minimum(number, count - 1), count, dtype=jnp.uint8)


def window(grid: jax.Array, centre: jax.Array, shape: tuple[int, int], outside: Any) -> jax.Array:
    """The part [rows, cols] of a grid around a place (row, col); `outside` where that is beyond the edge."""
    rows, cols = (centre[axis] - shape[axis] // 2 + jnp.arange(shape[axis]) for axis in (0, 1))
    inside = [(each >= 0) & (each < size) for each, size in zip((rows, cols), grid.shape, strict=True)]
    seen = grid.at[rows[:, None], cols[None]].get(mode="clip")
    return jnp.where(inside[0][:, None] & inside[1][None], seen, outside)


def corner(centre: jax.Array, rows: int, cols: int) -> jax.Array:
    """The top left place (row, col) of a window, int32 [1, 2]."""
    return (centre - np.array([rows // 2, cols // 2]))[None]


def mark(position: jax.Array, there: jax.Array, channel: jax.Array, view: tuple[int, int, int]) -> jax.Array:
    """What moves, as channels: position [K, 2] counted from the top left place, there bool [K], channel int [K]."""
    row, col = position.T
    row = jnp.where(there & (position >= 0).all(axis=1), row, view[0])  # beyond the edge, so that it is dropped
    col = jnp.where(col >= 0, col, view[1])
    return jnp.zeros(view, jnp.uint8).at[row, col, channel].set(1, mode="drop")


def flags(*values: Any) -> jax.Array:
    """Yes-or-no values, as uint8 [K, 2]: no, yes."""
    return one_hot(jnp.stack([jnp.asarray(value, jnp.int32) for value in values]), 2)


def light(level: jax.Array) -> jax.Array:
    """Light from 0 to 1, float32 [], in ten steps: uint8 [10]."""
    return one_hot((level * 9.9).astype(jnp.int32), 10)


def numbers(codes: np.ndarray) -> np.ndarray:
    """One-hot [..., K] -> the numbers, uint8 [...]."""
    return codes.argmax(axis=-1).astype(np.uint8)


def first_on(flags: np.ndarray) -> np.ndarray:
    """1 + the first of the flags [..., K] that is on, 0 if none is: uint8 [...]."""
    return np.where(flags.any(axis=-1), 1 + flags.argmax(axis=-1), 0).astype(np.uint8)
