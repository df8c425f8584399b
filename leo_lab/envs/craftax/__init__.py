"""Craftax-Classic with 136 goals and Craftax with 512.

`base` has what both share, `classic` and `full` what is seen of each, `goals` what counts as a goal. The game itself is
imported when a world is built.
"""

from leo_lab.envs.craftax.classic import Classic
from leo_lab.envs.craftax.full import Full

__all__ = ["Classic", "Full"]
