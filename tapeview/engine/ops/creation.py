"""New tensors: constants, zeros and ones, ranges, grids of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import convert, dtypes
from tapeview.engine.convert import to_array, to_tensor
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import invalid
from tapeview.engine.op import defop, execute
from tapeview.engine.ops.comparison import less
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import broadcast_to, expand_dims, reshape, static_int, static_shape
from tapeview.engine.shapes import TensorShape, bracketed
from tapeview.engine.tensor import Array, EagerTensor

FILL = defop(
    "Fill", lambda value, *, shape: np.full(shape, value[()], value.dtype), (lambda g, y, value, shape: reduce_sum(g),),
    inputs="value", formulas=("the sum of g",),
)  # fmt: skip


def _range(start: Array, limit: Array, delta: Array) -> Array:
    first, end, step = start[()], limit[()], delta[()]
    if start.dtype.kind in "iu":
        return np.arange(int(first), int(end), int(step)).astype(start.dtype)
    count = int(np.ceil(np.abs((float(end) - float(first)) / float(step))))
    return first + np.arange(count).astype(start.dtype) * step  # type: ignore[no-any-return]


RANGE = defop("Range", _range, differentiable=False, inputs="start limit delta")


def _linspace(start: Array, stop: Array, *, num: int, axis: int) -> Array:
    first, last = np.expand_dims(start, axis), np.expand_dims(stop, axis)
    if num < 2:
        return first if num else first.take([], axis)
    delta = (last - first) / start.dtype.type(num - 1)
    steps = _ramp(start.ndim, num, axis, start.dtype)
    middle = steps.take(range(1, num - 1), axis) * delta
    return np.concatenate([first, first + middle, last], axis)


def _ramp(rank: int, num: int, axis: int, dtype: Any) -> Array:
    return np.arange(num).astype(dtype).reshape([-1 if k == axis else 1 for k in range(rank + 1)])


def _linspace_rule(g: EagerTensor, num: int, axis: int, dtype: Any, from_stop: bool) -> EagerTensor:
    share = _ramp(g._array.ndim - 1, num, axis, dtype) / max(num - 1, 1)
    return reduce_sum(g * EagerTensor((share if from_stop else 1 - share).astype(dtype)), axis=axis)


LINSPACE = defop(
    "LinSpace", _linspace, inputs="start stop",
    vjps=(lambda g, y, start, stop, num, axis: _linspace_rule(g, num, axis, start._array.dtype, False),
          lambda g, y, start, stop, num, axis: _linspace_rule(g, num, axis, start._array.dtype, True)),
    formulas=("the sum of g * (1 - k / (n - 1))", "the sum of g * k / (n - 1)"),
)  # fmt: skip


def _one_hot(indices: Array, on_value: Array, off_value: Array, *, depth: int, axis: int) -> Array:
    at = axis if axis >= 0 else indices.ndim
    numbers = np.arange(depth).reshape([-1 if k == at else 1 for k in range(indices.ndim + 1)])
    return np.where(np.expand_dims(indices, at) == numbers, on_value, off_value)


ONE_HOT = defop("OneHot", _one_hot, differentiable=False, inputs="indices on_value off_value")


# -- constants -----------------------------------------------------------------------------------------------------


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str = "Const") -> EagerTensor:
    """A tensor of ``value``; ``shape`` reshapes it, or repeats it if it is one element.

    A tensor is taken as it is, a variable as the value it has now, without a connection to it.

    Raises:
        TypeError: a Python value or a tensor that is not of type ``dtype``, or a wrong number of elements.
        ValueError: a ragged or mixed list, None, a list of scalar tensors.
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(value, EagerTensor):
        if wanted is not None and value._array.dtype != wanted.numpy:
            raise TypeError(f"Expected tensor {_text(value)} with dtype {wanted!r}, but got dtype {value.dtype!r}.")
        made = value
    elif hasattr(type(value), "_read"):
        made = EagerTensor(to_array(value._array, wanted))
    elif isinstance(value, (list, tuple)) and convert.contains_tensor(value):
        raise ValueError("TypeError: Scalar tensor has no `len()`")
    else:
        made = EagerTensor(to_array(value, wanted))
    return made if shape is None else _shaped(made, value, shape)


def _text(tensor: EagerTensor) -> str:
    """A tensor's value as messages show it."""
    array = tensor._array
    return str(array[()] if array.ndim == 0 else array)


def _shaped(made: EagerTensor, value: Any, shape: Any) -> EagerTensor:
    wanted = static_shape(shape)
    array = made._array
    count = int(np.prod(wanted))
    if array.shape == wanted:
        return made
    if array.size == count:
        return reshape(made, wanted) if isinstance(value, EagerTensor) else EagerTensor(array.reshape(wanted))
    if array.size == 1:
        return EagerTensor(np.broadcast_to(array.reshape(()), wanted))
    raise TypeError(
        f"Eager execution of tf.constant with unsupported shape. Tensor {_text(made)} (converted from {value}) "
        f"has {array.size} elements, but got `shape` {TensorShape(wanted)} with {count} elements)."
    )


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> EagerTensor:
    """``value`` as a tensor, connected to the tensors and variables in it.

    Raises:
        ValueError: a tensor of another type than ``dtype``, None, a ragged or mixed list.
        TypeError: a Python value that does not fit ``dtype``.
    """
    if dtype is None:
        if dtype_hint is not None and not convert.is_tensor_like(value):
            try:
                return to_tensor(value, dtypes.as_dtype(dtype_hint))
            except (TypeError, ValueError):
                return to_tensor(value)
        return to_tensor(value)
    return to_tensor(value, dtypes.as_dtype(dtype))


def is_tensor(x: Any) -> bool:
    """True for tensors, variables and indexed slices."""
    return convert.is_tensor_like(x)


def _filled(value: Any, shape: Any, dtype: Any) -> EagerTensor:
    kind = dtypes.as_dtype(dtype)
    sizes = static_shape(shape)
    for d in sizes:
        if d < 0:
            raise invalid("Fill", f"Dimension {d} must be >= 0")
    if kind is dtypes.string:
        if value:
            raise convert.cannot_convert(value, kind)
        value = b""
    return EagerTensor(np.full(sizes, value, kind.numpy))


def zeros(shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None) -> EagerTensor:
    """Zeros of a shape. Raises InvalidArgumentError for a negative size."""
    return _filled(0, shape, dtype)


def ones(shape: Any, dtype: Any = dtypes.float32, name: str | None = None, layout: Any = None) -> EagerTensor:
    """Ones of a shape. Raises InvalidArgumentError for a negative size, TypeError for strings."""
    return _filled(1, shape, dtype)


def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> EagerTensor:
    """``value``, a scalar, at each place of a tensor of shape ``dims``; a gradient reaches it."""
    x = to_tensor(value)
    sizes = static_shape(dims)
    for d in sizes:
        if d < 0:
            raise invalid("Fill", f"Dimension {d} must be >= 0", name=None)
    if x._array.ndim:
        raise invalid("Fill", f"value must represent a scalar, got shape {bracketed(x._array.shape)}", name=None)
    return execute(FILL, (x,), {"shape": sizes})


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> EagerTensor:
    """The identity matrix, repeated along ``batch_shape``. Raises TypeError for sizes that are no whole numbers."""
    if num_columns is None:
        num_columns = num_rows
    try:
        rows, columns = static_int(num_rows), static_int(num_columns)
    except TypeError:
        raise TypeError(
            "Arguments `num_rows` and `num_columns` must be positive integer values. "
            f"Received: num_rows={num_rows}, num_columns={num_columns}"
        ) from None
    matrix = np.eye(rows, columns, dtype=dtypes.as_dtype(dtype).numpy)
    batch = () if batch_shape is None else static_shape(batch_shape)
    return EagerTensor(np.broadcast_to(matrix, (*batch, rows, columns)))


# -- series --------------------------------------------------------------------------------------------------------


def range_(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str = "range") -> EagerTensor:
    """Numbers from ``start`` (0 with one argument) up to but without ``limit``, ``delta`` apart.

    Raises:
        InvalidArgumentError: a delta of 0 or of the wrong sign.
    """
    if limit is None:
        start, limit = 0, start
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    tensors = [to_tensor(v) if convert.is_tensor_like(v) else to_tensor(v, kind) for v in (start, limit, delta)]
    target = _widest(tensors) if kind is None else kind
    first, end, step = [cast(t, target) for t in tensors]
    for t, word in ((first, "start"), (end, "limit"), (step, "delta")):
        if t._array.ndim:
            raise invalid("Range", f"{word} must be a scalar, not shape {bracketed(t._array.shape)}")
    a, b, d = [t._array[()] for t in (first, end, step)]
    if d == 0:
        raise invalid("Range", f"Requires delta != 0: {d}")
    if (d > 0 and a > b) or (d < 0 and a < b):
        sign, relation = (">", "<=") if d > 0 else ("<", ">=")
        raise invalid("Range", f"Requires start {relation} limit when delta {sign} 0: {a:g}/{b:g}")
    return execute(RANGE, (first, end, step))


_ORDER = ("int32", "int64", "float32", "float64")


def _widest(tensors: list[EagerTensor]) -> DType:
    names = [t.dtype.name for t in tensors]
    known = [n for n in names if n in _ORDER]
    return dtypes.as_dtype(max(known, key=_ORDER.index)) if len(known) == len(names) else tensors[0].dtype


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: Any = 0) -> EagerTensor:
    """``num`` numbers from ``start`` to ``stop``, both included, along a new axis. Ints become float64.

    Raises:
        InvalidArgumentError: a negative number, or different types.
    """
    first = to_tensor(start)
    last = to_tensor(stop) if convert.is_tensor_like(stop) else to_tensor(stop, first.dtype)
    if first._array.dtype.kind in "iu":
        first, last = cast(first, dtypes.float64), cast(last, dtypes.float64)
    count = static_int(num)
    if count < 0:
        raise invalid("Range", f"Requires start <= limit when delta > 0: 1/{count}")
    if first._array.shape != last._array.shape:
        shape = np.broadcast_shapes(first._array.shape, last._array.shape)
        first, last = broadcast_to(first, shape), broadcast_to(last, shape)
    rank = first._array.ndim + 1
    return execute(LINSPACE, (first, last), {"num": count, "axis": static_int(axis) % rank})


# -- classes and lengths -------------------------------------------------------------------------------------------


def one_hot(
    indices: Any, depth: Any, on_value: Any = None, off_value: Any = None, axis: Any = None, dtype: Any = None,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Along a new axis of size ``depth`` (the last by default): ``on_value`` at the index, ``off_value`` elsewhere.

    Raises:
        TypeError: values of different types.
        InvalidArgumentError: indices that are no ints, a negative depth, no such axis.
    """
    at = to_tensor(indices)
    on, off = _on_and_off(on_value, off_value, dtype)
    if at.dtype.name not in ("uint8", "int8", "int32", "int64"):
        text = f"Value for attr 'TI' of {at.dtype.word} is not in the list of allowed values: uint8, int8, int32, int64"
        text += (
            "\n\t; NodeDef: {{node OneHot}}; Op<name=OneHot; signature=indices:TI, depth:int32, on_value:T, "
            "off_value:T -> output:T; attr=axis:int,default=-1; attr=T:type; attr=TI:type,default=DT_INT64,"
            "allowed=[DT_UINT8, DT_INT8, DT_INT32, DT_INT64]>"
        )
        raise invalid("OneHot", text, kernel=False, name="" if convert.is_tensor_like(indices) else None)
    size, rank = static_int(depth), at._array.ndim
    place = -1 if axis is None else static_int(axis)
    if size < 0:
        raise invalid("OneHot", f"depth must be non-negative, got: {size}", name=None)
    if not -1 <= place <= rank:
        raise invalid("OneHot", f"Expected axis to be -1 or between [0, {rank + 1}).  But received: {place}", name=None)
    return execute(ONE_HOT, (at, on, off), {"depth": size, "axis": place})


def _on_and_off(on: Any, off: Any, dtype: Any) -> tuple[EagerTensor, EagerTensor]:
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    a = None if on is None else convert_to_tensor(on, dtype_hint=wanted)
    b = None if off is None else convert_to_tensor(off, dtype_hint=wanted)
    for value, word in ((a, "on_value"), (b, "off_value")):
        if wanted is not None and value is not None and value.dtype is not wanted:
            raise TypeError(f"dtype {value.dtype} of {word} does not match dtype parameter {wanted}")
    if a is not None and b is not None and a.dtype is not b.dtype:
        raise TypeError(f"dtype {a.dtype} of on_value does not match dtype {b.dtype} of off_value")
    kind = wanted or (a.dtype if a is not None else b.dtype if b is not None else dtypes.float32)
    return (
        EagerTensor(np.array(1, kind.numpy)) if a is None else a,
        EagerTensor(np.array(0, kind.numpy)) if b is None else b,
    )


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool_, name: str | None = None) -> EagerTensor:
    """True in the first ``lengths[k]`` places of row ``k`` of ``maxlen`` (None: the longest), False after them."""
    sizes = to_tensor(lengths)
    longest = (int(sizes._array.max()) if sizes._array.size else 0) if maxlen is None else static_int(maxlen)
    mask = less(EagerTensor(np.arange(longest).astype(sizes._array.dtype)), expand_dims(sizes, -1))
    return cast(mask, dtype)  # type: ignore[no-any-return]
