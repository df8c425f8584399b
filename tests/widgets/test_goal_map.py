"""GoalMap without a browser: what it takes, what it refuses, what it tells and draws."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import toy_values
from browser import need
from leo_widgets import GoalMap
from leo_widgets.arrays import wire
from leo_widgets.pictures import palette
from toy_values import at, image

TRUTH = toy_values.exact()
VALUES = toy_values.estimate(TRUTH, 0.01)


def test_what_travels_to_the_browser():
    widget = GoalMap(VALUES, TRUTH, goal="r3c2", state="r0c3", title="t")
    assert (widget.goal, widget.state_index, widget.title) == (at(3, 2), at(0, 3), "t")
    np.testing.assert_allclose(wire.unpack(widget.q), VALUES.q, atol=1e-5)
    np.testing.assert_allclose(wire.unpack(widget.truth), TRUTH.q, atol=1e-5)
    assert widget.q["shape"] == [21, 21, 4] and len(widget.q["data"]) == 2 * 21 * 21 * 4
    assert widget.state_positions[at(1, 6)] == [1, 6] and widget.rows == list(TRUTH.layout)
    assert repr(widget) == "GoalMap(4x7, 21 states, 21 goals)"
    json.dumps(widget.state())


def test_defaults_start_at_the_start_with_a_way_to_show():
    widget = GoalMap(VALUES, TRUTH)
    assert widget.state_index == TRUTH.start and widget.title == "estimate"
    assert TRUTH.q[TRUTH.start, widget.goal].max() > 0 and widget.goal != TRUTH.start
    alone = toy_values.exact(("S#",))
    assert GoalMap(alone).goal == 0


def test_values_of_another_range():
    low, high = GoalMap(toy_values.replace(VALUES, q=VALUES.q * -20, scale="plain")).q["low"], 0.0
    assert low == pytest.approx(float((VALUES.q * -20).min())) and high == 0.0


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"goal": "r9c9"}, r"unknown goal 'r9c9'"),
        ({"state": 21}, "state 21 does not exist: the states are 0 to 20"),
        ({"direction": "both"}, "GoalMap: .*direction"),
        ({"scale": "error"}, r"GoalMap: scale 'error' needs exact values: GoalMap\(values, truth=...\)"),
        ({"show_truth": True}, "GoalMap: show_truth needs exact values"),
        ({"truth": toy_values.exact(("S.",))}, "GoalMap: truth has 2 state_names, values have 21"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        GoalMap(VALUES, **options)
    assert "\n" not in str(caught.value)


def test_values_that_do_not_fit():
    with pytest.raises(ValueError, match="GoalMap: values have no positions, so there is no map to draw"):
        GoalMap(toy_values.replace(VALUES, state_positions=None))
    with pytest.raises(ValueError, match="scale 'steps' needs values that stand for steps, these are 'plain'"):
        GoalMap(toy_values.replace(VALUES, scale="plain"), scale="steps")
    with pytest.raises(TypeError, match="GoalMap needs all-goals values, got dict"):
        GoalMap({})


def test_limits_hold_every_reachable_pair():
    found = GoalMap(VALUES, TRUTH).limits
    assert (found["steps"]["low"], found["steps"]["high"]) == (1, 12)  # r0c6 to r3c3, around the wall
    assert (found["value"]["low"], found["value"]["high"]) == (0.85, 1.0)  # 0.99 ** 11 is 0.895
    assert found["error"]["low"] == -found["error"]["high"] == -0.05
    assert GoalMap(VALUES).limits["error"] is None
    exact = GoalMap(TRUTH, TRUTH).limits
    assert not exact["value"]["below"] and exact["error"]["high"] == 0.001


def test_table_in_both_directions():
    widget = GoalMap(VALUES, TRUTH, goal="r3c2", state="r0c0")
    rows = widget.table()
    assert [row["state"] for row in rows] == list(TRUTH.state_names)
    assert {row["goal"] for row in rows} == {"position/r3c2"}
    row = rows[at(3, 0)]  # two cells to the left of the goal
    assert row["exact_steps"] == pytest.approx(2, abs=1e-4) and row["exact_value"] == pytest.approx(0.99)
    assert row["error"] == pytest.approx(row["value"] - 0.99, abs=1e-6) and row["action"] == "right"
    assert rows[at(3, 2)] == dict.fromkeys(row) | {"state": "r3c2", "goal": "position/r3c2"}
    assert rows[at(3, 6)]["exact_steps"] == np.inf
    widget.direction = "state"
    rows = widget.table()
    assert [row["goal"] for row in rows] == list(TRUTH.goal_names) and rows[5]["state"] == "r0c0"
    assert list(GoalMap(VALUES).table()[0]) == ["state", "goal", "action", "value", "steps"]


def test_png_shows_values_where_they_belong():
    widget = GoalMap(TRUTH, TRUTH, goal="r3c2", state="r0c0")
    picture = image(widget)
    cell = 44
    assert picture.shape == (4 * cell + 20 + 34, 7 * cell + 20, 3)

    def middle(row, col, down=0.25, right=0.5):
        return tuple(int(c) for c in picture[10 + int((row + down) * cell), 10 + int((col + right) * cell)])

    up = TRUTH.q[at(1, 6), at(3, 2), 2]
    assert middle(1, 6, 0.12) == tuple(int(c) for c in np.round(palette.shade(up, 0.85, 1.0)))
    assert middle(3, 2, 0.5) == (255, 255, 255)  # the goal itself shows no value
    assert middle(3, 2, 0.5, 0.16) == palette.ACCENT  # but its ring
    assert middle(2, 1) in (palette.WALL, palette.HATCH)
    assert tuple(picture[-20, 10]) != (255, 255, 255)  # the legend


def test_png_follows_the_view():
    widget = GoalMap(VALUES, TRUTH)
    seen = {widget.png()}
    for change in (
        {"scale": "steps"},
        {"scale": "error"},
        {"direction": "state"},
        {"goal": 3, "scale": "value"},
    ):
        seen.add(widget.from_state(change).png())
    seen.add(widget.from_state({"show_truth": True}).png())
    assert len(seen) == 6


def test_png_without_layout_and_with_portals():
    bare = image(GoalMap(toy_values.replace(VALUES, layout=None)))
    assert bare.shape == image(GoalMap(VALUES)).shape
    portal = toy_values.exact(toy_values.PORTAL)
    assert image(GoalMap(portal)).shape[1] == 5 * 44 + 20


def test_from_state_refuses_what_these_values_cannot_show():
    with pytest.raises(ValueError, match="scale 'error' needs exact values"):
        GoalMap(VALUES).from_state({"scale": "error"})


def test_browser_and_python_read_the_same_numbers(tmp_path):
    """values.js on the packed traits against the table of this module, in both directions."""
    node = need(shutil.which("node"), "node")
    widget = GoalMap(VALUES, TRUTH, goal="r3c2", state="r1c4")
    traits = (
        "limits",
        "value_scale",
        "gamma",
        "state_names",
        "goal_names",
        "action_names",
        "state_positions",
        "goal_positions",
    )
    packed = {name: {**getattr(widget, name), "data": list(getattr(widget, name)["data"])} for name in ("q", "truth")}
    fixture = {**{name: getattr(widget, name) for name in traits}, **packed, "rows": widget.rows}
    (tmp_path / "traits.json").write_text(json.dumps(fixture))
    static = Path(palette.__file__).parent.parent / "static"
    (tmp_path / "read.mjs").write_text(f"""
        import fs from "node:fs";
        import {{ gridOf }} from "{static.as_uri()}/map/grid.js";
        import {{ isHere, read, readValues }} from "{static.as_uri()}/map/values.js";
        const traits = JSON.parse(fs.readFileSync("{tmp_path}/traits.json"));
        for (const array of [traits.q, traits.truth]) {{
          array.data = new DataView(Uint8Array.from(array.data).buffer);
        }}
        const data = readValues((name) => traits[name], gridOf(traits.rows));
        const rows = [];
        for (let s = 0; s < 21; s++) for (let g = 0; g < 21; g++) {{
          const [now, exact] = [read(data, data.q, s, g), read(data, data.truth, s, g)];
          rows.push(isHere(data, s, g) ? null : [now.value, exact.value, data.actionNames[now.best]]);
        }}
        console.log(JSON.stringify(rows));
    """)
    done = subprocess.run([node, tmp_path / "read.mjs"], capture_output=True, text=True, timeout=60, check=True)
    rows = json.loads(done.stdout)
    for goal in range(21):
        for state, row in enumerate(widget.from_state({"goal": goal}).table()):
            if row["value"] is None:
                assert rows[state * 21 + goal] is None
            else:
                value, exact, action = rows[state * 21 + goal]
                assert (value, exact) == pytest.approx((row["value"], row["exact_value"]), abs=1e-5)
                gap = np.sort(VALUES.q[state, goal])[-1] - np.sort(VALUES.q[state, goal])[-2]
                assert action == row["action"] or gap < 2e-5
