"""UpdateMicroscope without a browser: its arithmetic, what it takes, what it refuses, what it tells and draws."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import toy_values
from browser import need
from leo_widgets import GoalMap, UpdateMicroscope
from leo_widgets.arrays import updates, wire
from leo_widgets.arrays.values import read_values
from leo_widgets.pictures import palette
from toy_values import at, image
from toy_walks import random_walk, walk

TRUTH = toy_values.exact()  # 4 rows, 7 columns
VALUES = toy_values.estimate(TRUTH, 0.02)
WALK = walk(TRUTH, "r3c2", "r1c0")  # r1c1 to r3c2 in 5 steps, to r1c0 in 4
NODE = Path(__file__).parent / "js" / "replay.mjs"

# From r1c1 right into r1c2, commanded r0c0: by hand, on a table of zeros.
ONE = {"states": ["r1c1", "r1c2"], "actions": ["right"], "goals": "r0c0"}


# ------------------------------------------------------------------ arithmetic


def test_the_first_step_on_a_blank_table_teaches_one_goal():
    widget = UpdateMicroscope(TRUTH, **ONE, fresh=True, alpha=0.25)
    assert widget.changed == 1 and widget.changed_goals() == {"single": (0, 0), "her": (1, 1), "all": (1, 1)}
    first, second = widget.table()[:2]
    assert first == {
        "goal": "position/r1c2", "commanded": False, "updated": True, "reward": 1, "done": True, "max_next": 0.0,
        "target": 1.0, "prediction": 0.0, "error": 1.0, "change": 0.25,
    }  # fmt: skip
    assert (second["target"], second["change"], second["updated"]) == (0.0, 0.0, True)
    learnt = widget.learnt()
    assert learnt[at(1, 1), at(1, 2), 1] == 0.25 and np.count_nonzero(learnt) == 1


def test_a_target_looks_one_step_ahead():
    """With exact beliefs in s', every target is the exact value of the action taken."""
    widget = UpdateMicroscope(TRUTH, states=[at(1, 1), at(1, 2)], actions=[1], goals=0, alpha=1)
    for row in widget.table():
        goal = TRUTH.goal_names.index(row["goal"])
        assert row["target"] == pytest.approx(TRUTH.q[at(1, 1), goal, 1], abs=1e-6)
        assert row["target"] == pytest.approx(
            row["reward"] + widget.gamma * (1 - row["done"]) * row["max_next"], abs=1e-12
        )
    assert widget.changed == 0  # there is nothing left to learn


def test_the_end_of_the_world_cuts_the_bootstrap():
    told = UpdateMicroscope(TRUTH, **ONE, terminated=[True], sort="name").table()
    assert [row["target"] for row in told] == [float(goal == at(1, 2)) for goal in range(21)]
    assert all(row["done"] for row in told)
    cut = UpdateMicroscope(TRUTH, **ONE, truncated=[True], sort="name").table()
    assert cut == UpdateMicroscope(TRUTH, **ONE, sort="name").table()  # the time limit does not


def test_learners_update_their_own_goals_alone():
    walked = random_walk(TRUTH)
    relabelled = [[int(g) for g in (t % 21, (t + 5) % 21)] for t in range(120)]
    for mode, own in (("single", ()), ("her", relabelled[7])):
        widget = UpdateMicroscope(VALUES, **walked, relabelled=relabelled, step=7, mode=mode, sort="name")
        wanted = {int(walked["goals"][7]), *own}
        assert {goal for goal, row in enumerate(widget.table()) if row["updated"]} == wanted
        assert all(row["change"] == 0 for goal, row in enumerate(widget.table()) if goal not in wanted)
        assert widget.changed == sum(abs(row["change"]) > 1e-6 for row in widget.table()) > 0


def test_changed_goals_count_up():
    widget = UpdateMicroscope(TRUTH, **random_walk(TRUTH), fresh=True, mode="single")
    totals, seen = dict.fromkeys(updates.LEARNERS, 0), []
    for step in range(120):
        widget.step = step
        now = widget.changed_goals()
        totals = {mode: totals[mode] + now[mode][0] for mode in totals}
        assert {mode: total for mode, (_, total) in now.items()} == totals
        assert widget.changed == now["single"][0]
        seen.append(widget.changed)
    assert totals["single"] < totals["her"] < totals["all"] and sum(seen) == totals["single"]


def test_learnt_is_the_table_of_many_updates():
    walked, q = random_walk(TRUTH), VALUES.q.astype(np.float32).copy()
    states, hit = walked["states"], np.eye(21)
    for state, action, after in zip(states[:40], walked["actions"][:40], states[1:41], strict=True):
        target = hit[after] + 0.9 * (1 - hit[after]) * q[after].max(axis=-1)
        q[state, :, action] += 0.3 * (target - q[state, :, action])
    widget = UpdateMicroscope(VALUES, **walked, step=39, alpha=0.3, gamma=0.9)
    np.testing.assert_allclose(widget.learnt(), q, atol=1e-6)
    assert widget.from_state({"step": 0}).learnt() is not VALUES.q and (VALUES.q == widget._table.q).all()


def test_python_and_javascript_agree_to_the_last_bit():
    node = need(shutil.which("node"), "node")
    ends = np.random.default_rng(1).random(120) < 0.1
    for start in (VALUES, toy_values.replace(VALUES, q=0 * VALUES.q)):
        widget = UpdateMicroscope(start, **random_walk(TRUTH), terminated=ends, alpha=0.3, gamma=0.97)
        names = "transitions rows state_names goal_names action_names state_positions goal_positions alpha gamma"
        traits = {name: getattr(widget, name) for name in names.split()}
        traits["q"] = {**widget.q, "data": base64.b64encode(widget.q["data"]).decode()}
        done = subprocess.run([node, NODE], input=json.dumps(traits), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        for mode, told in json.loads(done.stdout).items():
            record = widget._record(mode)
            for name, numbers in told.items():
                ours = getattr(record, name)
                assert np.array_equal(np.array(numbers).reshape(ours.shape), ours.astype(float)), (mode, name)
            assert len(told) == 6


def test_goals_that_her_learns():
    table = read_values(TRUTH)
    path = [at(1, 2), at(1, 3), at(1, 2), at(1, 4)]
    assert updates.achieved_later(table, path, [False] * 4) == [
        [at(1, 2), at(1, 3), at(1, 4)], [at(1, 3), at(1, 2), at(1, 4)], [at(1, 2), at(1, 4)], [at(1, 4)],
    ]  # fmt: skip
    assert updates.achieved_later(table, path, [False, True, False, False])[:2] == [[at(1, 2), at(1, 3)], [at(1, 3)]]
    walked, limits = random_walk(TRUTH), np.arange(120) % 30 == 29
    widget = UpdateMicroscope(TRUTH, **walked, truncated=limits, relabelled=3)
    later = updates.achieved_later(table, walked["states"][1:], limits)
    for chosen, found, goal in zip(widget._transitions.relabelled, later, walked["goals"], strict=True):
        assert set(chosen) <= set(found) - {goal} and len(set(chosen)) == min(3, len(set(found) - {goal}))
    assert UpdateMicroscope(TRUTH, **ONE, relabelled=0)._transitions.relabelled == ((),)


# ------------------------------------------------------------------ what it takes


def test_a_trace_and_arrays_say_the_same():
    traced = UpdateMicroscope(VALUES, WALK)
    listed = UpdateMicroscope(VALUES, states=WALK.cell, actions=WALK.action, goals=WALK.goal)
    pairs = UpdateMicroscope(
        VALUES, states=WALK.cell[:-1], next_states=WALK.cell[1:], actions=WALK.action, goals=WALK.goal
    )
    assert traced.transitions == listed.transitions == pairs.transitions
    assert traced.transitions["goal"] == [at(3, 2)] * 5 + [at(1, 0)] * 4  # an action serves the goal after it
    assert traced.goal == at(3, 2) and UpdateMicroscope(VALUES, WALK, step=6).goal == at(1, 0)
    assert traced.channel == GoalMap(VALUES).channel


def test_what_travels_to_the_browser():
    widget = UpdateMicroscope(VALUES, WALK, step=3, mode="her", alpha=0.2, gamma=0.9, goal="r0c3", title="t")
    assert widget.q["shape"] == [21, 21, 4]
    assert (np.frombuffer(widget.q["data"], "<f4").reshape(21, 21, 4) == VALUES.q).all()
    blank = UpdateMicroscope(VALUES, WALK, fresh=True)
    assert not any(blank.q["data"]) and blank.title == ""  # zeros are nobody's estimate
    assert repr(widget) == "UpdateMicroscope(4x7, 21 goals, 9 transitions)"
    assert repr(UpdateMicroscope(VALUES, **ONE)) == "UpdateMicroscope(4x7, 21 goals, 1 transition)"
    assert widget.counts() == {"goal": 21, "step": 9}
    state = json.loads(json.dumps(widget.state()))
    assert UpdateMicroscope(VALUES, WALK).from_state(state).state() == widget.state()
    shown = [state[name] for name in ("step", "mode", "alpha", "gamma", "goal")]
    assert shown == [3, "her", 0.2, 0.9, at(0, 3)]
    assert wire.floats([[0.1, np.nan]])["shape"] == [1, 2]


def test_changed_can_be_observed():
    widget, told = UpdateMicroscope(TRUTH, **random_walk(TRUTH), fresh=True), []
    widget.observe(lambda change: told.append(change.new), "changed")
    for step in range(60):
        widget.step = step
    assert len(told) > 3 and told[-1] == widget.changed == widget.changed_goals()["all"][0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({}, "needs either a walk, or states, actions and goals"),
        ({"walk": WALK, **ONE}, "needs either a walk, or states"),
        ({"states": [0, 1]}, "states need actions and goals"),
        ({**ONE, "states": [0, 1, 2]}, r"1 actions need 2 states \(or next_states\), got 3"),
        ({**ONE, "next_states": [3]}, "1 actions need 1 states, got 2"),
        ({**ONE, "goals": [1, 2]}, "1 actions need 1 goals, got 2"),
        ({**ONE, "goals": "r9c9"}, "unknown goal 'r9c9'"),
        ({**ONE, "actions": ["east"]}, "unknown action 'east'; did you mean 'left'"),
        ({**ONE, "states": [0, 21]}, "state 21 does not exist"),
        ({"states": [0], "actions": [], "goals": []}, "there is no action"),
        ({**ONE, "terminated": [True, False]}, "1 actions need 1 terminated, got 2"),
        ({**ONE, "relabelled": -1}, "relabelled must be a number of goals, or a list"),
        ({**ONE, "relabelled": [[1], [2]]}, "1 transitions need 1 lists of relabelled goals"),
        ({**ONE, "relabelled": [["r9c9"]]}, "unknown goal 'r9c9'"),
        ({**ONE, "step": 1}, "step 1 does not exist: the steps are 0 to 0"),
        ({**ONE, "alpha": 0}, "alpha must be above 0 and at most 1, got 0"),
        ({**ONE, "gamma": 1.5}, "gamma must lie in 0 to 1, got 1.5"),
        ({**ONE, "mode": "leo"}, "mode"),
        ({**ONE, "sort": "size"}, "sort"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        UpdateMicroscope(VALUES, **options)
    assert str(caught.value).startswith("UpdateMicroscope") and "\n" not in str(caught.value)


def test_values_that_do_not_fit():
    with pytest.raises(TypeError, match="UpdateMicroscope needs all-goals values, got dict"):
        UpdateMicroscope({}, **ONE)
    with pytest.raises(TypeError, match=r"UpdateMicroscope needs a walk, got list without \.action"):
        UpdateMicroscope(VALUES, [])
    with pytest.raises(ValueError, match="the update is one of hit values, these are 'plain'"):
        UpdateMicroscope(toy_values.replace(VALUES, scale="plain"), **ONE)
    holes = VALUES.q.copy()
    holes[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="q holds unknown values"):
        UpdateMicroscope(toy_values.replace(VALUES, q=holes), **ONE)
    assert UpdateMicroscope(toy_values.replace(VALUES, q=holes), **ONE, fresh=True).changed == 1
    with pytest.raises(ValueError, match="no positions"):
        UpdateMicroscope(toy_values.replace(VALUES, goal_positions=None), **ONE)
    with pytest.raises(ValueError, match="alpha must be above 0"):
        UpdateMicroscope(VALUES, **ONE).from_state({"alpha": 2.0, "step": 0})
    with pytest.raises(ValueError, match=r"UpdateMicroscope: walk\.goal must have the shape \(9,\), got \(8,\)"):
        UpdateMicroscope(VALUES, toy_values.altered(WALK, goal=WALK.goal[:-1]))
    with pytest.raises(TypeError, match="UpdateMicroscope needs a walk with the layer 'cell', this one has none"):
        UpdateMicroscope(VALUES, toy_values.replace(WALK, cell=None))


# ------------------------------------------------------------------ what it tells and draws


def test_table_is_in_the_order_of_the_bars():
    widget = UpdateMicroscope(VALUES, WALK, step=2, mode="her", relabelled=4)
    for sort, key in (("change", "change"), ("target", "target")):
        widget.sort = sort
        numbers = [abs(row[key]) for row in widget.table()]
        assert numbers == sorted(numbers, reverse=True) and len(numbers) == 21
    widget.sort = "change"
    assert [row["updated"] for row in widget.table()] == [True] * 5 + [False] * 16
    widget.sort = "name"
    assert [row["goal"] for row in widget.table()] == list(TRUTH.goal_names)


def test_png_colours_the_change_of_every_goal():
    widget = UpdateMicroscope(VALUES, WALK, step=2, goal="r0c0")
    picture, cell, size = image(widget), 44, widget._size()

    def pixel(row, col, down=0.9, right=0.9):
        return tuple(int(c) for c in picture[10 + int((row + down) * cell), 10 + int((col + right) * cell)])

    changes = {row["goal"].rsplit("/")[-1]: row["change"] for row in widget.table()}
    assert 0 < max(map(abs, changes.values())) <= 2 * size
    for row, col in ((1, 6), (0, 5), (3, 0), (1, 3)):
        wanted = np.round(palette.shade(changes[f"r{row}c{col}"], -size, size, "DIVERGING"))
        assert pixel(row, col) == tuple(int(c) for c in wanted), (row, col)
    assert pixel(3, 0, 0.5, 0.5) == palette.ACCENT  # the new state
    widget.mode = "single"
    picture = image(widget)
    assert pixel(1, 6) == palette.PAPER and pixel(1, 6, 0.5, 0.5) == palette.HATCH


def test_png_follows_the_view():
    widget = UpdateMicroscope(VALUES, **random_walk(TRUTH))
    seen = {widget.png()}
    for change in ({"step": 5}, {"mode": "single"}, {"mode": "her"}, {"goal": 3}, {"mode": "all", "gamma": 0.5}):
        seen.add(widget.from_state(change).png())
    assert len(seen) == 6
    bare = toy_values.exact(toy_values.PORTAL)
    turned = UpdateMicroscope(toy_values.replace(bare, layout=None), states=[0, 1], actions=["right"], goals=0)
    assert image(turned).shape[1] == 5 * 44 + 20
