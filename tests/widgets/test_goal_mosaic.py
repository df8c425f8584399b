"""GoalMosaic without a browser: what it takes, what it refuses, how it sorts, what it tells and draws."""

import json

import numpy as np
import pytest

import toy_values
from leo_widgets import GoalMap, GoalMosaic
from leo_widgets.arrays import wire
from leo_widgets.pictures import palette
from toy_values import at, image

TRUTH = toy_values.exact()
VALUES = toy_values.estimate(TRUTH, 0.02)
RATES = np.linspace(0.5, 1.25, 21).clip(0, 1)  # the last seven goals never fail
OTHERS = ~np.eye(21, dtype=bool)


def test_what_travels_to_the_browser():
    widget = GoalMosaic(VALUES, TRUTH, RATES, goal="r3c2", state="r0c3", selection=["r0c0", 4], title="t")
    assert (widget.goal, widget.state_index, widget.selection, widget.title) == (at(3, 2), at(0, 3), [0, 4], "t")
    np.testing.assert_allclose(wire.unpack(widget.v)[..., 0], VALUES.q.max(-1), atol=1e-5)
    np.testing.assert_allclose(wire.unpack(widget.truth)[..., 0], TRUTH.q.max(-1), atol=1e-5)
    assert len(widget.v["data"]) == 2 * 21 * 21 and widget.success == {}
    assert repr(widget) == "GoalMosaic(4x7, 21 states, 21 goals)"
    again = GoalMosaic(VALUES, TRUTH, RATES).from_state(json.loads(json.dumps(widget.state())))
    assert again.state() == widget.state()
    assert widget.channel == GoalMap(VALUES).channel


def test_scores_leave_the_goal_itself_out():
    widget = GoalMosaic(VALUES, TRUTH)
    v, exact = VALUES.q.max(-1), TRUTH.q.max(-1)
    for goal in (0, 12):
        known = OTHERS[:, goal]
        assert widget.scores["value"][goal] == pytest.approx(v[known, goal].mean(), abs=1e-6)
        assert widget.scores["error"][goal] == pytest.approx(np.abs(v - exact)[known, goal].mean(), abs=1e-6)
    assert sorted(GoalMosaic(VALUES).scores) == ["value"]


def test_success_of_each_state():
    rates = np.ones((21, 21))
    rates[:10, 3], rates[:, 5], rates[7, 7] = 0.5, np.nan, 0.0  # the last is a state that is its goal
    widget = GoalMosaic(VALUES, success=rates)
    assert widget.scores["success"][3] == pytest.approx((9 * 0.5 + 11) / 20)  # state 3 is the goal
    assert widget.scores["success"][5] is None and widget.scores["success"][7] == 1
    np.testing.assert_allclose(wire.unpack(widget.success), rates, atol=1e-5)
    order = widget.orders["success"]
    assert (order[0], order[-1]) == (3, 5)
    json.dumps([widget.scores, widget.orders], allow_nan=False)


def test_sorts():
    widget = GoalMosaic(VALUES, TRUTH, RATES)
    assert widget.orders["name"] == list(range(21))
    for name, sign in (("value", -1), ("error", -1), ("success", 1)):
        scores = sign * np.array(widget.scores[name])[widget.orders[name]]
        assert (np.diff(scores) >= 0).all() and sorted(widget.orders[name]) == list(range(21))
    assert widget.orders["success"][-7:] == list(range(14, 21))  # equals by name


def test_names_sort_as_a_reader_counts():
    wide = toy_values.exact(("S" + "." * 11,))
    names = tuple(f"position/r0c{c}" for c in (10, 9, 2, 0, 11, 1, 3, 4, 5, 6, 7, 8))
    widget = GoalMosaic(toy_values.replace(wide, goal_names=names))
    assert [names[goal] for goal in widget.orders["name"]] == [f"position/r0c{c}" for c in range(12)]


def test_filter_takes_the_start_of_a_name():
    widget = GoalMosaic(VALUES, TRUTH, sort="error")
    everything = widget.shown()
    for prefix in ("r3", " R3", "position/r3"):
        widget.prefix = prefix
        assert widget.shown() == [goal for goal in everything if goal >= at(3, 0)]
    widget.prefix = "3"
    assert widget.shown() == [] and widget.table() == [] and image(widget).shape[2] == 3


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"goal": "r9c9"}, "unknown goal 'r9c9'"),
        ({"selection": [1, 1]}, r"GoalMosaic: selection holds a goal twice: \[1, 1\]"),
        ({"selection": range(13)}, "selection holds 13 goals, at most 12 can be picked"),
        ({"selection": [21]}, "goal 21 does not exist"),
        ({"sort": "error"}, r"sort 'error' needs exact values: GoalMosaic\(values, truth=...\)"),
        ({"sort": "success"}, r"sort 'success' needs rates: GoalMosaic\(values, success=...\)"),
        ({"sort": "size"}, "GoalMosaic: .*sort"),
        ({"scale": "error"}, r"scale 'error' needs exact values: GoalMosaic\(values, truth=...\)"),
        ({"show_truth": True}, "show_truth needs exact values"),
        ({"success": np.ones(20)}, r"success must have shape \(21,\) or \(21, 21\), got \(20,\)"),
        ({"success": np.full(21, 1.5)}, "success must lie in 0 to 1, got 1.5 to 1.5"),
        ({"truth": toy_values.exact(("S.",))}, "GoalMosaic: truth has 2 state_names, values have 21"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        GoalMosaic(VALUES, **options)
    assert "\n" not in str(caught.value)


def test_values_that_do_not_fit():
    with pytest.raises(ValueError, match="GoalMosaic: values have no positions"):
        GoalMosaic(toy_values.replace(VALUES, goal_positions=None))
    with pytest.raises(TypeError, match="GoalMosaic needs all-goals values, got dict"):
        GoalMosaic({})


def test_a_selection_that_does_not_fit_changes_nothing():
    widget = GoalMosaic(VALUES, selection=[3])
    with pytest.raises(ValueError, match="at most 12"):
        widget.from_state({"selection": list(range(13)), "prefix": "r3"})
    assert widget.state() == GoalMosaic(VALUES, selection=[3]).state()


def test_table_has_the_shown_goals_in_their_order():
    widget = GoalMosaic(VALUES, TRUTH, RATES, sort="success", prefix="r3", selection=["r3c2"])
    rows = widget.table()
    assert [row["goal"] for row in rows] == [TRUTH.goal_names[goal] for goal in range(at(3, 0), 21)]
    assert list(rows[0]) == ["goal", "mean_value", "mean_error", "success", "picked"]
    assert [row["picked"] for row in rows] == [False, False, True, False, False, False]
    assert rows[0]["success"] == pytest.approx(RATES[at(3, 0)])
    assert list(GoalMosaic(VALUES).table()[0]) == ["goal", "mean_value", "picked"]


def test_png_puts_every_value_on_its_tile():
    widget = GoalMosaic(TRUTH, TRUTH, RATES, goal="r3c2")
    picture, cell = image(widget), 13  # 96 // 7
    across, step = 880 // (7 * cell + 10), (4 * cell + 26, 7 * cell + 10)

    def pixel(place, row, col):
        top, left = 10 + place // across * step[0], 10 + place % across * step[1]
        return tuple(int(c) for c in picture[top + row * cell + 6, left + col * cell + 6])

    goal = at(3, 2)
    value = TRUTH.q[at(1, 6), goal].max()
    assert pixel(goal, 1, 6) == tuple(int(c) for c in np.round(palette.shade(value, 0.85, 1.0)))
    assert pixel(goal, 3, 2) == palette.ACCENT and pixel(goal, 2, 1) == palette.WALL

    def corner(place):
        return tuple(int(c) for c in picture[10 + place // across * step[0], 10 + place % across * step[1]])

    assert [corner(goal) == palette.ACCENT for goal in range(1, 21)] == [rate < 1 for rate in RATES[1:]]


def test_png_follows_the_view():
    widget = GoalMosaic(VALUES, TRUTH, RATES)
    seen = {widget.png()}
    for change in (
        {"scale": "steps"}, {"scale": "error"}, {"sort": "value"}, {"goal": 3}, {"selection": [5]}, {"prefix": "r1"},
        {"scale": "value"}, {"show_truth": True},
    ):  # fmt: skip
        seen.add(widget.from_state(change).png())
    assert len(seen) == 9
    assert image(GoalMosaic(toy_values.replace(VALUES, layout=None))).shape == image(GoalMosaic(VALUES)).shape
