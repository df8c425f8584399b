"""Arrays on their way to the browser: little-endian uint16 codes, their shape and their range in one dict."""

import numpy as np

MISSING = 65535  # the code of NaN
TOP = 65534  # the code of the upper end of the range


def pack(array, low: float = 0.0, high: float = 1.0) -> dict:
    """Encode a float array as {"data": bytes, "shape": list, "low": float, "high": float}.

    A value is low + code * (high - low) / 65534; NaN has the code 65535, and what is infinite that of its end. Two
    bytes and not one: with a discount of 0.99 the best and the second action differ by two of 256 levels, but by
    hundreds of 65535. Raises ValueError if a finite value lies outside [low, high].
    """
    array = np.asarray(array, np.float64)
    array = np.where(np.isinf(array), np.where(array > 0, high, low), array)
    known = ~np.isnan(array)
    if not high > low:
        raise ValueError(f"the range of an array must grow: low {low}, high {high}")
    if known.any() and (array[known].min() < low or array[known].max() > high):
        raise ValueError(f"values {array[known].min():.6g} to {array[known].max():.6g} outside {low} to {high}")
    codes = np.full(array.shape, MISSING, "<u2")
    codes[known] = np.round((array[known] - low) / (high - low) * TOP)
    return {"data": codes.tobytes(), "shape": list(array.shape), "low": float(low), "high": float(high)}


def unpack(packed: dict) -> np.ndarray:
    """The float64 array that `pack` encoded, to half a code."""
    codes = np.frombuffer(packed["data"], "<u2").reshape(packed["shape"])
    values = packed["low"] + codes * ((packed["high"] - packed["low"]) / TOP)
    return np.where(codes == MISSING, np.nan, values)


def span(*arrays) -> tuple[float, float]:
    """(low, high) that holds all arrays: (0, 1) where they fit, else their own extremes. NaN is ignored.

    An end beyond which something infinite lies is moved by a twentieth, so that no finite value shares its code.
    """
    arrays = [np.asarray(array) for array in arrays]
    known = [array[np.isfinite(array)] for array in arrays]
    low = min((float(array.min()) for array in known if array.size), default=0.0)
    high = max((float(array.max()) for array in known if array.size), default=1.0)
    below, above = (any((array == end).any() for array in arrays) for end in (-np.inf, np.inf))
    if low >= 0 and high <= 1 and not below and not above:
        return 0.0, 1.0
    high = high if high > low else low + 1.0
    return low - below * (high - low) / 20, high + above * (high - low) / 20


def floats(array) -> dict:
    """Encode an array as {"data": bytes, "shape": list} of little-endian float32: for numbers to calculate with.

    The codes of `pack` are for the eye. Their step, 1/65534, is as large as many a change of a value, and what is
    added to them a hundred times drifts away from what Python adds.
    """
    array = np.asarray(array, "<f4")
    return {"data": array.tobytes(), "shape": list(array.shape)}


def small(array) -> dict:
    """Encode an array of whole numbers 0 to 255 as {"data": bytes, "shape": list}; ValueError for others."""
    array = np.asarray(array)
    if array.size and (array.min() < 0 or array.max() > 255):
        raise ValueError(f"numbers {array.min()} to {array.max()} do not fit into one byte")
    return {"data": array.astype(np.uint8).tobytes(), "shape": list(array.shape)}


def bits(array) -> dict:
    """Encode an array of true and false as {"data": bytes, "shape": list}: eight to a byte, the lowest bit first."""
    array = np.asarray(array, bool)
    return {"data": np.packbits(array, bitorder="little").tobytes(), "shape": list(array.shape)}


def signed(array) -> dict:
    """Encode an array of numbers -1 to 1 as {"data": bytes, "shape": list}: one byte each, 127 steps to either side."""
    array = np.asarray(array)
    return {"data": np.round(np.clip(array, -1, 1) * 127).astype(np.int8).tobytes(), "shape": list(array.shape)}
