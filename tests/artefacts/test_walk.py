"""The record of a walk: what it derives, what it refuses, and its files."""

import dataclasses

import numpy as np
import pytest

from leo_lab.artefacts.files import shipped
from leo_lab.artefacts.plane import Plane
from leo_lab.artefacts.walk import BodyLayer, ViewLayer, Walk, load_walk
from leo_lab.errors import LabError

PLANE = Plane((0.0, 0.0, 4.0, 3.0), np.zeros((0, 4), np.float32), np.float32([[1, 1], [3, 1]]), ("a", "b"), 0.5, "m")


def walk(**changes):
    """Three steps, two for goal 1, which is achieved at time 2, and one for goal 0."""
    achieved = np.array([[True, False], [False, False], [False, True], [False, False]])
    given = {
        "action": [0, 1, 1],
        "goal": [1, 1, 0],
        "achieved": achieved,
        "v": np.linspace(0, 1, 8).reshape(4, 2),
        "best": np.zeros((4, 2), int),
        "goal_names": ("a", "b"),
        "action_names": ("left", "right"),
        "gamma": 0.9,
        "title": "walk",
    }
    return Walk(**{**given, **changes})


def body(**changes):
    """It comes within the radius of the third place that is asked for, exactly."""
    given = {
        "plane": PLANE,
        "place": [[0, 0], [1, 0], [1, 0.6], [3, 3]],
        "limbs": np.zeros((4, 5, 2, 2)),
        "desired": [[1, 0.1], [1, 1.1], [3, 2.5]],
        "direction": np.zeros((4, 2, 2)),
        "step_seconds": 0.1,
    }
    return BodyLayer(**{**given, **changes})


def view():
    blocks = np.arange(4 * 2 * 3).reshape(4, 2, 3)
    return ViewLayer(blocks, blocks, np.arange(4), np.ones((4, 1)), ("grass",), ("none", "cow"), ("health",))


def test_a_walk_knows_when_it_arrived():
    found = walk()
    assert found.steps == 3 and found.commanded.tolist() == [1, 1, 1, 0]
    assert found.arrived.tolist() == [False, True, False] and found.reached == 1
    assert found.first_reached().tolist() == [-1, 2]


def test_a_body_arrives_at_the_places_that_were_asked_for():
    found = walk(action=np.zeros((3, 2)), best=None, body=body())
    assert found.arrived.tolist() == [True, True, True] and found.reached == 3
    assert walk(body=body(desired=[[1, 0.1], [1, 1.2], [0, 0]])).reached == 1


def test_arrays_get_their_types():
    found = walk(cell=[3, 4, 5, 5], body=body(), view=view())
    assert [getattr(found, name).dtype.name for name in ("action", "goal", "achieved", "v", "best", "cell")] == [
        "int32", "int32", "bool", "float32", "uint8", "int32"
    ]  # fmt: skip
    assert {getattr(found.body, name).dtype.name for name in ("place", "limbs", "desired", "direction")} == {"float32"}
    assert {getattr(found.view, name).dtype.name for name in ("blocks", "things", "direction", "stats")} == {"uint8"}
    assert walk(action=np.zeros((3, 2))).action.dtype == np.float32


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: walk(goal=[]), "a walk has at least one step, got none"),
        (lambda: walk(goal=[1, 1, 2]), "a walk's goals are numbered 0 to 1, got 1 to 2"),
        (lambda: walk(goal=[1, -1, 0]), "a walk's goals are numbered 0 to 1, got -1 to 1"),
        (lambda: walk(action=[0, 1]), r"a walk's action must be \[3\], got \[2\]"),
        (lambda: walk(action=np.zeros((3, 5))), r"a walk's action must be \[3, 2\], got \[3, 5\]"),
        (lambda: walk(v=np.zeros((3, 2))), r"a walk's v must be \[4, 2\], got \[3, 2\]"),
        (lambda: walk(best=np.zeros(4)), r"a walk's best must be \[4, 2\], got \[4\]"),
        (lambda: walk(cell=[0, 1]), r"a walk's cell must be \[4\], got \[2\]"),
        (lambda: walk(body=body(place=np.zeros((3, 2)))), r"a walk's place must be \[4, 2\], got \[3, 2\]"),
        (lambda: walk(body=body(limbs=np.zeros(4))), r"a walk's limbs must be \[4, 2, 2\], got \[4\]"),
        (
            lambda: walk(view=dataclasses.replace(view(), things=np.zeros((4, 3, 2)))),
            r"a walk's things must be \[4, 2, 3\], got \[4, 3, 2\]",
        ),
        (
            lambda: walk(view=dataclasses.replace(view(), stat_names=())),
            r"a walk's stats must be \[4, 0\], got \[4, 1\]",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(make, message):
    with pytest.raises(LabError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def leaves(record, prefix=""):
    """All fields of a walk and its layers, by dotted names."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            yield from leaves(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, value


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"cell": [3, 4, 5, 5], "body": body(), "view": view()},
        {"action": np.ones((3, 2)) / 3, "best": None, "body": body(), "title": "a body"},
        {"v": np.linspace(-9, 3, 8).reshape(4, 2), "scale": "distance"},
    ],
)
def test_all_layers_are_kept_in_a_file(changes, tmp_path):
    before = walk(**changes)
    after = load_walk(before.save(tmp_path / "deep" / "walk.npz"))
    found = dict(leaves(after))
    for name, value in leaves(before):
        if name == "v" and after.scale == "hit":
            assert np.abs(found[name] - value).max() <= 0.5 / 65535 + 1e-7
        else:
            assert np.array_equal(found[name], value), name
        assert getattr(found[name], "dtype", None) == getattr(value, "dtype", None), name
    assert len(found) == len(list(leaves(before)))


def test_shipped_walks_are_read():
    found = load_walk(shipped("traces", "craftax_classic_block_map_WATER_up.npz"))
    assert found.steps == 4 and found.reached == 1 and found.view.blocks.shape == (5, 7, 9)
    assert found.goal_names[found.goal[0]] == "block_map/WATER_up" and found.arrived[-1]
    assert found.cell is None and found.body is None and found.scale == "hit"


@pytest.mark.parametrize("content", [None, b"no", b""])
def test_a_missing_or_damaged_file_is_one_line(content, tmp_path):
    path = tmp_path / "walk.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabError) as error:
        load_walk(path)
    assert "\n" not in str(error.value) and "walk.npz" in str(error.value)


def test_a_file_that_lacks_a_part_is_one_line(tmp_path):
    path = walk(cell=[1, 1, 1, 1]).save(tmp_path / "walk.npz")
    with np.load(path) as file:
        arrays = dict(file)
    for name in ("v", "goal", "header"):
        np.savez(path, **{key: value for key, value in arrays.items() if key != name})
        with pytest.raises(LabError, match="not a walk, or a damaged one"):
            load_walk(path)
