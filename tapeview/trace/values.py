"""Tensors as bytes and back, and their statistics.

A tensor's bytes are those of its elements, little-endian, in C order. Its dtype is NumPy's name for it (``"float32"``,
``"bool"``, ``"<U5"``); ``"bfloat16"``, which NumPy lacks, is read as float32.
"""

from __future__ import annotations

import math
import re
import sys
import zlib
from collections.abc import Sequence

import numpy as np

from tapeview.trace.records import Stats

_NUMBERS = {"bool"} | frozenset(
    f"{kind}{bits}"
    for kind, sizes in (
        ("int", (8, 16, 32, 64)),
        ("uint", (8, 16, 32, 64)),
        ("float", (16, 32, 64)),
        ("complex", (64, 128)),
    )
    for bits in sizes
)
_TEXT = re.compile(r"[<|=>]?[SU][0-9]{1,6}")
_MAX_RANK = 32


def little_endian(array: np.ndarray) -> np.ndarray:
    """The array with its elements in little-endian C order; itself, without a copy, where it already is so."""
    dtype = array.dtype
    if dtype.byteorder == ">" or (sys.byteorder == "big" and dtype.byteorder == "="):
        array = array.astype(dtype.newbyteorder("<"))
    return np.ascontiguousarray(array)


def to_bytes(array: np.ndarray) -> bytes:
    """The bytes that stand in a Tensor record for this array."""
    return little_endian(array).tobytes()


def checksum(data: bytes | memoryview) -> int:
    """CRC-32 of a blob, as it stands beside it in the file."""
    return zlib.crc32(data)


def dtype_of(name: str) -> np.dtype | None:
    """The NumPy dtype in which a stored tensor's bytes are laid out; None for a name we do not know."""
    if name == "bfloat16":
        return np.dtype("<u2")
    if name in _NUMBERS:
        return np.dtype(name).newbyteorder("<")
    return np.dtype(name) if _TEXT.fullmatch(name) else None


def byte_count(dtype: str, shape: Sequence[int]) -> int | None:
    """How many bytes a tensor of this dtype and shape has; None if they make no sense. Allocates nothing."""
    kind = dtype_of(dtype)
    if kind is None or len(shape) > _MAX_RANK or any(size < 0 for size in shape):
        return None
    return math.prod(shape) * kind.itemsize


def from_bytes(data: bytes, dtype: str, shape: Sequence[int]) -> np.ndarray:
    """The array with these bytes, read-only. Raises ValueError when dtype, shape and length do not fit together."""
    kind = dtype_of(dtype)
    expected = byte_count(dtype, shape)
    if kind is None or expected is None:
        raise ValueError(f"unknown dtype {dtype[:40]!r} or shape {tuple(shape[:8])}")
    if expected != len(data):
        raise ValueError(f"{len(data)} bytes where {dtype} of shape {tuple(shape[:8])} needs {expected}")
    if any(size >= 1 << 62 for size in shape):
        raise ValueError(f"shape {tuple(shape[:8])} is impossible")
    array = np.frombuffer(data, dtype=kind).reshape(tuple(shape))
    if dtype == "bfloat16":
        array = (array.astype(np.uint32) << 16).view(np.float32)
        array.flags.writeable = False
    return array


def statistics(array: np.ndarray) -> Stats | None:
    """Statistics of an array of numbers, in float64; None for texts. Complex numbers count by their magnitude."""
    if array.dtype.kind not in "biufc":
        return None
    if array.size == 1:
        return _of_one(float(abs(array.item()) if array.dtype.kind == "c" else array.item()))
    numbers = np.abs(array) if array.dtype.kind == "c" else array
    numbers = numbers.astype(np.float64, copy=False)
    zeros = int(numbers.size - np.count_nonzero(numbers))
    finite = numbers[np.isfinite(numbers)]
    nans = int(np.count_nonzero(np.isnan(numbers)))
    infs = int(numbers.size) - int(finite.size) - nans
    if not finite.size:
        nothing = float("nan")
        return Stats(nothing, nothing, nothing, nothing, nans, infs, zeros)
    with np.errstate(over="ignore", invalid="ignore"):
        largest = float(np.max(np.abs(finite)))
        if largest > 1e150 or 0.0 < largest < 1e-150:
            norm = largest * float(np.linalg.norm(finite / largest))
            mean = float(np.mean(finite / largest)) * largest
        else:
            norm, mean = float(np.linalg.norm(finite)), float(np.mean(finite))
    return Stats(float(np.min(finite)), float(np.max(finite)), mean, norm, nans, infs, zeros)


def _of_one(value: float) -> Stats:
    """What ``statistics`` says about a single number, sooner: there are many of these."""
    if math.isfinite(value):
        return Stats(value, value, value, abs(value), 0, 0, int(value == 0))
    nothing = float("nan")
    return Stats(nothing, nothing, nothing, nothing, int(math.isnan(value)), int(math.isinf(value)), 0)
