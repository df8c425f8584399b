"""The command with Craftax-Classic: one tiny run, and all that is done with it."""

import contextlib
import dataclasses
import inspect
import io
import json

import jax
import numpy as np
import pytest

from leo_lab import LabError, load, make, save
from leo_lab.artefacts.walk import load_walk
from leo_lab.cli.app import main, parse
from leo_lab.cli.options import world_options
from leo_lab.scores import Trials
from leo_lab.training.presets import PRESET_WORLDS, preset, starting_settings
from leo_lab.walks.tours import FIRST_STEPS, tour
from small import MAP

STEPS, SIZES = 6 * 64, {"num_envs": 16, "unroll": 4, "minibatch": 32, "width": 16}  # six iterations
OPTIONS = [word for name, size in SIZES.items() for word in (f"--{name.replace('_', '-')}", size)]
TRAIN = ["train", "craftax-classic", "--preset", "cpu", "--steps", STEPS, "--chunks", 2, *OPTIONS]


@pytest.fixture(scope="module")
def trained_on(tmp_path_factory):
    """The directory of the run, and what the command printed."""
    out, printed = tmp_path_factory.mktemp("run"), io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main([str(word) for word in [*TRAIN, "--out", out]]) == 0
    return out, printed.getvalue()


@pytest.fixture(scope="module")
def agent(trained_on):
    """The run as it is loaded, which takes seconds."""
    return load(trained_on[0])


@pytest.fixture
def held(trained_on, agent, monkeypatch):
    """The directory of the run, which is not read again."""
    monkeypatch.setattr("leo_lab.training.checkpoints.load", lambda path, part=None: agent)
    monkeypatch.setattr("leo_lab.training.runs.load_any", lambda path, known=None: agent)
    return trained_on[0]


def parsed(*words):
    """The arguments of the command, by name."""
    command = parse([str(word) for word in words])
    return {**inspect.signature(command.func).bind(*command.args, **command.keywords).arguments}


def started(*words, resumes=False):
    """The settings that a run of `train` with these words begins with, and the line about them."""
    args = parsed("train", *words, "--out", "x")
    given = {name: args[name] for name in ("steps", "seed") if args.get(name) is not None} | args["settings"]
    return starting_settings(args["env"], args["learner"] or "leo", args["preset"], given, resumes=resumes)


# Training -----------------------------------------------------------------------------------------------------------


def test_training_says_settings_speed_time_left_and_success_by_group(trained_on):
    directory, printed = trained_on
    first, *chunks, last, _ = printed.splitlines()
    assert first.startswith("preset cpu: a first look without a GPU, some minutes on two cores (or --")
    assert len(chunks) == 2 and "leo on Craftax-Classic: 384 steps" in last
    for steps, line in zip((192, 384), chunks, strict=True):
        assert line.startswith(f"{steps} steps, ") and "steps/s, 0:00:" in line
        for group in ("inventory", "tools", "block_map", "mob_map"):
            assert f"{group} " in line.partition("success: ")[2]
    rows = [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]
    assert [row["iteration"] for row in rows] == [3, 6]
    assert all(set(row) >= {"success/inventory", "success/mob_map", "commanded_success"} for row in rows)


def test_a_preset_gives_way_to_what_is_said(agent):
    expected = {**preset("cpu"), **SIZES}
    assert {name: agent.settings[name] for name in expected} == expected


@pytest.mark.parametrize(
    "words, resumes, steps, settings",
    [
        ("", False, 3 * 10**6, preset("cpu")),
        ("--preset minute", False, 5 * 10**6, preset("minute")),
        ("--preset paper --learner her --steps 1e3 --width 8", False, 1000, {**preset("paper", "her"), "width": 8}),
        ("", True, None, {}),
        ("--width 8", True, None, {"width": 8}),
        ("--preset minute", True, None, preset("minute")),
    ],
)
def test_what_is_asked_for_follows_from_preset_and_options(monkeypatch, words, resumes, steps, settings):
    monkeypatch.setattr("jax.default_backend", lambda: "cpu")
    asked, line = started("craftax-classic", *words.split(), resumes=resumes)
    assert asked == {**({} if steps is None else {"steps": steps}), **settings}
    assert line.startswith("preset ") == ("width" in settings and settings != {"width": 8})


def test_a_gpu_gets_the_paper_and_a_gridworld_nothing(monkeypatch):
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    asked, line = started("craftax")
    assert asked == {"steps": 10**9, **preset("paper")} and line.startswith("preset paper: a billion")
    assert started("gridworld") == ({}, "")
    asked, _ = started("gridworld", "--preset", "cpu")
    assert "steps" not in asked and asked["num_envs"] == 64


def test_resuming_compares_with_the_preset_that_was_asked_for(fail, call, held):
    words = ["train", "craftax-classic", "--resume", "--out", held]
    assert "holds a run with num_envs = 16, but 64 was asked for" in fail(*words, "--preset", "cpu")
    assert "384 steps" in call(*words, *OPTIONS, "--preset", "cpu")
    assert "environment = craftax-classic, but craftax was" in fail("train", "craftax", "--resume", "--out", held)


@pytest.mark.parametrize("option", ["map", "size", "map-seed", "slip"])
def test_craftax_has_no_maps(fail, tmp_path, option):
    value = "maze" if option == "map" else "3"
    message = fail("train", "craftax", f"--{option}", value, "--out", tmp_path / "run")
    assert f"craftax has no --{option}, which is for gridworld" in message
    assert list(tmp_path.iterdir()) == []


def test_the_time_limit_can_be_chosen(fail, tmp_path):
    args = parsed("train", "craftax-classic", "--max-steps", 2000, "--out", "x")
    options = world_options("craftax-classic", args["world"])
    assert make("craftax-classic", **options).max_steps == 2000 and args["settings"] == {}
    message = fail("train", "craftax-classic", "--max-steps", 1000, "--out", tmp_path / "run")
    assert "max_steps must be above 1000, got 1000" in message


def test_a_full_gpu_says_what_to_halve(fail, capsys, monkeypatch, tmp_path):
    def full(*_):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 99999999 bytes.")

    monkeypatch.setattr("leo_lab.training.program.Program.compile", full)
    (tmp_path / "small.txt").write_text(MAP)
    words = ["train", "gridworld", "--map", tmp_path / "small.txt", "--out", tmp_path / "run", "--steps", 128, *OPTIONS]
    assert main([str(word) for word in words]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "is full with num_envs = 16 and minibatch = 32; halve num_envs, then minibatch" in error


def test_other_errors_of_xla_are_not_hidden(monkeypatch, tmp_path):
    def broken(*_):
        raise jax.errors.JaxRuntimeError("INTERNAL: a bug")

    monkeypatch.setattr("leo_lab.training.program.Program.compile", broken)
    (tmp_path / "small.txt").write_text(MAP)
    words = ["train", "gridworld", "--map", tmp_path / "small.txt", "--out", tmp_path / "run", "--steps", 128, *OPTIONS]
    with pytest.raises(jax.errors.JaxRuntimeError, match="a bug"):
        main([str(word) for word in words])


# Looking at it ------------------------------------------------------------------------------------------------------


def test_trials_as_json(call, held):
    report = json.loads(call("evaluate", held, "--tries", 1, "--limit", 3, "--json"))
    assert (report["env"], report["env_steps"], report["tries"], report["limit"]) == ("craftax-classic", 384, 1, 3)
    assert list(report["groups"]) == ["inventory", "tools", "block_map", "mob_map", "all"]
    assert 0 <= report["success"] == report["groups"]["all"] < 0.1 and 0 < report["masked"] < 136
    assert len(report["goals"]) == 136
    row = next(row for row in report["goals"] if row["goal"] == "inventory/wood_3")
    numbers = {"tries", "success", "low", "high", "floor", "above_floor", "steps", "value", "return"}
    assert row.keys() == {"goal", "group", *numbers}
    assert row["success"] == row["floor"] == 0 and row["steps"] is None and 0 < row["value"] < 1
    assert (row["low"], row["high"]) == (0, pytest.approx(0.793, abs=1e-3)) and row["above_floor"] is False
    assert report["success_low"] <= report["success"] <= report["success_high"] and 0 <= report["floor"] < 0.1
    assert report["group_rows"][-1]["group"] == "all" and report["group_rows"][-1]["floor"] == report["floor"]


def test_trials_for_people(call, held, monkeypatch):
    names = tuple(f"inventory/wood_{i}" for i in range(12)) + tuple(f"tools/{i}" for i in range(8))
    hit = np.zeros((20, 2), bool)
    hit[3], hit[15, 0] = True, True
    asked = {}

    def tried(run, **options):
        asked.update(options)
        length, v, counted = np.full((20, 2), 7), np.linspace(0, 1, 40).reshape(20, 2), np.ones((20, 2), bool)
        counted[0] = False
        floor = Trials(names, hit & False, length, v, counted, 0.99, 9)
        return dataclasses.replace(floor, hit=hit, floor=floor)

    monkeypatch.setattr("leo_lab.scores.sheet.try_goals", tried)
    printed = call("evaluate", held)
    assert (asked["tries"], asked["limit"], asked["floor"]) == (4, 500, True)
    assert printed.startswith("LEO in Craftax-Classic, 384 steps")
    lines = printed.splitlines()
    assert next(line for line in lines if line.startswith("tools")).split() == [
        "tools",
        "8",
        "0.062",
        "0.011-0.293",
        "0.000",
    ]
    assert next(line for line in lines if line.startswith("all")).split()[:3] == ["all", "19", "0.079"]
    best = lines[lines.index("the 8 best goals") + 3]
    assert best.split()[:5] == ["inventory/wood_3", "1.000", "0.342-1.000", "0.000", "7.000"]
    worst = lines[next(i for i, line in enumerate(lines) if line.startswith("the 8 worst goals")) + 3]
    assert worst.split() == ["tools/7", "0.000", "0.000-0.658", "0.000", "-", "0.987", "0.000"]
    assert lines[-1] == "2 of 40 tries do not count, where the goal held from the first; of 1 goals none does"


def test_values_of_all_states_are_refused(fail, held, tmp_path):
    for more in ([], ["--exact"]):
        message = fail("values", held, "--out", tmp_path / "q.npz", *more)
        assert "Craftax-Classic: its states cannot be listed" in message and "rollout DIR --out FILE.npz" in message


@pytest.fixture(scope="module")
def walked(trained_on, agent, tmp_path_factory):
    """A trace that the command wrote, and what it printed."""
    path, printed = tmp_path_factory.mktemp("walk") / "deep" / "walk.npz", io.StringIO()
    words = ["rollout", trained_on[0], "--goal", "inventory/wood_3", "--goal", "TREE_left", "--limit", 5, "--out", path]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr("leo_lab.training.checkpoints.load", lambda path, part=None: agent)
        assert main([str(word) for word in words]) == 0
    return path, printed.getvalue()


def test_a_walk_is_kept_as_a_trace(walked, agent):
    path, printed = walked
    trace = load_walk(path)
    assert "of 2 goals reached in 5 steps" in printed
    assert trace.goal_names == agent.env.goals.names and trace.steps == 5
    assert trace.goal_names[trace.goal[0]] == "inventory/wood_3"


def test_a_walk_as_a_video(call, held, tmp_path):
    printed = call("rollout", held, "--goal", "inventory/wood_3", "--limit", 3, "--out", tmp_path / "new" / "w.mp4")
    assert "0 of 1 goals reached in 3 steps" in printed
    assert (tmp_path / "new" / "w.mp4").stat().st_size > 1000


def test_a_page_holds_the_walk_and_all_goals(call, held, walked, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        "leo_lab.walks.tours.walk", lambda run, goals, places: asked.append(goals) or load_walk(walked[0])
    )
    call("export", held, "--goal", "TREE_left", "--out", tmp_path / "deep" / "walk.html")
    text = (tmp_path / "deep" / "walk.html").read_text("utf-8")
    assert asked == [("TREE_left",)]
    for needed in ("LEO in Craftax-Classic", "All goals", "training success", "first reached"):
        assert needed in text


def test_the_goals_of_a_walk_unless_told_are_in_both_worlds():
    for name in PRESET_WORLDS:
        goals = make(name).goals
        assert [goals.names[goal] for goal in tour(make(name))] == list(FIRST_STEPS)


WRONG = {
    "goal": (
        "rollout AGENT --goal inventory/wod_3 --out OUT/w.mp4",
        'goal "inventory/wod_3"; did you mean "inventory/w',
    ),
    "goal of a page": ("export AGENT --goal tools/pick --out OUT/w.html", 'unknown goal "tools/pick"; did you mean "'),
    "video": ("rollout AGENT --out OUT/w.avi", 'unknown video format ".avi"'),
    "limit": ("rollout AGENT --limit 0 --out OUT/w.npz", "limit must be at least 1, got 0"),
    "tries": ("evaluate AGENT --tries 0", "tries must be at least 1, got 0"),
    "preset": ("train craftax --preset papr --out OUT/run", 'unknown preset "papr"; did you mean "paper"?'),
    "every": ("train gridworld --every 0 --steps 128 --out OUT/run", "every must be above 0 seconds, got 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(fail, held, tmp_path, case):
    line, message = WRONG[case]
    assert message in fail(*line.replace("AGENT", str(held)).replace("OUT", str(tmp_path)).split())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_small_file_of_half_precision(agent, tmp_path):
    path = save(agent, tmp_path / "agent.safetensors", light=True, half=True)
    back = load(path, env="craftax-classic")
    assert back.state.source is None and not back.resumable
    for old, new in zip(*(jax.tree.leaves(run.state.learner.params) for run in (agent, back)), strict=True):
        assert new.dtype == np.float32
        np.testing.assert_allclose(new, old, rtol=1e-3, atol=1e-6)
    with pytest.raises(
        LabError, match="agent of craftax-classic with 136 goals and 17 actions, not of craftax with 512"
    ):
        load(path, env="craftax")
