"""What there is to draw of a world: scenes of blocks and things, bodies of limbs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np

if TYPE_CHECKING:
    from leo_lab.envs.base import PyTree


class Scene(NamedTuple):
    """What observations show, as numbers for people and pictures; leading axes as the observations had.

    Attributes:
      blocks: uint8 [..., rows, cols], index into `block_names` of the reader.
      things: uint8 [..., rows, cols], what stands on the block, index into `thing_names`; 0 for nothing.
      direction: uint8 [...], where the player faces: 0 left, 1 right, 2 up, 3 down.
      stats: uint8 [..., K], see `stat_names`.
    """

    blocks: np.ndarray
    things: np.ndarray
    direction: np.ndarray
    stats: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class SceneReader:
    """How observations of a world are read as scenes.

    Attributes:
      read: observations [..., F] -> Scene.
      block_names, thing_names, stat_names: what the numbers of a scene stand for.
      renderer: (height of a block in pixels) -> a function that draws a state with the world's own textures, float32
        [H, W, 3], 0 to 255.
    """

    read: Callable[[np.ndarray], Scene]
    block_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    stat_names: tuple[str, ...]
    renderer: Callable[[int], Callable[[PyTree], jax.Array]]


@dataclasses.dataclass(frozen=True, eq=False)
class Body:
    """A body on a plane.

    Attributes:
      limbs: state -> both ends of each of L limbs, x and y: float32 [L, 2, 2].
      model: mujoco's model of the body and its ground, or None where mujoco knows nothing of it.
      qpos: states with leading axes [...] -> joint positions as mujoco orders them, float64 [..., Q]; with a model.
      width: metres that a picture shows; with a model.
    """

    limbs: Callable[[PyTree], jax.Array]
    model: Any = None
    qpos: Callable[[PyTree], np.ndarray] | None = None
    width: float = 1.0
