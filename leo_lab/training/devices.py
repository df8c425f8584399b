"""Which devices there are, and how a run spreads over them: environments are sharded, everything else is copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from leo_lab.errors import LabError

if TYPE_CHECKING:
    from leo_lab.learners.base import Config
    from leo_lab.training.program import TrainState


def shard_over_envs(state: TrainState, num_envs: int) -> TrainState:
    """Spreads the N environments of a fresh or loaded state over all devices; a no-op where there is one.

    Raises LabError where N does not divide among them.
    """
    devices = jax.devices()
    if len(devices) == 1:
        return state
    mesh = Mesh(np.array(devices), ("env",))
    copied = NamedSharding(mesh, PartitionSpec())
    if state.actors is None:
        return jax.device_put(state, copied)
    if num_envs % len(devices):
        message = f"num_envs = {num_envs} does not divide over {len(devices)} devices"
        raise LabError(f"{message}; choose a multiple of {len(devices)}")
    split = NamedSharding(mesh, PartitionSpec("env"))
    actors = state.actors
    shared = dict.fromkeys(("seen", "tries", "hits", "broken"), copied)
    placed = {name: jax.device_put(getattr(actors, name), shared.get(name, split)) for name in actors._fields}
    return jax.device_put(state._replace(actors=None), copied)._replace(actors=actors._replace(**placed))


def require_platform(platform: str | None) -> None:
    """Raises LabError unless the default device is of this platform, "cpu" or "gpu"; None is any."""
    here = jax.default_backend()
    if platform not in (None, here):
        remedy = 'pip install -e ".[cuda]"' if platform == "gpu" else f"set JAX_PLATFORMS={platform}"
        raise LabError(f"asked for a {platform.upper()} but JAX runs on {here}; {remedy}, or choose --device {here}")


@contextmanager
def naming_what_to_halve(config: Config) -> Iterator[None]:
    """Turns XLA's word that a device's memory is full into a LabError that says which settings to halve."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        settings = {name: getattr(config, name, None) for name in ("num_envs", "minibatch")}
        held = " and ".join(f"{name} = {value}" for name, value in settings.items() if value is not None)
        then = "" if settings["minibatch"] is None else ", then minibatch"
        place = jax.devices()[0].device_kind
        raise LabError(f"the memory of {place} is full with {held}; halve num_envs{then}") from None
