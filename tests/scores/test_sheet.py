"""One score for every kind of world: it says what its halves say, and refuses what a world has no use for."""

import dataclasses
import json

import numpy as np
import pytest

from homing import Homing, run_of
from leo_lab import LabError, evaluate, make, score
from leo_lab.scores.trials import random_places, try_goals, try_places
from leo_lab.viz.figures.charts import score_figure
from leo_lab.viz.reports import best_and_worst, score_sheet

PLANE = {"map": "S..\n...\n", "spacing": 1, "radius": 0.4, "max_steps": 20, "clock_spread": 5}


@pytest.fixture(scope="module")
def homing():
    """A run that walks straight to its goals in a small point maze."""
    env = make("point_maze", **PLANE)
    learner = Homing(env)
    learner.name = "homing"
    return run_of(env, learner)


def test_where_states_can_be_listed_a_score_is_the_evaluation(trained):
    result, scores = score(trained), evaluate(trained)
    assert result.summary() == {"success": scores.success_all_pairs, **scores.summary()}
    for row, mine in zip(scores.per_goal(), result.per_goal(), strict=True):
        assert mine.pop("group") == "position" and mine.pop("goal") == row.pop("goal")
        assert mine == pytest.approx(row, nan_ok=True)
    assert result.exact.values is trained.values() and result.trials is None
    counted = [row["success"] for row in scores.per_goal() if row["pairs"]]
    assert result.by_group() == pytest.approx({"position": np.mean(counted), "all": np.mean(counted)})
    shares = {row["group"]: (row["goals"], row["success"]) for row in result.group_rows()}
    assert shares == {name: (len(counted), pytest.approx(np.mean(counted))) for name in ("position", "all")}


def test_values_are_scored_in_the_world_that_is_given(trained):
    icy = make("gridworld", map=trained.env.spec["map"], slip=0.3)
    result = score(trained.values(), icy)
    assert result.summary() == {**score(trained, icy).summary()} and icy.title in result.title
    with pytest.raises(LabError, match="needs the environment of these values"):
        score(trained.values())


def test_where_goals_are_places_a_score_is_that_of_trials(homing):
    result = score(homing, tries=3, places=9, seed=2)
    trials = try_goals(homing, tries=3, limit=20, seed=2, floor=True)
    assert (result.trials.hit == trials.hit).all() and result.trials.limit == 20
    np.testing.assert_equal(result.per_goal(), list(trials.per_goal()))
    np.testing.assert_equal(result.group_rows(), trials.group_rows())
    assert result.by_group() == trials.by_group()
    off = try_places(homing, random_places(homing.env, 9, 2), tries=3, limit=20, seed=2, floor=True)
    assert off.hit.shape == (9, 3) and (result.off_lattice.hit == off.hit).all()
    numbers = {**trials.summary(), **{f"{name}_off_lattice": value for name, value in off.summary().items()}}
    assert result.summary().items() >= numbers.items()
    assert result.metrics["success_low"] < 1 == result.metrics["success"] > result.metrics["floor_high"]
    assert set(result.summary()) >= {"success_off_lattice", "steps_off_lattice", "value_mae", "extra_steps"}
    report = json.loads(result.to_json())
    assert (report["env"], report["tries"], report["limit"], report["seed"]) == ("point_maze", 3, 20, 2)


def test_what_a_world_has_no_use_for_is_refused(trained, homing):
    for options, message in (
        ({"tries": 3}, "is scored over all of its states; leave out tries"),
        ({"limit": 3}, "leave out limit"),
        ({"seed": 0}, "leave out seed"),
        ({"places": 3}, "are no places; leave out places"),
    ):
        with pytest.raises(LabError, match=message):
            score(trained, **options)
    with pytest.raises(LabError, match="places must be at least 1, got 0"):
        score(homing, places=0)


def test_every_score_can_be_read_and_drawn(trained, homing):
    tables, trials = score(trained), score(homing, tries=2, places=4)
    assert "over 342 (start, goal) pairs" in score_sheet(tables) and "nan" not in score_sheet(tables)
    sheet = score_sheet(trials)
    assert "2 tries at each goal, of 20 steps at most" in sheet and "against the numerically exact values" in sheet
    low, high, floor = (trials.metrics[name] for name in ("success_low", "success_high", "floor"))
    line = next(line for line in sheet.splitlines() if line.startswith("all "))
    assert line.split() == ["all", "6", "1.000", f"{low:.3f}-{high:.3f}", f"{floor:.3f}"]
    assert f"success 1.0000 ({low:.3f}-{high:.3f}), random actions {floor:.4f} (" in sheet
    assert "95 % interval  floor (random)" in sheet and "goals above their floor" in sheet
    assert "do not count" not in sheet and trials.metrics["masked"] == 0
    some = dataclasses.replace(trials, metrics={**trials.metrics, "masked": 3, "masked_goals": 1})
    assert "3 of 12 tries do not count, where the goal held from the first; of 1 goals none does" in score_sheet(some)
    assert "success of the greedy policy" in str(score_figure(tables).layout.annotations)
    figure = score_figure(trials)
    assert [trace.name for trace in figure.data] == ["right", "place"]
    counted = [row for row in trials.per_goal() if row["tries"]]
    assert figure.data[1].x == pytest.approx([row["value"] for row in counted], rel=1e-3)
    words = "success 100% (34% to 100%), random actions "
    assert sum(words in text for text in figure.data[1].text) == 6


def test_best_and_worst_leave_out_what_does_not_count():
    rows = [
        {"goal": name, "success": success, "steps": steps, "value": 0.5}
        for name, success, steps in (
            ("a", 1.0, 3.0),
            ("b", 1.0, 2.0),
            ("c", float("nan"), 1.0),
            ("d", 0.0, float("nan")),
        )
    ]
    best, worst = best_and_worst(rows)
    assert [cells[0] for cells in best.cells] == ["b", "a"] and [cells[0] for cells in worst.cells] == ["d", "a"]
    assert best_and_worst([rows[2]]) == []
