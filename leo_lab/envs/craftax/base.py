"""What Craftax-Classic and Craftax (Matthews et al. 2024, arXiv:2402.16801) have in common.

The game is the package `craftax`; here are what an agent sees of it and what counts as a goal. An observation is flat
and one-hot, uint8 zeros and ones: first the view around the player, rows x columns x channels, then counts, levels and
intrinsics. The package is imported when a world is built, for it makes arrays as it is imported.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np
from numpy.typing import ArrayLike

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment, strongly_typed
from leo_lab.envs.craftax.draws import faster_draws
from leo_lab.envs.craftax.encoding import numbers, one_hot
from leo_lab.envs.craftax.goals import Goal, goal_set
from leo_lab.envs.craftax.layout import AnyOf, Layout
from leo_lab.envs.drawing import Scene, SceneReader
from leo_lab.errors import check_number, require


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


@dataclasses.dataclass(frozen=True, eq=False)
class CraftaxWorld(Environment):
    """One of the two games; subclasses say which, what is seen of its states and what counts as a goal.

    Attributes:
      max_steps: time limit of an episode, above `clock_spread`.
    """

    max_steps: int = 10_000  # as in the game

    clock_spread: ClassVar[int] = 1000
    reset_ratio: ClassVar[int] = 16
    deterministic: ClassVar[bool] = False
    fields: ClassVar[Layout]  # where everything lies in an observation; the view, a picture, comes first
    listing: ClassVar[tuple[Goal, ...]]  # names and entries of the goals
    block_names: ClassVar[tuple[str, ...]]
    thing_names: ClassVar[tuple[str, ...]]
    stat_names: ClassVar[tuple[str, ...]]
    load_game: ClassVar[Callable[[], Game]]  # cached, so that the functions of a game are traced once for all worlds

    def __post_init__(self):
        check_number("max_steps", self.max_steps, whole=True)
        require(self.max_steps > self.clock_spread, "max_steps", self.max_steps, f"above {self.clock_spread}")
        with jax.ensure_compile_time_eval():  # arrays that the package makes must not belong to somebody's trace
            _ = self.game

    @property
    def spec(self) -> dict:
        return {"max_steps": self.max_steps}

    @property
    def view(self) -> tuple[int, int, int]:
        return self.fields.shapes["view"]

    @property
    def obs_size(self) -> int:
        return self.fields.size

    @cached_property
    def goals(self) -> GoalSet:
        return goal_set([name for name, _ in self.listing])

    @cached_property
    def test(self) -> AnyOf:
        """The entries of an observation that achieve each goal."""
        return AnyOf([entries for _, entries in self.listing])

    @property
    def game(self) -> Game:
        return self.load_game()

    @property
    def action_names(self) -> tuple[str, ...]:
        return self.game.actions

    def reset(self, key: jax.Array) -> Any:
        with jax.numpy_rank_promotion("allow"):  # the game leaves it to numpy
            return strongly_typed(self.game.generate(key))

    def step(self, state: Any, action: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        """The world ends when the player dies (or wins); its own clock only makes day and night."""
        with jax.numpy_rank_promotion("allow"):
            after = strongly_typed(self.game.step(key, state, action))
            return after, self.game.over(after)

    def observe(self, state: Any) -> jax.Array:
        seen = self._numbers(state).items()
        fields = {name: one_hot(number, self.fields.shapes[name][-1]) for name, number in seen}
        return self.fields.join({"view": self._picture(state), **fields})

    def _picture(self, state: Any) -> jax.Array:
        """The view: uint8 [rows, cols, channels]."""
        raise NotImplementedError

    def _numbers(self, state: Any) -> dict[str, ArrayLike]:
        """Of each field but the view the numbers that are seen as one-hot."""
        raise NotImplementedError

    def achieved(self, obs: jax.Array) -> jax.Array:
        return self.test(obs)

    @cached_property
    def scene(self) -> SceneReader:
        """Reads back everything but enchantments."""
        return SceneReader(self._read, self.block_names, self.thing_names, self.stat_names, self.game.renderer)

    def _read(self, obs: np.ndarray) -> Scene:
        seen = self.fields.split(np.asarray(obs))
        direction = numbers(seen.pop("direction"))
        blocks, things = self._read_view(seen.pop("view"))
        stats = [numbers(seen[name]).reshape(*direction.shape, -1) for name in seen if "enchantment" not in name]
        return Scene(blocks, things, direction, np.concatenate(stats, axis=-1))

    def _read_view(self, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """[..., rows, cols, channels] -> blocks and things of a Scene."""
        raise NotImplementedError


def game_of(constants: Any, game_logic: Any, renderer: Any, world_gen: Any, state: Any, over: Callable) -> Game:
    """The functions of a game from the modules of the package, compiled where they are long.

    `over` is (state, params, static params) -> bool [].
    """
    params, static = state.EnvParams(max_timesteps=np.iinfo(np.int32).max), state.StaticEnvParams()

    def step(key: jax.Array, state: Any, action: jax.Array) -> Any:
        with faster_draws(game_logic):
            return game_logic.craftax_step(key, state, action, params, static)[0]

    return Game(
        generate=jax.jit(lambda key: world_gen.generate_world(key, params, static)),
        step=jax.jit(step),
        over=lambda state: over(state, params, static),
        renderer=lambda pixels: _renderer(renderer, constants, pixels),
        actions=tuple(action.name.lower() for action in constants.Action),
    )


def _renderer(module: Any, constants: Any, pixels: int) -> Callable:
    """The package's renderer for blocks of a height in pixels, without its cache.

    That is made in 16 s to 66 s for all sizes and written beside the package, where it may not be allowed to write.
    Here nothing is written, and only textures of this size are made, in a few seconds.
    """
    kept = module.load_all_textures
    module.load_all_textures = lambda: {pixels: constants.load_all_textures_given_size(pixels)}
    try:
        return module.make_craftax_pixel_renderer(pixels)
    finally:
        module.load_all_textures = kept
