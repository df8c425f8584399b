"""Craftax: what is seen of it, and its 512 goals."""

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

DARK = 0.05  # light below which a place cannot be seen
_STATS = (
    *(*names.INTRINSICS, *names.INVENTORY),
    *("potion_red", "potion_green", "potion_blue", "potion_pink", "potion_cyan", "potion_yellow"),
    *(*names.ARMOUR, "pickaxe", "sword", "bow", "books", "level", "light"),
    *("asleep", "resting", "fireball", "iceball", "level_cleared", "boss_vulnerable"),
)


@functools.cache
def _game() -> Game:
    from craftax.craftax import constants, craftax_state, game_logic, renderer
    from craftax.craftax.world_gen import world_gen

    return game_of(constants, game_logic, renderer, world_gen, craftax_state, game_logic.is_game_over)


@dataclasses.dataclass(frozen=True, eq=False)
class Full(CraftaxWorld):
    """Craftax: 512 goals, 43 actions, F = 9537. What lies in darkness is not seen."""

    name = "craftax"
    title = "Craftax"
    layout_fields: ClassVar = {
        "view": (9, 11, len(names.BLOCKS) + len(names.ITEMS) + len(names.MOBS) + 1),  # the last one: light
        "direction": (4,),
        "intrinsics": (len(names.INTRINSICS), 20),
        "inventory": (len(names.INVENTORY), 100),
        "potions": (6, 10),
        "armour": (4, 3),
        "armour_enchantments": (4, 3),
        "sword_enchantment": (3,),
        "bow_enchantment": (3,),
        "pickaxe": (5,),
        "sword": (5,),
        "bow": (2,),
        "books": (3,),
        "level": (names.LEVELS,),
        "light": (10,),
        "flags": (6, 2),
    }
    list_goals = staticmethod(names.craftax_goals)
    load_game = staticmethod(_game)

    def _encode(self, state: Any) -> dict[str, jax.Array]:
        from craftax.craftax.constants import MONSTERS_KILLED_TO_CLEAR_LEVEL
        from craftax.craftax.util.game_logic_utils import is_boss_vulnerable

        bag, level = state.inventory, state.player_level
        cleared = state.monsters_killed[level] >= MONSTERS_KILLED_TO_CLEAR_LEVEL
        spells = state.learned_spells
        return {
            "view": self._view(state),
            "direction": one_hot(state.player_direction - 1, 4),
            "intrinsics": one_hot(
                jnp.stack([jnp.asarray(getattr(state, f"player_{name}"), jnp.int32) for name in names.INTRINSICS]), 20
            ),
            "inventory": one_hot(jnp.stack([getattr(bag, name) for name in names.INVENTORY]), 100),
            "potions": one_hot(bag.potions, 10),
            "armour": one_hot(bag.armour, 3),
            "armour_enchantments": one_hot(state.armour_enchantments, 3),
            "sword_enchantment": one_hot(state.sword_enchantment, 3),
            "bow_enchantment": one_hot(state.bow_enchantment, 3),
            "pickaxe": one_hot(bag.pickaxe, 5),
            "sword": one_hot(bag.sword, 5),
            "bow": one_hot(bag.bow, 2),
            "books": one_hot(bag.books, 3),
            "level": one_hot(level, names.LEVELS),
            "light": light(state.light_level),
            "flags": flags(
                state.is_sleeping, state.is_resting, spells[0], spells[1], cleared, is_boss_vulnerable(state)
            ),
        }

    def _view(self, state: Any) -> jax.Array:
        rows, cols, _ = self.view
        here, level = state.player_position, state.player_level
        around = here, (rows, cols)
        lit = window(state.light_map[level], *around, 0.0) > DARK
        blocks = window(state.map[level], *around, names.BLOCKS.index("OUT_OF_BOUNDS"))
        items = window(state.item_map[level], *around, 0)
        kinds = [
            getattr(state, name)
            for name in ("melee_mobs", "passive_mobs", "ranged_mobs", "mob_projectiles", "player_projectiles")
        ]
        position = jnp.concatenate([mobs.position[level] for mobs in kinds]) - corner(here, rows, cols)
        there = jnp.concatenate([mobs.mask[level] for mobs in kinds])
        first = np.repeat(8 * np.arange(len(kinds)), [mobs.mask.shape[1] for mobs in kinds])
        mobs = mark(
            position,
            there,
            jnp.asarray(first) + jnp.concatenate([mobs.type_id[level] for mobs in kinds]),
            (rows, cols, len(names.MOBS)),
        )
        seen = [one_hot(blocks, len(names.BLOCKS)), one_hot(items, len(names.ITEMS)), mobs]
        return jnp.concatenate([*(part * lit[..., None] for part in seen), lit[..., None]], axis=-1, dtype=jnp.uint8)

    @cached_property
    def scene(self) -> SceneReader:
        mobs = (name or f"mob {slot}" for slot, name in enumerate(names.MOBS))
        return SceneReader(self._read, names.BLOCKS, ("none", *names.ITEMS[1:], *mobs), _STATS, self.game.renderer)

    def _read(self, obs: np.ndarray) -> Scene:
        seen = self.fields.split(np.asarray(obs))
        view, dark = seen["view"], seen["view"][..., -1] == 0
        blocks = np.where(dark, names.BLOCKS.index("DARKNESS"), numbers(view[..., : len(names.BLOCKS)]))
        channels = view[..., len(names.BLOCKS) : -1]
        items, mobs = first_on(channels[..., 1 : len(names.ITEMS)]), first_on(channels[..., len(names.ITEMS) :])
        things = np.where(mobs > 0, mobs + len(names.ITEMS) - 1, items)
        many = ("intrinsics", "inventory", "potions", "armour")
        single = ("pickaxe", "sword", "bow", "books", "level", "light")
        stats = [numbers(seen[name]) for name in many] + [numbers(seen[name])[..., None] for name in single]
        return Scene(
            blocks=blocks.astype(np.uint8),
            things=things.astype(np.uint8),
            direction=numbers(seen["direction"]),
            stats=np.concatenate([*stats, numbers(seen["flags"])], axis=-1),
        )
