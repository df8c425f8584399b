"""CLEO: what its network computes, where its values begin, and which settings it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from leo_lab import make
from leo_lab.errors import LabError
from leo_lab.learners import configure
from leo_lab.networks.heads import GoalQueryNetwork
from leo_lab.networks.torsos import MLPTorso
from small import BRIEF, MAP, make_learner

FEATURES, WIDTH, GOALS, ACTIONS, TOKENS, HEADS, SIZE = 7, 16, 5, 3, 2, 2, 4


@pytest.fixture(scope="module")
def network():
    torso = MLPTorso(FEATURES, WIDTH, 1, rngs=nnx.Rngs(0))
    return GoalQueryNetwork(torso, GOALS, ACTIONS, (TOKENS, HEADS, SIZE), initial_value=0.03, rngs=nnx.Rngs(1))


def test_each_goal_reads_the_tokens_by_attention(network):
    obs = jax.random.normal(jax.random.key(0), (4, FEATURES))
    logits = np.asarray(network(obs))
    assert logits.shape == (4, ACTIONS, GOALS)
    hidden = network.torso(obs)
    key, value = np.asarray(network.key(hidden)), np.asarray(network.value(hidden))  # [B, tokens, heads, size]
    query = np.asarray(network.query[...])
    for b in range(4):
        for goal in range(GOALS):
            read = np.array(query[goal])
            for head in range(HEADS):
                weights = jax.nn.softmax(key[b, :, head] @ query[goal, head] / np.sqrt(SIZE))
                read[head] += np.asarray(weights) @ value[b, :, head]
            scaled = (read.ravel() - read.mean()) / np.sqrt(read.var() + 1e-6)
            kernel, bias = np.asarray(network.head.kernel[...])[..., 0], np.asarray(network.head.bias[...])[:, 0]
            expected = np.maximum(scaled, 0) @ kernel + bias
            np.testing.assert_allclose(logits[b, :, goal], expected, rtol=1e-4, atol=1e-5)


def test_values_begin_low_and_differ_between_goals():
    learner = make_learner("cleo", make("gridworld", map=MAP), 1, **BRIEF)
    state = learner.init(jax.random.key(0))
    q = np.asarray(jax.jit(learner.readout)(state, jnp.asarray(learner.env.states.observations)).q)
    assert q.shape == (21, 21, 4) and q.min() > 0.01 and q.max() < 0.09
    assert np.ptp(q, axis=1).min() > 0


def test_it_never_trains_in_buckets():
    with pytest.raises(LabError, match='passes "buckets" needs a layer for each action'):
        configure("cleo", {"passes": "buckets"})


def test_it_has_no_code():
    with pytest.raises(LabError, match="code is for the head of LEO"):
        configure("cleo", {"code": 64})


@pytest.mark.parametrize("name", ["tokens", "heads", "head_width"])
def test_sizes_are_at_least_one(name):
    with pytest.raises(LabError, match=f"{name} must be at least 1, got 0"):
        configure("cleo", {name: 0})
