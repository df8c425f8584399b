"""Which devices there are, and how a run spreads over them: what its source can split is sharded, the rest copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from leo_lab.errors import LabError


def spread(state: Any, split: Any) -> Any:
    """Spreads a state over all devices, or puts it on the only one, whence it no longer moves by itself: programs
    compiled for a fresh state then serve all that come after it.

    Args:
      state: a tree of arrays.
      split: parts -> a tree of bool, or the beginning of one: which leaves to split along their first axis. Raises
        LabError where that axis does not divide.
    """
    devices = jax.devices()
    if len(devices) == 1:
        return jax.device_put(state, devices[0])
    mesh = Mesh(np.array(devices), ("env",))
    where = {True: NamedSharding(mesh, PartitionSpec("env")), False: NamedSharding(mesh, PartitionSpec())}
    return jax.device_put(state, jax.tree.map(where.get, split(len(devices))))


def require_platform(platform: str | None) -> None:
    """Raises LabError unless the default device is of this platform, "cpu" or "gpu"; None is any."""
    here = jax.default_backend()
    if platform not in (None, here):
        remedy = 'pip install -e ".[cuda]"' if platform == "gpu" else f"set JAX_PLATFORMS={platform}"
        raise LabError(f"asked for a {platform.upper()} but JAX runs on {here}; {remedy}, or choose --device {here}")


@contextmanager
def naming_what_to_halve(settings: Mapping[str, Any]) -> Iterator[None]:
    """Turns XLA's word that a device's memory is full into a LabError that says which settings to halve."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        sizes = {name: settings[name] for name in ("num_envs", "minibatch") if settings.get(name)}
        held = " and ".join(f"{name} = {value}" for name, value in sizes.items())
        place = jax.devices()[0].device_kind
        raise LabError(f"the memory of {place} is full with {held}; halve {', then '.join(sizes)}") from None
