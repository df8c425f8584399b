"""leo-lab export."""

from __future__ import annotations

from leo_lab.artefacts.files import to_json
from leo_lab.cli.options import Goals, Json, Part, RunPath, WalkPlaces, file
from leo_lab.cli.pages import run_page
from leo_lab.training import checkpoints
from leo_lab.walks import tours


def export(
    run: RunPath,
    *,
    out: file("FILE.html"),
    part: Part = None,
    goal: Goals = (),
    place: WalkPlaces = (),
    json: Json = False,
) -> None:
    """Write an interactive page of a run that opens with no kernel and no network."""
    agent = checkpoints.load(run, part=part)
    walk = run_page(agent, out, goals=goal or None, places=place or None)
    report, words = tours.report(agent, walk, goal or place)
    print(
        to_json({"out": str(out), **report})
        if json
        else f"written to {out}: {words}; open it in any browser; it needs no kernel and no network"
    )
