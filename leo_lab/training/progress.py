"""Following a stream of snapshots to its end: progress bar, words, and what somebody else does with each snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from leo_lab.experience.online import BY_GROUP

if TYPE_CHECKING:
    from leo_lab.training.stream import Run, Snapshot


def finish(
    snapshots: Iterator[Snapshot], *, progress: bool = False, callback: Callable[[Snapshot], None] | None = None
) -> Run:
    """Follows a stream to its end, with a progress bar on request.

    With it comes a line per chunk in worlds that are dear: where goals have groups, or actions are continuous.

    Args:
      snapshots: what `stream` yields, the first of which comes before any learning.
      progress: show the bar.
      callback: called with every snapshot but the first.
    """
    last = next(iter(snapshots))
    done = last.env_steps
    with tqdm(
        total=last.total_steps, initial=done, unit="step", unit_scale=True, disable=not progress, desc="train"
    ) as bar:
        for snapshot in snapshots:
            bar.update(snapshot.env_steps - last.env_steps)
            bar.set_postfix(_bar_words(snapshot.metrics))
            dear = snapshot.run.env.continuous or any(name.startswith(BY_GROUP) for name in snapshot.metrics)
            if progress and dear:
                bar.write(_progress(snapshot, last))
            if callback is not None:
                callback(snapshot)
            last = snapshot
    return last.run


def _bar_words(metrics: dict[str, float]) -> dict[str, str]:
    """What stands beside the bar, as far as it is known."""
    shown = {"loss": ("loss", ".4f"), "goals": ("goals_seen", "d")}
    return {word: format(metrics[name], how) for word, (name, how) in shown.items() if name in metrics}


def _progress(now: Snapshot, before: Snapshot) -> str:
    """One line: how far, how fast, how long still, which goals succeed, and how often the simulator broke."""
    speed = (now.env_steps - before.env_steps) / max(1e-9, now.seconds - before.seconds)
    left = round((now.total_steps - now.env_steps) / speed)
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    groups = {name.removeprefix(BY_GROUP): now.metrics[name] for name in now.metrics if name.startswith(BY_GROUP)}
    groups = groups or {"commanded": now.metrics.get("commanded_success", float("nan"))}
    broken = f"; simulator broke {now.metrics['broken']} times" if now.metrics.get("broken") else ""
    shares = ", ".join(f"{name} {'-' if share != share else f'{share:.2f}'}" for name, share in groups.items())
    return (
        f"{now.env_steps:,} steps, {speed:,.0f} steps/s, {hours}:{minutes:02}:{seconds:02} left, "
        f"{now.metrics.get('goals_seen', '-')} goals seen; success: {shares}{broken}"
    )
