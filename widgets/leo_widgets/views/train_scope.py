"""TrainScope: watch an agent learn, and go back to every moment of it."""

import threading
import time
from typing import ClassVar

import numpy as np
import traitlets

from leo_widgets.arrays import scales, wire
from leo_widgets.arrays.limits import first_goal
from leo_widgets.arrays.names import channel, index_of, one_line
from leo_widgets.arrays.values import AllGoalsValues, read_values
from leo_widgets.live.follower import Follower
from leo_widgets.live.history import METRICS, Entry, History
from leo_widgets.page import assets
from leo_widgets.pictures.drawing import to_png
from leo_widgets.pictures.training_picture import Moment, curve, panel, training_picture
from leo_widgets.views.base import LeoWidget, check_convertible, check_index
from leo_widgets.views.pairs import ends_of

RATE = 10  # messages per second to the browser, at most


class Live(traitlets.TraitType):
    """A synced trait that is worked out whenever it is read.

    A thread can change what lies behind it and send it without the notifications of traits, which belong to the
    thread of the notebook. A view that opens later, and an exported page, read it as it then is.
    """

    def __init__(self, read):
        super().__init__(read_only=True)
        self._read = read
        self.tag(sync=True)

    def get(self, obj, cls=None):
        return self._read(obj)


def _slot(number: int) -> Live:
    return Live(lambda scope: scope._history.in_slot(number))


class TrainScope(LeoWidget):
    """Curves of a training run and the chosen goal's map at any moment of it, live and afterwards.

    `follow` a stream of snapshots, or `append` them. A snapshot has `env_steps`, `total_steps`, `metrics` (a dict of
    floats), `values` (all-goals values, or None) and `seconds` (spent in training).

    truth: the exact values of the same states, goals and actions. It adds the curves value_mae, the mean |V - V*|, and
        optimal_actions, the share of greedy actions that are optimal, over the pairs that can be reached; and the
        error scale of the map.
    goal: index or name, by default one rather far from the start.
    metrics: names of the snapshots' metrics to plot.
    max_snapshots: how many are kept; when more come, every second one goes. The first and the newest stay.
    link: widgets of the same goals with the same link share goal and state in one page.
    Raises TypeError for a truth that is no all-goals values, ValueError for what does not fit.
    """

    _esm = assets.esm("train_scope")
    _css = assets.css("train_scope")
    view_names: ClassVar[tuple[str, ...]] = (
        "goal", "state_index", "snapshot", "scale", "log_scale", "show_table",
    )  # fmt: skip
    static_height: ClassVar[int] = 800
    _follower: Follower | None = None

    snapshot = traitlets.Int(-1).tag(sync=True)  # the number of the one that is shown; -1: the newest
    state_index = traitlets.Int(0).tag(sync=True)
    scale = traitlets.Enum(["value", "steps", "error"], "value").tag(sync=True)
    log_scale = traitlets.Bool(False).tag(sync=True)
    show_table = traitlets.Bool(False).tag(sync=True)

    truth = traitlets.Dict().tag(sync=True)  # exact V, [S, G, 1]
    value_scale = traitlets.Dict().tag(sync=True)
    gamma = traitlets.Float(0.99).tag(sync=True)
    state_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    action_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    state_positions = traitlets.List().tag(sync=True)
    goal_positions = traitlets.List().tag(sync=True)
    rows = traitlets.List(traitlets.Unicode(), allow_none=True).tag(sync=True)
    # everything about the kept snapshots but their maps, which travel one by one in map_0, map_1 ...
    record = Live(lambda scope: scope._record())

    def __init__(self, truth=None, goal=None, link="leo", title=None, metrics=METRICS, max_snapshots=60):
        if max_snapshots < 3:
            raise ValueError(f"TrainScope: max_snapshots must be at least 3, got {max_snapshots}")
        exact = None if truth is None else read_values(truth, "TrainScope")
        self._history = History(exact, metrics, int(max_snapshots))
        self._wanted, self._link = goal, str(link)
        self._sending, self._sent, self._timer = threading.RLock(), 0.0, None
        self._told_world = exact is not None
        self.add_traits(**{f"map_{number}": _slot(number) for number in range(int(max_snapshots))})
        known = {"goal_names": []} if exact is None else self._world_traits(exact)
        known.pop("channel", None)
        super().__init__(**known, link=link, title="Training" if title is None else title)
        self.on_msg(self._on_message)

    # ------------------------------------------------------------------ following
    def follow(self, stream) -> "TrainScope":
        """Iterate `stream` in a thread and show each snapshot; returns the widget at once.

        Following again starts afresh: what this scope followed before, and what an earlier run of the same notebook
        cell has left running, is stopped after its present chunk.
        """
        before = self._follower
        if before is not None:
            before.stop()
        history = self._history = self._history.fresh()
        self.snapshot = -1
        self._follower = Follower(iter(stream), lambda item: self._add(history, item), self._tell, before)
        self._follower.start()
        return self

    def wait(self, timeout: float | None = None):
        """Block until the stream that is followed has ended; returns its last snapshot.

        timeout: seconds. While paused it waits on. An interrupt stops the training after its present chunk.
        Raises TimeoutError when the time is over, RuntimeError where there is nothing to return, and again what
        the stream raised.
        """
        follower = self._follower
        if follower is None:
            raise RuntimeError("TrainScope: nothing to wait for; call follow(stream) first")
        try:
            ended = follower.join(timeout)
        except KeyboardInterrupt:
            self.stop()
            raise
        if not ended:
            raise TimeoutError(f"TrainScope: still {follower.status} after {timeout} s; stop() ends it")
        if follower.error is not None:
            raise follower.error
        if self._history.last is None:
            raise RuntimeError("TrainScope: the stream ended before its first snapshot")
        return self._history.last

    def pause(self) -> None:
        """Rest after the present chunk, until `resume`. Does nothing where nothing is followed."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on after `pause`."""
        self._ask("resume")

    def stop(self) -> None:
        """End after the present chunk; what is shown stays. The stream cannot be taken up again."""
        self._ask("stop")

    @property
    def status(self) -> str:
        """One of "idle", "running", "paused", "stopped", "finished", "failed"."""
        return "idle" if self._follower is None else self._follower.status

    def open(self) -> None:
        """Join the notebook. The browser's messages then take the way that it chooses for them.

        ipykernel 7 would hand them to the shell that has last published on the comm. For a thread that is the shell of
        the cells, where `wait` may hold everything up; the browser has a shell of its own for widgets.
        """
        super().open()
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda data, chosen: chosen

    def close(self) -> None:
        """Take the widget off the page, and stop what it follows."""
        self.stop()
        super().close()

    def append(self, snapshot) -> None:
        """Show one more snapshot, from any thread. Raises TypeError or ValueError for one that does not fit."""
        self._add(self._history, snapshot)

    def _add(self, history: History, snapshot) -> None:
        history.append(snapshot)
        if not self._told_world and history.world is not None:
            self._told_world = True
            with self.hold_sync():
                for name, value in self._world_traits(history.world).items():
                    setattr(self, name, value)
        self._tell(at_once=False)

    def _ask(self, what: str) -> None:
        if self._follower is not None and self._follower.alive:
            getattr(self._follower, what)()

    def _on_message(self, _, content, buffers) -> None:
        if content.get("ask") in ("pause", "resume", "stop"):
            self._ask(content["ask"])

    def _tell(self, at_once: bool = True) -> None:
        """Send what is new to the browser: now, or as soon as the rate allows, together with what comes meanwhile."""
        with self._sending:
            rest = self._sent + 1 / RATE - time.monotonic()
            if not at_once and rest > 0:
                if self._timer is None:
                    self._timer = threading.Timer(rest, self._tell)
                    self._timer.daemon = True
                    self._timer.start()
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._sent = None, time.monotonic()
            self.send_state(["record", *(f"map_{slot}" for slot in self._history.filled())])

    # ------------------------------------------------------------------ what travels
    def _record(self) -> dict:
        history, follower = self._history, self._follower
        with history.lock:
            entries, curves = history.entries, history.curves()
            error = follower and follower.error
            return {
                "status": self.status, "asked": follower.asked if follower else "",
                "error": f"{type(error).__name__}: {one_line(error)}" if error else "",
                "total_steps": history.total_steps, "limits": history.limits(),
                "panels": [panel(name) for name in history.names],
                "curves": {"data": curves.tobytes(), "shape": list(curves.shape)},
                "numbers": [entry.number for entry in entries], "slots": [entry.slot for entry in entries],
                "env_steps": [entry.env_steps for entry in entries],
                "seconds": [entry.seconds for entry in entries],
            }  # fmt: skip

    def _world_traits(self, table: AllGoalsValues) -> dict:
        """The traits that the first values decide, in an order in which each can be checked."""
        names, truth, goal = list(table.goal_names), self._history.truth, self._wanted
        mapped = table.mapped
        return {
            "goal_names": names,
            "goal": first_goal(table, truth is not None) if goal is None else index_of(goal, names, "goal"),
            "state_names": list(table.state_names), "state_index": table.start or 0,
            "action_names": list(table.action_names), "gamma": table.gamma,
            "state_positions": table.state_positions.tolist() if mapped else [],
            "goal_positions": table.goal_positions.tolist() if mapped else [],
            "rows": list(table.layout) if mapped and table.layout is not None else None,
            "truth": wire.pack(table.v[..., None], *wire.span(table.v)) if truth else {},
            "channel": channel(self._link, names), "value_scale": scales.describe(table, *wire.span(table.v)),
        }  # fmt: skip

    # ------------------------------------------------------------------ checks
    @traitlets.validate("state_index")
    def _check_state(self, proposal):
        return check_index(proposal.value, self.state_names, "state")

    @traitlets.validate("snapshot")
    def _check_snapshot(self, proposal):
        taken = self._history.taken
        if not -1 <= proposal.value < taken:
            raise traitlets.TraitError(
                f"snapshot {proposal.value} does not exist: there are {taken} so far, from 0; -1 is the newest"
            )
        return proposal.value

    @traitlets.validate("scale")
    def _check_scale(self, proposal):
        world = self._history.world
        if proposal.value == "error" and self._history.truth is None:
            raise traitlets.TraitError("scale 'error' needs exact values: TrainScope(truth=...)")
        if proposal.value == "steps" and world is not None:
            check_convertible(world)
        return proposal.value

    # ------------------------------------------------------------------ what it says of itself
    def counts(self) -> dict[str, int]:
        return {**super().counts(), "state_index": len(self.state_names)}

    def summary(self) -> str:
        count = len(self._history.names)
        return f"{count} {'curve' if count == 1 else 'curves'}"

    def table(self) -> list[dict]:
        """One row for each kept snapshot: its number, env_steps, seconds and the metrics that are plotted."""
        names = self._history.names
        return [
            {"snapshot": entry.number, "env_steps": entry.env_steps, "seconds": entry.seconds}
            | {name: entry.metrics.get(name, float("nan")) for name in names}
            for entry in self._history.entries
        ]

    def png(self) -> bytes:
        """The map of the shown snapshot, and the curves beside it; about 1000 pixels wide."""
        history = self._history
        entry = history.at(self.snapshot)
        goals = len(self.goal_names) or 1
        curves = [curve(name, y, goals) for name, y in zip(history.names, history.curves(), strict=True)]
        steps = [each.env_steps for each in history.entries]
        return to_png(training_picture(curves, steps, entry and entry.env_steps, self._moment(entry)))

    def _moment(self, entry: Entry | None) -> Moment | None:
        """What the map shows of a kept snapshot; None where there is none, or no map."""
        history, goal = self._history, self.goal
        if entry is None or not entry.map or not history.world.mapped:
            return None
        v = wire.unpack(entry.map["v"])[:, goal, 0]
        best = np.frombuffer(entry.map["best"], np.uint8).reshape(len(v), -1)[:, goal]
        exact = history.truth.table.v[:, goal] if history.truth else None
        ends = ends_of(history.limits(), self.scale, history.world.meaning.larger_is_better)
        return Moment(history.world, v, best, exact, goal, self.state_index, self.scale, ends)
