"""What the bench of sizes reports is what training and evaluation say; its speeds are figures, not tests."""

import importlib
import itertools
import json
from types import SimpleNamespace

import numpy as np
import pytest

from leo_lab import LabError, evaluate, make, train
from leo_lab.artefacts.files import to_json
from leo_lab.bench import sizes as module
from leo_lab.bench.sizes import CHUNKS, EXACT, World, bench_sizes, summarise
from leo_lab.viz.figures.sizes import sizes_figure
from leo_lab.viz.reports import sizes_table

SMALL = {"num_envs": 16, "unroll": 8}
FAST, SLOW = "tabular:num_envs=16:unroll=8", "tabular:num_envs=16:unroll=8:step_size=0.1"
STEPS = 24 * 128 - 5


@pytest.fixture(scope="module")
def report():
    return bench_sizes((5, 4), learners=(FAST, SLOW), seeds=2, steps=STEPS)


def curve(*points):
    """Of (seconds, success), 100 steps apart."""
    names = ("env_steps", "seconds", "success")
    return [dict(zip(names, (100 * k, *point), strict=True)) for k, point in enumerate(points, 1)]


def row(size, learner, seed, *points):
    return {"size": size, "states": size**2, "goals": size**2 - 1, "learner": learner, "seed": seed, "curve": points}


# Rows ---------------------------------------------------------------------------------------------------------------


def test_there_is_a_row_for_every_run_and_one_for_the_exact_solver(report):
    found = [(row["size"], row["seed"], row["learner"]) for row in report["rows"]]
    assert found == [
        *((4, 0, FAST), (4, 0, SLOW), (4, 1, FAST), (4, 1, SLOW), (4, None, EXACT)),
        *((5, 0, FAST), (5, 0, SLOW), (5, 1, FAST), (5, 1, SLOW), (5, None, EXACT)),
    ]
    for row in report["rows"]:
        states = make("gridworld", size=row["size"], wall=0.2, seed=0).states
        assert (row["states"], row["goals"]) == (len(states), states.reachable[states.start].sum())
    assert (report["seeds"], report["wall"], report["world_seed"]) == ([0, 1], 0.2, 0) and report["device"]
    assert json.loads(to_json(report)) == report


def test_curves_rise_in_steps_and_seconds(report):
    for row in report["rows"]:
        if row["seed"] is not None:
            steps, seconds, success = (
                [point[name] for point in row["curve"]] for name in ("env_steps", "seconds", "success")
            )
            assert steps == [128 * 3 * k for k in range(1, CHUNKS + 1)]
            assert seconds[0] > 0 and (np.diff(seconds) > 0).all()
            assert 0 <= min(success) <= max(success) <= 1


def test_success_is_that_of_a_run_of_its_own(report):
    env = make("gridworld", size=5, wall=0.2, seed=0)
    run = train(env, "tabular", steps=STEPS, seed=1, chunks=1, **SMALL)
    last = report["rows"][7]
    assert (last["size"], last["seed"], last["learner"]) == (5, 1, FAST)
    assert last["curve"][-1]["success"] == evaluate(run).success_all_pairs


def test_the_exact_solver_succeeds_everywhere_in_no_steps(report):
    for row in report["rows"]:
        if row["seed"] is None:
            (point,) = row["curve"]
            assert (point["env_steps"], point["success"]) == (0, 1) and 0 < point["seconds"] < 10


def test_scoring_and_compiling_do_not_count_as_training(monkeypatch):
    """By a clock that ticks once whenever it is read, and goes on for an hour while a run is scored or compiled."""
    stream, clock = importlib.import_module("leo_lab.training.stream"), itertools.count()
    monkeypatch.setattr(stream, "time", SimpleNamespace(perf_counter=lambda: next(clock)))

    def an_hour(do):
        def slowly(*arguments):
            nonlocal clock
            clock = itertools.count(next(clock) + 3600)
            return do(*arguments)

        return slowly

    monkeypatch.setattr(World, "success", an_hour(World.success))
    monkeypatch.setattr(stream, "compiled", an_hour(stream.compiled))
    (run, _) = bench_sizes((4,), learners=[FAST], seeds=1, steps=STEPS)["rows"]
    assert [point["seconds"] for point in run["curve"]] == list(range(1, CHUNKS + 1))


def test_steps_are_those_that_suit_each_world_unless_told(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "_curve", lambda world, program, seed: asked.append(program.steps) or curve((1, 1)))
    monkeypatch.setattr(module, "_solved", lambda world: curve((1, 1))[0])
    bench_sizes((4, 16), learners=["tabular"], seeds=[7])
    assert asked == [800_000, 790_000 + 400 * len(make("gridworld", size=16, wall=0.2, seed=0).goals)]


# Summary ------------------------------------------------------------------------------------------------------------


def test_the_summary_is_right_on_rows_made_by_hand():
    rows = [
        row(8, "leo", 0, *curve((30, 0.5), (60, 0.99), (80, 0.98))),
        row(8, "leo", 1, *curve((20, 0.5), (40, 0.6), (60, 0.7))),
        row(8, "leo", 2, *curve((35, 0.5), (70, 0.9), (99, 1.0))),
        row(8, EXACT, None, {"env_steps": 0, "seconds": 0.5, "success": 1.0}),
        row(4, "leo", 0, *curve((10, 0.2), (20, 0.4))),
        row(4, "leo", 1, *curve((10, 1.0), (30, 1.0))),
        row(4, EXACT, None, {"env_steps": 0, "seconds": 0.2, "success": 1.0}),
    ]
    large, solved, small, _ = summarise(rows)
    assert large == {
        **{"size": 8, "states": 64, "goals": 63, "learner": "leo", "runs": 3, "env_steps": 300},
        **{"success": 0.98, "success_least": 0.7, "success_most": 1.0},
        **{"seconds": 80, "seconds_least": 60, "seconds_most": 99, "seconds_ratio": 3.2},
        **{"reached": 2, "seconds_to_good": 99, "seconds_to_good_least": 60, "seconds_to_good_most": None},
    }
    assert (small["seconds"], small["seconds_ratio"], small["reached"]) == (25, 1, 1)
    assert (small["seconds_to_good"], small["seconds_to_good_least"]) == (
        None,
        10,
    )  # half of them is not more than half
    assert (solved["learner"], solved["seconds_ratio"], solved["seconds_to_good"], solved["runs"]) == (
        EXACT,
        2.5,
        0.5,
        1,
    )


def test_the_table_shows_every_line_of_the_summary(report):
    lines = str(sizes_table(report)).splitlines()
    assert len(lines) == 3 + len(report["summary"]) == 3 + 6
    assert "seconds to 99%" in lines[1] and "x smallest" in lines[1] and "nan" not in "".join(lines)


# Figure -------------------------------------------------------------------------------------------------------------


def test_the_figure_draws_runs_medians_and_the_solver():
    first, second = curve((10, 0.2), (20, 0.4)), curve((12, 0.6), (40, 1.0))
    solved = [row(size, EXACT, None, {"env_steps": 0, "seconds": 0.5, "success": 1.0}) for size in (4, 8)]
    rows = [
        row(size, name, seed, *points) for size in (4, 8) for name in "ab" for seed, points in ((0, first), (1, second))
    ]
    figure = sizes_figure({"device": "cpu", "rows": [*rows, *solved]})
    legends = {
        which: [t.name for t in figure.data if t.showlegend is not False and t.legend == which]
        for which in (None, "legend2")
    }
    assert legends == {None: ["a", "b", EXACT], "legend2": ["4 x 4, 15 goals", "8 x 8, 63 goals"]}
    *runs, median = [trace for trace in figure.data if trace.name == "a"][:3]
    assert [list(trace.x) for trace in runs] == [[10, 20], [12, 40]] and list(median.x) == [11, 30]
    assert np.allclose(median.y, [0.4, 0.7]) and median.text == (
        "4 x 4, 15 goals, 100 steps",
        "4 x 4, 15 goals, 200 steps",
    )
    marks = [trace for trace in figure.data if trace.name == EXACT]
    assert [list(trace.x) for trace in marks] == [[0.5], [0.5]] and [list(trace.y) for trace in marks] == [[1], [1]]
    lines = {(trace.name, trace.line.dash): trace.line.color for trace in figure.data if trace.name in ("a", "b")}
    assert len(lines) == 4 and len(set(lines.values())) == 2
    assert figure.layout.xaxis.type == "log"


def test_a_single_run_is_drawn_once(report):
    rows = [row for row in report["rows"] if row["seed"] == 0 and row["size"] == 4]
    assert [trace.name for trace in sizes_figure({**report, "rows": rows}).data] == [FAST, SLOW, "4 x 4, 11 goals"]
    with pytest.raises(LabError, match="no rows to draw"):
        sizes_figure({**report, "rows": []})


# What is wrong ------------------------------------------------------------------------------------------------------

WRONG = {
    "learner": ({"learners": ("leo", "lio")}, 'unknown learner "lio"; did you mean "leo"?'),
    "setting": ({"learners": ("leo:widht=3",)}, 'unknown setting of leo "widht"; did you mean "width"?'),
    "what needs continuous actions": ({"learners": ("sac",)}, "which sac has no use for"),
    "settings that do not fit": ({"learners": ("leo:minibatch=1000",)}, "does not divide num_envs x unroll"),
    "size": ({"sizes": (5, 1)}, "the map size must be 2 to 64 cells, got 1"),
    "half a size": ({"sizes": (4.5,)}, "the map size must be a whole number, got 4.5"),
    "nothing to reach": ({"sizes": (2,), "wall": 0.5, "world_seed": 0}, "nothing can be reached from the start"),
    "wall": ({"wall": 1.5}, "the wall probability must be from 0 to below 1, got 1.5"),
    "world": ({"world_seed": -1}, "the map seed must not be negative, got -1"),
    "steps": ({"steps": 0}, "steps must be at least 1, got 0"),
    "no sizes": ({"sizes": ()}, "sizes must name at least one"),
    "no learners": ({"learners": ()}, "learners must name at least one"),
    "no seeds": ({"seeds": 0}, "seeds must name at least one seed"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_before_anything_is_trained(case, monkeypatch):
    options, message = WRONG[case]
    monkeypatch.setattr(module, "_curve", lambda *_: pytest.fail("trained"))
    with pytest.raises(LabError) as caught:
        bench_sizes(**{"sizes": (4,), "steps": STEPS, **options})
    assert message in str(caught.value) and "\n" not in str(caught.value)
