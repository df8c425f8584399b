"""Comparisons of continuous actions report what they trained and tried; scores are figures, not tests."""

import json

import numpy as np
import pytest

from leo_lab import LabError, make
from leo_lab.bench import compare as module
from leo_lab.bench.compare import TRIED, Comparison, compare
from leo_lab.bench.entries import Entry
from leo_lab.cli.app import main
from leo_lab.envs import env_entry
from leo_lab.scores.statistics import interval
from leo_lab.scores.trials import random_places, try_goals, try_places
from leo_lab.training import train
from leo_lab.viz.figures.reports import success_curves
from leo_lab.viz.reports import comparison_tables
from toy_points import LEARNER, MAP, SIZES, STEPS

# What is trained ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def env():
    return make("point_maze", map=MAP, max_steps=60)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("bench") / "runs.jsonl"


@pytest.fixture(scope="module")
def report(env, path):
    return compare({"tiny": env}, [LEARNER], seeds=2, steps=STEPS, path=path)


def test_a_run_is_that_of_train_and_its_scores_are_those_of_trials(report, env):
    run = train(env, "sac_leo", steps=STEPS, seed=1, chunks=1, **SIZES)
    row = report.rows[1]
    trials = try_goals(run, tries=4, limit=60)
    off = try_places(run, random_places(env, 100), tries=4, limit=60)
    assert (row["seed"], row["world"], row["learner"], row["budget"]) == (1, "tiny", LEARNER, f"{STEPS:,} steps")
    assert (row["goals"], row["env_steps"], row["broken"]) == (len(env.goals), STEPS, 0) and row["train_seconds"] > 0
    assert row["success"] == trials.summary()["success"] and row["success_off_lattice"] == off.summary()["success"]
    np.testing.assert_allclose(np.array(row["success_by_goal"], float), trials.success, atol=1e-4)
    steps = np.where(trials.hit, trials.length, np.nan)[trials.counted]
    np.testing.assert_array_equal(np.array(row["steps_by_task"], float), steps)
    assert report.rows[0]["success_by_goal"] != row["success_by_goal"]


def test_a_row_holds_its_curve(report):
    for row in report.rows:
        curve = row["curve"]
        assert len(curve) == 5  # of 20 iterations, cut as evenly as six chunks can be
        assert [point["env_steps"] for point in curve] == [1024 * (k + 1) for k in range(5)]
        assert curve[-1] == {name: row[name] for name in ("env_steps", "train_seconds", "success")}
        assert (np.diff([point["train_seconds"] for point in curve]) >= 0).all()


def test_the_summary_is_that_of_comparisons(report):
    (line,) = report.summary()
    assert (line["learner"], line["world"], line["runs"]) == (LEARNER, "tiny", 2)
    assert report.metrics == TRIED
    for metric in TRIED:
        assert line[metric] == interval([[row[metric] for row in report.in_common]])


def test_runs_that_are_there_are_not_made_again(report, env, path, monkeypatch):
    kept = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert kept == json.loads(json.dumps(list(report.rows)))
    asked = []
    monkeypatch.setattr(module, "_train", lambda job, program, seeds, **_: asked.append(seeds) or iter(()))
    again = compare({"other": env}, [LEARNER], seeds=[1, 0], steps=STEPS, path=path)
    assert [(row["seed"], row["world"]) for row in again.rows] == [(1, "other"), (0, "other")]
    for change in ({"steps": STEPS + 1}, {"tries": 3}, {"places": 9}, {"learners": [f"{LEARNER}:gamma=0.8"]}):
        with pytest.raises(KeyError):  # because nothing came back
            compare(**{"envs": {"tiny": env}, "learners": [LEARNER], "seeds": [0], "steps": STEPS} | change)
    assert asked == [[0], [0], [0], [0]]


def test_a_run_that_breaks_keeps_what_is_there(report, env, tmp_path, monkeypatch):
    def broken(job, program, seeds, **_):
        yield report.rows[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_train", broken)
    with pytest.raises(KeyboardInterrupt):
        compare({"tiny": env}, [LEARNER], seeds=2, steps=STEPS, path=tmp_path / "runs.jsonl")
    (line,) = (tmp_path / "runs.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["success_by_goal"] == report.rows[0]["success_by_goal"]


def test_equal_seconds_are_equal_and_have_a_curve(env):
    (row,) = compare({"tiny": env}, [LEARNER], seeds=1, seconds=2.0, tries=1, places=2).rows
    assert row["train_seconds"] == pytest.approx(2.0, rel=0.03)
    assert 4 <= len(row["curve"]) <= module.POINTS and row["curve"][-1]["train_seconds"] == row["train_seconds"]


def test_every_budget_is_a_run_of_its_own(report, env, monkeypatch):
    monkeypatch.setattr(
        module, "_train", lambda job, program, seeds, **_: ({**report.rows[0], "seed": s} for s in seeds)
    )
    keys = set()
    for budget, title in (({}, "default steps"), ({"seconds": 7}, "7 s"), ({"passes": 9e5}, "900,000 passes")):
        (row,) = compare({"tiny": env}, [LEARNER], seeds=1, **budget).rows
        assert row["budget"] == title
        keys.add(row["key"])
    assert len(keys) == 3


def test_settings_that_suit_the_world_come_before_those_that_are_named():
    own = env_entry("ant").settings
    entry = Entry.parse("sac_leo:gamma=0.5:units=4", own)
    assert entry.label == "sac_leo:gamma=0.5:units=4"
    assert [entry.settings[name] for name in ("gamma", "units", "num_envs")] == [0.5, 4, own["num_envs"]]


WRONG = {
    "learner": ({"learners": ["sak"]}, 'unknown learner "sak"'),
    "setting": ({"learners": ["sac_her:relable=all"]}, 'unknown setting of sac_her "relable"; did you mean "relabel"?'),
    "discrete": ({"learners": ["leo"]}, "continuous actions, which leo has no use for"),
    "no learner": ({"learners": []}, "learners must name at least one"),
    "no world": ({"envs": {}}, "envs must name at least one"),
    "seeds": ({"seeds": 0}, "seeds must name at least one"),
    "steps": ({"steps": 0}, "steps must be at least 1, got 0"),
    "seconds": ({"seconds": 0}, "seconds must be above 0, got 0"),
    "tries": ({"tries": 0}, "tries must be at least 1, got 0"),
    "places": ({"places": 0}, "places must be at least 1, got 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_before_anything_is_trained(case, env, monkeypatch):
    monkeypatch.setattr(module, "_train", lambda *_, **__: pytest.fail("trained"))
    options, message = WRONG[case]
    with pytest.raises(LabError) as caught:
        compare(**{"envs": {"tiny": env}, "learners": [LEARNER], **options})
    assert message in str(caught.value)


# How it is shown ----------------------------------------------------------------------------------------------------


def test_figures_hold_the_numbers(report):
    curves = success_curves(report.rows)
    assert len(curves.data) == 2 and [trace.showlegend for trace in curves.data] == [True, False]
    for trace, row in zip(curves.data, report.rows, strict=True):
        assert trace.y == pytest.approx([point["success"] for point in row["curve"]], rel=1e-3)
        assert trace.x == pytest.approx([point["env_steps"] for point in row["curve"]])
    seconds = success_curves([{**row, "budget": "60 s"} for row in report.rows])
    assert seconds.data[0].x[-1] == pytest.approx(report.rows[0]["train_seconds"], rel=1e-3)
    assert [note.text for note in report.figure().layout.annotations] == list(TRIED.values())
    with pytest.raises(LabError, match="no runs to draw"):
        success_curves([])


COSTS = {"device": "cpu", "jax": "0", "rows": [
    {
        **{"torso": "usual", "goals": 16, "actions": 2, "learner": learner, "extrapolated": False},
        **dict.fromkeys(("ms_per_update", "ms_per_update_least", "ms_per_update_most", "ms_per_iteration"), 2.0),
        **{"ratio_to_single_goal": 1.0, "iteration_ratio_to_single_goal": 1.0, "steps_per_second": 9.0},
        **{"peak_mb": 1.0, "measured_goals": 16},
    }
    for learner in ("sac", "naive")
]}  # fmt: skip


@pytest.fixture
def asked(report, monkeypatch):
    """What the command asks both halves for, which answer with what is there."""
    calls = []

    def answer(what):
        return lambda *args, **options: calls.append((args, options)) or what

    monkeypatch.setattr("leo_lab.bench.cost.bench_cost", answer(COSTS))
    monkeypatch.setattr(module, "compare", answer(report))
    return calls


def test_the_command_asks_for_what_is_said(asked, report, capsys, tmp_path):
    words = ["--worlds", "point_maze,reacher", "--learners", "sac,sac_leo:units=4", "--seeds", "3", "--steps", "1e5"]
    words += ["--goals", "16,64", "--actions", "2", "--repeat", "2", "--tries", "2"]
    out = ["--out", str(tmp_path / "runs.jsonl"), "--figure", str(tmp_path / "deep")]
    assert main(["bench", "continuous", "--json", *words, *out]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["cost"] == COSTS
    assert printed["success"]["rows"] == json.loads(json.dumps(list(report.rows)))
    assert printed["success"]["summary"] == json.loads(json.dumps(report.summary()))
    (cost, grid), ((envs, learners), how) = asked
    assert cost == ("continuous",)
    assert grid == {"goals": (16, 64), "actions": (2,), "repeat": 2, "progress": True}
    assert {name: env.name for name, env in envs.items()} == {"point_maze": "point_maze", "reacher": "reacher"}
    assert learners == ("sac", "sac_leo:units=4") and how["path"] == tmp_path / "runs.jsonl"
    assert (how["seeds"], how["steps"], how["seconds"], how["tries"], how["places"]) == (3, 100_000, None, 2, 100)
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["cost.html", "curves.html", "success.html"]


def test_with_neither_steps_nor_seconds_both_are_compared(asked, capsys):
    assert main(["bench", "continuous", "--only", "success", "--worlds", "point_maze"]) == 0
    assert [(how.get("steps"), how.get("seconds")) for _, how in asked] == [(None, None), (None, 60.0)]


@pytest.mark.parametrize("half", ["cost", "success"])
def test_one_half_for_people(asked, capsys, half):
    assert main(["bench", "continuous", "--only", half, "--worlds", "point_maze", "--steps", "9"]) == 0
    printed = capsys.readouterr().out
    words = {
        "cost": ("ms per update", "x single goal", "naive"),
        "success": (f"{STEPS:,} steps", "success over all goals", "success off the lattice", LEARNER),
    }
    other = "success" if half == "cost" else "cost"
    assert len(asked) == 1
    assert all(word in printed for word in words[half]) and not any(word in printed for word in words[other][:1])


def test_a_line_says_how_many_steps_were_taken(report):
    rows = tuple({**report.rows[0], "env_steps": steps} for steps in (1_000_000, 3_000_000))
    means, *_ = comparison_tables(Comparison(rows).summary(), TRIED)
    assert means.cells[0][-1] == "2.000"
    assert means.headings[:3] == ("world", "learner", "runs")


@pytest.mark.parametrize(
    "words, message",
    [
        ("--worlds point_mase", 'unknown world of places "point_mase"; did you mean "point_maze"?'),
        ("--worlds gridworld", 'unknown world of places "gridworld"'),
        ("--only costs", 'unknown only "costs"; did you mean "cost"?'),
        ("--only success --worlds point_maze --learners sac --steps 0", "steps must be at least 1, got 0"),
        ("--goals 16,many", '"many" is not a whole number'),
        ("--only success --worlds point_maze --learners leo", "continuous actions, which leo has no use for"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, words, message):
    assert main(["bench", "continuous", *words.split()]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_gpu_that_is_not_there_is_missed_first(capsys, monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    assert main(["bench", "continuous", "--only", "success", "--worlds", "ant,ant_umaze", "--device", "gpu"]) == 2
    assert "asked for a GPU but JAX runs on cpu" in capsys.readouterr().err
