"""What leo_widgets reads has the names, fields and meanings of leo_lab's artefacts; neither imports the other."""

from dataclasses import MISSING, fields, replace

import numpy as np
import pytest

import toy_values
from leo_lab.artefacts import goals, plane, scales, values, walk
from leo_widgets import GoalMap
from leo_widgets.arrays import limits, names, planes, wire
from leo_widgets.arrays import scales as read_scales
from leo_widgets.arrays import values as read_values
from leo_widgets.arrays import walks as read_walks

ARTEFACTS = [
    (values.AllGoalsValues, read_values.AllGoalsValues),
    (plane.Plane, planes.Plane),
    (plane.PlaneValues, planes.PlaneValues),
    (walk.Walk, read_walks.Walk),
    (walk.BodyLayer, read_walks.BodyLayer),
    (walk.ViewLayer, read_walks.ViewLayer),
    (scales.Scale, read_scales.Scale),
]
GAMMA = 0.5
LN2 = np.log(2)


@pytest.mark.parametrize(("made", "read"), ARTEFACTS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_the_fields_agree(made, read):
    assert made.__name__ == read.__name__
    assert {field.name for field in fields(made)} == {field.name for field in fields(read)}


def test_what_viewers_ask_for_is_a_plain_field_of_every_artefact():
    """A reader asks for what has no default; leo_lab's own objects always have it."""
    needed = [field.name for field in fields(read_values.AllGoalsValues) if field.default is MISSING]
    assert set(needed) <= {field.name for field in fields(values.AllGoalsValues)}
    assert {"self_occupancy", "marginal"}.isdisjoint(needed)


# ------------------------------------------------------------------ groups


# the same cases as in js/scales.test.mjs
@pytest.mark.parametrize(
    ("name", "group", "short"),
    [("a/b/c", "a", "b/c"), ("a/b", "a", "b"), ("a", "a", "a"), ("/b", "", "b"), ("a/", "a", "a/"), ("", "", "")],
)
def test_groups_and_short_names(name, group, short):
    assert (names.group_of(name), names.short_name(name)) == (group, short)
    assert goals.GoalSet((name,), np.zeros((1, 1))).groups == (group,)


def test_a_goal_is_found_by_its_short_name_as_in_the_lab():
    listed = ("a/b/c", "b/c/d", "x")
    made = goals.GoalSet(listed, np.zeros((3, 1)))
    for wanted in ("a/b/c", "b/c", "c/d", "x"):
        assert names.index_of(wanted, listed, "goal") == made.index(wanted)
    with pytest.raises(ValueError, match="unknown goal 'd'"):
        names.index_of("d", listed, "goal")


def test_goals_that_are_each_their_own_group_have_none():
    assert names.groups_of(["a", "b", "c"]) == [] and names.groups_of(["a"]) == ["a"]
    assert names.groups_of(["b/x", "a/y", "b/z"]) == ["b", "a"] and names.by_group(["b/x", "a/y", "b/z"]) == [0, 2, 1]


# ------------------------------------------------------------------ scales


def source(scale, **given):
    """Values of one goal for four states: 1, 2, 3 steps away, and out of reach; gamma is 0.5."""
    column = {
        "hit": [1, 0.5, 0.25, 0], "occupancy": [0.5, 0.25, 0.125, 0], "log_ratio": [-LN2, -2 * LN2, -3 * LN2, -np.inf],
        "distance": [LN2, 2 * LN2, 3 * LN2, np.inf], "neg_steps": [-1, -1.5, -1.75, -2], "plain": [3, 2, 1, 0],
    }[scale]  # fmt: skip
    q = np.array(column)[:, None, None]
    return toy_values.Values(
        q=q, state_names=tuple("abcd"), goal_names=("g/d",), action_names=("go",), gamma=GAMMA, scale=scale,
        state_positions=np.array([[0, i] for i in range(4)]), goal_positions=np.array([[0, 4]]), layout=None, start=0,
        title="", **given,
    )  # fmt: skip


GIVEN = {"occupancy": {"self_occupancy": [0.5]}, "log_ratio": {"self_occupancy": [0.5], "marginal": [1.0]}}


def test_the_scales_of_both_packages_are_the_same():
    assert list(read_scales.SCALES) == list(scales.SCALES)
    for name, scale in scales.SCALES.items():
        ours = read_scales.SCALES[name]
        assert {f.name: getattr(ours, f.name) for f in fields(ours)} == {
            f.name: getattr(scale, f.name) for f in fields(scale)
        }
        assert ours.range(0.9) == scale.range(0.9)


@pytest.mark.parametrize("name", scales.SCALES)
def test_one_two_three_steps_and_no_way(name):
    table = read_values.read_values(made := source(name, **GIVEN.get(name, {})))
    steps = read_scales.steps(table.v, table)
    np.testing.assert_allclose(steps[:3, 0], [1, 2, 3])
    assert steps[3, 0] == np.inf and table.cut[:, 0].tolist() == [False] * 3 + [True]
    assert read_scales.steps(table.v[1, 0], table, 0) == pytest.approx(2)
    lab = values.AllGoalsValues(**{f.name: getattr(made, f.name) for f in fields(made)})
    np.testing.assert_allclose(lab.steps(), steps, rtol=1e-5)
    assert limits.limits(table)["steps"] == {"low": 1.0, "high": 3.0, "below": False, "above": False}


@pytest.mark.parametrize("name", scales.SCALES)
def test_random_values_convert_as_in_the_lab(name):
    rng = np.random.default_rng(0)
    v = rng.uniform(0.05, 0.95, (5, 3)) * (-1 if name == "neg_steps" else 1)
    given = {"self_occupancy": rng.uniform(0.1, 1, 3), "marginal": rng.uniform(0.1, 1, 3)}
    table = replace(read_values.read_values(source("hit")), scale=name, **given)
    np.testing.assert_allclose(read_scales.steps(v, table), scales.to_steps(v, name, GAMMA, **given), rtol=1e-4)


@pytest.mark.parametrize("name", ["occupancy", "log_ratio"])
def test_what_steps_need_is_named(name):
    widget = GoalMap(source(name))
    assert widget.limits["steps"] is None and not widget.value_scale["convertible"]
    with pytest.raises(ValueError, match=f"these are {name!r}, which need self_occupancy"):
        GoalMap(source(name), scale="steps")


@pytest.mark.parametrize("name", [*scales.SCALES, "plain"])
def test_every_scale_can_be_shown_raw_as_steps_and_as_error(name, tmp_path):
    made = source(name, **GIVEN.get(name, {}))
    near = replace(made, q=np.where(np.isfinite(made.q), made.q * 0.97, made.q))
    widget = GoalMap(near, truth=made)
    row = widget.table()[1]
    exact = made.q[1, 0, 0]
    assert (row["value"], row["error"]) == pytest.approx((0.97 * exact, -0.03 * exact), abs=1e-6)
    assert ("steps" in row) == (name != "plain")
    for scale in ("value", "error", *["steps"] * (name != "plain")):
        assert len(widget.from_state({"scale": scale}).png()) > 500
    assert widget.to_html(tmp_path / "w.html").stat().st_size > 10_000


def test_where_smaller_is_better_the_smallest_value_is_the_best_and_bright():
    made = source("distance")
    table = read_values.read_values(
        replace(made, q=np.concatenate([made.q, made.q + 1], -1), action_names=("left", "right"))
    )
    assert table.best[:, 0].tolist() == [0, 0, 0, 0] and table.v[0, 0] == pytest.approx(LN2)
    widget = GoalMap(replace(made, q=made.q[:3], state_names=("a", "b", "c"), state_positions=made.state_positions[:3]))
    assert widget._ends() == (widget.limits["value"]["high"], widget.limits["value"]["low"])


def test_what_is_infinite_has_a_code_of_its_own():
    low, high = wire.span(np.array([1.0, 3.0, np.inf, np.nan]))
    assert (low, high) == (1.0, pytest.approx(3.1))
    packed = wire.unpack(wire.pack([1.0, 3.0, np.inf, np.nan], low, high))
    assert packed[2] == high and packed[1] == pytest.approx(3, abs=1e-4) and np.isnan(packed[3])
    described = read_scales.describe(source("distance"), low, high)
    assert described["never"] == high and described["larger_is_better"] is False
    with pytest.raises(ValueError, match="q holds an infinite value"):
        read_values.read_values(replace(source("hit"), q=source("distance").q))
