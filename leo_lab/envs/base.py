"""What an environment is, and how N of them are stepped together.

An environment is a set of pure functions on one world. It knows nothing of episodes: time limits, staggered clocks
and resets live here, once, so that an episode's end is always two things. `terminated` (the world ended, say by
death) cuts the bootstrap; `truncated` (the time limit) does not. The true next observation is kept beside the
observation that the agent acts on next, because goals must be credited on the former.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import csgraph

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import LabError, check_number

if TYPE_CHECKING:
    from leo_lab.artefacts.goals import GoalSet
    from leo_lab.envs.drawing import Body, SceneReader
    from leo_lab.envs.places import Places

PyTree = Any


class Environment(Protocol):
    """One world with G goals and A actions. Commanding a goal never changes its dynamics.

    A world of one's own is a subclass, or any object with these attributes and functions. What only some worlds have
    is a capability: an object that holds all that it takes, or None.

    Attributes:
      name: the name that `make` knows.
      title: a short name of this very world, for people.
      spec: JSON-ready options, so that `make(name, **spec)` builds the same world again; none where it is not known.
      goals: the GoalSet.
      action_names: A names; of the parts of an action, where actions are continuous.
      continuous: whether an action is A numbers from -1 to 1, float32 [A], instead of one of A, int32 [].
      obs_size: F, the length of an observation.
      view: rows, columns and channels of the picture that an observation begins with; None where it has none.
      reset_ratio: how many environments share one fresh world per step; above 1 where fresh worlds are dear.
      max_steps: time limit of an episode, in steps.
      clock_spread: episodes begin with a clock drawn from 0..clock_spread-1, so that resets do not fall together.
      deterministic: True if an action in a state always leads to the same next state.
      states: all S states and their transitions, where they can be listed: exact values and tables.
      places: the lattice and the plane, where goals are places of one point of a body: a fingertip, a torso.
      scene: what an observation shows, for pictures of a world of blocks and things.
      body: the limbs, for pictures of a body.
    """

    name: str
    title: str
    goals: GoalSet
    action_names: tuple[str, ...]
    continuous: bool = False
    obs_size: int
    view: tuple[int, int, int] | None = None
    reset_ratio: int = 1
    max_steps: int
    clock_spread: int
    deterministic: bool
    states: States | None = None
    places: Places | None = None
    scene: SceneReader | None = None
    body: Body | None = None

    @property
    def spec(self) -> dict:
        return {}

    def reset(self, key: jax.Array) -> PyTree:
        """Draws the state of a fresh world."""

    def step(self, state: PyTree, action: jax.Array, key: jax.Array) -> tuple[PyTree, jax.Array]:
        """Returns the next state and whether the world has ended, bool []. The action is int32 [] or float32 [A]."""

    def observe(self, state: PyTree) -> jax.Array:
        """Returns what the agent sees, [F], float32, or uint8 where it is zeros and ones."""

    def achieved(self, obs: jax.Array) -> jax.Array:
        """Tests all goals at once: obs [..., F] -> bool [..., G]."""


@dataclasses.dataclass(frozen=True, eq=False)
class States:
    """The S states of a world whose states can be listed, so that its true values can be computed.

    Attributes:
      names: S names.
      transitions: float64 [S, A, S], probability of each next state.
      observations: float32 [S, F], what the agent sees in each.
      start: index of the state that worlds begin in.
      positions: int32 [S, 2] as row, col, or None where a state is no place.
      layout: rows of the map as text, or None.
    """

    names: tuple[str, ...]
    transitions: np.ndarray
    observations: np.ndarray
    start: int = 0
    positions: np.ndarray | None = None
    layout: tuple[str, ...] | None = None

    def __len__(self) -> int:
        """S."""
        return len(self.names)

    def index(self, obs: jax.Array) -> jax.Array:
        """Which state an observation shows, the one that looks most like it: float32 [..., F] -> int32 [...]."""
        if self._one_hot:
            return obs.argmax(axis=-1)
        known = jnp.broadcast_to(self.observations, (*obs.shape[:-1], *self.observations.shape))
        return jnp.square(jnp.expand_dims(obs, -2) - known).sum(axis=-1).argmin(axis=-1)

    def values(self, env: Environment, q: np.ndarray, **about: Any) -> AllGoalsValues:
        """Values of all states of the world that these belong to: q [S, G, A], and gamma, title, scale."""
        names, places = (self.names, env.goals.names, env.action_names), (self.positions, env.goals.positions)
        keys = "state_names", "goal_names", "action_names", "state_positions", "goal_positions"
        named = dict(zip(keys, (*names, *places), strict=True))
        return AllGoalsValues(q, **named, layout=self.layout, start=self.start, **about)

    @cached_property
    def _one_hot(self) -> bool:
        return np.array_equal(self.observations, np.eye(len(self)))

    @cached_property
    def reachable(self) -> np.ndarray:
        """bool [S, S], whether the second state can be reached from the first; each reaches itself."""
        return np.isfinite(csgraph.shortest_path((self.transitions > 0).any(axis=1), unweighted=True))


def check_action(action: jax.Array, names: tuple[str, ...]) -> None:
    """Raises LabError unless an action of a continuous world has one number for each of its A parts, float32 [A]."""
    if action.shape != (len(names),):
        raise LabError(f"an action has {len(names)} numbers ({', '.join(names)}), got an array of shape {action.shape}")


def check_clock(max_steps: int, clock_spread: int) -> tuple[int, int]:
    """Returns both as plain ints. Raises LabError unless episodes can begin at any of the clocks."""
    for name, value in (("max_steps", max_steps), ("clock_spread", clock_spread)):
        check_number(name, value, whole=True)
    if not 0 < clock_spread < max_steps:
        raise LabError(f"max_steps ({max_steps}) must exceed clock_spread ({clock_spread}), both at least 1")
    return int(max_steps), int(clock_spread)


def strongly_typed(tree: PyTree) -> PyTree:
    """Leaves of fixed types, also where a Python number was put, as a compiled loop needs and a file gives back.

    A run that is loaded is then the same program, which is not compiled again where compiled programs are kept.
    """
    return jax.tree.map(lambda leaf: jax.lax.convert_element_type(leaf, jnp.result_type(leaf)), tree)


def outcomes(transitions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The possible next states of every action, likeliest first, padded to the largest number K of them.

    Args:
      transitions: float [S, A, S], probability of each next state.

    Returns:
      next_states int32 [S, A, K] and their probabilities float64 [S, A, K] (0 where padded).
    """
    most = int((transitions > 0).sum(axis=-1).max())
    order = np.argsort(-transitions, axis=-1, kind="stable")[..., :most]
    return order.astype(np.int32), np.take_along_axis(transitions, order, axis=-1)


class Worlds(NamedTuple):
    """N worlds under way: their states (leading axis N) and clocks int32 [N] in steps."""

    state: PyTree
    clock: jax.Array


class Transition(NamedTuple):
    """What one step of N environments gave.

    Attributes:
      obs: [N, F] to act on next, after any reset.
      next_obs: [N, F] the true next observation, before any reset: goals are credited on this one.
      terminated: bool [N], the world ended: no bootstrap.
      truncated: bool [N], the time limit was reached: bootstrap from `next_obs`.
      broken: bool [N], the simulator gave no numbers: nothing is to be learnt from this step. The world is a fresh one,
        and `next_obs` is made of zeros.
    """

    obs: jax.Array
    next_obs: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    broken: jax.Array


def reset_worlds(env: Environment, key: jax.Array, num_envs: int) -> tuple[Worlds, jax.Array]:
    """Starts N fresh worlds with staggered clocks; returns them and their observations [N, F]."""
    keys, clock = _draws(env, key, num_envs)
    state = jax.vmap(env.reset)(keys)
    return Worlds(state, clock), jax.vmap(env.observe)(state)


def _draws(env: Environment, key: jax.Array, num_envs: int) -> tuple[jax.Array, jax.Array]:
    """The keys of N fresh worlds, and their clocks."""
    world_key, clock_key = jax.random.split(key)
    clock = jax.random.randint(clock_key, (num_envs,), 0, env.clock_spread)
    return jax.random.split(world_key, num_envs), clock


def step_worlds(env: Environment, worlds: Worlds, action: jax.Array, key: jax.Array) -> tuple[Worlds, Transition]:
    """Steps N worlds with actions int32 [N] or float32 [N, A]; those that end are replaced by fresh ones."""
    num_envs, where = len(action), jax.vmap(jnp.where)
    step_key, reset_key = jax.random.split(key)
    state, terminated = jax.vmap(env.step)(worlds.state, action, jax.random.split(step_key, num_envs))
    next_obs = jax.vmap(env.observe)(state)
    clock = worlds.clock + 1
    broken = jnp.zeros(num_envs, bool)
    if env.continuous:  # a simulator of bodies may blow up
        broken = ~jnp.isfinite(next_obs).all(axis=-1)
        next_obs, terminated = where(broken, jnp.zeros_like(next_obs), next_obs), terminated & ~broken
    truncated = (clock >= env.max_steps) & ~terminated & ~broken
    ended = terminated | truncated | broken

    fresh, fresh_obs = _fresh(env, Worlds(state, clock), next_obs, ended, reset_key)
    going, obs = jax.tree.map(
        lambda new, old: where(ended, new, old), (fresh, fresh_obs), (Worlds(state, clock), next_obs)
    )
    return going, Transition(obs, next_obs, terminated, truncated, broken)


def _fresh(
    env: Environment, worlds: Worlds, obs: jax.Array, ended: jax.Array, key: jax.Array
) -> tuple[Worlds, jax.Array]:
    """N fresh worlds and their observations, of which those count whose environment has ended, bool [N].

    Where fresh worlds are dear, there is one in `env.reset_ratio`: the first environment to end gets the first one,
    and so on, and two share a world only if more end in one step than there are. What nobody gets is whatever `worlds`
    and `obs` hold.
    """
    num_envs = len(ended)
    count = max(1, num_envs // env.reset_ratio)
    if count == num_envs:
        return reset_worlds(env, key, num_envs)
    old = jax.tree.map(lambda leaf: leaf[:count], (worlds, obs))
    draw = _one_by_one if jax.default_backend() == "cpu" else _all_at_once
    whose = (jnp.cumsum(ended) - 1) % count
    return jax.tree.map(lambda leaf: leaf[whose], draw(env, key, jnp.minimum(ended.sum(), count), old))


def _one_by_one(env: Environment, key: jax.Array, needed: jax.Array, old: PyTree) -> PyTree:
    """The first `needed` fresh worlds. A CPU makes several no faster together than one after the other."""
    keys, clock = _draws(env, key, len(old[1]))

    def make(i: jax.Array, kept: PyTree) -> PyTree:
        state = env.reset(keys[i])
        fresh = Worlds(state, clock[i]), env.observe(state)
        return jax.tree.map(lambda leaf, new: leaf.at[i].set(new), kept, fresh)

    return jax.lax.fori_loop(0, needed, make, old)


def _all_at_once(env: Environment, key: jax.Array, needed: jax.Array, old: PyTree) -> PyTree:
    """All fresh worlds, unless none is needed."""
    return jax.lax.cond(needed > 0, lambda _: reset_worlds(env, key, len(old[1])), lambda kept: kept, old)
