"""Made-up values of large nodes: what would take long is computed on a slice that tells the shape as well."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.deferred import probing
from tapeview.engine.tensor import EagerTensor

_LIMIT = 2**18
"""So many multiplications, or random numbers, are done to find out a shape."""


class Slice(NamedTuple):
    """A smaller call: its arguments by name, and what makes the whole result of its result."""

    kwargs: dict[str, Any]
    whole: Callable[[EagerTensor], EagerTensor]


def smaller(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Slice | None:
    """A smaller call in place of this one; None for calls that do not take long."""
    rule = _RULES.get(f"{function.__module__}:{function.__name__}")
    if rule is None:
        return None
    try:
        given = dict(inspect.signature(function).bind_partial(*args, **kwargs).arguments)
    except TypeError:
        return None
    return rule(given)


def _with_shape(result: EagerTensor, shape: tuple[int, ...]) -> EagerTensor:
    made = probing.hollow(shape, dtypes.of_array(result._array))
    made._origin = result._origin
    return made


def _random(given: dict[str, Any]) -> Slice | None:
    wanted: Any = given.get("shape")
    try:
        shape = tuple([int(d) for d in getattr(wanted, "_array", wanted)])
    except (TypeError, ValueError):
        return None
    if math.prod(shape) <= _LIMIT // 8 or min(shape, default=0) < 0:
        return None
    return Slice({**given, "shape": [1] * len(shape)}, lambda r: _with_shape(r, shape))


def _tensors(given: dict[str, Any], names: tuple[str, str], ranks: range) -> list[Any] | None:
    found = [given.get(name) for name in names]
    if all(isinstance(t, EagerTensor) and t._array.ndim in ranks for t in found):
        return [t._array for t in found if t is not None]
    return None


def _matmul(given: dict[str, Any]) -> Slice | None:
    found = _tensors(given, ("a", "b"), range(2, 9))
    if found is None:
        return None
    a, b = found
    rows = -1 if given.get("transpose_a") or given.get("adjoint_a") else -2
    columns = -2 if given.get("transpose_b") or given.get("adjoint_b") else -1
    m, n = a.shape[rows], b.shape[columns]
    if a.size * n <= _LIMIT or not m or not n:
        return None
    small = {"a": EagerTensor(np.take(a, [0], axis=rows)), "b": EagerTensor(np.take(b, [0], axis=columns))}
    return Slice({**given, **small}, lambda r: _with_shape(r, (*r._array.shape[:-2], m, n)))


def _conv2d(given: dict[str, Any]) -> Slice | None:
    found = _tensors(given, ("input", "filters"), range(4, 5))
    if found is None or given.get("data_format") not in (None, "NHWC"):
        return None
    x, w = found
    new = w.shape[3]
    if x.shape[3] != w.shape[2] or not w.size or x[..., 0].size * w.size <= _LIMIT:
        return None
    small = {"input": EagerTensor(x[..., :1]), "filters": EagerTensor(w[:, :, :1, :1])}
    return Slice({**given, **small}, lambda r: _with_shape(r, (*r._array.shape[:3], new)))


_RULES: dict[str, Callable[[dict[str, Any]], Slice | None]] = {
    "tapeview.engine.ops.random:normal": _random,
    "tapeview.engine.ops.random:uniform": _random,
    "tapeview.engine.ops.random:truncated_normal": _random,
    "tapeview.engine.ops.linalg:matmul": _matmul,
    "tapeview.engine.ops.conv:conv2d": _conv2d,
}
