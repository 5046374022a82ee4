"""More arithmetic: sums of many, divisions and products with a rule for 0, divisions that cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeview.engine import kernel_types
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.ops.calls import as_given, binary, unary
from tapeview.engine.ops.comparison import not_equal
from tapeview.engine.ops.elementwise import (
    DIV,
    FLOOR_DIV,
    cast,
    divide,
    floormod,
    identity,
    integer_division,
    multiply,
    square,
    true_operands,
)  # fmt: skip
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _add_n(*arrays: Array) -> Array:
    total = arrays[0]
    for array in arrays[1:]:
        total = np.add(total, array)
    return total


def zero_unless(condition: Array, array: Array) -> Array:
    """``array`` where the condition holds, else 0, of the same type."""
    return np.where(condition, array, array.dtype.type(0))


ADD_N = defop(
    "AddN", _add_n, vjp_all=lambda g, y, *inputs: [g] * len(inputs), formulas=("g",),
    doc="The sum of any number of tensors of one shape.",
)  # fmt: skip
DIV_NO_NAN = defop(
    "DivNoNan", lambda a, b: zero_unless(b != 0, np.divide(a, b)), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: divide_no_nan(g, b),
          lambda g, y, a, b: g * divide_no_nan(divide_no_nan(-a, b), b)),
    formulas=("g / b, 0 where b is 0", "-g * a / b ** 2, 0 where b is 0"),
)  # fmt: skip
MUL_NO_NAN = defop(
    "MulNoNan", lambda a, b: zero_unless(b != 0, np.multiply(a, b)), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: multiply_no_nan(g, b),
          lambda g, y, a, b: multiply_no_nan(a, g)),
    formulas=("g * b, 0 where b is 0", "g * a, 0 where g is 0"),
)  # fmt: skip
XDIVY = defop(
    "Xdivy", lambda a, b: zero_unless(a != 0, np.divide(a, b)), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g * xdivy(nonzero(a), b),
          lambda g, y, a, b: g * xdivy(-a, square(b))),
    formulas=("g / b, 0 where a is 0", "-g * a / b ** 2, 0 where a is 0"),
)  # fmt: skip
RECIPROCAL = defop(
    "Reciprocal", np.reciprocal, (lambda g, y, x: multiply_no_nan(-y * y, g),), inputs="x",
    formulas=("-g * y ** 2, 0 where g is 0",),
)  # fmt: skip
SQUARED_DIFFERENCE = defop(
    "SquaredDifference", lambda a, b: np.square(np.subtract(a, b)), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: 2 * g * (a - b),
          lambda g, y, a, b: 2 * g * (b - a)),
)  # fmt: skip


def _truncate_div(a: Array, b: Array) -> Any:
    if a.dtype.kind not in "iu":
        return np.trunc(np.divide(a, b))
    down = np.floor_divide(a, b)
    rounded_away = (down < 0) & (down * b != a)
    return np.add(down, rounded_away, dtype=a.dtype)


TRUNCATE_DIV = defop(
    "TruncateDiv", integer_division("TruncateDiv", _truncate_div), broadcasts=True, differentiable=False, inputs="a b"
)
TRUNCATE_MOD = defop(
    "TruncateMod", integer_division("TruncateMod", np.fmod), broadcasts=True, inputs="a b",
    doc="Has no gradient rule in TensorFlow: asking for its gradient is an error.",
)  # fmt: skip


def nonzero(x: EagerTensor) -> EagerTensor:
    """1 where ``x`` is not 0, else 0."""
    return cast(not_equal(x, 0), x.dtype)  # type: ignore[no-any-return]


def add_n(inputs: Any, name: str | None = None) -> EagerTensor:
    """The sum of tensors of one shape; a single one is returned as it is.

    Raises:
        ValueError: no inputs.
        InvalidArgumentError: different shapes or types.
    """
    if not isinstance(inputs, Iterable):
        raise TypeError(f"'{type(inputs).__name__}' object is not iterable")
    tensors = tuple(to_tensor(t) for t in inputs)
    if not tensors:
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."
        )
    if len(tensors) == 1:
        return identity(tensors[0]) if name else tensors[0]
    first = tensors[0]._array
    for k, t in enumerate(tensors):
        if t._array.dtype != first.dtype:
            raise wrong_dtype("AddN", k, tensors[0].dtype.word, t.dtype.word)
        if t._array.shape != first.shape:
            text = "Inputs to operation AddN of type AddN must have the same size and shape.  "
            text += f"Input 0: {bracketed(first.shape)} != input {k}: {bracketed(t._array.shape)}"
            raise invalid("AddN", text, wrapped=f"AddN_N_{len(tensors)}")
    kernel_types.check("AddN", tensors[0])
    return execute(ADD_N, tensors)


def accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None) -> EagerTensor:
    """The same as :func:`add_n`. Raises ValueError for anything but a list of tensors of one type."""
    if not isinstance(inputs, (list, tuple)) or not inputs or len({to_tensor(t).dtype for t in inputs}) > 1:
        raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
    return add_n(inputs, name)


def scalar_mul(scalar: Any, x: Any, name: str | None = None) -> Any:
    """``scalar * x``, also of indexed slices. Raises ValueError if ``scalar`` has a shape."""
    factor = to_tensor(scalar, None if is_tensor_like(scalar) else x.dtype)
    if factor._array.ndim:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {factor.shape}.")
    return multiply(factor, x)


def divide_no_nan(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x / y``, and 0 where ``y`` is 0, whatever ``x`` is there. Raises TypeError for different types or bools."""
    return execute(DIV_NO_NAN, true_operands(x, y, "tf.math.divide_no_nan"))


def multiply_no_nan(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x * y``, and 0 where ``y`` is 0, whatever ``x`` is there."""
    return binary(MUL_NO_NAN, *as_given(x, y))


def xdivy(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x / y``, and 0 where ``x`` is 0, whatever ``y`` is there."""
    return binary(XDIVY, x, y)


def truediv(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x / y``; ints become floats. Unlike with :func:`divide` the first argument is converted on its own."""
    return divide(to_tensor(x), y)


def div(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x / y`` as Python 2 had it: of ints rounded down, of floats a true division.

    Raises:
        ValueError, InvalidArgumentError: different types; ints divided by 0.
    """
    a, b = as_given(x, y)
    if a._array.dtype != b._array.dtype:
        raise TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}.")
    return binary(DIV if a._array.dtype.kind in "fc" else FLOOR_DIV, a, b)


mod = floormod


def truncatediv(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x / y``, cut toward zero. Raises InvalidArgumentError for ints divided by 0."""
    return binary(TRUNCATE_DIV, x, y)


def truncatemod(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """What :func:`truncatediv` leaves, with the sign of ``x``. Raises InvalidArgumentError for ints divided by 0."""
    return binary(TRUNCATE_MOD, x, y)


def reciprocal(x: Any, name: str | None = None) -> EagerTensor:
    """``1 / x``."""
    return unary(RECIPROCAL, x)


def reciprocal_no_nan(x: Any, name: str | None = None) -> EagerTensor:
    """``1 / x``, and 0 where ``x`` is 0."""
    t = to_tensor(x)
    return divide_no_nan(to_tensor(1, t.dtype), t)


def squared_difference(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``(x - y) ** 2``."""
    return binary(SQUARED_DIFFERENCE, x, y)
