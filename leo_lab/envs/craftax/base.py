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

from leo_lab.artefacts.goals import GoalSet
from leo_lab.envs.base import Environment, settled
from leo_lab.envs.craftax.goals import Goal, goal_set
from leo_lab.envs.craftax.layout import AnyOf, Layout
from leo_lab.errors import LabError, check_number

MAX_STEPS = 10_000  # time limit of an episode, as in the game
RESET_RATIO = 16  # environments per fresh world


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

    max_steps: int = MAX_STEPS

    clock_spread: ClassVar[int] = 1000
    reset_ratio: ClassVar[int] = RESET_RATIO
    deterministic: ClassVar[bool] = False
    layout_fields: ClassVar[dict[str, tuple[int, ...]]]  # the shape of each field of an observation
    list_goals: ClassVar[Callable[[Layout], tuple[Goal, ...]]]
    load_game: ClassVar[Callable[[], Game]]  # cached, so that the functions of a game are traced once for all worlds

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
    def _goals(self) -> tuple[Goal, ...]:
        return self.list_goals(self.fields)

    @cached_property
    def goals(self) -> GoalSet:
        return goal_set([name for name, _ in self._goals])

    @cached_property
    def test(self) -> AnyOf:
        """The entries of an observation that achieve each goal."""
        return AnyOf([entries for _, entries in self._goals])

    @property
    def game(self) -> Game:
        return self.load_game()

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
        return self.fields.join(self._encode(state))

    def _encode(self, state: Any) -> dict[str, jax.Array]:
        """The fields of an observation, each of the shape that `layout_fields` has for it."""
        raise NotImplementedError

    def achieved(self, obs: jax.Array) -> jax.Array:
        return self.test(obs)


def game_of(constants: Any, game_logic: Any, renderer: Any, world_gen: Any, state: Any, over: Callable) -> Game:
    """The functions of a game from the modules of the package, compiled where they are long.

    Args:
      constants, game_logic, renderer, world_gen, state: modules.
      over: (state, params, static params) -> bool [].
    """
    params, static = state.EnvParams(max_timesteps=np.iinfo(np.int32).max), state.StaticEnvParams()
    return Game(
        generate=jax.jit(lambda key: world_gen.generate_world(key, params, static)),
        step=jax.jit(lambda key, state, action: game_logic.craftax_step(key, state, action, params, static)[0]),
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
