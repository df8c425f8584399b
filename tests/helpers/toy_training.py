"""A made-up training run: exact values that appear little by little out of noise, as snapshots of a stream."""

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import toy_values


@dataclass(frozen=True)
class Snapshot:
    """What a viewer reads of a moment of training."""

    env_steps: int
    total_steps: int
    metrics: dict
    values: object
    seconds: float


def snapshots(truth, count: int = 11, total: int = 1_000_000, seconds: float = 10.0):
    """`count` snapshots from nothing learnt, without metrics, to nearly exact values."""
    rng = np.random.default_rng(0)
    blurred = toy_values.estimate(truth, 0.3, seed=3).q
    for i in range(count):
        part = i / max(1, count - 1)
        q = np.clip((1 - part) ** 2 * blurred * 0.5 + (1 - (1 - part) ** 2) * truth.q, 0, 1).astype(np.float32)
        metrics = {
            "loss": 0.3 * np.exp(-5 * part) * (1 + 0.1 * rng.normal()) + 0.002,
            "td_error": 0.2 * np.exp(-4 * part) + 0.01,
            "commanded_success": float("nan") if i < 2 else 0.2 + 0.7 * part,
            "goals_seen": min(len(truth.goal_names), 1 + 3 * i),
            "epsilon": 0.1,
        }
        values = replace(truth, q=q, title=f"toy, {i} of {count - 1}")
        yield Snapshot(round(total * part), total, metrics if i else {}, values, seconds * part)


def slow(truth, count: int, name: str, pause: float):
    """The same snapshots, one in `pause` seconds; the file `name` tells how many there were, and when nobody asks."""
    try:
        for i, snapshot in enumerate(snapshots(truth, count)):
            time.sleep(pause)
            Path(name).write_text(str(i))
            yield snapshot
    finally:
        Path(name).write_text("over")


class Gate:
    """The same snapshots, each held back until `let`.

    asked: how often one was asked for; given: how many were; closed: nobody will ask again.
    """

    def __init__(self, items):
        self._items = iter(items)
        self._tickets = threading.Semaphore(0)
        self.asked, self.given, self.closed = 0, 0, False

    def let(self, count: int = 1) -> None:
        self._tickets.release(count)

    def __iter__(self):
        return self

    def __next__(self):
        self.asked += 1
        assert self._tickets.acquire(timeout=20), "nobody opened the gate"
        item = next(self._items)
        if isinstance(item, Exception):
            raise item
        self.given += 1
        return item

    def close(self) -> None:
        self.closed = True
