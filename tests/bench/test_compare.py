"""Comparisons: what is trained, how scores are put together, what is not done twice."""

import dataclasses
import json

import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import LabError, evaluate, exact_values, make, train
from leo_lab.artefacts.files import to_json
from leo_lab.bench.compare import METRICS, Comparison, compare
from leo_lab.bench.entries import Budget, Entry, Job
from leo_lab.bench.tune import tuned
from leo_lab.cli.app import main
from leo_lab.scores.evaluation import by_difficulty
from leo_lab.scores.statistics import ALL_WORLDS
from leo_lab.viz.reports import comparison_tables
from small import BRIEF, HASTY, STEPS_13
from worlds import Line

SMALL = "".join(f":{name}={value}" for name, value in BRIEF.items())
LEO = f"leo{SMALL}"


@pytest.fixture(scope="module")
def world():
    return make("gridworld", **HASTY)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("compared") / "deep" / "runs.jsonl"


@pytest.fixture(scope="module")
def comparison(world, path):
    return compare({"small": world}, [LEO], seeds=2, steps=STEPS_13, path=path)


def rows(**scores):
    """Runs with these scores, by "learner on world"; every metric has the same."""
    return tuple(
        {"learner": name.split("_on_")[0], "world": name.split("_on_")[1], "seed": seed, "budget": "9 steps"}
        | {"env_steps": 9, "steps_by_task": [score]}
        | dict.fromkeys(METRICS, score)
        for name, each in scores.items()
        for seed, score in enumerate(each)
    )


# Scores ------------------------------------------------------------------------------------------------------------


def test_summary_by_learner_and_world_and_over_worlds():
    scores = rows(leo_on_a=[0, 2, 4, 6], leo_on_b=[10, 10, 10, 10], pqn_on_a=[1, 1, 1, 1], pqn_on_b=[3, 3, 3, 3])
    summary = Comparison(scores).summary()
    assert [(row["learner"], row["world"], row["runs"]) for row in summary] == [
        (learner, place, runs) for learner in ("leo", "pqn") for place, runs in (("a", 4), ("b", 4), (ALL_WORLDS, 8))
    ]
    means = [row["value_mae"]["iqm"] for row in summary]
    assert means == [3, 10, 7.5, 1, 3, 2]  # (4 + 6 + 10 + 10) / 4
    assert summary[2]["success_hard"]["low"] < 7.5 < summary[2]["success_hard"]["high"] <= 10
    assert [row["world"] for row in Comparison(rows(leo_on_a=[1])).summary()] == ["a"]


def test_easy_and_hard_are_halves_by_exact_steps(world):
    """With a success of 1/steps, the mean over each half says which pairs are in it."""
    scores = evaluate(exact_values(world), world)
    steps, start = scores.exact.steps(), scores.exact.start
    parts = by_difficulty(dataclasses.replace(scores, success=1 / np.maximum(steps, 1)))
    for suffix, pairs in (("", np.arange(len(steps))[:, None] == start), ("_pairs", True)):
        counted = np.sort(steps[scores.pairs & pairs])
        easy = counted <= np.median(counted)
        assert 0.5 <= easy.mean() < 0.6
        assert parts[f"success_easy{suffix}"] == pytest.approx((1 / counted[easy]).mean())
        assert parts[f"success_hard{suffix}"] == pytest.approx((1 / counted[~easy]).mean())


def test_where_nothing_counts_there_is_nothing_easy_and_nothing_hard(world):
    scores = evaluate(exact_values(world), world)
    assert all(
        np.isnan(part) for part in by_difficulty(dataclasses.replace(scores, pairs=scores.pairs & False)).values()
    )


def test_steps_are_compared_on_what_all_runs_solved():
    """The swift one only reaches what is near; by the mean over its own successes it would win."""
    nan = float("nan")
    tasks = {"swift": ([1, 2, nan, nan], [1, nan, nan, nan]), "able": ([1, 2, 9, 8], [3, 2, 9, nan])}
    scores = tuple(
        {**row, "steps_by_task": tasks[row["learner"]][row["seed"]]}
        for row in rows(swift_on_a=[0, 0], able_on_a=[1, 1])
    )
    result = Comparison((*scores, *rows(swift_on_b=[5], able_on_b=[7])))
    assert [row["steps_to_goal"] for row in result.in_common] == [1, 1, 1, 3, 5, 7]
    lines = {(line["learner"], line["world"]): line for line in result.summary()}
    assert [lines["swift", world]["common"] for world in ("a", "b", ALL_WORLDS)] == [1, 1, 2]
    assert [lines["able", world]["tasks"] for world in ("a", "b", ALL_WORLDS)] == [4, 1, 5]
    nobody = Comparison(tuple({**row, "steps_by_task": [nan]} for row in rows(leo_on_a=[0.5]))).in_common
    assert np.isnan(nobody[0]["steps_to_goal"]) and nobody[0]["common"] == 0


def test_the_table_says_how_many_tasks_are_compared_and_how_learners_were_tuned():
    result = Comparison(rows(leo_on_a=[0.5], pqn_on_a=[0.25]))
    means, _, arms = comparison_tables(result.summary(), result.metrics)
    assert means.cells[0][means.headings.index("in common")] == "1 of 1"
    assert [row[0] for row in arms.cells] == ["leo", "pqn"] and arms.cells[0][1] == tuned("leo")


# Runs ---------------------------------------------------------------------------------------------------------------


def test_a_run_is_that_of_train_and_its_scores_are_those_of_evaluate(comparison, world):
    run = train(world, steps=STEPS_13, seed=1, chunks=1, **BRIEF)
    scores = evaluate(run)
    true = scores.summary() | by_difficulty(scores)
    row = comparison.rows[1]
    assert {name: row[name] for name in METRICS if name in true} == {
        name: true[name] for name in METRICS if name in true
    }
    assert set(METRICS) - set(true) == {"steps_to_goal"}
    start = scores.exact.start
    goals, won = scores.pairs[start], scores.success[start] > 0.999
    steps = np.where(won, scores.length[start], np.nan)[goals]
    np.testing.assert_allclose(np.array(row["steps_by_task"], float), steps, atol=1e-3)
    assert row["gradient_passes"] == run.iteration * run.learner.passes
    assert (row["learner"], row["world"], row["seed"], row["budget"]) == (LEO, "small", 1, f"{STEPS_13:,} steps")
    assert (row["env_steps"], row["goals"]) == (run.env_steps, 18) and row["train_seconds"] > 0
    assert len(comparison.rows) == 2


def test_runs_that_are_there_are_not_made_again(comparison, world, path, monkeypatch):
    asked = []

    def once(program, seeds, by="auto"):
        asked.append(seeds)
        return ()

    monkeypatch.setattr("leo_lab.bench.entries.run_seeds", once)
    again = compare({"other name": world}, [LEO], seeds=[1, 0], steps=STEPS_13, path=path)
    assert asked == []
    assert [row["seed"] for row in again.rows] == [1, 0]
    assert again.rows[0] == {**comparison.rows[1], "world": "other name"}
    for change in ({"seeds": [2, 0]}, {"steps": STEPS_13 + 1}, {"learners": [f"{LEO}:gamma=0.9"]}):
        with pytest.raises(KeyError):  # because nothing came back
            compare(
                **{"envs": {"small": world}, "learners": [LEO], "seeds": [0], "steps": STEPS_13, "path": path} | change
            )
    assert asked == [[2], [0], [0]]


def test_the_file_holds_every_run_of_all_comparisons(comparison, path, tmp_path):
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert lines == list(comparison.rows)
    nothing = Comparison(rows(leo_on_a=[float("nan")])).to_jsonl(tmp_path / "n.jsonl")
    assert json.loads(nothing.read_text())["value_mae"] is None
    assert Comparison.read(path).rows == comparison.rows
    with pytest.raises(LabError, match="no such file; leo-lab compare"):
        Comparison.read(tmp_path / "none.jsonl")


def test_equal_seconds_are_equal(world):
    """Measured on the way, so that no plan can be wrong, whoever is slower."""
    slow = f"{LEO}:width=256"
    result = compare([world], [LEO, slow], seeds=[3, 4], seconds=1.5)
    assert [(row["seed"], row["budget"], row["world"]) for row in result.rows] == 2 * [
        (3, "1.5 s", "map"),
        (4, "1.5 s", "map"),
    ]
    for row in result.rows:
        assert row["train_seconds"] == pytest.approx(1.5, rel=0.03)
    assert result.rows[0]["value_mae"] != result.rows[1]["value_mae"]
    quick, slow = (sum(row["env_steps"] for row in result.rows if row["learner"] == label) for label in (LEO, slow))
    assert quick > slow


def test_equal_passes_are_equal_and_unless_told_those_of_the_first(world, tmp_path):
    arms = [f"pqn{SMALL}:epochs=1", f"her{SMALL}:epochs=1:relabel=random:relabels=3", f"pqn{SMALL}:epochs=2"]
    result = compare({"small": world}, arms, seeds=1, budget=["steps", "passes"], steps=8 * 128)
    by_budget = {
        title: [row for row in result.rows if row["budget"] == title] for title in ("1,024 steps", "default passes")
    }
    assert [row["env_steps"] for row in by_budget["1,024 steps"]] == [1024] * 3
    assert [row["gradient_passes"] for row in by_budget["1,024 steps"]] == [1024, 4096, 2048]
    assert [row["gradient_passes"] for row in by_budget["default passes"]] == [1024] * 3
    assert [row["env_steps"] for row in by_budget["default passes"]] == [1024, 256, 512]
    (first, *_), (again, *_) = by_budget.values()
    assert first["value_mae"] == again["value_mae"] and first["key"] == again["key"]  # the same run, made once
    assert Comparison.read(result.to_jsonl(tmp_path / "runs.jsonl")).rows == result.rows  # and yet in both budgets


PASSES = {  # of an iteration of 128 steps, with two epochs where nothing else is said
    "leo": (f"leo{SMALL}:epochs=2:passes=batch", 256),
    "the shortcut": (f"leo{SMALL}:epochs=2:passes=table", 4 * 21),
    "pqn": (f"pqn{SMALL}", 256),
    "her": (f"her{SMALL}:relabel=random", 3 * 256),
    "her, four": (f"her{SMALL}:relabel=random:relabels=4", 5 * 256),
    "all": (f"her{SMALL}:relabel=all", 21 * 256),
    "dual": (f"dual_leo{SMALL}:passes=batch", 128 + 256),
}


@pytest.mark.parametrize("case", PASSES)
def test_gradient_passes_are_rows_that_go_through_the_network(case, world):
    text, expected = PASSES[case]
    learner = Entry.parse(text).program(world, 128).learner
    assert (len(world.goals), len(world.states)) == (21, 21)
    assert learner.passes == expected


def test_what_is_computed_decides_whether_a_run_is_made_again(world, monkeypatch):
    """Not what it is called; and whatever changes a result changes the key, wherever it stands."""

    def key(text, seed=0, steps=9, env=world):
        budget = Budget("steps", steps)
        job = Job("a", env, Entry.parse(text), budget, budget.title)
        return job.keys(job.program(), [seed])[seed]

    same = key(LEO)
    assert same == key(f"{LEO}:n_step=5:target=auto")  # which the target does not use, or is anyway
    assert same == key(f"{LEO}:passes=table") and same != key(f"{LEO}:passes=batch")
    assert len({same, key(LEO, 1), key(LEO, steps=200), key(f"{LEO}:gamma=0.9")}) == 4
    other = make("gridworld", **{**HASTY, "map": HASTY["map"].replace(".....#", "....##")})
    assert same != key(LEO, env=other)
    with monkeypatch.context() as patch:
        patch.setattr(
            "leo_lab.learners.targets.one_step_hit", lambda hit, v, discount: jnp.where(hit, 0.9, discount * v)
        )
        assert same != key(LEO)
    with monkeypatch.context() as patch:
        patch.setattr("leo_lab.experience.online.sample_seen", lambda key, seen, count: jnp.zeros(count, jnp.int32))
        assert same != key(LEO)
    assert same == key(LEO)


def test_learners_have_settings_of_their_own():
    entry = Entry.parse("her:relabel=random:learning_rate=1e-4:relabels=3")
    assert (entry.learner.name, entry.label) == ("her", "her:relabel=random:learning_rate=1e-4:relabels=3")
    assert [entry.settings[name] for name in ("relabel", "learning_rate", "relabels")] == ["random", 1e-4, 3]
    assert entry.settings["num_envs"] == Entry.parse("her").settings["num_envs"]


WRONG = {
    "learner": ({"learners": ["lio"]}, 'unknown learner "lio"; did you mean "leo"?'),
    "setting": ({"learners": ["her:relable=all"]}, 'unknown setting of her "relable"; did you mean "relabel"?'),
    "value": ({"learners": ["her:relabel=al"]}, 'unknown relabel "al"; did you mean "all"?'),
    "type": ({"learners": ["leo:width=big"]}, 'width of learner "leo:width=big" must be int, got "big"'),
    "no value": ({"learners": ["leo:width"]}, '"width" in learner "leo:width" is no setting; write leo:setting=value'),
    "no learner": ({"learners": []}, "learners must name at least one"),
    "no map": ({"envs": {}}, "envs must name at least one"),
    "no seeds": ({"seeds": 0}, "seeds must name at least one"),
    "half a seed": ({"seeds": 1.5}, "seeds must be a whole number"),
    "two kinds of world": (
        {"envs": {"a": make("gridworld", **HASTY), "b": make("point_maze")}},
        "worlds whose states are listed are scored otherwise than others",
    ),
    "seconds": ({"seconds": 0}, "seconds must be above 0, got 0"),
    "passes": ({"passes": 0}, "passes must be at least 1, got 0"),
    "budget": ({"budget": ["second"]}, 'unknown budget "second"; did you mean "seconds"?'),
    "an amount of nothing": ({"budget": ["steps"], "seconds": 3}, "budget must be without ['seconds'] or with it"),
    "steps": ({"steps": 0}, "steps must be at least 1, got 0"),
    "a setting that does not suit": ({"learners": [LEO, "pqn:unroll=64"]}, "unroll = 64 exceeds the shortest"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_before_anything_is_trained(case, world, monkeypatch):
    monkeypatch.setattr("leo_lab.bench.compare._train", lambda *_, **__: pytest.fail("trained"))
    options, message = WRONG[case]
    with pytest.raises(LabError) as caught:
        compare(**{"envs": {"small": world}, "learners": [LEO], **options})
    assert message in str(caught.value)


def test_what_somebody_brings_is_told_apart(tmp_path):
    """Learners of one name by what they compute, so that one that was changed is trained again; worlds likewise."""
    files = [tmp_path / "one.py", tmp_path / "other.py"]
    for file, rate in zip(files, ("0.5", "0.25"), strict=True):
        file.write_text(
            "from leo_lab.learners.leo import LEO\nclass Mine(LEO):\n    name = 'mine'\n"
            f"    def epsilon(self, state):\n        return {rate}\n"
        )
    world, budget = make("gridworld", **HASTY), Budget("steps", 9)
    jobs = [Job("a", world, Entry.parse(f"{file}:Mine{SMALL}"), budget, "9 steps") for file in files]
    jobs += [Job("a", Line(length=length), Entry.parse(LEO), budget, "9 steps") for length in (14, 15)]
    keys = [job.keys(job.program(), [0])[0] for job in jobs]
    assert len(set(keys)) == 4
    again = Job("b", world, Entry.parse(f"{files[0]}:Mine{SMALL}"), budget, "9 steps")
    assert again.keys(again.program(), [0])[0] == keys[0]
    with pytest.raises(LabError, match="envs must be of different titles, or given by name"):
        compare([world, make("gridworld", **HASTY)], ["leo"])


@pytest.mark.parametrize("content", ["not json\n", '{"learner": "leo"}\n', "[1]\n"])
def test_a_file_that_holds_something_else_is_left_alone(content, world, tmp_path):
    (tmp_path / "runs.jsonl").write_text(content)
    with pytest.raises(LabError, match="not a file of runs that were compared"):
        compare([world], [LEO], path=tmp_path / "runs.jsonl")
    assert (tmp_path / "runs.jsonl").read_text() == content


# Figure and command -------------------------------------------------------------------------------------------------


def test_the_figure_draws_the_summary():
    scores = rows(leo_on_a=[0.5, 0.7, 0.9], leo_on_b=[0.1], pqn_on_a=[0.4], pqn_on_b=[0.3])
    result = Comparison(scores)
    figure = result.figure()
    assert len(figure.data) == 3 * len(METRICS)
    first = figure.data[0]
    assert first.name == "a" and np.allclose(first.x, [0.7, 0.4])
    bounds = result.summary()[0]["success_from_start"]
    assert first.x[0] + first.error_x.array[0] == pytest.approx(bounds["high"], abs=1e-3)
    assert first.x[0] - first.error_x.arrayminus[0] == pytest.approx(bounds["low"], abs=1e-3)
    assert list(figure.layout.yaxis.ticktext) == ["leo", "pqn"]
    assert sum(trace.showlegend for trace in figure.data) == 3
    assert [note.text for note in result.figure(["value_mae"]).layout.annotations] == [METRICS["value_mae"]]
    with pytest.raises(LabError, match='unknown metric "value_mea"; did you mean "value_mae"'):
        result.figure(["value_mea"])
    with pytest.raises(LabError, match="nothing to draw"):
        Comparison(()).figure()


def test_the_command_writes_prints_and_goes_on(comparison, tmp_path, capsys, monkeypatch):
    from leo_lab.bench import compare as module

    asked = []
    monkeypatch.setattr(module, "compare", lambda *args, **options: asked.append((args, options)) or comparison)
    words = ["compare", "--learners", f"{LEO},pqn", "--maps", "maze", "--seeds", "2", "--steps", "1e3"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    (envs, learners), options = asked[0]
    assert (list(envs), learners) == (["maze"], (LEO, "pqn")) and envs["maze"].title
    assert options == {
        **{"seeds": 2, "budget": None, "steps": 1000, "passes": None, "seconds": None},
        **{"path": tmp_path / "runs.jsonl", "progress": True},
    }
    printed = capsys.readouterr().out
    score = comparison.summary()[0]["value_mae"]
    assert f"{score['iqm']:.3f} ({score['low']:.3f}-{score['high']:.3f})" in printed
    assert json.loads((tmp_path / "summary.json").read_text()) == json.loads(to_json(comparison.summary()))
    assert "<html>" in (tmp_path / "figure.html").read_text("utf-8")
    budgets = ["--budget", "steps,passes,seconds", "--seconds", "2"]
    assert main([*words, "--out", str(tmp_path), "--json", *budgets]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == list(comparison.rows)
    assert asked[1][1]["budget"] == ("steps", "passes", "seconds")
    assert asked[1][1]["seconds"] == 2 and asked[1][1]["progress"] is False


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--learners lio --maps maze --out OUT", 'unknown learner "lio"'),
        ("--learners leo --maps mase --out OUT", 'unknown map "mase"; did you mean "maze"?'),
        ("--learners leo --maps maze", "the following arguments are required: --out"),
        ("--learners leo --maps maze --out OUT --seconds x", "argument --seconds: invalid float value: 'x'"),
    ],
)
def test_what_is_wrong_is_one_line(words, message, tmp_path, capsys):
    assert main(["compare", *words.replace("OUT", str(tmp_path / "out")).split()]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
    assert not (tmp_path / "out").exists()
