"""Torso and head: shapes, where values begin, and what keeps learning stable."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from leo_lab.networks.heads import AllGoalsHead, AllGoalsNetwork
from leo_lab.networks.torsos import Code, MLPTorso

FEATURES, WIDTH, GOALS, ACTIONS = 7, 16, 5, 3


def torso_of(features, width, depth, seed):
    """Made in one program: every number that is drawn by itself would be compiled, too."""
    return nnx.jit(lambda: MLPTorso(features, width, depth, rngs=nnx.Rngs(seed)))()


def head_of(width=WIDTH, goals=GOALS, actions=ACTIONS, **options):
    options = {"initial_value": 0.01, **options}
    return nnx.jit(lambda: AllGoalsHead(width, goals, actions, **options, rngs=nnx.Rngs(1)))()


@nnx.jit
def through(module, inputs):
    return module(inputs)


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.asarray(logits)))


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module")
def torso():
    return torso_of(FEATURES, WIDTH, 2, seed=0)


@pytest.fixture(scope="module")
def network(torso):
    return AllGoalsNetwork(torso, head_of())


def test_shapes_with_any_leading_axes(torso, network):
    for leading in ((), (4,), (2, 4)):
        obs = jax.ShapeDtypeStruct((*leading, FEATURES), jnp.float32)
        assert nnx.eval_shape(torso, obs).shape == (*leading, WIDTH)
        assert nnx.eval_shape(network, obs).shape == (*leading, ACTIONS, GOALS)


def test_depth_and_sizes_of_the_layers(torso):
    assert [dense.kernel.shape for dense in torso.dense] == [(FEATURES, WIDTH), (WIDTH, WIDTH)]
    assert [norm.scale.shape for norm in torso.norm] == [(WIDTH,), (WIDTH,)]


def test_a_code_is_what_the_head_reads(torso):
    code = nnx.jit(lambda torso: Code(torso, 4, rngs=nnx.Rngs(2)))(torso)
    obs = normal(9, FEATURES)
    written = np.asarray(through(torso, obs)) @ np.asarray(code.dense.kernel[...])  # biases begin at 0
    scaled = (written - written.mean(axis=1, keepdims=True)) / np.sqrt(written.var(axis=1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(through(code, obs), np.maximum(scaled, 0), rtol=1e-4, atol=1e-5)
    assert nnx.eval_shape(AllGoalsNetwork(code, head_of(4)), obs).shape == (9, ACTIONS, GOALS)


def test_logits_are_ordered_by_action_then_goal(network):
    hidden = normal(WIDTH)
    kernel, bias = np.asarray(network.head.kernel[...]), np.asarray(network.head.bias[...])
    logits = np.asarray(through(network.head, hidden))
    for goal in range(GOALS):
        for action in range(ACTIONS):
            expected = hidden @ kernel[:, action, goal] + bias[action, goal]
            np.testing.assert_allclose(logits[action, goal], expected, rtol=1e-5)


@pytest.mark.parametrize("by_action", [False, True])
def test_layout_of_the_kernel_changes_no_number(network, by_action):
    head = head_of(by_action=by_action)
    assert head.kernel.shape == ((ACTIONS, WIDTH, GOALS) if by_action else (WIDTH, ACTIONS, GOALS))
    obs = normal(2, 8, FEATURES)
    np.testing.assert_allclose(through(AllGoalsNetwork(network.torso, head), obs), through(network, obs), rtol=1e-5)


@pytest.mark.parametrize("by_action", [False, True])
def test_taken_are_the_logits_of_the_actions_taken(torso, by_action):
    head = head_of(by_action=by_action)
    more = np.arange(ACTIONS * GOALS, dtype=np.float32).reshape(ACTIONS, GOALS)
    head.bias[...] = jnp.asarray(np.asarray(head.bias[...]) + more)
    network = AllGoalsNetwork(torso, head)
    obs, action = normal(9, FEATURES), np.array([2, 0, 2, 2, 1, 2, 2, 2, 2])
    taken = nnx.jit(lambda network, obs, action: network.taken(obs, action))
    logits = np.asarray(through(network, obs))
    np.testing.assert_allclose(taken(network, obs, action), logits[np.arange(9), action], rtol=1e-5)


def test_scales_of_the_kernels():
    torso = torso_of(400, 300, 2, seed=0)
    for dense in torso.dense:
        fan_in = dense.kernel.shape[0]
        np.testing.assert_allclose(np.asarray(dense.kernel[...]).std(), np.sqrt(2 / fan_in), rtol=0.02)
    head = head_of(300, 80, 4)
    np.testing.assert_allclose(np.asarray(head.kernel[...]).std(), 0.1 / np.sqrt(300), rtol=0.02)


@pytest.mark.parametrize("initial_value", [0.01, 0.3])
def test_values_begin_at_the_initial_value(torso, initial_value):
    head = head_of(initial_value=initial_value)
    logits = through(head, np.zeros(WIDTH, np.float32))
    np.testing.assert_allclose(sigmoid(logits), initial_value, rtol=1e-5)
    values = sigmoid(through(AllGoalsNetwork(torso, head), np.eye(FEATURES, dtype=np.float32)))
    assert (np.abs(np.log(values / initial_value)) < 0.6).all()  # and nearly so for every observation
    assert values.std() > 0


def test_layer_norm_makes_the_torso_blind_to_scale(torso):
    """Biases begin at 0, so without LayerNorm features would grow with the observation."""
    obs = normal(4, FEATURES)
    np.testing.assert_allclose(through(torso, 100 * obs), through(torso, 10 * obs), rtol=1e-3, atol=1e-4)
    hidden = np.asarray(through(torso, obs))
    assert (hidden >= 0).all()
    assert 0.2 < (hidden > 0).mean() < 0.8
    np.testing.assert_allclose((hidden**2).mean(), 0.5, atol=0.15)  # half of the variance that LayerNorm sets


def test_seeds_fix_the_parameters():
    def kernel(seed):
        return np.asarray(torso_of(FEATURES, WIDTH, 1, seed).dense[0].kernel[...])

    assert (kernel(3) == kernel(3)).all()
    assert (kernel(3) != kernel(4)).any()
