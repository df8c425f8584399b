"""Craftax-Classic: what is seen of it, and its 136 goals."""

from __future__ import annotations

import dataclasses
import functools
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.envs.craftax import goals as names
from leo_lab.envs.craftax.base import CraftaxWorld, Game, game_of
from leo_lab.envs.craftax.encoding import corner, first_on, flags, light, mark, numbers, one_hot, window
from leo_lab.envs.drawing import Scene, SceneReader


@functools.cache
def _game() -> Game:
    from craftax.craftax_classic import constants, game_logic, renderer, world_gen
    from craftax.craftax_classic.envs import craftax_state

    def over(state: Any, params: Any, static: Any) -> jax.Array:
        return game_logic.is_game_over(state, params)

    return game_of(constants, game_logic, renderer, world_gen, craftax_state, over)


@dataclasses.dataclass(frozen=True, eq=False)
class Classic(CraftaxWorld):
    """Craftax-Classic: 136 goals, 17 actions, F = 1499."""

    name = "craftax-classic"
    title = "Craftax-Classic"
    layout_fields: ClassVar = {
        "view": (7, 9, len(names.CLASSIC_BLOCKS) + len(names.CLASSIC_MOBS)),
        "direction": (4,),
        "intrinsics": (len(names.CLASSIC_INTRINSICS), 10),
        "inventory": (len(names.CLASSIC_INVENTORY) + len(names.CLASSIC_TOOLS), 10),
        "light": (10,),
        "asleep": (2,),
    }
    list_goals = staticmethod(names.classic_goals)
    load_game = staticmethod(_game)

    def _encode(self, state: Any) -> dict[str, jax.Array]:
        rows, cols, _ = self.view
        here = state.player_position
        kinds = [getattr(state, f"{name}s") for name in names.CLASSIC_MOBS]
        position = jnp.concatenate([mobs.position for mobs in kinds]) - corner(here, rows, cols)
        there = jnp.concatenate([mobs.mask for mobs in kinds])
        kind = np.repeat(np.arange(len(kinds)), [mobs.mask.shape[0] for mobs in kinds])
        blocks = window(state.map, here, (rows, cols), names.CLASSIC_BLOCKS.index("OUT_OF_BOUNDS"))
        mobs = mark(position, there, kind, (rows, cols, len(kinds)))
        owned = [getattr(state.inventory, name) for name in (*names.CLASSIC_INVENTORY, *names.CLASSIC_TOOLS)]
        intrinsics = [getattr(state, f"player_{name}") for name in names.CLASSIC_INTRINSICS]
        return {
            "view": jnp.concatenate([one_hot(blocks, len(names.CLASSIC_BLOCKS)), mobs], axis=-1),
            "direction": one_hot(state.player_direction - 1, 4),
            "intrinsics": one_hot(jnp.stack(intrinsics), 10),
            "inventory": one_hot(jnp.stack(owned), 10),
            "light": light(state.light_level),
            "asleep": flags(state.is_sleeping),
        }

    @cached_property
    def scene(self) -> SceneReader:
        stats = (*names.CLASSIC_INTRINSICS, *names.CLASSIC_INVENTORY, *names.CLASSIC_TOOLS, "light", "asleep")
        things = ("none", *names.CLASSIC_MOBS)
        return SceneReader(self._read, names.CLASSIC_BLOCKS, things, stats, self.game.renderer)

    def _read(self, obs: np.ndarray) -> Scene:
        seen = self.fields.split(np.asarray(obs))
        kinds = len(names.CLASSIC_BLOCKS)
        stats = [numbers(seen[name]) for name in ("intrinsics", "inventory")]
        stats += [numbers(seen[name])[..., None] for name in ("light", "asleep")]
        return Scene(
            blocks=numbers(seen["view"][..., :kinds]),
            things=first_on(seen["view"][..., kinds:]),
            direction=numbers(seen["direction"]),
            stats=np.concatenate(stats, axis=-1),
        )
