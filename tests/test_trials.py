"""Tries at goals, held against the exact success of the same policy."""

import numpy as np
import pytest

from leo_lab import LabError, evaluate
from leo_lab.trials import Trials, try_goals

TABLE = Trials(
    goal_names=("near/a", "near/b", "far/c"),
    hit=np.array([[True, True], [True, False], [False, False]]),
    length=np.array([[1, 3], [2, 9], [9, 9]]),
    v=np.array([[0.9, 0.9], [0.5, 0.5], [0.1, 0.1]]),
    gamma=0.5,
    limit=9,
)


def test_success_returns_and_groups_by_hand():
    assert TABLE.success.tolist() == [1.0, 0.5, 0.0]
    assert TABLE.returns.tolist() == [[1.0, 0.25], [0.5, 0.0], [0.0, 0.0]]
    assert TABLE.by_group() == {"near": 0.75, "far": 0.0, "all": 0.5}


def test_tries_agree_with_exact_evaluation(trained):
    """No luck in this world: each goal is achieved in all tries or in none, in as many steps as evaluated."""
    scores, env = evaluate(trained), trained.env
    trials = try_goals(trained, tries=3, limit=env.max_steps, batch=16)
    counts = scores.pairs[env.start]
    assert counts.sum() > 10
    assert (trials.success[counts] == scores.success[env.start, counts]).all()
    assert (trials.length[counts] == scores.length[env.start, counts, None]).all()
    assert (trials.v == trials.v[:, :1]).all()
    assert np.allclose(trials.v[:, 0], trained.values().v[env.start], atol=1e-6)
    assert not trials.hit[~env.reachable[env.start]].any()
    assert (trials.length[~env.reachable[env.start]] == env.max_steps).all()


def test_some_goals_in_their_own_order(trained):
    names = trained.env.goals.names
    trials = try_goals(trained, [names[7], 2], tries=2, limit=30)
    assert trials.goal_names == (names[7], names[2])
    assert trials.hit.shape == trials.length.shape == trials.v.shape == (2, 2)


@pytest.mark.parametrize(
    "options", [{"tries": 0}, {"limit": 0}, {"batch": 1.5}, {"goals": []}, {"goals": ["nowhere"]}, {"goals": [999]}]
)
def test_impossible_tries_are_one_line(trained, options):
    with pytest.raises(LabError) as error:
        try_goals(trained, **options)
    assert "\n" not in str(error.value)
