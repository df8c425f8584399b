"""Sweeps of settings: as many for each learner, always the same, and the best of them by the mean over all runs."""

import json

import pytest

from leo_lab import LabError, make
from leo_lab.bench import tune as module
from leo_lab.bench.tune import SPACE, SPACE_CONTINUOUS, drawn_settings, ranking, read_tuning, tune, tuned
from leo_lab.learners import configure, learner_names, resolve, settings_of
from small import HASTY


@pytest.mark.parametrize("name", learner_names())
def test_every_learner_draws_settings_that_it_can_have(name):
    continuous = resolve(name).continuous
    space = SPACE_CONTINUOUS if continuous else SPACE
    drawn = [drawn_settings(name, number, continuous=continuous) for number in range(module.CHOICES)]
    assert drawn[0] == {} and len({json.dumps(each, sort_keys=True) for each in drawn}) > module.CHOICES - 3
    assert drawn == [drawn_settings(name, number, continuous=continuous) for number in range(module.CHOICES)]
    for settings in drawn:
        configure(resolve(name), settings)
        assert all(value in space[key] and value != settings_of(resolve(name))[key] for key, value in settings.items())


def test_a_sweep_trains_every_choice_everywhere_and_goes_on_where_it_was(tmp_path, monkeypatch):
    small = {"width": 16, "minibatch": 1024}
    monkeypatch.setattr(module, "SPACE", {name: (value,) for name, value in small.items()})
    worlds = {name: make("gridworld", size=size, seed=1) for name, size in (("one", 4), ("other", 5))}
    how = {"steps": 20_000, "choices": 2, "seeds": [5, 6], "path": tmp_path / "runs.jsonl"}
    rows = tune(worlds, ["leo"], **how)
    places = [(row["choice"], row["world"], row["seed"]) for row in rows]
    assert places == [(choice, world, seed) for choice in (0, 1) for world in worlds for seed in (5, 6)]
    assert rows[0]["settings"] == {} and rows[-1]["settings"] == small
    assert all(0 <= row["success"] <= 1 for row in rows) and len({row["success"] for row in rows}) > 2
    monkeypatch.setattr(module, "_success", lambda run: pytest.fail("made again"))
    assert tune(worlds, ["leo"], **how) == rows == read_tuning(tmp_path / "runs.jsonl")


def test_the_best_choice_has_the_best_mean():
    rows = [
        {"name": "leo", "choice": choice, "settings": {"epochs": choice}, "success": success}
        for choice, successes in enumerate([(0.5, 0.6), (0.1, 1.0), (0.7, 0.6)])
        for success in successes
    ]
    (best, second, last) = ranking(rows)["leo"]
    assert [each["choice"] for each in (best, second, last)] == [2, 0, 1] or best["choice"] == 2
    assert best == {"choice": 2, "settings": {"epochs": 2}, "success": pytest.approx(0.65), "runs": 2}


def test_what_is_wrong_is_one_line(tmp_path):
    (tmp_path / "other.jsonl").write_text("")
    with pytest.raises(LabError, match="not a sweep of settings"):
        read_tuning(tmp_path / "other.jsonl")
    with pytest.raises(LabError, match="choices must be at least 1"):
        tune({"a": make("gridworld", **HASTY)}, ["leo"], steps=9, choices=0)
    with pytest.raises(LabError, match='unknown learner "lio"'):
        tune({"a": make("gridworld", **HASTY)}, ["lio"], steps=9)
    assert tuned("nobody's") == "by nobody"
