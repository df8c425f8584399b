"""A thread that follows a stream: it can pause, go on and stop between two items, and tells how it ended."""

import contextlib
import sys
import threading
import weakref

_RUNNING: "weakref.WeakSet[Follower]" = weakref.WeakSet()


class Follower:
    """Iterates `stream` in a daemon thread.

    take: called in that thread with each item.
    changed: called, from any thread, whenever `status` or `asked` has changed.
    before: a follower that must have ended before this one begins.

    status: "running", "paused", "stopped", "finished" or "failed"; `error` then holds the exception.
    """

    def __init__(self, stream, take, changed, before: "Follower | None" = None):
        self.status, self.error = "running", None
        self._stream, self._take, self._changed, self._before = stream, take, changed, before
        self._halt, self._go = threading.Event(), threading.Event()
        self._go.set()
        self._cell = notebook_cell()
        self._thread = threading.Thread(target=self._run, name="leo-follower", daemon=True)

    def start(self) -> None:
        """Start, and stop what an earlier run of the same notebook cell has left running."""
        for other in list(_RUNNING):
            if self._cell and other._cell and self._cell[0] == other._cell[0] and self._cell != other._cell:
                other.stop()
        _RUNNING.add(self)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    @property
    def asked(self) -> str:
        """What was asked for and has not come about yet: "pause", "stop" or ""."""
        if self.status not in ("running", "paused"):
            return ""
        if self._halt.is_set():
            return "stop"
        return "pause" if self.status == "running" and not self._go.is_set() else ""

    def pause(self) -> None:
        """Rest after the present item, until `resume`."""
        self._go.clear()
        self._changed()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._go.set()
        self._changed()

    def stop(self) -> None:
        """End after the present item, also while it rests."""
        self._halt.set()
        self._go.set()
        self._changed()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; whether it came within `timeout` seconds."""
        self._thread.join(timeout)
        return not self.alive

    def _run(self) -> None:
        try:
            if self._before is not None:
                self._before.join()
            with contextlib.closing(self._stream) if hasattr(self._stream, "close") else contextlib.nullcontext():
                self._iterate()
            self.status = "stopped" if self._halt.is_set() else "finished"
        except Exception as error:
            self.status, self.error = "failed", error
        _RUNNING.discard(self)
        self._changed()

    def _iterate(self) -> None:
        if self._halt.is_set():
            return
        for item in self._stream:
            self._take(item)
            if not self._go.is_set():
                self.status = "paused"
                self._changed()
                self._go.wait()
                self.status = "running"
                self._changed()
            if self._halt.is_set():
                return


def notebook_cell() -> tuple[str, str] | None:
    """(id of the notebook cell, id of its present run) that calls this; None outside a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell = parent.get("metadata", {}).get("cellId")
    return (cell, parent["header"]["msg_id"]) if cell else None
