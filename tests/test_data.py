"""What is shipped in data/: whole, small, as its sums say, and readable."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from leo_lab import LabError, load, make
from leo_lab.artefacts import files
from leo_lab.artefacts.files import FILES_NAME, data_path, shipped
from leo_lab.artefacts.walk import load_walk
from leo_lab.bench.entries import read_rows
from leo_lab.bench.stale import made_elsewhere, words
from modules import module_of

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "data"))  # where make.py finds its neighbours
make_data = module_of(ROOT / "data" / "make.py")

LISTED = json.loads(data_path(FILES_NAME).read_text("utf-8"))
LEARNERS = ("leo", "her")
RUNS = sorted(name for name in LISTED if name.endswith(".jsonl"))
WALKS = sorted(path.name for path in data_path("traces").glob("*.npz"))


def test_every_file_is_listed_and_as_its_sum_says():
    kinds = ("maps/*.txt", "goals/*.txt", "agents/*", "traces/*", "*.json", "*.jsonl")
    there = {path.relative_to(data_path()).as_posix() for kind in kinds for path in data_path().glob(kind)}
    assert there - {FILES_NAME} == set(LISTED)
    for name in LISTED:
        assert shipped(*name.split("/")).is_file()


def test_the_readme_tells_the_same_sums():
    text = data_path("README.md").read_text("utf-8")
    assert all(f"`{each['sha256']}`" in text and f"| {name} |" in text for name, each in LISTED.items())


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_a_damaged_file_names_its_sum_and_how_to_make_it_again(damage, tmp_path, monkeypatch):
    shutil.copytree(data_path(), tmp_path / "data")
    monkeypatch.setattr(files, "_PACKAGE", tmp_path / "leo_lab")
    path = shipped("ablation.json")
    path.write_text("{}") if damage == "altered" else path.unlink()
    with pytest.raises(LabError) as error:
        shipped("ablation.json")
    message = str(error.value)
    assert LISTED["ablation.json"]["sha256"] in message and "python data/make.py ablation" in message
    assert damage in message and "\n" not in message


def test_an_unknown_file_names_the_nearest():
    with pytest.raises(LabError, match=r"ablation\.json"):
        shipped("ablation.jsn")


@pytest.mark.parametrize("learner", LEARNERS)
def test_craftax_agents_are_small_and_say_what_they_are(learner):
    path = shipped("agents", f"craftax_classic_{learner}.safetensors")
    assert path.stat().st_size < 16e6
    run = load(path, learner=learner)
    report = json.loads(shipped("craftax_classic.json").read_text("utf-8"))["learners"][learner]
    assert run.env.name == "craftax-classic" and run.finished and not run.resumable
    assert (run.env_steps, run.seed) == (report["env_steps"], report["seed"])
    q = np.asarray(run.learner.readout(run.state.learner, np.zeros((2, run.env.obs_size), np.uint8)).q)
    assert q.shape == (2, 136, 17) and ((q > 0) & (q < 1)).all()


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_report_holds_curves_and_trials_of_every_goal(learner):
    report = json.loads(shipped("craftax_classic.json").read_text("utf-8"))
    assert report["goals"] == list(make("craftax-classic").goals.names)
    each = report["learners"][learner]
    hit, length, v = (np.array(each[key]) for key in ("hit", "length", "v"))
    assert hit.shape == length.shape == v.shape == (136, report["tries"])
    counted, floor = np.array(each["counted"], bool), report["floor"]
    assert ((length >= counted) & (length <= report["limit"])).all() and ((v >= 0) & (v <= 1)).all()
    assert counted.shape == np.shape(floor["hit"]) == np.shape(floor["counted"]) and not hit[~counted].any()
    assert [row["goal"] for row in each["goals"]] == report["goals"]
    assert each["summary"]["success"] > each["summary"]["floor_high"] and each["by_group"][-1]["group"] == "all"
    steps, success = each["curve"]["env_steps"], each["curve"]["success"]
    assert len(steps) == len(success) >= 10 and steps == sorted(steps) and steps[-1] == each["env_steps"]
    assert all(len(row) == 136 for row in success)
    assert each["seconds"] > 0 and each["settings"]["num_envs"] > 0


@pytest.mark.parametrize("name", WALKS)
def test_walks_are_small_and_whole(name):
    path = shipped("traces", name)
    assert path.stat().st_size < 500_000
    trace, env = load_walk(path), make("craftax-classic")
    assert trace.goal_names == env.goals.names and trace.action_names == env.action_names
    assert trace.v.shape == trace.achieved.shape == (trace.steps + 1, 136)
    commanded = [trace.goal_names[goal] for goal in dict.fromkeys(trace.goal.tolist())]
    assert len(commanded) > 1 if "tour" in name else [f"craftax_classic_{commanded[0].replace('/', '_')}.npz"] == [name]


def test_there_are_walks_for_at_least_six_goals():
    assert len(WALKS) >= 6


# What today's code would make otherwise -------------------------------------------------------------------------------


def test_of_every_shipped_file_of_runs_it_is_known_what_it_is_to_hold():
    assert set(RUNS) <= set(make_data.RUNS)
    assert all(make_data.KINDS[name][1] == LISTED[name]["made_by"] for name in RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_it_is_recorded_which_files_of_runs_are_stale(name):
    """Of all runs it is seen that they have a row. Held against today's programs is each learner in one world alone, in
    one of the files that compare it; what that does not find is looked for everywhere where it is said to be.

    If this fails: `python data/make.py stale` records what it finds, the command of the file makes it anew."""
    recorded = LISTED[name].get("stale", False)
    found = make_data.find_stale(name, few=True) or (recorded and make_data.find_stale(name))
    assert recorded or not found, f"{name} is stale: {words(found)}"
    elsewhere = any(map(made_elsewhere, read_rows(data_path(name))))  # so that nobody can tell here
    assert found or not recorded or elsewhere, f"{name} is recorded to be stale, and is not"


def test_what_is_stale_is_recorded_until_it_is_made_again(tmp_path, monkeypatch, capsys):
    shutil.copytree(data_path(), tmp_path / "data")
    monkeypatch.setattr(make_data, "DATA", tmp_path / "data")
    monkeypatch.setattr(make_data, "shape_of", lambda path: "small")
    stale = RUNS[0]
    monkeypatch.setattr(make_data, "find_stale", lambda name: {"leo in maze, seed 0": "why"} if name == stale else {})

    def recorded():
        make_data.table()
        listed = json.loads((tmp_path / "data" / FILES_NAME).read_text("utf-8"))
        lines = (tmp_path / "data" / "README.md").read_text("utf-8").splitlines()
        assert [name for name in listed if any(f"| {name} |" in line and "**stale**" in line for line in lines)] == [
            name for name, each in listed.items() if each.get("stale")
        ]
        return {name for name, each in listed.items() if each.get("stale")}

    make_data.stale()
    assert f"{stale}\n  1 why: leo in maze\n" in capsys.readouterr().out
    assert recorded() == {stale}
    with (tmp_path / "data" / stale).open("a") as file:
        file.write("\n")
    assert recorded() == set()
