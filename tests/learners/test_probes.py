"""Every registered learner climbs the probe worlds: tiny worlds, each of which shows one fault, with exact values."""

import functools

import jax
import numpy as np
import pytest

from leo_lab import train
from leo_lab.learners import learner_names, resolve
from probes import CERTAIN, GAMMA, LUCKY, Probes

ALL = (*CERTAIN, *LUCKY)

SIZES = {"num_envs": 64, "unroll": 4, "minibatch": 256, "width": 64, "gamma": GAMMA}
EXPLORING = {"epsilon_start": 0.5, "epsilon_end": 0.5}
COMMANDED = {**SIZES, **EXPLORING, "learning_rate": 5e-3, "epochs": 4, "lam": 0.0}
SAC = {"num_envs": 32, "unroll": 4, "width": 32, "gamma": GAMMA, "minibatch": 64, "updates": 8, "random_steps": 2000}
SAC |= {"replay": 20_000, "temperature": 0.05, "entropy": 0.0}
SETTINGS = {
    "leo": (100_000, {**SIZES, **EXPLORING, "learning_rate": 1e-2}),
    "cleo": (100_000, {**SIZES, **EXPLORING, "learning_rate": 5e-3, "tokens": 4, "heads": 2, "head_width": 16}),
    "pqn": (200_000, COMMANDED),
    "her": (100_000, COMMANDED),
    "ppo": (250_000, {**SIZES, "learning_rate": 3e-3}),
    "dual_leo": (200_000, {**SIZES, **EXPLORING, "learning_rate": 5e-3, "lam": 0.0, "student_epochs": 4}),
    "dual_leo_ppo": (250_000, {**SIZES, **EXPLORING, "learning_rate": 5e-3, "student_minibatch": 256}),
    "sac": (100_000, SAC),
    "sac_her": (100_000, SAC),
    "sac_leo": (60_000, {**SAC, "units": 8, "code": 32}),
}
"""Environment steps and settings. Gamma is small, so that a step less is worth a fifth; minutes become seconds."""

NEAR = 0.03  # from the truth
VALUE_OF_THE_POLICY = ("ppo", "dual_leo_ppo")  # what they say of other actions is how likely these are


@functools.cache
def climbed(name, rungs):
    """The world, and what a learner knows of its states after training: v [S, G], q [S, G, 2] or None, actions."""
    env = Probes(rungs, continuous=resolve(name).continuous)
    steps, settings = SETTINGS[name]
    if env.continuous and not env.deterministic:
        settings = {**settings, "target": "one_step"}  # the return obtained would be luck
    run = train(env, name, steps=steps, chunks=1, **settings)
    v, q, action = jax.device_get(
        jax.jit(run.learner.readout)(run.state.learner, np.eye(env.obs_size, dtype=np.float32))
    )
    return env, v, q, (q.argmax(axis=-1) if action is None else (action[..., 0] >= 0).astype(int))


def climbs():
    """Every learner on all rungs; those whose targets are others where the world is certain also in such a world."""
    for name in learner_names():
        yield from ((name, ALL, rung) for rung in ALL)
        if name in ("leo", "sac_leo"):
            yield from ((name, CERTAIN, rung) for rung in CERTAIN)


def words(item):
    return item.name.partition(":")[0] if hasattr(item, "name") else {ALL: "all", CERTAIN: "certain"}.get(item, item)


@pytest.mark.parametrize("name, rungs, rung", list(climbs()), ids=words)
def test_a_learner_climbs(name, rungs, rung):
    env, v, q, best = climbed(name, rungs)
    for (state, goal), expected in rung.expected.items():
        at = env.names.index(state), env.goals.index(f"probe/{goal}")
        assert v[at] == pytest.approx(max(expected), abs=NEAR), (state, goal)
        if q is not None and name not in VALUE_OF_THE_POLICY:
            assert q[at] == pytest.approx(expected, abs=NEAR), (state, goal)
        if expected[0] != expected[1]:
            assert best[at] == np.argmax(expected), (state, goal)


def test_every_learner_has_settings_here():
    assert set(learner_names()) == set(SETTINGS)


@pytest.mark.parametrize("rungs", [CERTAIN, ALL], ids=words)
def test_the_values_by_hand_are_those_of_value_iteration(rungs):
    env = Probes(rungs)
    assert env.deterministic == (rungs is CERTAIN)
    truth = env.solve()
    for rung in rungs:
        for (state, goal), expected in rung.expected.items():
            assert truth[env.names.index(state), env.goals.index(f"probe/{goal}")] == pytest.approx(expected)
