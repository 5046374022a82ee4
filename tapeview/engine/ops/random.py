"""Random tensors: normal, uniform and other distributions, drawn exactly as TensorFlow draws them.

The ops are pure: their attributes name the stream, so a recorded op can be run again and gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import dtypes, seeds
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops import random_philox as philox
from tapeview.engine.ops.extremes import maximum
from tapeview.engine.ops.shape import static_int, static_shape
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

Shape = tuple[int, ...]
Stream = tuple[philox.Key, philox.Counter]


def _floats(function: Callable[..., Array]) -> Callable[..., Array]:
    def forward(*, shape: Shape, dtype: str, key: philox.Key, counter: philox.Counter) -> Array:
        return function(key, counter, math.prod(shape), np.dtype(dtype)).reshape(shape)

    return forward


def _ints(low: Array, high: Array, *, shape: Shape, key: philox.Key, counter: philox.Counter) -> Array:
    return philox.ints(key, counter, math.prod(shape), int(low), int(high), low.dtype).reshape(shape)


def _full_ints(*, shape: Shape, dtype: str, key: philox.Key, counter: philox.Counter) -> Array:
    return philox.full_ints(key, counter, math.prod(shape), dtype).reshape(shape)


def _shuffled(value: Array, *, key: philox.Key, counter: philox.Counter) -> Array:
    return value if value.ndim == 0 else value[philox.order(key, counter, len(value))]


def _classes(logits: Array, *, samples: int, dtype: str, key: philox.Key, counter: philox.Counter) -> Array:
    return philox.classes(key, counter, logits, samples).astype(dtype)


def _per_parameter(function: Callable[..., Array]) -> Callable[..., Array]:
    def forward(values: Array, *, shape: Shape, dtype: str, key: philox.Key, counter: philox.Counter) -> Array:
        drawn = function(key, counter, values.ravel(), math.prod(shape))
        return drawn.reshape(shape + values.shape).astype(dtype)

    return forward


NORMAL = defop("RandomStandardNormal", _floats(philox.normal), differentiable=False)
UNIFORM = defop("RandomUniform", _floats(philox.uniform), differentiable=False)
TRUNCATED_NORMAL = defop("TruncatedNormal", _floats(philox.truncated_normal), differentiable=False)
UNIFORM_INT = defop("RandomUniformInt", _ints, differentiable=False, inputs="minval maxval")
FULL_INT = defop("RandomUniformFullInt", _full_ints, differentiable=False)
SHUFFLE = defop("RandomShuffle", _shuffled, differentiable=False, inputs="value")
MULTINOMIAL = defop("Multinomial", _classes, differentiable=False, inputs="logits")
GAMMA = defop("RandomGamma", _per_parameter(philox.gamma), inputs="alpha")
POISSON = defop("RandomPoissonV2", _per_parameter(philox.poisson), differentiable=False, inputs="rate")


# -- what the stateful, the stateless and the generators' functions share ---------------------------------------------


def checked_shape(op: str, shape: Any) -> Shape:
    """A shape. Raises InvalidArgumentError if it is a scalar or has a negative size."""
    if np.ndim(getattr(shape, "_array", shape)) == 0:
        raise invalid(op, "shape must be a vector of {int32,int64}, got shape []")
    sizes = static_shape(shape)
    for d in sizes:
        if d < 0:
            raise invalid(op, f"Dimension {d} must be >= 0")
    return sizes


def run_floats(op: Op, shape: Shape, dtype: dtypes.DType, stream: Stream) -> EagerTensor:
    """Runs one of the ops that fill a shape with floats."""
    return execute(op, (), {"shape": shape, "dtype": dtype.name, "key": stream[0], "counter": stream[1]})


def scaled(drawn: EagerTensor, factor: Any, shift: Any) -> EagerTensor:
    """``drawn * factor + shift``; Python's 1 and 0 leave no op on the tape."""
    moved = drawn if _is(factor, 1) else drawn * factor
    return moved if _is(shift, 0) else moved + shift


def check_parameters(kind: dtypes.DType, *values: Any) -> None:
    """Raises TypeError if a Python value does not fit the type."""
    for value in values:
        if not is_tensor_like(value):
            to_tensor(value, kind)


def _is(value: Any, number: int) -> bool:
    """Whether this is the number as Python's (and not as a tensor, which a tape may watch)."""
    return isinstance(value, (int, float)) and value == number


def between(drawn: EagerTensor, low: Any, high: Any) -> EagerTensor:
    """Numbers of [0, 1) moved to ``[low, high)``."""
    kind = drawn.dtype
    top = 1 if high is None else high
    if _is(low, 0):
        return scaled(drawn, top, 0)
    if not is_tensor_like(low) and not is_tensor_like(top):
        bounds = [to_tensor(v, kind)._array for v in (low, top)]
        return scaled(drawn, EagerTensor(bounds[1] - bounds[0]), low)
    first = low if is_tensor_like(low) else to_tensor(low, kind)
    last = top if is_tensor_like(top) else to_tensor(top, kind)
    return scaled(drawn, last - first, low)


def run_ints(shape: Shape, low: Any, high: Any, dtype: dtypes.DType, stream: Stream) -> EagerTensor:
    """Runs the op that fills a shape with ints in ``[low, high)``. Raises InvalidArgumentError if there is none."""
    a, b = to_tensor(low, dtype), to_tensor(high, dtype)
    for bound, word in ((a, "minval"), (b, "maxval")):
        if bound._array.ndim:
            raise invalid("RandomUniformInt", f"{word} must be 0-D, got shape {bracketed(bound._array.shape)}")
    if shape and not a._array < b._array:
        raise invalid("RandomUniformInt", f"Need minval < maxval, got {a._array} >= {b._array}")
    return execute(UNIFORM_INT, (a, b), {"shape": shape, "key": stream[0], "counter": stream[1]})


def run_classes(logits: Any, samples: int, dtype: Any, stream: Stream) -> EagerTensor:
    """Runs the op that draws from the softmax of each row."""
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    attrs = {"samples": samples, "dtype": kind.name, "key": stream[0], "counter": stream[1]}
    return execute(MULTINOMIAL, (logits,), attrs)


def logits_of(logits: Any) -> EagerTensor:
    """A matrix of logits. Raises InvalidArgumentError for another rank."""
    x = to_tensor(logits)
    if x._array.ndim != 2:
        raise invalid("Multinomial", f"logits should be a matrix, got shape {bracketed(x._array.shape)}")
    return x


def blocks_of(shape: Shape) -> int:
    """How many blocks a kernel sets aside for a shape."""
    return philox.RESERVED * math.prod(shape)


def category_blocks(rows: int, samples: int) -> int:
    """How many blocks the kernel of :func:`categorical` sets aside."""
    return rows * (-(-samples // 4) * 4) * 2 * philox.RESERVED


# -- the functions -------------------------------------------------------------------------------------------------


def _drawn(op: Op, shape: Any, dtype: Any, seed: Any) -> EagerTensor:
    kind, sizes = dtypes.as_dtype(dtype), checked_shape(op.name, shape)
    return run_floats(op, sizes, kind, seeds.stream(op.name, kind.name, seed, blocks_of(sizes)))


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, seed: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Normally distributed numbers; gradients reach ``mean`` and ``stddev``.

    Raises:
        InvalidArgumentError: a shape that is a scalar or has a negative size.
        TypeError: an int ``dtype``.
    """
    kind = dtypes.as_dtype(dtype)
    check_parameters(kind, mean, stddev)
    return scaled(_drawn(NORMAL, shape, kind, seed), stddev, mean)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, seed: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Normally distributed numbers, drawn again if they are 2 or more standard deviations off; see :func:`normal`."""
    kind = dtypes.as_dtype(dtype)
    check_parameters(kind, mean, stddev)
    return scaled(_drawn(TRUNCATED_NORMAL, shape, kind, seed), stddev, mean)


_UNIFORM_TYPES = ("float16", "bfloat16", "float32", "float64", "int32", "int64")


def uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, seed: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Numbers in ``[minval, maxval)``, 1 if no ``maxval`` is given; gradients reach both.

    Raises:
        ValueError: another type, or no ``maxval`` for ints.
        InvalidArgumentError: no int between the bounds; a wrong shape.
    """
    kind = dtypes.as_dtype(dtype)
    if kind.name not in _UNIFORM_TYPES:
        listed = ", ".join(f"tf.{n}" for n in _UNIFORM_TYPES)
        raise ValueError(f"Argument `dtype` got invalid value {kind}. Accepted dtypes are ({listed}).")
    if kind.is_integer:
        if maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype {kind!r}")
        sizes = checked_shape("RandomUniformInt", shape)
        stream = seeds.stream("RandomUniformInt", kind.name, seed, blocks_of(sizes))
        return run_ints(sizes, minval, maxval, kind, stream)
    return between(_drawn(UNIFORM, shape, kind, seed), minval, maxval)


def shuffle(value: Any, seed: Any = None, name: str | None = None) -> EagerTensor:
    """The rows of ``value`` in random order. No gradient passes."""
    x = to_tensor(value)
    rows = x._array.shape[0] if x._array.ndim else 1
    key, counter = seeds.stream("RandomShuffle", x.dtype.name, seed, -(-(rows - 1) // 4) if rows > 1 else 0)
    return execute(SHUFFLE, (x,), {"key": key, "counter": counter})


def categorical(
    logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: str | None = None
) -> EagerTensor:
    """For each row of logits ``num_samples`` classes, drawn by its softmax (int64).

    Raises:
        InvalidArgumentError: the logits are no matrix.
    """
    x, samples = logits_of(logits), static_int(num_samples)
    blocks = category_blocks(len(x._array), samples)
    return run_classes(x, samples, dtype, seeds.stream("Multinomial", x.dtype.name, seed, blocks))


def gamma(
    shape: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32, seed: Any = None, name: str | None = None
) -> EagerTensor:
    """Draws of the gamma distribution with shape ``alpha`` and rate ``beta``; the shape is followed by theirs."""
    kind, sizes = dtypes.as_dtype(dtype), static_shape(shape)
    a = to_tensor(alpha, kind)
    b = to_tensor(1 if beta is None else beta, kind)
    whole = np.broadcast_shapes(a._array.shape, b._array.shape)
    if whole != a._array.shape:
        a = a + EagerTensor(np.zeros(whole, kind.numpy))
    drawn = _parameterised(GAMMA, sizes, a, kind, seed)
    ratio = drawn if beta is None else drawn / b
    return maximum(EagerTensor(np.array(np.finfo(kind.numpy).tiny, kind.numpy)), ratio)


def poisson(
    shape: Any, lam: Any, dtype: Any = dtypes.float32, seed: Any = None, name: str | None = None
) -> EagerTensor:
    """Draws of the Poisson distribution with mean ``lam``; the shape is followed by that of ``lam``."""
    return _parameterised(POISSON, static_shape(shape), to_tensor(lam), dtypes.as_dtype(dtype), seed)


def _parameterised(op: Op, sizes: Shape, values: EagerTensor, kind: dtypes.DType, seed: Any) -> EagerTensor:
    key, counter = seeds.stream(op.name, kind.name, seed, blocks_of(sizes + values._array.shape))
    return execute(op, (values,), {"shape": sizes, "dtype": kind.name, "key": key, "counter": counter})
