"""brax's ants: what stops them, what ends their worlds, what they see, and the mazes that they walk in."""

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from leo_lab import make
from leo_lab.envs.brax import ant_maze

PUSHES = {  # from, velocity in metres per second, and how far the torso may come: axis, sign, limit
    "outer wall": ((4.0, 4.0), (8.0, 0.0), (0, 1, 6.0)),
    "bar, from above": ((0.0, 4.0), (0.0, -8.0), (1, -1, -2.0)),
    "bar's end": ((4.0, 0.0), (-8.0, 0.0), (0, -1, -2.0)),
    "along the hall": ((-4.0, 4.0), (8.0, 0.0), None),
}


@pytest.fixture(scope="module")
def pushed():
    """Ants of the U-maze that are thrown, limp, for a second; one starts on its back. States [20, 5, ...]."""
    env = make("ant_umaze", die=True)

    def begin(place, velocity, over):
        q = env.physics.system.init_q.at[:2].set(place)
        q = q.at[2:7].set(jnp.where(over, jnp.array([0.3, 0.0, 1.0, 0.0, 0.0]), q[2:7]))
        return env.physics.begin(q, jnp.zeros(14).at[:2].set(velocity))

    def advance(state, key):
        state, over = jax.vmap(env.step)(state, jnp.zeros((len(PUSHES) + 1, 8)), jax.random.split(key, len(PUSHES) + 1))
        return state, (state.q, over, jax.vmap(env.observe)(state), jax.vmap(env.body.limbs)(state))

    @jax.jit
    def run(places, velocities, over):
        first = jax.vmap(begin)(places, velocities, over)
        return jax.lax.scan(advance, first, jax.random.split(jax.random.key(0), 20))[1]

    places, velocities = (np.float32([push[part] for push in PUSHES.values()]) for part in (0, 1))
    places, velocities = (
        np.concatenate([each, np.float32([last])]) for each, last in ((places, (4, 4)), (velocities, (0, 0)))
    )
    return env, jax.device_get(run(places, velocities, np.arange(len(PUSHES) + 1) == len(PUSHES)))


def test_walls_stop_ants(pushed):
    _, (q, *_) = pushed
    assert np.isfinite(q).all()
    for ant, (start, _, stop) in enumerate(PUSHES.values()):
        place = q[:, ant, :2]
        if stop is None:
            assert place[-1, 0] - start[0] > 2.5  # the same push, where nothing is in the way
        else:
            axis, sign, limit = stop
            furthest = (sign * place[:, axis]).max()
            assert sign * start[axis] + 0.3 < furthest < sign * limit - 0.15, PUSHES


def test_ants_keep_above_the_ground(pushed):
    _, (q, *_) = pushed
    assert q[:, :, 2].min() > 0.15
    assert q[10:, :, 2].max() < 1.2


def test_a_fall_ends_the_world_only_if_asked(pushed):
    env, (q, over, *_) = pushed
    height = q[..., 2]
    assert (over == ((height < 0.2) | (height > 1.0))).all()
    states = type("States", (), {"q": jnp.asarray([[0.0, 0.0, 0.1], [0.0, 0.0, 0.5], [0.0, 0.0, 1.1]])})
    assert [bool(env._over(type("State", (), {"q": row}))) for row in states.q] == [True, False, True]
    assert not any(bool(make("ant")._over(type("State", (), {"q": row}))) for row in states.q)


def test_what_ants_see(pushed):
    env, (q, _, obs, limbs) = pushed
    place = np.asarray(env.places.of(jnp.asarray(obs)))
    assert (place == q[..., :2]).all()
    assert (obs[..., 2:15] == q[..., 2:]).all()
    assert np.abs(obs).max() < 9  # the push itself is 8 metres per second
    assert limbs.shape == (20, len(PUSHES) + 1, 12, 2, 2)
    assert np.abs(limbs[..., ::3, 0, :] - q[..., None, :2]).max() < 1e-5  # legs begin at the torso


def test_feet_are_where_mujoco_has_them(pushed):
    """Springs give way by centimetres as ants hit walls; at rest the joints are closed."""
    env, (q, _, _, limbs) = pushed
    data, feet = mujoco.MjData(env.body.model), ("left_foot", "right_foot", "third_foot", "fourth_foot")
    ant = list(PUSHES).index("along the hall")
    data.qpos = q[-1, ant]
    mujoco.mj_kinematics(env.body.model, data)
    wanted = np.array([data.geom(f"{foot}_geom").xpos[:2] for foot in feet])
    assert np.abs(limbs[-1, ant, 2::3, 1] - wanted).max() < 0.05


def test_goals_of_the_maze_stand_clear_of_walls():
    env = make("ant_umaze")
    points, radius = env.places.lattice.points, env.places.lattice.radius
    low, high = env.places.plane.walls[:, None, :2], env.places.plane.walls[:, None, 2:]
    away = np.linalg.norm(points - np.clip(points, low, high), axis=-1)
    assert away.min() >= radius
    assert (np.abs(points - env.start).sum(axis=1) == 2).sum() == 4  # the start lies amidst four of them


def test_walls_cover_the_map_once():
    layout = ("#######", "#S.#..#", "#.##..#", "#.....#", "#######")
    walls = ant_maze.walls_of(layout, 2.0)
    assert len(walls.inner) == 2
    rectangles = np.array([*walls.outer, *walls.inner])
    x, y = np.meshgrid(np.arange(7) * 2.0 - 6, 4 - np.arange(5) * 2.0)
    inside = [(x0 < x) & (x < x1) & (y0 < y) & (y < y1) for x0, y0, x1, y1 in rectangles]
    assert (np.sum(inside, axis=0) == [[char == "#" for char in line] for line in layout]).all()
    open_ = ant_maze.walls_of(("S.", "..", ".#"), 2.0)
    assert open_.hall == (-2.0, -3.0, 2.0, 3.0) and open_.inner == ((0.0, -3.0, 2.0, -1.0),)
