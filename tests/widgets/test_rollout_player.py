"""RolloutPlayer without a browser: what it takes, what it refuses, what it tells and draws."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import toy_values
from leo_widgets import GoalMap, RolloutPlayer
from leo_widgets.arrays import wire
from leo_widgets.arrays.tables import read_table
from leo_widgets.arrays.traces import read_walk, row_orders
from leo_widgets.pictures import raster
from toy_values import image
from toy_walks import walk

TRUTH = toy_values.exact()  # 4 rows, 7 columns; r3c6 cannot be reached
VALUES = toy_values.estimate(TRUTH, 0.002)
TRACE = walk(TRUTH, "r3c2", "r1c0", "r0c3")  # r1c1 to r3c2 in 5 steps, to r1c0 in 4, to r0c3 in 4
TABLE = read_table(VALUES)


def at(name):
    return TRUTH.state_names.index(name)


def player(**options):
    return RolloutPlayer(VALUES, TRACE, TRUTH, **options)


def changed(**fields):
    return SimpleNamespace(**{**vars(TRACE), **fields})


def test_what_travels_to_the_browser():
    widget = player(title="t", speed=8, frame=7)
    assert widget.v["shape"] == [21, 21, 1] and len(widget.v["data"]) == 2 * 21 * 21
    np.testing.assert_allclose(wire.unpack(widget.v)[..., 0], VALUES.q.max(-1), atol=1e-5)
    np.testing.assert_allclose(wire.unpack(widget.truth)[..., 0], TRUTH.q.max(-1), atol=1e-5)
    assert widget.trace["states"][:3] == TRACE.states[:3].tolist() and len(widget.trace["actions"]) == 13
    assert widget.trace["achieved"][5] is True and widget.goal == at("r1c0") and widget.follow
    assert repr(widget) == "RolloutPlayer(4x7, 21 goals, 13 steps)"
    assert widget.counts() == {"goal": 21, "frame": 14}
    assert json.loads(json.dumps(widget.state())) == widget.state()


def test_defaults():
    widget = RolloutPlayer(VALUES, TRACE)
    assert (widget.title, widget.speed, widget.frame, widget.sort) == ("estimate", 4, 0, "commanded")
    assert widget.truth == {} and widget.limits["error"] is None
    assert widget.channel == GoalMap(VALUES).channel


def test_the_goal_is_the_commanded_one_until_another_is_chosen():
    widget = player()
    assert widget.goal == at("r3c2")
    widget.frame = 6
    assert widget.goal == at("r1c0") and widget.follow
    widget.goal = at("r0c6")
    assert not widget.follow
    widget.frame = 13
    assert widget.goal == at("r0c6")
    widget.follow = True
    assert widget.goal == at("r0c3")
    pinned = player(goal="r0c6", frame=3)
    assert (pinned.goal, pinned.follow, pinned.frame) == (at("r0c6"), False, 3)


def test_state_comes_back():
    for change in ({"frame": 7}, {"frame": 7, "goal": 2, "scale": "error", "sort": "peak", "speed": 16}):
        widget = player().from_state(change)
        assert player().from_state(widget.state()).state() == widget.state()
    with pytest.raises(ValueError, match="frame 14 does not exist: the frames are 0 to 13"):
        player().from_state({"frame": 14})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"frame": 14}, "RolloutPlayer: frame 14 does not exist: the frames are 0 to 13"),
        ({"frame": "x"}, "RolloutPlayer: .*frame"),
        ({"goal": "r9c9"}, "unknown goal 'r9c9'"),
        ({"speed": 5}, r"RolloutPlayer: .*speed.* any of \[1, 2, 4, 8, 16, 32\].* not the int 5"),
        ({"sort": "name"}, "RolloutPlayer: .*sort"),
        ({"scale": "error"}, r"scale 'error' needs exact values: RolloutPlayer\(values, trace, truth=...\)"),
        ({"show_truth": True}, "show_truth needs exact values"),
        ({"truth": toy_values.exact(("S.",))}, "RolloutPlayer: truth has 2 state_names, values have 21"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        RolloutPlayer(VALUES, TRACE, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("trace", "error"),
    [
        (changed(states=TRACE.states[:1]), r"trace.states must be a list of at least 2, got shape \(1,\)"),
        (changed(states=TRACE.states[None]), r"trace.states must be a list of at least 2, got shape \(1, 14\)"),
        (changed(actions=TRACE.goals), r"14 states need 13 actions, trace.actions has the shape \(14,\)"),
        (changed(goals=TRACE.goals[:-1]), r"14 states need 14 goals, trace.goals has the shape \(13,\)"),
        (changed(achieved=TRACE.goals), "trace.achieved must be true or false, got int64"),
        (changed(states=TRACE.states * 1.0), "trace.states must hold whole numbers, got float64"),
        (changed(goals=TRACE.goals + 9), r"trace.goals\[0\] is 26, but the goals are 0 to 20"),
        (changed(actions=TRACE.actions - 1), r"trace.actions\[\d+\] is -1, but the actions are 0 to 3"),
    ],
)
def test_traces_that_do_not_fit(trace, error):
    with pytest.raises(ValueError, match=f"RolloutPlayer: {error}") as caught:
        RolloutPlayer(VALUES, trace)
    assert "\n" not in str(caught.value)


def test_what_is_no_trace_or_no_table():
    with pytest.raises(TypeError, match=r"RolloutPlayer needs a trace, got list without \.states"):
        RolloutPlayer(VALUES, [])
    with pytest.raises(TypeError, match=r"RolloutPlayer needs an all-goals value table, got dict"):
        RolloutPlayer({}, TRACE)
    with pytest.raises(ValueError, match="values have no positions, so there is no map to draw"):
        RolloutPlayer(toy_values.replace(VALUES, goal_positions=None), TRACE)


def test_orders_of_the_rows():
    orders = row_orders(TABLE, read_walk(TRACE, TABLE, "test"), read_table(TRUTH))
    assert all(sorted(order) == list(range(21)) for order in orders.values())
    assert orders["commanded"][:3] == [at("r3c2"), at("r1c0"), at("r0c3")]
    way = [at(name) for name in ("r1c1", "r1c0", "r2c0", "r3c0", "r3c1", "r3c2", "r1c2", "r1c3", "r0c3")]
    assert sorted(way, key=orders["peak"].index) == way and orders["peak"][0] == way[0]
    assert orders["peak"][-1] == at("r3c6")  # no way leads there
    rest = [goal for goal in orders["peak"] if goal not in orders["commanded"][:3]]
    assert orders["commanded"][3:] == rest
    assert orders["group"] == list(range(21))
    names = tuple(f"{'even' if i % 2 == 0 else 'odd'}/{name}" for i, name in enumerate(VALUES.state_names))
    grouped = read_table(toy_values.replace(VALUES, goal_names=names))
    assert row_orders(grouped, read_walk(TRACE, grouped, "test"))["group"] == [*range(0, 21, 2), *range(1, 21, 2)]


def test_table_has_a_row_for_each_time():
    rows = player().table()
    assert [row["time"] for row in rows] == list(range(14))
    first, reached, last = rows[0], rows[5], rows[13]
    assert list(first) == [
        "time", "state", "action", "commanded_goal", "value", "steps_left", "exact_value", "exact_steps_left",
        "achieved", "passed",
    ]  # fmt: skip
    assert (first["state"], first["action"], first["commanded_goal"]) == ("r1c1", "left", "position/r3c2")
    assert first["exact_value"] == pytest.approx(0.99**4) and first["exact_steps_left"] == pytest.approx(5, abs=1e-3)
    assert first["passed"] == [] and rows[1]["passed"] == ["position/r1c0"]
    assert reached["achieved"] and reached["value"] is None and reached["steps_left"] == 0 and reached["passed"] == []
    assert last["action"] is None and last["achieved"]
    plain = RolloutPlayer(toy_values.replace(VALUES, scale="distance"), TRACE).table()[0]
    assert "steps_left" not in plain and "exact_value" not in plain


def test_png_shows_map_and_strip():
    widget = RolloutPlayer(TRUTH, TRACE, TRUTH, frame=2)
    picture, cell = image(widget), 44

    def middle(row, col):
        return tuple(int(c) for c in picture[10 + int((row + 0.5) * cell), 10 + int((col + 0.5) * cell)])

    assert picture.shape[1] == 440
    assert middle(*TRUTH.state_positions[TRACE.states[2]]) == raster.ACCENT  # the agent
    value = TRUTH.q[at("r1c6"), at("r3c2")].max()
    assert middle(1, 6) == tuple(int(c) for c in np.round(raster.shade(value, *widget_limits(widget))))
    assert middle(3, 2) == (255, 255, 255)  # the goal itself shows no value
    strip = picture[4 * cell + 20 + 34 + 6 : -10, 10:-10]
    outlined = (strip[0] == raster.ACCENT).all(axis=-1)
    times = np.arange(outlined.size) * 14 // outlined.size
    assert (times[outlined].min(), times[outlined].max()) == (0, 5)  # the first command, but for the playhead
    assert (strip == raster.INK).all(axis=(0, 2)).nonzero()[0].tolist() == [74, 75]  # the middle of column 2


def widget_limits(widget):
    return widget.limits["value"]["low"], widget.limits["value"]["high"]


def test_png_follows_the_view():
    widget = player()
    seen = {widget.png()}
    for change in ({"frame": 7}, {"goal": 0}, {"sort": "peak"}, {"scale": "steps"}, {"scale": "error"}):
        seen.add(widget.from_state(change).png())
    seen.add(widget.from_state({"scale": "value", "show_truth": True}).png())
    assert len(seen) == 7
    assert image(RolloutPlayer(toy_values.replace(VALUES, layout=None), TRACE)).shape == image(player()).shape


def test_a_long_walk_and_a_teleporter():
    portal = toy_values.exact(toy_values.PORTAL)
    jump = walk(portal, "r1c4", "r0c0")
    assert image(RolloutPlayer(portal, jump, frame=2)).shape[1] == 440
    many = walk(TRUTH, *["r3c2", "r0c3", "r0c0"] * 40, max_steps=900)
    assert image(RolloutPlayer(VALUES, many, frame=600)).shape[1] == 440


@pytest.mark.parametrize("options", [{"map": "slippery"}, {"map": "teleporter"}])
def test_it_takes_what_the_lab_makes(options):
    from leo_lab import exact_values, make
    from leo_lab.viz import greedy_trace

    env = make("gridworld", **options)
    truth = exact_values(env)
    trace = greedy_trace(truth, env.states.transitions, None, truth.goal_names[3:9], patience=30)
    widget = RolloutPlayer(truth, trace, truth, frame=len(trace.actions))
    assert widget.table()[-1]["exact_steps_left"] == 0 or not trace.achieved[-1]
    assert len(widget.png()) > 1000
