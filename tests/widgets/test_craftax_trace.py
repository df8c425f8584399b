"""CraftaxTrace without a browser: what it takes, what it refuses, what it tells and draws."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toy_craftax
from leo_widgets import CraftaxTrace, GoalTable
from leo_widgets.arrays import wire
from leo_widgets.arrays.walks import Walk, orders_along, read_walk
from leo_widgets.page.assets import blocks
from leo_widgets.pictures import palette
from toy_craftax import changed
from toy_values import altered, image

WALK = toy_craftax.walk(steps=40)  # 7 x 9, 136 goals
VIEW = WALK.view
READ = read_walk(WALK, "test", "view")


def unbits(packed):
    count = int(np.prod(packed["shape"]))
    return np.unpackbits(np.frombuffer(packed["data"], np.uint8), count=count, bitorder="little").reshape(
        packed["shape"]
    )


def test_what_travels_to_the_browser():
    widget = CraftaxTrace(WALK, frame=3, speed=8)
    np.testing.assert_allclose(wire.unpack(widget.v), WALK.v, atol=1e-5)
    np.testing.assert_array_equal(unbits(widget.achieved), WALK.achieved)
    for name, array in {**vars(WALK.view), "best": WALK.best}.items():
        if name in ("blocks", "things", "stats", "best"):
            packed = getattr(widget, name)
            np.testing.assert_array_equal(np.frombuffer(packed["data"], np.uint8).reshape(packed["shape"]), array)
    assert widget.walk["commanded"] == [int(WALK.goal[0]), *WALK.goal.tolist()]
    assert widget.walk["actions"] == WALK.action.tolist() and len(widget.walk["direction"]) == 41
    assert repr(widget) == "CraftaxTrace(7x9, 136 goals, 40 steps)"
    assert widget.counts() == {"goal": 136, "frame": 41}
    assert (widget.title, widget.goal, widget.sort) == ("toy", int(WALK.goal[2]), "moves")
    assert json.loads(json.dumps(widget.state())) == widget.state()
    assert widget.channel == GoalTable(WALK.goal_names).channel


def test_a_long_walk_with_512_goals_stays_small(tmp_path):
    widget = CraftaxTrace(toy_craftax.walk(full=True, steps=300))
    held = [widget.v, widget.best, widget.achieved, widget.blocks, widget.things, widget.stats]
    assert sum(len(packed["data"]) for packed in held) < 600_000
    assert repr(widget) == "CraftaxTrace(9x11, 512 goals, 300 steps)"
    assert widget.to_html(tmp_path / "w.html").stat().st_size < 1_000_000


def test_state_comes_back():
    change = {"frame": 7, "goal": 2, "sort": "success", "speed": 16, "show_table": True}
    widget = CraftaxTrace(WALK).from_state(change)
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
        CraftaxTrace(WALK, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"blocks": VIEW.blocks[0]}, r"walk.view.blocks must be \[T \+ 1, rows, columns\], .* got \(7, 9\)"),
        ({"blocks": VIEW.blocks[:, :6]}, r"rows and columns odd, got \(41, 6, 9\)"),
        ({"things": VIEW.things[:, :, 1:]}, r"walk.view.things must have the shape \(41, 7, 9\), got \(41, 7, 8\)"),
        ({"blocks": VIEW.blocks[1:]}, r"walk.view.blocks must have the shape \(41, 7, 9\), got \(40, 7, 9\)"),
        ({"goal": VIEW.direction}, r"walk.goal must have the shape \(40,\), got \(41,\)"),
        ({"stats": VIEW.stats[:, 1:]}, r"walk.view.stats must have the shape \(41, 18\), got \(41, 17\)"),
        ({"v": WALK.v[:, 1:]}, r"walk.v must have the shape \(41, 136\), got \(41, 135\)"),
        ({"goal_names": WALK.goal_names[1:]}, r"walk.achieved must have the shape \(41, 135\), got \(41, 136\)"),
        ({"goal_names": ()}, "walk.goal_names is empty"),
        ({"v": WALK.v + 1}, r"walk.v\[0, \d+\] is 1\.\d+, but values are 0 to 1"),
        ({"v": WALK.v * np.nan}, r"walk.v\[0, 0\] is nan, but values are 0 to 1"),
        ({"v": WALK.best}, "walk.v must hold floats, got uint8"),
        ({"achieved": WALK.best}, "walk.achieved must be true or false, got uint8"),
        ({"direction": VIEW.direction + 9}, r"walk.view.direction\[0\] is 12, but the directions are 0 to 3"),
        ({"goal": WALK.goal - 99}, r"walk.goal\[\d+\] is -\d+, but the goals are 0 to 135"),
        ({"best": WALK.best + 17}, r"walk.best\[0, 0\] is \d+, but the actions are 0 to 16"),
        ({"best": None}, r"walk.action must be \[T\], and walk.best known"),
        ({"block_names": VIEW.block_names[:2]}, r"walk.view.blocks\[0, 0, 0\] is \d+, but the blocks are 0 to 1"),
        ({"thing_names": ()}, "walk.view.thing_names must hold 1 to 256 names, got 0"),
        ({"gamma": 1.5}, "walk.gamma must lie between 0 and 1, got 1.5"),
        ({"blocks": VIEW.blocks * 1.0}, "walk.view.blocks must hold whole numbers, got float64"),
    ],
)
def test_walks_that_do_not_fit(change, error):
    with pytest.raises(ValueError, match=f"CraftaxTrace: .*{error}") as caught:
        CraftaxTrace(changed(WALK, **change))
    assert "\n" not in str(caught.value)


def test_what_is_no_such_walk():
    with pytest.raises(TypeError, match=r"CraftaxTrace needs a walk, got list without \.action"):
        CraftaxTrace([])
    with pytest.raises(TypeError, match="CraftaxTrace needs a walk with the layer 'view', this one has none"):
        CraftaxTrace(replace(WALK, view=None))
    with pytest.raises(TypeError, match=r"CraftaxTrace needs a view of the world, got str without \.blocks"):
        CraftaxTrace(altered(WALK, view="the sea"))


def small(v, achieved, names=("b/x", "a/y", "b/z")):
    """A walk of three steps and three goals, whatever else it holds."""
    goals = {"v": np.array(v).T, "achieved": np.array(achieved, bool).T, "goal_names": names}
    return Walk(
        **goals, action=np.zeros(3, int), goal=np.array([2, 2, 0]), best=None, action_names=("noop",), gamma=0.9,
        title="", scale="hit",
    )  # fmt: skip


def test_what_is_commanded_and_reached():
    world = small([[0.1] * 4] * 3, [[1, 1, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0]])
    assert world.commanded.tolist() == [2, 2, 2, 0]
    assert world.reached.T.tolist() == [[False, False, False, True], [False, False, True, False], [False] * 4]


def test_orders_of_the_rows():
    v = [[0.2, 0.3, 0.2, 0.2], [0.9, 0.1, 0.1, 0.5], [0.1, 0.1, 0.6, 0.1]]
    orders = orders_along(small(v, [[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 1, 0]]))
    assert orders.pop("commanded") == [2, 0, 1]
    assert orders == {"moves": [1, 2, 0], "peak": [1, 0, 2], "group": [0, 2, 1], "success": [2, 1, 0]}
    assert all(sorted(order) == list(range(136)) for order in orders_along(READ).values())


def test_table_has_a_row_for_each_time():
    rows = CraftaxTrace(WALK).table()
    assert len(rows) == 41 and [row["time"] for row in rows] == list(range(41))
    assert list(rows[0])[:6] == ["time", "action", "commanded_goal", "value", "achieved", "reached"]
    assert list(rows[0])[6:] == list(VIEW.stat_names)
    for t, row in enumerate(rows):
        goal = WALK.goal_names.index(row["commanded_goal"])
        assert row["value"] == pytest.approx(WALK.v[t, goal]) and row["achieved"] == WALK.achieved[t, goal]
        assert row["health"] == VIEW.stats[t, 0]
    assert rows[40]["action"] is None and rows[0]["reached"] == []
    assert rows[1]["commanded_goal"] == WALK.goal_names[WALK.goal[0]]


def test_png_shows_the_world_and_the_strip():
    widget = CraftaxTrace(WALK, frame=5)
    picture, cell = image(widget), 44
    assert picture.shape[1] == 440
    corner = picture[10 + 2, 10 + 2]
    known = blocks()[VIEW.block_names[VIEW.blocks[5, 0, 0]]]
    assert tuple(corner.tolist()) == palette.channels(known[0])
    middle = picture[10 + 3 * cell : 10 + 4 * cell, 10 + 4 * cell : 10 + 5 * cell]
    assert (middle == palette.ACCENT).all(axis=-1).sum() > 200  # the player
    assert image(CraftaxTrace(toy_craftax.walk(full=True, steps=20))).shape[1] == 11 * cell + 20


def test_png_follows_the_view():
    widget = CraftaxTrace(WALK)
    seen = {widget.png(), widget.from_state({"frame": 9}).png(), widget.from_state({"sort": "group"}).png()}
    assert len(seen) == 3


def test_unknown_blocks_and_things_are_drawn_all_the_same():
    odd = changed(WALK, block_names=tuple(f"ODD_{i}" for i in range(17)), thing_names=("none", *"abcd"))
    assert len(CraftaxTrace(odd).png()) > 1000


def test_every_block_has_two_colours():
    assert len(blocks()) == 36
    assert all(len(colour) in (0, 7) for pair in blocks().values() for colour in pair)
    known = {*toy_craftax.BLOCKS, *toy_craftax.MORE_BLOCKS} - {"INVALID"}
    assert known == set(blocks())


def test_it_takes_what_the_lab_keeps(tmp_path):
    """A walk of leo_lab, saved and loaded: what it rounds stays within 0 to 1."""
    from leo_lab.artefacts.walk import load_walk

    kept = load_walk(WALK.save(tmp_path / "walk.npz"))
    widget = CraftaxTrace(kept, frame=4)
    assert widget.table()[4]["value"] == pytest.approx(CraftaxTrace(WALK).table()[4]["value"], abs=1e-4)
    assert repr(widget) == "CraftaxTrace(7x9, 136 goals, 40 steps)"
    assert repr(GoalTable(kept.goal_names, {"seen": kept.achieved.sum(axis=0)}, kept.v)).endswith("1 column)")
