"""The artefact: what it derives, what it refuses, and files that nothing can make it execute."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from leo_lab.artefacts.values import AllGoalsValues
from leo_lab.errors import LabError


def table(**changes):
    """Two states, three goals, two actions."""
    q = [[[0.5, 0.25], [0.0, 0.0], [1.0, 1.0]], [[0.125, 0.25], [0.5, 0.0], [0.0, 0.5]]]
    fields = {
        "q": np.array(q, np.float32),
        "state_names": ("r0c0", "r0c2"),
        "goal_names": ("g/a", "g/b", "g/c"),
        "action_names": ("left", "right"),
        "gamma": 0.5,
        "state_positions": np.array([[0, 0], [0, 2]]),
        "goal_positions": np.array([[0, 0], [0, 2], [5, 6]]),
        "layout": ("S#.",),
        "start": 0,
        "title": "tiny é",
    }
    return AllGoalsValues(**{**fields, **changes})


FIELDS = ("state_names", "goal_names", "action_names", "gamma", "scale", "layout", "start", "title")


def assert_equal(left, right):
    assert all(getattr(left, name) == getattr(right, name) for name in FIELDS)
    for name in ("q", "state_positions", "goal_positions"):
        one, other = getattr(left, name), getattr(right, name)
        assert (one is None) == (other is None)
        assert one is None or (one.dtype == other.dtype and np.array_equal(one, other))


def test_goals_and_states_go_by_index_or_name():
    values = table(goal_names=("g/a", "g/b", "c"))
    assert values.goal_indices([1, "b", "g/b", np.int32(1), "c"]).tolist() == [1, 1, 1, 1, 2]
    assert values.goal_indices([0]).dtype == np.int32
    assert [values.state_index(state) for state in (1, "r0c2", np.int64(0))] == [1, 1, 0]


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda v: v.goal_indices(["d"]), 'unknown goal "d"; known: g/a'),
        (lambda v: v.goal_indices([3]), "goal 3 does not exist: there are 3, numbered from 0"),
        (lambda v: v.goal_indices([-1]), "goal -1 does not exist"),
        (lambda v: v.goal_indices([1.5]), "a goal is an index or a name, got 1.5"),
        (lambda v: v.goal_indices("a"), "goals must be a list of goals, got 'a'; write ['a']"),
        (lambda v: v.goal_indices(0), "goals must be a list of goals, got 0; write [0]"),
        (lambda v: v.goal_indices([]), "no goals to show"),
        (lambda v: v.state_index("r9c9"), 'unknown state "r9c9"'),
        (lambda v: v.state_index(2), "state 2 does not exist: there are 2, numbered from 0"),
    ],
)
def test_no_such_goal_or_state_is_one_line(call, message):
    with pytest.raises(LabError) as error:
        call(table())
    assert message in str(error.value)


def test_where_the_state_is_the_goals_own_place():
    assert table().at_goal.tolist() == [[True, False, False], [False, True, False]]
    assert not table(state_positions=None).at_goal.any()


def test_derived_arrays():
    values = table()
    assert values.v.tolist() == [[0.5, 0.0, 1.0], [0.25, 0.5, 0.5]]
    assert values.greedy().tolist() == [[0, 0, 0], [1, 0, 1]]
    assert values.greedy().dtype == np.int32
    assert values.steps().tolist() == [[2, np.inf, 1], [3, 2, 2]]
    assert values.v.dtype == values.steps().dtype == np.float32


def test_where_smaller_is_better_the_smallest_value_is_the_best():
    values = table(scale="distance")
    assert values.v.tolist() == [[0.25, 0.0, 1.0], [0.125, 0.0, 0.0]]
    assert values.greedy().tolist() == [[1, 0, 0], [0, 1, 0]]


def test_steps_go_through_the_scale():
    distance = table(scale="distance")
    np.testing.assert_allclose(distance.steps(), distance.v / np.log(2), rtol=1e-6)
    occupancy = table(scale="occupancy", self_occupancy=[0.5, 1.0, 1.0])
    assert occupancy.hit().tolist() == [[1, 0, 1], [0.5, 0.5, 0.5]]
    assert occupancy.steps().tolist() == [[1, np.inf, 1], [2, 2, 2]]
    with pytest.raises(LabError, match="give self_occupancy"):
        table(scale="occupancy").steps()


def test_error_is_positive_where_the_agent_hopes_too_much():
    values, exact = table(), table(q=np.full((2, 3, 2), 0.5))
    assert values.error(exact).tolist() == [[0, -0.5, 0.5], [-0.25, 0, 0]]


def test_fields_take_their_types():
    values = table(q=table().q.astype(np.float64), state_names=["r0c0", "r0c2"], layout=["S#."])
    assert values.q.dtype == np.float32
    assert values.state_positions.dtype == values.goal_positions.dtype == np.int32
    assert_equal(values, table())


def test_repr_is_short():
    assert repr(table()) == "AllGoalsValues('tiny é', S=2, G=3, A=2, gamma=0.5, scale='hit')"


def test_replace_makes_a_copy():
    values = table()
    assert values.replace(title="other").title == "other"
    assert values.title == "tiny é"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q": np.zeros((3, 2, 2))}, r"q has shape \(3, 2, 2\) but the names say \[S, G, A\] = \[2, 3, 2\]"),
        ({"gamma": 1.0}, "gamma must be between 0 and 1, got 1.0"),
        ({"gamma": float("nan")}, "gamma must be between 0 and 1, got nan"),
        ({"scale": "hits"}, 'unknown value scale "hits"; did you mean "hit"\\?'),
        ({"scale": "neg_steps"}, "neg_steps values lie in -2 to 0, but these in 0 to 1"),
        ({"q": np.full((2, 3, 2), 1.2)}, "hit values lie in 0 to 1, but these in 1.2 to 1.2"),
        ({"self_occupancy": np.ones(2)}, r"self_occupancy must be \[3\], got \(2,\)"),
        ({"start": 2}, "start must be a state index below 2, got 2"),
        ({"start": -1}, "start must be a state index below 2, got -1"),
        ({"start": 0.5}, "start must be a whole number, got 0.5"),
        ({"state_positions": np.zeros((3, 2))}, r"state_positions must be \[2, 2\], got \(3, 2\)"),
        ({"goal_positions": np.zeros((2, 3))}, r"goal_positions must be \[3, 2\], got \(2, 3\)"),
        ({"layout": ("S#.", "..")}, "the rows of the layout must have equal lengths"),
        ({"layout": ()}, "the rows of the layout must have equal lengths"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(LabError, match=f"^{message}$"):
        table(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state_names": ("r0c0", "r0c1")}, "differ in their state names"),
        ({"goal_names": ("g/a", "g/c", "g/b")}, "differ in their goal names"),
        ({"action_names": ("right", "left")}, "differ in their action names"),
        ({"gamma": 0.9}, "have discounts 0.5 and 0.9"),
        ({"layout": ("S>.",)}, "belong to different maps"),
    ],
)
def test_tables_of_different_worlds_are_not_compared(changes, message):
    with pytest.raises(LabError, match=message):
        table().error(table(**changes))


def test_tables_of_one_world_are_compared():
    other = table(layout=None, start=None, title="", state_positions=None, q=np.zeros((2, 3, 2)))
    assert table().error(other).shape == (2, 3)


BARE = dict.fromkeys(("state_positions", "goal_positions", "layout", "start"))


@pytest.mark.parametrize("changes", [{}, BARE, {"title": "", "gamma": 0.99}, {"start": np.int64(1)}])
def test_round_trip(tmp_path, changes):
    values = table(**changes)
    path = values.save(tmp_path / "new" / "values.npz")
    assert path == tmp_path / "new" / "values.npz"
    assert_equal(AllGoalsValues.load(path), values)
    assert [each.name for each in path.parent.iterdir()] == ["values.npz"]


def test_saved_files_are_plain_arrays_and_always_the_same(tmp_path):
    first, second = table().save(tmp_path / "a.npz"), table().save(tmp_path / "b.npz")
    assert first.read_bytes() == second.read_bytes()
    with np.load(first, allow_pickle=False) as stored:
        assert stored["q"].shape == (2, 3, 2)
        assert stored["goal_positions"].tolist() == [[0, 0], [0, 2], [5, 6]]
        assert stored["action_names"].tolist() == ["left", "right"]


def test_an_unwritable_place_is_one_line_and_loses_nothing(tmp_path):
    path = table().save(tmp_path / "values.npz")
    with pytest.raises(LabError, match=r"values\.npz/inner\.npz: cannot be written"):
        table().save(path / "inner.npz")
    with pytest.raises(LabError, match="cannot be written"):
        table().save(tmp_path)
    assert_equal(AllGoalsValues.load(path), table())


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = table().save(tmp_path / "values.npz")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(LabError, match=r"values\.npz: cannot be written \(No space left on device\)"):
        table(title="new").save(path)
    assert_equal(AllGoalsValues.load(path), table())
    assert [each.name for each in tmp_path.iterdir()] == ["values.npz"]


def refused(path):
    with pytest.raises(LabError) as caught:
        AllGoalsValues.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def archive(path, **arrays):
    """The tiny table's file with some entries changed, or left out where None."""
    with np.load(table().save(path)) as stored:
        entries = {name: stored[name] for name in stored}
    entries.update(arrays)
    np.savez(path, **{name: array for name, array in entries.items() if array is not None})
    return path


def test_a_missing_file(tmp_path):
    assert refused(tmp_path / "none.npz") == "no such file"


def test_truncated_files_of_every_length(tmp_path):
    path = table().save(tmp_path / "values.npz")
    whole = path.read_bytes()
    for size in (*range(0, len(whole), 97), len(whole) - 1):
        path.write_bytes(whole[:size])
        assert refused(path) == "not a readable values file (truncated, or not an .npz archive); export it again"


def test_any_altered_byte_is_noticed_or_harmless(tmp_path):
    path = table().save(tmp_path / "values.npz")
    whole, rng, noticed = path.read_bytes(), np.random.default_rng(0), 0
    for _ in range(300):
        altered = bytearray(whole)
        altered[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        path.write_bytes(altered)
        try:
            assert_equal(AllGoalsValues.load(path), table())
        except LabError as error:
            noticed += 1
            assert "\n" not in str(error)
    assert noticed > 150


def test_other_files(tmp_path):
    path = tmp_path / "values.npz"
    path.write_text("q = 1\n")
    assert "not a readable values file" in refused(path)
    assert "not a readable values file" in refused(tmp_path)
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    assert "not a readable values file" in refused(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    assert 'unknown entry "readme.txt"' in refused(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"q": None}, "it has no q"),
        ({"goal_names": None}, "it has no goal_names"),
        ({"q": np.zeros((2, 3, 9), np.float32)}, "q has shape (2, 3, 9)"),
        ({"q": np.array("text")}, "could not convert"),
        ({"gamma": np.array("much")}, "not a readable values file"),
        ({"gamma": np.array([0.5, 0.5])}, "not a readable values file"),
        ({"scale": np.array("miles")}, 'unknown value scale "miles"'),
        ({"start": np.array(9)}, "start must be a state index below 2, got 9"),
        ({"layout": np.array(["S#.", "#"])}, "the rows of the layout must have equal lengths"),
        ({"extra": np.zeros(1)}, 'unknown entry "extra"'),
    ],
)
def test_files_whose_entries_do_not_fit(tmp_path, changes, message):
    assert message in refused(archive(tmp_path / "values.npz", **changes))


def test_an_absurd_size_is_refused_before_memory_is(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 1 << 10, 1)}
    )
    path = archive(tmp_path / "values.npz", q=None)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("q.npy", header.getvalue())
    assert "Unable to allocate 4.00 PiB" in refused(path)


class Trap:
    """Unpickling it would write a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("form", ["npz", "pickle"])
def test_pickled_objects_are_refused_and_never_run(tmp_path, form):
    path, mark = tmp_path / "values.npz", tmp_path / "executed"
    trap = Trap(mark)
    if form == "npz":
        archive(path, q=np.array([trap], object))
        assert "Object arrays cannot be loaded" in refused(path)
    else:
        path.write_bytes(pickle.dumps(trap))
        assert "not an .npz archive" in refused(path)
    assert not mark.exists()
