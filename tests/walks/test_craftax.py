"""Walks through Craftax: recorded step by step, kept in small files."""

import dataclasses

import numpy as np
import pytest

from leo_lab import LabError, make
from leo_lab.training.program import begin
from leo_lab.walks.craftax import WorldTrace, load_trace, record

SMALL = {"num_envs": 16, "unroll": 4, "minibatch": 64, "width": 16}
FIELDS = [field.name for field in dataclasses.fields(WorldTrace)]


@pytest.fixture(scope="module")
def run():
    return begin(make("craftax-classic"), steps=64, seed=3, **SMALL)


@pytest.fixture(scope="module")
def walk(run):
    """Nobody has taught this agent anything: its first goals are met by chance."""
    pictures = []

    def frame(state):
        pictures.append(1)
        return np.zeros((4, 6, 3)) + state.player_direction

    trace, frames = record(run, ["block_map/GRASS_left", 65, "inventory/diamond_9"], steps=12, patience=5, frame=frame)
    assert len(pictures) == 1, "the picture is compiled once"
    return trace, frames


def test_a_walk_holds_together(run, walk):
    trace, frames = walk
    env, times = run.env, trace.steps + 1
    assert trace.blocks.shape == trace.things.shape == (times, 7, 9)
    assert trace.v.shape == trace.best.shape == trace.achieved.shape == (times, 136)
    assert len(trace.goal) == len(trace.actions) == trace.steps <= 12
    assert len(frames) == times and frames[0].shape == (4, 6, 3) and frames[0].dtype == np.uint8
    assert [frame[0, 0, 0] - 1 for frame in frames] == trace.direction.tolist()
    assert (trace.best[np.arange(trace.steps), trace.goal] == trace.actions).all(), "greedy for the commanded goal"
    # What the view shows is what is achieved.
    tree = trace.blocks[:, 3, 3] == env.scene.block_names.index("TREE")
    assert (trace.achieved[:, env.goals.index("block_map/TREE_left")] == tree).all()
    assert set(FIELDS) == set(trace.__dict__)


def test_goals_follow_each_other_when_achieved_or_out_of_patience(walk):
    trace, _ = walk
    order = list(dict.fromkeys(trace.goal.tolist()))
    assert order == [64, 65, 44][: len(order)]
    for goal in order[:-1]:
        steps = np.flatnonzero(trace.goal == goal)
        done = trace.achieved[1:][steps, goal]
        assert not done[:-1].any() and (done[-1] or len(steps) == 5)


def test_the_same_seed_is_the_same_walk(run, walk):
    trace, _ = walk
    again = record(run, [64, 65, 44], steps=12, patience=5)
    assert all(np.array_equal(getattr(trace, name), getattr(again, name)) for name in FIELDS)


def test_saved_walks_come_back(walk, tmp_path):
    trace, _ = walk
    path = trace.save(tmp_path / "deep" / "walk.npz")
    back = load_trace(path)
    for name in FIELDS:
        if name != "v":
            assert np.array_equal(getattr(back, name), getattr(trace, name)), name
    assert back.achieved.dtype == bool and back.v.dtype == np.float32
    assert np.abs(back.v - trace.v).max() <= 0.5 / 65535 + 1e-7


def test_first_reached_by_hand(walk):
    trace, _ = walk
    achieved = np.zeros((4, 136), bool)
    achieved[0, 0] = achieved[2:, 1] = achieved[[0, 3], 2] = True
    found = dataclasses.replace(trace, achieved=achieved).first_reached()
    assert found[:4].tolist() == [-1, 2, 3, -1]


@pytest.mark.parametrize("content", [None, b"no", b""])
def test_a_missing_or_damaged_file_is_one_line(content, tmp_path):
    path = tmp_path / "walk.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabError) as error:
        load_trace(path)
    assert "\n" not in str(error.value) and "walk.npz" in str(error.value)


@pytest.mark.parametrize(
    "options", [{"goals": []}, {"goals": ["wod"]}, {"goals": [136]}, {"steps": 0}, {"patience": 0}]
)
def test_impossible_walks_are_one_line(run, options):
    with pytest.raises(LabError) as error:
        record(run, **{"goals": ["inventory/wood_1"], **options})
    assert "\n" not in str(error.value)


def test_a_gridworld_has_no_scenes():
    with pytest.raises(LabError, match="no scenes"):
        record(begin(make("gridworld", map="plain"), **SMALL), [0])
