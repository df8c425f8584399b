"""Craftax: what is seen of it, and its 512 goals."""

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
from leo_lab.envs.craftax.goals import BLOCKS, ITEMS, MOBS
from leo_lab.envs.craftax.layout import Layout

DARK = 0.05  # light below which a place cannot be seen
MOB_CLASSES = ("melee_mobs", "passive_mobs", "ranged_mobs", "mob_projectiles", "player_projectiles")


@dataclasses.dataclass(frozen=True, eq=False)
class Full(CraftaxWorld):
    """Craftax: 512 goals, 43 actions, F = 9537. What lies in darkness is not seen."""

    name = "craftax"
    title = "Craftax"
    fields = Layout(
        view=(9, 11, len(BLOCKS) + len(ITEMS) + len(MOBS) + 1),  # the last one: light
        direction=(4,),
        intrinsics=(len(names.INTRINSICS), 20),
        inventory=(len(names.INVENTORY), 100),
        potions=(6, 10),
        armour=(4, 3),
        armour_enchantments=(4, 3),
        sword_enchantment=(3,),
        bow_enchantment=(3,),
        pickaxe=(5,),
        sword=(5,),
        bow=(2,),
        books=(3,),
        level=(names.LEVELS,),
        light=(10,),
        flags=(6, 2),
    )
    listing = names.craftax_goals(fields)
    block_names = BLOCKS
    thing_names = ("none", *ITEMS[1:], *(name or f"mob {slot}" for slot, name in enumerate(MOBS)))
    stat_names = (
        *(*names.INTRINSICS, *names.INVENTORY),
        *("potion_red", "potion_green", "potion_blue", "potion_pink", "potion_cyan", "potion_yellow"),
        *(*names.ARMOUR, "pickaxe", "sword", "bow", "books", "level", "light"),
        *("asleep", "resting", "fireball", "iceball", "level_cleared", "boss_vulnerable"),
    )

    @staticmethod
    @functools.cache
    def load_game() -> Game:
        """The game, of which there is one for all worlds."""
        from craftax.craftax import constants, craftax_state, game_logic, renderer
        from craftax.craftax.world_gen import world_gen

        return game_of(constants, game_logic, renderer, world_gen, craftax_state, game_logic.is_game_over)

    def _numbers(self, state: Any) -> dict[str, ArrayLike]:
        from craftax.craftax.constants import MONSTERS_KILLED_TO_CLEAR_LEVEL
        from craftax.craftax.util.game_logic_utils import is_boss_vulnerable

        bag, level = state.inventory, state.player_level
        cleared = state.monsters_killed[level] >= MONSTERS_KILLED_TO_CLEAR_LEVEL
        fireball, iceball = state.learned_spells
        alike = ("potions", "armour", "pickaxe", "sword", "bow", "books")
        return {
            "direction": state.player_direction - 1,
            "intrinsics": [jnp.asarray(getattr(state, f"player_{name}"), jnp.int32) for name in names.INTRINSICS],
            "inventory": [getattr(bag, name) for name in names.INVENTORY],
            **{name: getattr(bag, name) for name in alike},
            **{name: getattr(state, name) for name in self.fields.shapes if "enchantment" in name},
            "level": level,
            "light": state.light_level * 9.9,
            "flags": [state.is_sleeping, state.is_resting, fireball, iceball, cleared, is_boss_vulnerable(state)],
        }

    def _picture(self, state: Any) -> jax.Array:
        rows, cols, _ = self.view
        here, level = state.player_position, state.player_level
        around = here, (rows, cols)
        lit = window(state.light_map[level], *around, 0.0) > DARK
        blocks = window(state.map[level], *around, BLOCKS.index("OUT_OF_BOUNDS"))
        items = window(state.item_map[level], *around, 0)
        mobs = [jax.tree.map(lambda leaf: leaf[level], getattr(state, name)) for name in MOB_CLASSES]
        channel = jnp.concatenate([8 * first + kind.type_id for first, kind in enumerate(mobs)])
        marked = mark(mobs, channel, here, (rows, cols, len(MOBS)))
        seen = [one_hot(blocks, len(BLOCKS)), one_hot(items, len(ITEMS)), marked]
        return jnp.concatenate([*(part * lit[..., None] for part in seen), lit[..., None]], axis=-1, dtype=jnp.uint8)

    def _read_view(self, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        blocks, channels = view[..., : len(BLOCKS)], view[..., len(BLOCKS) : -1]
        seen = np.where(view[..., -1] == 0, BLOCKS.index("DARKNESS"), numbers(blocks))
        items, mobs = first_on(channels[..., 1 : len(ITEMS)]), first_on(channels[..., len(ITEMS) :])
        things = np.where(mobs > 0, mobs + len(ITEMS) - 1, items)
        return seen.astype(np.uint8), things.astype(np.uint8)
