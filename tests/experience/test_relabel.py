"""What comes after a step, and the goals that hindsight draws from it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.experience.relabel import DRAWN, NEVER, draw, look_ahead
from leo_lab.learners.targets import hindsight_return

T, N, G = 6, 2, 4
HITS = {0: [(1, 0), (1, 1), (3, 2), (4, 3)], 1: [(5, 3)]}
"""By environment, (time, goal). The first one's episode ends with step 3; nobody else's does."""


def a_track():
    hit, ended = np.zeros((T, N, G), bool), np.zeros((T, N), bool)
    for env, moments in HITS.items():
        for time, goal in moments:
            hit[time, env, goal] = True
    ended[3, 0] = True
    return look_ahead(jnp.asarray(hit), jnp.asarray(ended))


AHEAD = jax.jit(a_track)


def test_what_comes_later_ends_with_the_episode():
    ahead = AHEAD()
    none = NEVER
    assert ahead.later[:, 0].tolist() == [
        [1, 1, 3, none],
        [0, 0, 2, none],
        [none, none, 1, none],
        [none, none, 0, none],
        [none, none, none, 0],
        [none] * 4,
    ]
    assert ahead.later[:, 1, 3].tolist() == [5, 4, 3, 2, 1, 0]
    assert ahead.before[:, 0].tolist() == [0, 0, 1, 1, 2, 3] and ahead.until[:, 0].tolist() == [2, 2, 2, 2, 3, 3]
    assert ahead.moment[:3, 0].tolist() == [1, 3, 4] and ahead.moment[:1, 1].tolist() == [5]


def test_later_gives_the_returns_of_the_targets():
    rng = np.random.default_rng(0)
    hit, ended = jnp.asarray(rng.random((12, 4, 3)) < 0.15), jnp.asarray(rng.random((12, 4)) < 0.15)
    later = np.asarray(jax.jit(look_ahead)(hit, ended).later).astype(float)
    over_goals = jax.vmap(hindsight_return, in_axes=(1, None, None), out_axes=1)
    wanted = jax.vmap(over_goals, in_axes=1, out_axes=1)(hit, jnp.full((12, 4), 0.9), ended)
    np.testing.assert_allclose(np.where(later == NEVER, 0.0, 0.9**later), wanted, rtol=1e-5)


def test_a_goal_too_far_ahead_is_one_that_never_comes():
    steps = NEVER + 3
    hit = jnp.zeros((steps, 1, 1), bool).at[-1].set(True)
    later = np.asarray(jax.jit(look_ahead)(hit, jnp.zeros((steps, 1), bool)).later)[:, 0, 0]
    assert later[-1] == 0 and later[-NEVER] == NEVER - 1 and (later[: steps - NEVER] == NEVER).all()


def shares(way, time, env, count=4000):
    at = jnp.full(count, time), jnp.full(count, env)
    goals = jax.jit(draw, static_argnums=0)(way, jax.random.key(3), AHEAD(), at, jnp.full((count, 2), G))
    assert goals.shape == (count, 2) and goals.dtype == jnp.int32
    return np.bincount(np.ravel(goals), minlength=G + 1) / goals.size


EXPECTED = {  # at step 0 of the first environment: goals 0 and 1 at one time, goal 2 at another
    "random": [0.25, 0.25, 0.25, 0.25, 0],
    "positive": [1 / 3, 1 / 3, 1 / 3, 0, 0],
    "future": [0.25, 0.25, 0.5, 0, 0],
    "final": [0, 0, 1, 0, 0],
    "mixed": [0.75 / 4 + 0.25 / 3] * 3 + [0.75 / 4, 0],
}


@pytest.mark.parametrize("way", DRAWN)
def test_goals_are_drawn_as_the_way_says(way):
    np.testing.assert_allclose(shares(way, 0, 0), EXPECTED[way], atol=0.03)


@pytest.mark.parametrize("way", ["positive", "future", "final"])
def test_nothing_is_drawn_from_the_past_from_the_next_episode_or_where_nothing_comes(way):
    np.testing.assert_allclose(shares(way, 2, 0), [0, 0, 1, 0, 0])
    np.testing.assert_allclose(shares(way, 4, 0), [0, 0, 0, 1, 0])
    np.testing.assert_allclose(shares(way, 5, 0), [0, 0, 0, 0, 1])  # what was given instead
    np.testing.assert_allclose(shares(way, 0, 1), [0, 0, 0, 1, 0])
