"""Bodies with physics from brax (Freeman et al. 2021, arXiv:2106.13281), whose goals are places.

The physics, its backends and the bodies are the package's own; bodies are changed in memory, before they are loaded,
where it says so. The package is imported when a world is built: that takes two seconds, and it prints and warns.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import io
import os
import warnings
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np

from leo_lab.envs.base import check_action, strongly_typed
from leo_lab.envs.brax.gl import prefer_headless
from leo_lab.envs.drawing import Body
from leo_lab.envs.places import PlaceEnvironment, Places
from leo_lab.errors import LabError, require_choice

BACKENDS = ("spring", "positional", "generalized")
FLOOR = "0.93 0.94 0.95 1"
WALL = "0.70 0.74 0.79 1"
BODY = "0.25 0.42 0.62 1"


@contextlib.contextmanager
def _left_alone() -> Iterator[None]:
    """The package as it is: its warnings, of its own age and mujoco's changes, are not heard, and it may broadcast."""
    with warnings.catch_warnings(), jax.numpy_rank_promotion("allow"):
        warnings.simplefilter("ignore")
        yield


def _package(name: str) -> Any:
    """A module of brax. mujoco, which it needs, must know before how pictures are to be drawn."""
    prefer_headless()
    try:
        with _left_alone(), contextlib.redirect_stdout(io.StringIO()):
            return importlib.import_module(f"brax.{name}")
    except (ImportError, AttributeError, RuntimeError) as error:
        setting = os.environ.get("MUJOCO_GL")
        if setting is None:
            raise
        raise LabError(
            f"mujoco does not start with MUJOCO_GL={setting} ({error}); set it to disable, or install what it asks for"
        ) from None


@dataclasses.dataclass(frozen=True, eq=False)
class Physics:
    """A body on its ground, and what moves it.

    Attributes:
      system: brax's System.
      backend: brax's functions for it.
      substeps: physics steps of an action.
    """

    system: Any
    backend: Any
    substeps: int

    @property
    def step_seconds(self) -> float:
        """How long an action lasts."""
        return round(float(self.system.opt.timestep) * self.substeps, 6)

    @cached_property
    def begin(self) -> Any:
        """(q, qd) -> state, from joint positions and velocities."""

        def run(q: jax.Array, qd: jax.Array) -> Any:
            with _left_alone():
                return strongly_typed(self.backend.init(self.system, q, qd))

        return jax.jit(run)

    @cached_property
    def advance(self) -> Any:
        """(state, action float32 [A]) -> state, `substeps` later."""

        def run(state: Any, action: jax.Array) -> Any:
            with _left_alone():
                once = lambda _, now: strongly_typed(self.backend.step(self.system, now, action))  # noqa: E731
                return jax.lax.fori_loop(0, self.substeps, once, state)

        return jax.jit(run)


@functools.lru_cache(maxsize=16)
def load_physics(body: str, backend: str, timestep: float, substeps: int) -> Physics:
    """Loads a body, written as mujoco's XML; the same one for all worlds, so that none is traced twice.

    Args:
      body: the XML.
      backend: one of BACKENDS; LabError if it is none.
      timestep: seconds of a physics step.
      substeps: physics steps of an action.
    """
    require_choice("backend", backend, BACKENDS)
    mjcf, pipeline = _package("io.mjcf"), _package(f"{backend}.pipeline")
    with jax.ensure_compile_time_eval(), _left_alone():  # what is made here must not belong to somebody's trace
        system = mjcf.loads(body)
        system = system.tree_replace({"opt.timestep": jnp.float32(timestep)})
    return Physics(system, pipeline, substeps)


def read_body(name: str) -> ElementTree.Element:
    """One of the bodies that come with the package, as XML that may be changed, drawn in this project's colours."""
    assets = Path(_package("base").__file__).parent / "envs" / "assets"
    body = ElementTree.parse(assets / f"{name}.xml").getroot()
    visual = ElementTree.SubElement(body, "visual")
    ElementTree.SubElement(visual, "global", offwidth="1280", offheight="1280")
    ElementTree.SubElement(visual, "headlight", ambient="0.45 0.45 0.45", diffuse="0.25 0.25 0.25", specular="0 0 0")
    for light in body.iter("light"):
        light.set("diffuse", "0.3 0.3 0.3")
    return body


def paint(geom: ElementTree.Element, colour: str) -> None:
    """Gives a part of a body one colour (red, green, blue and opacity, 0 to 1)."""
    geom.attrib.pop("material", None)
    geom.set("rgba", colour)


@dataclasses.dataclass(frozen=True, eq=False)
class BraxWorld(PlaceEnvironment):
    """A world of places whose state is that of brax's physics; subclasses say which body it is.

    Attributes:
      places: those that can be commanded, in metres.
      physics: the body and its ground.
      backend: whose physics, one of BACKENDS.
      max_steps, clock_spread: of episodes, see Environment.
    """

    places: Places = dataclasses.field()
    physics: Physics
    backend: str
    max_steps: int
    clock_spread: int

    picture_width: ClassVar[float]  # metres that a picture shows

    @property
    def spec(self) -> dict:
        return {"backend": self.backend, **self._common_spec}

    @cached_property
    def body(self) -> Body:
        """The limbs, and mujoco's model of the same body, whose joints are in the same order."""
        model = self.physics.system.mj_model
        return Body(self._limbs, model, lambda states: np.asarray(states.q, float), self.picture_width)

    def _limbs(self, state: Any) -> jax.Array:
        """Both ends of each limb, x and y: float32 [L, 2, 2]."""
        raise NotImplementedError

    def step(self, state: Any, action: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        """Raises LabError for an action of the wrong size."""
        del key
        check_action(action, self.action_names)
        after = self.physics.advance(state, action)
        return after, self._over(after)

    def _over(self, state: Any) -> jax.Array:
        return jnp.zeros_like(state.q[0], bool)
