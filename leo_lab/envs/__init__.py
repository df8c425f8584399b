"""Environments: what each of them is (`base`), what only some of them have, and all of them by name.

Gridworlds, whose states can be listed; worlds of places (`places`): a point in a maze, bodies with physics (`brax`);
Craftax, whose observations are scenes. To have a world of one's own, see `Environment` and `PlaceEnvironment`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from leo_lab.envs.base import Environment, States
from leo_lab.envs.brax import Ant, AntMaze, Reacher, make_ant, make_ant_umaze, make_reacher
from leo_lab.envs.craftax import Classic, Full
from leo_lab.envs.drawing import Body, Scene, SceneReader
from leo_lab.envs.gridworld import Gridworld, make_gridworld
from leo_lab.envs.places import Lattice, PlaceEnvironment, Places, lattice_over
from leo_lab.envs.point_maze import PointMaze, make_point_maze
from leo_lab.errors import require_choice

__all__ = [
    "Body", "EnvEntry", "Environment", "Lattice", "PlaceEnvironment", "Places", "Scene", "SceneReader", "States",
    "env_entry", "env_names", "lattice_over", "make", "option_names",
]  # fmt: skip


class EnvEntry(NamedTuple):
    """What is known of an environment by its name, before it is built.

    Attributes:
      build: options -> Environment.
      continuous: whether its actions are continuous.
      steps: environment steps of a run, unless told; None where its size or a preset says.
      settings: of learners, that suit it; those that a learner does not have are not meant for it.
      presets: whether a run begins with one of `leo_lab.training.presets`, by the device at hand.
    """

    build: Callable[..., Environment]
    continuous: bool = False
    steps: int | None = None
    settings: Mapping[str, Any] = {}
    presets: bool = False


_SIZES = {"num_envs": 256, "unroll": 64, "updates": 256, "minibatch": 256}  # a GPU's
_ANT = {"gamma": 0.99, "learning_rate": 1e-3, **_SIZES}
_ENTRIES = {
    Gridworld.name: EnvEntry(make_gridworld),
    Classic.name: EnvEntry(Classic, presets=True),
    Full.name: EnvEntry(Full, presets=True),
    PointMaze.name: EnvEntry(make_point_maze, continuous=True, steps=120_000),
    Reacher.name: EnvEntry(make_reacher, continuous=True, steps=120_000),
    Ant.name: EnvEntry(make_ant, continuous=True, steps=5_000_000, settings=_ANT),
    AntMaze.name: EnvEntry(make_ant_umaze, continuous=True, steps=10_000_000, settings=_ANT),
}


def env_names() -> tuple[str, ...]:
    """Names that `make` knows.

    >>> leo_lab.env_names()
    ('gridworld', 'craftax-classic', 'craftax', 'point_maze', 'reacher', 'ant', 'ant_umaze')
    """
    return tuple(_ENTRIES)


def env_entry(name: str) -> EnvEntry:
    """What is known of an environment by its name. LabError for an unknown one."""
    require_choice("environment", name, _ENTRIES)
    return _ENTRIES[name]


def option_names(name: str) -> tuple[str, ...]:
    """Names of the options that `make` knows for an environment. LabError for an unknown one."""
    return tuple(inspect.signature(env_entry(name).build).parameters)


def make(name: str, /, **options) -> Environment:
    """Builds an environment by name.

    >>> env = leo_lab.make("gridworld", map="four_rooms")
    >>> len(env.goals), env.action_names
    (68, ('left', 'right', 'up', 'down'))

    Raises:
      LabError: an unknown name or option (naming the nearest known one), or an option out of range.
    """
    known = option_names(name)
    for option in options:
        require_choice(f"option of {name}", option, known)
    return env_entry(name).build(**options)
