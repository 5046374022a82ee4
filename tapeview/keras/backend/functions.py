"""``keras.backend``: the functions on tensors that older Keras scripts call, on the engine's ops."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapeview.engine import seeds
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.ops import arrange, comparison, creation, elementwise, exponential, linalg, random, reduction
from tapeview.engine.ops import shape as shapes
from tapeview.engine.ops.extremes import clip_by_value
from tapeview.engine.ops.index import gather as _gather
from tapeview.engine.ops.norms import l2_normalize as _l2_normalize
from tapeview.engine.ops.select import where
from tapeview.engine.ops.sorting import argmax as _argmax
from tapeview.engine.ops.sorting import argmin as _argmin
from tapeview.engine.ops.sorting import in_top_k as _in_top_k
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras import naming
from tapeview.keras.backend.config import floatx
from tapeview.keras.losses import crossentropy

Axis = int | Sequence[int] | None

# -- making ------------------------------------------------------------------------------------------------------------


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> EagerTensor:
    """A constant, of Keras's float type unless another is given."""
    return creation.constant(value, floatx() if dtype is None else dtype, shape)


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> ResourceVariable:
    """A variable, of Keras's float type unless another is given."""
    return ResourceVariable(value, dtype=floatx() if dtype is None else dtype, name=name, constraint=constraint)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> ResourceVariable:
    """A variable of zeros."""
    return variable(creation.zeros(shape, floatx() if dtype is None else dtype), dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> ResourceVariable:
    """A variable of ones."""
    return variable(creation.ones(shape, floatx() if dtype is None else dtype), dtype, name)


def eye(size: int, dtype: Any = None, name: str | None = None) -> ResourceVariable:
    """A variable with the identity matrix."""
    return variable(creation.eye(size, dtype=floatx() if dtype is None else dtype), dtype, name)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> EagerTensor:
    """Numbers from ``start`` to ``stop``; from 0 if there is no ``stop``."""
    first, last = (0, start) if stop is None else (start, stop)
    return elementwise.cast(creation.range_(first, last, step), dtype)  # type: ignore[no-any-return]


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> EagerTensor:
    """Normally distributed numbers."""
    return random.normal(shape, mean, stddev, floatx() if dtype is None else dtype, _op_seed(seed))


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: int | None = None
) -> EagerTensor:
    """Numbers between two bounds."""
    return random.uniform(shape, minval, maxval, floatx() if dtype is None else dtype, _op_seed(seed))


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: int | None = None
) -> EagerTensor:
    """Normally distributed numbers within 2 standard deviations."""
    return random.truncated_normal(shape, mean, stddev, floatx() if dtype is None else dtype, _op_seed(seed))


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: int | None = None) -> EagerTensor:
    """1 with probability ``p``, else 0."""
    kind = floatx() if dtype is None else dtype
    drawn = random.uniform(shape, dtype=kind, seed=_op_seed(seed))
    return elementwise.cast(comparison.less_equal(drawn, p), kind)  # type: ignore[no-any-return]


def _op_seed(seed: int | None) -> int:
    return seeds.fixed(lambda: int(np.random.randint(10**7))) if seed is None else seed


# -- about values ------------------------------------------------------------------------------------------------------


def get_value(x: Any) -> Any:
    """A tensor's or variable's value as an array; other values as they are."""
    return x.numpy() if is_tensor_like(x) else x


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """:func:`get_value` of each."""
    return [get_value(x) for x in tensors]


def set_value(x: Any, value: Any) -> None:
    """Assigns to a variable."""
    x.assign(np.asarray(getattr(value, "_array", value)).astype(x.dtype.numpy))


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """:func:`set_value` of each (variable, value)."""
    for x, value in tuples:
        set_value(x, value)


def int_shape(x: Any) -> tuple[Any, ...]:
    """The shape as a tuple."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


def dtype_name(x: Any) -> str:
    """The name of the type."""
    return x.dtype.name  # type: ignore[no-any-return]


def is_keras_tensor(x: Any) -> bool:
    """Whether a value is one of Keras's symbolic tensors."""
    return bool(importlib.import_module("tapeview.keras.layers.symbolic").is_symbolic(x))


def cast_to_floatx(x: Any) -> Any:
    """A tensor, or an array of anything else, in Keras's float type."""
    return elementwise.cast(x, floatx()) if is_tensor_like(x) else np.asarray(x, dtype=floatx())


# -- element by element ------------------------------------------------------------------------------------------------


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Values between two bounds; None leaves a side open."""
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        high = max(low, high)
    return clip_by_value(to_tensor(x), _like(low, x), _like(high, x))


def _like(value: Any, x: Any) -> Any:
    tensor = to_tensor(x)
    return value if is_tensor_like(value) else EagerTensor(np.asarray(value, tensor._array.dtype))


def sqrt(x: Any) -> Any:
    """The root; of values below 0 it is 0."""
    return exponential.sqrt(clip(x, 0.0, np.inf))


def sum_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over axes."""
    return reduction.reduce_sum(x, axis, keepdims)


def _floats(x: Any) -> EagerTensor:
    tensor = to_tensor(x)
    return elementwise.cast(tensor, floatx()) if tensor.dtype.is_bool else tensor


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over axes; of bools the share that holds."""
    return reduction.reduce_mean(_floats(x), axis, keepdims)


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The standard deviation over axes."""
    return reduction.reduce_std(_floats(x), axis, keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The variance over axes."""
    return reduction.reduce_variance(_floats(x), axis, keepdims)


def any_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether anything holds."""
    return reduction.reduce_any(elementwise.cast(x, "bool"), axis, keepdims)


def all_(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether everything holds."""
    return reduction.reduce_all(elementwise.cast(x, "bool"), axis, keepdims)


def argmax(x: Any, axis: int = -1) -> Any:
    """The place of the highest value."""
    return _argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """The place of the lowest value."""
    return _argmin(x, axis)


def l2_normalize(x: Any, axis: Axis = None) -> Any:
    """Values divided by their norm."""
    return _l2_normalize(x, axis=axis)


def softmax(x: Any, axis: int = -1) -> Any:
    """Keras's softmax; see ``keras.activations``."""
    from tapeview.keras import activations  # which imports this package's settings

    return activations.softmax(x, axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether a class is among the ``k`` highest predictions."""
    return _in_top_k(targets, predictions, k)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values (or of what two functions give), by a condition; element by element if that is no scalar."""
    chosen = to_tensor(condition)
    if chosen._array.ndim == 0:
        value = then_expression if bool(chosen) else else_expression
        return value() if callable(value) and not is_tensor_like(value) else value
    first, second = (v() if callable(v) and not is_tensor_like(v) else v for v in (then_expression, else_expression))
    while chosen._array.ndim < to_tensor(first)._array.ndim:
        chosen = shapes.expand_dims(chosen, -1)
    wide = shapes.broadcast_to(chosen, to_tensor(first).shape)
    return where(wide, first, second)


# -- shapes ------------------------------------------------------------------------------------------------------------


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Tensors one after the other along an axis."""
    rank = len(to_tensor(tensors[0]).shape)
    return shapes.concat(tensors, axis % rank if axis < 0 and rank else max(axis, 0))


def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Tensors side by side along a new axis."""
    return shapes.stack(x, axis)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """A new axis of size 1."""
    return shapes.expand_dims(x, axis)


def squeeze(x: Any, axis: int) -> Any:
    """Without an axis of size 1."""
    return shapes.squeeze(x, [axis])


def flatten(x: Any) -> Any:
    """All elements along one axis."""
    return shapes.reshape(x, [-1])


def batch_flatten(x: Any) -> Any:
    """All elements of each example along one axis."""
    return shapes.reshape(x, [-1, int(np.prod(to_tensor(x)._array.shape[1:]))])


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """The axes in another order."""
    return shapes.transpose(x, pattern)


def repeat(x: Any, n: int) -> Any:
    """Each row of a matrix ``n`` times, along a new second axis."""
    return arrange.tile(shapes.expand_dims(x, 1), [1, n, 1])


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Each element ``rep`` times along an axis."""
    return arrange.repeat(x, rep, axis)


def tile(x: Any, n: Any) -> Any:
    """The tensor repeated along its axes."""
    return arrange.tile(x, [n] if isinstance(n, int) else n)


def reverse(x: Any, axes: Any) -> Any:
    """The tensor backwards along axes."""
    return arrange.reverse(x, [axes] if isinstance(axes, int) else axes)


def gather(reference: Any, indices: Any) -> Any:
    """Rows by number."""
    return _gather(reference, indices)


def one_hot(indices: Any, num_classes: int) -> Any:
    """Class numbers as vectors of 0 and 1."""
    return creation.one_hot(indices, num_classes, axis=-1)


# -- products ----------------------------------------------------------------------------------------------------------


def dot(x: Any, y: Any) -> Any:
    """The product over the last axis of ``x`` and the last but one of ``y``."""
    a, b = to_tensor(x), to_tensor(y)
    if a._array.ndim == 2 and b._array.ndim == 2:
        return linalg.matmul(a, b)
    return linalg.tensordot(a, b, [[a._array.ndim - 1], [max(b._array.ndim - 2, 0)]])


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """For each example the product over an axis of ``x`` and one of ``y`` (the last, and the last but one or second).

    Raises:
        ValueError: fewer than two axes, sizes that differ.
    """
    from tapeview.engine.ops.einsum import einsum

    a, b = to_tensor(x), to_tensor(y)
    ranks = a._array.ndim, b._array.ndim
    if min(ranks) < 2:
        raise ValueError("Cannot do batch_dot on inputs with rank < 2. "
                         f"Received inputs with shapes {tuple(a.shape)} and {tuple(b.shape)}.")  # fmt: skip
    pair = (axes, axes) if isinstance(axes, int) else axes
    if pair is None:
        pair = (ranks[0] - 1, ranks[1] - 1 if ranks[1] == 2 else ranks[1] - 2)
    first, second = (axis % rank for axis, rank in zip(pair, ranks, strict=True))
    if a.shape[first] != b.shape[second]:
        raise ValueError(
            f"Cannot do batch_dot on inputs with shapes {tuple(a.shape)} and {tuple(b.shape)} with axes={list(pair)}. "
            f"x.shape[{first}] != y.shape[{second}] ({a.shape[first]} != {b.shape[second]})."
        )
    left = ["b"] + [chr(ord("i") + k) for k in range(ranks[0] - 1)]
    right = ["b"] + [chr(ord("q") + k) for k in range(ranks[1] - 1)]
    left[first] = right[second] = "z"
    out = [c for c in left if c != "z"] + [c for c in right[1:] if c != "z"]
    found = einsum(f"{''.join(left)},{''.join(right)}->{''.join(out)}", a, b)
    return shapes.expand_dims(found, 1) if found._array.ndim == 1 else found


# -- losses with the backend's order of arguments ----------------------------------------------------------------------

categorical_crossentropy: Callable[..., Any] = crossentropy.categorical
sparse_categorical_crossentropy: Callable[..., Any] = crossentropy.sparse_categorical
binary_crossentropy: Callable[..., Any] = crossentropy.binary


# -- the session -------------------------------------------------------------------------------------------------------


def clear_session() -> None:
    """Layers and metrics are named from the start again."""
    naming.forget()


_uids: dict[str, int] = {}


def get_uid(prefix: str = "") -> int:
    """A number that grows by one each time, for a word."""
    _uids[prefix] = _uids.get(prefix, 0) + 1
    return _uids[prefix]


def reset_uids() -> None:
    """The numbers of :func:`get_uid` begin again."""
    _uids.clear()


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """Prints a tensor after a text and returns it."""
    from tapeview.engine.scripting.printing import print_

    print_(message, x, summarize=summarize)
    return x
