"""The benchmark of Craftax, on a world that compiles fast: parts are what they are called, and the figures agree."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import LabError, make
from leo_lab.bench import craftax as craftax_bench
from leo_lab.bench.craftax import bench_craftax
from leo_lab.cli.app import main
from leo_lab.training import make_program
from leo_lab.training.presets import preset
from small import BRIEF, MAP, assert_same_state

PARTS = ["environment step", "observation", "fresh worlds", "achieved goals", "acting", "targets and updates"]


@pytest.fixture(scope="module")
def env():
    return make("gridworld", map=MAP)


@pytest.fixture(scope="module")
def report(env):
    return bench_craftax(env, "leo", repeat=2, shortest=0.01, **BRIEF)


def test_the_figures_agree(report):
    *parts, whole = report["rows"]
    assert [row["part"] for row in parts] == PARTS and whole["part"] == "training loop"
    assert sum(row["us_per_step"] for row in parts) == pytest.approx(whole["us_per_step"])
    assert sum(row["share"] for row in parts) == pytest.approx(whole["share"]) == 1
    times = {row["part"]: row["us_per_step"] for row in report["rows"]}
    world = sum(times[name] for name in PARTS[:3])
    assert report["steps_per_second"] == pytest.approx(1e6 / times["training loop"])
    assert report["world_steps_per_second"] == pytest.approx(1e6 / world)
    assert report["overhead"] == pytest.approx(times["training loop"] / world - 1)
    assert report["ratio_to_paper"] == pytest.approx(report["steps_per_second"] / 37_000)
    assert report["achieved_share_of_step"] == pytest.approx(times["achieved goals"] / times["environment step"])
    assert all(times[name] > 0 for name in ("environment step", "observation", "achieved goals", "acting"))
    assert report["peak_mb"] > 0 and report["peak_source"] == "XLA's plan of the training loop"
    assert (report["goals"], report["learner"], report["repeat"]) == (21, "leo", 2)
    assert report["settings"]["num_envs"] == 16
    assert json.loads(json.dumps(report)) == report


def test_each_part_is_what_it_is_called(env):
    """Loops that keep a compiler from leaving things out must give what they would give without that."""
    program = make_program(env, "leo", 1000, **BRIEF)
    state = program.init(0)
    parts = craftax_bench._parts(program, state)
    worlds, obs = state.source.worlds, state.source.obs
    done = {name: jax.jit(loop)(carry, jnp.int32(3)) for name, (loop, carry) in parts.items()}
    np.testing.assert_array_equal(done["observe"][0], worlds.state)
    np.testing.assert_array_equal(done["observe"][1], obs)
    np.testing.assert_array_equal(done["achieved"][0], obs)
    np.testing.assert_array_equal(done["achieved"][1], env.achieved(obs))
    np.testing.assert_array_equal(done["act"][0], obs)
    expected = program.learner.act(state.learner, obs, state.source.goal, jax.random.fold_in(state.key, 2))
    np.testing.assert_array_equal(done["act"][1].action, expected.action)
    after, seen = done["world"]
    np.testing.assert_array_equal(after.clock, worlds.clock + 3)
    np.testing.assert_array_equal(seen, jax.vmap(env.observe)(after.state))
    np.testing.assert_array_equal(done["step"], after.state)  # the same luck, and nothing ended
    assert_same_state(type("Run", (), {"state": state}), type("Run", (), {"state": program.init(0)}))


def test_a_gpu_says_itself_how_much_it_held(monkeypatch):
    class Device:
        def memory_stats(self):
            return {"peak_bytes_in_use": 3_000_000}

    monkeypatch.setattr("jax.devices", lambda: [Device()])
    assert craftax_bench._peak(None) == {"peak_mb": 3.0, "peak_source": "in use at most, on one device"}


@pytest.mark.parametrize("repeat, word", [(0, "at least 1"), (1.5, "whole number")])
def test_rounds_must_make_sense(env, repeat, word):
    with pytest.raises(LabError, match=word):
        bench_craftax(env, repeat=repeat)


@pytest.fixture
def asked(report, monkeypatch):
    """What the command asks `bench_craftax` for, which answers with the report that is there."""
    calls = []

    def bench(env, learner, **settings):
        calls.append((env.name, learner, settings))
        return report

    monkeypatch.setattr(craftax_bench, "bench_craftax", bench)
    return calls


def test_the_command_takes_world_preset_and_settings(asked, report, capsys):
    words = ["--env", "craftax-classic", "--preset", "minute", "--learner", "her", "--relabel", "all", "--repeat", "5"]
    assert main(["bench", "craftax", "--json", *words]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"preset": "minute", **report}
    assert "timing her in Craftax-Classic, preset minute" in err
    assert asked == [("craftax-classic", "her", {"repeat": 5, **preset("minute", "her"), "relabel": "all"})]


def test_the_command_prints_a_table_and_the_figures(asked, capsys, monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    assert main(["bench", "craftax", "--env", "craftax-classic"]) == 0
    assert asked == [("craftax-classic", "leo", {"repeat": 5, **preset("cpu")})]
    printed = capsys.readouterr().out
    for words in (*PARTS, "us per step", "x the paper's 37,000", "world alone", "% of an environment step", "MB ("):
        assert words in printed


def test_the_command_draws_where_the_time_goes(asked, report, capsys, tmp_path):
    assert main(["bench", "craftax", "--figure", str(tmp_path / "time.json")]) == 0
    (bars,) = json.loads((tmp_path / "time.json").read_text())["data"]
    assert bars["y"] == [row["part"] for row in report["rows"]]


@pytest.mark.parametrize(
    "words, message",
    [
        ("--env craftax-classik", 'unknown world "craftax-classik"; did you mean "craftax-classic"?'),
        ("--preset cpuu", 'unknown preset "cpuu"; did you mean "cpu"?'),
        ("--learner lio", 'unknown learner "lio"; did you mean "leo"?'),
        ("--repeat 0 --env craftax-classic", "repeat must be at least 1, got 0"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, words, message):
    assert main(["bench", "craftax", *words.split()]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
