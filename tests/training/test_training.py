"""One update, three drivers: whatever way a run is driven, stopped and continued, it is the same run."""

import io
import itertools
from contextlib import redirect_stderr

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import LabError, make, stream, train, train_seeds
from leo_lab.learners import learner_names, resolve
from leo_lab.training import begin, continue_stream, default_steps, finish, make_program
from leo_lab.training.stream import _part
from small import BRIEF, HASTY, STEPS_13, assert_same_state
from worlds import Line

METRICS = {"iteration", "env_steps", "seconds", "loss", "td_error", "q", "epsilon", "commanded_success", "goals_seen"}


@pytest.fixture(scope="module")
def env():
    return make("gridworld", **HASTY)


def brief(env, **options):
    return train(env, **{"steps": STEPS_13, "seed": 3, **BRIEF, **options})


@pytest.fixture(scope="module")
def whole(env):
    """13 iterations in one chunk."""
    return brief(env, chunks=1)


@pytest.fixture(scope="module")
def snapshots(env):
    """The same in 7 chunks: six of two iterations and one of one."""
    return list(stream(env, steps=STEPS_13, seed=3, chunks=7, **BRIEF))


def test_chunks_do_not_change_the_run(whole, snapshots):
    assert_same_state(whole, snapshots[-1].run)


def test_a_stream_begins_before_learning_and_ends_with_the_last_chunk(env, snapshots):
    assert [snapshot.run.iteration for snapshot in snapshots] == [0, 2, 4, 6, 8, 10, 12, 13]
    assert [snapshot.env_steps for snapshot in snapshots] == [128 * i for i in (0, 2, 4, 6, 8, 10, 12, 13)]
    assert {snapshot.total_steps for snapshot in snapshots} == {13 * 128}  # whole iterations, at least as many as asked
    assert [snapshot.run.finished for snapshot in snapshots] == 7 * [False] + [True]
    first, *_, last = snapshots
    assert first.metrics == {} and first.run.metrics == () and first.seconds == 0
    assert last.run.metrics == tuple(snapshot.metrics for snapshot in snapshots[1:])
    assert last.values is last.run.values()
    assert last.values.title.lower() == "leo, 1,664 steps"
    assert last.values.q.shape == (21, 21, 4) and last.values.q.dtype == np.float32
    assert last.values.layout == env.states.layout and last.values.start == env.states.start
    assert (first.values.q != last.values.q).any()


def test_metrics_are_means_over_the_chunk(whole, snapshots):
    rows = [snapshot.metrics for snapshot in snapshots[1:]]
    assert all(set(row) == METRICS for row in rows)
    weights = np.diff([0, *(row["iteration"] for row in rows)])
    for name in ("loss", "td_error", "q", "epsilon"):
        mean = np.average([row[name] for row in rows], weights=weights)
        np.testing.assert_allclose(whole.metrics[0][name], mean, rtol=1e-5)
    assert [row["seconds"] for row in rows] == sorted(row["seconds"] for row in rows)
    assert rows[-1]["seconds"] == round(snapshots[-1].seconds, 4) > 0
    assert snapshots[-1].run.compile_seconds > 0


def test_commanded_success_and_goals_seen_count_the_chunk_alone(snapshots):
    for before, after in itertools.pairwise(snapshots):
        tries, hits = (
            int((getattr(after.run.state.source, name) - getattr(before.run.state.source, name)).sum())
            for name in ("tries", "hits")
        )
        expected = hits / tries if tries else np.nan
        np.testing.assert_equal(after.metrics["commanded_success"], expected)
        assert after.metrics["goals_seen"] == int(after.run.state.source.seen.sum())
    assert len({str(snapshot.metrics["commanded_success"]) for snapshot in snapshots[1:]}) > 2
    assert snapshots[-1].metrics["goals_seen"] > int(snapshots[0].run.state.source.seen.sum()) == 1


def test_a_stream_can_be_left_and_continued_from_any_snapshot(whole, snapshots):
    for place, chunks in ((3, 5), (7, 3)):
        continued = list(continue_stream(snapshots[place].run, chunks=chunks))
        assert continued[0].run is snapshots[place].run
        assert_same_state(continued[-1].run, whole)
        assert continued[-1].run.metrics[:place] == snapshots[place].run.metrics
        assert continued[-1].seconds >= snapshots[place].seconds
    assert len(continued) == 1  # it was finished


def test_chunks_end_where_they_would_have_ended_without_a_stop(snapshots):
    resumed = continue_stream(snapshots[1].run, chunks=4)  # chunks of 4 iterations, continued at 2
    assert [snapshot.run.iteration for snapshot in resumed] == [2, 4, 8, 12, 13]


def test_chunks_that_take_too_long_are_cut_and_change_nothing(env, whole):
    *_, last = snapshots = list(continue_stream(begin(env, steps=STEPS_13, seed=3, **BRIEF), chunks=1, every=1e-9))
    assert [snapshot.run.iteration for snapshot in snapshots] == list(range(14))
    assert_same_state(last.run, whole)
    patient = continue_stream(snapshots[2].run, chunks=2, every=1e9)
    assert [snapshot.run.iteration for snapshot in patient] == [2, 7, 13]


@pytest.mark.parametrize(
    "count, pace, seconds, first",
    [(10, 0.1, 100.0, 10), (10, 1.0, 4.0, 4), (10, 1.0, 10.0, 10), (10, 1.0, 0.5, 1), (10, 0.0, 1.0, 10)],
)
def test_a_long_chunk_is_cut_in_equal_parts(count, pace, seconds, first):
    assert _part(count, pace, seconds) == first


@pytest.mark.parametrize("every, word", [(0, "above 0"), (float("nan"), "above 0"), ("1", "must be a number")])
def test_seconds_between_chunks_must_make_sense(snapshots, every, word):
    with pytest.raises(LabError, match=word):
        continue_stream(snapshots[1].run, every=every)


def test_every_iteration_draws_anew(snapshots):
    """Two states that differ in nothing but the number of the iteration take different steps."""
    program, state = snapshots[0].run.program, snapshots[3].run.state
    advance, _ = program.compile(state)
    assert program.compile(snapshots[-1].run.state)[0] is advance  # so a run goes on without compiling again
    ends = [advance(state._replace(iteration=jnp.int32(i)), jnp.int32(1))[0].source for i in (6, 6, 7)]
    places = [np.asarray(actors.obs).argmax(axis=-1).tolist() for actors in ends]
    assert places[0] == places[1] != places[2]


def test_the_seed_fixes_everything(env, whole):
    again, other = brief(env, chunks=1), brief(env, chunks=1, seed=4)
    assert_same_state(again, whole)
    assert (other.values().q != whole.values().q).any()
    assert other.seed == 4 and whole.seed == 3


@pytest.mark.parametrize("learner", learner_names())
def test_a_fresh_state_has_the_types_that_a_file_gives_back(learner):
    """None is weak, or a run that is loaded would be another program, and compiled again."""
    world = make("point_maze" if resolve(learner).continuous else "gridworld", map="S..\n...\n")
    state = make_program(world, learner, 10_000).shapes()
    weak = [jax.tree_util.keystr(path) for path, leaf in jax.tree_util.tree_leaves_with_path(state) if leaf.weak_type]
    assert weak == []


@pytest.mark.parametrize("by", ["vmap", "threads"])
def test_seeds_side_by_side_are_the_runs_one_by_one(env, whole, by):
    runs = train_seeds(env, steps=STEPS_13, seeds=(5, 3), by=by, **BRIEF)
    if by == "threads":
        assert_same_state(runs[1], whole)
    assert [run.seed for run in runs] == [5, 3]
    assert all(run.finished and run.env_steps == 1664 for run in runs)
    np.testing.assert_allclose(runs[1].values().q, whole.values().q, rtol=1e-4, atol=1e-6)
    assert np.abs(runs[0].values().q - whole.values().q).max() > 1e-3
    # The same steps were taken in the world, not only the same values learnt.
    for name in ("obs", "goal", "tries", "hits", "seen"):
        alone, beside = getattr(whole.state.source, name), getattr(runs[1].state.source, name)
        assert (np.asarray(alone) == np.asarray(beside)).all(), name
    assert runs[0].seconds == runs[1].seconds > 0 and runs[0].compile_seconds > 0


def test_an_unknown_way_to_train_seeds(env):
    with pytest.raises(LabError, match='unknown way to train seeds "thread"; did you mean "threads"'):
        train_seeds(env, steps=STEPS_13, by="thread", **BRIEF)


def test_train_takes_steps_written_as_a_float(env):
    snapshot = next(stream(env, steps=1e3, chunks=1, **BRIEF))
    assert snapshot.total_steps == 1024


def test_progress_is_a_bar_on_stderr_and_off_unless_asked(snapshots):
    shown, silent = io.StringIO(), io.StringIO()
    with redirect_stderr(shown):
        last = finish(iter(snapshots), progress=True)
    with redirect_stderr(silent):
        finish(iter(snapshots))
    assert last is snapshots[-1].run
    assert "100%" in shown.getvalue() and "goals=" in shown.getvalue()
    assert silent.getvalue() == ""


def test_default_steps_grow_with_the_number_of_goals():
    steps = [default_steps(make("gridworld", size=size, wall=0.0)) for size in (2, 3, 11, 12, 40, 41)]
    assert steps[0] == steps[1] < steps[2] < steps[3] < steps[4] < steps[5]
    assert steps[0] == 800_000 and default_steps(make("gridworld", size=12)) == 60 * 118**2
    assert steps[4] == 790_000 + 400 * 40**2


def test_a_world_that_cannot_be_listed_cannot_be_read_out():
    run = next(stream(Line(length=4, ends=True), steps=16, **BRIEF)).run
    with pytest.raises(LabError, match="line: its states cannot be listed"):
        run.values()


BAD = {
    "steps": ({"steps": 0}, "steps must be at least 1, got 0"),
    "half a step": ({"steps": 2.5}, "steps must be a whole number, got 2.5"),
    "steps in words": ({"steps": "many"}, "steps must be a whole number, got 'many'"),
    "chunks": ({"chunks": 0}, "chunks must be at least 1, got 0"),
    "seed": ({"seed": -1}, "seed must be 0 to 4294967295, got -1"),
    "seed that JAX would take for 0": ({"seed": 2**32}, "seed must be 0 to 4294967295, got 4294967296"),
    "setting": ({"widht": 3}, 'unknown setting of leo "widht"; did you mean "width"?'),
    "learner": ({"learner": "lio"}, 'unknown learner "lio"; did you mean "leo"?'),
    "minibatch": ({"minibatch": 7}, "minibatch = 7 does not divide num_envs x unroll = 128, the steps of an iteration"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_answered_at_once(env, case):
    options, message = BAD[case]
    with pytest.raises(LabError) as caught:
        stream(env, **{"steps": STEPS_13, **BRIEF, **options})
    assert message in str(caught.value)


@pytest.mark.parametrize("seeds, message", [((), "at least one seed"), (0, "at least 1"), ((0, -1), "0 to 4294967295")])
def test_bad_seeds(env, seeds, message):
    with pytest.raises(LabError, match=message):
        train_seeds(env, steps=STEPS_13, seeds=seeds, **BRIEF)
