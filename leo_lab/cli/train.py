"""leo-lab train."""

from __future__ import annotations

from tyro.conf import Positional

from leo_lab.artefacts.files import to_json
from leo_lab.cli import options as ask
from leo_lab.cli.output import Output, with_output
from leo_lab.envs import env_names, make
from leo_lab.training import checkpoints, finish, runs
from leo_lab.training.presets import PRESETS, default_learner, starting_settings


@with_output
def train(
    env: Positional[ask.text("WORLD", ", ".join(env_names()))],
    *,
    out: ask.folder("where the run is written"),
    resume: ask.flag("continue what DIR holds, or start") = False,
    chunks: ask.count("checkpoints in a run") = 40,
    every: ask.number("seconds between checkpoints, at most") = runs.EVERY,
    preset: ask.text("PRESET", "settings to begin with: paper, minute or cpu (in Craftax by device)", PRESETS) = None,
    learner: ask.Learner = None,
    steps: ask.count("environment steps (by the world or preset)") = None,
    seed: ask.count("fixes everything (0)") = None,
    output: Output,
    world: ask.World,
    settings: ask.Settings,
) -> None:
    """Train a learner and write checkpoint and metrics to a directory."""
    options, learner = ask.world_options(env, world), learner or default_learner(env)
    given = {name: value for name, value in {"steps": steps, "seed": seed}.items() if value is not None}
    resumes = resume and checkpoints.checkpoint_file(out).exists()
    asked, about = starting_settings(env, learner, preset, {**given, **settings}, resumes=resumes)
    where = make(env, **options) if options else env
    snapshots = runs.stream_into(out, where, learner, resume=resume, chunks=chunks, every=every, **asked)
    if about and not output.json:
        print(about)
    run = finish(snapshots, progress=not output.json)
    report = {"env": run.env.name, "world": run.env.title, "learner": run.learner.name, "env_steps": run.env_steps}
    report |= {"train_seconds": run.seconds, "compile_seconds": run.compile_seconds, "out": str(out)}
    words = (
        f"{learner} on {run.env.title}: {run.env_steps:,} steps in {run.seconds:.1f} s + {run.compile_seconds:.1f} s "
        f"compilation\nwritten to {out}; next: leo-lab evaluate {out}"
    )
    print(to_json(report) if output.json else words)
