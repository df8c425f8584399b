"""SuccessMatrix without a browser: what it takes, what it refuses, how it sorts, what it tells and draws."""

import json

import numpy as np
import pytest

import toy_values
from leo_lab import evaluate, exact_values, make
from leo_widgets import GoalMap, SuccessMatrix
from leo_widgets.arrays import wire
from leo_widgets.pictures import palette
from toy_values import at, image
from toy_walks import moves_of, outcomes, wanderer

TRUTH = toy_values.exact()  # 4 rows, 7 columns; r3c6 cannot be reached
VALUES = wanderer(TRUTH)
SCORES = outcomes(VALUES, TRUTH)
FAILS = SCORES.pairs & (SCORES.success < 1)
ARRAYS = {"truth": TRUTH, "success": SCORES.success, "length": SCORES.length}
OPTIMUM = 1 + np.log(np.where(SCORES.pairs, TRUTH.q.max(axis=-1), np.nan)) / np.log(0.99)


def changed(**arrays):
    return SuccessMatrix(VALUES, **{**ARRAYS, **arrays})


def lucky():
    """Rates and lengths as where moves slip."""
    rng = np.random.default_rng(0)
    success = np.where(SCORES.pairs, rng.choice([0.0, 0.3, 0.9, 1.0], SCORES.pairs.shape), 0)
    return {
        "success": success,
        "length": np.where(success > 0, np.nan_to_num(OPTIMUM) + rng.random(success.shape), np.nan),
    }


@pytest.mark.parametrize("name", ["slippery", "teleporter"])
def test_the_exact_solution_takes_no_extra_steps_where_chance_has_a_part(name):
    env = make("gridworld", map=name)
    widget = SuccessMatrix(evaluate(exact_values(env), env))
    assert (widget._outcomes.extra[widget._outcomes.pairs] == 0).all()
    steps = exact_values(env).steps()[widget._outcomes.pairs]  # the steps of the mean of gamma^T
    assert (widget._outcomes.optimum[widget._outcomes.pairs] - steps).max() > 0.04


def test_the_toy_agent_has_something_of_everything():
    extra = (SCORES.length - OPTIMUM)[SCORES.pairs]
    assert 20 < FAILS.sum() < 300 and (np.abs(extra) < 0.01).sum() > 50 and (extra > 1.5).sum() > 3


def test_what_travels_to_the_browser():
    widget = SuccessMatrix(SCORES, start="r0c3", goal="r3c2", title="t", max_steps=50)
    assert (widget.state_index, widget.goal, widget.pair, widget.title) == (
        at(0, 3),
        at(3, 2),
        (at(0, 3), at(3, 2)),
        "t",
    )
    np.testing.assert_allclose(wire.unpack(widget.success)[SCORES.pairs], SCORES.success[SCORES.pairs], atol=1e-5)
    assert np.isnan(wire.unpack(widget.success)[~SCORES.pairs]).all()
    np.testing.assert_allclose(wire.unpack(widget.length), SCORES.length, atol=1e-3)
    np.testing.assert_allclose(wire.unpack(widget.optimum)[SCORES.pairs], OPTIMUM[SCORES.pairs], atol=1e-3)
    best = np.frombuffer(widget.best["data"], np.uint8).reshape(21, 21)
    assert (best == VALUES.q.argmax(axis=-1)).all() and widget.best["shape"] == [21, 21]
    assert (np.frombuffer(widget.pairs["data"], np.uint8).reshape(21, 21) == SCORES.pairs).all()
    assert widget.rules["max_steps"] == 50 and widget.rules["luck"] is False and widget.next_states == []
    assert repr(widget) == f"SuccessMatrix(4x7, {SCORES.pairs.sum()} pairs, {FAILS.sum()} fail)"
    again = SuccessMatrix(SCORES).from_state(json.loads(json.dumps(widget.state())))
    assert again.state() == widget.state() and again.pair == widget.pair
    assert widget.channel == GoalMap(VALUES).channel


def test_an_evaluation_and_arrays_say_the_same():
    whole, parts = SuccessMatrix(SCORES), changed()
    assert whole.table() == parts.table() and whole.state() == parts.state() and whole.png() == parts.png()
    fewer = SCORES.pairs & (np.arange(21) % 2 == 0)
    assert len(changed(pairs=fewer).table()) == fewer.sum()


def test_the_pair_follows_start_and_goal_and_leads_them():
    widget, told = SuccessMatrix(SCORES), []
    widget.observe(lambda change: told.append(change.new), "pair")
    widget.pair = (3, 5)
    assert (widget.state_index, widget.goal) == (3, 5)
    widget.goal = 7
    widget.state_index = 2
    assert widget.pair == (2, 7) and told == [(3, 5), (3, 7), (2, 7)]
    other = GoalMap(VALUES)
    widget.link(other)
    other.goal = 9
    assert widget.pair == (2, 9)
    with pytest.raises(Exception, match="goal 21 does not exist"):
        widget.pair = (0, 21)
    assert widget.pair == (2, 9) and (widget.state_index, widget.goal) == (2, 9)


def test_it_starts_with_the_pair_that_does_worst():
    widget = SuccessMatrix(SCORES)
    assert FAILS[widget.pair]
    perfect = SuccessMatrix(outcomes(TRUTH, TRUTH))
    assert perfect.pair == (0, 1) and perfect.table()[0]["success"] == 1
    assert repr(perfect).endswith(" 0 fail)") and perfect.from_state({"only_failures": True}).table() == []
    assert image(perfect).shape[2] == 3


def test_table_lists_the_worst_first():
    rows = SuccessMatrix(SCORES).table()
    assert len(rows) == SCORES.pairs.sum() and list(rows[0]) == [
        "start",
        "goal",
        "success",
        "length",
        "optimum",
        "extra",
    ]
    keys = [(row["success"], -(np.inf if row["extra"] is None else round(row["extra"], 2))) for row in rows]
    assert keys == sorted(keys)
    for row in rows:
        start, goal = TRUTH.state_names.index(row["start"]), TRUTH.goal_names.index(row["goal"])
        assert row["success"] == SCORES.success[start, goal] and (row["length"] is None) == FAILS[start, goal]
        assert row["optimum"] == pytest.approx(OPTIMUM[start, goal], abs=1e-4)
        if row["length"]:
            assert row["extra"] == pytest.approx(row["length"] - row["optimum"])
    only = SuccessMatrix(SCORES, only_failures=True).table()
    assert only == [row for row in rows if row["success"] < 1]
    json.dumps(rows, allow_nan=False)


def test_sort_and_filter():
    widget = SuccessMatrix(SCORES)
    assert widget.shown() == (list(range(21)), list(range(21)))
    widget.sort = "success"
    starts, goals = widget.shown()
    assert sorted(starts) == sorted(goals) == list(range(21))
    for order, axis in ((starts, 1), (goals, 0)):
        count = SCORES.pairs.sum(axis=axis)
        rate = np.where(SCORES.pairs, SCORES.success, 0).sum(axis=axis) / np.maximum(count, 1)
        ranks = [(count[i] == 0, round(rate[i], 9)) for i in order]
        assert ranks == sorted(ranks)
    widget.only_failures = True
    assert widget.shown() == ([s for s in starts if FAILS[s].any()], [g for g in goals if FAILS[:, g].any()])
    assert len(widget.shown()[1]) < 21


def test_chance():
    assert changed(**lucky()).rules["luck"] is True
    assert changed(length=SCORES.length + 0.25).rules["luck"] is True  # mean lengths are no whole numbers
    moves = moves_of(TRUTH)
    sure, slips = np.eye(21)[moves], 0.8 * np.eye(21)[moves] + 0.2 * np.eye(21)[:, None]
    for transitions, luck in ((moves, False), (sure, False), (slips, True)):
        widget = SuccessMatrix(SCORES, transitions=transitions)
        assert widget.next_states == moves.tolist() and widget.rules["luck"] is luck
    rates = lucky()["success"]
    fails = (rates < 0.5) & SCORES.pairs
    assert repr(changed(**lucky(), fails_below=0.5)).endswith(f" {fails.sum()} fail)")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"truth": None}, "values alone need truth, success and length; truth is missing"),
        ({"length": None}, "length is missing"),
        ({"success": np.ones(21)}, r"success must have the shape \[S, G\] = \(21, 21\), got \(21,\)"),
        ({"success": np.full((21, 21), 1.5)}, "success must lie in 0 to 1"),
        ({"success": np.full((21, 21), np.nan)}, "success must lie in 0 to 1 wherever a pair counts"),
        ({"length": np.zeros((21, 21))}, "a walk takes at least one step"),
        ({"pairs": np.ones((2, 2))}, r"pairs must have the shape \[S, G\]"),
        ({"truth": toy_values.exact(("S.",))}, "truth has 2 state_names, values have 21"),
        (
            {"transitions": np.zeros((21, 3), int)},
            r"transitions must have the shape \(21, 4, 21\) or \(21, 4\), got \(21, 3\)",
        ),
        ({"transitions": np.full((21, 4), 21)}, "must hold states, 0 to 20"),
        ({"transitions": np.zeros((21, 4))}, "must hold states"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"fails_below": 0}, "fails_below must be above 0"),
        ({"start": "r9c9"}, "unknown state 'r9c9'"),
        ({"goal": 21}, "goal 21 does not exist"),
        ({"sort": "name"}, "SuccessMatrix: .*sort"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        changed(**options)
    assert "\n" not in str(caught.value)


def test_what_is_no_evaluation():
    with pytest.raises(TypeError, match="SuccessMatrix needs an evaluation or all-goals values, got dict"):
        SuccessMatrix({})
    with pytest.raises(ValueError, match="an evaluation holds its own success"):
        SuccessMatrix(SCORES, success=SCORES.success)
    with pytest.raises(ValueError, match="steps need hit values, these are 'plain'"):
        plain = [toy_values.replace(table, scale="plain") for table in (VALUES, TRUTH)]
        SuccessMatrix(plain[0], **{**ARRAYS, "truth": plain[1]})
    with pytest.raises(ValueError, match="numbers 0 to 256 do not fit into one byte"):
        wire.small([0, 256])


def test_png_has_a_colour_for_every_pair():
    widget = SuccessMatrix(SCORES, start="r0c3", goal="r3c2")
    picture, cell = image(widget), 24  # 580 // 21, at most 24
    assert picture.shape == (21 * cell + 54, 21 * cell + 20, 3)

    def pixel(start, goal):
        return tuple(int(c) for c in picture[10 + start * cell + cell // 2, 10 + goal * cell + cell // 2])

    worst = widget.rules["worst"]
    for start in range(21):
        for goal in range(21):
            extra = SCORES.length[start, goal] - OPTIMUM[start, goal]
            wanted = tuple(int(c) for c in np.round(palette.shade(extra, worst, 0)))
            if not SCORES.pairs[start, goal]:
                wanted = palette.WALL
            elif FAILS[start, goal]:
                wanted = palette.ACCENT
            assert np.abs(np.subtract(pixel(start, goal), wanted)).max() <= 1, (start, goal)
    frame = picture[10 + at(0, 3) * cell - 2, 10 + at(3, 2) * cell]
    assert tuple(frame) == palette.INK
    widget.only_failures = True
    assert image(widget).shape[1] < picture.shape[1] or image(widget).shape[0] < picture.shape[0]


def test_partial_success_lies_between_the_colours():
    rates = lucky()
    widget = changed(**rates, goal=0, start=0)
    colours = widget._colours()
    start, goal = np.argwhere(SCORES.pairs & (rates["success"] == 0.3))[0]
    extra = rates["length"][start, goal] - OPTIMUM[start, goal]
    wanted = 0.3 * palette.shade(extra, widget.rules["worst"], 0) + 0.7 * np.array(palette.ACCENT)
    np.testing.assert_allclose(colours[start, goal], wanted, atol=1)


def test_png_follows_the_view():
    widget = SuccessMatrix(SCORES)
    seen = {widget.png()}
    for change in (
        {"goal": 3},
        {"sort": "success"},
        {"only_failures": True},
        {"state_index": 12, "only_failures": False},
    ):
        seen.add(widget.from_state(change).png())
    assert len(seen) == 5
    assert image(SuccessMatrix(outcomes(TRUTH, TRUTH))).shape == image(SuccessMatrix(SCORES)).shape
