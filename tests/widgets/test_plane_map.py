"""PlaneMap, and RolloutPlayer on a plane: what they take, what they refuse, what they tell and draw."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toy_planes
from leo_widgets import CraftaxTrace, PlaneMap, RolloutPlayer
from leo_widgets.arrays import wire
from leo_widgets.arrays.planes import read_plane
from leo_widgets.page.export import render
from leo_widgets.pictures import palette
from leo_widgets.pictures.plane_picture import PlanePicture
from toy_values import altered, image

PLANE = toy_planes.grid_plane()  # 3 rows, 6 columns, 14 goals; the column x = 1 has a wall above and below
TRUTH = toy_planes.exact(PLANE, (9, 18))
VALUES = toy_planes.estimate(TRUTH)
WALK = toy_planes.point_walk(TRUTH, (0, 13, 4), start=70, shifted={13: (0.2, -0.1)})
FEWER = replace(TRUTH, cells=TRUTH.cells[1:], v=TRUTH.v[1:], direction=TRUTH.direction[1:])
GOALS, TIMES, BODY = len(PLANE.points), WALK.steps + 1, WALK.body


def both(**options):
    return PlaneMap(VALUES, TRUTH, WALK, **options)


def unsigned(packed):
    return np.frombuffer(packed["data"], np.int8).reshape(packed["shape"]) / 127


def unbits(packed):
    count = int(np.prod(packed["shape"]))
    bits = np.unpackbits(np.frombuffer(packed["data"], np.uint8), count=count, bitorder="little")
    return bits.reshape(packed["shape"])


# ------------------------------------------------------------------ what it is


def test_what_travels_to_the_browser():
    widget = both(frame=3)
    np.testing.assert_allclose(wire.unpack(widget.v), VALUES.v, atol=1e-5)
    np.testing.assert_allclose(wire.unpack(widget.truth), TRUTH.v, atol=1e-5)
    np.testing.assert_allclose(unsigned(widget.direction), VALUES.direction, atol=0.5 / 127 + 1e-6)
    np.testing.assert_allclose(unsigned(widget.walk_direction), BODY.direction, atol=0.5 / 127 + 1e-6)
    np.testing.assert_array_equal(np.argwhere(unbits(widget.places_on)), VALUES.cells)
    np.testing.assert_array_equal(unbits(widget.achieved), WALK.achieved)
    np.testing.assert_array_equal(np.frombuffer(widget.places["data"], "<f4").reshape(-1, 2), BODY.place)
    assert widget.walk["commanded"] == [int(WALK.goal[0]), *WALK.goal.tolist()]
    assert widget.limbs["shape"] == [TIMES, 0, 2, 2] and widget.plane["extent"] == [0, 0, 6, 3]
    assert len(widget.plane["walls"]) == 4 and widget.labels == ["SAC + LEO", "exact"]
    assert json.loads(json.dumps(widget.state())) == widget.state()
    assert widget.channel == RolloutPlayer(WALK).channel


def test_what_it_calls_itself():
    assert repr(both()) == f"PlaneMap(14 goals, 126 places with exact values, {TIMES - 1} steps)"
    assert repr(PlaneMap(VALUES)) == "PlaneMap(14 goals, 126 places)"
    assert repr(PlaneMap(walk=WALK)) == f"PlaneMap(14 goals, {TIMES - 1} steps)"
    assert repr(RolloutPlayer(WALK)) == f"RolloutPlayer(14 goals, {TIMES - 1} steps, 0 limbs)"
    assert both().counts() == {"goal": GOALS, "frame": TIMES} and PlaneMap(VALUES).counts()["frame"] == 1


def test_the_size_of_a_large_one():
    """1664 places and 104 goals with exact values, as the docstring says of 1700 and 111."""
    plane = toy_planes.grid_plane(toy_planes.ROOMS)
    truth = toy_planes.exact(plane, (44, 44))
    widget = PlaneMap(truth, truth)
    held = [widget.v, widget.direction, widget.truth, widget.truth_direction]
    assert sum(len(packed["data"]) for packed in held) == 8 * 1664 * 104 < 1.5e6


def test_places_in_any_order_are_the_same_map():
    order = np.random.default_rng(0).permutation(len(VALUES.cells))
    mixed = replace(VALUES, cells=VALUES.cells[order], v=VALUES.v[order], direction=VALUES.direction[order])
    assert PlaneMap(mixed, TRUTH).table() == PlaneMap(VALUES, TRUTH).table()


def test_defaults_follow_from_what_is_given():
    walked = both(frame=5)
    assert (walked.view, walked.goal, walked.follow) == ("goal", int(WALK.goal[4]), True)
    alone = PlaneMap(VALUES)
    assert (alone.view, alone.follow, alone.title) == ("goal", False, "SAC + LEO")
    assert alone.truth == {} and alone.walk == {} and alone.limits["error"] is None
    assert alone.goal == int(np.argsort(VALUES.v.mean(axis=0), kind="stable")[GOALS // 4])
    assert PlaneMap(walk=WALK).view == "body" and both(goal="x2.5y0.5").follow is False


def test_a_rollout_player_of_a_body_is_of_the_same_class():
    widget = RolloutPlayer(WALK, frame=4, sort="peak", title="t")
    assert isinstance(widget, RolloutPlayer) and (widget.frame, widget.sort, widget.title) == (4, "peak", "t")
    assert sorted(widget.orders["commanded"]) == list(range(GOALS))
    assert widget.orders["commanded"][:3] == [0, 13, 4] and widget.orders["group"] == list(range(GOALS))
    assert widget.orders["peak"] == list(np.lexsort((np.arange(GOALS), -WALK.v.max(axis=0), WALK.v.argmax(axis=0))))
    with pytest.raises(ValueError, match="scale 'error' needs exact values"):
        RolloutPlayer(WALK, scale="error")


# ------------------------------------------------------------------ the commanded goal, and links


@pytest.mark.parametrize("make", [both, lambda **options: RolloutPlayer(WALK, **options)])
def test_the_goal_is_the_commanded_one_until_another_is_chosen(make):
    widget = make()
    last = WALK.steps
    widget.frame = last
    assert widget.goal == 4 and widget.follow
    widget.goal = 7
    assert not widget.follow
    widget.frame = 0
    assert widget.goal == 7
    widget.follow = True
    assert widget.goal == int(WALK.goal[0])


def test_links_share_goal_and_frame():
    first, second = both(), RolloutPlayer(WALK)
    first.link(second)
    first.frame = 6
    assert second.frame == 6
    second.goal = 9
    assert first.goal == 9 and not first.follow and first.channel == second.channel
    alone = PlaneMap(VALUES, link="other")
    first.link(alone)
    first.goal, first.frame = 3, 2
    assert alone.goal == 3 and alone.frame == 0  # it has no frames to share


def test_a_map_without_a_walk_shares_no_frame():
    text = render([PlaneMap(VALUES, goal=3), RolloutPlayer(WALK, frame=5), PlaneMap(walk=WALK)], "page")
    data = json.loads(text.split('id="leo-data">')[1].split("</script>")[0])
    assert [entry["state"]["frame"] for entry in data["widgets"]] == [0, 5, 5]
    assert [entry["state"]["goal"] for entry in data["widgets"]] == [3, 3, 3]


def test_state_comes_back():
    change = {"view": "body", "frame": 7, "goal": 2, "follow": False, "scale": "steps", "speed": 16, "show_table": True}
    widget = both().from_state(change)
    assert widget.state() == change
    with pytest.raises(ValueError, match=f"frame {TIMES} does not exist: the frames are 0 to {TIMES - 1}"):
        widget.from_state({"frame": TIMES})
    assert widget.state() == change


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "PlaneMap needs values, a walk, or both, got neither"),
        ({"truth": TRUTH, "walk": WALK}, "PlaneMap: truth is compared with values, and none were given"),
        ({"values": VALUES, "frame": 1}, "PlaneMap: frame 1 does not exist: the frames are 0 to 0"),
        ({"walk": WALK, "frame": TIMES}, f"PlaneMap: frame {TIMES} does not exist: the frames are 0 to {TIMES - 1}"),
        ({"walk": WALK, "frame": -1}, "PlaneMap: frame -1 does not exist"),
        ({"values": VALUES, "goal": "x9y9"}, "unknown goal 'x9y9'"),
        ({"values": VALUES, "goal": 14}, "goal 14 does not exist: the goals are 0 to 13"),
        ({"values": VALUES, "view": "body"}, r"view 'body' needs a walk: PlaneMap\(..., walk=...\)"),
        ({"walk": WALK, "view": "goal"}, "view 'goal' needs values over the plane"),
        ({"values": VALUES, "follow": True}, "follow needs a trace"),
        ({"values": VALUES, "scale": "error"}, r"scale 'error' needs exact values: PlaneMap\(values, truth=...\)"),
        ({"values": replace(VALUES, scale="plain"), "scale": "steps"}, "steps' needs values that stand for .* 'plain'"),
        ({"walk": WALK, "speed": 5}, r"PlaneMap: .*speed.* any of \[1, 2, 4, 8, 16, 32\]"),
        ({"values": VALUES, "truth": toy_planes.exact(PLANE, (9, 12))}, "truth has a raster of 9 rows and 12 columns"),
        ({"values": VALUES, "truth": replace(TRUTH, gamma=0.9)}, "gamma is 0.9 in truth, 0.97 in values"),
        (
            {"values": VALUES, "truth": FEWER},
            r"truth and values differ in which cells of the raster are places \(125 and 126 of them\)",
        ),
        ({"values": VALUES, "walk": toy_planes.arm_walk()[1]}, "PlaneMap: walk is of 80 goals, values of 14"),
        ({"values": replace(VALUES, scale="occupancy"), "walk": WALK}, "scale is 'hit' in walk, 'occupancy' in values"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together(arguments, error):
    with pytest.raises(ValueError, match=error) as caught:
        PlaneMap(**arguments)
    assert "\n" not in str(caught.value)


def other_plane(**change):
    return replace(PLANE, **change)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"v": VALUES.v[:, 1:]}, r"values.v must have the shape \(S, 14\), got \(126, 13\)"),
        ({"v": VALUES.v[1:]}, r"values.cells must have the shape \(125, 2\), got \(126, 2\)"),
        ({"direction": VALUES.v}, r"values.direction must have the shape \(126, 14, 2\), got \(126, 14\)"),
        ({"direction": VALUES.direction * 2}, "values.direction must be at most 1 long, got 2"),
        ({"direction": VALUES.direction * np.nan}, "values.direction holds nan"),
        ({"v": VALUES.v + 1}, r"values.v\[0, 0\] is 1\.\d+, but values are 0 to 1"),
        ({"v": VALUES.v * np.nan}, r"values.v\[0, 0\] is nan, but values are 0 to 1"),
        ({"cells": VALUES.cells + 1}, "values.cells leave the raster of 9 rows and 18 columns"),
        ({"cells": VALUES.cells * 1.0}, "values.cells must hold whole numbers, got float64"),
        ({"cells": VALUES.cells * 0}, r"values.cells name the place \(0, 0\) twice"),
        ({"shape": (9,)}, r"values.shape must be rows and columns, got \(9,\)"),
        ({"gamma": 1.0}, "values.gamma must lie between 0 and 1, got 1.0"),
        ({"plane": other_plane(points=PLANE.points[1:])}, r"plane.points must have the shape \(14, 2\), got \(13, 2\)"),
        ({"plane": other_plane(goal_names=())}, "plane.goal_names is empty"),
        (
            {"plane": other_plane(extent=(0, 0, -6, 3))},
            r"plane.extent must grow from x0, y0 to x1, y1, got \(0.0, 0.0, ",
        ),
        ({"plane": other_plane(radius=0)}, "plane.radius must be above 0, got 0"),
        ({"plane": other_plane(walls=PLANE.walls[0])}, r"plane.walls must have the shape \(4, 4\), got \(4,\)"),
    ],
)
def test_values_that_do_not_fit(change, error):
    with pytest.raises(ValueError, match=f"PlaneMap: {error}") as caught:
        PlaneMap(replace(VALUES, **change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"action": WALK.action[:0]}, r"walk.action must be \[T\] or \[T, A\], T at least 1, got \(0, 2\)"),
        ({"action": np.zeros(TIMES - 1, int)}, rf"walk.action must be \[T, A\], got \({TIMES - 1},\)"),
        ({"place": BODY.place[:-1]}, rf"walk.body.place must have the shape \({TIMES}, 2\), got "),
        ({"limbs": BODY.limbs[..., 0]}, "walk.body.limbs must have the shape"),
        ({"v": WALK.v[:, 1:]}, rf"walk.v must have the shape \({TIMES}, 14\), got \({TIMES}, 13\)"),
        ({"v": WALK.v + 1}, r"walk.v\[0, 0\] is 1\.\d+, but values are 0 to 1"),
        ({"goal": WALK.goal + 9}, r"walk.goal\[\d+\] is \d+, but the goals are 0 to 13"),
        ({"goal": WALK.goal * 1.0}, "walk.goal must hold whole numbers, got float64"),
        ({"action": WALK.action * 2}, "walk.action must be -1 to 1, got 2"),
        ({"action_names": ("a",)}, rf"walk.action must have the shape \({TIMES - 1}, 1\), got \({TIMES - 1}, 2\)"),
        ({"desired": BODY.desired * np.inf}, "walk.body.desired holds (inf|nan)"),
        ({"achieved": WALK.v}, "walk.achieved must be true or false, got float32"),
        ({"step_seconds": -1}, "walk.body.step_seconds must be 0 or more, got -1"),
        ({"gamma": 0}, "walk.gamma must lie between 0 and 1, got 0"),
        ({"goal_names": tuple("abcdefghijklmn")}, "walk.body.plane has other goals than the walk"),
    ],
)
@pytest.mark.parametrize("make", [lambda walk: PlaneMap(walk=walk), RolloutPlayer])
def test_walks_that_do_not_fit(make, change, error):
    with pytest.raises(ValueError, match=f"(PlaneMap|RolloutPlayer): {error}") as caught, np.errstate(invalid="ignore"):
        make(changed(**change))
    assert "\n" not in str(caught.value)


def changed(**change):
    """The walk with some attributes changed, of itself or of its body."""
    own = {name: value for name, value in change.items() if hasattr(WALK, name)}
    return altered(WALK, **own, body=altered(BODY, **{n: v for n, v in change.items() if n not in own}))


def test_what_is_no_plane_at_all():
    with pytest.raises(TypeError, match=r"PlaneMap needs values over a plane, got list without \.plane"):
        PlaneMap([])
    with pytest.raises(TypeError, match=r"PlaneMap needs a walk, got PlaneValues without \.action"):
        PlaneMap(walk=VALUES)
    with pytest.raises(TypeError, match="PlaneMap needs a walk with the layer 'body', this one has none"):
        PlaneMap(walk=replace(WALK, body=None))
    with pytest.raises(TypeError, match=r"PlaneMap needs a plane, got str without \.extent"):
        PlaneMap(replace(VALUES, plane="floor"))
    with pytest.raises(TypeError, match="CraftaxTrace needs a walk with the layer 'view', this one has only body"):
        CraftaxTrace(WALK)


def test_planes_that_differ():
    moved = changed(plane=other_plane(points=PLANE.points + 0.1))
    with pytest.raises(ValueError, match=r"PlaneMap: values and walk differ in plane\.points"):
        PlaneMap(VALUES, walk=moved)
    renamed = replace(TRUTH, plane=other_plane(goal_names=("a", *PLANE.goal_names[1:])))
    with pytest.raises(ValueError, match=r"PlaneMap: goal 0 is 'a' in truth, 'place/x0.5y2.5' in values"):
        PlaneMap(VALUES, renamed)


# ------------------------------------------------------------------ numbers


def test_table_of_a_field():
    rows = both(goal=3).table()
    assert len(rows) == 126
    first = rows[0]
    assert (first["x"], first["y"]) == pytest.approx((1 / 6, 3 - 1 / 6)) and first["goal"] == PLANE.goal_names[3]
    assert first["value"] == pytest.approx(VALUES.v[0, 3]) and first["exact_value"] == pytest.approx(TRUTH.v[0, 3])
    assert first["error"] == pytest.approx(VALUES.v[0, 3] - TRUTH.v[0, 3], abs=1e-6)
    assert first["exact_steps"] == pytest.approx(1 + np.log(TRUTH.v[0, 3]) / np.log(0.97))
    assert np.hypot(first["dx"], first["dy"]) <= 1.001
    plain = PlaneMap(replace(VALUES, scale="plain")).table()[0]
    assert "steps" not in plain and "exact_value" not in plain


def test_table_of_a_body():
    rows = both(view="body", frame=TIMES - 1).table()
    assert [row["goal"] for row in rows] == list(PLANE.goal_names)
    assert [row["goal"] for row in rows if row["commanded"]] == [PLANE.goal_names[4]]
    assert rows[4]["achieved"] and rows[4]["away"] <= PLANE.radius and not rows[0]["achieved"]
    assert rows[2]["value"] == pytest.approx(WALK.v[-1, 2])
    assert (rows[2]["dx"], rows[2]["dy"]) == pytest.approx(tuple(BODY.direction[-1, 2]))


def test_table_of_a_walk():
    rows = RolloutPlayer(WALK).table()
    assert len(rows) == TIMES and [row["time"] for row in rows] == list(range(TIMES))
    done = next(t for t in range(1, TIMES) if WALK.achieved[t, 0])
    assert PLANE.goal_names[0] in rows[done]["reached"] and rows[done]["achieved"]
    assert (
        rows[done]["commanded_goal"] == PLANE.goal_names[0] and rows[done + 1]["commanded_goal"] == PLANE.goal_names[13]
    )
    desired = PLANE.points[13] + (0.2, -0.1)
    assert (rows[done + 1]["desired_x"], rows[done + 1]["desired_y"]) == pytest.approx(tuple(desired))
    assert rows[done + 1]["away"] == pytest.approx(np.linalg.norm(BODY.place[done + 1] - desired), abs=1e-5)
    assert rows[3]["push right"] == pytest.approx(WALK.action[3, 0]) and rows[-1]["push right"] is None
    assert rows[5]["value"] == pytest.approx(WALK.v[5, WALK.goal[4]])
    assert rows[0]["reached"] == []


# ------------------------------------------------------------------ pictures


def middle(picture, place, size=400, left=10, top=10):
    """The pixel of a place, in a picture whose ground is `size` pixels wide."""
    return tuple(int(c) for c in picture[top + int((3 - place[1]) * size / 6), left + int(place[0] * size / 6)])


def test_png_of_a_field():
    field = replace(TRUTH, direction=TRUTH.direction * 0)  # no arrows
    widget = PlaneMap(field, goal="x5.5y0.5")
    picture, low = image(widget), widget.limits["value"]["low"]
    place = int(np.flatnonzero((TRUTH.cells == (1, 4)).all(axis=1))[0])
    x, y = TRUTH.places[place]
    expected = palette.shade(TRUTH.v[place, widget.goal], low, 1.0)
    assert middle(picture, (x, y - 0.1)) == tuple(int(c) for c in np.round(expected))
    assert middle(picture, (1.5, 1.52)) in {palette.WALL, palette.HATCH}
    assert middle(picture, (5.5 + 0.4, 0.5)) == pytest.approx(palette.ACCENT, abs=40)  # the ring, to scale
    beside = image(PlaneMap(field, field, goal="x5.5y0.5"))
    assert beside.shape[1] == 2 * picture.shape[1]
    np.testing.assert_array_equal(beside[16:, : picture.shape[1]], beside[16:, picture.shape[1] :])  # on one scale
    other = image(PlaneMap(VALUES, TRUTH, goal="x5.5y0.5"))
    assert (other[16:, : picture.shape[1]] != other[16:, picture.shape[1] :]).any()


def test_png_of_a_body():
    values, arm = toy_planes.arm_walk()
    widget = RolloutPlayer(arm, frame=90)
    picture = image(widget)
    assert picture.shape[1] == 440
    x0, _, x1, y1 = arm.body.plane.extent
    scale = 400 / (x1 - x0)

    def at(place):
        return tuple(int(c) for c in picture[10 + int((y1 - place[1]) * scale), 10 + int((place[0] - x0) * scale)])

    assert at(arm.body.place[90]) == palette.ACCENT
    assert at(arm.body.limbs[90].mean(axis=1)[0]) == (70, 80, 92)
    low, high = (widget.limits["value"][end] for end in ("low", "high"))
    far = int(arm.v[90].argmin())
    shade = np.round(palette.shade(arm.v[90, far], low, high)).astype(int)
    assert at(arm.body.plane.points[far] + (0.014, -0.014)) == pytest.approx(tuple(shade), abs=1)
    assert len(PlaneMap(values, walk=arm, frame=90).png()) > 1000


def test_png_follows_the_view():
    widget = both()
    seen = {widget.png()}
    for change in (
        {"frame": 9},
        {"goal": 2},
        {"scale": "steps"},
        {"scale": "error"},
        {"view": "body", "scale": "value"},
    ):
        seen.add(widget.from_state(change).png())
    player = RolloutPlayer(WALK)
    seen |= {player.png(), player.from_state({"sort": "peak"}).png(), player.from_state({"scale": "steps"}).png()}
    assert len(seen) == 9


def test_a_single_goal_and_no_walls():
    plane = toy_planes.plane_of([(0.5, 0.2)], (0, 0, 1, 0.5), [], 0.05, "m")
    truth = toy_planes.exact(plane, (5, 10), pace=0.1)
    widget = PlaneMap(truth, truth, toy_planes.point_walk(truth, [0], pace=0.1), view="body")
    assert len(widget.png()) > 500 and len(widget.table()) == 1
    assert PlanePicture(read_plane(plane, "test")).image.size == (420, 200 + 54)


def test_goals_that_no_way_leads_to():
    cut = replace(TRUTH, v=np.where(np.arange(GOALS) == 5, 0, TRUTH.v).astype(np.float32))
    row = PlaneMap(cut, cut, goal=5).table()[0]
    assert row["value"] == 0 and row["steps"] == np.inf
    assert len(PlaneMap(cut, cut, goal=5, scale="steps").png()) > 1000
