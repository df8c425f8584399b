"""leo-lab rollout."""

from __future__ import annotations

from leo_lab.artefacts.files import to_json
from leo_lab.cli.films import film
from leo_lab.cli.options import Goals, Json, Part, RunPath, WalkPlaces, count, file
from leo_lab.cli.pages import run_page
from leo_lab.training import checkpoints
from leo_lab.viz.pictures.video import check_video_path, save_video
from leo_lab.walks import tours


def rollout(
    run: RunPath,
    *,
    out: file(".mp4 or .gif; in Craftax also .npz, where goals are places also .html"),
    part: Part = None,
    goal: Goals = (),
    place: WalkPlaces = (),
    limit: count("longest walk, in steps (Craftax: 300; not in a gridworld)") = None,
    seed: count("luck of a random world") = 0,
    json: Json = False,
) -> None:
    """Command goals and write a video of what the agent does."""
    agent = checkpoints.load(run, part=part)
    how, note = {"goals": goal or None, "places": place or None, "limit": limit, "seed": seed}, ""
    what = tours.kind(agent.env), out.suffix
    if what == ("places", ".html"):
        walk, note = run_page(agent, out, **how), "open it in any browser; it needs no kernel and no network"
    elif what == ("scene", ".npz"):
        walk = tours.walk(agent, **how)
        out.parent.mkdir(parents=True, exist_ok=True)
        walk.save(out)
    else:
        check_video_path(out)
        walk, frames, note, fps = film(agent, **how)
        out.parent.mkdir(parents=True, exist_ok=True)
        save_video(out, frames, fps=fps)
    report, words = tours.report(agent, walk, goal or place)
    print(to_json({"out": str(out), **report}) if json else f"written to {out}: {words}; {note}".removesuffix("; "))
