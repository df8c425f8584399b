"""Bodies with the physics of brax whose goals are places.

`world` has what all share; `reacher`, `ant` and `ant_maze` are the bodies; `gl` says how mujoco draws. The package
itself is imported when a world is built.
"""

from leo_lab.envs.brax.ant import Ant, make_ant
from leo_lab.envs.brax.ant_maze import AntMaze, make_ant_umaze
from leo_lab.envs.brax.reacher import Reacher, make_reacher

__all__ = ["Ant", "AntMaze", "Reacher", "make_ant", "make_ant_umaze", "make_reacher"]
