"""GoalTable without a browser: what it takes, what it refuses, what it tells and draws."""

import json

import numpy as np
import pytest

import toy_craftax
import toy_values
from leo_widgets import CraftaxTrace, GoalMap, GoalTable, page
from leo_widgets.arrays import wire
from toy_values import image

NAMES = ("inventory/wood_10", "inventory/wood_2", "tools/bow", "block_map/TREE_up", "tools/axe")
COLUMNS = {"tries": [3, 1, 4, 1, 5], "success": [0.5, np.nan, 0.25, 1, 0.5]}
VALUES = np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [0.9, 0.2, 0.3, 0.4, 0.5]])


INTERVALS = {"success": [[0.15, 0.85], [np.nan, np.nan], [0.0, 0.6], [0.5, 1.0], [0.2, 0.8]]}
FLOORS = {"success": [0.25, 0, 0, np.nan, 0.5]}


def table(**options):
    return GoalTable(NAMES, COLUMNS, VALUES, **options)


def names(widget):
    return [NAMES[goal].partition("/")[2] for goal in widget.shown()]


def test_what_travels_to_the_browser():
    widget = table(goal="bow")
    assert np.frombuffer(widget.numbers["data"], "<f4").reshape(2, 5)[0].tolist() == [3, 1, 4, 1, 5]
    np.testing.assert_allclose(wire.unpack(widget.v), VALUES, atol=1e-5)
    assert widget.headings == [
        {"name": "tries", "digits": 0, "bar": -1},
        {"name": "success", "digits": 3, "bar": -1},
    ]
    assert widget.bounds["shape"] == [0, 3, 5]
    assert (widget.goal, repr(widget)) == (2, "GoalTable(5 goals, 2 columns)")
    assert widget.counts() == {"goal": 5, "frame": 2}
    assert json.loads(json.dumps(widget.state())) == widget.state()
    assert GoalTable(NAMES).counts() == {"goal": 5, "frame": 1} and GoalTable(NAMES).v == {}
    assert GoalTable(NAMES, values=VALUES[0]).v["shape"] == [1, 5]


def test_orders():
    assert names(table()) == ["wood_10", "wood_2", "bow", "TREE_up", "axe"]
    assert names(table(sort="goal")) == ["TREE_up", "wood_2", "wood_10", "axe", "bow"]  # numbers as numbers
    assert names(table(sort="group")) == ["TREE_up", "wood_2", "wood_10", "axe", "bow"]
    assert names(table(sort="tries")) == ["axe", "bow", "wood_10", "wood_2", "TREE_up"]
    assert names(table(sort="tries", descending=False)) == ["wood_2", "TREE_up", "wood_10", "bow", "axe"]
    assert names(table(sort="success")) == ["TREE_up", "wood_10", "axe", "bow", "wood_2"]  # unknown last
    assert names(table(sort="success", descending=False)) == ["bow", "wood_10", "axe", "TREE_up", "wood_2"]
    assert names(table(sort="value now"))[0] == "axe" and names(table(sort="value now", frame=1))[0] == "wood_10"


def test_search_and_groups():
    assert names(table(search=" WOOD")) == ["wood_10", "wood_2"]
    assert names(table(search="tools/")) == ["bow", "axe"]
    assert names(table(groups=["tools", "block_map"])) == ["bow", "TREE_up", "axe"]
    assert names(table(groups=["tools"], search="x")) == ["axe"]
    assert names(table(search="nothing")) == [] and len(table(search="nothing").png()) > 100


def test_table_says_what_is_shown():
    rows = table(sort="tries", search="o", frame=1).table()
    assert [row["success"] for row in rows] == [0.5, 0.25, 0.5, None, 1.0]  # every name holds an o, or its group does
    assert rows[1] == {
        "goal": "tools/bow", "group": "tools", "tries": 4, "success": 0.25, "value now": pytest.approx(0.3, abs=1e-4),
    }  # fmt: skip
    assert "value now" not in GoalTable(NAMES, COLUMNS).table()[0]


def test_bounds_of_a_column():
    widget = table(intervals=INTERVALS, floors=FLOORS)
    assert widget.headings[1] == {"name": "success", "digits": 2, "bar": 0}
    sent = np.frombuffer(widget.bounds["data"], "<f4").reshape(1, 3, 5)[0]
    np.testing.assert_allclose(sent, [*np.transpose(INTERVALS["success"]), FLOORS["success"]], rtol=1e-6)
    rows = {row["goal"]: row for row in widget.table()}
    words = [rows["inventory/wood_10"][f"success{word}"] for word in ("", " from", " to", " floor")]
    assert words == pytest.approx([0.5, 0.15, 0.85, 0.25])
    assert rows["inventory/wood_2"]["success from"] is None and rows["block_map/TREE_up"]["success floor"] is None
    assert "tries from" not in rows["tools/bow"]
    only = GoalTable(NAMES, COLUMNS, floors=FLOORS).table()[0]
    assert only["success from"] is None and only["success floor"] == 0.25


def test_bounds_are_drawn_on_the_bars():
    plain, whole = (image(table(sort="success", **more)) for more in ({}, {"intervals": INTERVALS, "floors": FLOORS}))
    second = 36 + 16 + 5  # the middle of the bar of wood_10: 0.5, from 0.15 to 0.85, floor 0.25
    ink = (whole[second, 420:592] < 100).all(axis=-1)
    assert ink[int(170 * 0.84)] and not ink[int(170 * 0.88)] and not (plain[second, 420:592] < 100).all(axis=-1)[143]
    assert (whole[second - 6, 420 + int(170 * 0.25)] != 255).any() and (plain[second - 6, 420:592] == 255).all()


def test_state_comes_back():
    change = {"goal": 1, "frame": 1, "sort": "success", "descending": True, "search": "o", "groups": ["tools"]}
    assert table().from_state(change).state() == change
    with pytest.raises(ValueError, match="unknown group 'tool'; did you mean 'tools'"):
        table().from_state({"groups": ["tool"]})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"sort": "triez"}, "GoalTable: unknown column 'triez'; did you mean 'tries'"),
        ({"groups": ["tool"]}, "GoalTable: unknown group 'tool'; did you mean 'tools'"),
        ({"frame": 2}, "GoalTable: frame 2 does not exist: the frames are 0 to 1"),
        ({"goal": "axes"}, "unknown goal 'axes'; did you mean 'tools/axe'"),
        ({"columns": {"tries": [1, 2]}}, r"GoalTable: column 'tries' must have the shape \(5,\), got \(2,\)"),
        ({"columns": {"tries": ["a"] * 5}}, "GoalTable: column 'tries' must hold numbers"),
        ({"columns": {"tries": [np.inf] * 5}}, "GoalTable: column 'tries' holds an infinite number"),
        ({"columns": {"goal": [1] * 5}}, "GoalTable: a column cannot be called 'goal', choose another heading"),
        ({"values": VALUES[:, 1:]}, r"GoalTable: values must have the shape \(5,\) or \(T \+ 1, 5\), got \(2, 4\)"),
        ({"values": VALUES + 1}, "GoalTable: values must be 0 to 1, but that of goal 0 is 1.1"),
        ({"floors": {"succes": [0] * 5}}, "no column 'succes' that bounds could be of; did you mean 'success'"),
        (
            {"floors": {"success": [0] * 4}},
            r"needs an interval \(5, 2\) and a floor \(5,\), got interval \(5, 2\), floor",
        ),
        ({"floors": {"tries": [0] * 5}}, "'tries', its interval and its floor must be shares, 0 to 1"),
        ({"intervals": {"success": [[0, 2]] * 5}}, "its interval and its floor must be shares, 0 to 1"),
        ({"goal_names": ()}, "GoalTable: goal_names is empty"),
        ({"goal_names": ("a/b", "a/b")}, "GoalTable: goal names must be unique, but 'a/b' occurs 2 times"),
    ],
)
def test_what_does_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        GoalTable(**{"goal_names": NAMES, "columns": COLUMNS, "values": VALUES, **options})
    assert "\n" not in str(caught.value)


def test_png_shows_the_first_rows():
    picture = image(table(sort="tries"))
    assert picture.shape == (44 + 16 * 5, 600, 3)
    widths = [(picture[36 + 16 * place + 4, 420:] != 255).any(axis=-1).sum() for place in range(5)]
    assert widths == sorted(widths, reverse=True) and widths[0] == 170
    assert table(sort="tries").png() != table(sort="success").png() != table(sort="success", goal=3).png()
    assert image(GoalTable(toy_craftax.goal_names(full=True))).shape == (44 + 16 * 20, 600, 3)


def test_gridworld_goals(tmp_path):
    truth = toy_values.exact()
    widget = GoalTable(truth.goal_names, {"row": truth.goal_positions[:, 0]}, truth.q.max(-1)[3], sort="value now")
    assert widget.channel == GoalMap(truth).channel
    assert widget.table()[0]["group"] == "position"
    assert len(widget.shown()) == 21


def test_widgets_of_a_page_start_on_one_frame(tmp_path):
    trace = toy_craftax.walk(steps=20)
    pair = [
        CraftaxTrace(trace, frame=7),
        GoalTable(trace.goal_names, values=trace.v),
        GoalTable(trace.goal_names, values=trace.v[:3]),
        GoalTable(trace.goal_names, values=trace.v, link="alone"),
    ]
    text = page(pair, tmp_path / "p.html", "Four").read_text()
    data = json.loads(text.split('id="leo-data">')[1].split("</script>")[0])
    assert [entry["state"]["frame"] for entry in data["widgets"]] == [7, 7, 0, 0]
