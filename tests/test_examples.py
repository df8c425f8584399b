"""The examples run, stay small, and what they add is known everywhere."""

import json
from pathlib import Path

import pytest

import leo_lab
from leo_lab.bench.compare import compare
from leo_lab.learners import registry
from leo_widgets import GoalMap
from modules import module_of

FOLDER = Path(__file__).parents[1] / "examples"
FILES = sorted(FOLDER.glob("*.py"))
STEPS = {"01_own_learner": 400_000, "02_own_world": 150_000}


def example(name):
    return module_of(FOLDER / f"{name}.py")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """What examples write and register is gone afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_registered", dict(registry._registered))


@pytest.fixture(scope="module")
def own():
    """The example's learner, trained."""
    kept = dict(registry._registered)
    run = example("01_own_learner").main(steps=STEPS["01_own_learner"])
    registry._registered.clear()
    registry._registered.update(kept)
    return run


def test_examples_are_numbered_and_small():
    assert [path.stem.partition("_")[0] for path in FILES] == [f"{i:02}" for i in range(1, len(FILES) + 1)]
    assert all(len(path.read_text("utf-8").splitlines()) <= 90 for path in FILES)


def test_a_learner_of_ones_own_learns(own):
    assert leo_lab.evaluate(own).success_all_pairs > 0.95
    assert own.values().q.shape == (68, 68, 4)


def test_it_is_in_comparisons_files_the_command_line_and_widgets(own, tmp_path, call):
    spec = f"{FOLDER / '01_own_learner.py'}:Table"
    compared = compare({"rooms": own.env}, [f"{spec}:rate=0.9:num_envs=16:unroll=8"], seeds=1, steps=1280)
    assert [row["learner"] for row in compared.rows] == [f"{spec}:rate=0.9:num_envs=16:unroll=8"]
    path = leo_lab.save(own, tmp_path / "own")
    again = leo_lab.load(path, learner=type(own.learner))
    assert (again.values().q == own.values().q).all()
    assert len(GoalMap(again.values(), leo_lab.exact_values(own.env)).png()) > 1000
    call("train", "gridworld", "--map", "four_rooms", "--learner", spec, "--out", "run", "--steps", 4096, "--rate", 0.7)
    with pytest.raises(leo_lab.LabError, match="table"):
        leo_lab.load("run")  # nobody has registered it, and no file is executed
    assert leo_lab.load("run", learner=type(own.learner)).config.rate == 0.7


def test_a_world_of_ones_own_is_learnt_and_solved(capsys):
    run = example("02_own_world").main(steps=STEPS["02_own_world"])
    assert "moves from aaa to ccc: 7.0" in capsys.readouterr().out  # 2^3 - 1
    assert leo_lab.evaluate(run).success_all_pairs > 0.95


def test_an_array_is_an_agent():
    scores = example("03_own_agent").main()
    assert 0.1 < scores.success_all_pairs < 0.9  # it runs into walls
    assert Path("own_agent.html").stat().st_size > 50_000


def test_a_widget_of_ones_own_follows_the_goal():
    bars = example("04_own_widget").main()
    before = bars.table()
    bars.goal = 5
    assert bars.table() != before and bars.png().startswith(b"\x89PNG")
    assert "ActionBars" in repr(bars) and "state_index" in bars.state()


def test_a_sweep_scores_every_setting():
    rows = example("05_sweep").main(steps=8192, seeds=2)
    assert len(rows) == 4 and all(row["low"] <= row["success"] <= row["high"] for row in rows)


def test_metrics_go_to_pandas_and_tensorboard():
    frame = example("06_metrics").main(folder="board", steps=40_960)
    assert len(frame) == 10 and {"loss", "goals_seen"} <= set(frame.columns)
    assert list(Path("board").glob("events.*"))
    assert json.loads(frame.to_json())
