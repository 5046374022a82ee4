"""Tensors as bytes and back, and their statistics.

A tensor's bytes are those of its elements, little-endian, in C order. Its dtype is NumPy's name for it (``"float32"``,
``"bool"``, ``"<U5"``); ``"bfloat16"``, which NumPy lacks, is read as float32.
"""

from __future__ import annotations

import math
import re
import sys
import zlib
from collections.abc import Iterator, Sequence

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
# Fits a processor's first cache, and BLAS takes no second thread for a product that short.
_BLOCK = 1 << 13


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


def from_bytes(data: bytes | memoryview, dtype: str, shape: Sequence[int]) -> np.ndarray:
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
    """Statistics of an array of numbers, in float64; None for texts. Complex numbers count by their magnitude.

    Works block by block: a script's largest tensors need neither a copy nor more than one trip through memory.
    """
    if array.dtype.kind not in "biufc":
        return None
    if array.size == 1:
        return _of_one(float(abs(array.item()) if array.dtype.kind == "c" else array.item()))
    flat = array.reshape(-1)
    with np.errstate(all="ignore"):
        low, high, total, squares = math.inf, -math.inf, 0.0, 0.0
        finite = nans = zeros = 0
        for block in _blocks(flat):
            zeros += int(np.count_nonzero(block == 0))
            least, most = float(block.min()), float(block.max())
            if not (math.isfinite(least) and math.isfinite(most)):
                nans += int(np.count_nonzero(np.isnan(block)))
                block = block[np.isfinite(block)]
                if not block.size:
                    continue
                least, most = float(block.min()), float(block.max())
            finite += block.size
            low, high = min(low, least), max(high, most)
            total += float(block.sum())
            squares += float(block.dot(block))
        infs = array.size - finite - nans
        if not finite:
            nothing = float("nan")
            return Stats(nothing, nothing, nothing, nothing, nans, infs, zeros)
        largest = max(abs(low), abs(high))
        scale = 1.0
        if largest > 1e150 or 0.0 < largest < 1e-150:
            # Squares of these leave the range of float64.
            scale, total, squares = largest, 0.0, 0.0
            for block in _blocks(flat):
                block = block[np.isfinite(block)] / scale
                total += float(block.sum())
                squares += float(block.dot(block))
    return Stats(low, high, total / finite * scale, math.sqrt(squares) * scale, nans, infs, zeros)


def _blocks(flat: np.ndarray) -> Iterator[np.ndarray]:
    """The numbers as float64, as many at a time as a processor's cache holds."""
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        yield (np.abs(block) if block.dtype.kind == "c" else block).astype(np.float64, copy=False)


def _of_one(value: float) -> Stats:
    """What ``statistics`` says about a single number, sooner: there are many of these."""
    if math.isfinite(value):
        return Stats(value, value, value, abs(value), 0, 0, int(value == 0))
    nothing = float("nan")
    return Stats(nothing, nothing, nothing, nothing, int(math.isnan(value)), int(math.isinf(value)), 0)
