"""The goals of Craftax-Classic (136) and Craftax (512): names, the entries that achieve them, features.

A goal is "any one of these entries of the observation is on" (Matthews et al. 2026, arXiv:2605.23551): a count is
exactly 3, a count lies within 10 to 14, the block to the left is a tree. The order is that of the published listings,
data/goals/*.txt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.craftax.layout import Layout

PLACES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
"""Row and column of a place beside the player, counted from the player's own."""

CLASSIC_BLOCKS = (
    *("INVALID", "OUT_OF_BOUNDS", "GRASS", "WATER", "STONE", "TREE", "WOOD", "PATH", "COAL", "IRON", "DIAMOND"),
    *("CRAFTING_TABLE", "FURNACE", "SAND", "LAVA", "PLANT", "RIPE_PLANT"),
)
BLOCKS = (
    *CLASSIC_BLOCKS,
    *("WALL", "DARKNESS", "WALL_MOSS", "STALAGMITE", "SAPPHIRE", "RUBY", "CHEST", "FOUNTAIN", "FIRE_GRASS"),
    *("ICE_GRASS", "GRAVEL", "FIRE_TREE", "ICE_SHRUB", "ENCHANTMENT_TABLE_FIRE", "ENCHANTMENT_TABLE_ICE"),
    *("NECROMANCER", "GRAVE", "GRAVE2", "GRAVE3", "NECROMANCER_VULNERABLE"),
)
NO_GOAL_BLOCKS = ("INVALID", "WOOD", "DARKNESS", "GRAVEL")
ITEMS = ("NONE", "TORCH", "LADDER_DOWN", "LADDER_UP", "LADDER_DOWN_BLOCKED")
CLASSIC_MOBS = ("zombie", "cow", "skeleton", "arrow")
MOBS = (  # 5 classes of 8 types: melee, passive, ranged, projectiles of mobs, of the player; "" where there is no goal
    *("zombie", "gnome_warrior", "orc_soldier", "lizard", "knight", "troll", "pigman", "frost_troll"),
    *("cow", "bat", "snail", "", "", "", "", ""),
    *("skeleton", "gnome_archer", "orc_mage", "kobold", "knight_archer", "deep_thing", "fire_elemental"),
    "ice_elemental",
    *("arrow", "dagger", "fireball", "", "arrow2", "slimeball", "fireball2", "iceball2"),
    *("", "", "player_fireball", "player_iceball", "player_arrow", "", "", ""),
)
CLASSIC_INVENTORY = ("wood", "stone", "coal", "iron", "diamond", "sapling")
CLASSIC_TOOLS = ("wood_pickaxe", "stone_pickaxe", "iron_pickaxe", "wood_sword", "stone_sword", "iron_sword")
INVENTORY = ("wood", "stone", "coal", "iron", "diamond", "sapphire", "ruby", "sapling", "torches", "arrows")
MANY = ("wood", "stone", "coal", "iron", "torches", "arrows")  # also counted in fives, from 10 on
MATERIALS = ("wood", "stone", "iron", "diamond")  # of pickaxe and sword, from level 1 on
ARMOUR, ARMOUR_MATERIALS = ("helmet", "chestplate", "pants", "boots"), ("iron", "diamond")
SPELLS = ("fire", "ice")
LEVELS = 9
CLASSIC_INTRINSICS = ("health", "food", "drink", "energy")
INTRINSICS = (*CLASSIC_INTRINSICS, "mana", "xp", "dexterity", "strength", "intelligence")

Goal = tuple[str, tuple[int, ...]]


def classic_goals(layout: Layout) -> tuple[Goal, ...]:
    """Names and entries of the 136 goals of Craftax-Classic."""
    first = {name: layout.entry("inventory", row, 1) for row, name in enumerate(CLASSIC_TOOLS, len(CLASSIC_INVENTORY))}
    return (
        *_counts(layout, CLASSIC_INVENTORY),
        *((f"tools/{name}", tuple(range(entry, entry + 9))) for name, entry in first.items()),
        *_beside(layout, "block_map", CLASSIC_BLOCKS, 0),
        *_beside(layout, "mob_map", CLASSIC_MOBS, len(CLASSIC_BLOCKS)),
    )


def craftax_goals(layout: Layout) -> tuple[Goal, ...]:
    """Names and entries of the 512 goals of Craftax."""
    return (
        *_counts(layout, INVENTORY),
        *_fives(layout),
        *_beside(layout, "block_map", BLOCKS, 0),
        *_beside(layout, "mob_map", MOBS, len(BLOCKS) + len(ITEMS)),
        *_beside(layout, "item_map", ITEMS, len(BLOCKS)),
        *_tools(layout.entry),
        *_enchantments(layout.entry),
        *((f"dungeon_level/dlvl_{level}", (layout.entry("level", level),)) for level in range(LEVELS)),
        *(
            (f"intrinsics/{name}_{level}", (layout.entry("intrinsics", INTRINSICS.index(name), level),))
            for name in ("intelligence", "strength", "dexterity")
            for level in range(2, 6)
        ),
    )


def _counts(layout: Layout, names: Sequence[str]) -> Iterator[Goal]:
    for row, name in enumerate(names):
        for count in range(1, 10):
            yield f"inventory/{name}_{count}", (layout.entry("inventory", row, count),)


def _fives(layout: Layout) -> Iterator[Goal]:
    for name in MANY:
        for low in range(10, 100, 5):
            first = layout.entry("inventory", INVENTORY.index(name), low)
            yield f"inventory/{name}_{low}-{low + 4}", tuple(range(first, first + 5))


def _beside(layout: Layout, group: str, names: Iterable[str], first: int) -> Iterator[Goal]:
    """Goals of what is on the four places beside the player; channel `first` of the view shows the first of `names`."""
    rows, cols, _ = layout.shapes["view"]
    for channel, name in enumerate(names, first):
        if name in ("", "NONE", *NO_GOAL_BLOCKS):
            continue
        for place, (row, col) in PLACES.items():
            yield f"{group}/{name}_{place}", (layout.entry("view", rows // 2 + row, cols // 2 + col, channel),)


def _tools(entry: Callable[..., int]) -> Iterator[Goal]:
    for level, material in enumerate(MATERIALS, 1):
        for tool in ("pickaxe", "sword"):
            yield f"tools/{material}_{tool}", (entry(tool, level),)
    yield "tools/bow", (entry("bow", 1),)
    for row, piece in enumerate(ARMOUR):
        for level, material in enumerate(ARMOUR_MATERIALS, 1):
            yield f"tools/{material}_{piece}", (entry("armour", row, level),)


def _enchantments(entry: Callable[..., int]) -> Iterator[Goal]:
    for row, piece in enumerate(ARMOUR):
        for level, spell in enumerate(SPELLS, 1):
            yield f"enchant/{piece}_{spell}", (entry("armour_enchantments", row, level),)
    for level, spell in enumerate(SPELLS, 1):
        for weapon in ("sword", "bow"):
            yield f"enchant/{weapon}_{spell}", (entry(f"{weapon}_enchantment", level),)


def goal_set(names: Sequence[str]) -> GoalSet:
    """The goals with features [G, F] for networks that are told the goal: one-hot group, subject and place or number.

    So `inventory/wood_3` shares its subject with `inventory/wood_4` and its number with `inventory/coal_3`.
    """
    parts = [_parts(name) for name in names]
    columns = [list(dict.fromkeys(column)) for column in zip(*parts, strict=True)]
    one_hot = [
        [float(part == known) for part, column in zip(each, columns, strict=True) for known in column if known]
        for each in parts
    ]
    return GoalSet(tuple(names), np.array(one_hot, np.float32))


def _parts(name: str) -> tuple[str, str, str]:
    """Group, subject, and place or number, which is empty where there is none."""
    group, _, rest = name.partition("/")
    subject, _, last = rest.rpartition("_")
    if subject and (last in PLACES or last[0].isdigit()):
        return group, subject, last
    return group, rest, ""
