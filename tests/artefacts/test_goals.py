"""Goal sets: names, groups, look-up, and what does not fit together."""

import numpy as np
import pytest

from leo_lab.artefacts.goals import GoalSet
from leo_lab.errors import LabError

NAMES = ("place/door", "place/key", "thing/key", "thing/lamp", "rest")


def goal_set(names=NAMES, **changes):
    return GoalSet(names, **{"features": np.eye(len(names), 3, dtype=np.float32), **changes})


def test_length_and_groups():
    goals = goal_set()
    assert len(goals) == 5
    assert goals.groups == ("place", "place", "thing", "thing", "rest")
    assert goals.positions is None and goals.observations is None


def test_index_by_full_name_or_by_the_part_after_the_group():
    goals = goal_set()
    assert [goals.index(name) for name in NAMES] == [0, 1, 2, 3, 4]
    assert goals.index("lamp") == 3


def test_select_gives_indices():
    indices = goal_set().select(["thing/key", "door"])
    assert indices.dtype == np.int32
    assert indices.tolist() == [2, 0]
    assert goal_set().select([]).shape == (0,)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("place/dor", 'did you mean "place/door"?'),
        ("lmp", 'did you mean "lamp"?'),
        ("zzz", "known: place/door, place/key, "),
        ("", "known: place/door, "),
    ],
)
def test_an_unknown_goal_names_the_nearest(name, hint):
    with pytest.raises(LabError) as caught:
        goal_set().index(name)
    assert str(caught.value).startswith(f'unknown goal "{name}"; {hint}')


def test_a_short_name_that_two_groups_share_is_refused():
    with pytest.raises(LabError, match=r'did you mean "(place|thing)/key"'):
        goal_set().index("key")


def test_goals_that_do_not_fit_together_are_refused():
    with pytest.raises(LabError, match='"a" occurs 2 times'):
        goal_set(("a", "b", "a"))
    with pytest.raises(LabError, match=r"\[G, F\] with G = 5, got \(4, 3\)"):
        goal_set(features=np.zeros((4, 3), np.float32))
    with pytest.raises(LabError, match=r"got \(5,\)"):
        goal_set(features=np.zeros(5, np.float32))
    with pytest.raises(LabError, match=r"\[5, 2\], got \(2, 5\)"):
        goal_set(positions=np.zeros((2, 5), np.int32))


@pytest.mark.parametrize("number", [-1, 3, 999])
def test_a_number_beyond_the_goals_is_one_line(number):
    goals = GoalSet(("a/1", "a/2", "b/3"), np.eye(3, dtype=np.float32))
    assert goals.select([2, np.int64(0), "a/2"]).tolist() == [2, 0, 1]
    with pytest.raises(LabError, match=f"numbered 0 to 2, got {number}"):
        goals.select([number])


def test_what_being_there_looks_like_is_told_for_every_goal():
    seen = np.zeros((5, 7), np.float32)
    assert goal_set(observations=seen).observations is seen
    for wrong in (seen[:4], seen[0], seen.astype(np.float64)):
        with pytest.raises(LabError, match=r"observations must be float32 \[G, F\] with G = 5, got float"):
            goal_set(observations=wrong)
