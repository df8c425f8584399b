"""Environments, by name."""

from __future__ import annotations

import inspect

from leo_lab.envs.base import Environment
from leo_lab.envs.brax.ant import make_ant
from leo_lab.envs.brax.ant_maze import make_ant_umaze
from leo_lab.envs.brax.reacher import make_reacher
from leo_lab.envs.craftax.world import make_classic, make_craftax
from leo_lab.envs.gridworld import make_gridworld
from leo_lab.envs.point_maze import make_point_maze
from leo_lab.errors import unknown

_MAKERS = {
    "gridworld": make_gridworld,
    "craftax-classic": make_classic,
    "craftax": make_craftax,
    "point_maze": make_point_maze,
    "reacher": make_reacher,
    "ant": make_ant,
    "ant_umaze": make_ant_umaze,
}


def env_names() -> tuple[str, ...]:
    """Names that `make` knows."""
    return tuple(_MAKERS)


def option_names(name: str) -> tuple[str, ...]:
    """Names of the options that `make` knows for an environment. LabError for an unknown one."""
    if name not in _MAKERS:
        raise unknown("environment", name, _MAKERS)
    return tuple(inspect.signature(_MAKERS[name]).parameters)


def make(name: str, /, **options) -> Environment:
    """Builds an environment by name.

    Raises:
      LabError: an unknown name or option (naming the nearest known one), or an option out of range.
    """
    known = option_names(name)
    for option in options:
        if option not in known:
            raise unknown(f"option of {name}", option, known)
    return _MAKERS[name](**options)
