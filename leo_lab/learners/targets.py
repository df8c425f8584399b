"""Targets of hit values, one registry for all learners.

Every function takes one goal and one segment of T steps; batch them with vmap.

Time suffixes: `hit_t[k]` says whether the state after step k achieves the goal, `v_t[k]` is max_a Q there,
`discount_t[k]` is gamma, or 0 where the world ended, and `last_t[k]` says that step k ended its episode (by death or
by the time limit), so that step k + 1 belongs to another one. `greedy_t[k]` says whether the action taken next, at
step k + 1, is the best one for this goal. A hit is worth 1 and ends the goal's return; the world goes on. An episode
that the time limit cut keeps its bootstrap: its discount is not 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp

from leo_lab.experience.segment import Segment, backwards


def _check(*rows: jax.Array) -> None:
    """All rows are of one segment of one goal, [T]."""
    chex.assert_rank(rows, 1)
    chex.assert_equal_shape(rows)


def one_step_hit(hit_t: jax.Array, v_t: jax.Array, discount_t: jax.Array) -> jax.Array:
    """The paper's target (Equation 2): 1 if hit, else discount times the next value. Elementwise.

    hit_t bool and v_t float32 of any shape; discount_t of the same, with axes of 1, or a number -> float32 of that
    shape.
    """
    chex.assert_equal_shape([hit_t, v_t])
    if jnp.ndim(discount_t):
        chex.assert_equal_rank([v_t, discount_t])
    return jnp.where(hit_t, 1.0, discount_t * v_t)


def n_step_hit(hit_t: jax.Array, v_t: jax.Array, discount_t: jax.Array, last_t: jax.Array, n: int) -> jax.Array:
    """n-step return, [T]: up to n steps of what happened, then the value; shorter at hits, ends and the segment's end.

    It follows the behaviour policy without correction, so with n > 1 it is biased towards what that policy does.
    """
    _check(hit_t, v_t, discount_t, last_t)
    stop = last_t.at[-1].set(True)
    one_step = one_step_hit(hit_t, v_t, discount_t)

    def lengthen(_, shorter):
        following = jnp.where(stop, v_t, jnp.roll(shorter, -1))
        return one_step_hit(hit_t, following, discount_t)

    return jax.lax.fori_loop(0, n - 1, lengthen, one_step)


def hindsight_return(hit_t: jax.Array, discount_t: jax.Array, last_t: jax.Array) -> jax.Array:
    """The return really obtained later in the segment, [T]: gamma^(steps to the next hit - 1), 0 where there is none.

    A lower bound of Q* in a deterministic world; where the world is random it is a lucky draw and must not be
    maximised over.
    """
    _check(hit_t, discount_t, last_t)

    def back(following, hit, discount, last):
        return jnp.where(hit, 1.0, jnp.where(last, 0.0, discount * following))

    return backwards(back, jnp.zeros(()), hit_t, discount_t, last_t)


def best_hit(hit_t: jax.Array, v_t: jax.Array, discount_t: jax.Array, last_t: jax.Array) -> jax.Array:
    """The larger of the one-step target and the return really obtained, [T]. For deterministic worlds only."""
    return jnp.maximum(one_step_hit(hit_t, v_t, discount_t), hindsight_return(hit_t, discount_t, last_t))


def greedy_return(
    hit_t: jax.Array, v_t: jax.Array, discount_t: jax.Array, last_t: jax.Array, greedy_t: jax.Array, lam: float = 1.0
) -> jax.Array:
    """What happened as long as the actions taken were the best for this goal, then the value, [T].

    Watkins's Q(lambda) (Watkins 1989; Sutton and Barto, Section 12.10): unbiased where the world is random, too. With
    lambda = 0 it is the one-step target; with 1, a goal that cannot be reached fades with gamma^n a sweep instead of
    gamma.
    """
    _check(hit_t, v_t, discount_t, last_t, greedy_t)

    def back(following, hit, v, discount, last, greedy):
        return one_step_hit(hit, jnp.where(greedy & ~last, lam * following + (1 - lam) * v, v), discount)

    return backwards(back, jnp.zeros(()), hit_t, v_t, discount_t, last_t, greedy_t.at[-1].set(False))


def lambda_return(
    hit_t: jax.Array, v_t: jax.Array, discount_t: jax.Array, last_t: jax.Array, lam: float = 1.0
) -> jax.Array:
    """What happened whatever the actions were, mixed with the values on the way, [T].

    Peng's Q(lambda) (Peng and Williams 1996), PQN's own: like n-step returns it is biased towards what was done.
    """
    return greedy_return(hit_t, v_t, discount_t, last_t, jnp.ones_like(last_t), lam)


def best_return(
    hit_t: jax.Array, v_t: jax.Array, discount_t: jax.Array, last_t: jax.Array, greedy_t: jax.Array
) -> jax.Array:
    """The largest of all n-step returns along the segment, [T], but as `greedy_return` after the best actions.

    What is learnt at one end of a segment reaches the other in one sweep. Each of these returns is a lower bound of Q*
    in a deterministic world if the values are (the bounds of optimality tightening, He et al. 2017); where the world is
    random it would maximise over luck. After a best action there is nothing to choose: the longer return equals the
    shorter one once the values are right, and before that it is what takes back a value that is too high.
    """
    _check(hit_t, v_t, discount_t, last_t, greedy_t)

    def back(following, hit, v, discount, last, greedy):
        longest = jnp.where(greedy, following, jnp.maximum(v, following))
        return one_step_hit(hit, jnp.where(last, v, longest), discount)

    return backwards(back, jnp.zeros(()), hit_t, v_t, discount_t, last_t, greedy_t.at[-1].set(False))


class Target(NamedTuple):
    """A target by name.

    Attributes:
      of: (hit_t, v_t, discount_t, last_t, greedy_t, all [T], settings) -> float32 [T].
      certain: whether it is a bound only where moves are certain, and takes luck for skill elsewhere.
      along: whether it looks at values beyond the next state, so that one goal must be followed along a segment.
    """

    of: Callable[..., jax.Array]
    certain: bool = False
    along: bool = True


TARGETS = {
    "one_step": Target(lambda hit, v, discount, last, greedy, c: one_step_hit(hit, v, discount), along=False),
    "n_step": Target(lambda hit, v, discount, last, greedy, c: n_step_hit(hit, v, discount, last, c.n_step)),
    "lambda_return": Target(lambda hit, v, discount, last, greedy, c: lambda_return(hit, v, discount, last, c.lam)),
    "greedy_return": Target(lambda *rows: greedy_return(*rows[:-1], rows[-1].lam)),
    "hindsight": Target(
        lambda hit, v, discount, last, greedy, c: best_hit(hit, v, discount, last), certain=True, along=False
    ),
    "best_return": Target(lambda *rows: best_return(*rows[:-1]), certain=True),
}


def along_segments(
    name: str,
    config: Any,
    segment: Segment,
    hit: jax.Array,
    v_t: jax.Array,
    greedy_t: jax.Array,
) -> jax.Array:
    """The target of that name for K goals in N environments, float32 [T, N, K].

    `config` has gamma and what the target asks for, such as lam; hit, v_t and greedy_t are [T, N, K], see the head of
    this file.
    """

    def of_goal(*rows: jax.Array) -> jax.Array:
        return TARGETS[name].of(*rows, config)

    over_goals = jax.vmap(of_goal, in_axes=(1, 1, None, None, 1), out_axes=1)
    return jax.vmap(over_goals, in_axes=1, out_axes=1)(
        hit, v_t, segment.discount(config.gamma), segment.ended, greedy_t
    )
