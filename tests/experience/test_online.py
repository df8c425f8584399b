"""Rollouts: what is credited, commanded, counted and stored, in worlds small enough to follow by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab.envs import make
from leo_lab.envs.base import Worlds, step_worlds
from leo_lab.experience.online import OnlineConfig, OnlineSource, sample_seen
from leo_lab.experience.segment import Choice
from worlds import Dice, Line


def always_right(obs, goal, key):
    return Choice(jnp.ones(len(goal), jnp.int32), obs)


def at_random(obs, goal, key):
    """Ignores the goal; values say which state they belong to."""
    return Choice(jax.random.randint(key, goal.shape, 0, 4), 0.5 * obs)


def rollout(env, choose, num_envs, steps, segments=1, seed=0):
    """Starts N actors and collects segments; returns the actors before and after each, and the segments."""
    start_key, *keys = jax.random.split(jax.random.key(seed), 1 + segments)
    source = OnlineSource(env, OnlineConfig(num_envs=num_envs, unroll=steps))
    advance = jax.jit(lambda actors, key: source.draw(actors, choose, key))
    actors, collected = [jax.jit(source.init)(start_key)], []
    for key in keys:
        after, segment = advance(actors[-1], key)
        actors.append(after)
        collected.append(segment)
    return jax.device_get((actors, collected))


def cells(obs):
    assert (obs.sum(axis=-1) == 1).all()
    return obs.argmax(axis=-1).tolist()


@pytest.fixture(scope="module")
def walk():
    """Two segments of 40 steps of 30 agents that move at random through four rooms, with short episodes."""
    env = make("gridworld", map="four_rooms", max_steps=60, clock_spread=20)
    return env, *rollout(env, at_random, 30, 40, segments=2)


@pytest.fixture(scope="module")
def lucky():
    """Twenty actors in a world of slips and teleporters, and what takes ten steps with them."""
    env = make("gridworld", map="S.A\n#.a\n..a\n", slip=0.3, max_steps=12, clock_spread=2)
    source = OnlineSource(env, OnlineConfig(num_envs=20, unroll=10))
    return jax.jit(source.init)(jax.random.key(0)), jax.jit(lambda actors, key: source.draw(actors, at_random, key))


@pytest.fixture(scope="module")
def march():
    """Two segments of 7 steps of two agents that walk right, in a world that ends in its last cell."""
    return rollout(Line(length=4, ends=True), always_right, 2, 7, segments=2)


def test_a_world_that_ends(march):
    (_, after, _), (segment, _) = march
    for agent in range(2):
        assert cells(segment.obs[:, agent]) == [0, 1, 2, 0, 1, 2, 0]
        assert cells(segment.hit[:, agent]) == [1, 2, 3, 1, 2, 3, 1]  # the end is credited, the reset is not
        assert segment.terminated[:, agent].tolist() == [False, False, True, False, False, True, False]
        assert cells(segment.final_obs)[agent] == 1
    assert not segment.truncated.any()
    assert (segment.cut_obs == 0).all()
    assert (segment.action == 1).all()
    assert after.seen.tolist() == [True] * 4
    assert (after.obs == segment.final_obs).all()


def test_a_time_limit_in_mid_segment():
    env = Line(length=9, max_steps=6)
    _, (first, second) = rollout(env, always_right, 2, 4, segments=2)
    assert not first.truncated.any()
    assert (first.cut_obs == 0).all()
    for agent in range(2):
        assert cells(first.obs[:, agent]) == [0, 1, 2, 3]
        assert cells(second.obs[:, agent]) == [4, 5, 0, 1]
        assert cells(second.hit[:, agent]) == [5, 6, 1, 2]
        assert second.truncated[:, agent].tolist() == [False, True, False, False]
    assert not second.terminated.any()
    assert cells(second.cut_obs) == [6, 6]  # where the limit fell, not where it began again
    assert cells(second.final_obs) == [2, 2]


def test_shapes_and_types(walk):
    env, _, (segment, _) = walk
    goals = len(env.goals)
    assert segment.obs.shape == (40, 30, env.obs_size)
    assert segment.action.shape == segment.goal.shape == (40, 30)
    assert segment.memo.shape == segment.hit.shape == (40, 30, goals)
    assert segment.terminated.shape == segment.truncated.shape == (40, 30)
    assert segment.final_obs.shape == segment.cut_obs.shape == (30, env.obs_size)
    assert segment.hit.dtype == segment.terminated.dtype == segment.truncated.dtype == bool
    assert segment.goal.dtype == np.int32


def test_segments_join_and_follow_the_world(walk):
    env, _, segments = walk
    obs, action, hit, truncated = (
        np.concatenate([getattr(segment, name) for segment in segments])
        for name in ("obs", "action", "hit", "truncated")
    )
    here = obs.argmax(axis=-1)  # [T, N]
    following = np.concatenate([here[1:], segments[-1].final_obs.argmax(axis=-1)[None]])
    true_next = env.states.transitions.argmax(axis=-1)[here, action]
    assert (hit.argmax(axis=-1) == true_next).all()
    assert (hit.sum(axis=-1) == 1).all()
    assert (following == np.where(truncated, env.states.start, true_next)).all()
    assert truncated.any(axis=0).all()  # every agent met its time limit
    for segment in segments:
        for agent in range(30):
            cut = segment.truncated[:, agent]
            assert cut.sum() <= 1
            expected = segment.hit[cut, agent][0] if cut.any() else np.zeros(env.obs_size)
            assert (segment.cut_obs[agent] == expected).all()


def test_time_limits_fall_where_the_clocks_say(walk):
    env, actors, segments = walk
    truncated = np.concatenate([segment.truncated for segment in segments])
    clock = actors[0].worlds.clock
    assert len(set(clock.tolist())) > 5
    first_cut = truncated.argmax(axis=0)
    assert (first_cut == env.max_steps - 1 - clock).all()


def test_values_are_those_of_the_states_acted_in(walk):
    for segment in walk[2]:
        assert (segment.memo == 0.5 * segment.obs).all()


def test_goals_change_when_achieved_or_ended_and_only_to_seen_ones(walk):
    _, actors, segments = walk
    goal, hit, truncated = (
        np.concatenate([getattr(segment, name) for segment in segments]) for name in ("goal", "hit", "truncated")
    )
    following = np.concatenate([goal[1:], actors[-1].goal[None]])
    seen = actors[0].seen.copy()
    assert seen.sum() == 1
    assert seen[goal[0]].all()
    changes = 0
    for t in range(len(goal)):
        seen |= hit[t].any(axis=0)
        renewed = hit[t, np.arange(30), goal[t]] | truncated[t]
        assert (following[t] == goal[t])[~renewed].all()
        assert seen[following[t][renewed]].all()
        changes += (following[t] != goal[t]).sum()
    assert changes > 60
    assert (seen == actors[-1].seen).all()
    for after, segment in zip(actors[1:], segments, strict=True):
        assert (segment.seen == after.seen).all()
    assert 20 < seen.sum() < len(seen)  # so that "only seen ones" says something


@pytest.mark.parametrize("world", ["walk", "march"])
def test_first_goals_are_counted(world, request):
    *_, actors, segments = request.getfixturevalue(world)
    goals, num_envs = len(actors[0].seen), len(actors[0].goal)
    tries, hits = np.zeros(goals, int), np.zeros(goals, int)
    first, won = actors[0].goal.copy(), np.zeros(num_envs, bool)
    commanded = np.concatenate([*(segment.goal for segment in segments), actors[-1].goal[None]])
    time = 0
    for segment in segments:
        for t in range(len(segment.goal)):
            time += 1
            for agent in range(num_envs):
                won[agent] |= segment.hit[t, agent, first[agent]] and segment.goal[t, agent] == first[agent]
                if segment.terminated[t, agent] or segment.truncated[t, agent]:
                    tries[first[agent]] += 1
                    hits[first[agent]] += won[agent]
                    first[agent], won[agent] = commanded[time, agent], False
    assert 0 < hits.sum() < tries.sum()
    assert actors[-1].tries.tolist() == tries.tolist()
    assert actors[-1].hits.tolist() == hits.tolist()
    assert actors[-1].first.tolist() == first.tolist() and actors[-1].won.tolist() == won.tolist()
    assert (actors[0].first == actors[0].goal).all() and not actors[0].won.any()
    assert actors[0].tries.sum() == actors[0].hits.sum() == 0


def test_nothing_counts_before_an_episode_has_ended():
    """Half of the goals are achieved at once and half never are: a hit does not count before the misses of its time."""
    source = OnlineSource(Line(length=4, max_steps=12), OnlineConfig(num_envs=64, unroll=6))
    start = jax.jit(source.init)(jax.random.key(0))
    start = start._replace(goal=jnp.arange(64) % 2, first=jnp.arange(64) % 2, seen=jnp.arange(4) < 2)
    half, segment = jax.jit(lambda actors, key: source.draw(actors, always_right, key))(start, jax.random.key(1))
    assert np.isnan(source.metrics(half, start)["commanded_success"]) and segment.hit[0, :, 1].all()
    whole, _ = jax.jit(lambda actors, key: source.draw(actors, always_right, key))(half, jax.random.key(2))
    assert whole.tries.tolist() == [32, 32, 0, 0] and whole.hits.tolist() == [0, 32, 0, 0]
    assert source.metrics(whole, start)["commanded_success"] == 0.5


def test_commanding_a_goal_never_changes_the_world(lucky):
    actors, advance = lucky
    goal, seen = np.asarray(actors.goal), np.asarray(actors.seen)
    others = actors._replace(goal=(goal + 2) % np.int32(len(seen)), seen=~seen)
    (_, before), (_, after) = (jax.device_get(advance(them, jax.random.key(1))) for them in (actors, others))
    assert (before.goal != after.goal).mean() > 0.5
    for name in ("obs", "action", "hit", "terminated", "truncated", "final_obs", "cut_obs"):
        assert (getattr(before, name) == getattr(after, name)).all()


def test_a_key_fixes_the_segment_and_another_gives_another(lucky):
    actors, advance = lucky
    same, again, other = (jax.device_get(advance(actors, jax.random.key(seed))) for seed in (1, 1, 2))
    for left, right in zip(jax.tree.leaves(same), jax.tree.leaves(again), strict=True):
        assert (left == right).all()
    assert (same[1].obs[1:] != other[1].obs[1:]).any()
    assert (same[1].goal[1:] != other[1].goal[1:]).any()


def test_no_key_is_used_twice():
    """The agent's key would make the world throw other numbers, and choose other goals, than their own keys do."""
    env = Dice(max_steps=9)

    def choose(obs, goal, key):
        action = jnp.zeros(len(goal), jnp.int32)
        _, transition = step_worlds(env, Worlds(obs[:, 0], action), action, key)
        goals = sample_seen(key, jnp.ones(2, bool), len(goal))
        return Choice(action, jnp.stack([transition.next_obs[:, 0], goals.astype(jnp.float32)], axis=-1))

    (start, *_), (first, second) = rollout(env, choose, 16, 8, segments=2)
    assert start.seen.all()
    assert second.truncated.any()
    memos = first.memo[..., :1], second.memo[..., :1]
    throws = [first.obs, second.obs, second.cut_obs[None], second.final_obs[None], *memos]
    thrown = np.concatenate(throws).ravel()
    assert len(np.unique(thrown)) == len(thrown)

    renewed = np.take_along_axis(first.hit, first.goal[..., None], axis=-1)[:-1, :, 0]
    same = first.goal[1:][renewed] == first.memo[:-1][renewed][:, 1]
    assert renewed.sum() > 30
    assert 0.2 < same.mean() < 0.8


def test_start_actors_have_seen_where_they_stand(march):
    (start, *_), _ = march
    assert start.seen.tolist() == [True, False, False, False]
    assert start.goal.tolist() == [0, 0]
    assert start.goal.dtype == np.int32
    assert cells(start.obs) == [0, 0]


@pytest.fixture(scope="module")
def draw():
    """Draws 14,000 of 50 goals."""
    return jax.jit(lambda seen: sample_seen(jax.random.key(0), seen, 14_000))


def test_sample_seen_is_uniform_over_what_was_seen(draw):
    seen = np.zeros(50, bool)
    seen[[0, 3, 4, 17, 30, 48, 49]] = True
    drawn = draw(seen)
    assert drawn.dtype == jnp.int32
    counts = np.bincount(drawn, minlength=50)
    assert counts[~seen].sum() == 0
    expected = 14_000 / 7
    chi_square = ((counts[seen] - expected) ** 2 / expected).sum()
    assert chi_square < 22.5  # six degrees of freedom: one in a thousand


def test_sample_seen_draws_from_all_while_none_is_seen(draw):
    assert len(np.unique(draw(np.zeros(50, bool)))) == 50


def test_sample_seen_with_one_goal(draw):
    assert (draw(np.arange(50) == 7) == 7).all()
