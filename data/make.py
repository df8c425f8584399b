"""Makes the shipped data again: `python data/make.py [NAME ...]`, such as agents or cost.

Names are agents, ablation, tuning, comparison, continuous, cost, craftax, point_maze, reacher, sizes, unequal,
pictures; without one it makes all. And `python data/make.py stale` says which runs of the files of runs today's code
would not make, and records which files hold some.

The maps are drawn by hand, except that `table` lists them too: it rewrites files.json and the table of data/README.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import textwrap
from pathlib import Path

import numpy as np
from make_craftax import craftax
from make_planes import point_maze, reacher
from make_runs import RUNS, comparison, continuous, find_stale, tuning, unequal

import leo_lab
from leo_lab.artefacts.files import FILES_NAME, write_atomically
from leo_lab.artefacts.walk import load_walk
from leo_lab.bench.cost import bench_cost
from leo_lab.bench.entries import read_rows
from leo_lab.bench.sizes import bench_sizes
from leo_lab.bench.stale import made_elsewhere, words

DATA = Path(__file__).parent
AGENT_MAP, AGENT_STEPS = "maze16", 2_151_680
ABLATION_MAP, ABLATION_SEEDS = {"size": 12, "wall": 0.2, "seed": 0}, 3
ABLATION_STEPS = 400_000  # before all settings are equally good
ABLATION = {  # one change at a time from the defaults
    "defaults": {},
    "no averaged parameters (paper)": {"average": 0.0},
    "hindsight targets": {"target": "hindsight"},
    "returns of best actions": {"target": "greedy_return"},
    "one-step targets (paper)": {"target": "one_step"},
    "3-step targets": {"target": "n_step"},
    "squared error (paper)": {"loss": "squared"},
    "one-step targets, no average": {"target": "one_step", "average": 0.0},
    "all three of the paper": {"loss": "squared", "target": "one_step", "average": 0.0},
    "half the width": {"width": 128},
    "two hidden layers": {"depth": 2},
    "a code of 128 before the head": {"code": 128},
    "a code of 64 before the head": {"code": 64},
    "64 environments x 64 steps": {"num_envs": 64, "unroll": 64},
    "half the learning rate": {"learning_rate": 1.5e-3},
    "twice the learning rate": {"learning_rate": 6e-3},
    "values begin at 0.5": {"initial_value": 0.5},
}
CHROMIUM = "/usr/bin/chromium"
KINDS = {  # by path, name, or by the end of it
    ".txt": ("map: one character a cell", "drawn by hand"),
    "maze16.safetensors": ("LEO agent, parameters only, float32", "python data/make.py agents"),
    "craftax_classic_leo.safetensors": ("LEO agent, parameters only, float16", "python data/make.py craftax"),
    "craftax_classic_her.safetensors": ("HER agent, parameters only, float16", "python data/make.py craftax"),
    "reacher_sac_leo.safetensors": ("SAC + LEO agent, parameters only, float16", "python data/make.py reacher"),
    "point_maze_sac_leo.safetensors": ("SAC + LEO agent, parameters only, float16", "python data/make.py point_maze"),
    "point_maze.json": ("how this agent learnt, and how it did", "python data/make.py point_maze"),
    "reacher.json": ("how this agent learnt, and how it did", "python data/make.py reacher"),
    "craftax_classic.json": ("how these agents learnt, and how they did", "python data/make.py craftax"),
    ".npz": ("a walk of LEO in Craftax-Classic", "python data/make.py craftax"),
    "goals/craftax.txt": ("goals in their order", "published with arXiv:2605.23551"),
    "goals/craftax_classic.txt": ("goals in their order", "published with arXiv:2605.23551"),
    "ablation.json": ("medians over seeds, one row a setting", "python data/make.py ablation"),
    "tuning.jsonl": ("settings tried for every learner, one row a run", "python data/make.py tuning"),
    "tuning_continuous.jsonl": ("settings tried for SAC's learners, one row a run", "python data/make.py tuning"),
    "comparison.jsonl": ("learners on equal steps and passes, one row a run", "python data/make.py comparison"),
    "comparison_seconds.jsonl": ("learners on equal seconds, one row a run", "python data/make.py comparison"),
    "unequal.jsonl": ("learners of unequal effort, one row a run", "python data/make.py unequal"),
    "continuous.jsonl": ("SAC's learners on equal steps and passes, one row a run", "python data/make.py continuous"),
    "continuous_seconds.jsonl": ("SAC's learners on equal seconds, one row a run", "python data/make.py continuous"),
    "cost.json": ("times of learners on a 2-core CPU", "python data/make.py cost"),
    "sizes.json": ("success against seconds, by size of the world, one row a run", "python data/make.py sizes"),
}


def agents() -> None:
    """One LEO agent on a 16x16 maze."""
    run = leo_lab.train(leo_lab.make("gridworld", map=AGENT_MAP), steps=AGENT_STEPS, seed=0, progress=True)
    path = leo_lab.save(run, DATA / "agents" / f"{AGENT_MAP}.safetensors", light=True)
    print(path.relative_to(DATA), {k: round(v, 4) for k, v in leo_lab.evaluate(run).summary().items()})


def ablation() -> None:
    """What each choice is worth, at equal steps."""
    env = leo_lab.make("gridworld", **ABLATION_MAP)
    rows = [ablation_row(env, name, settings) for name, settings in ABLATION.items()]
    report = {"map": env.title, "seeds": ABLATION_SEEDS, "command": KINDS["ablation.json"][1], "rows": rows}
    _write("ablation.json", report)


def ablation_row(env, name: str, settings: dict) -> dict:
    """Medians over the seeds; of the seconds, only their ratio to those of the first row means much."""
    runs = [leo_lab.train(env, steps=ABLATION_STEPS, seed=seed, chunks=1, **settings) for seed in range(ABLATION_SEEDS)]
    scores = [leo_lab.evaluate(run).summary() | {"seconds": run.seconds} for run in runs]
    names = ("success_all_pairs", "value_mae", "steps_error_median", "seconds")
    medians = {key: round(float(np.median([score[key] for score in scores])), 4) for key in names}
    row = {"name": name, "settings": settings, "env_steps": runs[0].env_steps, **medians}
    print(row, flush=True)
    return row


def cost() -> None:
    """What all goals cost, up to the size of Craftax."""
    report = {"commands": ["leo-lab bench cost --json"], **bench_cost(progress=True)}
    _write("cost.json", report)


def sizes() -> None:
    """Success against seconds in larger and larger gridworlds; for an idle machine, as the times are what matters."""
    report = {"commands": ["leo-lab bench sizes --json"], **bench_sizes(progress=True)}
    _write("sizes.json", report)


def _write(name: str, report: dict) -> None:
    write_atomically(DATA / name, (json.dumps(report, indent=1) + "\n").encode())


def pictures() -> None:
    """The moving picture of GoalMap for the README, from the shipped agent, through a headless browser."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    from leo_widgets import GoalMap

    run = leo_lab.load(DATA / "agents" / f"{AGENT_MAP}.safetensors")
    widget = GoalMap(run.values(), leo_lab.exact_values(run.env), goal="r15c0", title="LEO on a 16x16 maze")
    page_file = widget.to_html(DATA / "pictures" / "page.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1040, "height": 800})
        page.goto(page_file.resolve().as_uri())
        frames = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in _shots(page)]
        browser.close()
    page_file.unlink()
    # One palette for all frames, so that colours do not flicker.
    strip = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
    for i, frame in enumerate(frames):
        strip.paste(frame, (0, i * frame.height))
    palette = strip.quantize(128)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    small[0].save(DATA / "pictures" / "goal_map.gif", save_all=True, append_images=small[1:], duration=450, loop=0)


def _shots(page):
    """Hovers along a way, chooses another goal, shows steps, the error, the truth, then turns the map around."""
    page.wait_for_selector("canvas")
    page.wait_for_timeout(500)
    box = page.locator("canvas").first.bounding_box()

    def cell(row, col):
        return box["x"] + box["width"] * (col + 0.5) / 16, box["y"] + box["height"] * (row + 0.5) / 16

    ways = {
        None: [(0, 0), (0, 4), (2, 6), (4, 5), (6, 8), (8, 10), (12, 10), (14, 9)],
        "click": [(0, 15)],
        "v": [(2, 13), (7, 12), (10, 14), (14, 11)],
        "f": [(8, 8), (8, 4), (3, 2), (15, 2), (15, 12)],
    }
    for act, places in ways.items():
        if act == "click":
            page.mouse.click(*cell(*places[0]))
        elif act:
            page.keyboard.press(act)
        for place in places:
            page.mouse.move(*cell(*place))
            page.wait_for_timeout(80)
            yield page.screenshot()


def stale() -> None:
    """Prints what is stale, file by file, and records which files are, in files.json; seconds for each learner in each
    of its worlds. A file whose rows were made with another version of JAX, or on another device, keeps its record."""
    files = _listed()
    for name in (name for name in RUNS if name in files):
        found, elsewhere = find_stale(name), sum(map(made_elsewhere, read_rows(DATA / name)))
        note = f"\n{elsewhere:,} made with another JAX or device, and not held against today's" if elsewhere else ""
        print(name, textwrap.indent(words(found) + note, "  "), sep="\n", flush=True)
        if found or not elsewhere:
            files[name]["stale"] = bool(found)
    _write(FILES_NAME, files)


def _listed() -> dict[str, dict]:
    return json.loads((DATA / FILES_NAME).read_text("utf-8"))


def table() -> None:
    """Rewrites files.json, and with it the table between the markers of data/README.md.

    A file that is recorded to be stale is so until it is made again.
    """
    lines = ["| file | what | shape | bytes | sha256 | made by |", "| --- | --- | --- | --- | --- | --- |"]
    before, files = _listed(), {}
    for path in sorted(DATA.rglob("*")):
        name = path.relative_to(DATA).as_posix()
        kind = KINDS.get(name) or KINDS.get(path.name) or KINDS.get(path.suffix)
        if kind is None:
            continue
        what, command = kind
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        files[name] = {"sha256": digest, "made_by": command}
        if before.get(name, {}).get("stale") and before[name]["sha256"] == digest:
            files[name]["stale"], what = True, f"{what}; **stale**"
        lines.append(f"| {name} | {what} | {shape_of(path)} | {path.stat().st_size} | `{digest}` | {command} |")
    _write(FILES_NAME, files)
    readme = DATA / "README.md"
    head, _, rest = readme.read_text("utf-8").partition("<!-- table -->")
    tail = rest.partition("<!-- end of table -->")[2]
    text = "\n".join([f"{head}<!-- table -->", *lines, f"<!-- end of table -->{tail}"])
    write_atomically(readme, text.encode())


def shape_of(path: Path) -> str:
    """Rows x columns of a map, G goals and A actions of an agent, steps of a walk, rows of a table or list."""
    if path.suffix == ".safetensors":
        env = leo_lab.load(path).env
        return f"{len(env.goals)} goals, {len(env.action_names)} actions"
    if path.suffix == ".npz":
        return f"{load_walk(path).steps} steps"
    if path.parent.name == "maps":
        layout = leo_lab.make("gridworld", map=str(path)).states.layout
        return f"{len(layout)} x {len(layout[0])}"
    text = path.read_text("utf-8")
    rows = json.loads(text) if path.suffix == ".json" else text.splitlines()
    if isinstance(rows, dict):
        rows = next(rows[name] for name in ("rows", "goals", "success") if name in rows)
    return f"{len(rows)} rows"


def main() -> None:
    """Makes what the arguments name, and at last the table."""
    learnt = agents, ablation, tuning, comparison, continuous, cost, craftax, point_maze, reacher, sizes, unequal
    made = {job.__name__: job for job in (*learnt, pictures)}
    jobs = {**made, "stale": stale, "table": table}
    wanted = [name for name in sys.argv[1:] or made if name != "table"]
    for name in [*wanted, "table"]:
        jobs[name]()


if __name__ == "__main__":
    main()
