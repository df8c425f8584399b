"""Walks through a made-up Craftax, with numpy alone: data for the tests of the viewers. Nothing here plays the game."""

import numpy as np

from leo_lab.artefacts.walk import ViewLayer, Walk
from toy_values import altered

SIDES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
BLOCKS = (
    "INVALID", "OUT_OF_BOUNDS", "GRASS", "WATER", "STONE", "TREE", "WOOD", "PATH", "COAL", "IRON", "DIAMOND",
    "CRAFTING_TABLE", "FURNACE", "SAND", "LAVA", "PLANT", "RIPE_PLANT",
)  # fmt: skip
MORE_BLOCKS = (
    "WALL", "DARKNESS", "WALL_MOSS", "STALAGMITE", "SAPPHIRE", "RUBY", "CHEST", "FOUNTAIN", "FIRE_GRASS", "ICE_GRASS",
    "GRAVEL", "FIRE_TREE", "ICE_SHRUB", "ENCHANTMENT_TABLE_FIRE", "ENCHANTMENT_TABLE_ICE", "NECROMANCER", "GRAVE",
    "GRAVE2", "GRAVE3", "NECROMANCER_VULNERABLE",
)  # fmt: skip
MOBS = ("zombie", "cow", "skeleton", "arrow")
MORE_MOBS = (
    "gnome_warrior", "orc_soldier", "lizard", "knight", "troll", "pigman", "frost_troll", "bat", "snail",
    "gnome_archer", "orc_mage", "kobold", "knight_archer", "deep_thing", "fire_elemental", "ice_elemental", "dagger",
    "fireball", "arrow2", "slimeball", "fireball2", "iceball2", "player_fireball", "player_iceball", "player_arrow",
)  # fmt: skip
ITEMS = ("TORCH", "LADDER_DOWN", "LADDER_UP", "LADDER_DOWN_BLOCKED")
NEEDS = ("health", "food", "drink", "energy")
GOODS = ("wood", "stone", "coal", "iron", "diamond", "sapling")
MORE_GOODS = (
    "arrows", "torches", "ruby", "sapphire", "books", "potion_red", "potion_green", "potion_blue", "potion_pink",
    "potion_cyan", "potion_yellow",
)  # fmt: skip
TOOLS = ("wood_pickaxe", "stone_pickaxe", "iron_pickaxe", "wood_sword", "stone_sword", "iron_sword")
ACTIONS = (
    "noop", *SIDES, "do", "sleep", "place_stone", "place_table", "place_furnace", "place_plant", "make_wood_pickaxe",
    "make_stone_pickaxe", "make_iron_pickaxe", "make_wood_sword", "make_stone_sword", "make_iron_sword",
)  # fmt: skip
WORLD = 40  # rows and columns of the whole map


def goal_names(full=False):
    """136 names as Classic has them, or 512 as the full game groups them."""
    around = lambda names: [f"{name}_{side}" for name in names for side in SIDES]  # noqa: E731
    solid = [name for name in BLOCKS if name not in ("INVALID", "WOOD")]
    groups = {
        "inventory": [f"{name}_{count}" for name in GOODS for count in range(1, 10)],
        "block_map": around(solid),
        "mob_map": around(MOBS),
        "tools": list(TOOLS),
    }
    if full:
        goods = [*GOODS, *MORE_GOODS, "dexterity_points", "scrolls", "bones", "feathers", "string"]
        groups = {
            "inventory": [f"{name}_{count}" for name in goods for count in range(1, 10)],
            "block_map": around([*solid, *(name for name in MORE_BLOCKS if name not in ("DARKNESS", "GRAVE3"))]),
            "mob_map": around([*MOBS, *MORE_MOBS]),
            "item_map": around(ITEMS),
            "tools": [*TOOLS, *(f"tool_{i}" for i in range(11))],
            "enchant": [f"part_{i}_{kind}" for i in range(6) for kind in ("fire", "ice")],
            "intrinsics": [f"{name}_{i}" for name in ("dexterity", "strength", "intelligence") for i in range(2, 6)],
            "dungeon_level": [f"dlvl_{i}" for i in range(9)],
        }
    return tuple(f"{group}/{name}" for group, names in groups.items() for name in names)


def walk(full=False, steps=60, seed=0, title="toy"):
    """A walk of 7 x 9 views and 136 goals, or, with `full`, of 9 x 11 views and 512 goals."""
    rng = np.random.default_rng(seed)
    names = goal_names(full)
    blocks, things = BLOCKS + (MORE_BLOCKS if full else ()), ("none", *MOBS, *((*MORE_MOBS, *ITEMS) if full else ()))
    ground = _ground(rng, blocks, full)
    actions, places, facing = _way(rng, ground, blocks, steps)
    shape = (9, 11) if full else (7, 9)
    view = np.stack([_window(ground, place, shape, blocks.index("OUT_OF_BOUNDS")) for place in places])
    around = np.stack([_window(mobs, place, shape, 0) for mobs, place in zip(_mobs(rng, things, steps), places)])  # noqa: B905
    around[:, shape[0] // 2, shape[1] // 2] = 0
    stat_names, stats = _stats(rng, full, steps)
    achieved = _achieved(rng, names, view, around, blocks, things, stat_names, stats)
    layer = ViewLayer(
        view.astype(np.uint8), around.astype(np.uint8), facing.astype(np.uint8), stats, blocks, things, stat_names
    )  # fmt: skip
    return Walk(
        action=actions.astype(np.int32), goal=_commands(rng, achieved, steps), achieved=achieved,
        v=_values(rng, achieved), best=_best(rng, achieved.shape), goal_names=names, action_names=ACTIONS, gamma=0.99,
        title=title, view=layer,
    )  # fmt: skip


def changed(walk, **changes):
    """The walk with some attributes changed, of itself or of its view."""
    own = {name: value for name, value in changes.items() if hasattr(walk, name)}
    return altered(walk, **own, view=altered(walk.view, **{n: v for n, v in changes.items() if n not in own}))


def _ground(rng, blocks, full):
    """Lakes, woods and rock with ores in it."""
    noise = sum(np.kron(rng.normal(size=(WORLD // k, WORLD // k)), np.ones((k, k))) for k in (4, 8))
    pick = lambda name: blocks.index(name)  # noqa: E731
    ground = np.where(noise < -1.6, pick("WATER"), np.where(noise > 1.0, pick("STONE"), pick("GRASS")))
    ground[(noise >= -1.6) & (noise < -1.2)] = pick("SAND")
    draw = rng.random(ground.shape)
    ground[(ground == pick("GRASS")) & (draw < 0.12)] = pick("TREE")
    rock = ground == pick("STONE")
    kinds = ["PATH", "COAL", "IRON", "DIAMOND", "LAVA", *(MORE_BLOCKS if full else ())]
    for i, name in enumerate(kinds):
        width = 0.4 / len(kinds)
        ground[rock & (draw > i * width) & (draw < (i + 1) * width)] = pick(name)
    for name in ("CRAFTING_TABLE", "FURNACE", "PLANT", "RIPE_PLANT"):
        ground[tuple(rng.integers(14, 26, 2))] = pick(name)
    return ground


def _way(rng, ground, blocks, steps):
    """A stubborn wanderer: actions, places and directions."""
    free = {blocks.index(name) for name in ("GRASS", "SAND", "PATH")}
    place, side, actions, places, facing = np.array([20, 20]), 1, [], [np.array([20, 20])], [3]
    for _ in range(steps):
        if rng.random() < 0.25:
            side = int(rng.integers(4))
        ahead = place + list(SIDES.values())[side]
        if ground[tuple(np.clip(ahead, 0, WORLD - 1))] in free and (ahead >= 0).all() and (ahead < WORLD).all():
            place = ahead
            actions.append(1 + side)
        else:
            actions.append(int(rng.choice([5, 5, 5, 7, 11, 1 + side])))
            side = int(rng.integers(4)) if rng.random() < 0.5 else side
        places.append(place)
        facing.append(side)
    return np.array(actions), np.array(places), np.array(facing)


def _window(grid, place, shape, outside):
    half = np.array(shape) // 2
    padded = np.pad(grid, [(half[0], half[0]), (half[1], half[1])], constant_values=outside)
    row, col = place
    return padded[row : row + shape[0], col : col + shape[1]]


def _mobs(rng, things, steps):
    """The map of things at each time: most stand still, some move on."""
    mobs = np.where(rng.random((WORLD, WORLD)) < 0.03, rng.integers(1, len(things), (WORLD, WORLD)), 0)
    for _ in range(steps + 1):
        yield mobs.copy()
        mobs = np.roll(mobs, int(rng.integers(-1, 2)), axis=int(rng.integers(2)))


def _stats(rng, full, steps):
    goods, tools = (*GOODS, *(MORE_GOODS if full else ())), TOOLS
    names = (*NEEDS, *(("mana", "xp", "dexterity", "strength", "intelligence") if full else ()), *goods, *tools)
    stats = np.zeros((steps + 1, len(names) + 2 + full), np.uint8)
    time = np.arange(steps + 1)
    for i, name in enumerate(names):
        if name in NEEDS or name == "mana":
            stats[:, i] = np.clip(9 - time // int(rng.integers(12, 30)) + (time % 40) // 30, 1, 9)
        elif name in goods:
            stats[:, i] = np.minimum(9, np.cumsum(rng.random(steps + 1) < (0.06 if i % 3 else 0.0)))
        else:
            stats[:, i] = (time > rng.integers(0, 2 * steps)) * 1
    night = np.cos(time / max(steps, 1) * 2 * np.pi)
    stats[:, len(names)] = night < -0.85
    stats[:, len(names) + 1] = np.round(5 + 4 * night)
    return (*names, "asleep", "light", *(("level",) if full else ())), stats


def _achieved(rng, names, view, around, blocks, things, stat_names, stats):
    """What the views and the stats say; goals that they do not speak of come true by chance."""
    times, rows, cols = view.shape
    achieved = np.zeros((times, len(names)), bool)
    for i, name in enumerate(names):
        group, _, rest = name.partition("/")
        what, _, last = rest.rpartition("_")
        if group in ("block_map", "mob_map", "item_map"):
            row, col = rows // 2 + SIDES[last][0], cols // 2 + SIDES[last][1]
            known, shown = (blocks, view) if group == "block_map" else (things, around)
            achieved[:, i] = shown[:, row, col] == known.index(what)
        elif group == "inventory" and what in stat_names:
            achieved[:, i] = stats[:, stat_names.index(what)] == int(last)
        elif rest in stat_names:
            achieved[:, i] = stats[:, stat_names.index(rest)] > 0
        else:
            achieved[:, i] = np.arange(times) > rng.integers(0, 6 * times)
    return achieved


def _commands(rng, achieved, steps):
    """One goal after the other, mostly such as come true within twenty steps."""
    goals, goal, since = np.zeros(steps, np.int32), -1, 0
    for time in range(steps):
        if goal < 0 or achieved[time, goal] or time - since > 25:
            soon = np.flatnonzero(achieved[time + 1 : time + 20].any(axis=0) & ~achieved[time])
            goal, since = int(rng.choice(soon)) if soon.size else int(rng.integers(achieved.shape[1])), time
        goals[time] = goal
    return goals


def _values(rng, achieved):
    """Higher, the sooner a goal comes true on the walk; a slow drift for those that never do."""
    times, goals = achieved.shape
    v = np.zeros((times, goals), np.float32)
    ahead = 0.02 + 0.2 * rng.random(goals) ** 4
    for time in range(times)[::-1]:
        ahead = np.where(achieved[time], 1.0, np.maximum(0.93 * ahead, 0.02))
        v[time] = ahead
    drift = np.cumsum(rng.normal(scale=0.004, size=(times, goals)), axis=0)
    return np.clip(v * (0.55 + 0.4 * rng.random(goals)) + drift, 0, 1).astype(np.float32)


def _best(rng, shape):
    changes = rng.random(shape) < 0.3
    best = rng.integers(1, 6, shape)
    for time in range(1, len(best)):
        best[time] = np.where(changes[time], best[time], best[time - 1])
    return best.astype(np.uint8)
