"""CompareAB without a browser: what it takes, what it refuses, what it tells and draws."""

import json

import numpy as np
import pytest

import toy_values
from leo_widgets import CompareAB, GoalMap
from leo_widgets.arrays import wire
from leo_widgets.pictures import palette
from toy_values import at, image

TRUTH = toy_values.exact()
A = toy_values.replace(toy_values.estimate(TRUTH, 0.01, seed=1), title="LEO")
B = toy_values.replace(toy_values.estimate(TRUTH, 0.03, seed=2), title="UVFA")


def test_what_travels_to_the_browser():
    widget = CompareAB(A, B, TRUTH, goal="r3c2", state="r0c3", title="t")
    assert (widget.goal, widget.state_index, widget.title, widget.labels) == (at(3, 2), at(0, 3), "t", ["LEO", "UVFA"])
    for name, table in (("a", A), ("b", B), ("truth", TRUTH)):
        np.testing.assert_allclose(wire.unpack(getattr(widget, name)), table.q, atol=1e-5)
    assert len(widget.b["data"]) == 2 * 21 * 21 * 4 and CompareAB(A, B).truth == {}
    assert repr(widget) == "CompareAB(4x7, 21 states, 21 goals, LEO and UVFA)"
    again = CompareAB(A, B, TRUTH).from_state(json.loads(json.dumps(widget.state())))
    assert again.state() == widget.state()


def test_it_shares_its_goal_with_the_other_widgets():
    widget, other = CompareAB(A, B), GoalMap(A)
    assert widget.channel == other.channel
    widget.link(other)
    other.goal = 5
    assert widget.goal == 5


def test_both_maps_and_all_that_is_compared_share_their_scales():
    distances = [toy_values.replace(table, q=table.q * factor, scale="plain") for table, factor in ((A, 1), (B, -9))]
    widget = CompareAB(*distances)
    assert (widget.a["low"], widget.a["high"]) == (widget.b["low"], widget.b["high"])
    assert widget.limits["value"]["low"] < -5 and widget.limits["value"]["high"] > 0.9
    assert sorted(widget.differences) == ["value"]
    assert CompareAB(A, B, TRUTH).limits["steps"] == GoalMap(TRUTH, TRUTH).limits["steps"] | {"above": True}


def test_differences_are_symmetric_about_0():
    found = CompareAB(A, B, TRUTH).differences
    assert sorted(found) == ["error", "steps", "value"]
    known = TRUTH.q.max(-1) > 0
    known[np.eye(21, dtype=bool)] = False
    gap = np.abs(A.q.max(-1) - B.q.max(-1))[known]
    size = found["value"]["high"]
    assert found["value"]["low"] == -size and (gap <= size).mean() >= 0.98 and size <= 2.5 * np.quantile(gap, 0.98)
    same = CompareAB(A, A, TRUTH).differences
    assert same["value"] == {"low": -0.001, "high": 0.001, "below": False, "above": False}
    assert same["steps"]["high"] == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"action_names": ("west", "east", "north", "south")}, r"action_names\[0\] is 'west' in b, 'left' in a"),
        ({"gamma": 0.9}, "a and b differ in gamma: 0.99 and 0.9"),
        ({"scale": "plain"}, "scale is 'plain' in b, 'hit' in a"),
        ({"layout": ("." * 7,) * 4}, "a and b differ in layout"),
        ({"goal_positions": TRUTH.goal_positions[::-1]}, "a and b differ in goal_positions"),
        ({"state_positions": None}, "values have no positions"),
    ],
)
def test_tables_that_cannot_be_compared(change, error):
    with pytest.raises(ValueError, match=error) as caught:
        CompareAB(A, toy_values.replace(B, **change))
    assert str(caught.value).startswith("CompareAB: ") and "\n" not in str(caught.value)


def test_tables_of_other_worlds():
    with pytest.raises(ValueError, match="CompareAB: b has 2 state_names, a has 21"):
        CompareAB(A, toy_values.exact(("S.",)))
    with pytest.raises(TypeError, match="CompareAB needs all-goals values, got dict"):
        CompareAB(A, {})
    with pytest.raises(ValueError, match="CompareAB: truth has 2 state_names, values have 21"):
        CompareAB(A, B, toy_values.exact(("S.",)))
    assert CompareAB(A, toy_values.replace(B, layout=None)).rows == list(TRUTH.layout)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"goal": "r9c9"}, "unknown goal 'r9c9'"),
        ({"scale": "error"}, r"CompareAB: scale 'error' needs exact values: CompareAB\(a, b, truth=...\)"),
        ({"labels": ["LEO"]}, r"CompareAB: labels must be two different names, got \['LEO'\]"),
        ({"labels": ["x", "x"]}, "two different names"),
        ({"labels": "AB"}, "two different names"),
        ({"direction": "both"}, "CompareAB: .*direction"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error):
        CompareAB(A, B, **options)


def test_labels():
    assert CompareAB(A, B, labels=("now", "before")).labels == ["now", "before"]
    assert CompareAB(A, A).labels == ["A", "B"]
    assert CompareAB(A, toy_values.replace(B, title="")).labels == ["A", "B"]


def test_table_says_what_both_believe():
    widget = CompareAB(A, B, TRUTH, goal="r3c2", state="r0c0")
    rows = widget.table()
    assert [row["state"] for row in rows] == list(TRUTH.state_names)
    row, goal = rows[at(3, 0)], at(3, 2)
    assert row["value_a"] == pytest.approx(A.q[at(3, 0), goal].max())
    assert row["difference"] == pytest.approx(A.q[at(3, 0), goal].max() - B.q[at(3, 0), goal].max())
    assert row["error_b"] == pytest.approx(B.q[at(3, 0), goal].max() - 0.99, abs=1e-6)
    assert row["steps_a"] == pytest.approx(1 + np.log(row["value_a"]) / np.log(0.99), abs=1e-4)
    names = TRUTH.action_names
    for state, row in enumerate(rows):
        if state != goal:
            actions = [names[table.q[state, goal].argmax()] for table in (A, B)]
            assert [row["action_a"], row["action_b"], row["differ"]] == [*actions, actions[0] != actions[1]]
    assert rows[goal] == dict.fromkeys(row) | {"state": "r3c2", "goal": "position/r3c2"}
    assert widget.from_state({"swapped": True}).table() == rows
    turned = widget.from_state({"direction": "state"}).table()
    assert [row["goal"] for row in turned] == list(TRUTH.goal_names) and turned[3]["state"] == "r0c0"
    distance = [toy_values.replace(table, scale="plain") for table in (A, B)]
    assert list(CompareAB(*distance).table()[0])[2:] == [
        "action_a", "action_b", "differ", "value_a", "value_b", "difference",
    ]  # fmt: skip


def test_png_holds_both_and_the_difference():
    widget = CompareAB(A, B, TRUTH, goal="r3c2", state="r0c0")
    picture, cell, width = image(widget), 44, 7 * 44 + 20
    assert picture.shape == (16 + 4 * cell + 20 + 34, 3 * width, 3)

    def pixel(number, row, col, down, right):
        top, left = 26 + int((row + down) * cell), number * width + 10 + int((col + right) * cell)
        return tuple(int(c) for c in picture[top, left])

    def colour(value, start, stop, name="CIVIDIS"):
        return tuple(int(c) for c in np.round(palette.shade(value, start, stop, name)))

    state, goal = at(1, 5), at(3, 2)
    low = widget.limits["value"]["low"]
    for number, table in enumerate((A, B)):
        assert pixel(number, 1, 5, 0.5, 0.1) == colour(table.q[state, goal, 0], low, 1.0)
    gap = A.q[state, goal].max() - B.q[state, goal].max()
    size = widget.differences["value"]["high"]
    assert pixel(2, 1, 5, 0.7, 0.5) == colour(gap, -size, size, "DIVERGING")
    marked = [pixel(2, *TRUTH.state_positions[s], 0.05, 0.95) == (20, 24, 29) for s in range(21)]
    cut = TRUTH.q[:, goal].max(-1) == 0
    differ = (A.q[:, goal].argmax(-1) != B.q[:, goal].argmax(-1)) & ~cut & (np.arange(21) != goal)
    assert marked[1:] == list(differ)[1:] and 0 < differ.sum() < 20  # state 0 has the frame
    widget.swapped = True
    swapped = image(widget)
    assert (swapped[30:190, :width] == picture[30:190, width : 2 * width]).all()
    assert (swapped[30:190, 2 * width :] != picture[30:190, 2 * width :]).any()


def test_png_follows_the_view():
    widget = CompareAB(A, B, TRUTH)
    seen = {widget.png()}
    for change in ({"scale": "steps"}, {"scale": "error"}, {"direction": "state"}, {"goal": 3, "scale": "value"}):
        seen.add(widget.from_state(change).png())
    assert len(seen) == 5
    bare = toy_values.exact(toy_values.PORTAL)
    assert image(CompareAB(bare, toy_values.replace(bare, layout=None))).shape[1] == 3 * (5 * 44 + 20)
