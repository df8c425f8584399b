"""Sweeps of settings: as many for each learner, always the same, and the best of them by the mean over all runs."""

import json

import pytest

from leo_lab import LabError, make
from leo_lab.bench import tune as module
from leo_lab.bench.tune import SPACE, SPACE_CONTINUOUS, chosen, ranking, read_tuning, tried_settings, tune, tuned
from leo_lab.learners import configure, learner_names, resolve, settings_of
from small import HASTY


@pytest.mark.parametrize("name", learner_names())
def test_every_learner_tries_settings_that_it_can_have(name):
    cls = resolve(name)
    space, own = SPACE_CONTINUOUS if cls.continuous else SPACE, settings_of(cls)
    tried = [tried_settings(name, number) for number in range(module.CHOICES)]
    assert len({json.dumps(each, sort_keys=True) for each in tried}) > module.CHOICES - 3
    assert tried == [tried_settings(name, number) for number in range(module.CHOICES)], "always the same"
    for settings in tried:
        configure(cls, settings)
        assert settings.keys() == space.keys() & own.keys()
    assert all(value in space[key] for settings in tried[1:] for key, value in settings.items())


def test_choice_0_is_what_a_learner_had_before(monkeypatch):
    own = settings_of(resolve("leo"))
    assert tried_settings("leo", 0) == {name: own[name] for name in SPACE if name in own} | module.BEFORE.get("leo", {})
    monkeypatch.setattr(module, "BEFORE", {"leo": {"epochs": 77}})
    assert tried_settings("leo", 0)["epochs"] == 77 and tried_settings("leo", 1)["epochs"] != 77


def test_a_sweep_trains_every_choice_everywhere_and_goes_on_where_it_was(tmp_path, monkeypatch):
    small = {"width": 16, "minibatch": 1024}
    monkeypatch.setattr(module, "SPACE", {name: (value,) for name, value in small.items()})
    worlds = {name: make("gridworld", size=size, seed=1) for name, size in (("one", 4), ("other", 5))}
    how = {"steps": 20_000, "choices": 2, "seeds": [5, 6], "path": tmp_path / "runs.jsonl"}
    rows = tune(worlds, ["leo"], **how)
    places = [(row["choice"], row["world"], row["seed"]) for row in rows]
    assert places == [(choice, world, seed) for choice in (0, 1) for world in worlds for seed in (5, 6)]
    own = settings_of(resolve("leo"))
    assert rows[0]["settings"] == {name: own[name] for name in small} and rows[-1]["settings"] == small
    assert all(0 <= row["success"] <= 1 for row in rows) and len({row["success"] for row in rows}) > 2
    monkeypatch.setattr(module, "_success", lambda run: pytest.fail("made again"))
    assert tune(worlds, ["leo"], **how) == rows == read_tuning(tmp_path / "runs.jsonl")


def rows_of(passes: dict[int, int], successes: dict[int, tuple[float, ...]]) -> list[dict]:
    return [
        {
            **{"name": "leo", "choice": choice, "settings": {"epochs": choice}},
            **{"world": "a", "seed": seed, "success": success, "gradient_passes": passes[choice]},
        }
        for choice, each in successes.items()
        for seed, success in enumerate(each)
    ]


def test_choices_are_ranked_by_their_mean_over_all_runs():
    successes = {0: (0.5, 0.6), 1: (0.1, 0.9), 2: (0.7, 0.6), 3: (1.0,)}
    rows = rows_of(dict.fromkeys(range(4), 7), successes)
    ranked = ranking(rows)["leo"]
    assert [choice.number for choice in ranked] == [2, 0, 1], "one that lacks a run is not ranked"
    assert ranked[0] == module.Choice(2, {"epochs": 2}, (0.7, 0.6), 7.0) and ranked[0].mean == pytest.approx(0.65)


def test_what_the_best_does_not_lead_for_sure_and_takes_fewer_passes_is_chosen():
    # The leads of 1 are 0, .1, 0, 0 over 0: mean .025, standard error .025; over 2 they are all .04, without any error.
    successes = {0: (0.9, 0.8, 0.9, 0.9), 1: (0.9, 0.9, 0.9, 0.9), 2: (0.86, 0.86, 0.86, 0.86)}
    assert chosen(rows_of({0: 20, 1: 30, 2: 10}, successes))["leo"].number == 0
    assert chosen(rows_of({0: 40, 1: 30, 2: 10}, successes))["leo"].number == 1
    alike = dict.fromkeys((2, 0, 1), (0.9, 0.8))
    assert chosen(rows_of(dict.fromkeys(range(3), 5), alike))["leo"].number == 0, "what there was before"


def test_what_is_wrong_is_one_line(tmp_path):
    (tmp_path / "other.jsonl").write_text("")
    with pytest.raises(LabError, match="not a sweep of settings"):
        read_tuning(tmp_path / "other.jsonl")
    with pytest.raises(LabError, match="choices must be at least 1"):
        tune({"a": make("gridworld", **HASTY)}, ["leo"], steps=9, choices=0)
    with pytest.raises(LabError, match='unknown learner "lio"'):
        tune({"a": make("gridworld", **HASTY)}, ["lio"], steps=9)
    assert tuned("nobody's") == "by nobody"
