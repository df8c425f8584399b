"""brax's ant on open ground, whose goals are places of its torso."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from leo_lab.envs.base import check_clock
from leo_lab.envs.brax.world import BODY, FLOOR, BraxWorld, Physics, load_physics, paint, read_body
from leo_lab.envs.places import Lattice, Places, lattice_over

TIMESTEP, SUBSTEPS = 0.005, 10  # seconds of a physics step, and how many make an action, as in brax
HALF = 4.5  # metres from the middle of the open ground to the edge of its lattice
UPRIGHT = (0.2, 1.0)  # metres, the height of a torso that has not fallen, as in brax
LEGS = {"1": "front left", "2": "front right", "3": "back left", "4": "back right"}
MOTORS = [f"{joint}_{leg}" for leg in (4, 1, 2, 3) for joint in ("hip", "ankle")]  # in the order of the actions
NOISE = 0.1  # of joint positions and velocities at the start, as in brax
FAST = 8.0  # radians per second that count as 1 in an observation
THIGH, SHANK = 0.2, 0.4  # metres along x and y from a hip to its knee, and on to the foot
SIGNS = np.float32([[1, 1], [-1, 1], [-1, -1], [1, -1]])  # where the legs point


@dataclasses.dataclass(frozen=True, eq=False)
class Ant(BraxWorld):
    """An ant of four legs on open ground. A = 8, F = 29, 0.05 s a step.

    An observation holds the torso's x and y, scaled; its height and orientation (a quaternion); the angles of the
    joints; the torso's velocity; and velocities of rotation / 8: the torso's and the joints'.

    Attributes:
      die: whether a torso below 0.2 m or above 1 m ends the world.
    """

    die: bool = False

    name = "ant"
    title: ClassVar[str] = "ant"
    action_names = tuple(f"{LEGS[leg]} {joint}" for joint, _, leg in (motor.partition("_") for motor in MOTORS))
    obs_size = 29
    picture_width = 11.0

    @property
    def spec(self) -> dict:
        return {**super().spec, "die": self.die}

    @property
    def start(self) -> np.ndarray:
        """Where worlds begin, float32 [2]."""
        return np.zeros(2, np.float32)

    def reset(self, key: jax.Array) -> Any:
        """At the start, nearly at rest, as in brax."""
        bend_key, speed_key = jax.random.split(key)
        system = self.physics.system
        q = system.init_q + jax.random.uniform(bend_key, (15,), minval=-NOISE, maxval=NOISE)
        q = q.at[:2].add(self.start)
        return self.physics.begin(q, NOISE * jax.random.normal(speed_key, (14,)))

    def _over(self, state: Any) -> jax.Array:
        low, high = UPRIGHT
        height = state.q[2]
        return self.die & ((height < low) | (height > high))

    def observe(self, state: Any) -> jax.Array:
        q, qd = state.q, state.qd
        return jnp.concatenate([q[:2] / _scale(self.places.extent), q[2:], qd[:3], qd[3:] / FAST])

    def _limbs(self, state: Any) -> jax.Array:
        """Torso to hip, hip to knee and knee to foot of each leg: [12, 2, 2]."""
        from brax import math

        position, rotation = state.x.pos, state.x.rot
        shank = np.pad(SHANK * SIGNS, ((0, 0), (0, 1)))
        with jax.numpy_rank_promotion("allow"):
            hips, knees = position[1::2], position[2::2]
            feet = knees + jax.vmap(math.rotate)(jnp.asarray(shank), rotation[2::2])
        torso = jnp.broadcast_to(position[:1], hips.shape)
        joints = jnp.stack([torso, hips, knees, feet], axis=1)[..., :2]  # [4, 4, 2]
        return jnp.stack([joints[:, :-1], joints[:, 1:]], axis=2).reshape(12, 2, 2)


def make_ant(
    *,
    backend: str = "spring",
    spacing: float = 1.0,
    radius: float = 0.5,
    die: bool = False,
    max_steps: int = 250,
    clock_spread: int = 50,
) -> Ant:
    """Builds the ant on open ground, with goals within 4.5 m of where it starts along x and y.

    Args:
      spacing: between neighbouring goals, in metres.
      radius: a goal is achieved within it, in metres.
      die: whether falling over ends the world.
      backend, max_steps, clock_spread: see make_reacher.

    Raises:
      LabError: an unknown backend, a radius that leaves no goal, or a number out of range.
    """
    clock, edge = check_clock(max_steps, clock_spread), HALF + 0.5
    around = (-HALF, -HALF, HALF, HALF)
    lattice = lattice_over(around, spacing, radius, lambda points: edge - np.abs(points).max(axis=1))
    body = ElementTree.tostring(ant_body(), encoding="unicode")
    physics = load_physics(body, backend, TIMESTEP, SUBSTEPS)
    places = places_of_torso(lattice, physics, (-HALF - 1, -HALF - 1, HALF + 1, HALF + 1))
    return Ant(places, physics, backend, *clock, bool(die))


def places_of_torso(
    lattice: Lattice, physics: Physics, extent: tuple[float, float, float, float], walls: ArrayLike = ()
) -> Places:
    """The places of an ant; its ground is `extent`, x0, y0, x1, y1, with walls of the same four numbers."""
    scale, seconds = _scale(extent), physics.step_seconds
    return Places(lattice, lambda obs: obs[..., :2] * scale, walls=walls, extent=extent, step_seconds=seconds)


def _scale(extent: tuple[float, float, float, float]) -> float:
    """Metres that count as 1 in an observation: a power of two, so that places are read back exactly."""
    return float(2.0 ** np.floor(np.log2(max(extent[2:]))))


def ant_body() -> ElementTree.Element:
    """brax's ant, whose torso meets the ground as its feet do, so that it cannot sink in."""
    body = read_body("ant")
    for geom in body.find("worldbody").iter("geom"):
        paint(geom, FLOOR if geom.get("name") == "floor" else BODY)
    body.find(".//geom[@name='torso_geom']").set("contype", "1")
    return body
