"""What the cost bench reports is what it timed; the times themselves are figures, not tests."""

import json

import jax
import numpy as np
import plotly.io
import pytest

from leo_lab import LabError
from leo_lab.bench import cost, noise, timing
from leo_lab.bench.cost import SUITES, Case, Torso, bench_cost, expected_seconds, within
from leo_lab.bench.noise import Noise, NoisePlane
from leo_lab.bench.timing import Halves, take_turns
from leo_lab.cli.app import main
from leo_lab.viz.figures.reports import cost_figure, save_figure

LEARNERS = ("naive",)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """A torso, minibatches and times that cost nothing."""
    with pytest.MonkeyPatch.context() as patch:
        settings = {"discrete": {"minibatch": 16, "epochs": 1}, "continuous": {"minibatch": 8, "replay": 100}}
        for name, suite in SUITES.items():
            torsos = {**suite.torsos, "tiny": Torso(inputs=40, width=8, depth=1)}
            small = suite._replace(torsos=torsos, settings={"num_envs": 4, "unroll": 4, **settings[name]})
            patch.setitem(SUITES, name, small._replace(updates=min(4, suite.updates)))
        patch.setattr(timing, "SHORTEST", 1e-3)
        patch.setitem(cost.NAIVE_PRODUCTS, "cpu", 16 * 3 * (43 * 8 + 8 * 2))  # no more than 3 goals
        yield


@pytest.fixture(scope="module")
def report():
    return bench_cost(goals=(6,), actions=(2,), torsos=("tiny",), learners=LEARNERS, repeat=2)


# What is timed ------------------------------------------------------------------------------------------------------


def test_the_two_halves_are_the_whole_iteration():
    program = Case(6, 2, "tiny", "pqn").program()
    halves, update = Halves(program), jax.jit(program.update)
    state, whole = halves.start(), halves.start()
    for _ in range(2):
        state, seconds = halves.time(state, 1)
        whole, _ = update(whole)
        assert seconds.shape == (2,) and (seconds > 0).all()
        for mine, true in zip(jax.tree.leaves(state[:2]), jax.tree.leaves(whole[:2]), strict=True):
            assert np.array_equal(mine, true)


EVERY = [(suite, learner) for suite in SUITES for learner in SUITES[suite].learners]


@pytest.mark.parametrize(("suite", "learner"), EVERY)
def test_the_halves_of_every_learner_fit_together(suite, learner):
    program = Case(4, 3, "tiny", learner, suite).program()
    state = program.shapes()
    source, data = jax.eval_shape(program.prepare, state)
    learner, _ = jax.eval_shape(program.learner.learn, state.learner, data)
    after = state._replace(source=source, learner=learner)
    assert jax.tree.structure(after) == jax.tree.structure(state)
    for mine, true in zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True):
        assert (mine.shape, mine.dtype) == (true.shape, true.dtype)


def test_every_name_is_the_learner_that_it_says():
    programs = {name: Case(4, 3, "tiny", name).program() for name in SUITES["discrete"].learners}
    assert {name: program.learner.name for name, program in programs.items()} == {
        "pqn": "pqn", "leo": "leo", "leo_buckets": "leo", "leo_code": "leo", "her": "her", "naive": "her",
    }  # fmt: skip
    leos = [programs[name] for name in ("leo", "leo_buckets", "leo_code")]
    assert [program.learner.passes_by for program in leos] == ["batch", "buckets", "buckets"]
    assert [program.config.code for program in leos] == [0, 0, cost.CODE]
    assert [programs[name].config.relabel for name in ("pqn", "her", "naive")] == ["none", "mixed", "all"]
    for program in programs.values():
        assert (program.config.minibatch, program.learner.descent.gradient_steps, program.config.depth) == (16, 1, 1)
        assert (program.env.obs_size, len(program.env.goals), len(program.env.action_names)) == (40, 4, 3)
    programs = {name: Case(6, 8, "tiny", name, "continuous").program() for name in SUITES["continuous"].learners}
    assert [program.learner.name for program in programs.values()] == ["sac", "sac_leo", "sac_her"]
    assert programs["naive"].config.relabel == "all"
    assert [program.config.updates for program in programs.values()] == [4, 4, 1]
    for program in programs.values():
        assert (program.config.minibatch, program.config.width) == (8, 8)
        assert (program.env.obs_size, len(program.env.goals), len(program.env.action_names)) == (40, 6, 8)


def test_noise_over_a_plane_moves_and_achieves_goals():
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


def test_noise_is_sparse_and_achieves_goals():
    env = Noise(inputs=1000, num_goals=1100, num_actions=3)
    state = env.reset(jax.random.key(0))
    seen = []
    for action in range(3):
        state, terminated = env.step(state, np.int32(action), jax.random.key(action))
        obs = np.asarray(env.observe(state))
        assert not terminated and obs.shape == (1000,)
        assert set(obs) == {0, 1} and 25 <= obs.sum() <= noise.ENTRIES_ON
        hit = np.asarray(env.achieved(obs))
        assert (hit[:1000] == (obs == 1)).all() and (hit[1000:] == hit[:100]).all()
        seen.append(obs)
    assert (seen[0] != seen[1]).any() and (seen[1] != seen[2]).any()


def test_products_are_those_of_the_network():
    assert Case(6, 2, "tiny", "pqn").size == 16 * ((40 + 6) * 8 + 8 * 2)
    assert Case(6, 2, "tiny", "her").size == 3 * Case(6, 2, "tiny", "pqn").size
    assert Case(6, 2, "tiny", "naive").size == 6 * Case(6, 2, "tiny", "pqn").size
    assert Case(6, 2, "tiny", "leo").size == 16 * (40 * 8 + 8 * 2 * 6)
    assert Case(6, 2, "tiny", "leo_code").size == 16 * (40 * 8 + 8 * cost.CODE + cost.CODE * 2 * 6)
    assert Case(6, 2, "tiny", "naive", "continuous").size == 8 * 6 * ((40 + 6) * 8 + 8 * 2)
    assert Case(6, 2, "tiny", "sac_leo", "continuous").size == 8 * (40 * 8 + 8 * 2 * 6)
    assert Case(6, 2, "craftax", "leo").size == 16 * (4500 * 1024 + 3 * 1024**2 + 1024 * 12)


def test_only_the_naive_learner_is_measured_at_fewer_goals():
    naive, limit = Case(100, 2, "tiny", "naive"), Case(9, 2, "tiny", "naive").size
    assert within(naive, naive.size, (100,)) == naive
    assert within(naive, limit, (5, 9, 10, 100)).goals == 9
    assert within(naive, limit, (10, 100)).goals == 8  # the largest power of two
    assert within(naive, 1, (10, 100)).goals == 1
    assert within(naive._replace(learner="leo"), 1, (5,)).goals == 100


class Clock:
    """Stands in for a compiled case: takes the seconds it is told and writes down who was asked for how much."""

    def __init__(self, name, seconds, log):
        self.name, self.seconds, self.log = name, iter(seconds), log

    def start(self):
        return 0

    def time(self, state, count):
        self.log.append((self.name, state, count))
        return state + 1, np.array([0.25, 0.75]) * next(self.seconds)


def test_learners_take_turns_and_slow_ones_fewer(monkeypatch):
    monkeypatch.setattr(timing, "SHORTEST", 0.1)
    monkeypatch.setattr(timing, "PATIENCE", 6.0)
    log = []
    times = {"quick": [0.03, 0.02, 0.04, 0.05], "slow": [2.5, 2.0, 3.0], "endless": [50.0, 40.0, 60.0]}
    measured = take_turns({name: Clock(name, seconds, log) for name, seconds in times.items()}, 3)
    order = ["quick", "slow", "endless"]
    assert [name for name, _, _ in log] == [*order, *order, *order, "quick"]
    assert [entry[1:] for entry in log if entry[0] == "quick"] == [(0, 1), (1, 4), (2, 4), (3, 4)]
    assert [entry[1:] for entry in log if entry[0] == "slow"] == [(0, 1), (1, 1), (2, 1)]
    assert measured["quick"].sum(axis=1).tolist() == pytest.approx([0.02, 0.04, 0.05])
    assert measured["endless"][:, 1].tolist() == [30.0, 45.0]


# What is reported ---------------------------------------------------------------------------------------------------


def test_a_row_by_hand():
    halves = np.array([[0.010, 0.020], [0.030, 0.070], [0.020, 0.030]])
    yardstick = np.array([[0.005, 0.005], [0.010, 0.010], [0.015, 0.020]])
    case = Case(12, 2, "tiny", "naive")
    row = cost._row(case, case._replace(goals=4), halves, yardstick, 3_456_789)
    assert row == {
        **{"goals": 12, "actions": 2, "torso": "tiny", "learner": "naive", "suite": "discrete"},
        **{"ms_per_update": 90, "ms_per_update_least": 60, "ms_per_update_most": 210},
        **{"ms_per_iteration": 150, "ms_per_iteration_least": 90, "ms_per_iteration_most": 300},
        **{"ratio_to_single_goal": 12, "iteration_ratio_to_single_goal": 9},
        **{"steps_per_second": 106.7, "peak_mb": 3.457},
        **{"measured_goals": 4, "extrapolated": True, "rounds": 3},
    }
    assert not cost._row(case, case, halves, yardstick, 1)["extrapolated"]
    fewer = cost._row(case, case, halves[:2], yardstick, 1)  # rounds that it did not take part in do not count
    assert fewer["ratio_to_single_goal"] == 5.5 and fewer["iteration_ratio_to_single_goal"] == 4


def test_of_several_updates_an_iteration_has_as_many_as_the_yardstick():
    case = Case(12, 2, "tiny", "naive", "continuous")
    spent = np.array([[0.010, 0.020], [0.030, 0.070], [0.020, 0.030]])
    yardstick = np.array([[0.1, 0.004], [0.1, 0.008], [0.1, 0.012]])
    row = cost._row(case, case._replace(goals=4), spent, yardstick, 3_456_789)
    # Scaled by 12 / 4, one update of four; the yardstick did all four in a call.
    assert [row[f"ms_per_update{end}"] for end in ("", "_least", "_most")] == [90, 60, 210]
    assert (row["ms_per_iteration"], row["ratio_to_single_goal"]) == (420, 60)  # 60 + 4 x 90
    assert (case.updates, case._replace(learner="sac_leo").updates) == (1, 4)


def test_the_continuous_suite_is_measured_likewise(monkeypatch):
    class Clock:
        """Stands in for compiled halves, which take 0.1 s, and 0.01 s for each update and goal."""

        peak_bytes = 2_000_000

        def __init__(self, program):
            self.seconds = np.array([0.1, 0.01 * len(program.env.goals) * program.config.updates])

        def start(self):
            return 0

        def time(self, state, count):
            return state + count, self.seconds

    monkeypatch.setattr(cost, "Halves", Clock)
    monkeypatch.setitem(cost.NAIVE_PRODUCTS, "cpu", Case(4, 2, "tiny", "naive", "continuous").size)
    report = bench_cost("continuous", goals=(6,), actions=(2,), torsos=("tiny",), repeat=2)
    rows = report["rows"]
    assert [row["learner"] for row in rows] == ["sac", "sac_leo", "naive"] and report["suite"] == "continuous"
    assert [row["ms_per_update"] for row in rows] == [60, 60, 60]  # naive: 40 ms at 4 goals
    assert [(row["measured_goals"], row["extrapolated"]) for row in rows] == [(6, False)] * 2 + [(4, True)]
    assert all((row["peak_mb"], row["rounds"]) == (2, 2) for row in rows)
    assert json.loads(json.dumps(report)) == report
    assert [trace.name for trace in cost_figure(report).data] == [
        "single goal (SAC)", "SAC + LEO, all goals", "all goals one by one",
    ]  # fmt: skip


def test_the_yardstick_is_measured_though_nobody_asked_for_it(report):
    yardstick, naive = report["rows"]
    assert (yardstick["learner"], naive["learner"]) == ("pqn", "naive")
    assert yardstick["ratio_to_single_goal"] == yardstick["iteration_ratio_to_single_goal"] == 1
    mine, single = ([row[f"ms_per_update_{end}"] for end in ("least", "most")] for row in (naive, yardstick))
    pairings = [np.divide(mine, order).mean() for order in (single, single[::-1])]  # of two rounds either may be slower
    assert naive["ratio_to_single_goal"] in [pytest.approx(ratio, rel=2e-3) for ratio in pairings]


def test_only_what_would_take_long_is_scaled(report):
    yardstick, naive = report["rows"]
    assert (yardstick["goals"], yardstick["measured_goals"], yardstick["extrapolated"]) == (6, 6, False)
    assert (naive["goals"], naive["measured_goals"], naive["extrapolated"]) == (6, 2, True)


def test_memory_is_that_of_all_goals(report):
    yardstick, naive = report["rows"]
    parameters = (40 + 6) * 8 + 8 + 2 * 8 + 2 * (8 + 1)  # with the LayerNorm's
    assert 4 * 4 * parameters < yardstick["peak_mb"] * 1e6  # four copies of four bytes
    assert naive["peak_mb"] * 1e6 > yardstick["peak_mb"] * 1e6 + 16 * 5 * 46 * 4  # the rows of five more goals


def test_numbers_are_in_order_and_the_report_says_what_was_measured(report):
    for row in report["rows"]:
        assert 0 < row["ms_per_update_least"] <= row["ms_per_update"] <= row["ms_per_update_most"]
        assert row["ms_per_iteration"] > row["ms_per_update"] and row["rounds"] == 2
    assert report["jax"] == jax.__version__ and report["device"]
    assert report["torsos"] == {"tiny": {"inputs": 40, "width": 8, "depth": 1}}
    assert report["settings"]["minibatch"] == 16


def test_what_it_takes_grows_with_what_is_asked():
    grid = {"goals": (3,), "actions": (2,), "torsos": ("tiny",), "learners": ("leo",)}
    short, long = expected_seconds(**grid, repeat=2), expected_seconds(**grid | {"torsos": ("craftax",)}, repeat=2)
    assert 2 * cost.COMPILE_SECONDS < short < long


WRONG = {
    "suite": ({"suite": "discreet"}, 'unknown suite "discreet"; did you mean "discrete"?'),
    "torso": ({"torsos": ("tyni",)}, 'unknown torso "tyni"; did you mean "tiny"?'),
    "learner": ({"learners": ("leo", "nave")}, 'unknown learner "nave"; did you mean "naive"?'),
    "goals": ({"goals": (4, 0)}, "goals must be at least 1, got 0"),
    "half an action": ({"actions": (2.5,)}, "actions must be a whole number, got 2.5"),
    "no goals": ({"goals": ()}, "goals must name at least one"),
    "no learners": ({"learners": ()}, "learners must name at least one"),
    "rounds": ({"repeat": 1}, "repeat must be at least 2, got 1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_before_anything_is_compiled(case):
    options, message = WRONG[case]
    with pytest.raises(LabError) as caught:
        bench_cost(**{"goals": (3,), "torsos": ("tiny",), **options})
    assert message in str(caught.value)


# Figure and command -------------------------------------------------------------------------------------------------


def test_the_figure_draws_every_row(report):
    yardstick, naive = report["rows"]
    figure = cost_figure({**report, "rows": [yardstick, naive, {**naive, "goals": 2, "extrapolated": False}]})
    single, one_by_one = figure.data
    assert (single.name, one_by_one.name) == ("single goal (PQN)", "all goals one by one")
    assert list(single.x) == [6] and list(one_by_one.x) == [6, 2]
    assert np.allclose(one_by_one.y, naive["ratio_to_single_goal"], rtol=1e-3)
    assert one_by_one.marker.color == ("#ffffff", one_by_one.line.color)  # hollow where it was scaled
    assert "scaled up from 2 goals" in one_by_one.text[0] and "scaled" not in one_by_one.text[1]
    assert "hollow" in figure.layout.title.text
    assert "hollow" not in cost_figure({**report, "rows": [yardstick]}).layout.title.text
    with pytest.raises(LabError, match="no rows to draw"):
        cost_figure({**report, "rows": []})


def test_figures_are_saved_by_their_ending(report, tmp_path):
    figure = cost_figure(report)
    assert plotly.io.read_json(save_figure(tmp_path / "deep" / "f.json", figure)) == figure
    assert "<html>" in save_figure(tmp_path / "f.html", figure).read_text("utf-8")
    with pytest.raises(LabError, match="unknown figure format"):
        save_figure(tmp_path / "f.gif", figure)


def test_the_command_measures_what_it_is_told(report, monkeypatch, capsys, tmp_path):
    asked = []
    monkeypatch.setattr(cost, "bench_cost", lambda suite, **options: asked.append((suite, options)) or report)
    line = "bench cost --goals 6 --actions 2 --torso tiny --learners naive --repeat 2"
    words = line.split()
    assert main([*words, "--json", "--figure", str(tmp_path / "f.json")]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == report and "about 1 min on" in err
    assert (tmp_path / "f.json").exists()
    grid = {"goals": (6,), "actions": (2,), "torsos": ("tiny",), "learners": LEARNERS, "repeat": 2, "progress": True}
    assert asked == [("discrete", grid)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "x single goal" in printed and len(printed.splitlines()) == 3 + 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--torso craftx", 'unknown torso "craftx"; did you mean "craftax"?'),
        ("--goals 1,x", 'argument --goals: "x" is not a whole number'),
        ("--figure f.gif", 'unknown figure format ".gif"'),
        ("--repeats 3", 'unknown option "--repeats"; did you mean "--repeat"?'),
    ],
)
def test_what_is_wrong_is_one_line(words, message, capsys):
    assert main(["bench", "cost", *words.split()]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err
