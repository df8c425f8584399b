"""Presets: every learner takes them, in worlds with a picture, and traces with them."""

import jax
import pytest

from leo_lab import LabError, make
from leo_lab.learners import configure, learner_names, resolve, settings_of
from leo_lab.training import make_program
from leo_lab.training.presets import PRESETS, preset

DISCRETE = [name for name in learner_names() if not (resolve(name).continuous or resolve(name).listed)]
SMALL = {"num_envs": 16, "unroll": 4, "minibatch": 32, "width": 16}


@pytest.mark.parametrize("learner", DISCRETE)
@pytest.mark.parametrize("name", PRESETS)
def test_every_learner_takes_every_preset(name, learner):
    settings = preset(name, learner)
    program = make_program(make("craftax-classic"), learner, 1000, **settings)
    assert {key: program.settings[key] for key in settings} == settings


def test_a_table_of_states_has_no_presets():
    with pytest.raises(LabError, match="whose states cannot be listed, as tabular asks for"):
        preset("cpu", "tabular")


def test_the_papers_settings():
    """LEO.md's table of official defaults."""
    leo, her, ppo, pair = (preset("paper", name) for name in ("leo", "her", "ppo", "dual_leo_ppo"))
    assert (leo["num_envs"], leo["unroll"], leo["minibatch"], leo["epochs"]) == (1024, 32, 512, 2)
    assert (leo["width"], leo["depth"], leo["conv"], leo["optimizer"]) == (1024, 4, 32, "radam")
    assert (leo["loss"], leo["target"], leo["average"], leo["learning_rate"]) == ("squared", "one_step", 0.0, 2e-4)
    assert (her["minibatch"], her["learning_rate"], her["relabel"]) == (2048, 1e-4, "mixed")
    assert (ppo["unroll"], ppo["gamma"], ppo["epochs"], ppo["minibatch"], ppo["lam"]) == (64, 0.995, 1, 2048, 0.95)
    assert pair["conv"] == 16 and configure("dual_leo_ppo", pair)[0].clone == 0.1


def test_a_short_run_has_a_short_horizon():
    """What it was tuned to, and other learners' settings as they were: they were not tuned with it."""
    leo, her = (preset("cpu", name) for name in ("leo", "her"))
    assert (leo["gamma"], leo["target"], leo["n_step"], leo["unroll"]) == (0.95, "n_step", 16, 16)
    assert leo["width"] == her["width"] == 256 and "gamma" not in her and her["learning_rate"] == 1e-3


@pytest.mark.parametrize(("learner", "conv"), [*((learner, 0) for learner in DISCRETE), ("leo", 3), ("ppo", 3)])
def test_every_learner_runs_in_craftax(learner, conv):
    """One iteration is traced, which checks all shapes and types; compiling each would take minutes."""
    own = {"student_minibatch": 32} if "student_minibatch" in settings_of(resolve(learner)) else {}
    program = make_program(make("craftax-classic"), learner, 1000, **SMALL, conv=conv, **own)
    before = program.shapes()
    after, metrics = jax.eval_shape(program.update, before)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), after) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), before
    )
    assert "loss" in metrics
    obs = jax.ShapeDtypeStruct((5, program.env.obs_size), "uint8")
    assert jax.eval_shape(program.learner.readout, before.learner, obs).q.shape == (5, 136, 17)
    goal = jax.ShapeDtypeStruct((5,), "int32")
    assert jax.eval_shape(program.learner.greedy, before.learner, obs, goal).shape == (5,)


def test_learners_of_continuous_actions_are_not_for_craftax():
    assert set(learner_names()) - set(DISCRETE) == {"sac", "sac_her", "sac_leo", "tabular"}
    with pytest.raises(LabError, match="presets are for Craftax, whose actions are discrete; sac_leo is for contin"):
        preset("cpu", "sac_leo")


def test_a_convolution_needs_a_picture():
    with pytest.raises(LabError, match="conv = 3 needs a world whose observations begin with a picture"):
        make_program(make("gridworld", map="plain"), "leo", 1000, conv=3)


@pytest.mark.parametrize("names", [("pape", "leo"), ("paper", "leoo")])
def test_unknown_names_are_one_line(names):
    with pytest.raises(LabError, match=r"paper|leo"):
        preset(*names)
