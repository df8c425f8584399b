"""Collecting experience: N environments, each with a commanded goal, for T steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.envs.base import Environment, Worlds, reset_worlds, step_worlds

PyTree = Any


class Actors(NamedTuple):
    """N environments under way and what they are after.

    Attributes:
      worlds: their states and clocks.
      obs: [N, F] to act on next.
      goal: int32 [N], the commanded goals.
      first: bool [N], whether that goal is still the first one of its episode.
      seen: bool [G], goals achieved at least once by anyone so far; only these are commanded.
      tries, hits: int32 [G], how often a goal was the first of an episode, and was then achieved.
      broken: int32 [], how often the simulator gave no numbers and a world was made anew.
    """

    worlds: Worlds
    obs: jax.Array
    goal: jax.Array
    first: jax.Array
    seen: jax.Array
    tries: jax.Array
    hits: jax.Array
    broken: jax.Array


class Choice(NamedTuple):
    """What a learner answers.

    Attributes:
      action: int32 [N], or float32 [N, A] where actions are continuous.
      memo: what the learner wants to find in the segment, such as the values it saw; a pytree with leading axis N.
    """

    action: jax.Array
    memo: PyTree


class Segment(NamedTuple):
    """T steps of N environments.

    Attributes:
      obs: [T, N, F] acted on.
      action: int32 [T, N], or float32 [T, N, A] where actions are continuous.
      goal: int32 [T, N], the commanded goal.
      memo: what the learner noted when it acted; a pytree with leading axes T, N.
      hit: bool [T, N, G], goals achieved in the true next state.
      terminated, truncated: bool [T, N], how an episode ended at that step.
      broken: bool [T, N], whether it ended because the simulator gave no numbers; such a step is not to be learnt from.
      final_obs: [N, F] after the last step.
      cut_obs: [N, F], the true next observation where the time limit fell in this segment. One slot per environment
        is enough, because a segment is shorter than any truncated episode.
      seen: bool [G], goals achieved at least once by anyone up to the end of this segment.
    """

    obs: jax.Array
    action: jax.Array
    goal: jax.Array
    memo: PyTree
    hit: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    broken: jax.Array
    final_obs: jax.Array
    cut_obs: jax.Array
    seen: jax.Array

    @property
    def ended(self) -> jax.Array:
        """Whether a step ended its episode, by death, by the time limit or by a broken simulator, bool [T, N]."""
        return self.terminated | self.truncated | self.broken

    def discount(self, gamma: float) -> jax.Array:
        """gamma, or 0 where the world ended, float32 [T, N]."""
        return gamma * (1.0 - self.terminated)


def start_actors(env: Environment, key: jax.Array, num_envs: int) -> Actors:
    """Starts N environments; the goals they stand on are the first ones seen."""
    world_key, goal_key = jax.random.split(key)
    worlds, obs = reset_worlds(env, world_key, num_envs)
    seen = env.achieved(obs).any(axis=0)
    count = jnp.zeros(len(env.goals), jnp.int32)
    return Actors(
        worlds=worlds,
        obs=obs,
        goal=sample_seen(goal_key, seen, num_envs),
        first=jnp.ones(num_envs, bool),
        seen=seen,
        tries=count,
        hits=count,
        broken=jnp.zeros((), jnp.int32),
    )


def sample_seen(key: jax.Array, seen: jax.Array, count: int) -> jax.Array:
    """Draws goals int32 [count] uniformly from those seen, bool [G]; from all while none is seen."""
    return among(jax.random.uniform(key, (count,)), seen | ~seen.any())


def among(drawn: jax.Array, allowed: jax.Array) -> jax.Array:
    """Turns uniform numbers [K] into goals int32 [K], each equally likely of those allowed, bool [G]; G if none is.

    By rank among the allowed ones, which costs K random numbers instead of K times G.
    """
    rank = jnp.cumsum(allowed)
    return jnp.searchsorted(rank, jnp.floor(drawn * rank[-1]), side="right").astype(jnp.int32)


def collect(
    env: Environment,
    choose: Callable[[jax.Array, jax.Array, jax.Array], Choice],
    actors: Actors,
    key: jax.Array,
    steps: int,
) -> tuple[Actors, Segment]:
    """Takes `steps` steps in every environment.

    Args:
      env: the environment.
      choose: (obs [N, F], goal [N], key) -> Choice.
      actors: where they stand.
      key: for this segment alone.
      steps: T, at most `env.max_steps - env.clock_spread`, so that no two time limits fall in one segment.
    """

    def advance(carry, step_key):
        actors, cut_obs = carry
        act_key, world_key, goal_key = jax.random.split(step_key, 3)
        choice = choose(actors.obs, actors.goal, act_key)
        worlds, transition = step_worlds(env, actors.worlds, choice.action, world_key)
        hit = env.achieved(transition.next_obs) & ~transition.broken[:, None]
        cut_obs = jnp.where(transition.truncated[:, None], transition.next_obs, cut_obs)
        row = (actors.obs, choice.action, actors.goal, choice.memo, hit, *transition[2:])
        actors = _command(actors, worlds, transition, hit, goal_key)
        return (actors, cut_obs), row

    (actors, cut_obs), rows = jax.lax.scan(advance, (actors, jnp.zeros_like(actors.obs)), jax.random.split(key, steps))
    return actors, Segment(*rows, final_obs=actors.obs, cut_obs=cut_obs, seen=actors.seen)


def _command(actors: Actors, worlds: Worlds, transition, hit: jax.Array, key: jax.Array) -> Actors:
    """Draws a new goal where the commanded one was achieved or the episode ended; counts first goals."""
    achieved = pick(hit, actors.goal)
    ended = transition.terminated | transition.truncated | transition.broken
    seen = actors.seen | hit.any(axis=0)
    fresh = sample_seen(key, seen, len(ended))
    decided = actors.first & (achieved | ended) & ~transition.broken
    return Actors(
        worlds=worlds,
        obs=transition.obs,
        goal=jnp.where(achieved | ended, fresh, actors.goal),
        first=(actors.first & ~achieved) | ended,
        seen=seen,
        tries=actors.tries.at[actors.goal].add(decided.astype(jnp.int32)),
        hits=actors.hits.at[actors.goal].add((decided & achieved).astype(jnp.int32)),
        broken=actors.broken + transition.broken.sum(),
    )


def pick(x: jax.Array, index: jax.Array) -> jax.Array:
    """One entry of the last axis each: x [..., K], index int32 [...] -> [...]."""
    return jnp.take_along_axis(x, index[..., None], axis=-1)[..., 0]


def commanded_hit(segment: Segment) -> jax.Array:
    """Whether each step achieved the goal that was commanded, bool [T, N]."""
    return pick(segment.hit, segment.goal)


def ahead(segment: Segment, now: jax.Array, final: jax.Array, cut: jax.Array) -> jax.Array:
    """What is known of the state that each step truly led to, [T, N, ...].

    Of a death it is the next episode's, as nothing may read it.

    Args:
      segment: the steps.
      now: [T, N, ...], what is known of the states that were acted in.
      final, cut: [N, ...], the same of `final_obs` and `cut_obs`.
    """
    following = jnp.concatenate([now[1:], final[None]])
    truncated = segment.truncated.reshape(segment.truncated.shape + (1,) * (now.ndim - 2))
    return jnp.where(truncated, cut[None], following)


def next_observations(segment: Segment) -> jax.Array:
    """The true next observation of every step, [T, N, F]."""
    return ahead(segment, segment.obs, segment.final_obs, segment.cut_obs)


def achieved_later(segment: Segment) -> jax.Array:
    """Goals achieved at a step or later in the same episode of a segment, bool [T, N, G]."""

    def back(later: jax.Array, now: tuple) -> tuple[jax.Array, jax.Array]:
        hit, ended = now
        later = hit | (later & ~ended[:, None])
        return later, later

    start = jnp.zeros(segment.hit.shape[1:], bool)
    return jax.lax.scan(back, start, (segment.hit, segment.ended), reverse=True)[1]
