"""Runs in a directory: killed at any moment and resumed, they end as if nothing had happened; nothing is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from leo_lab import LabError, load, make, save
from leo_lab.training import finish
from leo_lab.training.runs import stream_into
from small import BRIEF, MAP, STEPS_301, assert_same_state

MANY = 61  # chunks: a checkpoint after nearly every fifth iteration


class Killed(BaseException):
    """Stands in for a signal that nothing can catch."""


@pytest.fixture(scope="module")
def env():
    return make("gridworld", map=MAP)


def into(directory, env, **options):
    return stream_into(directory, env, **{"steps": STEPS_301, "seed": 1, "chunks": 4, **BRIEF, **options})


@pytest.fixture(scope="module")
def held(env, tmp_path_factory):
    """A directory that holds a whole run."""
    directory = tmp_path_factory.mktemp("runs") / "new" / "run"
    finish(into(directory, env))
    return directory


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def rows(directory):
    """The lines of metrics.jsonl, strictly JSON, without their seconds."""

    def strict(name):
        raise ValueError(name)

    lines = (directory / "metrics.jsonl").read_text().splitlines()
    parsed = [json.loads(line, parse_constant=strict) for line in lines]
    assert all(row.pop("seconds") >= 0 for row in parsed)
    return parsed


def test_every_snapshot_is_on_disk_before_it_is_seen(env, tmp_path):
    for number, snapshot in enumerate(into(tmp_path, env)):
        assert_same_state(load(tmp_path), snapshot.run)
        assert len(rows(tmp_path)) == number
        assert sorted(contents(tmp_path)) == ["checkpoint.safetensors", "metrics.jsonl"]
    assert number == 4 and snapshot.run.finished
    assert [row["iteration"] for row in rows(tmp_path)] == [76, 152, 228, 301]


def test_nothing_is_written_before_the_first_snapshot(env, tmp_path):
    into(tmp_path / "run", env)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call, which", [("fsync", 1), ("fsync", 4), ("replace", 1), ("replace", 2), ("replace", 5)])
def test_killed_at_any_write_it_goes_on_to_the_same_end(env, held, tmp_path, monkeypatch, call, which):
    """Each snapshot writes twice, checkpoint and metrics; the process dies in one of those writes, leaving its half."""
    original, count = getattr(os, call), 0

    def deadly(*args):
        nonlocal count
        count += 1
        if count == which:
            raise Killed
        return original(*args)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, call, deadly)
        patch.setattr("pathlib.Path.unlink", lambda *_, **__: None)  # the dead clean nothing up
        finish(into(tmp_path, env))
    (partial,) = tmp_path.glob(".*.partial")
    partial.rename(tmp_path / ".checkpoint.safetensors.1.partial")  # a process that has another number
    run = finish(into(tmp_path, env, resume=True))
    assert_same_state(run, load(held))
    assert_same_state(load(tmp_path), run)
    assert rows(tmp_path) == rows(held)
    assert sorted(contents(tmp_path)) == ["checkpoint.safetensors", "metrics.jsonl"]


def test_resuming_a_finished_run_changes_nothing(env, held, tmp_path):
    finish(into(tmp_path, env))
    before = load(tmp_path)
    assert finish(into(tmp_path, env, resume=True)).finished
    assert_same_state(load(tmp_path), before)
    assert rows(tmp_path) == rows(held)
    assert load(tmp_path).seconds == before.seconds


def test_resume_in_an_empty_place_starts(env, held, tmp_path):
    finish(into(tmp_path / "not" / "there", env, resume=True))
    assert_same_state(load(tmp_path / "not" / "there"), load(held))


def test_resume_needs_no_settings_but_the_name_of_the_environment(env, held, tmp_path):
    stream = into(tmp_path, env)
    for _ in range(2):
        next(stream)
    run = finish(stream_into(tmp_path, "gridworld", resume=True))
    assert run.env.spec == env.spec
    assert_same_state(run, load(held))


def test_the_same_map_under_another_title_is_the_same_map(held):
    renamed = make("gridworld", map=MAP, title="copy of it")
    assert next(into(held, renamed, resume=True)).run.finished


def test_a_run_is_neither_replaced_nor_continued_unasked(env, held):
    before = contents(held)
    with pytest.raises(LabError, match="already holds a run; continue it with --resume, or choose another directory"):
        into(held, env)
    assert contents(held) == before


def test_a_run_is_replaced_on_request(env, held, tmp_path):
    finish(into(tmp_path, env, seed=5))
    finish(into(tmp_path, env, overwrite=True))
    assert_same_state(load(tmp_path), load(held))


MOVED = MAP.replace("..#..#", "..#.##")  # one more wall
OTHERS = {
    "steps": ({"steps": 5}, f"steps = {STEPS_301}, but 5 was asked for"),
    "seed": ({"seed": 2}, "seed = 1, but 2 was asked for"),
    "setting": ({"width": 32}, "width = 16, but 32 was asked for"),
    "a setting's name": ({"widht": 32}, 'unknown setting "widht"; did you mean "width"?'),
    "learner": ({"learner": "ppo"}, "learner = leo, but ppo was asked for"),
    "map": ({"env": {"map": "maze"}}, "map = map, but maze was asked for"),
    "a map of the same name": ({"env": {"map": MOVED}}, "map = map, but another map of that name was"),
    "time limit": ({"env": {"map": MAP, "max_steps": 90}}, "max_steps = 200, but 90 was asked for"),
    "environment": ({"env": "craftax"}, "environment = gridworld, but craftax was asked for"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_another_run_than_the_one_held_is_refused(env, held, case):
    options, message = OTHERS[case]
    options = dict(options)
    world = options.pop("env", env)
    world = make("gridworld", **world) if isinstance(world, dict) else world
    before = contents(held)
    with pytest.raises(LabError) as caught:
        into(held, world, resume=True, **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert contents(held) == before


def test_a_damaged_checkpoint_is_not_replaced(env, held, tmp_path):
    content = (held / "checkpoint.safetensors").read_bytes()[:-9]
    (tmp_path / "checkpoint.safetensors").write_bytes(content)
    for options in ({"resume": True}, {}):
        with pytest.raises(LabError, match=r"truncated or not a checkpoint|already holds a run"):
            into(tmp_path, env, **options)
    assert contents(tmp_path) == {"checkpoint.safetensors": content}


def test_a_light_run_cannot_be_resumed(env, held, tmp_path):
    save(load(held), tmp_path, light=True)
    with pytest.raises(LabError, match="parameters only, so it cannot go on"):
        into(tmp_path, env, resume=True)


def test_a_directory_that_is_a_file_is_refused(env, tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(LabError, match="run is a file; choose a directory"):
        into(tmp_path / "run", env)
    assert (tmp_path / "run").read_text() == "mine"


# Real processes, real signals ---------------------------------------------------------------------------------------


def command(directory, map_file):
    options = [item for name, value in BRIEF.items() for item in (f"--{name.replace('_', '-')}", str(value))]
    where = ["gridworld", "--map", str(map_file), "--out", str(directory), "--resume", "--seed", "7"]
    length = ["--steps", str(STEPS_301), "--chunks", str(MANY)]
    return [str(Path(sys.executable).with_name("leo-lab")), "train", *where, *length, *options]


def kill_after(process, directory, lines, pause):
    """Kills a process once so many chunks are on disk, and a moment later; says how far it really came."""
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        path = directory / "metrics.jsonl"
        if path.exists() and path.read_text().count("\n") >= lines:
            time.sleep(pause)
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    return process.wait()


@pytest.mark.slow
def test_killed_for_real_and_resumed_it_ends_bit_for_bit_the_same(tmp_path):
    map_file, whole, killed = tmp_path / "small.txt", tmp_path / "whole", tmp_path / "killed"
    map_file.write_text(MAP)
    luck, lines, deaths = random.Random(os.urandom(8)), 0, 0
    for _ in range(2):
        lines += luck.randint(1, 15)
        process = subprocess.Popen(command(killed, map_file), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deaths += kill_after(process, killed, lines, luck.uniform(0, 0.05)) == -signal.SIGKILL
        lines = len(rows(killed))
        assert load(killed).iteration >= 4 * lines
    assert deaths == 2 and lines < MANY
    subprocess.run(command(killed, map_file), check=True, capture_output=True, timeout=300)

    env = make("gridworld", map=str(map_file))
    straight = finish(stream_into(whole, env, steps=STEPS_301, seed=7, chunks=MANY, **BRIEF))
    assert straight.finished
    assert_same_state(load(killed), straight)
    assert rows(killed) == rows(whole)
    assert sorted(contents(killed)) == ["checkpoint.safetensors", "metrics.jsonl"]
    np.testing.assert_array_equal(load(killed).values().q, straight.values().q)
