"""Runs on disk: one safetensors file, written whole or not at all, checked when read, never executed.

The file's header says how to build the run again (environment, learner, settings, seed, steps) and holds the SHA-256
of header and tensors. A full checkpoint holds the whole training state, so a run can go on bit for bit; a light one
holds the learner's parameters only, to be looked at, and as float16 on request.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy

from leo_lab.artefacts.files import to_json, write_atomically
from leo_lab.envs import make
from leo_lab.errors import LabError, unknown
from leo_lab.experience import OnlineSource
from leo_lab.learners import learner_names, resolve
from leo_lab.learners.clock import with_clocks
from leo_lab.training.program import Program, TrainState, make_program
from leo_lab.training.stream import Run

FORMAT = "leo-lab run 3"
FILE_NAME = "checkpoint.safetensors"
_PARAMS = re.compile(r"learner\.(\w+\.)?params\.")  # of the learner, or of each network that it is made of


def save(run: Run, path: str | Path, *, light: bool = False, half: bool = False) -> Path:
    """Writes a run; an existing file is replaced only once the new one is complete on disk.

    >>> run = leo_lab.train(leo_lab.make("gridworld", size=4, seed=1), steps=20_000, chunks=5, gamma=0.9)
    >>> leo_lab.save(run, "small.safetensors", light=True).name
    'small.safetensors'

    Args:
      run: finished or under way.
      path: a file, or a directory, which gets a `checkpoint.safetensors`.
      light: keep the learner's parameters only, which is all that a run loaded from such a file has. It cannot be
        resumed.
      half: of a light file, keep parameters as float16, in half the space; they are read as float32, near enough to be
        looked at.

    Returns:
      The file's path.

    Raises:
      LabError: `half` without `light`, parameters that are beyond float16, or a place that cannot be written.
    """
    path = checkpoint_file(path)
    tensors = _flatten(run.state)
    light = light or not run.resumable
    if half and not light:
        raise LabError("half = True loses what a run needs to go on; say light = True, too")
    if light:
        tensors = {name: tensor for name, tensor in tensors.items() if _PARAMS.match(name)}
    if half:
        tensors = {name: _halved(name, tensor) for name, tensor in tensors.items()}
    header = {
        "format": FORMAT,
        "light": light,
        "half": half,
        "env": {"name": run.env.name, "options": run.env.spec},
        "learner": {"name": run.learner.name, "config": run.config.__dict__},
        "source": {"name": run.program.source.name, "config": run.program.source.config.__dict__},
        "steps": run.program.steps,
        **{name: getattr(run, name) for name in ("seed", "iteration", "seconds", "compile_seconds")},
        "metrics": list(run.metrics),
    }
    text = to_json(header)
    metadata = {"leo_lab": text, "sha256": _digest(text, tensors)}
    return write_atomically(path, safetensors.numpy.save(tensors, metadata))


def load(
    path: str | Path, *, learner: str | type | None = None, part: str | None = None, env: str | None = None
) -> Run:
    """Reads a run that `save` wrote; nothing in the file is ever executed.

    >>> run = leo_lab.train(leo_lab.make("gridworld", size=4, seed=1), steps=20_000, chunks=5, gamma=0.9)
    >>> again = leo_lab.load(leo_lab.save(run, "small"))
    >>> again.env_steps, bool((again.values().q == run.values().q).all())
    (20480, True)

    Args:
      path: a run's file or directory.
      learner: what the run must be, such as "leo"; any that is registered unless told. The class, or
        "my_file.py:MyLearner", where it is one that is not registered.
      part: of a learner of several networks, this one alone, such as the "teacher" of Dual LEO (see `Run.part`).
      env: the name of the environment that the run must be of, such as "craftax"; any unless told.

    Raises:
      LabError: no such file, a truncated or altered one, one of another version, one whose tensors do not fit the
        environment and the settings it names, or one that holds another learner or environment or no such part.
    """
    wanted = None if learner is None else resolve(learner)
    run = load_any(path, wanted, env)
    try:
        run = run if part is None else run.part(part)
        if wanted is not None:
            _check_learner(run, wanted.name)
        return run
    except LabError as error:
        raise LabError(f"{checkpoint_file(path)}: {error}") from None


def load_any(path: str | Path, known: type | None = None, env: str | None = None) -> Run:
    """Like `load`, of whatever learner: one that is registered, or the class `known`."""
    path = checkpoint_file(path)
    header, tensors = _read(path)
    try:
        if env is not None:
            _check_env(header["env"], env)
        return _rebuild(header, tensors, known)
    except LabError as error:
        raise LabError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise LabError(f"{path}: its header was not written by leo-lab ({error!r}); restore a copy") from None


def _check_learner(run: Run, wanted: str) -> None:
    found, parts = run.learner.name, {part: cls.name for part, cls in run.learner.parts.items()}
    if found == wanted:
        return
    inside = " and ".join(f'a {name} ("{part}")' for name, part in parts.items())
    message = f"holds {found}, made of {inside}" if parts else f"holds {found}"
    alone = [name for name, part in parts.items() if part == wanted]
    way = f'part="{alone[0]}" (or --part {alone[0]}) gives the {alone[0]} alone' if alone else f"it is no {wanted}"
    raise LabError(f"{message}; {way}")


def _check_env(held: dict, wanted: str) -> None:
    if held["name"] == wanted:
        return
    asked = make(wanted)
    found = make(held["name"], **held["options"])
    message = f"holds an agent of {found.name} with {len(found.goals)} goals and {len(found.action_names)} actions"
    raise LabError(f"{message}, not of {asked.name} with {len(asked.goals)} and {len(asked.action_names)}")


def checkpoint_file(path: str | Path) -> Path:
    """The checkpoint's own path, where a run's directory may be given instead."""
    path = Path(path)
    return path if path.suffix == ".safetensors" else path / FILE_NAME


def _flatten(state: TrainState) -> dict[str, np.ndarray]:
    """Leaves by their path, such as `learner.params.head.bias`; PRNG keys as their integers."""
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return {_name(path): np.asarray(_plain(leaf)) for path, leaf in leaves}


def _name(path: tuple) -> str:
    return jax.tree_util.keystr(path, simple=True, separator=".")


def _is_key(leaf: Any) -> bool:
    return jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _plain(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _halved(name: str, tensor: np.ndarray) -> np.ndarray:
    """float32 as float16; other types as they are."""
    if tensor.dtype != np.float32:
        return tensor
    with np.errstate(over="ignore"):
        small = tensor.astype(np.float16)
    if (np.isinf(small) & ~np.isinf(tensor)).any():
        raise LabError(f"{name} holds numbers up to {np.abs(tensor).max():.3g}, too large for half = True")
    return small


def _digest(header: str, tensors: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(header.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def _read(path: Path) -> tuple[dict, dict[str, np.ndarray]]:
    if not path.is_file():
        raise LabError(f"{path}: no such file; leo-lab train --out DIR writes one")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise LabError(f"{path}: truncated or not a checkpoint ({error}); train again or restore a copy") from None
    if "leo_lab" not in metadata:
        raise LabError(f"{path}: a safetensors file, but not one of leo-lab")
    header = _header(metadata["leo_lab"])
    if header.get("format", FORMAT) != FORMAT:  # before the checksum, which another version may take otherwise
        raise LabError(f'{path}: written as "{header["format"]}", this version reads "{FORMAT}"; train again')
    if metadata.get("sha256") != _digest(metadata["leo_lab"], tensors):
        raise LabError(f"{path}: its checksum does not match, so it was altered; train again or restore a copy")
    return header, tensors


def _header(text: str) -> dict:
    """The header, empty if it cannot be read: then the checksum does not match either."""
    try:
        header = json.loads(text)
    except ValueError:
        return {}
    return header if isinstance(header, dict) else {}


def _learner(name: str, known: type | None) -> type:
    """The class of a learner that a file names: `known`, or a registered one."""
    if known is not None and known.name == name:
        return known
    if name not in learner_names():
        raise LabError(f'unknown learner "{name}"; register it first, or load(path, learner=ITS_CLASS)')
    return resolve(name)


def _rebuild(header: dict, tensors: dict[str, np.ndarray], known: type | None) -> Run:
    env = make(header["env"]["name"], **header["env"]["options"])
    if header["source"]["name"] != OnlineSource.name:
        raise unknown("source of experience", header["source"]["name"], [OnlineSource.name])
    settings = {**header["source"]["config"], **header["learner"]["config"]}
    program = make_program(env, _learner(header["learner"]["name"], known), header["steps"], **settings)
    state = program.spread(_restore(program, header, tensors))
    rows = [{name: math.nan if value is None else value for name, value in row.items()} for row in header["metrics"]]
    spent = header["seconds"], header["compile_seconds"]
    return Run(program, state, header["seed"], tuple(rows), *spent, resumable=not header["light"])


def _template(program: Program, header: dict) -> TrainState:
    """Shapes and types of the state; a light run has no worlds, whose making takes long."""
    if not header["light"]:
        return program.shapes()
    key = jax.eval_shape(jax.random.key, 0)
    return TrainState(jax.eval_shape(program.learner.init, key), None, key, jax.ShapeDtypeStruct((), jnp.int32))


def _restore(program: Program, header: dict, tensors: dict[str, np.ndarray]) -> TrainState:
    template = _template(program, header)
    if header["half"]:
        halves = {name: tensor for name, tensor in tensors.items() if tensor.dtype == np.float16}
        tensors = {**tensors, **{name: tensor.astype(np.float32) for name, tensor in halves.items()}}
    if header["light"]:  # zeros for what only a run that goes on needs
        shapes = jax.eval_shape(lambda state: jax.tree.map(_plain, state), template)
        blank = _flatten(jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes))
        kept = {name: zeros for name, zeros in blank.items() if not _PARAMS.match(name)}
        tensors = {**kept, **tensors, "iteration": np.int32(header["iteration"])}

    def fill(key_path: tuple, leaf: Any) -> jax.Array:
        name = _name(key_path)
        wanted = jax.eval_shape(_plain, leaf)
        stored = tensors.get(name)
        if stored is None or stored.shape != wanted.shape or stored.dtype != wanted.dtype:
            found = "is missing" if stored is None else f"is {stored.dtype}{list(stored.shape)}"
            message = f"{name} {found}, expected {wanted.dtype}{list(wanted.shape)}"
            raise LabError(f"{message}; it belongs to another environment, learner or version")
        array = jnp.asarray(stored)
        return jax.random.wrap_key_data(array) if _is_key(leaf) else array

    state = jax.tree_util.tree_map_with_path(fill, template)
    if header["light"]:  # what an agent says may depend on how far its run was
        return state._replace(learner=with_clocks(state.learner, program.iterations, header["iteration"]))
    return state
