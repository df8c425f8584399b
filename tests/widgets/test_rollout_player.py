"""RolloutPlayer without a browser: what it takes, what it refuses, what it tells and draws."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toy_values
from leo_widgets import GoalMap, RolloutPlayer
from leo_widgets.arrays import wire
from leo_widgets.arrays.values import read_values
from leo_widgets.arrays.walks import orders_on_values, read_walk
from leo_widgets.pictures import palette
from toy_values import altered, image
from toy_walks import walk

TRUTH = toy_values.exact()  # 4 rows, 7 columns; r3c6 cannot be reached
VALUES = toy_values.estimate(TRUTH, 0.002)
WALK = walk(TRUTH, "r3c2", "r1c0", "r0c3")  # r1c1 to r3c2 in 5 steps, to r1c0 in 4, to r0c3 in 4
TABLE = read_values(VALUES)


def at(name):
    return TRUTH.state_names.index(name)


def player(**options):
    return RolloutPlayer(VALUES, WALK, TRUTH, **options)


def test_what_travels_to_the_browser():
    widget = player(title="t", speed=8, frame=7)
    assert widget.v["shape"] == [21, 21, 1] and len(widget.v["data"]) == 2 * 21 * 21
    np.testing.assert_allclose(wire.unpack(widget.v)[..., 0], VALUES.q.max(-1), atol=1e-5)
    np.testing.assert_allclose(wire.unpack(widget.truth)[..., 0], TRUTH.q.max(-1), atol=1e-5)
    assert widget.walk["states"][:3] == WALK.cell[:3].tolist() and len(widget.walk["actions"]) == 13
    assert widget.walk["achieved"][5] is True and widget.goal == at("r1c0") and widget.follow
    assert repr(widget) == "RolloutPlayer(4x7, 21 goals, 13 steps)"
    assert widget.counts() == {"goal": 21, "frame": 14}
    assert json.loads(json.dumps(widget.state())) == widget.state()


def test_defaults():
    widget = RolloutPlayer(VALUES, WALK)
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
        ({"scale": "error"}, r"scale 'error' needs exact values: RolloutPlayer\(values, walk, truth=...\)"),
        ({"show_truth": True}, "show_truth needs exact values"),
        ({"truth": toy_values.exact(("S.",))}, "RolloutPlayer: truth has 2 state_names, values have 21"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        RolloutPlayer(VALUES, WALK, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"action": WALK.action[:0]}, r"walk.action must be \[T\] or \[T, A\], T at least 1, got \(0,\)"),
        ({"action": WALK.action[1:]}, r"walk.goal must have the shape \(12,\), got \(13,\)"),
        ({"goal": WALK.goal[:-1]}, r"walk.goal must have the shape \(13,\), got \(12,\)"),
        ({"cell": WALK.cell[:-1]}, r"walk.cell must have the shape \(14,\), got \(13,\)"),
        ({"cell": WALK.cell[None]}, r"walk.cell must have the shape \(14,\), got \(1, 14\)"),
        ({"achieved": WALK.v}, "walk.achieved must be true or false, got float32"),
        ({"achieved": WALK.achieved[:, 1:]}, r"walk.achieved must have the shape \(14, 21\), got \(14, 20\)"),
        ({"cell": WALK.cell * 1.0}, "walk.cell must hold whole numbers, got float64"),
        ({"cell": WALK.cell + 20}, r"walk.cell\[0\] is \d+, but the states are 0 to 20"),
        ({"goal": WALK.goal + 9}, r"walk.goal\[0\] is 26, but the goals are 0 to 20"),
        ({"action": WALK.action - 1}, r"walk.action\[\d+\] is -1, but the actions are 0 to 3"),
        ({"best": WALK.best + 4}, r"walk.best\[0, 0\] is \d, but the actions are 0 to 3"),
        ({"v": WALK.v * 2}, r"walk.v\[0, 0\] is 1\.\d+, but values are 0 to 1"),
        ({"gamma": 1.5}, "walk.gamma must lie between 0 and 1, got 1.5"),
        ({"action": np.zeros((13, 4))}, r"walk.action must be \[T\] on a map, got \(13, 4\)"),
        ({"action_names": ("a", "b", "c", "d")}, "the action_names of walk and values differ"),
        ({"goal_names": tuple("abcdefghijklmnopqrstu")}, "the goal_names of walk and values differ"),
    ],
)
def test_walks_that_do_not_fit(change, error):
    with pytest.raises(ValueError, match=f"RolloutPlayer: {error}") as caught:
        RolloutPlayer(VALUES, altered(WALK, **change))
    assert "\n" not in str(caught.value)


def test_what_is_no_walk_or_no_values():
    with pytest.raises(TypeError, match=r"RolloutPlayer needs a walk, got list without \.action"):
        RolloutPlayer(VALUES, [])
    with pytest.raises(TypeError, match="RolloutPlayer needs a walk with the layer 'cell', this one has none"):
        RolloutPlayer(VALUES, replace(WALK, cell=None))
    with pytest.raises(TypeError, match="RolloutPlayer needs a walk with the layer 'body', this one has only cell"):
        RolloutPlayer(WALK)
    with pytest.raises(TypeError, match=r"RolloutPlayer needs a walk, got Values without \.action"):
        RolloutPlayer(VALUES)
    with pytest.raises(ValueError, match="RolloutPlayer: truth is compared with values, and none were given"):
        RolloutPlayer(WALK, truth=TRUTH)
    with pytest.raises(TypeError, match=r"RolloutPlayer needs all-goals values, got dict"):
        RolloutPlayer({}, WALK)
    with pytest.raises(ValueError, match="values have no positions, so there is no map to draw"):
        RolloutPlayer(toy_values.replace(VALUES, goal_positions=None), WALK)


def test_orders_of_the_rows():
    orders = orders_on_values(read_walk(WALK, "test"), TABLE, read_values(TRUTH))
    assert all(sorted(order) == list(range(21)) for order in orders.values())
    assert orders["commanded"][:3] == [at("r3c2"), at("r1c0"), at("r0c3")]
    way = [at(name) for name in ("r1c1", "r1c0", "r2c0", "r3c0", "r3c1", "r3c2", "r1c2", "r1c3", "r0c3")]
    assert sorted(way, key=orders["peak"].index) == way and orders["peak"][0] == way[0]
    assert orders["peak"][-1] == at("r3c6")  # no way leads there
    rest = [goal for goal in orders["peak"] if goal not in orders["commanded"][:3]]
    assert orders["commanded"][3:] == rest
    assert orders["group"] == list(range(21))
    names = tuple(f"{'even' if i % 2 == 0 else 'odd'}/{name}" for i, name in enumerate(VALUES.state_names))
    grouped = read_walk(replace(WALK, goal_names=names), "test")
    assert orders_on_values(grouped, TABLE)["group"] == [*range(0, 21, 2), *range(1, 21, 2)]


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
    plain = RolloutPlayer(toy_values.replace(VALUES, scale="plain"), WALK).table()[0]
    assert "steps_left" not in plain and "exact_value" not in plain


def test_png_shows_map_and_strip():
    widget = RolloutPlayer(TRUTH, WALK, TRUTH, frame=2)
    picture, cell = image(widget), 44

    def middle(row, col):
        return tuple(int(c) for c in picture[10 + int((row + 0.5) * cell), 10 + int((col + 0.5) * cell)])

    assert picture.shape[1] == 440
    assert middle(*TRUTH.state_positions[WALK.cell[2]]) == palette.ACCENT  # the agent
    value = TRUTH.q[at("r1c6"), at("r3c2")].max()
    assert middle(1, 6) == tuple(int(c) for c in np.round(palette.shade(value, *widget_limits(widget))))
    assert middle(3, 2) == (255, 255, 255)  # the goal itself shows no value
    strip = picture[4 * cell + 20 + 34 + 6 : -10, 10:-10]
    outlined = (strip[0] == palette.ACCENT).all(axis=-1)
    times = np.arange(outlined.size) * 14 // outlined.size
    assert (times[outlined].min(), times[outlined].max()) == (0, 5)  # the first command, but for the playhead
    assert (strip == palette.INK).all(axis=(0, 2)).nonzero()[0].tolist() == [74, 75]  # the middle of column 2


def widget_limits(widget):
    return widget.limits["value"]["low"], widget.limits["value"]["high"]


def test_png_follows_the_view():
    widget = player()
    seen = {widget.png()}
    for change in ({"frame": 7}, {"goal": 0}, {"sort": "peak"}, {"scale": "steps"}, {"scale": "error"}):
        seen.add(widget.from_state(change).png())
    seen.add(widget.from_state({"scale": "value", "show_truth": True}).png())
    assert len(seen) == 7
    assert image(RolloutPlayer(toy_values.replace(VALUES, layout=None), WALK)).shape == image(player()).shape


def test_a_long_walk_and_a_teleporter():
    portal = toy_values.exact(toy_values.PORTAL)
    jump = walk(portal, "r1c4", "r0c0")
    assert image(RolloutPlayer(portal, jump, frame=2)).shape[1] == 440
    many = walk(TRUTH, *["r3c2", "r0c3", "r0c0"] * 40, max_steps=900)
    assert image(RolloutPlayer(VALUES, many, frame=600)).shape[1] == 440


@pytest.mark.parametrize("options", [{"map": "slippery"}, {"map": "teleporter"}])
def test_it_takes_what_the_lab_makes(options):
    from leo_lab import exact_values, make
    from leo_lab.walks import record

    env = make("gridworld", **options)
    truth = exact_values(env)
    made = record(truth, truth.goal_names[3:9], env=env, patience=30)
    widget = RolloutPlayer(truth, made, truth, frame=made.steps)
    assert widget.table()[-1]["exact_steps_left"] == 0 or not made.achieved[-1, made.goal[-1]]
    assert len(widget.png()) > 1000
