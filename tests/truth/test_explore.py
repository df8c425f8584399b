"""Exploring with a table: what is commanded, what is learnt, what is refused."""

import numpy as np
import pytest

from leo_lab import LabError, exact_values, make
from leo_lab.truth.explore import Live, explore

CORRIDOR = "S.....\n"


def uniform(live: Live) -> np.ndarray:
    return live.seen / live.seen.sum(axis=1, keepdims=True)


def test_it_learns_every_goal_and_never_believes_too_much():
    env = make("gridworld", map="four_rooms")
    done, exact = explore(env, uniform, episodes=40, runs=3), exact_values(env)
    assert (done.q <= exact.q + 1e-6).all()
    assert np.isclose(done.q[:, env.states.start].max(axis=-1), exact.v[env.states.start], atol=1e-6).mean() > 0.8
    assert [record["env_steps"] for record in done.records] == list(range(400, 4001, 400))
    assert done.records[-1]["goals_seen"] == done.live.seen.sum(axis=1).mean()
    assert (done.live.visits.sum(axis=1) == 4000).all()


def test_it_commands_what_the_sampler_says():
    env = make("gridworld", map=CORRIDOR)
    only = explore(env, lambda live: np.eye(6)[np.full(2, 3)], episodes=5, length=20, runs=2)
    assert (only.live.tries[:, [0, 1, 2, 4, 5]] == 0).all()
    assert (only.live.tries[:, 3] >= 5).all() and (only.live.wins <= only.live.tries).all()


def test_only_goals_that_were_seen_are_commanded_by_a_sampler_of_those():
    env, wrong = make("gridworld", map="maze"), []

    def watch(live):
        wrong.append((live.tries[~live.seen] > 0).any())
        return uniform(live)

    explore(env, watch, episodes=5, runs=3)
    assert wrong and not any(wrong)


def test_success_counts_one_win_and_one_loss_more():
    counts = np.array([[0, 2, 8]])
    live = Live(counts > 0, counts, counts, np.array([[0, 2, 0]]))
    assert live.success.tolist() == [[0.5, 0.75, 0.1]]


def test_the_seed_fixes_everything():
    env = make("gridworld", map=CORRIDOR)
    first, same, other = (explore(env, uniform, episodes=3, length=20, runs=2, seed=seed).q for seed in (0, 0, 1))
    assert (first == same).all() and (first != other).any()


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (lambda live: live.seen * 0.5, "sum to 1"),
        (lambda live: np.ones(6) / 6, r"\[2, 6\]"),
        (lambda live: np.eye(6)[[0, 0]] * 2 - np.eye(6)[[1, 1]], "at least 0"),
    ],
)
def test_probabilities_that_are_none_are_refused(sample, words):
    with pytest.raises(LabError, match=words):
        explore(make("gridworld", map=CORRIDOR), sample, episodes=1, runs=2)


def test_a_world_with_luck_is_refused():
    with pytest.raises(LabError, match="without luck"):
        explore(make("gridworld", map="slippery"), uniform)
