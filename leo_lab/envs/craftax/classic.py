"""Craftax-Classic: what is seen of it, and its 136 goals."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from leo_lab.envs.craftax import goals as names
from leo_lab.envs.craftax.base import CraftaxWorld, Game, game_of
from leo_lab.envs.craftax.encoding import first_on, mark, numbers, one_hot, window
from leo_lab.envs.craftax.layout import Layout

BLOCKS, MOBS = names.CLASSIC_BLOCKS, names.CLASSIC_MOBS
OWNED = (*names.CLASSIC_INVENTORY, *names.CLASSIC_TOOLS)


@dataclasses.dataclass(frozen=True, eq=False)
class Classic(CraftaxWorld):
    """Craftax-Classic: 136 goals, 17 actions, F = 1499."""

    name = "craftax-classic"
    title = "Craftax-Classic"
    fields = Layout(
        view=(7, 9, len(BLOCKS) + len(MOBS)),
        direction=(4,),
        intrinsics=(len(names.CLASSIC_INTRINSICS), 10),
        inventory=(len(OWNED), 10),
        light=(10,),
        asleep=(2,),
    )
    listing = names.classic_goals(fields)
    block_names, thing_names = BLOCKS, ("none", *MOBS)
    stat_names = (*names.CLASSIC_INTRINSICS, *OWNED, "light", "asleep")

    @staticmethod
    @functools.cache
    def load_game() -> Game:
        """The game, of which there is one for all worlds."""
        from craftax.craftax_classic import constants, game_logic, renderer, world_gen
        from craftax.craftax_classic.envs import craftax_state

        def over(state: Any, params: Any, static: Any) -> jax.Array:
            return game_logic.is_game_over(state, params)

        return game_of(constants, game_logic, renderer, world_gen, craftax_state, over)

    def _numbers(self, state: Any) -> dict[str, ArrayLike]:
        return {
            "direction": state.player_direction - 1,
            "intrinsics": [getattr(state, f"player_{name}") for name in names.CLASSIC_INTRINSICS],
            "inventory": [getattr(state.inventory, name) for name in OWNED],
            "light": state.light_level * 9.9,
            "asleep": state.is_sleeping,
        }

    def _picture(self, state: Any) -> jax.Array:
        rows, cols, _ = self.view
        here = state.player_position
        mobs = [getattr(state, f"{name}s") for name in MOBS]
        channel = np.repeat(np.arange(len(mobs)), [len(kind.mask) for kind in mobs])
        blocks = window(state.map, here, (rows, cols), BLOCKS.index("OUT_OF_BOUNDS"))
        marked = mark(mobs, channel, here, (rows, cols, len(mobs)))
        return jnp.concatenate([one_hot(blocks, len(BLOCKS)), marked], axis=-1)

    def _read_view(self, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return numbers(view[..., : len(BLOCKS)]), first_on(view[..., len(BLOCKS) :])
