"""SAC and its goals: targets against their definition, one pass against many, replay, and what is refused."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homing import Beyond
from leo_lab import load, make, save
from leo_lab.envs.base import reset_worlds, step_worlds
from leo_lab.errors import LabError
from leo_lab.experience.online import OnlineConfig, OnlineSource
from leo_lab.experience.relabel import NEVER, look_ahead
from leo_lab.experience.replay import Experience, Replay, blank_experience, experience_of
from leo_lab.learners.clock import Clock
from leo_lab.networks.continuous import sample, unit_sum
from leo_lab.scores.trials import try_goals
from leo_lab.training import begin, continue_stream, stream
from small import assert_same_state, make_learner, update

MAP = "S..\n...\n"
BRIEF = {"num_envs": 8, "unroll": 8, "minibatch": 16, "updates": 2, "width": 16, "depth": 1, "replay": 256}
KEY = jax.random.key(0)


def world(**options):
    return make("point_maze", map=MAP, spacing=1, radius=0.4, max_steps=20, clock_spread=5, **options)


@pytest.fixture(scope="module")
def env():
    return world()


def learner(name, env, **settings):
    return make_learner(name, env, **{**BRIEF, **settings})


def fresh(learner):
    """Its state before it has learnt anything, from one program instead of a hundred."""
    return jax.jit(learner.init)(KEY)


# What is kept --------------------------------------------------------------------------------------------------------


def test_a_broken_simulator_is_reset_counted_and_never_learnt_from(env):
    fragile = Beyond(env, 1.0, breaks=True)
    worlds, _ = jax.jit(lambda: reset_worlds(fragile, KEY, 4))()
    push = jax.jit(lambda worlds, action: step_worlds(fragile, worlds, action, KEY))
    worlds, step = push(worlds, jnp.array([[1.0, 0], [-1, 0], [1, 0], [-1, 0]]))
    broken = np.asarray(step.broken)
    assert broken[[1, 3]].sum() == 0
    worlds, step = push(worlds, jnp.array([[1.0, 0], [-1, 0], [1, 0], [-1, 0]]))
    broken = broken | np.asarray(step.broken)
    assert broken.tolist() == [True, False, True, False]
    assert np.isfinite(worlds.state).all() and np.isfinite(step.obs).all() and np.isfinite(step.next_obs).all()
    assert not (step.truncated | step.terminated)[np.asarray(step.broken)].any()

    sac = learner("sac_leo", fragile)
    state = fresh(sac)

    @jax.jit
    def live(state):
        source = OnlineSource(fragile, OnlineConfig(num_envs=8, unroll=8))
        actors, segment = source.draw(source.init(KEY), lambda o, g, k: sac.act(state, o, g, k), KEY)
        return actors, segment, experience_of(segment)

    actors, segment, kept = live(state)
    assert int(actors.broken) == int(segment.broken.sum()) > 0
    assert (kept.valid == ~segment.broken).all() and not segment.hit[np.asarray(segment.broken)].any()
    assert np.isfinite(kept.next_obs).all()


def test_invalid_steps_move_nothing(env):
    sac = learner("sac_leo", env)
    state = fresh(sac)
    batch = some_experience(env, 16)

    @jax.jit
    def gradient(batch):
        taught = sac.lessons(ALL, later_of(batch), jnp.ones(6, bool))
        return jax.grad(lambda params: sac.loss(params, state.target_params, batch, taught, KEY)[0])(state.params)

    wild = batch._replace(next_obs=100 * batch.next_obs, obs=-50 * batch.obs, hit=~batch.hit)
    half = jnp.arange(16) < 8
    mixed = jax.tree.map(lambda a, b: jnp.where(half.reshape(-1, *[1] * (a.ndim - 1)), a, b), batch, wild)
    first, second = (gradient(each._replace(valid=half)) for each in (batch, mixed))
    for name in ("actor", "critic"):
        for a, b in zip(jax.tree.leaves(first[name]), jax.tree.leaves(second[name]), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)
        assert max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(first[name])) > 1e-4


ALL = jnp.broadcast_to(jnp.arange(6), (16, 6))  # goals of 16 steps


def some_experience(env, count, seed=0):
    rng = np.random.default_rng(seed)
    return Experience(
        obs=jnp.asarray(rng.uniform(-1, 1, (count, 2)), jnp.float32),
        next_obs=jnp.asarray(rng.uniform(-1, 1, (count, 2)), jnp.float32),
        action=jnp.asarray(rng.uniform(-1, 1, (count, 2)), jnp.float32),
        goal=jnp.asarray(rng.integers(6, size=count), jnp.int32),
        hit=jnp.asarray(rng.random((count, 6)) < 0.1),
        terminated=jnp.asarray(rng.random(count) < 0.2),
        ended=jnp.asarray(rng.random(count) < 0.3),
        valid=jnp.ones(count, bool),
    )


def later_of(batch):
    """How far ahead each goal is, were the steps one after the other, [B, G]."""
    return look_ahead(batch.hit[:, None], batch.ended[:, None]).later[:, 0]


# Targets -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["one_step", "hindsight"])
def test_the_slow_twin_gives_the_same_targets_from_the_same_values(env, target):
    """One pass for all goals against a pass for each: the same policy and values, exactly the same targets."""
    table = jax.random.normal(KEY, (2, 16, 6))
    batch, seen = some_experience(env, 16), jnp.arange(6) != 4

    def targets_of(name, **settings):
        sac = learner(name, env, target=target, **settings)
        sac.policy = lambda actor, obs, goals: (jnp.zeros((16, 2, goals.shape[1])),) * 2
        sac.logits = lambda critic, obs, goals, action: jnp.take_along_axis(
            table + action.sum(axis=1)[None], goals[None], axis=2
        )
        params = {"actor": None, "temperature": jnp.float32(0)}
        return np.asarray(
            jax.jit(lambda: sac.targets(params, None, batch, sac.lessons(ALL, later_of(batch), seen), KEY))()
        )

    leo, naive = targets_of("sac_leo"), targets_of("sac_her", relabel="all")
    assert leo.shape == (16, 6) and leo.tobytes() == naive.tobytes()


@pytest.mark.parametrize("target", ["one_step", "hindsight"])
def test_targets_are_what_they_say(env, target):
    sac = learner("sac_leo", env, target=target, gamma=0.9)
    state = fresh(sac)
    batch, seen = some_experience(env, 16), jnp.arange(6) != 4

    @jax.jit
    def both_ways(state):
        lessons = sac.lessons(ALL, later_of(batch), seen)
        action, _ = sample(KEY, *sac.policy(state.params["actor"], batch.next_obs, ALL))
        logits = sac.logits(state.target_params, batch.next_obs, ALL, action)
        return sac.targets(state.params, state.target_params, batch, lessons, KEY), jax.nn.sigmoid(logits)

    found, twins = (np.asarray(each) for each in both_ways(state))
    v = twins.min(axis=0) * np.asarray(seen)
    later = np.asarray(jax.jit(later_of)(batch)).astype(int)
    wanted = np.where(later == 0, 1.0, 0.9 * ~np.asarray(batch.terminated)[:, None] * v)
    if target == "hindsight":
        wanted = np.maximum(wanted, np.where(later == NEVER, 0.0, 0.9 ** np.minimum(later, 99)))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_soft_targets_count_the_entropy(env):
    batch, seen = some_experience(env, 16), jnp.ones(6, bool)
    found = {}
    for backup in ("hard", "soft"):
        sac = learner("sac_leo", env, backup=backup, target="one_step", temperature=0.01)
        state = fresh(sac)
        taught = jax.jit(lambda sac=sac: sac.lessons(ALL, later_of(batch), seen))()
        aim = jax.jit(lambda s, sac=sac, taught=taught: sac.targets(s.params, s.target_params, batch, taught, KEY))
        found[backup] = np.asarray(aim(state))
    _, log_prob = jax.jit(lambda actor: sample(KEY, *sac.policy(actor, batch.next_obs, ALL)))(state.params["actor"])
    on = ~np.asarray(batch.hit) & ~np.asarray(batch.terminated)[:, None]
    wanted = np.clip(found["hard"] - 0.9 * 0.01 * np.asarray(log_prob), 0, 1)
    np.testing.assert_allclose(found["soft"][on], wanted[on], atol=1e-5)
    assert np.abs(found["soft"] - found["hard"])[on].max() > 1e-3


def test_one_pass_answers_as_a_pass_per_goal_would(env):
    """The all-goals critic, asked for one goal after the other, says what it says of all at once."""
    sac = learner("sac_leo", env)
    critic = fresh(sac).params["critic"]
    obs, action = jax.random.normal(KEY, (5, 2)), jax.random.uniform(KEY, (5, 2, 6), minval=-1.0)
    goals = jnp.broadcast_to(jnp.arange(6), (5, 6))
    evaluate = jax.jit(lambda action: sac.logits(critic, obs, goals, action))
    together = evaluate(action)
    for goal in range(6):
        alone = evaluate(action[..., goal, None])
        np.testing.assert_allclose(together[..., goal], alone[..., goal], rtol=1e-5, atol=1e-6)
    assert float(jnp.abs(together - together[..., :1]).max()) > 1e-3


def test_the_gradient_of_the_units_is_right():
    rng = np.random.default_rng(0)
    units, push, weight = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((3, 4, 5), (2, 4), (4, 5)))

    def plain(units, action, push, weight):
        hidden = jax.nn.relu(units + jnp.einsum("bag,ak->bkg", jnp.broadcast_to(action, (3, 2, 5)), push))
        return jnp.einsum("bkg,kg->bg", hidden, weight)

    def slopes(f, *arguments):
        gradient = jax.grad(lambda *a: jnp.sin(f(*a)).sum(), argnums=(0, 1, 2, 3))
        return f(*arguments), gradient(*arguments)

    for goals in (1, 5):
        action = jnp.asarray(rng.normal(size=(3, 2, goals)), jnp.float32)
        arguments = units, action, push, weight
        (value, found), (expected, wanted) = (
            jax.jit(slopes, static_argnums=0)(f, *arguments) for f in (unit_sum, plain)
        )
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-5)
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_densities_of_the_policy_are_right():
    """Against the change of variables, by differences."""
    mean, log_std = jnp.full((4, 2, 3), 0.3), jnp.full((4, 2, 3), -0.7)
    action, log_prob = jax.jit(sample)(KEY, mean, log_std)
    drawn = np.arctanh(np.asarray(action, float))
    std = np.exp(-0.7)
    normal = np.exp(-0.5 * ((drawn - 0.3) / std) ** 2) / (std * np.sqrt(2 * np.pi))
    wanted = np.log(normal / (1 - np.asarray(action, float) ** 2)).sum(axis=1)
    np.testing.assert_allclose(log_prob, wanted, rtol=1e-3, atol=1e-4)
    far, far_prob = jax.jit(sample)(KEY, jnp.full((1, 2, 1), 30.0), jnp.full((1, 2, 1), 1.0))
    assert np.isfinite(far_prob).all() and (np.abs(far) <= 1).all()


# Which goals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("relabel", ["none", "future", "final", "positive", "all"])
def test_which_goals_a_step_teaches(env, relabel):
    batch, at = some_experience(env, 400), (jnp.arange(400), jnp.zeros(400, jnp.int32))
    sac, commanded = learner("sac_her", env, relabel=relabel, relabel_share=0.8), np.asarray(batch.goal)
    draw = jax.jit(lambda hit: sac.goals_of(batch.goal, look_ahead(hit[:, None], batch.ended[:, None]), at, KEY))
    goals, later = np.asarray(draw(batch.hit)), np.asarray(jax.jit(later_of)(batch))
    if relabel == "all":
        assert (goals == np.arange(6)).all()
        return
    assert goals.shape == (400, 1)
    comes = np.take_along_axis(later, goals, axis=1)[:, 0] != NEVER
    assert (comes | (goals[:, 0] == commanded)).all()
    swapped = (goals[:, 0] != commanded)[(later != NEVER).any(axis=1)].mean()
    assert swapped == 0 if relabel == "none" else 0.5 < swapped < 0.8  # some goals are both
    assert (np.asarray(draw(jnp.zeros_like(batch.hit)))[:, 0] == commanded).all()


def test_futures_go_on_past_the_segment_to_the_end_of_the_episode(env):
    """Three segments of one episode, in a ring that has been around once."""
    replay, flags = Replay(40, 8), jnp.zeros((4, 2), bool)  # five segments of four steps of two environments
    blank = jax.tree.map(lambda leaf: jnp.zeros((4, 2, *leaf.shape), leaf.dtype), blank_experience(env))

    @jax.jit
    def fill():
        kept = replay.init(blank_experience(env))
        for number in range(7):
            hit = jnp.zeros((4, 2, 6), bool).at[3, 1, number % 6].set(True)
            ended = flags.at[1, 1].set(number == 3)
            goal = jnp.full((4, 2), number, jnp.int32)
            kept = replay.add(kept, blank._replace(hit=hit, ended=ended, goal=goal))
        places = jnp.arange(40)
        return replay.look_ahead(kept, 2), replay.at(kept, places).goal, replay.sample(kept, KEY, 500)

    ahead, number, drawn = fill()
    assert number.reshape(20, 2)[::4, 0].tolist() == [2, 3, 4, 5, 6]  # the newest last
    assert ahead.later[0, 1].tolist() == [NEVER, NEVER, 3, NEVER, NEVER, NEVER]  # segment 3 ends the episode
    assert ahead.later[6, 1].tolist() == [13, NEVER, NEVER, 1, 5, 9]  # 6 % 6 = 0 is three segments ahead
    assert (ahead.later[:, 0] == NEVER).all()
    assert drawn.min() >= 0 and drawn.max() == 39 and len(np.unique(drawn)) == 40


def test_nothing_is_drawn_that_was_not_kept_yet(env):
    replay = Replay(40, 8)
    blank = jax.tree.map(lambda leaf: jnp.zeros((4, 2, *leaf.shape), leaf.dtype), blank_experience(env))
    drawn = jax.jit(lambda: replay.sample(replay.add(replay.init(blank_experience(env)), blank), KEY, 200))()
    assert sorted(set(np.asarray(drawn).tolist())) == list(range(32, 40))


# Runs ----------------------------------------------------------------------------------------------------------------


LEARNS = {"num_envs": 32, "unroll": 25, "updates": 48, "minibatch": 64, "width": 64, "units": 8, "code": 32}
STEPS = 30 * 800  # a second or two of training; compilation is what takes time, so all tests share this run


@pytest.fixture(scope="module")
def maze():
    return make("point_maze", map="S..\n.#.\n...\n", spacing=1, radius=0.45, max_steps=30, clock_spread=5)


@pytest.fixture(scope="module")
def runs(maze):
    """As it was after each third of its training."""
    snapshots = stream(maze, "sac_leo", steps=STEPS, chunks=3, random_steps=2048, replay=20_000, **LEARNS)
    return [snapshot.run for snapshot in snapshots][1:]


@pytest.fixture(scope="module")
def run(runs):
    return runs[-1]


@pytest.mark.slow
def test_sac_leo_learns_a_small_maze(run):
    trials = try_goals(run, tries=4, limit=30)
    assert trials.summary()["success"] > 0.9
    assert np.abs(trials.v - trials.returns).mean() < 0.25


@pytest.mark.parametrize("name", ["sac", "sac_her"])
def test_other_learners_learn_and_read_out(env, name):
    sac = learner(name, env)
    state = fresh(sac)

    @jax.jit
    def learn(state):
        source = OnlineSource(env, OnlineConfig(num_envs=8, unroll=8))
        _, segment = source.draw(source.init(KEY), lambda o, g, k: sac.act(state, o, g, k), KEY)
        state, info = update(sac, state, segment, KEY)
        obs = jnp.asarray(env.places.observe(env.places.lattice.points))
        return state, info, sac.readout(state, obs), sac.greedy(state, obs, jnp.arange(6))

    after, info, (v, q, action), greedy = learn(state)
    assert v.shape == (6, 6) and q is None and action.shape == (6, 6, 2) and ((v > 0) & (v < 1)).all()
    np.testing.assert_allclose(greedy, action[jnp.arange(6), jnp.arange(6)], atol=1e-5)
    assert all(np.isfinite(value) for value in info.values())
    moved = jax.tree.map(lambda a, b: float(jnp.abs(a - b).max()), state.params, after.params)
    assert min(max(jax.tree.leaves(moved[part])) for part in ("actor", "critic", "temperature")) > 1e-4


def test_the_first_steps_are_random(run):
    obs, goal = jnp.zeros((512, 2)), jnp.zeros(512, jnp.int32)
    act = jax.jit(lambda state: run.learner.act(state, obs, goal, KEY).action)
    drawn = np.asarray(act(run.state.learner._replace(clock=Clock.start(30))))
    assert drawn.shape == (512, 2) and np.abs(drawn.mean()) < 0.05
    assert drawn.std() == pytest.approx(3**-0.5, abs=0.03)  # uniform
    chosen = np.asarray(act(run.state.learner))
    assert chosen.std(axis=0).max() < 0.5 and (np.abs(chosen) <= 1).all()


def test_the_replay_holds_the_newest_steps(run):
    assert int(run.state.learner.clock.iteration) == 30
    kept = run.state.learner.replay.steps
    assert kept.obs.shape == (20_000, 2) and kept.hit.dtype == bool and kept.valid.all()


def test_a_run_goes_on_bit_for_bit(runs, tmp_path):
    save(runs[1], tmp_path)
    assert runs[1].iteration == 20
    *_, last = continue_stream(load(tmp_path), chunks=3)
    assert_same_state(last.run, runs[-1])


def test_a_small_file_holds_what_can_be_looked_at(maze, run, tmp_path):
    again = load(save(run, tmp_path / "light.safetensors", light=True, half=True))
    obs = jnp.asarray(maze.places.observe(maze.places.lattice.points))
    look = jax.jit(lambda state: run.learner.readout(state, obs))
    first, second = (look(each.state.learner) for each in (run, again))
    np.testing.assert_allclose(first.v, second.v, atol=5e-3)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, settings, message",
    [
        ("sac", {"gamma": 1.0}, "gamma must be between 0 and 1"),
        ("sac", {"tau": 0.0}, "tau must be above 0, at most 1"),
        ("sac", {"replay": 60}, "replay = 60 must hold an iteration's num_envs x unroll = 64 steps"),
        ("sac", {"entropy": 0.7}, "entropy must be below log 2"),
        ("sac", {"conv": 8}, "conv must be 0"),
        ("sac", {"backup": "sof"}, 'unknown backup "sof"; did you mean "soft"?'),
        ("sac", {"relabel": "future"}, 'unknown setting of sac "relabel"; it is one of pqn, her, sac_her'),
        ("sac_her", {"relabel": "finale"}, 'did you mean "final"'),
        ("sac_her", {"relabel_share": 2.0}, "relabel_share must be from 0 to 1"),
        ("sac_leo", {"units": 0}, "units must be at least 1"),
    ],
)
def test_bad_settings(env, name, settings, message):
    with pytest.raises(LabError) as error:
        learner(name, env, **settings)
    assert message in str(error.value)


def test_learners_and_worlds_must_fit(env):
    with pytest.raises(LabError, match="has continuous actions, which leo has no use for; train sac, sac_her, sac_leo"):
        begin(env, "leo")
    with pytest.raises(LabError, match="has discrete actions, which sac_leo has no use for; train leo, pqn, her there"):
        begin(make("gridworld", map="plain"), "sac_leo")
    moody = Beyond(env, 1.0, breaks=True)
    moody.deterministic = False
    with pytest.raises(LabError, match='target "hindsight" takes luck for skill'):
        learner("sac", moody, target="hindsight")
    assert learner("sac", moody).target_kind == "one_step" and learner("sac", env).target_kind == "hindsight"
    assert dataclasses.is_dataclass(learner("sac", moody, target="one_step").config)


# How it follows its gradients ----------------------------------------------------------------------------------------


def test_actor_critic_and_temperature_are_clipped_each_by_itself(env):
    sac = learner("sac", env, max_grad_norm=1.0)
    assert {name: group.clip for name, group in sac.groups.items()} == {"actor": 1.0, "critic": 1.0, "temperature": 1.0}
    params = fresh(sac).params
    gradient = jax.tree.map(jnp.zeros_like, params)
    small = {**gradient, "temperature": jnp.float32(0.5)}
    large = {**small, "critic": jax.tree.map(lambda leaf: 1e6 * jnp.ones_like(leaf), params["critic"])}

    @jax.jit
    def steps(gradient):  # of Adam, whose first does not depend on the norm, and its second does
        state = sac._optimizer.init(params)
        _, state = sac._optimizer.update(small, state, progress=0.0)
        return sac._optimizer.update(gradient, state, progress=0.0)[0]

    alone, beside = steps(small), steps(large)
    assert float(alone["temperature"]) == float(beside["temperature"]) != 0.0  # whatever the critics' gradient is
    assert not any(np.asarray(leaf).any() for leaf in jax.tree.leaves(beside["actor"]))
