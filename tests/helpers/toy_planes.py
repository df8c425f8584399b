"""Planes with goals, values over them and walks among them, made with numpy alone: data for tests of viewers."""

import itertools

import numpy as np

from leo_lab.artefacts.plane import Plane, PlaneValues
from leo_lab.artefacts.walk import BodyLayer, Walk

ROOMS = (
    ".....#.....",
    ".....#.....",
    "...........",
    ".....#.....",
    ".....#.....",
    "##.####.###",
    ".....#.....",
    ".....#.....",
    "...........",
    ".....#.....",
    ".....#.....",
)
SMALL = ("...#..", ".#....", ".#.#..")  # 3 rows, 6 columns: never square
U_MAZE = ("#######", "#.....#", "#####.#", "#.....#", "#######")
NEAR = [(row, col) for row in (-2, -1, 0, 1, 2) for col in (-2, -1, 0, 1, 2) if max(abs(row), abs(col)) > 0]


def grid_plane(rows=SMALL, per_cell=1, radius=0.4, unit="cells", size=1.0):
    """The map's walls, and per_cell x per_cell goals in each free cell; cells are `size` long."""
    height, width = len(rows), len(rows[0])
    at = [(row, col) for row in range(height) for col in range(width)]
    walls = [(c, height - r - 1, c + 1, height - r) for r, c in at if rows[r][c] == "#"]
    parts = (np.arange(per_cell) + 0.5) / per_cell
    points = [(c + x, height - r - y) for r, c in at if rows[r][c] != "#" for y in parts for x in parts]
    return plane_of(
        np.array(points) * size, (0, 0, width * size, height * size), np.array(walls) * size, radius * size, unit
    )


def disc_plane(reach=0.21, spacing=0.0415, radius=0.02):
    """Goals on a lattice within a disc, as an arm of that length reaches them: 80 by default."""
    at = (np.arange(-9, 9) + 0.5) * spacing
    points = np.array([(x, y) for y in at[::-1] for x in at if np.hypot(x, y) <= reach])
    return plane_of(points, (-1.1 * reach, -1.1 * reach, 1.1 * reach, 1.1 * reach), np.zeros((0, 4)), radius, "m")


def plane_of(points, extent, walls, radius, unit):
    """A plane; its goals are named by their places."""
    points = np.asarray(points, np.float32)
    names = tuple(f"place/x{x:.3g}y{y:.3g}" for x, y in points)
    extent = tuple(float(end) for end in extent)
    return Plane(extent, np.asarray(walls, np.float32).reshape(-1, 4), points, names, float(radius), unit)


# ------------------------------------------------------------------ values
def exact(plane, shape, pace=0.35, gamma=0.97, title="exact"):
    """V = gamma^(steps - 1), with the steps of the shortest way round the walls at `pace` a step."""
    places, cells = _free(plane, shape)
    away, towards = _ways(plane, shape, cells, places)
    steps = np.maximum(1, (away - plane.radius) / pace)
    v = np.where(np.isfinite(steps), gamma ** (np.minimum(steps, 1e4) - 1), 0.0)
    return PlaneValues(plane, shape, cells.astype(np.int32), v.astype(np.float32), towards, gamma, title)


def estimate(truth, noise=0.1, seed=0, title="SAC + LEO"):
    """The exact values with a smooth error, lower the further away the goal is."""
    rng = np.random.default_rng(seed)
    places = truth.places / np.ptp(truth.places, axis=0).max()
    waves = rng.normal(size=(6, 2)) * 6
    phase = rng.uniform(0, 6, size=(6, truth.v.shape[1]))
    error = np.sin((places @ waves.T)[:, :, None] + phase).mean(axis=1) * noise - 0.3 * noise
    v = np.clip(truth.v + error * (1.05 - truth.v), 0, 1).astype(np.float32)
    turn = rng.normal(scale=0.3, size=truth.v.shape)
    x, y = np.moveaxis(truth.direction, -1, 0)
    way = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1)
    return PlaneValues(truth.plane, truth.shape, truth.cells, v, way.astype(np.float32), truth.gamma, title)


def _free(plane, shape):
    """The places of a raster that lie in no wall, and their cells."""
    cells = np.stack(np.indices(shape), -1).reshape(-1, 2)
    places = _middles(plane, shape, cells)
    x0, y0, x1, y1 = plane.walls.T[:, :, None]
    inside = (places[:, 0] > x0) & (places[:, 0] < x1) & (places[:, 1] > y0) & (places[:, 1] < y1)
    free = ~inside.any(axis=0)
    return places[free], cells[free]


def _middles(plane, shape, cells):
    x0, y0, x1, y1 = plane.extent
    return np.stack(
        [x0 + (cells[:, 1] + 0.5) * (x1 - x0) / shape[1], y1 - (cells[:, 0] + 0.5) * (y1 - y0) / shape[0]], 1
    )


def _ways(plane, shape, cells, places):
    """Length of the shortest way [S, G], and its first direction [S, G, 2], by relaxing over 24 neighbours."""
    goals = len(plane.points)
    away = np.full((shape[0] + 4, shape[1] + 4, goals), np.inf, np.float32)
    spot = tuple(cells.T + 2)
    straight = np.linalg.norm(places[:, None] - plane.points[None], axis=-1)
    near = straight <= max(plane.radius, 0.75 * (plane.extent[2] - plane.extent[0]) / shape[1])
    away[spot] = np.where(near, straight, np.inf)
    cell = np.array([(plane.extent[2] - plane.extent[0]) / shape[1], (plane.extent[3] - plane.extent[1]) / shape[0]])
    free = np.zeros(away.shape[:2], bool)
    free[spot] = True
    moves = [(row, col, float(np.hypot(col * cell[0], row * cell[1]))) for row, col in NEAR]
    for _ in range(2 * sum(shape)):
        before = away[spot]
        found = before
        for row, col, length in moves:
            half = free[spot[0] + row // 2, spot[1] + col // 2] & free[spot[0] - (-row // 2), spot[1] - (-col // 2)]
            step = away[spot[0] + row, spot[1] + col] + np.where(half, length, np.inf)[:, None].astype(np.float32)
            found = np.minimum(found, step)
        away[spot] = found
        if np.array_equal(found, before):
            break
    return away[spot], _towards(plane, places, away, spot, cell)


def _towards(plane, places, away, spot, cell):
    """Where the lengths fall, smoothed over the neighbours."""
    way = np.zeros((len(places), len(plane.points), 2), np.float32)
    here = away[spot]
    for row, col in NEAR:
        there = away[spot[0] + row, spot[1] + col]
        gain = np.where(np.isfinite(there) & np.isfinite(here), np.maximum(here - there, 0), 0)
        vector = np.array([col * cell[0], -row * cell[1]])
        way += (gain**4)[..., None] * (vector / np.linalg.norm(vector)).astype(np.float32)
    straight = plane.points[None] - places[:, None]
    length = np.linalg.norm(straight, axis=-1, keepdims=True)
    way = np.where(length < 2.5 * cell.max(), straight, way)
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    return np.where(length > 1e-9, way / np.maximum(length, 1e-9), 0).astype(np.float32)


# ------------------------------------------------------------------ walks
def point_walk(values, goals, start=0, pace=0.35, limit=200, seed=0, **options):
    """A point that goes to one goal after the other, by the directions of `values`."""
    rng = np.random.default_rng(seed)
    places, aims = [values.places[start].astype(float)], []
    for goal in goals:
        for _ in range(limit):
            here = int(np.linalg.norm(values.places - places[-1], axis=1).argmin())
            left = np.linalg.norm(values.plane.points[goal] - places[-1])
            move = values.direction[here, goal] * min(pace, max(left, 0.05 * pace)) + rng.normal(
                scale=0.05 * pace, size=2
            )
            ahead = places[-1] + move
            nearest = values.places[np.linalg.norm(values.places - ahead, axis=1).argmin()]
            half = 0.5 * (values.plane.extent[2] - values.plane.extent[0]) / values.shape[1]
            places.append(np.clip(ahead, nearest - half, nearest + half))  # walls hold it back
            aims.append(goal)
            if np.linalg.norm(places[-1] - values.plane.points[goal]) <= values.plane.radius:
                break
    return walk_of(values, np.array(places), np.array(aims), **options)


def walk_of(
    values, places, aims, limbs=None, actions=None, names=("push right", "push up"), shifted=None, title="walk"
):
    """The walk of a body along places, valued as the nearest place of `values` is."""
    plane, steps = values.plane, len(aims)
    nearest = np.linalg.norm(values.places[None] - places[:, None], axis=-1).argmin(axis=1)
    desired = plane.points[aims] + np.zeros((steps, 2), np.float32)
    for goal, off in (shifted or {}).items():
        desired[aims == goal] += off
    moves = np.diff(places, axis=0)
    actions = moves / max(abs(moves).max(), 1e-9) if actions is None else actions
    achieved = np.linalg.norm(places[:, None] - plane.points[None], axis=-1) <= plane.radius
    limbs, seconds = (np.zeros((steps + 1, 0, 2, 2), np.float32), 0.0) if limbs is None else (limbs, 0.02)
    body = BodyLayer(
        plane, places.astype(np.float32), limbs, desired.astype(np.float32), values.direction[nearest], seconds
    )  # fmt: skip
    return Walk(
        action=actions.astype(np.float32), goal=aims.astype(np.int32), achieved=achieved, v=values.v[nearest],
        best=None, goal_names=plane.goal_names, action_names=tuple(names), gamma=values.gamma, title=title, body=body,
    )  # fmt: skip


def arm_walk(plane=None, goals=(5, 40, 70), steps=40, title="reacher"):
    """A two-link arm whose fingertip goes round from goal to goal: the values and the walk."""
    plane = disc_plane() if plane is None else plane
    values = exact(plane, (30, 30), pace=0.012, gamma=0.95, title=title)
    ends = [np.array([0.2, 0.01]), *(plane.points[goal].astype(float) for goal in goals)]
    part = np.linspace(0, 1, steps + 1)[1:, None] ** 0.7
    places = np.concatenate([ends[0][None], *(a + (b - a) * part for a, b in itertools.pairwise(ends))])
    limbs = np.stack([_elbow(place) for place in places]).astype(np.float32)
    turns = np.diff(np.arctan2(limbs[:, :, 1, 1] - limbs[:, :, 0, 1], limbs[:, :, 1, 0] - limbs[:, :, 0, 0]), axis=0)
    aims = np.repeat(goals, steps)
    off = {goals[-1]: (0.012, -0.009)}
    names = ("joint 1", "joint 2")
    return values, walk_of(values, places, aims, limbs, np.clip(turns / 0.3, -1, 1), names, off, title)


def _elbow(place, upper=0.1, lower=0.11):
    """Both links of an arm from the origin to a place."""
    length = min(max(np.hypot(*place), abs(upper - lower) + 1e-6), upper + lower - 1e-6)
    turn = np.arctan2(place[1], place[0]) + np.arccos((upper**2 + length**2 - lower**2) / (2 * upper * length))
    elbow = upper * np.array([np.cos(turn), np.sin(turn)])
    return np.array([[(0, 0), elbow], [elbow, place]])


def ant_walk(title="ant"):
    """A torso with four legs of two parts each in a U-maze: the values and the walk."""
    plane = grid_plane(U_MAZE, per_cell=2, radius=0.25, unit="m", size=4.0)
    values = exact(plane, (40, 56), pace=0.6, gamma=0.98, title=title)
    goals = [0, len(plane.points) - 1]
    bare = point_walk(values, goals, start=len(values.places) - 1, pace=0.6, shifted={goals[0]: (0.9, -0.5)})
    times, place = np.arange(bare.steps + 1), bare.body.place
    legs = []
    for leg in range(4):
        turn = np.pi / 4 + leg * np.pi / 2 + 0.5 * np.sin(times / 3 + leg * np.pi)
        out = np.stack([np.cos(turn), np.sin(turn)], 1)
        foot = np.stack([np.cos(turn + 0.5 * np.cos(times / 3)), np.sin(turn + 0.5 * np.cos(times / 3))], 1)
        hip, knee = place + 0.25 * out, place + 0.65 * out
        legs += [np.stack([hip, knee], 1), np.stack([knee, knee + 0.6 * foot], 1)]
    limbs = np.stack(legs, axis=1).astype(np.float32)
    names = tuple(f"{part} {leg}" for leg in range(1, 5) for part in ("hip", "ankle"))
    actions = np.sin(times[:-1, None] / 3 + np.arange(8))
    return values, walk_of(values, place, bare.goal.astype(int), limbs, actions, names, {goals[0]: (0.9, -0.5)}, title)
