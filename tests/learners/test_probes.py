"""Learners climb the probe worlds: tiny worlds, each of which shows one fault, with exact values."""

import functools

import jax
import numpy as np
import pytest

from leo_lab import train
from leo_lab.learners import resolve
from probes import CERTAIN, GAMMA, LUCKY, Probes

ALL = (*CERTAIN, *LUCKY)

SIZES = {"num_envs": 64, "unroll": 4, "minibatch": 256, "gamma": GAMMA}
EXPLORING = {"epsilon_start": 0.5, "epsilon_end": 0.5}
COMMANDED = {**SIZES, **EXPLORING, "width": 64, "learning_rate": 5e-3, "epochs": 4, "lam": 0.0}
SETTINGS = {
    "leo": (200_000, {**SIZES, **EXPLORING, "width": 32, "learning_rate": 1e-2}),
    "pqn": (400_000, COMMANDED),
    "her": (200_000, COMMANDED),
    "ppo": (400_000, {**SIZES, "width": 64, "learning_rate": 3e-3}),
}
"""Environment steps and settings. Gamma is small, so that a step less is worth a fifth; minutes become seconds."""

NEAR = 0.03  # from the truth
VALUE_OF_THE_POLICY = ("ppo",)  # what they say of other actions is how likely these are


@functools.cache
def climbed(name, rungs):
    """The world, and what a learner knows of its states after training: v [S, G], q [S, G, 2] or None, actions."""
    env = Probes(rungs, continuous=resolve(name).continuous)
    steps, settings = SETTINGS[name]
    run = train(env, name, steps=steps, chunks=1, **settings)
    v, q, action = jax.device_get(
        jax.jit(run.learner.readout)(run.state.learner, np.eye(env.obs_size, dtype=np.float32))
    )
    return env, v, q, (q.argmax(axis=-1) if action is None else (action[..., 0] >= 0).astype(int))


def words(item):
    return item.name.partition(":")[0] if hasattr(item, "name") else {ALL: "all", CERTAIN: "certain"}.get(item, item)


@pytest.mark.parametrize("rung", CERTAIN, ids=words)
@pytest.mark.parametrize("name", SETTINGS)
def test_a_learner_climbs(name, rung):
    env, v, q, best = climbed(name, CERTAIN)
    for (state, goal), expected in rung.expected.items():
        at = env.names.index(state), env.goals.index(f"probe/{goal}")
        assert v[at] == pytest.approx(max(expected), abs=NEAR), (state, goal)
        if q is not None and name not in VALUE_OF_THE_POLICY:
            assert q[at] == pytest.approx(expected, abs=NEAR), (state, goal)
        if expected[0] != expected[1]:
            assert best[at] == np.argmax(expected), (state, goal)


@pytest.mark.parametrize("rungs", [CERTAIN, ALL], ids=words)
def test_the_values_by_hand_are_those_of_value_iteration(rungs):
    env = Probes(rungs)
    assert env.deterministic == (rungs is CERTAIN)
    truth = env.solve()
    for rung in rungs:
        for (state, goal), expected in rung.expected.items():
            assert truth[env.names.index(state), env.goals.index(f"probe/{goal}")] == pytest.approx(expected)
