"""leo-lab demo."""

from __future__ import annotations

import time
from pathlib import Path

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Json, folder
from leo_lab.cli.pages import run_page
from leo_lab.envs import make
from leo_lab.scores import score
from leo_lab.training import finish
from leo_lab.training.runs import METRICS_NAME, stream_into
from leo_lab.truth.tabular import exact_values
from leo_lab.viz import map_sheet, rollout_frames, save_png, save_video
from leo_lab.viz.reports import score_sheet
from leo_lab.walks.tours import tour

DIRECTORY = Path("runs/demo")
MAP, STEPS = "four_rooms", 500_000
FILES = {
    "explorer.html": "an interactive page: OPEN THIS FIRST",
    "rollout.mp4": "the agent walking from goal to goal",
    "map.png": "four goals, belief above truth",
    METRICS_NAME: "metrics, a line per chunk",
    "checkpoint.safetensors": "the agent; try leo-lab evaluate {}",
}


def demo(*, out: folder("where it is written") = DIRECTORY, json: Json = False) -> None:
    """Train LEO on four rooms and write everything that can be looked at."""
    began, env, snapshots = time.perf_counter(), make("gridworld", map=MAP), []
    stream = stream_into(out, env, overwrite=out == DIRECTORY, steps=STEPS)
    if not json:
        print(f"Training LEO on {env.title}: {len(env.goals)} goals at once, about 10 seconds to compile and learn.")
    run = finish((snapshots.append(snapshot) or snapshot for snapshot in stream), progress=not json)
    result, walk = score(run), run_page(run, out / "explorer.html", snapshots)
    save_video(out / "rollout.mp4", rollout_frames(run.values(), walk))
    truth, title = exact_values(env, run.config.gamma), f"LEO on {env.title}: steps to four goals"
    save_png(out / "map.png", map_sheet(run.values(), tour(env)[:4], 4, truth=truth, title=title))
    if json:
        print(to_json({**result.about, **result.metrics, "out": str(out), "files": list(FILES)}))
        return
    print(f"{score_sheet(result)}\n\nDone in {time.perf_counter() - began:.0f} s. In {out}/:")
    for name, text in FILES.items():
        print(f"  {name:<24}{text.format(out)}")
    print(f"\nOpen {(out / 'explorer.html').resolve().as_uri()} in a browser, or go on with: make lab")
