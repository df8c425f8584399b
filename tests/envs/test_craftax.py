"""Craftax-Classic and Craftax: goals as listed, observations as the game has them, fresh worlds, true last states."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from leo_lab import make
from leo_lab.envs.base import Worlds, step_worlds
from leo_lab.envs.craftax import goals as names
from leo_lab.errors import LabError
from worlds import dense_test

ENVS = ("craftax-classic", "craftax")
LISTINGS = Path(__file__).parents[2] / "data" / "goals"
GROUPS = {
    "craftax-classic": {"block_map": 60, "inventory": 54, "mob_map": 16, "tools": 6},
    "craftax": {
        **{"inventory": 198, "block_map": 132, "mob_map": 116, "tools": 17, "item_map": 16, "enchant": 12},
        **{"intrinsics": 12, "dungeon_level": 9},
    },
}
SIZES = {"craftax-classic": (1499, 136, 17), "craftax": (9537, 512, 43)}
N, T = 32, 96
MET = {"craftax-classic": 30, "craftax": 20}  # goals that the random walks achieve, at least


@pytest.fixture(scope="module", params=ENVS)
def env(request):
    return make(request.param)


@pytest.fixture(scope="module")
def walk(env):
    """Random walks in N worlds: their states at the end, all observations [T + 1, N, F], their states at the start.

    Three small programs, as one of them all takes longer to compile than a step takes to call from here.
    """

    @jax.jit
    def begin(key):
        reset_key, walk_key = jax.random.split(key)
        return jax.vmap(env.reset)(jax.random.split(reset_key, N)), jax.random.split(walk_key, T + 1)

    @jax.jit
    def step(state, key):
        act_key, step_key = jax.random.split(key)
        action = jax.random.randint(act_key, (N,), 0, len(env.action_names))
        return jax.vmap(env.step)(state, action, jax.random.split(step_key, N))[0]

    observe = jax.jit(jax.vmap(env.observe))
    first, keys = begin(jax.random.key(0))
    state, obs = first, [observe(first)]
    for time in range(1, T + 1):
        state = step(state, keys[time])
        obs.append(observe(state))
    state, obs, first = jax.device_get((state, obs, first))
    return state, np.stack(obs), first


# Goals --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENVS)
def test_goals_are_those_of_the_listing_in_its_order(name):
    env = make(name)
    lines = (LISTINGS / f"{name.replace('-', '_')}.txt").read_text().splitlines()
    assert [f"{index} {goal}" for index, goal in enumerate(env.goals.names)] == lines
    groups = env.goals.groups
    assert {group: groups.count(group) for group in set(groups)} == GROUPS[name]
    assert (env.obs_size, len(env.goals), len(env.action_names)) == SIZES[name]


@pytest.mark.parametrize("name", ENVS)
def test_features_tell_all_goals_apart_and_share_what_goals_share(name):
    goals = make(name).goals
    assert len(np.unique(goals.features, axis=0)) == len(goals)
    assert set(np.unique(goals.features)) == {0.0, 1.0}
    three, four, coal, table = (
        goals.features[goals.index(f"inventory/{n}")] for n in ("wood_3", "wood_4", "coal_3", "stone_9")
    )
    assert three @ four == 2 and three @ coal == 2 and four @ coal == 1 and three @ table == 1


def test_achieved_is_the_dense_definition_on_real_states(env, walk):
    obs = walk[1].reshape(-1, env.obs_size)
    assert len(obs) >= 3000
    dense = obs.astype(np.float32) @ dense_test(env.test.entries, env.obs_size).T.astype(np.float32) > 0
    found = np.asarray(jax.jit(env.achieved)(obs))
    assert (found == dense).all()
    assert dense.any(axis=0).sum() > MET[env.name], "the walks met too few goals to say much"


def test_achieved_is_the_dense_definition_on_made_up_states(env):
    obs = np.random.default_rng(0).random((4000, env.obs_size)) < 0.02
    dense = obs.astype(np.float32) @ dense_test(env.test.entries, env.obs_size).T.astype(np.float32) > 0
    assert (np.asarray(env.achieved(jnp.asarray(obs, jnp.uint8))) == dense).all()
    assert dense.any(axis=0).all()


def test_goals_by_hand(env):
    """One entry of the observation at a time, and the goals it must achieve."""
    rows, cols, _ = env.view

    def achieved(field, *place):
        obs = np.zeros(env.obs_size, np.uint8)
        obs[env.fields.entry(field, *place)] = 1
        return [env.goals.names[goal] for goal in np.flatnonzero(env.achieved(jnp.asarray(obs)))]

    tree = env.scene.block_names.index("TREE")
    assert achieved("view", rows // 2, cols // 2 - 1, tree) == ["block_map/TREE_left"]
    assert achieved("view", rows // 2 + 1, cols // 2, tree) == ["block_map/TREE_down"]
    assert achieved("view", rows // 2, cols // 2, tree) == []
    assert achieved("view", rows // 2 - 1, cols // 2, 0) == []  # INVALID is no goal
    assert achieved("inventory", 0, 3) == ["inventory/wood_3"]
    assert achieved("inventory", 0, 0) == []
    if env.name == "craftax":
        assert achieved("inventory", 0, 12) == ["inventory/wood_10-14"]
        assert achieved("inventory", 4, 12) == []  # diamonds are not counted in fives
        assert achieved("pickaxe", 4) == ["tools/diamond_pickaxe"]
        assert achieved("armour", 1, 2) == ["tools/diamond_chestplate"]
        assert achieved("bow_enchantment", 2) == ["enchant/bow_ice"]
        assert achieved("level", 0) == ["dungeon_level/dlvl_0"]
        assert achieved("intrinsics", names.INTRINSICS.index("strength"), 5) == ["intrinsics/strength_5"]
    else:
        assert achieved("inventory", 6, 2) == achieved("inventory", 6, 9) == ["tools/wood_pickaxe"]
        assert achieved("inventory", 6, 0) == []


def test_an_unknown_goal_names_the_nearest():
    with pytest.raises(LabError, match=r'"inventory/wod_3".*inventory/wood_3'):
        make("craftax-classic").goals.index("inventory/wod_3")


@pytest.mark.parametrize("options", [{"max_steps": 1000}, {"max_steps": 2.5}, {"map": "maze"}])
def test_impossible_options_are_one_line(options):
    with pytest.raises(LabError) as error:
        make("craftax-classic", **options)
    assert "\n" not in str(error.value)


# Observations ---------------------------------------------------------------------------------------------------------


def test_observations_are_zeros_and_ones_with_one_of_each_kind(env, walk):
    obs = walk[1].reshape(-1, env.obs_size)
    assert obs.dtype == np.uint8 and obs.max() == 1
    fields = env.fields.split(obs)
    for name in set(fields) - {"view", "direction"}:
        assert (fields[name].sum(axis=-1) == 1).all(), name
    blocks = fields["view"][..., : len(env.scene.block_names)].sum(axis=-1)
    seen = fields["view"][..., -1] if env.name == "craftax" else 1
    assert (blocks == seen).all()


def test_names_are_the_games_own(env):
    from craftax.craftax import constants as full
    from craftax.craftax_classic import constants as classic

    module = full if env.name == "craftax" else classic
    assert env.scene.block_names == tuple(block.name for block in module.BlockType)
    assert tuple(item.name for item in full.ItemType) == names.ITEMS
    assert env.view[:2] == module.OBS_DIM


def test_the_view_is_what_the_game_shows(env, walk):
    """Against the game's own flat observation, whose counts are square roots or sixteen-bit tenths."""
    state, obs = walk[0], walk[1][-1]
    if env.name == "craftax":
        from craftax.craftax.renderer import render_craftax_symbolic
    else:
        from craftax.craftax_classic.renderer import render_craftax_symbolic
    with jax.numpy_rank_promotion("allow"):
        theirs = np.asarray(jax.jit(jax.vmap(render_craftax_symbolic))(state), np.float32)
    rows, cols, channels = env.view
    size, blocks = rows * cols * channels, len(env.scene.block_names)
    ours, view = env.fields.split(obs)["view"], theirs[:, :size].reshape(-1, rows, cols, channels)
    static = blocks + (len(names.ITEMS) if env.name == "craftax" else 0)
    assert (ours[..., :static] == view[..., :static]).all()
    # The game lets a slot of a dead mob wipe out a living one of its kind that stands where the dead one fell.
    assert (ours[..., static:] >= view[..., static:]).all()
    assert (ours != view).mean() < 1e-3
    owned = env.fields.split(obs)["inventory"].argmax(axis=-1)
    count = 10 if env.name == "craftax" else 12
    told = theirs[:, size : size + count]
    told = (10 * told) ** 2 if env.name == "craftax" else 10 * told
    assert (owned[:, :count] == np.round(told)).all()


def test_scenes_read_observations_back(env, walk):
    state, obs = walk[0], walk[1][-1]
    scene = env.scene.read(obs)
    rows, cols, _ = env.view
    assert scene.blocks.shape == scene.things.shape == (N, rows, cols)
    assert scene.stats.shape == (N, len(env.scene.stat_names))
    assert (scene.direction == np.asarray(state.player_direction) - 1).all()
    stat = dict(zip(env.scene.stat_names, scene.stats.T, strict=True))
    assert (stat["health"] == np.asarray(state.player_health).astype(int)).all()
    assert (stat["wood"] == np.asarray(state.inventory.wood)).all()
    assert (stat["asleep"] == np.asarray(state.is_sleeping)).all()
    assert scene.things.max() < len(env.scene.thing_names)
    assert (scene.blocks == env.scene.block_names.index("GRASS")).any()


def test_the_renderer_writes_nothing_and_says_nothing(env, walk, capfd):
    from craftax.craftax import constants as full
    from craftax.craftax_classic import constants as classic

    cache = Path((full if env.name == "craftax" else classic).TEXTURE_CACHE_FILE)
    before = cache.exists()
    frame = np.asarray(jax.jit(env.scene.renderer(16))(jax.tree.map(lambda leaf: leaf[0], walk[0])))
    assert frame.shape[2] == 3 and frame.shape[1] == 16 * env.view[1]
    assert frame.min() >= 0 and frame.max() <= 255 and frame.std() > 10
    assert cache.exists() == before
    assert capfd.readouterr() == ("", "")


# Episodes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("env", ["craftax-classic"], indirect=True)
def test_a_death_ends_the_world_and_keeps_the_true_last_observation(env, walk):
    """Every other player starves to death; what it saw then is kept, and it goes on in a fresh world."""

    @jax.jit
    def run(state, key):
        dying = np.array([True, False, True, False])
        health = jnp.where(dying, 0, state.player_health).astype(state.player_health.dtype)
        wood = jnp.where(dying, 7, state.inventory.wood).astype(state.inventory.wood.dtype)
        state = state.replace(player_health=health, inventory=state.inventory.replace(wood=wood))
        return step_worlds(env, Worlds(state, jnp.zeros(4, jnp.int32)), jnp.zeros(4, jnp.int32), key)

    worlds, transition = jax.device_get(run(jax.tree.map(lambda leaf: leaf[:4], walk[2]), jax.random.key(3)))
    assert transition.terminated.tolist() == [True, False, True, False]
    assert not transition.truncated.any()
    last, now = (dict(zip(env.scene.stat_names, env.scene.read(obs).stats.T, strict=True)) for obs in transition[1::-1])
    assert last["wood"].tolist() == [7, 0, 7, 0]
    assert now["wood"].tolist() == [0, 0, 0, 0]
    assert (now["health"] > 0).all()
    hit = np.asarray(env.achieved(jnp.asarray(transition.next_obs)))
    assert hit[:, env.goals.index("inventory/wood_7")].tolist() == [True, False, True, False]
    assert worlds.clock[[1, 3]].tolist() == [1, 1]
