"""leo-lab evaluate, values, rollout and export: what is done with a run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from leo_lab.artefacts.files import to_json
from leo_lab.cli import options as ask
from leo_lab.cli.films import film
from leo_lab.cli.pages import run_page
from leo_lab.errors import LabError
from leo_lab.scores import score
from leo_lab.training import checkpoints
from leo_lab.truth.tabular import exact_values
from leo_lab.viz.figures.charts import score_figure
from leo_lab.viz.figures.reports import check_figure_path, save_figure
from leo_lab.viz.pictures.video import check_video_path, save_video
from leo_lab.viz.reports import score_sheet
from leo_lab.walks import tours

OPEN = "open it in any browser; it needs no kernel and no network"


def evaluate(
    run: ask.RunPath,
    *,
    part: ask.Part = None,
    tries: ask.count("fresh worlds per goal, but in a gridworld (4)") = None,
    limit: ask.count("steps allowed, but in a gridworld (Craftax: 500; else the world's own time limit)") = None,
    places: ask.count("off the lattice, drawn at random, where goals are places (100)") = None,
    seed: ask.count("of these worlds and places (0)") = None,
    json: ask.Json = False,
    figure: ask.Figure = None,
) -> None:
    """Score a run against the exact solution, or by trying goals out."""
    check_figure_path(figure)
    agent = checkpoints.load(run, part=part)
    result = score(agent, tries=tries, limit=limit, places=places, seed=seed, progress=sys.stderr.isatty())
    if figure:
        save_figure(figure, score_figure(result))
    print(result.to_json() if json else score_sheet(result))


def values(
    run: ask.RunPath,
    *,
    out: ask.file("FILE.npz"),
    part: ask.Part = None,
    exact: ask.flag("the exact values of the run's world instead") = False,
    json: ask.Json = False,
) -> None:
    """Write the values of all states, goals and actions as .npz."""
    agent = checkpoints.load(run, part=part)
    if tours.kind(agent.env) != "states":
        ending = "html shows" if tours.kind(agent.env) == "places" else "npz keeps"
        message = f"{agent.env.title}: its states cannot be listed, so it has no table of values"
        raise LabError(f"{message}; leo-lab rollout DIR --out FILE.{ending} those along a walk")
    table = exact_values(agent.env, agent.config.gamma) if exact else agent.values()
    path, shape = table.save(out), table.q.shape
    words = f"q [S, G, A] = {' x '.join(map(str, shape))}, with names, positions (row, col), gamma and the map"
    print(to_json({"out": str(path), "shape": shape}) if json else f"written to {path}: {words}")


def rollout(
    run: ask.RunPath,
    *,
    out: ask.file(".mp4 or .gif; in Craftax also .npz, where goals are places also .html"),
    part: ask.Part = None,
    goal: ask.Goals = (),
    place: ask.WalkPlaces = (),
    limit: ask.count("longest walk, in steps (Craftax: 300; not in a gridworld)") = None,
    seed: ask.count("luck of a random world") = 0,
    json: ask.Json = False,
) -> None:
    """Command goals and write a video of what the agent does."""
    agent = checkpoints.load(run, part=part)
    how, note = {"goals": goal or None, "places": place or None, "limit": limit, "seed": seed}, ""
    what = tours.kind(agent.env), out.suffix
    if what == ("places", ".html"):
        walk, note = run_page(agent, out, **how), OPEN
    elif what == ("scene", ".npz"):
        walk = tours.walk(agent, **how)
        out.parent.mkdir(parents=True, exist_ok=True)
        walk.save(out)
    else:
        check_video_path(out)
        walk, frames, note, fps = film(agent, **how)
        out.parent.mkdir(parents=True, exist_ok=True)
        save_video(out, frames, fps=fps)
    _tell(out, tours.report(agent, walk, goal or place), note, json)


def export(
    run: ask.RunPath,
    *,
    out: ask.file("FILE.html"),
    part: ask.Part = None,
    goal: ask.Goals = (),
    place: ask.WalkPlaces = (),
    json: ask.Json = False,
) -> None:
    """Write an interactive page of a run that opens with no kernel and no network."""
    agent = checkpoints.load(run, part=part)
    walk = run_page(agent, out, goals=goal or None, places=place or None)
    _tell(out, tours.report(agent, walk, goal or place), OPEN, json)


def _tell(out: Path, report: tuple[dict[str, Any], str], note: str, json: bool) -> None:
    """Prints where a walk was written, and what it came to."""
    numbers, words = report
    print(to_json({"out": str(out), **numbers}) if json else f"written to {out}: {words}; {note}".removesuffix("; "))
