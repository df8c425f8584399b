"""brax's reacher: an arm of two limbs in a plane, whose goals are places of its fingertip."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.envs.base import check_clock
from leo_lab.envs.brax.world import BODY, FLOOR, WALL, BraxWorld, load_physics, paint, read_body
from leo_lab.envs.places import Places, lattice_over

UPPER, FORE = 0.1, 0.11  # metres from the shoulder to the elbow, and on to the fingertip
FAR = 0.22  # metres from the shoulder to the edge of the lattice, just out of reach
ELBOW = 3.0  # radians that the elbow bends to either side
TORQUES, DAMPING, LIMIT = (100.0, 50.0), 12.0, 5000.0
SWIFT = 8.0  # radians per second that count as 1 in an observation
WIDE = 0.25  # metres that count as 1


@dataclasses.dataclass(frozen=True, eq=False)
class Reacher(BraxWorld):
    """An arm of two limbs in a plane; goals are places of its fingertip. A = 2, F = 8, 0.02 s a step.

    An observation holds cosines and sines of shoulder and elbow, their velocities / 8, and the fingertip's x, y / 0.25.
    """

    name = "reacher"
    title = "reacher"
    action_names = ("shoulder", "elbow")
    obs_size = 8
    picture_width = 0.56

    def reset(self, key: jax.Array) -> Any:
        """Any posture, nearly at rest."""
        bend_key, speed_key = jax.random.split(key)
        q = jax.random.uniform(bend_key, (2,), minval=-1.0) * np.float32([np.pi, ELBOW])
        return self.physics.begin(q, jax.random.uniform(speed_key, (2,), minval=-0.005, maxval=0.005))

    def observe(self, state: Any) -> jax.Array:
        tip = self._limbs(state)[1, 1] / WIDE
        return jnp.concatenate([jnp.cos(state.q), jnp.sin(state.q), state.qd / SWIFT, tip])

    def _limbs(self, state: Any) -> jax.Array:
        shoulder, both = state.q[0], state.q.sum()
        elbow = UPPER * jnp.stack([jnp.cos(shoulder), jnp.sin(shoulder)])
        tip = elbow + FORE * jnp.stack([jnp.cos(both), jnp.sin(both)])
        return jnp.stack([jnp.stack([jnp.zeros_like(elbow), elbow]), jnp.stack([elbow, tip])])


def make_reacher(
    *,
    backend: str = "spring",
    spacing: float = 0.04,
    radius: float = 0.02,
    max_steps: int = 100,
    clock_spread: int = 25,
) -> Reacher:
    """Builds the reacher, without the target that brax puts beside it: here, a goal is no part of the world.

    Args:
      backend: of brax's physics: spring, positional or generalized.
      spacing: between neighbouring goals, in metres.
      radius: a goal is achieved within it, in metres; the fingertip can reach all of each goal's disc.
      max_steps, clock_spread: of episodes, see Environment.

    Raises:
      LabError: an unknown backend, a radius that leaves no goal, or a number out of range.
    """
    clock = check_clock(max_steps, clock_spread)
    lattice = lattice_over((-FAR, -FAR, FAR, FAR), spacing, radius, _reach)
    physics = load_physics(_arm(), backend, 0.005, 4)
    extent, seconds = (-WIDE, -WIDE, WIDE, WIDE), physics.step_seconds
    places = Places(lattice, lambda obs: obs[..., 6:] * WIDE, extent=extent, step_seconds=seconds)
    return Reacher(places, physics, backend, *clock)


def _reach(points: np.ndarray) -> np.ndarray:
    """How far points [K, 2] are from where the fingertip cannot be: beyond the stretched arm, within the bent one."""
    away = np.linalg.norm(points, axis=1)
    nearest = np.sqrt(UPPER**2 + FORE**2 + 2 * UPPER * FORE * np.cos(ELBOW))
    return np.minimum(UPPER + FORE - away, away - nearest)


@functools.cache
def _arm() -> str:
    """brax's reacher without its target, with joints that are damped.

    As it is, its spring joints know no damping: full torque spins the elbow at a hundred radians per second, and the
    limbs come a hand's breadth apart. With these torques and this damping the arm turns at 5 to 10 radians per second,
    reaches that within 0.1 s, and keeps its limbs within a few millimetres.
    """
    body = read_body("reacher")
    world = body.find("worldbody")
    world.remove(world.find("body[@name='target']"))
    numbers = {number.get("name"): number for number in body.iter("numeric")}
    numbers["init_qpos"].set("data", "0 0")
    for name in ("constraint_stiffness", "constraint_vel_damping"):
        numbers[name].set("data", numbers[name].get("data").rpartition(" ")[0])
    numbers["constraint_ang_damping"].set("data", str(DAMPING))
    numbers["constraint_limit_stiffness"].set("data", str(LIMIT))
    body.find("default/joint").set("damping", str(DAMPING))
    for motor, torque in zip(body.findall("actuator/motor"), TORQUES, strict=True):
        motor.set("gear", str(torque))
    for geom in world.iter("geom"):
        name = geom.get("name")
        paint(geom, FLOOR if name == "ground" else WALL if name.startswith("side") else BODY)
    return ElementTree.tostring(body, encoding="unicode")
