"""CraftaxTrace without a browser: what it takes, what it refuses, what it tells and draws."""

import json

import numpy as np
import pytest

import toy_craftax
from leo_widgets import CraftaxTrace, GoalTable
from leo_widgets.arrays import wire
from leo_widgets.arrays.world_traces import World, read_world, world_orders
from leo_widgets.page.assets import blocks
from leo_widgets.pictures import raster
from toy_craftax import replace
from toy_values import image

TRACE = toy_craftax.trace(steps=40)  # 7 x 9, 136 goals
WORLD = read_world(TRACE, "test")


def unbits(packed):
    count = int(np.prod(packed["shape"]))
    return np.unpackbits(np.frombuffer(packed["data"], np.uint8), count=count, bitorder="little").reshape(
        packed["shape"]
    )


def test_what_travels_to_the_browser():
    widget = CraftaxTrace(TRACE, frame=3, speed=8)
    np.testing.assert_allclose(wire.unpack(widget.v), TRACE.v, atol=1e-5)
    np.testing.assert_array_equal(unbits(widget.achieved), TRACE.achieved)
    for name in ("blocks", "things", "stats", "best"):
        packed = getattr(widget, name)
        np.testing.assert_array_equal(
            np.frombuffer(packed["data"], np.uint8).reshape(packed["shape"]), getattr(TRACE, name)
        )
    assert widget.walk["commanded"] == [int(TRACE.goal[0]), *TRACE.goal.tolist()]
    assert widget.walk["actions"] == TRACE.actions.tolist() and len(widget.walk["direction"]) == 41
    assert repr(widget) == "CraftaxTrace(7x9, 136 goals, 40 steps)"
    assert widget.counts() == {"goal": 136, "frame": 41}
    assert (widget.title, widget.goal, widget.sort) == ("toy", int(TRACE.goal[2]), "moves")
    assert json.loads(json.dumps(widget.state())) == widget.state()
    assert widget.channel == GoalTable(TRACE.goal_names).channel


def test_a_long_walk_with_512_goals_stays_small(tmp_path):
    widget = CraftaxTrace(toy_craftax.trace(full=True, steps=300))
    held = [widget.v, widget.best, widget.achieved, widget.blocks, widget.things, widget.stats]
    assert sum(len(packed["data"]) for packed in held) < 600_000
    assert repr(widget) == "CraftaxTrace(9x11, 512 goals, 300 steps)"
    assert widget.to_html(tmp_path / "w.html").stat().st_size < 1_000_000


def test_state_comes_back():
    change = {"frame": 7, "goal": 2, "sort": "success", "speed": 16, "show_table": True}
    widget = CraftaxTrace(TRACE).from_state(change)
    assert widget.state() == change
    with pytest.raises(ValueError, match="frame 41 does not exist: the frames are 0 to 40"):
        widget.from_state({"frame": 41})
    assert widget.frame == 7


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"frame": 41}, "CraftaxTrace: frame 41 does not exist: the frames are 0 to 40"),
        ({"goal": "wod_3"}, "unknown goal 'wod_3'; did you mean 'inventory/wood_3'"),
        ({"goal": 136}, "goal 136 does not exist: the goals are 0 to 135"),
        ({"speed": 5}, r"CraftaxTrace: .*speed.* any of \[1, 2, 4, 8, 16, 32\]"),
        ({"sort": "name"}, "CraftaxTrace: .*sort"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        CraftaxTrace(TRACE, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"blocks": TRACE.blocks[0]}, r"trace.blocks must be \[T \+ 1, rows, columns\], .* got \(7, 9\)"),
        ({"blocks": TRACE.blocks[:, :6]}, r"rows and columns odd, got \(41, 6, 9\)"),
        ({"things": TRACE.things[:, :, 1:]}, r"trace.things must have the shape \(41, 7, 9\), got \(41, 7, 8\)"),
        ({"actions": TRACE.direction}, r"trace.actions must have the shape \(40,\), got \(41,\)"),
        ({"stats": TRACE.stats[:, 1:]}, r"trace.stats must have the shape \(41, 18\), got \(41, 17\)"),
        ({"v": TRACE.v[:, 1:]}, r"trace.v must have the shape \(41, 136\), got \(41, 135\)"),
        ({"goal_names": TRACE.goal_names[1:]}, r"trace.achieved must have the shape \(41, 135\), got \(41, 136\)"),
        ({"goal_names": ()}, "trace.goal_names is empty"),
        ({"v": TRACE.v + 1}, r"trace.v\[0, \d+\] is 1\.\d+, but values are 0 to 1"),
        ({"v": TRACE.v * np.nan}, r"trace.v\[0, 0\] is nan, but values are 0 to 1"),
        ({"v": TRACE.best}, "trace.v must hold floats, got uint8"),
        ({"achieved": TRACE.best}, "trace.achieved must be true or false, got uint8"),
        ({"direction": TRACE.direction + 9}, r"trace.direction\[0\] is 12, but the directions are 0 to 3"),
        ({"goal": TRACE.goal - 99}, r"trace.goal\[\d+\] is -\d+, but the goals are 0 to 135"),
        ({"best": TRACE.best + 17}, r"trace.best\[0, 0\] is \d+, but the actions are 0 to 16"),
        ({"block_names": TRACE.block_names[:2]}, r"trace.blocks\[0, 0, 0\] is \d+, but the blocks are 0 to 1"),
        ({"thing_names": ()}, "trace.thing_names must hold 1 to 256 names, got 0"),
        ({"gamma": 1.5}, "trace.gamma must be above 0 and at most 1, got 1.5"),
        ({"blocks": TRACE.blocks * 1.0}, "trace.blocks must hold whole numbers, got float64"),
    ],
)
def test_traces_that_do_not_fit(change, error):
    with pytest.raises(ValueError, match=f"CraftaxTrace: .*{error}") as caught:
        CraftaxTrace(replace(TRACE, **change))
    assert "\n" not in str(caught.value)


def test_what_is_no_trace():
    with pytest.raises(TypeError, match=r"CraftaxTrace needs a trace of a world, got list without \.blocks"):
        CraftaxTrace([])


def small(v, achieved, names=("b/x", "a/y", "b/z")):
    """A world of three goals, whatever else it holds."""
    nothing = {name: None for name in World.__dataclass_fields__}
    goals = {"v": np.array(v).T, "achieved": np.array(achieved, bool).T, "goal_names": names}
    return World(**{**nothing, **goals, "actions": np.zeros(3, int), "goal": np.array([2, 2, 0])})


def test_what_is_commanded_and_reached():
    world = small([[0.1] * 4] * 3, [[1, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]])
    assert world.commanded.tolist() == [2, 2, 2, 0]
    assert world.reached.T.tolist() == [[False, False, False, True], [False, False, True, False], [False] * 4]


def test_orders_of_the_rows():
    v = [[0.2, 0.3, 0.2, 0.2], [0.9, 0.1, 0.1, 0.5], [0.1, 0.1, 0.6, 0.1]]
    orders = world_orders(small(v, [[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 1, 0]]))
    assert orders == {"moves": [1, 2, 0], "peak": [1, 0, 2], "group": [0, 2, 1], "success": [2, 1, 0]}
    assert all(sorted(order) == list(range(136)) for order in world_orders(WORLD).values())


def test_table_has_a_row_for_each_time():
    rows = CraftaxTrace(TRACE).table()
    assert len(rows) == 41 and [row["time"] for row in rows] == list(range(41))
    assert list(rows[0])[:6] == ["time", "action", "commanded_goal", "value", "achieved", "reached"]
    assert list(rows[0])[6:] == list(TRACE.stat_names)
    for t, row in enumerate(rows):
        goal = TRACE.goal_names.index(row["commanded_goal"])
        assert row["value"] == pytest.approx(TRACE.v[t, goal]) and row["achieved"] == TRACE.achieved[t, goal]
        assert row["health"] == TRACE.stats[t, 0]
    assert rows[40]["action"] is None and rows[0]["reached"] == []
    assert rows[1]["commanded_goal"] == TRACE.goal_names[TRACE.goal[0]]


def test_png_shows_the_world_and_the_strip():
    widget = CraftaxTrace(TRACE, frame=5)
    picture, cell = image(widget), 44
    assert picture.shape[1] == 440
    corner = picture[10 + 2, 10 + 2]
    known = blocks()[TRACE.block_names[TRACE.blocks[5, 0, 0]]]
    assert tuple(corner.tolist()) == raster.channels(known[0])
    middle = picture[10 + 3 * cell : 10 + 4 * cell, 10 + 4 * cell : 10 + 5 * cell]
    assert (middle == raster.ACCENT).all(axis=-1).sum() > 200  # the player
    assert image(CraftaxTrace(toy_craftax.trace(full=True, steps=20))).shape[1] == 11 * cell + 20


def test_png_follows_the_view():
    widget = CraftaxTrace(TRACE)
    seen = {widget.png(), widget.from_state({"frame": 9}).png(), widget.from_state({"sort": "group"}).png()}
    assert len(seen) == 3


def test_unknown_blocks_and_things_are_drawn_all_the_same():
    odd = replace(TRACE, block_names=tuple(f"ODD_{i}" for i in range(17)), thing_names=("none", *"abcd"))
    assert len(CraftaxTrace(odd).png()) > 1000


def test_every_block_has_two_colours():
    assert len(blocks()) == 36
    assert all(len(colour) in (0, 7) for pair in blocks().values() for colour in pair)
    known = {*toy_craftax.BLOCKS, *toy_craftax.MORE_BLOCKS} - {"INVALID"}
    assert known == set(blocks())


def test_it_takes_what_the_lab_makes(tmp_path):
    """A trace of leo_lab, saved and loaded: what it rounds stays within 0 to 1."""
    from leo_lab.walks.craftax import WorldTrace, load_trace

    trace = load_trace(WorldTrace(**vars(TRACE)).save(tmp_path / "walk.npz"))
    widget = CraftaxTrace(trace, frame=4)
    assert widget.table()[4]["value"] == pytest.approx(CraftaxTrace(TRACE).table()[4]["value"], abs=1e-4)
    assert repr(widget) == "CraftaxTrace(7x9, 136 goals, 40 steps)"
    assert repr(GoalTable(trace.goal_names, {"first reached": trace.first_reached()}, trace.v)).endswith("1 column)")
