"""TrainScope without a browser: what it keeps, scores and sends, and how its thread starts, rests and ends."""

import io
import json
import threading
import time

import numpy as np
import pytest
from PIL import Image

import toy_training
import toy_values
from leo_widgets import TrainScope
from leo_widgets.arrays import wire
from leo_widgets.arrays.names import channel
from leo_widgets.arrays.values import read_values
from leo_widgets.live import follower, history
from leo_widgets.page.export import render

TRUTH = toy_values.exact()
NAMES = ("loss", "td_error", "commanded_success", "goals_seen")


def eventually(condition, timeout: float = 10.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.005)


def done(count=11, **options):
    scope = TrainScope(**options).follow(toy_training.snapshots(TRUTH, count))
    scope.wait(20)
    return scope


@pytest.fixture
def gated():
    """A scope that follows a gate, and the gate."""
    gate = toy_training.Gate(toy_training.snapshots(TRUTH, 6))
    scope = TrainScope(TRUTH).follow(gate)
    yield scope, gate
    scope.stop()
    gate.let(10)
    assert scope._follower.join(20)


class Line:
    """Records what a scope sends to the browser: the names of the traits in each message."""

    def __init__(self, scope, monkeypatch):
        self.messages, self._names = [], []
        monkeypatch.setattr(scope.comm, "send", lambda data, **_: self.messages.append(data))

    @property
    def names(self):
        return [sorted(message["state"]) for message in self.messages]


# ------------------------------------------------------------------ what is kept


def test_slots_keep_the_first_the_newest_and_an_even_spread():
    slots = history.Slots(4)
    seen = []
    for i in range(12):
        slots.add(10 * i, i / 10, {}, {"v": i})
        seen.append([entry.number for entry in slots.entries])
        assert len({entry.slot for entry in slots.entries}) == len(slots.entries) <= 4
    assert seen[3] == [0, 1, 2, 3] and seen[4] == [0, 2, 4] and seen[5] == [0, 2, 4, 5]
    assert seen[6] == [0, 2, 4, 6] and seen[7] == [0, 4, 7] and seen[11] == [0, 4, 8, 11]
    assert slots.entries[1].map == {"number": 4, "v": 4}


def test_slots_tell_only_what_was_filled_since_asked():
    slots = history.Slots(4)
    for i in range(3):
        slots.add(i, 0, {}, {})
    assert len(slots.filled()) == 3 and slots.filled() == []
    slots.add(3, 0, {}, {})
    slots.add(4, 0, {}, {})  # thins, and takes a slot that has become free
    assert set(slots.filled()) >= {slots.entries[-1].slot}


@pytest.mark.parametrize("most", [3, 5, 60])
def test_many_snapshots_stay_within_bounds(most):
    scope = done(143, max_snapshots=most)
    numbers = [row["snapshot"] for row in scope.table()]
    assert numbers[0] == 0 and numbers[-1] == 142 and most / 2 <= len(numbers) <= most
    assert len(set(np.diff(numbers[:-1]))) == 1  # evenly spread, but for the newest
    for entry in scope._history.entries:
        assert getattr(scope, f"map_{entry.slot}")["number"] == entry.number


def test_what_travels_to_the_browser():
    scope = done(truth=TRUTH, goal="r3c2")
    record = scope.record
    assert record["status"] == "finished" and record["error"] == "" and record["total_steps"] == 1_000_000
    assert record["numbers"] == list(range(11)) and record["env_steps"][3] == 300_000
    curves = np.frombuffer(record["curves"]["data"], "<f4").reshape(record["curves"]["shape"])
    assert curves.shape == (6, 11) and np.isnan(curves[0, 0]) and curves[0, 1] > curves[0, 10]
    assert [panel["kind"] for panel in record["panels"]] == ["error", "error", "share", "count", "error", "share"]
    wanted = list(toy_training.snapshots(TRUTH))[4].values
    sent = getattr(scope, f"map_{record['slots'][4]}")
    np.testing.assert_allclose(wire.unpack(sent["v"])[..., 0], wanted.q.max(-1), atol=1e-5)
    assert (np.frombuffer(sent["best"], np.uint8).reshape(21, 21) == wanted.q.argmax(-1)).all()
    np.testing.assert_allclose(wire.unpack(scope.truth)[..., 0], TRUTH.q.max(-1), atol=1e-5)
    assert scope.rows == list(TRUTH.layout) and scope.state_index == TRUTH.start


def test_each_append_sends_the_record_and_the_new_map_only(monkeypatch):
    scope = TrainScope(TRUTH)
    line = Line(scope, monkeypatch)
    monkeypatch.setattr("leo_widgets.views.train_scope.RATE", 1e9)
    items = list(toy_training.snapshots(TRUTH, 4))
    for item in items[:3]:
        scope.append(item)
    slots = scope.record["slots"]
    assert line.names == [[f"map_{slot}", "record"] for slot in slots]
    late = scope.get_state()  # a view that opens now
    assert [late[f"map_{slot}"]["number"] for slot in slots] == [0, 1, 2] and late["record"]["numbers"] == [0, 1, 2]


def test_many_appends_a_second_make_few_messages(monkeypatch):
    scope = TrainScope(TRUTH)
    line = Line(scope, monkeypatch)
    began = time.monotonic()
    for item in toy_training.snapshots(TRUTH, 50):
        scope.append(item)
    eventually(lambda: scope._timer is None)
    with scope._sending:  # the last message is on its way
        assert line.messages
    assert len(line.messages) <= 2 + 10 * (time.monotonic() - began)
    sent = {name for names in line.names for name in names}
    assert sent == {"record", *(f"map_{slot}" for slot in scope.record["slots"])}


def test_an_export_holds_every_snapshot():
    scope = done(truth=TRUTH)
    text = render([scope], "t")
    data = json.loads(text.split('id="leo-data">')[1].split("</script>")[0])
    state = data["widgets"][0]["state"]
    assert [state[f"map_{slot}"]["number"] for slot in state["record"]["slots"]] == list(range(11))
    assert data["widgets"][0]["view"]["goal"] == 21


# ------------------------------------------------------------------ scores


def test_scores_by_hand():
    truth = toy_values.exact(("S.#.",), gamma=0.5)  # r0c0 and r0c1 reach each other, r0c3 is cut off
    exact = read_values(truth)
    assert history.counted(exact).tolist() == [[False, True, False], [True, False, False], [False, False, False]]
    values = truth.q.copy()
    values[0, 1] = [0.9, 0.4, 0, 0]  # left instead of right, and 0.1 too low
    values[2] = 0.7  # does not count
    scored = history.Truth(exact).score(read_values(toy_values.replace(truth, q=values)))
    assert scored == {"value_mae": pytest.approx(0.05), "optimal_actions": 0.5}


def test_ties_are_all_optimal():
    truth = toy_values.exact(("S.", ".."))
    scored = history.Truth(read_values(truth)).score(
        read_values(toy_values.replace(truth, q=truth.q - np.arange(4) * 1e-7))
    )
    assert scored["optimal_actions"] == 1


def test_without_a_start_or_with_other_values_every_other_pair_counts():
    other = toy_values.replace(TRUTH, scale="plain", q=-TRUTH.q)
    assert history.counted(read_values(other)).sum() == 21 * 20
    unstarted = history.counted(read_values(toy_values.replace(TRUTH, start=None)))
    assert (unstarted >= history.counted(read_values(TRUTH))).all()


def test_a_real_run_agrees_with_the_evaluation():
    import leo_lab

    env = leo_lab.make("gridworld", map="four_rooms")
    truth = leo_lab.exact_values(env)
    scope = TrainScope(truth).follow(leo_lab.stream(env, steps=60_000, chunks=10))
    run = scope.wait(120).run
    rows = scope.table()
    assert run.finished and len(rows) == len(run.metrics) + 1 and rows[-1]["env_steps"] == run.env_steps
    score = leo_lab.evaluate(run)
    assert rows[-1]["value_mae"] == pytest.approx(score.value_mae, abs=1e-6)
    assert rows[-1]["optimal_actions"] == pytest.approx(score.optimal_actions, abs=1e-6)
    assert rows[-1]["loss"] == pytest.approx(run.metrics[-1]["loss"]) and np.isnan(rows[0]["loss"])


# ------------------------------------------------------------------ the thread


def test_follow_to_the_end():
    scope = TrainScope(TRUTH)
    assert scope.status == "idle"
    assert scope.follow(toy_training.snapshots(TRUTH)) is scope
    last = scope.wait(20)
    assert (scope.status, last.env_steps) == ("finished", 1_000_000) and scope.wait() is last


def test_pause_really_pauses_and_resume_goes_on(gated):
    scope, gate = gated
    gate.let()
    eventually(lambda: gate.asked == 2)
    scope.pause()
    assert (scope.status, scope.record["asked"]) == ("running", "pause")  # the chunk is not over
    gate.let(3)
    eventually(lambda: scope.status == "paused")
    time.sleep(0.1)
    assert gate.given == 2 and len(scope.table()) == 2 and scope.record["asked"] == ""
    with pytest.raises(TimeoutError, match=r"TrainScope: still paused after 0.01 s; stop\(\) ends it"):
        scope.wait(0.01)
    scope.resume()
    eventually(lambda: gate.given == 4)
    assert scope.status == "running"


def test_stop_keeps_what_was_learnt(gated):
    scope, gate = gated
    gate.let(2)
    eventually(lambda: gate.asked == 3)
    scope.stop()
    assert scope.record["asked"] == "stop" and scope.status == "running"
    gate.let(3)
    assert scope.wait(20).env_steps == 400_000  # the chunk under way counts
    assert scope.status == "stopped" and gate.given == 3 and gate.closed
    scope.resume()  # nothing is left to go on
    assert scope.status == "stopped"


def test_stop_while_paused(gated):
    scope, gate = gated
    scope.pause()
    gate.let(2)
    eventually(lambda: scope.status == "paused")
    scope.stop()
    scope.wait(20)
    assert scope.status == "stopped" and gate.given == 1


def test_the_browser_asks(gated):
    scope, gate = gated
    gate.let()
    scope._handle_custom_msg({"ask": "pause"}, [])
    eventually(lambda: scope.status == "paused")
    scope._handle_custom_msg({"ask": "dance"}, [])
    scope._handle_custom_msg({"ask": "resume"}, [])
    eventually(lambda: scope.status == "running")
    scope._handle_custom_msg({"ask": "stop"}, [])
    gate.let()
    scope.wait(20)
    assert scope.status == "stopped"


def test_a_failing_stream_shows_and_raises():
    items = [*list(toy_training.snapshots(TRUTH, 3))[:2], ValueError("out of\n  cheese")]
    gate = toy_training.Gate(items)
    gate.let(3)
    scope = TrainScope(TRUTH).follow(gate)
    for _ in range(2):
        with pytest.raises(ValueError, match="out of"):
            scope.wait(20)
    assert scope.status == "failed" and len(scope.table()) == 2
    assert scope.record["error"] == "ValueError: out of cheese"


def test_a_snapshot_that_does_not_fit_ends_the_run_too():
    scope = TrainScope(TRUTH).follow([object()])
    with pytest.raises(
        TypeError, match=r"TrainScope needs snapshots with env_steps, .*; got object without .env_steps"
    ):
        scope.wait(20)


def test_following_again_stops_the_old_stream(gated):
    scope, gate = gated
    gate.let(2)
    eventually(lambda: gate.asked == 3)
    old = scope._follower
    scope.follow(toy_training.snapshots(TRUTH, 3))
    assert scope.table() == [] and scope.snapshot == -1
    time.sleep(0.05)
    assert scope.table() == [], "the new stream waits until the old chunk is over"
    gate.let(1)
    assert scope.wait(20).env_steps == 1_000_000
    assert not old.alive and old.status == "stopped" and gate.given == 3
    assert [row["env_steps"] for row in scope.table()] == [0, 500_000, 1_000_000]


def test_running_a_cell_again_stops_what_it_left(monkeypatch):
    runs = iter([("cell", "first run"), ("cell", "first run"), ("other", "a run"), ("cell", "second run")])
    monkeypatch.setattr(follower, "notebook_cell", lambda: next(runs))
    gates = [toy_training.Gate(toy_training.snapshots(TRUTH, 5)) for _ in range(4)]
    scopes = [TrainScope(TRUTH).follow(gate) for gate in gates]
    for gate in gates:
        gate.let(10)
    for scope in scopes:
        scope.wait(20)
    assert [scope.status for scope in scopes] == ["stopped", "stopped", "finished", "finished"]


def test_outside_a_notebook_there_is_no_cell():
    assert follower.notebook_cell() is None


def test_an_interrupted_wait_stops_the_training(gated, monkeypatch):
    scope, gate = gated

    def interrupt(timeout):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(scope._follower, "join", interrupt)
        scope.wait()
    gate.let()
    scope.wait(20)
    assert scope.status == "stopped"


def test_closing_the_widget_stops_the_thread():
    gate = toy_training.Gate(toy_training.snapshots(TRUTH, 5))
    scope = TrainScope(TRUTH).follow(gate)
    gate.let()
    eventually(lambda: gate.asked == 2)
    scope.close()
    gate.let()
    assert scope._follower.join(20) and scope.status == "stopped"


def test_threads_are_daemons_and_end(gated):
    scope, _ = gated
    threads = [thread for thread in threading.enumerate() if thread.name == "leo-follower"]
    assert scope._follower._thread in threads and all(thread.daemon for thread in threads)


def test_wait_with_nothing_to_return():
    with pytest.raises(RuntimeError, match=r"TrainScope: nothing to wait for; call follow\(stream\) first"):
        TrainScope().wait()
    with pytest.raises(RuntimeError, match="TrainScope: the stream ended before its first snapshot"):
        TrainScope().follow([]).wait(20)


# ------------------------------------------------------------------ other worlds, bad input


def test_without_truth_the_first_values_bring_the_world():
    scope = TrainScope(goal="r3c2")
    assert scope.goal_names == [] and scope.table() == [] and scope.goal == 0
    scope.follow(toy_training.snapshots(TRUTH)).wait(20)
    assert scope.goal == TRUTH.state_names.index("r3c2") and scope.goal_names == list(TRUTH.goal_names)
    assert scope.channel == channel("leo", TRUTH.goal_names) and scope.truth == {}
    assert list(scope.table()[0]) == ["snapshot", "env_steps", "seconds", *NAMES]
    limits = scope.record["limits"]  # 4 rows and 7 columns: ways of up to 11 steps
    assert limits["steps"]["high"] == 11 and limits["value"]["low"] == pytest.approx(0.9) and limits["error"] is None


def test_values_of_another_scale():
    far = toy_values.replace(TRUTH, scale="plain", q=-20 * TRUTH.q)
    scope = TrainScope().follow(toy_training.snapshots(TRUTH, 2))
    scope.wait(20)
    other = TrainScope()
    other.append(toy_training.Snapshot(0, 10, {}, far, 0.0))
    assert other.record["limits"] == {
        "value": {"low": pytest.approx(-20), "high": 0.0, "below": False, "above": False}, "steps": None, "error": None
    }  # fmt: skip
    with pytest.raises(ValueError, match="scale 'steps' needs values that stand for steps, these are 'plain'"):
        other.from_state({"scale": "steps"})
    assert other.png() != scope.png()


def test_values_without_places_or_none_at_all_show_curves_only():
    items = list(toy_training.snapshots(TRUTH, 3))
    placeless = [
        toy_values.replace(item, values=toy_values.replace(item.values, state_positions=None, layout=None))
        for item in items
    ]
    for stream in (placeless, [toy_values.replace(item, values=None) for item in items]):
        scope = TrainScope().follow(stream)
        scope.wait(20)
        assert scope.state_positions == [] and len(scope.table()) == 3
        assert len(scope.png()) > 500


def test_default_metrics_may_be_missing_others_may_not():
    def stream(**metrics):
        return [toy_training.Snapshot(i, 2, metrics if i else {}, None, 0.0) for i in range(3)]

    scope = TrainScope().follow(stream(loss=1.0, entropy=2.0))
    scope.wait(20)
    assert list(scope.table()[0]) == ["snapshot", "env_steps", "seconds", "loss"]
    named = TrainScope(metrics=("entropy",)).follow(stream(loss=1.0, entropy=2.0))
    named.wait(20)
    assert named.table()[2]["entropy"] == 2.0 and named.record["panels"][0]["label"] == "entropy"
    with pytest.raises(ValueError, match=r"TrainScope: snapshots have no metric 'entropie'; did you mean 'entropy'\?"):
        TrainScope(metrics=("entropie",)).follow(stream(loss=1.0, entropy=2.0)).wait(20)


def test_snapshots_of_another_world_or_out_of_order():
    scope = TrainScope()
    first, second, third = toy_training.snapshots(TRUTH, 3)
    scope.append(second)
    with pytest.raises(ValueError, match="snapshots must come in order: 0 steps after 500000"):
        scope.append(first)
    small = toy_values.exact(("S.",))
    with pytest.raises(ValueError, match="truth has 21 state_names, values have 2: the values before were of another"):
        scope.append(toy_values.replace(third, values=small))
    with pytest.raises(ValueError, match=r"truth has 21 state_names, values have 2$"):
        TrainScope(TRUTH).append(toy_values.replace(third, values=small))
    assert len(scope.table()) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"max_snapshots": 2}, "TrainScope: max_snapshots must be at least 3, got 2"),
        ({"truth": TRUTH, "goal": "r9c9"}, "unknown goal 'r9c9'"),
        ({"truth": toy_values.replace(TRUTH, gamma=2.0)}, "TrainScope: gamma must lie between 0 and 1"),
    ],
)
def test_options_that_do_not_fit(options, error):
    with pytest.raises(ValueError, match=error) as caught:
        TrainScope(**options)
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------ what it says of itself


def test_repr_does_not_depend_on_time(gated):
    scope, gate = gated
    said = {repr(scope)}
    gate.let(7)
    scope.wait(20)
    said.add(repr(scope))
    assert said == {"TrainScope(6 curves)"} and repr(TrainScope(metrics=("loss",))) == "TrainScope(1 curve)"
    assert scope._repr_mimebundle_()[0]["text/plain"] == "TrainScope(6 curves)"


def test_state_comes_back():
    scope = done(truth=TRUTH).from_state({"snapshot": 3, "goal": 5, "scale": "error", "log_scale": True})
    saved = json.loads(json.dumps(scope.state()))
    assert done(truth=TRUTH).from_state(saved).state() == saved
    with pytest.raises(ValueError, match="snapshot 11 does not exist: there are 11 so far, from 0; -1 is the newest"):
        scope.from_state({"snapshot": 11})
    with pytest.raises(ValueError, match=r"scale 'error' needs exact values: TrainScope\(truth=...\)"):
        TrainScope().from_state({"scale": "error"})
    assert scope.state() == saved


def test_table_has_a_row_for_each_snapshot():
    rows = done(truth=TRUTH).table()
    assert list(rows[0]) == ["snapshot", "env_steps", "seconds", *NAMES, "value_mae", "optimal_actions"]
    assert rows[0]["value_mae"] > 0.3 and rows[-1]["value_mae"] < 1e-6 and rows[-1]["optimal_actions"] == 1
    assert rows[5]["seconds"] == 5.0 and rows[5]["env_steps"] == 500_000


def test_png_shows_the_moment():
    scope = done(truth=TRUTH)
    seen = {scope.png()}
    for change in ({"snapshot": 2}, {"goal": 3}, {"scale": "steps"}, {"scale": "error"}, {"state_index": 9}):
        seen.add(scope.from_state(change).png())
    assert len(seen) == 6
    with Image.open(io.BytesIO(scope.png())) as picture:
        assert picture.size == (7 * 44 + 20 + 450, 320)
    assert len(TrainScope().png()) > 500  # before anything has come
