"""The same program on four devices, which are four threads of one CPU here."""

import json

import jax
import numpy as np
import pytest

from leo_lab import LabError, load, make, train
from leo_lab.training.devices import require_platform
from processes import finish, start
from small import BRIEF, HASTY, STEPS_13, leaves

ON_FOUR = """
import json, sys
import jax, numpy as np
from leo_lab import LabError, load, make, save, train
from leo_lab.training import continue_stream, stream

def shards(run):
    return {name: [leaf.sharding.is_fully_replicated, len(leaf.sharding.device_set)]
            for name, leaf in (("obs", run.state.source.obs), ("clock", run.state.source.worlds.clock),
                               ("goal", run.state.source.goal), ("seen", run.state.source.seen),
                               ("weights", jax.tree.leaves(run.state.learner.params)[0]))}

out, world, steps, settings = json.loads(sys.argv[1])
env = make("gridworld", **world)
snapshots = stream(env, steps=steps, chunks=3, **settings)
begun, middle = next(snapshots), next(snapshots)
save(middle.run, out + "/middle")
*_, last = snapshots
loaded = load(out + "/middle")
*_, resumed = continue_stream(loaded)
save(last.run, out + "/last")
np.save(out + "/last.npy", last.values.q)
np.save(out + "/resumed.npy", resumed.values.q)
light = load(save(last.run, out + "/light", light=True))
type(env).reset_ratio = 4
save(train(env, steps=steps, chunks=1, **settings), out + "/scarce")
try:
    train(env, steps=steps, num_envs=6, unroll=8, minibatch=16)
    refusal = ""
except LabError as error:
    refusal = str(error)
print(json.dumps({
    "devices": jax.device_count(), "begun": shards(begun.run), "last": shards(last.run), "loaded": shards(loaded),
    "same": bool((light.values().q == last.values.q).all()), "refusal": refusal,
    "rows": [obs.data.shape[0] for obs in last.run.state.source.obs.addressable_shards],
}))
"""


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """What happened on four devices, and where its files are."""
    out = tmp_path_factory.mktemp("four")
    return json.loads(finish(start(ON_FOUR, [str(out), HASTY, STEPS_13, BRIEF], 4))), out


@pytest.fixture(scope="module")
def one():
    return train(make("gridworld", **HASTY), steps=STEPS_13, chunks=3, **BRIEF)


def test_environments_are_sharded_and_the_rest_is_copied(four):
    report, _ = four
    assert report["devices"] == 4
    for moment in ("begun", "last", "loaded"):
        for name in ("obs", "clock", "goal"):
            assert report[moment][name] == [False, 4], (moment, name)
        for name in ("seen", "weights"):
            assert report[moment][name] == [True, 4], (moment, name)
    assert report["rows"] == [4, 4, 4, 4]


def test_four_devices_learn_what_one_learns(four, one):
    report, out = four
    q = np.load(out / "last.npy")
    assert np.abs(q - np.load(out / "resumed.npy")).max() == 0
    np.testing.assert_allclose(q, one.values().q, rtol=1e-3, atol=1e-5)
    assert report["same"]


def test_four_devices_share_scarce_fresh_worlds_as_one_does(four, one, monkeypatch):
    """As in Craftax, where a fresh world is dear."""
    monkeypatch.setattr(type(one.env), "reset_ratio", 4)
    alone = train(make("gridworld", **HASTY), steps=STEPS_13, chunks=1, **BRIEF)
    beside = leaves(load(four[1] / "scarce"))
    for name, array in leaves(alone).items():
        if array.dtype.kind == "f":
            np.testing.assert_allclose(beside[name], array, rtol=1e-3, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_array_equal(beside[name], array, err_msg=name)
    assert np.abs(alone.values().q - one.values().q).max() > 1e-4  # it is another run


def test_a_run_from_four_devices_is_read_on_one(four, one):
    _, out = four
    run = load(out / "last")
    assert len(run.state.source.obs.sharding.device_set) == 1
    for name in ("obs", "goal", "seen", "tries", "hits"):
        assert (np.asarray(getattr(run.state.source, name)) == np.asarray(getattr(one.state.source, name))).all(), name
    np.testing.assert_array_equal(run.values().q, np.load(out / "last.npy"))


def test_environments_that_do_not_divide_are_refused(four):
    assert four[0]["refusal"] == "num_envs = 6 does not divide over 4 devices; choose a multiple of 4"


def test_a_platform_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    require_platform("cpu")
    with pytest.raises(LabError, match=r'asked for a GPU but JAX runs on cpu; pip install -e "\.\[cuda\]"'):
        require_platform("gpu")
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with pytest.raises(LabError, match="asked for a CPU but JAX runs on gpu; set JAX_PLATFORMS=cpu, or choose"):
        require_platform("cpu")


def test_a_fresh_state_lies_where_all_that_follow_lie(trained):
    """So that what was compiled for the one, such as tries, serves the others: JAX tells committed arrays apart."""
    fresh = trained.program.init(trained.seed)
    places = [[(leaf.committed, leaf.sharding) for leaf in jax.tree.leaves(state)] for state in (fresh, trained.state)]
    assert places[0] == places[1] and all(committed for committed, _ in places[0])
