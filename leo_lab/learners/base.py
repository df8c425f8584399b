"""What a learner is."""

from __future__ import annotations

import dataclasses
import numbers
from typing import TYPE_CHECKING, Any, Protocol

from leo_lab.errors import LabError, unknown

if TYPE_CHECKING:
    import jax

    from leo_lab.envs.base import Environment, PyTree
    from leo_lab.experience.segment import Choice, Segment

_ACCEPTED = {int: numbers.Integral, float: numbers.Real, str: str}  # numpy's numbers too


class Learner(Protocol):
    """Pure functions around one pytree of state; the training loop, every viewer and checkpoints know no more.

    Attributes:
      name: the name that `train` knows.
      title: the name that people read.
      config: its frozen dataclass.
      scale: what its values mean (see AllGoalsValues).
    """

    name: str
    title: str
    config: Any
    scale: str

    def init(self, key: jax.Array) -> PyTree:
        """Draws a fresh state."""

    def act(self, state: PyTree, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        """Chooses actions for obs [N, F] and goal int32 [N], exploring."""

    def greedy(self, state: PyTree, obs: jax.Array, goal: jax.Array) -> jax.Array:
        """The best actions int32 [N], or float32 [N, A], for obs [N, F] and goal int32 [N], without exploring."""

    def update(self, state: PyTree, segment: Segment, key: jax.Array) -> tuple[PyTree, dict[str, jax.Array]]:
        """Learns from one segment; returns the new state and scalar metrics."""

    def values(self, state: PyTree, obs: jax.Array) -> jax.Array:
        """obs [B, F] -> Q [B, G, A], float32; Q [B, G, 1] of what it would do where actions are continuous."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Settings that every learner has.

    Attributes:
      num_envs: N, environments stepped together.
      unroll: T, steps of each environment per iteration.
      gamma: discount per step.
      width: units of each hidden layer.
      depth: hidden layers.
      conv: features of a 3x3 convolution over the picture that an observation begins with; 0 for none.
    """

    continuous = False  # which actions the learner is made for

    num_envs: int = 256
    unroll: int = 16
    gamma: float = 0.99
    width: int = 256
    depth: int = 1
    conv: int = 0

    def __post_init__(self):
        for name in ("num_envs", "unroll", "width", "depth"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        require(self.conv >= 0, "conv", self.conv, "at least 0")
        require(0 < self.gamma < 1, "gamma", self.gamma, "between 0 and 1")

    @property
    def steps_per_iteration(self) -> int:
        """Environment steps that one iteration takes."""
        return self.num_envs * self.unroll

    def check(self, env: Environment) -> None:
        """Raises LabError where the settings do not suit the environment."""
        if env.continuous != self.continuous:
            kinds = "continuous" if env.continuous else "discrete"
            fitting = "sac, sac_her, sac_leo" if env.continuous else "leo, pqn and the like"
            raise LabError(f"{env.title} has {kinds} actions, which this learner has no use for; train {fitting} there")
        if self.conv and env.view is None:
            raise LabError(f"conv = {self.conv} needs a world whose observations begin with a picture; use conv = 0")
        longest = env.max_steps - env.clock_spread
        if self.unroll > longest:
            raise LabError(f"unroll = {self.unroll} exceeds the shortest episode, {longest} steps; lower it")


def require(condition: bool, name: str, value: Any, rule: str) -> None:
    """Raises LabError unless the condition holds."""
    if not condition:
        raise LabError(f"{name} must be {rule}, got {value}")


def require_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises LabError, naming the nearest one, unless `value` is one of `known`."""
    if value not in known:
        raise unknown(name, value, known)


def make_config(cls: type, **settings: Any) -> Any:
    """Builds a configuration; an unknown key raises LabError with the nearest known one, a wrong type too."""
    defaults = {field.name: field.default for field in dataclasses.fields(cls)}
    for name, value in settings.items():
        if name not in defaults:
            raise unknown(f"setting of {cls.__name__}", name, defaults)
        wanted = type(defaults[name])
        if not isinstance(value, _ACCEPTED[wanted]) or isinstance(value, bool):
            raise LabError(f"{name} must be {wanted.__name__}, got {value!r}")
        settings[name] = wanted(value)
    return cls(**settings)
