"""Which goals a step teaches besides the commanded one: hindsight, from segments and from a replay alike."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from leo_lab.experience.segment import backwards, choose_allowed

NEVER = 2**16 - 1  # for `later`: not within what is known of the episode, or in more steps than that
RANDOM_SHARE = 0.75  # of the goals that "mixed" draws
DRAWN = ("random", "positive", "future", "final", "mixed")
RELABELS = ("none", *DRAWN, "all")
"""Ways to relabel, which learners have in common. Andrychowicz et al. (2017), Section 3.3, and arXiv:2605.23551:
"random", any goal; "positive", one of the goals achieved at this step or later in its episode, each equally likely;
"future", what is achieved at one of those times, each equally likely; "final", at the last of them; "mixed", three
quarters random and one positive. "none" and "all" draw nothing."""


class Ahead(NamedTuple):
    """What T steps of N environments, in their order, say of what comes after each of them in its episode.

    A moment is a step that achieves some goal.

    Attributes:
      hit: bool [T, N, G], goals achieved in the true next state.
      later: uint16 [T, N, G], steps from the next state to the first one that achieves a goal: 0 where the step itself
        hit it, NEVER where none does.
      before, until: int32 [T, N], moments before a step, and up to the end of its episode.
      moment: int32 [T, N], the time of each moment.
    """

    hit: jax.Array
    later: jax.Array
    before: jax.Array
    until: jax.Array
    moment: jax.Array


def look_ahead(hit: jax.Array, ended: jax.Array) -> Ahead:
    """Of goals achieved, bool [T, N, G], and whether a step is the last known one of its episode, bool [T, N]."""
    steps, count, goals = hit.shape
    hit, ended = jnp.asarray(hit), jnp.asarray(ended).at[-1].set(True)

    def nearer(following: jax.Array, hit: jax.Array, ended: jax.Array) -> jax.Array:
        on = jnp.where(ended[:, None], NEVER, following + (following < NEVER))
        return jnp.where(hit, 0, on).astype(jnp.uint16)

    later = backwards(nearer, jnp.full((count, goals), NEVER, jnp.uint16), hit, ended)
    some = hit.any(axis=-1)
    done = jnp.cumsum(some, axis=0, dtype=jnp.int32)
    until = backwards(lambda on, done, ended: jnp.where(ended, done, on), done[-1], done, ended)
    place = jnp.where(some, done - 1, steps)  # beyond the array, where nothing was achieved
    time = jnp.broadcast_to(jnp.arange(steps)[:, None], (steps, count))
    moment = jnp.zeros((steps, count), jnp.int32).at[place, jnp.arange(count)[None]].set(time, mode="drop")
    return Ahead(hit, later, done - some, until, moment)


def draw(way: str, key: jax.Array, ahead: Ahead, at: tuple[jax.Array, jax.Array], otherwise: jax.Array) -> jax.Array:
    """K goals for each of B steps, int32 [B, K].

    Args:
      way: one of DRAWN.
      key: of the draws.
      ahead: of all steps.
      at: time and environment of these, int32 [B] each.
      otherwise: int32 [B, K], what is taught where nothing was achieved from the step on.
    """
    goals = ahead.hit.shape[-1]
    if way == "random":
        return jax.random.randint(key, otherwise.shape, 0, goals)
    if way == "mixed":
        mix_key, random_key, positive_key = jax.random.split(key, 3)
        anything = jax.random.uniform(mix_key, otherwise.shape) < RANDOM_SHARE
        drawn = (
            draw(each, k, ahead, at, otherwise) for each, k in (("random", random_key), ("positive", positive_key))
        )
        return jnp.where(anything, *drawn)
    time_key, goal_key = jax.random.split(key)
    uniform = jax.random.uniform(goal_key, otherwise.shape)
    if way == "positive":
        achieved = ahead.later[at] != NEVER
        return jnp.where(achieved.any(axis=-1)[:, None], jax.vmap(choose_allowed)(uniform, achieved), otherwise)
    before, until, env = ahead.before[at][:, None], ahead.until[at][:, None], at[1][:, None]
    share = jax.random.uniform(time_key, otherwise.shape) if way == "future" else jnp.ones(otherwise.shape)
    which = before + jnp.floor(share * (until - before)).astype(jnp.int32)
    time = ahead.moment[jnp.clip(which, before, jnp.maximum(until - 1, 0)), env]
    achieved = ahead.hit[time, env]
    drawn = jax.vmap(jax.vmap(choose_allowed))(uniform[..., None], achieved)[..., 0]
    return jnp.where(until > before, drawn, otherwise)
