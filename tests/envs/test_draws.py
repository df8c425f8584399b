"""Places drawn as the game draws them: the same ones from the same keys, and in the same worlds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import make
from leo_lab.envs.craftax.draws import choice, faster_draws

KEYS = jax.random.split(jax.random.key(0), 4000)


def drawn(draw, places, weight, **options):
    return np.asarray(jax.jit(jax.vmap(lambda key: draw(key, places, p=weight, **options)))(KEYS))


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("share", [0.002, 0.3, 1.0])
def test_the_same_keys_give_the_same_places(side, share):
    allowed = np.random.default_rng(0).random(side * side) < share
    weight, places = jnp.asarray(allowed / allowed.sum(), jnp.float32), jnp.arange(side * side)
    ours, theirs = (drawn(each, places, weight, shape=(1,)) for each in (choice, jax.random.choice))
    assert ours.shape == theirs.shape == (4000, 1) and ours.dtype == theirs.dtype
    assert (ours == theirs).mean() > 0.99 and np.abs(ours - theirs)[ours != theirs].max(initial=0) <= 2 * side / share
    assert allowed[ours].all()


def test_places_are_drawn_by_their_weights():
    weight = np.zeros((32, 32), np.float32)
    weight[3, 5], weight[3, 30], weight[31, 31] = 1, 2, 5  # in proportion: nobody needs a sum of 1
    ours = drawn(choice, jnp.arange(1024), jnp.asarray(weight.ravel()))
    share = {int(place): (ours == place).mean() for place in np.unique(ours)}
    assert share == {
        101: pytest.approx(1 / 8, abs=0.02),
        126: pytest.approx(0.25, abs=0.03),
        1023: pytest.approx(5 / 8, abs=0.03),
    }


def test_where_no_place_is_allowed_one_is_named_all_the_same():
    """As by the game, which then does not look at it."""
    for weight in (jnp.zeros(1024), jnp.full(1024, jnp.nan)):
        ours = drawn(choice, jnp.arange(1024), weight)
        assert (ours >= 0).all() and (ours < 1024).all()


def test_other_draws_are_left_to_jax():
    """A few things, things without weights, several at once, and maps that are not square."""
    for places, weight, shape in (
        (4, jnp.array([0.1, 0.2, 0.3, 0.4]), ()),
        (2000, None, (1,)),
        (1024, jnp.ones(1024), (3,)),
    ):
        ours, theirs = (drawn(each, places, weight, shape=shape) for each in (choice, jax.random.choice))
        assert (ours == theirs).all()
    weight = jnp.arange(1100.0)
    assert (drawn(choice, 1100, weight) == drawn(jax.random.choice, 1100, weight)).all()


def test_a_world_goes_on_as_the_game_has_it():
    """The same actions from the same worlds with the same luck, for 40 steps, and the package is as it was before."""
    from craftax.craftax_classic import game_logic
    from craftax.craftax_classic.envs.craftax_state import EnvParams, StaticEnvParams

    env, kept = make("craftax-classic"), game_logic.jax
    params, static = EnvParams(max_timesteps=np.iinfo(np.int32).max), StaticEnvParams()

    def walk(step):
        def body(state, key):
            act, luck = jax.random.split(key)
            action = jax.random.randint(act, (8,), 0, 17)
            with jax.numpy_rank_promotion("allow"):
                state = jax.vmap(step)(state, action, jax.random.split(luck, 8))
            return state, jax.vmap(env.observe)(state)

        began = jax.vmap(env.reset)(jax.random.split(jax.random.key(1), 8))
        return jax.jit(lambda state: jax.lax.scan(body, state, jax.random.split(jax.random.key(2), 40))[1])(began)

    ours = walk(lambda state, action, key: env.step(state, action, key)[0])
    theirs = walk(lambda state, action, key: game_logic.craftax_step(key, state, action, params, static)[0])
    assert game_logic.jax is kept is jax
    assert (np.asarray(ours) == np.asarray(theirs)).mean() > 0.999
    with pytest.raises(ZeroDivisionError), faster_draws(game_logic):
        assert game_logic.jax.random.choice is choice and game_logic.jax.numpy is jnp
        1 / 0  # noqa: B018
    assert game_logic.jax is jax
