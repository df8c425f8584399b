"""What only an accelerator can say is made in pieces: here some run at toy size, are cut, go on, are not made twice."""

import json
from pathlib import Path

import pytest

from leo_lab import load
from modules import module_of

make_gpu = module_of(Path(__file__).parent.parent / "data" / "make_gpu.py")


def test_a_piece_that_is_cut_goes_on_and_is_made_once(tmp_path, capsys, monkeypatch):
    ask = ["classic-leo", "--toy", "--out", str(tmp_path)]
    monkeypatch.setattr(make_gpu, "MINUTES", 0.0)
    assert make_gpu.main(ask) == 1
    assert "to be continued; run it again\nmissing: classic-leo" in capsys.readouterr().out
    monkeypatch.setattr(make_gpu, "MINUTES", 1.0)
    assert make_gpu.main(ask) == 0
    found = json.loads((tmp_path / "classic-leo.json").read_text())
    assert found["command"] == "python data/make_gpu.py classic-leo" and found["platform"] == "cpu"
    assert found["curve"][-1]["env_steps"] == found["env_steps"] == 256 and 0 <= found["success"] <= 1
    assert load(tmp_path / "classic-leo.safetensors").env_steps == 256
    monkeypatch.setitem(make_gpu.PIECES, "classic-leo", lambda *_: pytest.fail("made twice"))
    assert make_gpu.main(ask) == 0 and "nothing is missing" in capsys.readouterr().out


@pytest.mark.parametrize("piece", ["seeds", "cost"])
def test_a_piece_says_where_it_ran(piece, tmp_path):
    assert make_gpu.main([piece, "--toy", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / f"{piece}.json").read_text())
    assert {"device", "platform", "devices", "jax", "python", "command"} <= set(found)
    assert found["seconds_ratio"] > 0 if piece == "seeds" else found["rows"]


@pytest.mark.parametrize(
    ("words", "message"), [(["cots"], 'unknown piece "cots"'), (["cost"], "there is no accelerator here; --toy")]
)
def test_what_is_wrong_is_said_at_once(words, message, tmp_path, capsys):
    with pytest.raises(SystemExit):
        make_gpu.main([*words, "--out", str(tmp_path)])
    assert message in capsys.readouterr().err


def test_every_world_and_learner_that_wants_an_accelerator_has_a_piece(tmp_path):
    assert make_gpu.missing(tmp_path) == list(make_gpu.PIECES)
    assert {"cost", "seeds", "speed-craftax", "classic-ppo", "ant_umaze-sac_leo"} <= set(make_gpu.PIECES)
