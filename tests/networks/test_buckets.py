"""Buckets against the full product: values and gradients, whatever the actions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leo_lab.networks.buckets import taken_logits, worthwhile

WIDTH, GOALS = 6, 3


def full(hidden, kernel, bias, action):
    logits = jnp.einsum("bh,ahg->bag", hidden, kernel)
    return logits[jnp.arange(len(action)), action] + bias[action]


def draw(batch, actions, leading=()):
    """Drawn by NumPy, as a JAX draw compiles a program for every shape."""
    shapes = ((batch, WIDTH), (actions, WIDTH, GOALS), (actions, GOALS))
    rng = np.random.default_rng([batch, actions])
    return [rng.standard_normal(leading + shape).astype(np.float32) for shape in shapes]


def loss_of(function):
    """A loss in which every logit has another gradient, and the gradient depends on the value."""

    def loss(hidden, kernel, bias, action):
        logits = function(hidden, kernel, bias, action)
        weight = jnp.arange(1.0, logits.size + 1).reshape(logits.shape) / logits.size
        return (weight * jnp.tanh(logits)).sum()

    return loss


def derived(function):
    return jax.value_and_grad(loss_of(function), argnums=(0, 1, 2))


def assert_equal(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)


@jax.jit
def both(*arrays):
    """Values and gradients, through the buckets and by the full product: one program for each shape."""
    return [(function(*arrays), derived(function)(*arrays)) for function in (taken_logits, full)]


def assert_agree(action, actions):
    assert_equal(*both(*draw(len(action), actions), np.asarray(action, np.int32)))


ONE_OF_MANY = [3] * 100  # 100 samples, 5 actions: a bucket has room for 30, so 70 go through the loop


@given(st.lists(st.integers(0, 4), min_size=100, max_size=100))
@example(ONE_OF_MANY)
@example([0] * 50 + [4] * 50)  # two overflow, three are empty
@example([1] * 30 + [2] * 31 + [0] * 39)  # exactly full, one too many, the last one empty
@example([2] * 94 + [1] * 6)  # a full bucket and exactly two full blocks
def test_values_and_gradients_for_any_actions(action):
    assert_agree(action, 5)


@pytest.mark.parametrize("action", [[8, 0, 8], [6], [4, 4, 4, 4]])
def test_fewer_samples_than_actions(action):
    assert_agree(action, 9)


def test_one_action():
    assert_agree([0] * 40, 1)


def test_each_action_uneven_at_many_sizes():
    """Sizes around the edges of buckets and blocks, each with a geometric choice of actions."""
    for batch in (31, 32, 33, 65):  # fewer than actions have a test of their own
        action = np.random.default_rng(batch).geometric(0.5, batch) - 1
        assert_agree(np.minimum(action, 6), 7)


def test_without_jit():
    action = np.asarray(ONE_OF_MANY, np.int32)
    arrays = draw(100, 5)
    assert_equal(taken_logits(*map(jnp.asarray, arrays), jnp.asarray(action)), both(*arrays, action)[1][0])


def test_seeds_on_a_leading_axis_overflow_by_themselves():
    action = np.asarray([ONE_OF_MANY, [0, 1, 2, 3, 4] * 20, [1] * 60 + [4] * 40], np.int32)
    arrays = draw(100, 5, leading=(3,))
    assert_equal(*(jax.jit(jax.vmap(derived(f)))(*arrays, action) for f in (taken_logits, full)))


def test_jit_of_vmap_over_the_actions_alone():
    action = np.asarray([ONE_OF_MANY, [0, 1, 2, 3, 4] * 20], np.int32)
    arrays = draw(100, 5)
    values = [jax.jit(jax.vmap(f, in_axes=(None, None, None, 0)))(*arrays, action) for f in (taken_logits, full)]
    assert_equal(*values)


def test_no_gradient_for_actions_not_taken():
    action = np.asarray([1] * 90 + [3] * 10, np.int32)
    (_, (_, (_, kernel, bias))), _ = both(*draw(100, 5), action)
    for actions, some in (((0, 2, 4), False), ((1, 3), True)):
        for a in actions:
            assert bool((np.asarray(kernel)[a] != 0).any()) is some
            assert bool((np.asarray(bias)[a] != 0).any()) is some


@pytest.mark.parametrize("wrong", [0, 1, 2, 3])
def test_shapes_that_do_not_fit(wrong):
    arrays = [*draw(4, 5), np.zeros(4, np.int32)]
    arrays[wrong] = np.concatenate([arrays[wrong]] * 2)
    with pytest.raises(ValueError, match=r"need hidden \[B, H\], kernel \[A, H, G\]"):
        taken_logits(*arrays)


def test_worthwhile_where_much_is_saved():
    assert worthwhile(batch=512, actions=43, goals=512, width=1024)
    assert worthwhile(batch=64, actions=4, goals=107, width=256)
    assert not worthwhile(batch=512, actions=2, goals=25, width=128)
    assert not worthwhile(batch=4096, actions=1, goals=512, width=1024)  # there is nothing to leave out
