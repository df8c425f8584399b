"""What a learner is: pure functions around one pytree of state.

A learner of one's own says how its state begins (`init`), what it learns from a segment (`learn`) and what it knows
(`readout`); how it acts and what it does without exploring follow from that unless it says otherwise.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, PyTree
from leo_lab.errors import LabError
from leo_lab.experience.online import OnlineConfig
from leo_lab.experience.segment import Choice, Segment
from leo_lab.learners.config import Config
from leo_lab.learners.exploration import epsilon_greedy

TARGETS = ("optimal", "policy", "behaviour")
METHODS = ("init", "act", "greedy", "prepare", "learn", "readout")


class Readout(NamedTuple):
    """What a learner knows of B observations; its `scale` and `target` say what the numbers mean.

    Attributes:
      v: float32 [B, G], the value of each goal.
      q: float32 [B, G, A], of each action; None where actions are continuous.
      action: float32 [B, G, A], what it would do for each goal where actions are continuous; else None.
    """

    v: jax.Array
    q: jax.Array | None = None
    action: jax.Array | None = None

    @classmethod
    def of_q(cls, q: jax.Array) -> Readout:
        """Values of all actions [B, G, A], and of each goal those of the best."""
        return cls(q.max(axis=-1), q)


class Learner(abc.ABC):
    """A learner; the training loop, every viewer and checkpoints know no more than this.

    Attributes:
      name: the name that `train` knows; letters, digits and underscores.
      title: the name that people read; the name unless told.
      scale: what its values are: "hit", "occupancy", "log_ratio", "distance" or "neg_steps", see
        leo_lab.artefacts.scales.
      target: which exact table they would reach with unlimited data (one of TARGETS): that of the "optimal" policy, of
        the learner's own "policy", or of the "behaviour" that the data come from.
      continuous: whether its actions are A numbers from -1 to 1 instead of one of A.
      listed: whether it needs a world whose states can be listed.
      Config: the dataclass of its settings.
      online: how it collects unless told.
      parts: its parts that are learners by themselves, by the name of the attribute that they have in the learner, in
        its configuration and in its state.
      env, config, iterations, steps_per_iteration: what it was made with.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    scale: ClassVar[str] = "hit"
    target: ClassVar[str] = "optimal"
    continuous: ClassVar[bool] = False
    listed: ClassVar[bool] = False
    Config: ClassVar[type[Config]] = Config
    online: ClassVar[OnlineConfig] = OnlineConfig()
    parts: ClassVar[dict[str, type]] = {}

    def __init_subclass__(cls, **options: Any):
        super().__init_subclass__(**options)
        if "title" not in cls.__dict__ and "name" in cls.__dict__:
            cls.title = cls.name

    def __init__(self, env: Environment, config: Config, iterations: int, steps_per_iteration: int):
        """Prepares a learner for one environment and one run.

        Args:
          env: with its G goals and A actions.
          config: its settings.
          iterations: of the whole run, which schedules need.
          steps_per_iteration: T x N, environment steps in a segment.

        Raises:
          LabError: settings that do not suit the environment.
        """
        config.check(env)
        self.env, self.config = env, config
        self.iterations, self.steps_per_iteration = iterations, steps_per_iteration

    @abc.abstractmethod
    def init(self, key: jax.Array) -> PyTree:
        """Draws a fresh state."""

    @abc.abstractmethod
    def learn(self, state: PyTree, data: PyTree) -> tuple[PyTree, dict[str, jax.Array]]:
        """Learns from what `prepare` gave; returns the new state and scalar metrics, of which `loss` is shown."""

    @abc.abstractmethod
    def readout(self, state: PyTree, obs: jax.Array) -> Readout:
        """What it knows of obs [B, F]."""

    @property
    def passes(self) -> int:
        """Gradient passes of an iteration: rows, of a state or of a state and a goal, that go through its network and
        back. Unless told otherwise, one for each environment step."""
        return self.steps_per_iteration

    def prepare(self, state: PyTree, segment: Segment, key: jax.Array) -> PyTree:
        """What `learn` needs of a segment, such as targets and the keys of its random numbers.

        Unless told otherwise, (segment, key).
        """
        return segment, key

    def act(self, state: PyTree, obs: jax.Array, goal: jax.Array, key: jax.Array) -> Choice:
        """Chooses actions for obs [N, F] and goal int32 [N], exploring: epsilon-greedily unless told otherwise."""
        return Choice(epsilon_greedy(key, self._q_of_goal(state, obs, goal), self.epsilon(state)), ())

    def epsilon(self, state: PyTree) -> jax.Array | float:
        """Probability of a random action in `act`."""
        return 0.1

    def greedy(self, state: PyTree, obs: jax.Array, goal: jax.Array) -> jax.Array:
        """The best actions int32 [N], or float32 [N, A], for obs [N, F] and goal int32 [N], without exploring."""
        if self.continuous:
            return self.readout(state, obs).action[jnp.arange(len(goal)), goal]
        return self._q_of_goal(state, obs, goal).argmax(axis=-1)

    def _q_of_goal(self, state: PyTree, obs: jax.Array, goal: jax.Array) -> jax.Array:
        """Values float32 [N, A] of one goal each."""
        q = self.readout(state, obs).q
        if q is None:
            raise LabError(f"{self.title}: its readout has no q to choose by; it must say itself how it acts")
        return q[jnp.arange(len(goal)), goal]

    def _goal_by_goal(self, of_goal: Callable[[jax.Array], PyTree], obs: jax.Array) -> PyTree:
        """of_goal (int32 [B] -> a tree of [B, ...]) goal after goal, as all may not fit: a tree of [B, G, ...]."""
        goals = jnp.arange(len(self.env.goals))
        each = jax.lax.map(lambda goal: of_goal(jnp.broadcast_to(goal, obs.shape[:-1])), goals)
        return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, 1), each)
