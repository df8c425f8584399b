"""Targets against literals that can be checked by hand: gamma is 1/2, so every number is exact."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leo_lab.learners import targets

GAMMA = 0.5
V = (0.25, 0.5, 0.75, 1.0, 0.5)
NOTHING = (0, 0, 0, 0, 0)


@pytest.fixture(params=["eager", "jitted"])
def variant(request):
    """Calls a kernel as it is, or compiled; mixed dtypes are errors either way."""

    def call(kernel, *arrays, **static):
        if request.param == "jitted":
            kernel = jax.jit(kernel, static_argnames=tuple(static))
        with jax.numpy_dtype_promotion("strict"):
            return kernel(*arrays, **static)

    return call


def segment(hit=NOTHING, v=V, terminated=NOTHING, truncated=NOTHING):
    """What the kernels read of T steps: hit_t, v_t, discount_t, last_t."""
    terminated, truncated = np.array(terminated, bool), np.array(truncated, bool)
    discount = np.where(terminated, 0.0, GAMMA).astype(np.float32)
    arrays = (np.array(hit, bool), np.array(v, np.float32), discount, terminated | truncated)
    return tuple(jnp.asarray(array) for array in arrays)


def check(result, expected):
    assert result.dtype == jnp.float32
    assert result.tolist() == list(expected)


def test_one_step_hit(variant):
    hit, v, discount, _ = segment(hit=(0, 1, 0, 1, 0), terminated=(0, 0, 1, 1, 0))
    check(variant(targets.one_step_hit, hit, v, discount), (0.125, 1.0, 0.0, 1.0, 0.25))


def test_one_step_hit_is_elementwise(variant):
    hit, v = jnp.array([[True, False, False], [False, False, True]]), jnp.full((2, 3), 0.5)
    out = variant(targets.one_step_hit, hit, v, jnp.full((2, 3), GAMMA))
    assert out.tolist() == [[1.0, 0.25, 0.25], [0.25, 0.25, 1.0]]


# Each row: n, the segment, the targets. The last steps of a segment look fewer than n steps ahead.
N_STEP = {
    "one step": (1, {}, (1 / 8, 1 / 4, 3 / 8, 1 / 2, 1 / 4)),
    "two steps": (2, {}, (1 / 8, 3 / 16, 1 / 4, 1 / 8, 1 / 4)),
    "three steps": (3, {}, (3 / 32, 1 / 8, 1 / 16, 1 / 8, 1 / 4)),
    "more than the segment": (9, {}, (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)),
    "a hit": (3, {"hit": (0, 0, 1, 0, 0)}, (1 / 4, 1 / 2, 1, 1 / 8, 1 / 4)),
    "a hit too far ahead": (2, {"hit": (0, 0, 1, 0, 0)}, (1 / 8, 1 / 2, 1, 1 / 8, 1 / 4)),
    "two hits: the first counts": (4, {"hit": (0, 1, 0, 1, 0)}, (1 / 2, 1, 1 / 2, 1, 1 / 4)),
    "the first step hits": (3, {"hit": (1, 0, 0, 0, 0)}, (1, 1 / 8, 1 / 16, 1 / 8, 1 / 4)),
    "the last step hits": (3, {"hit": (0, 0, 0, 0, 1)}, (3 / 32, 1 / 8, 1 / 4, 1 / 2, 1)),
    "death": (3, {"terminated": (0, 1, 0, 0, 0)}, (0, 0, 1 / 16, 1 / 8, 1 / 4)),
    "death that hits": (3, {"terminated": (0, 1, 0, 0, 0), "hit": (0, 1, 0, 0, 0)}, (1 / 2, 1, 1 / 16, 1 / 8, 1 / 4)),
    "the time limit keeps the bootstrap": (3, {"truncated": (0, 1, 0, 0, 0)}, (1 / 8, 1 / 4, 1 / 16, 1 / 8, 1 / 4)),
    "a hit of the next episode is not ours": (
        3,
        {"truncated": (0, 1, 0, 0, 0), "hit": (0, 0, 1, 0, 0)},
        (1 / 8, 1 / 4, 1, 1 / 8, 1 / 4),
    ),
    "nor after a death": (3, {"terminated": (0, 1, 0, 0, 0), "hit": (0, 0, 1, 0, 0)}, (0, 0, 1, 1 / 8, 1 / 4)),
    "the first step is not the last one's next": (9, {"hit": (1, 0, 0, 0, 0)}, (1, 1 / 32, 1 / 16, 1 / 8, 1 / 4)),
}


@pytest.mark.parametrize("case", N_STEP)
def test_n_step_hit(variant, case):
    n, given_segment, expected = N_STEP[case]
    check(variant(targets.n_step_hit, *segment(**given_segment), n=n), expected)


HINDSIGHT = {
    "no hit": ({}, (0, 0, 0, 0, 0)),
    "every hit serves the steps before it": ({"hit": (0, 1, 0, 0, 1)}, (1 / 2, 1, 1 / 4, 1 / 2, 1)),
    "the time limit separates": ({"hit": (0, 0, 0, 0, 1), "truncated": (0, 0, 1, 0, 0)}, (0, 0, 0, 1 / 2, 1)),
    "death separates": ({"hit": (0, 0, 0, 1, 0), "terminated": (0, 1, 0, 0, 0)}, (0, 0, 1 / 2, 1, 0)),
    "a hit at the end of an episode": (
        {"hit": (0, 0, 1, 0, 0), "terminated": (0, 0, 1, 0, 0)},
        (1 / 4, 1 / 2, 1, 0, 0),
    ),
    "a hit at the time limit": ({"hit": (0, 0, 1, 0, 0), "truncated": (0, 0, 1, 0, 0)}, (1 / 4, 1 / 2, 1, 0, 0)),
}


@pytest.mark.parametrize("case", HINDSIGHT)
def test_hindsight_return(variant, case):
    given_segment, expected = HINDSIGHT[case]
    hit, _, discount, last = segment(**given_segment)
    check(variant(targets.hindsight_return, hit, discount, last), expected)


BEST = {
    "no hit: the one-step target": ({}, (1 / 8, 1 / 4, 3 / 8, 1 / 2, 1 / 4)),
    "each is the larger": ({"hit": (0, 0, 1, 0, 0)}, (1 / 4, 1 / 2, 1, 1 / 2, 1 / 4)),
    "a value above the return": ({"hit": (0, 0, 0, 0, 1)}, (1 / 8, 1 / 4, 3 / 8, 1 / 2, 1)),
    "death": ({"hit": (0, 0, 1, 0, 0), "terminated": (0, 1, 0, 0, 0)}, (1 / 8, 0, 1, 1 / 2, 1 / 4)),
    "time limit": ({"hit": (0, 0, 1, 0, 0), "truncated": (0, 1, 0, 0, 0)}, (1 / 8, 1 / 4, 1, 1 / 2, 1 / 4)),
}


@pytest.mark.parametrize("case", BEST)
def test_best_hit(variant, case):
    given_segment, expected = BEST[case]
    check(variant(targets.best_hit, *segment(**given_segment)), expected)


def slow_n_step(hit, v, discount, last, n):
    """The definition, one step at a time."""
    returns = []
    for first in range(len(hit)):
        weight = 1.0
        for k in range(first, len(hit)):
            if hit[k]:
                value = weight
                break
            weight *= discount[k]
            value = weight * v[k]
            if last[k] or k - first + 1 == n:
                break
        returns.append(value)
    return returns


@st.composite
def segments(draw, length=6):
    flags = st.lists(st.booleans(), min_size=length, max_size=length)
    v = draw(st.lists(st.floats(0, 1, width=32), min_size=length, max_size=length))
    terminated, time_limit = np.array(draw(flags)), np.array(draw(flags))
    return segment(draw(flags), v, terminated, time_limit & ~terminated)


@pytest.mark.parametrize("n", [1, 2, 4])
@given(drawn=segments())
def test_n_step_hit_follows_its_definition(n, drawn):
    expected = slow_n_step(*(array.tolist() for array in drawn), n)
    np.testing.assert_allclose(JITTED_N_STEP(*drawn, n), expected, rtol=1e-6, atol=1e-7)


@given(drawn=segments())
def test_best_hit_stays_in_range_and_above_both(drawn):
    hit, _, discount, last = drawn
    best = np.asarray(JITTED_BEST(*drawn))
    # Returns obtained are the n-step targets of a critic that expects nothing.
    obtained = slow_n_step(hit.tolist(), [0.0] * len(hit), discount.tolist(), last.tolist(), len(hit))
    one_step = slow_n_step(*(array.tolist() for array in drawn), 1)
    assert (best >= 0).all()
    assert (best <= 1).all()
    np.testing.assert_allclose(best, np.maximum(obtained, one_step), rtol=1e-6, atol=1e-7)


BEST_RETURN = {
    # v = (1/4, 1/2, 3/4, 1, 1/2); from the back: 1/4, then 1/2 max(1, 1/4) = 1/2, then 1/2 max(3/4, 1/2) = 3/8, ...
    "no hit": ({}, (0.125, 0.25, 0.375, 0.5, 0.25)),
    "a far hit beats poor values": ({"v": NOTHING, "hit": (0, 0, 0, 1, 0)}, (0.125, 0.25, 0.5, 1.0, 0.0)),
    "a good value reaches back": ({"v": (0, 0, 0, 1, 0)}, (0.0625, 0.125, 0.25, 0.5, 0.0)),
    "death cuts both": ({"v": (0, 0, 0, 1, 0), "terminated": (0, 1, 0, 0, 0)}, (0.0, 0.0, 0.25, 0.5, 0.0)),
    "the time limit keeps the value and cuts the rest": (
        {"v": (0, 0.5, 0, 1, 0), "truncated": (0, 1, 0, 0, 0)},
        (0.125, 0.25, 0.25, 0.5, 0.0),
    ),
}


@pytest.mark.parametrize("case", BEST_RETURN)
def test_best_return(variant, case):
    given_segment, expected = BEST_RETURN[case]
    check(variant(targets.best_return, *segment(**given_segment), jnp.zeros(5, bool)), expected)


@given(drawn=segments())
def test_best_return_without_best_actions_is_the_largest_n_step_return(drawn):
    lists = [array.tolist() for array in drawn]
    slow = np.max([slow_n_step(*lists, n) for n in range(1, len(lists[0]) + 1)], axis=0)
    np.testing.assert_allclose(JITTED_BEST_RETURN(*drawn, jnp.zeros(6, bool)), slow, rtol=1e-6, atol=1e-7)


# v = (1/4, 1/2, 3/4, 1, 1/2) is the value after each step; greedy (1, 0, 1, 1, 1) says that steps 1, 3 and 4 took the
# best action. From the back: 1/4 (nothing follows the last step); 1/8 and 1/16 without a look at the values 1 and 3/4;
# then step 2 was not the best, so that the value 1/2 counts.
GREEDY = {
    "as far as the best actions go": ((1, 0, 1, 1, 1), {}, (1 / 8, 1 / 4, 1 / 16, 1 / 8, 1 / 4)),
    "never: one step": ((0, 0, 0, 0, 0), {}, (1 / 8, 1 / 4, 3 / 8, 1 / 2, 1 / 4)),
    "always: the whole segment": ((1, 1, 1, 1, 1), {}, (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)),
    "a hit": ((1, 1, 1, 1, 1), {"hit": (0, 0, 1, 0, 0)}, (1 / 4, 1 / 2, 1, 1 / 8, 1 / 4)),
    "a hit after another action": ((1, 0, 1, 1, 1), {"hit": (0, 0, 1, 0, 0)}, (1 / 8, 1 / 4, 1, 1 / 8, 1 / 4)),
    "death": ((1, 1, 1, 1, 1), {"terminated": (0, 1, 0, 0, 0)}, (0, 0, 1 / 16, 1 / 8, 1 / 4)),
    "the time limit": ((1, 1, 1, 1, 1), {"truncated": (0, 1, 0, 0, 0)}, (1 / 8, 1 / 4, 1 / 16, 1 / 8, 1 / 4)),
}


@pytest.mark.parametrize("case", GREEDY)
def test_greedy_return(variant, case):
    greedy, given_segment, expected = GREEDY[case]
    check(variant(targets.greedy_return, *segment(**given_segment), jnp.array(greedy, bool)), expected)


BEST_GREEDY = {
    # Not the best action: the larger of value and return.
    "taken back": ((1, 0, 1, 1, 1), {}, (1 / 8, 1 / 4, 1 / 16, 1 / 8, 1 / 4)),
    "a hit after another action": ((1, 0, 1, 1, 1), {"hit": (0, 0, 1, 0, 0)}, (1 / 4, 1 / 2, 1, 1 / 8, 1 / 4)),
    "the time limit": ((1, 1, 1, 1, 1), {"truncated": (0, 1, 0, 0, 0)}, (1 / 8, 1 / 4, 1 / 16, 1 / 8, 1 / 4)),
}


@pytest.mark.parametrize("case", BEST_GREEDY)
def test_best_return_takes_back_after_best_actions(variant, case):
    greedy, given_segment, expected = BEST_GREEDY[case]
    check(variant(targets.best_return, *segment(**given_segment), jnp.array(greedy, bool)), expected)


def test_kernels_batch_with_vmap():
    """[T, N, G] by vmap over environments and goals is the same as each goal on its own."""
    rng = np.random.default_rng(0)
    hit, v = rng.random((6, 2, 3)) < 0.2, rng.random((6, 2, 3)).astype(np.float32)
    last = rng.random((6, 2)) < 0.2
    discount = np.where(rng.random((6, 2)) < 0.2, 0, GAMMA).astype(np.float32)
    over_goals = jax.vmap(targets.best_hit, in_axes=(1, 1, None, None), out_axes=1)
    batched = jax.jit(jax.vmap(over_goals, in_axes=1, out_axes=1))(hit, v, discount, last)
    assert batched.shape == (6, 2, 3)
    for env in range(2):
        for goal in range(3):
            alone = JITTED_BEST(hit[:, env, goal], v[:, env, goal], discount[:, env], last[:, env])
            np.testing.assert_allclose(batched[:, env, goal], alone)


JITTED_N_STEP = jax.jit(targets.n_step_hit, static_argnums=4)
JITTED_BEST = jax.jit(targets.best_hit)
JITTED_BEST_RETURN = jax.jit(targets.best_return)
