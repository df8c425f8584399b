"""Stepping many worlds: clocks, time limits, ends, resets, and the true next observation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs import base, env_entry, env_names, make
from leo_lab.envs.base import States, Worlds, outcomes, reset_worlds, step_worlds
from leo_lab.errors import LabError
from worlds import Dice, Line

LINE = Line(length=4, ends=True, max_steps=6, clock_spread=3)
COPIES = 25


@pytest.fixture(scope="module")
def reset():
    return jax.jit(reset_worlds, static_argnums=(0, 2))


@pytest.fixture(scope="module")
def step():
    return jax.jit(step_worlds, static_argnums=0)


def worlds_at(cells, clocks):
    """Worlds of LINE at these cells and clocks, 25 copies of each."""
    cells, clocks = (jnp.tile(jnp.array(each, jnp.int32), COPIES) for each in (cells, clocks))
    return Worlds({"cell": cells, "path": jnp.zeros((len(cells), 2), jnp.int32)}, clocks)


def cells_of(obs):
    assert (obs.sum(axis=-1) == 1).all()
    return copies(obs.argmax(axis=-1))


def copies(array):
    """What all copies agree on."""
    folded = np.asarray(array).reshape(COPIES, -1, *array.shape[1:])
    assert (folded == folded[0]).all()
    return folded[0].tolist()


def test_outcomes_come_likeliest_first_and_padded():
    transitions = np.array(
        [
            [[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]],
            [[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]],
            [[1.0, 0.0, 0.0], [0.1, 0.9, 0.0]],
        ]
    )
    next_states, chances = outcomes(transitions)
    assert next_states.dtype == np.int32
    assert chances.tolist() == [
        [[1.0, 0.0, 0.0], [0.5, 0.3, 0.2]],
        [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]],
        [[1.0, 0.0, 0.0], [0.9, 0.1, 0.0]],
    ]
    assert next_states[0, 1].tolist() == [2, 1, 0]
    assert next_states[1, 0, :2].tolist() == [0, 2]
    assert next_states[2, 1, :2].tolist() == [1, 0]


def test_outcomes_keep_no_more_columns_than_needed():
    next_states, chances = outcomes(np.eye(3)[[[1], [2], [0]]])
    assert next_states.tolist() == [[[1]], [[2]], [[0]]]
    assert chances.tolist() == [[[1.0]]] * 3


def test_reset_staggers_the_clocks(reset):
    worlds, obs = reset(LINE, jax.random.key(0), 200)
    assert set(worlds.clock.tolist()) == {0, 1, 2}
    assert obs.shape == (200, 4)
    assert worlds.state["path"].shape == (200, 2)


def test_an_ordinary_step_changes_only_the_world(step):
    worlds, transition = step(
        LINE, worlds_at([1, 1, 0, 0], [0, 3, 4, 1]), jnp.tile(jnp.array([0, 1, 0, 1]), COPIES), jax.random.key(0)
    )
    assert cells_of(transition.obs) == cells_of(transition.next_obs) == [0, 2, 0, 1]
    assert copies(worlds.clock) == [1, 4, 5, 2]
    assert not transition.terminated.any()
    assert not transition.truncated.any()
    assert copies(worlds.state["path"]) == [[0, 0], [0, 2], [0, 0], [0, 1]]


def test_ends_are_two_things_and_keep_the_true_next_observation(step):
    # Goes on, is cut by the time limit, ends, and ends at the very time limit.
    worlds, transition = step(
        LINE, worlds_at([1, 1, 2, 2], [4, 5, 2, 5]), jnp.ones(4 * COPIES, jnp.int32), jax.random.key(0)
    )
    assert cells_of(transition.next_obs) == [2, 2, 3, 3]
    assert cells_of(transition.obs) == [2, 0, 0, 0]
    assert copies(transition.terminated) == [False, False, True, True]
    assert copies(transition.truncated) == [False, True, False, False]
    assert copies(worlds.state["cell"]) == [2, 0, 0, 0]
    assert copies(worlds.state["path"]) == [[0, 2], [0, 0], [0, 0], [0, 0]]
    clocks = worlds.clock.reshape(COPIES, 4)
    assert (clocks[:, 0] == 5).all()
    assert set(clocks[:, 1:].ravel().tolist()) == {0, 1, 2}  # fresh episodes are staggered too


def test_steps_and_resets_use_keys_of_their_own(reset, step):
    env = Dice(max_steps=2)
    worlds, first = reset(env, jax.random.key(0), 20)
    worlds, second = step(env, worlds, jnp.zeros(20, jnp.int32), jax.random.key(1))
    worlds, third = step(env, worlds, jnp.zeros(20, jnp.int32), jax.random.key(2))
    assert third.truncated.all()
    thrown = np.concatenate([first, second.next_obs, third.next_obs, third.obs])
    assert len(np.unique(thrown)) == 80
    assert (reset(env, jax.random.key(2), 20)[1] != third.obs).all()  # the step's key is not the reset's


@pytest.mark.parametrize(
    "max_steps, clock_spread, message",
    [
        (50, 50, "max_steps (50) must exceed clock_spread (50), both at least 1"),
        (9, 0, "max_steps (9) must exceed clock_spread (0), both at least 1"),
        (9.5, 1, "max_steps must be a whole number, got 9.5"),
        (9, True, "clock_spread must be a whole number, got True"),
    ],
)
def test_clocks_that_no_episode_can_have(max_steps, clock_spread, message):
    with pytest.raises(LabError) as error:
        base.check_clock(max_steps, clock_spread)
    assert str(error.value) == message
    base.check_clock(2, 1)


# Fresh worlds that are dear -------------------------------------------------------------------------------------------


class Dear(Dice):
    """One fresh world for four environments."""

    reset_ratio = 4


@pytest.mark.parametrize("ended", [[], [2], [1, 6], [0, 3, 5], range(8)])
def test_the_first_to_end_get_different_fresh_worlds(ended):
    """Eight environments have two fresh worlds; both ways of making them give the same."""
    env, key = Dear(), jax.random.key(0)
    mask = jnp.zeros(8, bool).at[jnp.array(list(ended), int)].set(True)
    worlds, obs = reset_worlds(env, jax.random.key(1), 8)
    fresh, fresh_obs = jax.tree.map(np.asarray, base._fresh(env, worlds, obs, mask, key))
    wanted, _ = reset_worlds(env, key, 2)
    for place, index in enumerate(ended):
        assert fresh.state[index] == wanted.state[place % 2] == fresh_obs[index, 0]
        assert fresh.clock[index] == wanted.clock[place % 2]


@pytest.mark.parametrize("needed", [0, 1, 3])
def test_one_by_one_is_all_at_once(needed):
    env, key = Dear(), jax.random.key(0)
    old = reset_worlds(env, jax.random.key(1), 3)
    one, together = (
        jax.tree.map(np.asarray, draw(env, key, jnp.int32(needed), old))
        for draw in (base._one_by_one, base._all_at_once)
    )
    first = [leaf[:needed] for leaf in jax.tree.leaves(one)]
    assert all((a == b[:needed]).all() for a, b in zip(first, jax.tree.leaves(together), strict=True))
    kept = [leaf[needed:] for leaf in jax.tree.leaves(one)]
    assert all((a == np.asarray(b)[needed:]).all() for a, b in zip(kept, jax.tree.leaves(old), strict=True))


# Capabilities ---------------------------------------------------------------------------------------------------------


def test_states_are_told_apart_by_what_they_look_like():
    seen = np.float32([[0, 1, 2], [0, 1, 3], [5, 5, 5], [0, 0, 0]])
    transitions = np.zeros((4, 2, 4))
    transitions[[0, 1, 2, 3], 0, [1, 1, 0, 3]] = transitions[[0, 1, 2, 3], 1, [0, 1, 2, 3]] = 1
    states = States(("a", "b", "c", "d"), transitions, seen)
    assert len(states) == 4 and states.start == 0 and states.positions is states.layout is None
    order = np.array([[2, 0], [3, 1], [1, 1]])
    assert states.index(jnp.asarray(seen[order])).tolist() == order.tolist()
    assert int(states.index(jnp.asarray(seen[2]) + 0.1)) == 2
    assert states.reachable.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize("name", env_names())
def test_what_a_world_is_known_by_before_it_is_built(name):
    """The registry says no more than the world itself does."""
    env, known = make(name), env_entry(name)
    assert env.name == name and env.continuous == known.continuous == (env.places is not None)
    assert (env.scene is not None) == known.presets
    assert sum(each is not None for each in (env.states, env.places, env.scene)) == 1
    looks = env.goals.observations
    assert (looks is not None) == (
        env.states is not None or (env.places is not None and env.places.observe is not None)
    )
    if looks is not None:  # being there achieves the goal
        assert looks.shape == (len(env.goals), env.obs_size)
        assert np.asarray(env.achieved(jnp.asarray(looks))).diagonal().all()
