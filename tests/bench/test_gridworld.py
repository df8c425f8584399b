"""The bench: what it reports is what training and evaluation say; its speeds are figures, not tests."""

import numpy as np
import pytest

from leo_lab import LabError, evaluate, make, train
from leo_lab.bench.compare import METRICS
from leo_lab.bench.gridworld import SHOWN, bench_gridworld, figure
from small import BRIEF, HASTY, STEPS_13


@pytest.fixture(scope="module")
def report():
    return bench_gridworld(make("gridworld", **HASTY), steps=STEPS_13, seeds=3, **BRIEF)


def test_each_seed_is_scored_as_a_run_of_its_own(report):
    assert [row["seed"] for row in report["per_seed"]] == [0, 1, 2]
    run = train(make("gridworld", **HASTY), steps=STEPS_13, seed=1, chunks=1, **BRIEF)
    scores = evaluate(run).summary()
    assert {name: report["per_seed"][1][name] for name in scores} == scores


def test_the_report_holds_medians_over_the_seeds(report):
    names = set(report["per_seed"][0]) - {"seed"}
    assert names == {
        *("success_all_pairs", "success_from_start", "value_mae", "steps_error_median"),
        *("optimal_actions", "unreachable_max", "train_seconds"),
    }
    for name in names:
        assert report[name] == np.median([row[name] for row in report["per_seed"]]), name
    assert len({row["value_mae"] for row in report["per_seed"]}) == 3


def test_the_report_says_what_was_measured(report):
    assert (report["seeds"], report["env_steps"], report["goals"], report["world"]) == (3, 13 * 128, 19, "map")
    assert report["compile_seconds"] > 0 and report["train_seconds"] > 0
    assert report["device"] and "seeds_cost_ratio" not in report


def test_the_figure_shows_the_seeds(report):
    drawn = figure(report)
    assert [note.text for note in drawn.layout.annotations] == [METRICS[name] for name in SHOWN]
    assert drawn.data[2].x[0] == pytest.approx(np.mean([row["value_mae"] for row in report["per_seed"]]), rel=1e-3)


def test_seeds_together_are_put_in_relation_to_one():
    report = bench_gridworld(make("gridworld", **HASTY), steps=STEPS_13, seeds=1, together=2, **BRIEF)
    assert report["seeds_together"] == 2
    assert 0.1 < report["seeds_cost_ratio"] < 100
    assert 0.1 < report["seeds_cost_ratio_with_compilation"] < 100


@pytest.mark.parametrize("options", [{"seeds": 0}, {"together": -1}])
def test_no_seeds_are_refused(options):
    with pytest.raises(LabError, match="seeds must be at least 1 and together at least 0"):
        bench_gridworld(make("gridworld", **HASTY), **options)
