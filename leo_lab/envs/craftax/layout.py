"""Flat observations made of named fields of zeros and ones, and goals that are entries of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np


class Layout:
    """Where the fields of an observation lie.

    Attributes:
      shapes: the shape of each field, by name, in order; the last axis is one-hot or a set of flags.
      size: F, entries in all.
    """

    def __init__(self, **shapes: tuple[int, ...]):
        self.shapes = shapes
        stops = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
        self._start = dict(zip(shapes, [0, *stops[:-1].tolist()], strict=True))
        self.size = int(stops[-1])

    def entry(self, field: str, *place: int) -> int:
        """Index of one entry of a field; IndexError or ValueError outside of its shape."""
        return self._start[field] + int(np.ravel_multi_index(place, self.shapes[field]))

    def join(self, fields: Mapping[str, jax.Array]) -> jax.Array:
        """Fields of their shapes -> uint8 [F]. KeyError for a missing one."""
        return jnp.concatenate([fields[name].astype(jnp.uint8).reshape(-1) for name in self.shapes])

    def split(self, obs: np.ndarray) -> dict[str, np.ndarray]:
        """[..., F] -> each field, [..., *shape]."""
        lead = obs.shape[:-1]
        return {
            name: obs[..., self._start[name] : self._start[name] + int(np.prod(shape))].reshape(*lead, *shape)
            for name, shape in self.shapes.items()
        }


class AnyOf:
    """A test of G goals, each achieved where any of its entries is on: one gather, whatever F.

    Attributes:
      entries: for each goal the entries that achieve it, at least one.
    """

    def __init__(self, entries: Sequence[Sequence[int]]):
        self.entries = tuple(tuple(each) for each in entries)
        # Goals of as many entries that follow each other are one block, so that a block is a plain reshape.
        self._blocks = [(len(list(run)), size) for size, run in itertools.groupby(self.entries, key=len)]
        self._flat = np.concatenate(self.entries).astype(np.int32)

    def __call__(self, obs: jax.Array) -> jax.Array:
        """obs [..., F] of zeros and ones -> bool [..., G]."""
        stops = np.cumsum([count * size for count, size in self._blocks])[:-1].tolist()
        parts = jnp.split(obs[..., self._flat] > 0, stops, axis=-1)
        blocks = zip(parts, self._blocks, strict=True)
        return jnp.concatenate([on.reshape(*obs.shape[:-1], *block).any(axis=-1) for on, block in blocks], axis=-1)
