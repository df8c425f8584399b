"""The truth over a plane, numerically: all-goals value iteration on a raster of places, between which is interpolated.

For worlds in which a place is the whole state and an action a move of at most length 1, such as a point maze.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.artefacts.plane import PlaneValues
from leo_lab.envs.base import Environment
from leo_lab.envs.places import Places
from leo_lab.errors import LabError, check_count, require

AS_GOOD = 1e-4  # share of the best value that a move may fall short of it
HEADINGS = 32  # directions in which a move of full length is tried, beside staying


def raster_of(env: Environment, fine: int = 4) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
    """A raster of `fine` x `fine` places in every free cell.

    Returns:
      Its rows and columns; row and column of each place, int32 [S, 2], row 0 on top; the places, float32 [S, 2].

    Raises LabError for a world in which a place is not the whole state.
    """
    ground = env.places
    if ground is None or ground.observe is None:
        raise LabError(f"in {env.title} a place is not the whole state, so that it has no value; record a walk instead")
    check_count("fine", fine)
    free, corner, cell = _cells_of(ground)
    free = np.repeat(np.repeat(free, fine, axis=0), fine, axis=1).T[::-1]  # [rows from above, columns]
    cells = np.argwhere(free).astype(np.int32)
    row, col = cells.T
    places = corner + (np.stack([col, len(free) - 1 - row], axis=1) + 0.5) / fine * cell
    return free.shape, cells, places.astype(np.float32)


def _cells_of(ground: Places) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells that the ground is divided into, about as wide as the lattice's spacing unless the world says which.

    Returns:
      Which can be entered, bool [columns, rows]; the lower left corner of the ground, x and y, and the width and height
      of a cell, float64 [2] each.
    """
    low, high = np.array(ground.plane.extent, float).reshape(2, 2)
    free = ground.free
    if free is None:
        free = np.ones(np.ceil((high - low) / ground.lattice.spacing).astype(int), bool)
    return free, low, (high - low) / free.shape


def plane_exact(env: Environment, gamma: float = 0.9, *, fine: int = 4, tolerance: float = 1e-6) -> PlaneValues:
    """Optimal values of all goals over a plane, and the best first moves.

    V(s, g) = max over moves of 1 if the move ends within the goal's radius, else gamma V there, read off the raster
    between the four places around. A value is a staircase, gamma^(steps - 1), whose edges the interpolation blurs: it
    is right to well under a step.

    Args:
      env: a world in which a place is the whole state, such as a point maze.
      gamma: discount per step.
      fine: places along each side of a cell.
      tolerance: the change of any value at which iteration ends.

    Raises:
      LabError: a world in which a place is not the whole state, or a discount or raster out of range.
    """
    shape, cells, places = raster_of(env, fine)
    require(0 < gamma < 1, "gamma", gamma, "between 0 and 1")
    angle = 2 * np.pi * np.arange(HEADINGS) / HEADINGS
    moves = np.concatenate([np.stack([np.cos(angle), np.sin(angle)], axis=1), np.zeros((1, 2))]).astype(np.float32)
    after = np.asarray(_step(env, places, moves))  # [K, S, 2]
    free, corner, cell = _cells_of(env.places)
    around, weight = _between(free, fine, *((each - corner) / cell for each in (places, after)))
    v, heading = _iterate(env, moves, (after, around, weight), gamma, tolerance)
    return PlaneValues(env.places.plane, shape, cells, np.asarray(v), np.asarray(heading), gamma, "numerically exact")


def _step(env: Environment, places: np.ndarray, moves: np.ndarray) -> jax.Array:
    """Where every move leads from every place: [S, 2] and [K, 2] -> [K, S, 2]."""
    key = jax.random.key(0)  # moves are certain
    of_place = jax.vmap(lambda place, move: env.step(place, move, key)[0], in_axes=(0, None))
    return jax.jit(jax.vmap(of_place, in_axes=(None, 0)))(places, moves)


def _between(free: np.ndarray, fine: int, places: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The raster's places around each of `after`, int32 [K, S, 4], and their weights [K, S, 4], which add up to 1.

    Args:
      free: bool [columns, rows], which cells can be entered.
      fine: places along each side of a cell.
      places, after: the raster's places [S, 2] and places [K, S, 2], in cells from the lower left corner.
    """
    size = np.array(free.shape)
    number = np.full(size * fine, -1)
    spots = np.floor(places * fine).astype(int)
    number[tuple(spots.T)] = np.arange(len(places))
    low = np.floor(after * fine - 0.5).astype(int)
    part = after * fine - 0.5 - low
    cell = np.clip(np.floor(after).astype(int), 0, size - 1)
    around, weight = [], []
    for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
        spot = np.clip(low + corner, 0, size * fine - 1)
        there = spot // fine
        # Around a corner of two walls, where the way is closed, two free cells touch.
        open_ = free[there[..., 0], cell[..., 1]] | free[cell[..., 0], there[..., 1]]
        index = number[spot[..., 0], spot[..., 1]]
        share = np.prod(np.where(corner, part, 1 - part), axis=-1)
        weight.append(np.where((index >= 0) & open_, share, 0.0))
        around.append(np.maximum(index, 0))
    weight = np.stack(weight, axis=-1)
    return np.stack(around, axis=-1).astype(np.int32), (weight / weight.sum(axis=-1, keepdims=True)).astype(np.float32)


def _iterate(env, moves: np.ndarray, ends: tuple, gamma: float, tolerance: float) -> tuple[jax.Array, jax.Array]:
    """Value iteration: V [S, G] and the best move [S, G, 2], the mean of those as good as the best."""
    count, places = ends[0].shape[:2]

    def of_move(v: jax.Array, k: jax.Array) -> jax.Array:
        place, spots, share = (jnp.asarray(each)[k] for each in ends)
        onward = sum(share[:, i, None] * v[spots[:, i]] for i in range(4))
        return jnp.where(env.places.lattice.achieved(place), 1.0, gamma * onward)

    def sweep(v: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, count, lambda k, best: jnp.maximum(best, of_move(v, k)), jnp.zeros_like(v))

    def heading(v: jax.Array, best: jax.Array) -> jax.Array:
        def add(k, total):
            as_good = (of_move(v, k) >= (1 - AS_GOOD) * best)[..., None]
            return total[0] + as_good * jnp.asarray(moves)[None, None, k], total[1] + as_good

        total, number = jax.lax.fori_loop(0, count, add, (jnp.zeros((*v.shape, 2)), jnp.zeros((*v.shape, 1))))
        return jnp.where(best[..., None] > 0, total / number, 0.0)

    @jax.jit
    def solve() -> tuple[jax.Array, jax.Array]:
        blank = jnp.zeros((places, len(env.goals)))
        v, _ = jax.lax.while_loop(
            lambda carry: carry[1] > tolerance,
            lambda carry: (new := sweep(carry[0]), jnp.abs(new - carry[0]).max()),
            (blank, jnp.float32(1.0)),
        )
        return v, heading(v, sweep(v))

    return solve()
