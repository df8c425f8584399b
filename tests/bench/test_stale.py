"""What of a file of runs is stale: found by names, versions and keys, and by tracing alone."""

import jax
import pytest

from leo_lab import LabError, make
from leo_lab.artefacts import files
from leo_lab.artefacts.files import STALE
from leo_lab.bench import tune as tuning
from leo_lab.bench.compare import Comparison, compare, jobs_to_compare
from leo_lab.bench.entries import Budget, Entry, Job, read_rows
from leo_lab.bench.stale import CHANGED, MISSING, UNASKED, UNKNOWN, one_each, stale_runs, words
from leo_lab.bench.timing import about
from leo_lab.bench.tune import jobs_to_tune, tuned
from small import BRIEF, HASTY, STEPS_13

LEO = "leo" + "".join(f":{name}={value}" for name, value in BRIEF.items())
SEEDS = [3, 4]


class Known(Job):
    """A job whose keys are known without a program."""

    def program(self):
        return None

    def keys(self, program, seeds):
        return {seed: f"{self.entry.label} {self.name} {seed}" for seed in seeds}


def job(label, world="a", **own):
    return Known(world, None, Entry(label, None, {}), Budget("steps", 9), "9 steps", own=own)


def rows_of(*jobs, **changes):
    return [
        {**job.head, "seed": seed, "key": job.keys(None, [seed])[seed], **about(), **changes}
        for job in jobs
        for seed in SEEDS
    ]


def names(*labels, world="a", seeds=SEEDS):
    return [f"{label} in {world}, 9 steps, seed {seed}" for label in labels for seed in seeds]


def test_rows_that_would_be_made_today_are_not_stale():
    jobs = [job("leo"), job("leo", "b"), job("pqn")]
    assert stale_runs(rows_of(*jobs), jobs, SEEDS) == {}
    assert stale_runs([], [], SEEDS) == {}


def test_each_stale_run_is_named_with_the_reason():
    changed, fresh, missing, unknown, unasked = (job(name) for name in ("cleo", "leo", "pqn", "her", "ppo"))
    unversioned = [{name: value for name, value in row.items() if name != "jax"} for row in rows_of(unknown)]
    rows = [*rows_of(changed, key="other"), *rows_of(fresh, unasked), *unversioned]
    assert stale_runs(rows, [changed, fresh, missing, unknown], SEEDS) == {
        **dict.fromkeys(names("cleo"), CHANGED),
        **dict.fromkeys(names("pqn"), MISSING),
        **dict.fromkeys(names("her"), UNKNOWN),
        **dict.fromkeys(names("ppo"), UNASKED),
    }


def test_of_seeds_those_that_lack_a_row_are_named():
    jobs = [job("leo")]
    assert stale_runs(rows_of(*jobs), jobs, [4, 5]) == dict.fromkeys(names("leo", seeds=[3]), UNASKED) | dict.fromkeys(
        names("leo", seeds=[5]), MISSING
    )
    with pytest.raises(LabError, match="seeds must name at least one seed"):
        stale_runs([], jobs, 0)


def test_an_old_row_beside_the_one_of_today_is_stale():
    jobs = [job("leo")]
    assert stale_runs([*rows_of(*jobs), *rows_of(*jobs, key="old")], jobs, SEEDS) == dict.fromkeys(
        names("leo"), CHANGED
    )


@pytest.mark.parametrize("elsewhere", [{"jax": "0.0.1"}, {"device": "abacus"}])
def test_rows_made_elsewhere_are_not_held_against_their_keys(elsewhere, monkeypatch):
    jobs = [job("leo")]
    rows = rows_of(*jobs, key="other", **elsewhere)
    monkeypatch.setattr(Known, "program", lambda self: pytest.fail("traced"))
    assert stale_runs(rows, jobs, SEEDS) == {}
    assert stale_runs(rows, [job("pqn")], SEEDS).keys() == {*names("leo"), *names("pqn")}


def test_of_jobs_that_are_not_traced_only_names_and_versions_count():
    traced, other = job("leo"), job("pqn")
    rows = rows_of(traced, other, key="old")
    assert stale_runs(rows, [traced, other], SEEDS, traced=[traced]) == dict.fromkeys(names("leo"), CHANGED)
    assert list(stale_runs(rows[:-1], [traced, other], SEEDS, traced=[])) == names("pqn", seeds=[4])


def test_choices_of_a_sweep_are_named_by_their_number():
    """Two may have drawn the same settings."""
    jobs = [job("leo:epochs=2", name="leo", choice=number, settings={}) for number in (0, 7)]
    (name, *_), reasons = zip(*stale_runs(rows_of(jobs[0]), jobs, SEEDS).items(), strict=True)
    assert name == "leo, choice 7, in a, 9 steps, seed 3" and set(reasons) == {MISSING}


def test_one_of_each_learner_goes_through_the_worlds():
    jobs = [job(label, world) for world in "abc" for label in ("leo", "pqn", "her", "ppo")]
    places = [(each.entry.label, each.name) for each in one_each(jobs)]
    assert places == [("leo", "a"), ("pqn", "b"), ("her", "c"), ("ppo", "a")]
    sweep = [job(f"{name}:{k}", name=name, choice=k) for name in ("leo", "pqn") for k in range(3)]
    assert [each.entry.label for each in one_each(sweep)] == ["leo:0", "pqn:1"]


def test_words_count_the_runs_and_name_the_first():
    found = stale_runs([], [job(label) for label in ("leo", "pqn", "her", "ppo", "cleo")], SEEDS)
    arms = "; ".join(f"{label} in a, 9 steps" for label in ("leo", "pqn", "her"))
    assert words(found) == f"10 {MISSING}: {arms}; and 2 more"
    assert words({}) == "not stale"


# Real rows ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world():
    return make("gridworld", **HASTY)


def test_what_compare_made_is_fresh_until_the_program_changes(world, tmp_path, monkeypatch):
    path, how = tmp_path / "runs.jsonl", {"steps": STEPS_13}
    compare({"small": world}, [LEO], seeds=1, path=path, **how)
    rows = read_rows(path)
    assert all(row["jax"] == jax.__version__ and row["device"] for row in rows)
    for name in ("init", "compile"):
        monkeypatch.setattr(f"leo_lab.training.Program.{name}", lambda *_: pytest.fail("not only traced"))
    assert stale_runs(rows, jobs_to_compare({"small": world}, [LEO], **how), 1) == {}
    monkeypatch.setattr("leo_lab.learners.targets.one_step_hit", lambda hit, v, discount: discount * v)
    found = stale_runs(rows, jobs_to_compare({"small": world}, [LEO], **how), 1)
    assert found == {f"{LEO} in small, {STEPS_13:,} steps, seed 0": CHANGED}


def test_a_row_without_its_version_gets_it_when_its_key_is_found(world, tmp_path):
    how = {"seeds": 1, "steps": STEPS_13, "path": tmp_path / "runs.jsonl"}
    (row,) = compare({"small": world}, [LEO], **how).rows
    Comparison(({name: value for name, value in row.items() if name != "jax"},)).to_jsonl(how["path"])
    assert compare({"small": world}, [LEO], **how).rows == (row,)


def test_jobs_of_a_sweep_are_those_that_it_trains(world):
    jobs = jobs_to_tune({"small": world}, ["leo", "pqn"], steps=9, choices=2)
    assert [(each.own["name"], each.own["choice"], each.more) for each in jobs] == [
        (name, number, f"-{name}-{number}") for name in ("leo", "pqn") for number in (0, 1)
    ]
    assert all(each.own["settings"].items() <= each.entry.settings.items() for each in jobs)


# Who reads a stale file ---------------------------------------------------------------------------------------------


def test_a_figure_of_a_stale_file_says_so(world, tmp_path, monkeypatch):
    rows = compare({"small": world}, [LEO], seeds=1, steps=STEPS_13).rows
    shipped, other = (Comparison(rows).to_jsonl(tmp_path / name) for name in ("shipped.jsonl", "other.jsonl"))
    monkeypatch.setattr(files, "data_path", lambda *parts: tmp_path.joinpath(*parts))
    monkeypatch.setattr(files, "listed", lambda: {"shipped.jsonl": {"stale": True}, "other.jsonl": {}})
    assert Comparison.read(shipped).figure(title="all").layout.title.text == f"all ({STALE})"
    assert Comparison.read(other).figure(title="all").layout.title.text == "all"


@pytest.mark.parametrize("stale", [True, False])
def test_settings_that_a_stale_sweep_found_say_so(stale, tmp_path, monkeypatch):
    row = {"learner": "leo", "world": "a", "budget": "9 steps", "seed": 1, "env_steps": 9, "key": "k"}
    (tmp_path / "tuning.jsonl").write_text(files.to_json({**row, "name": "leo", "choice": 0}))
    monkeypatch.setattr(tuning, "data_path", lambda *parts: tmp_path.joinpath(*parts))
    monkeypatch.setattr(tuning, "is_stale", lambda path: stale and path.name == "tuning.jsonl")
    assert tuned.__wrapped__("leo").endswith(f"9 steps ({STALE})" if stale else "9 steps")
