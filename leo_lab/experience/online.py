"""Collecting experience: N environments, each with a commanded goal, for T steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.envs.base import Environment, Worlds, reset_worlds, step_worlds
from leo_lab.errors import LabError, require
from leo_lab.experience.segment import Choose, Segment, choose_allowed, pick

BY_GROUP = "success/"  # begins the names of metrics of one group of goals


@dataclasses.dataclass(frozen=True, kw_only=True)
class OnlineConfig:
    """Settings of collecting.

    Attributes:
      num_envs: N, environments stepped together.
      unroll: T, steps of each environment per iteration.
    """

    num_envs: int = 256
    unroll: int = 16

    def __post_init__(self):
        for name in ("num_envs", "unroll"):
            require(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")


class Actors(NamedTuple):
    """N environments under way and what they are after.

    Attributes:
      worlds: their states and clocks.
      obs: [N, F] to act on next.
      goal: int32 [N], the commanded goals.
      first: int32 [N], the first goal of each episode under way.
      won: bool [N], whether it was achieved in that episode.
      seen: bool [G], goals achieved at least once by anyone so far; only these are commanded.
      tries, hits: int32 [G], how often an episode ended whose first goal this was, and how often that was achieved.
        Both count when the episode ends: hits that counted as they come, before the misses do, would be too many.
      broken: int32 [], how often the simulator gave no numbers and a world was made anew.
    """

    worlds: Worlds
    obs: jax.Array
    goal: jax.Array
    first: jax.Array
    won: jax.Array
    seen: jax.Array
    tries: jax.Array
    hits: jax.Array
    broken: jax.Array


class OnlineSource:
    """Fresh experience of N environments. See leo_lab.experience.segment.Source; its state is Actors."""

    name = "online"

    def __init__(self, env: Environment, config: OnlineConfig):
        """Raises LabError where two time limits could fall in one segment."""
        longest = env.max_steps - env.clock_spread
        if config.unroll > longest:
            raise LabError(f"unroll = {config.unroll} exceeds the shortest episode, {longest} steps; lower it")
        self.env, self.config = env, config

    @property
    def steps(self) -> int:
        """Environment steps of one draw, N x T."""
        return self.config.num_envs * self.config.unroll

    def init(self, key: jax.Array) -> Actors:
        """Fresh worlds, each with a goal; the goals they stand on are the first ones seen."""
        world_key, goal_key = jax.random.split(key)
        num_envs, count = self.config.num_envs, jnp.zeros(len(self.env.goals), jnp.int32)
        worlds, obs = reset_worlds(self.env, world_key, num_envs)
        seen = self.env.achieved(obs).any(axis=0)
        goal = sample_seen(goal_key, seen, num_envs)
        return Actors(
            worlds=worlds,
            obs=obs,
            goal=goal,
            first=goal,
            won=jnp.zeros(num_envs, bool),
            seen=seen,
            tries=count,
            hits=count,
            broken=jnp.zeros((), jnp.int32),
        )

    def draw(self, state: Actors, choose: Choose, key: jax.Array) -> tuple[Actors, Segment]:
        """T steps of every environment."""

        def advance(carry, step_key):
            actors, cut_obs = carry
            act_key, world_key, goal_key = jax.random.split(step_key, 3)
            choice = choose(actors.obs, actors.goal, act_key)
            worlds, transition = step_worlds(self.env, actors.worlds, choice.action, world_key)
            hit = self.env.achieved(transition.next_obs) & ~transition.broken[:, None]
            cut_obs = jnp.where(transition.truncated[:, None], transition.next_obs, cut_obs)
            row = (actors.obs, choice.action, actors.goal, choice.memo, hit, *transition[2:])
            actors = _command(actors, worlds, transition, hit, goal_key)
            return (actors, cut_obs), row

        step_keys = jax.random.split(key, self.config.unroll)
        (actors, cut_obs), rows = jax.lax.scan(advance, (state, jnp.zeros_like(state.obs)), step_keys)
        return actors, Segment(*rows, final_obs=actors.obs, cut_obs=cut_obs, seen=actors.seen)

    def metrics(self, state: Actors, before: Actors) -> dict[str, float]:
        """What happened since `before`: `commanded_success`, the share of the episodes that ended whose first goal was
        achieved in them, nan where none ended; of each group of goals too where there are several; `goals_seen` so far,
        and in continuous worlds `broken` so far."""
        tries, hits = np.asarray(state.tries) - before.tries, np.asarray(state.hits) - before.hits
        return {
            "commanded_success": _share(hits, tries),
            **_by_group(self.env.goals.groups, hits, tries),
            "goals_seen": int(state.seen.sum()),
            **({"broken": int(state.broken)} if self.env.continuous else {}),
        }

    def split(self, state: Actors, parts: int) -> Actors:
        """Environments can be split among devices, and counts cannot: a bool for each leaf or tree of them."""
        if self.config.num_envs % parts:
            message = f"num_envs = {self.config.num_envs} does not divide over {parts} devices"
            raise LabError(f"{message}; choose a multiple of {parts}")
        whole = dict.fromkeys(("seen", "tries", "hits", "broken"), False)
        return state._replace(**dict.fromkeys(state._fields, True) | whole)


def _share(hits: np.ndarray, tries: np.ndarray) -> float:
    return int(hits.sum()) / int(tries.sum()) if tries.any() else float("nan")


def _by_group(groups: Sequence[str], hits: np.ndarray, tries: np.ndarray) -> dict[str, float]:
    """The share of each group of goals, where there are several."""
    names = list(dict.fromkeys(groups))
    if len(names) == 1:
        return {}
    members = {name: np.array([group == name for group in groups]) for name in names}
    return {f"{BY_GROUP}{name}": _share(hits[which], tries[which]) for name, which in members.items()}


def sample_seen(key: jax.Array, seen: jax.Array, count: int) -> jax.Array:
    """Draws goals int32 [count] uniformly from those seen, bool [G]; from all while none is seen."""
    return choose_allowed(jax.random.uniform(key, (count,)), seen | ~seen.any())


def _command(actors: Actors, worlds: Worlds, transition, hit: jax.Array, key: jax.Array) -> Actors:
    """Draws a new goal where the commanded one was achieved or the episode ended; counts the episodes that ended."""
    achieved = pick(hit, actors.goal)
    ended = transition.terminated | transition.truncated | transition.broken
    seen = actors.seen | hit.any(axis=0)
    goal = jnp.where(achieved | ended, sample_seen(key, seen, len(ended)), actors.goal)
    won, tried = actors.won | achieved, ended & ~transition.broken  # a goal changes within an episode as it is achieved
    return Actors(
        worlds=worlds,
        obs=transition.obs,
        goal=goal,
        first=jnp.where(ended, goal, actors.first),
        won=won & ~ended,
        seen=seen,
        tries=actors.tries.at[actors.first].add(tried.astype(jnp.int32)),
        hits=actors.hits.at[actors.first].add((tried & won).astype(jnp.int32)),
        broken=actors.broken + transition.broken.sum(),
    )
