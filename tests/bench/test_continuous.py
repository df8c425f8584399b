"""The benchmark of continuous actions reports what it timed and trained; times and scores are figures, not tests."""

import json

import jax
import numpy as np
import pytest

from leo_lab import LabError, make
from leo_lab.bench import continuous as continuous_bench
from leo_lab.bench import continuous_cost
from leo_lab.bench.continuous import METRICS, bench_continuous
from leo_lab.bench.continuous_cost import Case, bench_continuous_cost
from leo_lab.bench.entries import Budget, Entry, Job
from leo_lab.bench.noise import NoisePlane
from leo_lab.bench.timing import Halves, within
from leo_lab.cli.app import main
from leo_lab.envs import env_entry
from leo_lab.experience.segment import Choice
from leo_lab.scores.statistics import interval
from leo_lab.scores.trials import random_places, try_goals, try_places
from leo_lab.training import train
from leo_lab.viz.figures.reports import comparison_figure, continuous_cost_figure, success_curves
from leo_lab.viz.reports import success_tables
from toy_points import LEARNER, MAP, SIZES, STEPS

# What is timed ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """Networks, segments and times that cost nothing."""
    with pytest.MonkeyPatch.context() as patch:
        small = {"num_envs": 4, "unroll": 4, "width": 8, "depth": 1, "replay": 100}
        patch.setattr(continuous_cost, "SETTINGS", small)
        patch.setattr(continuous_cost, "UPDATES", 4)
        patch.setattr("leo_lab.bench.timing.SHORTEST", 1e-3)
        patch.setitem(continuous_cost.NAIVE_ROWS, "cpu", 8 * 4)  # 4 goals
        yield


class Clock:
    """Stands in for a compiled case, whose halves take 0.1 s and 0.01 s for each update and goal."""

    peak_bytes = 2_000_000

    def __init__(self, program):
        goals, updates = len(program.env.goals), program.config.updates
        self.seconds = np.array([0.1, 0.01 * goals * updates])

    def start(self):
        return 0

    def time(self, state, count):
        return state + count, self.seconds


@pytest.fixture(scope="module")
def costs(tiny):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("leo_lab.bench.timing.Halves", Clock)
        return bench_continuous_cost(goals=(6,), actions=(2,), inputs=3, minibatch=8, repeat=2)


class Sum:
    """A learner that adds up what it sees."""

    def init(self, key):
        return jax.random.uniform(key)

    def act(self, state, obs, goal, key):
        return Choice(jax.random.uniform(key, (len(goal), 2)) + state, ())

    def prepare(self, state, segment, key):
        return segment, key

    def learn(self, state, data):
        segment, key = data
        return state + segment.obs.sum() + segment.action.sum() + jax.random.uniform(key), {}


@pytest.fixture(scope="module")
def summing(tiny):
    """A program that compiles at once."""
    program = Case(6, 2, 3, 8, "sac_leo").program()
    program.learner = Sum()
    return program


@pytest.mark.parametrize("learner", continuous_cost.COST_LEARNERS)
def test_the_halves_of_every_learner_fit_together(learner):
    program = Case(6, 2, 3, 8, learner).program()
    state = jax.eval_shape(program.init, 0)
    source, data = jax.eval_shape(program.prepare, state)
    after = jax.eval_shape(program.learner.learn, state.learner, data)[0], source
    for mine, true in zip(jax.tree.leaves(after), jax.tree.leaves(state[:2]), strict=True):
        assert (mine.shape, mine.dtype) == (true.shape, true.dtype)


def test_what_is_compiled_goes_on_and_takes_time(summing):
    compiled = Halves(summing)
    state, seconds = compiled.time(compiled.start(), 2)
    whole = compiled.start()
    for _ in range(2):
        whole, _ = jax.jit(summing.update)(whole)
    assert float(state.learner) == pytest.approx(float(whole.learner), rel=1e-6)
    for mine, true in zip(jax.tree.leaves(state.source), jax.tree.leaves(whole.source), strict=True):
        assert np.array_equal(mine, true)
    assert int(state.iteration) == 2
    assert seconds.shape == (2,) and (seconds > 0).all() and compiled.peak_bytes > 100


def test_every_name_is_the_learner_that_it_says():
    programs = {name: Case(6, 8, 3, 8, name).program() for name in continuous_cost.COST_LEARNERS}
    assert [program.learner.name for program in programs.values()] == ["sac", "sac_leo", "sac_her"]
    assert programs["naive"].config.relabel == "all"
    assert [program.config.updates for program in programs.values()] == [4, 4, 1]
    for program in programs.values():
        assert (program.config.minibatch, program.config.width) == (8, 8)
        assert (program.env.obs_size, len(program.env.goals), len(program.env.action_names)) == (3, 6, 8)


def test_noise_moves_and_achieves_goals():
    env = NoisePlane(num_goals=7, num_actions=2, inputs=5)
    assert len(env.goals) == 7 and len(set(env.goals.names)) == 7
    assert (np.abs(env.places.lattice.points) < 1).all()
    keys = jax.random.split(jax.random.key(0), 500)
    state = jax.vmap(env.reset)(keys)
    one, other = (env.step(state[0], np.float32(action), keys[0])[0] for action in ([0, 0], [0.5, 0]))
    assert one != state[0] and one != other
    obs = np.asarray(jax.vmap(env.observe)(state))
    assert obs.shape == (500, 5) and obs.min() < -0.9 and obs.max() > 0.9 and abs(obs.mean()) < 0.1
    hit = np.asarray(env.achieved(obs))
    away = np.linalg.norm(obs[:, None, :2] - env.places.lattice.points, axis=-1)
    assert (hit == (away <= env.places.lattice.radius)).mean() > 0.999 and 0.02 < hit.mean() < 0.2


def test_only_the_naive_learner_is_measured_at_fewer_goals():
    naive = Case(100, 2, 3, 8, "naive")
    assert within(naive, 800, (100,)) == naive
    assert within(naive, 799, (5, 60, 100)).goals == 60
    assert within(naive, 799, (100,)).goals == 64  # the largest power of two
    assert within(naive, 1, (100,)).goals == 1
    assert within(naive._replace(learner="sac_leo"), 1, (5,)).goals == 100


def test_a_row_by_hand():
    case = Case(12, 2, 3, 8, "naive")
    spent = np.array([[0.010, 0.020], [0.030, 0.070], [0.020, 0.030]])
    yardstick = np.array([[0.1, 0.004], [0.1, 0.008], [0.1, 0.012]])
    row = continuous_cost._row(case, case._replace(goals=4), spent, yardstick, 3_456_789)
    # Scaled by 12 / 4, one update; the yardstick did 4 in a call.
    assert row == {
        **{"goals": 12, "actions": 2, "inputs": 3, "minibatch": 8, "learner": "naive", "torso": "1 x 8"},
        **{"ms_per_update": 90, "ms_per_update_least": 60, "ms_per_update_most": 210, "ratio_to_single_goal": 60},
        **{"ms_per_rollout": 20, "ms_per_rollout_least": 10, "ms_per_rollout_most": 30},
        **{"updates": 1, "peak_mb": 3.457, "measured_goals": 4, "extrapolated": True, "rounds": 3},
    }


def test_costs_say_what_was_measured(costs):
    assert [row["learner"] for row in costs["rows"]] == ["sac", "sac_leo", "naive"]
    assert [row["ms_per_update"] for row in costs["rows"]] == [60, 60, 60]  # naive: 40 ms at 4 goals
    assert [(row["measured_goals"], row["extrapolated"]) for row in costs["rows"]] == [(6, False)] * 2 + [(4, True)]
    assert all((row["ms_per_rollout"], row["peak_mb"], row["rounds"]) == (100, 2, 2) for row in costs["rows"])
    assert json.loads(json.dumps(costs)) == costs
    assert "adding the segment to the replay" in costs["included"]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"goals": ()}, "goals must name at least one"),
        ({"actions": (0,)}, "actions must be at least 1"),
        ({"inputs": 1}, "inputs must be at least 2"),
        ({"minibatch": 0}, "minibatch must be at least 1"),
        ({"repeat": 1}, "repeat must be at least 2"),
    ],
)
def test_impossible_costs_are_one_line(options, message):
    with pytest.raises(LabError, match=message):
        bench_continuous_cost(**options)


# What is trained ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def env():
    return make("point_maze", map=MAP, max_steps=60)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("bench") / "runs.jsonl"


@pytest.fixture(scope="module")
def report(env, path):
    return bench_continuous({"tiny": env}, [LEARNER], seeds=2, steps=STEPS, path=path)


def test_a_run_is_that_of_train_and_its_scores_are_those_of_trials(report, env):
    run = train(env, "sac_leo", steps=STEPS, seed=1, chunks=1, **SIZES)
    row = report["rows"][1]
    trials = try_goals(run, tries=4, limit=60)
    off = try_places(run, random_places(env, 100), tries=4, limit=60)
    assert (row["seed"], row["world"], row["learner"], row["budget"]) == (1, "tiny", LEARNER, f"{STEPS:,} steps")
    assert (row["goals"], row["env_steps"], row["broken"]) == (len(env.goals), STEPS, 0) and row["train_seconds"] > 0
    assert row["success"] == trials.hit.mean() and row["success_off_lattice"] == off.hit.mean()
    assert row["success_by_goal"] == trials.success.tolist()
    assert row["steps_to_goal"] == trials.length[trials.hit].mean()
    assert report["rows"][0]["success_by_goal"] != row["success_by_goal"]


def test_a_row_holds_its_curve(report):
    for row in report["rows"]:
        curve = row["curve"]
        assert len(curve) == 5  # of 20 iterations, cut as evenly as six chunks can be
        assert [point["env_steps"] for point in curve] == [1024 * (k + 1) for k in range(5)]
        assert curve[-1] == {name: row[name] for name in ("env_steps", "train_seconds", "success")}
        assert (np.diff([point["train_seconds"] for point in curve]) >= 0).all()


def test_the_summary_is_that_of_comparisons(report):
    (line,) = report["summary"]
    assert (line["learner"], line["map"], line["runs"]) == (LEARNER, "tiny", 2)
    for metric in METRICS:
        assert line[metric] == interval([[row[metric] for row in report["rows"]]])


def test_runs_that_are_there_are_not_made_again(report, env, path, monkeypatch):
    kept = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert kept == json.loads(json.dumps(report["rows"]))
    asked = []
    monkeypatch.setattr(continuous_bench, "_train", lambda job, seeds, scorer: asked.append(seeds) or iter(()))
    again = bench_continuous({"other": env}, [LEARNER], seeds=[1, 0], steps=STEPS, path=path)
    assert [(row["seed"], row["world"]) for row in again["rows"]] == [(1, "other"), (0, "other")]
    for change in ({"steps": STEPS + 1}, {"tries": 3}, {"places": 9}, {"learners": [f"{LEARNER}:gamma=0.8"]}):
        with pytest.raises(KeyError):  # because nothing came back
            bench_continuous(**{"envs": {"tiny": env}, "learners": [LEARNER], "seeds": [0], "steps": STEPS} | change)
    assert asked == [[0], [0], [0], [0]]


def test_a_run_that_breaks_keeps_what_is_there(report, env, tmp_path, monkeypatch):
    def broken(job, seeds, scorer):
        yield report["rows"][0]
        raise KeyboardInterrupt

    monkeypatch.setattr(continuous_bench, "_train", broken)
    with pytest.raises(KeyboardInterrupt):
        bench_continuous({"tiny": env}, [LEARNER], seeds=2, steps=STEPS, path=tmp_path / "runs.jsonl")
    (line,) = (tmp_path / "runs.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["success_by_goal"] == report["rows"][0]["success_by_goal"]


def test_equal_seconds_choose_the_length_of_the_schedule(report, env, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "leo_lab.bench.entries.seconds_per_iteration", lambda program, budget: asked.append(budget) or 0.5
    )
    monkeypatch.setattr(continuous_bench, "_row", lambda run: {"seed": run.seed, "steps": run.program.steps})
    entry = Entry.parse(LEARNER, env_entry("point_maze").settings)
    rows = list(continuous_bench._train(Job("tiny", env, entry, Budget(seconds=9.9), STEPS), [3, 4], lambda *_: ()))
    assert rows == [{"seed": 3, "steps": 20 * 256}, {"seed": 4, "steps": 20 * 256}] and len(asked) == 1


def test_with_neither_steps_nor_seconds_both_are_compared(report, env, monkeypatch):
    monkeypatch.setattr(
        continuous_bench, "_train", lambda job, seeds, scorer: ({**report["rows"][0], "seed": s} for s in seeds)
    )
    rows = bench_continuous({"tiny": env}, [LEARNER], seeds=1)["rows"]
    assert [row["budget"] for row in rows] == ["default steps", "60 s"]
    rows = bench_continuous({"tiny": env}, [LEARNER], seeds=1, seconds=7)["rows"]
    assert [row["budget"] for row in rows] == ["7 s"]
    entry = Entry.parse("sac", env_entry("ant").settings)
    jobs = [
        Job("tiny", env, entry, budget, env_entry("point_maze").steps)
        for budget in (Budget(), Budget(steps=9), Budget(seconds=9.0))
    ]
    assert jobs[0].steps == env_entry("point_maze").steps
    assert len({continuous_bench._key(job, 0, 4, 100) for job in jobs}) == 3


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
    "no world": ({"envs": {}}, "worlds must name at least one"),
    "seeds": ({"seeds": 0}, "seeds must name at least one"),
    "steps": ({"steps": 0}, "steps must be at least 1, got 0"),
    "seconds": ({"seconds": 0}, "seconds must be above 0, got 0"),
    "tries": ({"tries": 0}, "tries must be at least 1, got 0"),
    "places": ({"places": 0}, "places must be at least 1, got 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_before_anything_is_trained(case, env, monkeypatch):
    monkeypatch.setattr(continuous_bench, "_train", lambda *_, **__: pytest.fail("trained"))
    options, message = WRONG[case]
    with pytest.raises(LabError) as caught:
        bench_continuous(**{"envs": {"tiny": env}, "learners": [LEARNER], **options})
    assert message in str(caught.value)


# How it is shown ----------------------------------------------------------------------------------------------------


def test_figures_hold_the_numbers(costs, report):
    figure = continuous_cost_figure(costs)
    names = [trace.name for trace in figure.data]
    assert names == ["single goal (SAC)", "SAC + LEO, all goals", "all goals one by one"]
    for trace, row in zip(figure.data, costs["rows"], strict=True):
        assert trace.y[0] == pytest.approx(row["ms_per_update"], rel=1e-3)
    assert "scaled up from 4 goals" in figure.data[2].text[0] and "hollow" in figure.layout.title.text
    curves = success_curves(report["rows"])
    assert len(curves.data) == 2 and [trace.showlegend for trace in curves.data] == [True, False]
    for trace, row in zip(curves.data, report["rows"], strict=True):
        assert trace.y == pytest.approx([point["success"] for point in row["curve"]], rel=1e-3)
        assert trace.x == pytest.approx([point["env_steps"] for point in row["curve"]])
    seconds = success_curves([{**row, "budget": "60 s"} for row in report["rows"]])
    assert seconds.data[0].x[-1] == pytest.approx(report["rows"][0]["train_seconds"], rel=1e-3)
    assert comparison_figure(report["summary"], {"success": "success"}).data
    for nothing in (lambda: success_curves([]), lambda: continuous_cost_figure({**costs, "rows": []})):
        with pytest.raises(LabError, match="no r"):
            nothing()


@pytest.fixture
def asked(costs, report, monkeypatch):
    """What the command asks both halves for, which answer with what is there."""
    calls = {}

    def answer(name, with_what):
        return lambda *args, **options: calls.update({name: (args, options)}) or with_what

    monkeypatch.setattr(continuous_cost, "bench_continuous_cost", answer("cost", costs))
    monkeypatch.setattr(continuous_bench, "bench_continuous", answer("success", report))
    return calls


def test_the_command_asks_for_what_is_said(asked, costs, report, capsys, tmp_path):
    words = ["--worlds", "point_maze,reacher", "--learners", "sac,sac_leo:units=4", "--seeds", "3", "--steps", "1e5"]
    words += ["--goals", "16,64", "--actions", "2", "--minibatch", "64", "--repeat", "2", "--tries", "2"]
    out = ["--out", str(tmp_path / "runs.jsonl"), "--figure", str(tmp_path / "deep")]
    assert main(["bench", "continuous", "--json", *words, *out]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(json.dumps({"cost": costs, "success": report}))
    grid = asked["cost"][1]
    assert (grid["goals"], grid["actions"], grid["inputs"], grid["minibatch"], grid["repeat"]) == (
        (16, 64),
        (2,),
        16,
        64,
        2,
    )
    (envs, learners), how = asked["success"]
    assert {name: env.name for name, env in envs.items()} == {"point_maze": "point_maze", "reacher": "reacher"}
    assert learners == ("sac", "sac_leo:units=4") and how["path"] == tmp_path / "runs.jsonl"
    assert (how["seeds"], how["steps"], how["seconds"], how["tries"], how["places"]) == (3, 100_000, None, 2, 100)
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["cost.html", "curves.html", "success.html"]


@pytest.mark.parametrize("half, other", [("cost", "success"), ("success", "cost")])
def test_one_half_for_people(asked, capsys, half, other):
    assert main(["bench", "continuous", "--only", half, "--worlds", "point_maze"]) == 0
    printed = capsys.readouterr().out
    assert half in asked and other not in asked
    words = {
        "cost": ("ms per update", "x single goal", "naive", "adding the segment to the replay"),
        "success": (f"{STEPS:,} steps on ", "success over all goals", "success off the lattice", LEARNER),
    }
    assert all(word in printed for word in words[half]) and not any(word in printed for word in words[other][:1])


def test_a_line_of_the_summary_says_how_many_steps_were_taken(report):
    rows = [{**report["rows"][0], "env_steps": steps} for steps in (1_000_000, 3_000_000)]
    (table,) = success_tables({**report, "rows": rows}, METRICS)
    assert table.cells[0][-1] == "2.000"
    assert table.headings[:3] == ("world", "learner", "runs")


@pytest.mark.parametrize(
    "words, message",
    [
        ("--worlds point_mase", 'unknown world of places "point_mase"; did you mean "point_maze"?'),
        ("--worlds gridworld", 'unknown world of places "gridworld"'),
        ("--only costs", 'unknown only "costs"; did you mean "cost"?'),
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
