"""Checks that all readers share: each raises TypeError or ValueError with one line that names the attribute."""

from dataclasses import fields

import numpy as np

SLACK = 1e-3  # by which a direction may be longer than 1: arrays are kept in 16 bits, too


def require(thing, kind, what: str, who: str) -> None:
    """TypeError unless `thing` has all attributes of the dataclass `kind`, which is `what` in the message."""
    missing = [field.name for field in fields(kind) if not hasattr(thing, field.name)]
    if missing:
        raise TypeError(f"{who} needs {what}, got {type(thing).__name__} without .{missing[0]}")


def finite(array, name: str, who: str) -> np.ndarray:
    """`array` as float64, every number finite."""
    array = np.asarray(array, np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{who}: {name} holds {array[~np.isfinite(array)][0]:g}")
    return array


def within(v: np.ndarray, name: str, ends: tuple[float, float], who: str) -> np.ndarray:
    """Values [S, G] as float32, each within the range of its scale, and none unknown."""
    if not np.issubdtype(v.dtype, np.floating):
        raise ValueError(f"{who}: {name} must hold floats, got {v.dtype}")
    outside = np.argwhere(~((v >= ends[0]) & (v <= ends[1])))  # NaN, too
    if outside.size:
        row, goal = outside[0]
        raise ValueError(f"{who}: {name}[{row}, {goal}] is {v[row, goal]:g}, but values are {ends[0]:g} to {ends[1]:g}")
    return np.asarray(v, np.float32)


def directions(array, name: str, who: str) -> np.ndarray:
    """Vectors [..., 2] as float32, each at most 1 long."""
    array = finite(array, name, who)
    longest = np.sqrt(np.square(array).sum(axis=-1).max(initial=0))
    if longest > 1 + SLACK:
        raise ValueError(f"{who}: {name} must be at most 1 long, got {longest:g}")
    return array.astype(np.float32)


def indices(array: np.ndarray, name: str, count: int, who: str, what: str) -> np.ndarray:
    """`array` as int64, every number in 0..count-1; what: what they number, for the error message."""
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{who}: {name} must hold whole numbers, got {array.dtype}")
    outside = np.argwhere((array < 0) | (array >= count))
    if outside.size:
        place = tuple(outside[0].tolist())
        where = ", ".join(map(str, place))
        raise ValueError(f"{who}: {name}[{where}] is {array[place]}, but the {what} are 0 to {count - 1}")
    return array.astype(np.int64)
