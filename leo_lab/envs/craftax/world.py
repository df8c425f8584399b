"""Craftax-Classic with 136 goals and Craftax with 512 (Matthews et al. 2024, arXiv:2402.16801), for all-goals learners.

The game is the package `craftax`; here are what an agent sees of it and what counts as a goal. An observation is flat
and one-hot, uint8 zeros and ones: first the view around the player, rows x columns x channels, then counts, levels and
intrinsics. The package is imported when a world is built, for it makes arrays as it is imported.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import settled
from leo_lab.envs.craftax import goals as names
from leo_lab.envs.craftax.layout import AnyOf, Layout
from leo_lab.errors import LabError, check_number

MAX_STEPS = 10_000  # time limit of an episode, as in the game
RESET_RATIO = 16  # environments per fresh world
DARK = 0.05  # light below which a place of Craftax cannot be seen


class Game(NamedTuple):
    """The functions of one game of the package.

    Attributes:
      generate: (key) -> state.
      step: (key, state, action) -> state.
      over: (state) -> bool [], whether the player is dead (or has won).
      renderer: (pixels of a block) -> (state -> float32 [H, W, 3], 0 to 255).
      actions: names.
    """

    generate: Callable
    step: Callable
    over: Callable
    renderer: Callable
    actions: tuple[str, ...]


class Scene(NamedTuple):
    """What observations show, as numbers for people and pictures; leading axes as the observations had.

    Attributes:
      blocks: uint8 [..., rows, cols], index into `block_names` of the environment.
      things: uint8 [..., rows, cols], what stands on the block, index into `thing_names`; 0 for nothing.
      direction: uint8 [...], where the player faces: 0 left, 1 right, 2 up, 3 down.
      stats: uint8 [..., K], see `stat_names`.
    """

    blocks: np.ndarray
    things: np.ndarray
    direction: np.ndarray
    stats: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class CraftaxWorld:
    """An Environment (leo_lab.envs.base); subclasses say which game."""

    max_steps: int = MAX_STEPS

    clock_spread: ClassVar[int] = 1000
    continuous: ClassVar[bool] = False
    reset_ratio: ClassVar[int] = RESET_RATIO
    deterministic: ClassVar[bool] = False
    name: ClassVar[str]
    title: ClassVar[str]
    layout_fields: ClassVar[dict[str, tuple[int, ...]]]
    block_names: ClassVar[tuple[str, ...]]
    thing_names: ClassVar[tuple[str, ...]]
    stat_names: ClassVar[tuple[str, ...]]

    def __post_init__(self):
        check_number("max_steps", self.max_steps, whole=True)
        if self.max_steps <= self.clock_spread:
            raise LabError(f"max_steps must be above {self.clock_spread}, got {self.max_steps}")
        with jax.ensure_compile_time_eval():  # arrays that the package makes must not belong to somebody's trace
            _ = self.game

    @property
    def spec(self) -> dict:
        return {"max_steps": self.max_steps}

    @cached_property
    def fields(self) -> Layout:
        """Where everything lies in an observation."""
        return Layout(**self.layout_fields)

    @property
    def view(self) -> tuple[int, int, int]:
        """Rows, columns and channels of the part of an observation that is a picture; it comes first."""
        return self.layout_fields["view"]

    @property
    def obs_size(self) -> int:
        return self.fields.size

    @cached_property
    def _goals(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        return self._make_goals(self.fields)

    _make_goals: ClassVar[Callable]

    @cached_property
    def goals(self) -> GoalSet:
        return names.goal_set([name for name, _ in self._goals])

    @cached_property
    def test(self) -> AnyOf:
        """The entries of an observation that achieve each goal."""
        return AnyOf([entries for _, entries in self._goals])

    make_game: ClassVar[Callable[[], Game]]

    @property
    def game(self) -> Game:
        """The game's functions, the same for all worlds of a class, so that none is traced twice."""
        return self.make_game()

    @property
    def action_names(self) -> tuple[str, ...]:
        return self.game.actions

    def reset(self, key: jax.Array) -> Any:
        with jax.numpy_rank_promotion("allow"):  # the game leaves it to numpy
            return settled(self.game.generate(key))

    def step(self, state: Any, action: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        """The world ends when the player dies (or wins); its own clock only makes day and night."""
        with jax.numpy_rank_promotion("allow"):
            after = settled(self.game.step(key, state, action))
            return after, self.game.over(after)

    def observe(self, state: Any) -> jax.Array:
        return self.fields.join(self._see(state))

    def _see(self, state: Any) -> dict[str, jax.Array]:
        raise NotImplementedError

    def achieved(self, obs: jax.Array) -> jax.Array:
        return self.test(obs)

    def scene(self, obs: np.ndarray) -> Scene:
        """Reads observations [..., F]."""
        raise NotImplementedError

    def renderer(self, pixels: int = 16) -> Callable[[Any], jax.Array]:
        """A function that draws a state with the game's own textures, float32 [H, W, 3], 0 to 255.

        Nothing is written to disk, and only textures of this size are made, in a few seconds.

        Args:
          pixels: height of a block.
        """
        return self.game.renderer(pixels)


def _one_hot(number: jax.Array, count: int) -> jax.Array:
    """int [...] -> uint8 [..., count]; numbers beyond count as the last one."""
    return jax.nn.one_hot(jnp.minimum(number, count - 1), count, dtype=jnp.uint8)


def _window(grid: jax.Array, centre: jax.Array, shape: tuple[int, int], outside: Any) -> jax.Array:
    """The part [rows, cols] of a grid around a place (row, col); `outside` where that is beyond the edge."""
    rows, cols = (centre[axis] - shape[axis] // 2 + jnp.arange(shape[axis]) for axis in (0, 1))
    inside = [(each >= 0) & (each < size) for each, size in zip((rows, cols), grid.shape, strict=True)]
    seen = grid.at[rows[:, None], cols[None]].get(mode="clip")
    return jnp.where(inside[0][:, None] & inside[1][None], seen, outside)


def _corner(centre: jax.Array, rows: int, cols: int) -> jax.Array:
    """The top left place (row, col) of a window, int32 [1, 2]."""
    return (centre - np.array([rows // 2, cols // 2]))[None]


def _mark(position: jax.Array, there: jax.Array, channel: jax.Array, view: tuple[int, int, int]) -> jax.Array:
    """What moves, as channels: position [K, 2] counted from the top left place, there bool [K], channel int [K]."""
    row, col = position.T
    row = jnp.where(there & (position >= 0).all(axis=1), row, view[0])  # beyond the edge, so that it is dropped
    col = jnp.where(col >= 0, col, view[1])
    return jnp.zeros(view, jnp.uint8).at[row, col, channel].set(1, mode="drop")


def _flags(*values: Any) -> jax.Array:
    """Yes-or-no values, as uint8 [K, 2]: no, yes."""
    return _one_hot(jnp.stack([jnp.asarray(value, jnp.int32) for value in values]), 2)


def _light(level: jax.Array) -> jax.Array:
    return _one_hot((level * 9.9).astype(jnp.int32), 10)


def _numbers(one_hot: np.ndarray) -> np.ndarray:
    return one_hot.argmax(axis=-1).astype(np.uint8)


def _first_on(flags: np.ndarray) -> np.ndarray:
    """1 + the first flag that is on, 0 if none is."""
    return np.where(flags.any(axis=-1), 1 + flags.argmax(axis=-1), 0).astype(np.uint8)


@functools.cache
def _classic_game() -> Game:
    from craftax.craftax_classic import constants, game_logic, renderer, world_gen
    from craftax.craftax_classic.envs.craftax_state import EnvParams, StaticEnvParams

    params, static = EnvParams(max_timesteps=np.iinfo(np.int32).max), StaticEnvParams()
    return Game(
        generate=jax.jit(lambda key: world_gen.generate_world(key, params, static)),
        step=jax.jit(lambda key, state, action: game_logic.craftax_step(key, state, action, params, static)[0]),
        over=lambda state: game_logic.is_game_over(state, params),
        renderer=lambda pixels: _renderer(renderer, constants, pixels),
        actions=tuple(action.name.lower() for action in constants.Action),
    )


@functools.cache
def _craftax_game() -> Game:
    from craftax.craftax import constants, game_logic, renderer
    from craftax.craftax.craftax_state import EnvParams, StaticEnvParams
    from craftax.craftax.world_gen import world_gen

    params, static = EnvParams(max_timesteps=np.iinfo(np.int32).max), StaticEnvParams()
    return Game(
        generate=jax.jit(lambda key: world_gen.generate_world(key, params, static)),
        step=jax.jit(lambda key, state, action: game_logic.craftax_step(key, state, action, params, static)[0]),
        over=lambda state: game_logic.is_game_over(state, params, static),
        renderer=lambda pixels: _renderer(renderer, constants, pixels),
        actions=tuple(action.name.lower() for action in constants.Action),
    )


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
    block_names = names.CLASSIC_BLOCKS
    thing_names = ("none", *names.CLASSIC_MOBS)
    stat_names = (*names.CLASSIC_INTRINSICS, *names.CLASSIC_INVENTORY, *names.CLASSIC_TOOLS, "light", "asleep")
    _make_goals = staticmethod(names.classic_goals)

    make_game: ClassVar = staticmethod(_classic_game)

    def _see(self, state: Any) -> dict[str, jax.Array]:
        rows, cols, _ = self.view
        here = state.player_position
        kinds = [getattr(state, f"{name}s") for name in names.CLASSIC_MOBS]
        position = jnp.concatenate([mobs.position for mobs in kinds]) - _corner(here, rows, cols)
        there = jnp.concatenate([mobs.mask for mobs in kinds])
        kind = np.repeat(np.arange(len(kinds)), [mobs.mask.shape[0] for mobs in kinds])
        blocks = _window(state.map, here, (rows, cols), names.CLASSIC_BLOCKS.index("OUT_OF_BOUNDS"))
        mobs = _mark(position, there, kind, (rows, cols, len(kinds)))
        owned = [getattr(state.inventory, name) for name in (*names.CLASSIC_INVENTORY, *names.CLASSIC_TOOLS)]
        intrinsics = [getattr(state, f"player_{name}") for name in names.CLASSIC_INTRINSICS]
        return {
            "view": jnp.concatenate([_one_hot(blocks, len(names.CLASSIC_BLOCKS)), mobs], axis=-1),
            "direction": _one_hot(state.player_direction - 1, 4),
            "intrinsics": _one_hot(jnp.stack(intrinsics), 10),
            "inventory": _one_hot(jnp.stack(owned), 10),
            "light": _light(state.light_level),
            "asleep": _flags(state.is_sleeping),
        }

    def scene(self, obs: np.ndarray) -> Scene:
        seen = self.fields.split(np.asarray(obs))
        kinds = len(names.CLASSIC_BLOCKS)
        stats = [_numbers(seen[name]) for name in ("intrinsics", "inventory")]
        stats += [_numbers(seen[name])[..., None] for name in ("light", "asleep")]
        return Scene(
            blocks=_numbers(seen["view"][..., :kinds]),
            things=_first_on(seen["view"][..., kinds:]),
            direction=_numbers(seen["direction"]),
            stats=np.concatenate(stats, axis=-1),
        )


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
    flag_names: ClassVar = ("asleep", "resting", "fireball", "iceball", "level_cleared", "boss_vulnerable")
    block_names = names.BLOCKS
    thing_names = ("none", *names.ITEMS[1:], *(name or f"mob {slot}" for slot, name in enumerate(names.MOBS)))
    stat_names = (
        *(*names.INTRINSICS, *names.INVENTORY),
        *("potion_red", "potion_green", "potion_blue", "potion_pink", "potion_cyan", "potion_yellow"),
        *(*names.ARMOUR, "pickaxe", "sword", "bow", "books", "level", "light"),
        *flag_names,
    )
    _make_goals = staticmethod(names.craftax_goals)

    make_game: ClassVar = staticmethod(_craftax_game)

    def _see(self, state: Any) -> dict[str, jax.Array]:
        from craftax.craftax.constants import MONSTERS_KILLED_TO_CLEAR_LEVEL
        from craftax.craftax.util.game_logic_utils import is_boss_vulnerable

        bag, level = state.inventory, state.player_level
        cleared = state.monsters_killed[level] >= MONSTERS_KILLED_TO_CLEAR_LEVEL
        spells = state.learned_spells
        return {
            "view": self._view(state),
            "direction": _one_hot(state.player_direction - 1, 4),
            "intrinsics": _one_hot(
                jnp.stack([jnp.asarray(getattr(state, f"player_{name}"), jnp.int32) for name in names.INTRINSICS]), 20
            ),
            "inventory": _one_hot(jnp.stack([getattr(bag, name) for name in names.INVENTORY]), 100),
            "potions": _one_hot(bag.potions, 10),
            "armour": _one_hot(bag.armour, 3),
            "armour_enchantments": _one_hot(state.armour_enchantments, 3),
            "sword_enchantment": _one_hot(state.sword_enchantment, 3),
            "bow_enchantment": _one_hot(state.bow_enchantment, 3),
            "pickaxe": _one_hot(bag.pickaxe, 5),
            "sword": _one_hot(bag.sword, 5),
            "bow": _one_hot(bag.bow, 2),
            "books": _one_hot(bag.books, 3),
            "level": _one_hot(level, names.LEVELS),
            "light": _light(state.light_level),
            "flags": _flags(
                state.is_sleeping, state.is_resting, spells[0], spells[1], cleared, is_boss_vulnerable(state)
            ),
        }

    def _view(self, state: Any) -> jax.Array:
        rows, cols, _ = self.view
        here, level = state.player_position, state.player_level
        window = (here, (rows, cols))
        lit = _window(state.light_map[level], *window, 0.0) > DARK
        blocks = _window(state.map[level], *window, names.BLOCKS.index("OUT_OF_BOUNDS"))
        items = _window(state.item_map[level], *window, 0)
        kinds = [
            getattr(state, name)
            for name in ("melee_mobs", "passive_mobs", "ranged_mobs", "mob_projectiles", "player_projectiles")
        ]
        position = jnp.concatenate([mobs.position[level] for mobs in kinds]) - _corner(here, rows, cols)
        there = jnp.concatenate([mobs.mask[level] for mobs in kinds])
        first = np.repeat(8 * np.arange(len(kinds)), [mobs.mask.shape[1] for mobs in kinds])
        mobs = _mark(
            position,
            there,
            jnp.asarray(first) + jnp.concatenate([mobs.type_id[level] for mobs in kinds]),
            (rows, cols, len(names.MOBS)),
        )
        seen = [_one_hot(blocks, len(names.BLOCKS)), _one_hot(items, len(names.ITEMS)), mobs]
        return jnp.concatenate([*(part * lit[..., None] for part in seen), lit[..., None]], axis=-1, dtype=jnp.uint8)

    def scene(self, obs: np.ndarray) -> Scene:
        seen = self.fields.split(np.asarray(obs))
        view, dark = seen["view"], seen["view"][..., -1] == 0
        blocks = np.where(dark, names.BLOCKS.index("DARKNESS"), _numbers(view[..., : len(names.BLOCKS)]))
        channels = view[..., len(names.BLOCKS) : -1]
        items, mobs = _first_on(channels[..., 1 : len(names.ITEMS)]), _first_on(channels[..., len(names.ITEMS) :])
        things = np.where(mobs > 0, mobs + len(names.ITEMS) - 1, items)
        many = ("intrinsics", "inventory", "potions", "armour")
        single = ("pickaxe", "sword", "bow", "books", "level", "light")
        stats = [_numbers(seen[name]) for name in many] + [_numbers(seen[name])[..., None] for name in single]
        return Scene(
            blocks=blocks.astype(np.uint8),
            things=things.astype(np.uint8),
            direction=_numbers(seen["direction"]),
            stats=np.concatenate([*stats, _numbers(seen["flags"])], axis=-1),
        )


def _renderer(module: Any, constants: Any, pixels: int) -> Callable:
    """The package's renderer for blocks of a size, without its cache: that is made in 16 s to 66 s for all sizes and
    written beside the package, where it may not be allowed to write."""
    kept = module.load_all_textures
    module.load_all_textures = lambda: {pixels: constants.load_all_textures_given_size(pixels)}
    try:
        return module.make_craftax_pixel_renderer(pixels)
    finally:
        module.load_all_textures = kept


def make_classic(max_steps: int = MAX_STEPS) -> Classic:
    """Craftax-Classic; `max_steps` is the time limit of an episode, above 1000. Raises LabError otherwise."""
    return Classic(max_steps)


def make_craftax(max_steps: int = MAX_STEPS) -> Full:
    """Craftax; `max_steps` is the time limit of an episode, above 1000. Raises LabError otherwise."""
    return Full(max_steps)
