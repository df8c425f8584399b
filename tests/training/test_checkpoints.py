"""Runs on disk: they come back bit for bit, and a damaged, foreign or hostile file is one line of error."""

import dataclasses
import json
import pickle

import jax
import numpy as np
import pytest
import safetensors
import safetensors.numpy

from leo_lab import LabError, evaluate, load, make, save, stream
from leo_lab.training import checkpoints, continue_stream
from small import BRIEF, MAP, STEPS_301, assert_same_state, leaves


@pytest.fixture(scope="module")
def halfway():
    """A run after 8 of 301 iterations."""
    snapshots = stream(make("gridworld", map=MAP, title="small"), steps=STEPS_301, seed=2, chunks=76, **BRIEF)
    return [next(snapshots) for _ in range(3)][-1].run


@pytest.fixture(scope="module")
def whole_file(halfway, tmp_path_factory):
    return save(halfway, tmp_path_factory.mktemp("run")).read_bytes()


def parts(content):
    """The header's text and the tensors of a checkpoint's bytes."""
    tensors = safetensors.numpy.load(content)
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + size])["__metadata__"]["leo_lab"], tensors


def resealed(text, tensors):
    """A file with this header and these tensors whose checksum is right."""
    return safetensors.numpy.save(tensors, {"leo_lab": text, "sha256": checkpoints._digest(text, tensors)})


def refused(tmp_path, content, message):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(content)
    with pytest.raises(LabError) as caught:
        load(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert message in str(caught.value)
    assert path.read_bytes() == content


def test_a_run_comes_back_bit_for_bit(halfway, tmp_path):
    assert save(halfway, tmp_path) == tmp_path / "checkpoint.safetensors"
    back = load(tmp_path)
    assert_same_state(back, halfway)
    np.testing.assert_equal(back.metrics, halfway.metrics)  # with its nan, which JSON does not know
    assert any(np.isnan(row["commanded_success"]) for row in back.metrics)
    for name in ("seed", "seconds", "compile_seconds", "config", "iteration", "env_steps", "finished", "resumable"):
        assert getattr(back, name) == getattr(halfway, name), name
    assert back.program.steps == halfway.program.steps == STEPS_301
    assert (back.env.name, back.env.spec, back.env.title) == ("gridworld", halfway.env.spec, "small")
    assert back.values().title == halfway.values().title
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_a_run_goes_on_from_its_file_as_if_never_saved(halfway, tmp_path):
    save(halfway, tmp_path)
    *_, straight = continue_stream(halfway, chunks=1)
    *_, resumed = continue_stream(load(tmp_path), chunks=2)
    assert resumed.run.finished
    assert_same_state(straight.run, resumed.run)


def test_a_light_run_holds_the_parameters_only_and_cannot_go_on(trained, tmp_path):
    full, light = save(trained, tmp_path / "full"), save(trained, tmp_path / "light.safetensors", light=True)
    assert light == tmp_path / "light.safetensors"
    assert light.stat().st_size < 0.4 * full.stat().st_size  # Adam keeps two more numbers for each parameter
    assert all(name.startswith("learner.params.") for name in safetensors.numpy.load_file(light))
    back = load(light)
    assert back.values().q.tobytes() == trained.values().q.tobytes()
    assert back.values().title == trained.values().title
    assert evaluate(back).summary() == evaluate(trained).summary()
    assert back.metrics == trained.metrics and back.finished and not back.resumable
    with pytest.raises(LabError, match="holds the agent's parameters only, so it cannot go on"):
        continue_stream(back)


def test_a_light_run_stays_light_when_it_is_saved_again(halfway, tmp_path):
    light = load(save(halfway, tmp_path / "light.safetensors", light=True))
    again = load(save(light, tmp_path / "again.safetensors"))
    assert not again.resumable  # what its actors were doing was never in the file
    assert again.values().q.tobytes() == halfway.values().q.tobytes()


def test_parameters_of_half_precision_are_near_enough_to_be_looked_at(trained, tmp_path):
    light = save(trained, tmp_path / "light.safetensors", light=True)
    half = save(trained, tmp_path / "half.safetensors", light=True, half=True)
    tensors = safetensors.numpy.load_file(half)
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float16)}
    assert half.stat().st_size < 0.6 * light.stat().st_size
    back = load(half)
    assert back.values().q.dtype == np.float32 and not back.resumable
    np.testing.assert_allclose(back.values().q, trained.values().q, atol=0.01)
    assert evaluate(back).success_all_pairs >= 0.99
    again = load(save(back, tmp_path / "again.safetensors", half=True))
    assert again.values().q.tobytes() == back.values().q.tobytes()


def test_half_precision_is_only_for_what_is_looked_at(halfway, tmp_path):
    with pytest.raises(LabError, match="half = True loses what a run needs to go on; say light = True, too"):
        save(halfway, tmp_path, half=True)
    params = jax.tree.map(lambda leaf: leaf + 1e5, halfway.state.learner.params)
    state = halfway.state._replace(learner=halfway.state.learner._replace(params=params))
    with pytest.raises(LabError, match=r"learner.params.\S+ holds numbers up to 1e\+05, too large for half = True"):
        save(dataclasses.replace(halfway, state=state), tmp_path, light=True, half=True)
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_another_environment_says_what_it_is(halfway, tmp_path):
    path = save(halfway, tmp_path)
    assert load(path, env="gridworld").env.name == "gridworld"
    with pytest.raises(LabError, match='unknown environment "gridwrld"; did you mean "gridworld"'):
        load(path, env="gridwrld")
    with pytest.raises(
        LabError, match="agent of gridworld with 21 goals and 4 actions, not of craftax-classic with 136"
    ):
        load(path, env="craftax-classic")


def test_runs_given_numpy_numbers_can_be_saved(tmp_path):
    run = next(stream(make("gridworld", map=MAP), steps=np.int64(100), seed=np.int64(3), **BRIEF)).run
    back = load(save(run, tmp_path))
    assert (back.seed, back.program.steps) == (3, 100)


def test_an_interrupted_save_leaves_the_old_file_whole(halfway, tmp_path, monkeypatch):
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"old")

    def die(*_):
        raise KeyboardInterrupt

    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(f"os.{call}", die)
            save(halfway, path)
        assert path.read_bytes() == b"old"
        assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_truncated_file_is_refused(whole_file, tmp_path):
    header = 8 + int.from_bytes(whole_file[:8], "little")
    size = len(whole_file)
    for length in (0, 1, 7, 8, 9, header // 2, header - 1, header, header + 1, size // 2, size - 1):
        refused(tmp_path, whole_file[:length], "truncated or not a checkpoint")
    refused(tmp_path, whole_file + b"\0", "truncated or not a checkpoint")


def test_one_changed_byte_anywhere_is_noticed(whole_file, tmp_path):
    """Every 11th byte of the header, every 401st of the data, with one bit or all bits changed."""
    header = 8 + int.from_bytes(whole_file[:8], "little")
    path = tmp_path / "checkpoint.safetensors"
    for place in (*range(0, header, 11), *range(header, len(whole_file), 401)):
        for flip in (0x01, 0xFF):
            changed = bytearray(whole_file)
            changed[place] ^= flip
            path.write_bytes(changed)
            with pytest.raises(LabError, match=r"checkpoint\.safetensors: ") as caught:
                load(path)
            assert "\n" not in str(caught.value)


def test_each_way_of_altering_says_so(whole_file, tmp_path):
    text, tensors = parts(whole_file)
    name = "learner.params.head.bias"
    altered = {**tensors, name: tensors[name] + np.float32(1)}
    digest = {"sha256": checkpoints._digest(text, tensors)}
    seed = text.replace('"seed": 2', '"seed": 4')
    assert seed != text
    refused(tmp_path, safetensors.numpy.save(altered, {"leo_lab": text, **digest}), "its checksum does not match")
    refused(tmp_path, safetensors.numpy.save(tensors, {"leo_lab": seed, **digest}), "its checksum does not match")
    refused(tmp_path, safetensors.numpy.save(tensors, {"leo_lab": text}), "its checksum does not match")
    refused(tmp_path, safetensors.numpy.save(tensors, {"leo_lab": "{", **digest}), "its checksum does not match")
    refused(tmp_path, safetensors.numpy.save(tensors, digest), "a safetensors file, but not one of leo-lab")
    refused(tmp_path, safetensors.numpy.save(tensors), "a safetensors file, but not one of leo-lab")


def test_another_format_is_told_apart_from_damage(whole_file, tmp_path):
    text, tensors = parts(whole_file)
    newer = text.replace(checkpoints.FORMAT, "leo-lab run 99")
    content = safetensors.numpy.save(tensors, {"leo_lab": newer, "sha256": "another way of counting"})
    refused(tmp_path, content, f'written as "leo-lab run 99", this version reads "{checkpoints.FORMAT}"')


HEADERS = {
    "another environment": (("env", "name"), "crafter", 'unknown environment "crafter"'),
    "another learner": (("learner", "name"), "sarsa", 'unknown learner "sarsa"'),
    "another map": (("env", "options", "map"), "S..\n...\n", "it belongs to another environment"),
    "another width": (("learner", "config", "width"), 32, "it belongs to another environment, learner or version"),
    "a setting of the future": (("learner", "config", "dropout"), 0.1, 'unknown setting of leo "dropout"'),
    "steps in words": (("steps",), "many", "steps must be a whole number"),
    "no environment": (("env",), None, "its header was not written by leo-lab"),
    "no metrics": (("metrics",), None, "its header was not written by leo-lab"),
    "a list": ((), [], "its header was not written by leo-lab"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_file_of_another_world_is_refused(whole_file, tmp_path, case):
    keys, value, message = HEADERS[case]
    text, tensors = parts(whole_file)
    header = place = json.loads(text)
    for key in keys[:-1]:
        place = place[key]
    if keys:
        place[keys[-1]] = value
    refused(tmp_path, resealed(json.dumps(header if keys else value), tensors), message)


def test_a_missing_tensor_is_named(whole_file, tmp_path):
    text, tensors = parts(whole_file)
    del tensors["source.goal"]
    refused(tmp_path, resealed(text, tensors), "source.goal is missing, expected int32[16]")


def test_nothing_in_a_file_is_executed(tmp_path):
    trap = tmp_path / "sprung"

    class Trap:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    refused(tmp_path, pickle.dumps(Trap()), "truncated or not a checkpoint")
    assert not trap.exists()


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(LabError, match=r"nowhere/checkpoint.safetensors: no such file"):
        load(tmp_path / "nowhere")
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(LabError, match="no such file"):
        load(tmp_path / "folder.safetensors")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LabError, match="cannot be written"):
        save(train_nothing(), tmp_path / "file")


def train_nothing():
    return next(stream(make("gridworld", map=MAP), steps=1, **BRIEF)).run


def test_every_tensor_of_the_state_is_in_the_file(halfway, whole_file):
    assert len(parts(whole_file)[1]) == len(leaves(halfway)) > 20
