"""Arithmetic, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import convert, dtypes
from tapeview.engine.convert import operands as operands
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import dtype_not_allowed, invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute, execute_one, execute_pair
from tapeview.engine.ops.calls import binary as binary
from tapeview.engine.ops.calls import checked_pair
from tapeview.engine.ops.calls import unary as unary
from tapeview.engine.tensor import Array, EagerTensor

FLOATS = ("bfloat16", "half", "float", "double", "complex64", "complex128")


def float_unary(op: Op, x: Any, allowed: tuple[str, ...] = FLOATS) -> EagerTensor:
    """Runs an op of one operand that has no kernel for ints. Raises InvalidArgumentError for an int."""
    t = x if x.__class__ is EagerTensor else to_tensor(x)
    if t._array.dtype.kind not in "fc":
        raise dtype_not_allowed(op.name, t.dtype.word, allowed)
    return execute_one(op, t)


# -- the table -----------------------------------------------------------------------------------------------------

ADD = defop(
    "AddV2", np.add, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g,
          lambda g, y, a, b: g),
)  # fmt: skip
ADD_TEXTS = defop(
    "Add", lambda a, b: np.asarray(np.add(a, b), object), broadcasts=True, differentiable=False, inputs="a b",
    doc="Joins texts.",
)  # fmt: skip
SUB = defop(
    "Sub", np.subtract, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g,
          lambda g, y, a, b: -g),
)  # fmt: skip
MUL = defop(
    "Mul", np.multiply, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g * b,
          lambda g, y, a, b: g * a),
)  # fmt: skip
DIV = defop(
    "RealDiv", np.divide, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g / b,
          lambda g, y, a, b: g * (-a / b / b)),
    formulas=("g / b", "-g * a / b ** 2"),
)  # fmt: skip
NEG = defop("Neg", np.negative, (lambda g, y, x: -g,), inputs="x")
SQUARE = defop("Square", np.square, (lambda g, y, x: g * (2 * x),), inputs="x", formulas=("2 * g * x",))
ABS = defop("Abs", np.abs, (lambda g, y, x: g * sign(x),), inputs="x")
SIGN = defop("Sign", np.sign, (lambda g, y, x: zeros_like(x),), inputs="x", formulas=("0",))


def _pow(a: Array, b: Array) -> Any:
    if a.dtype.kind in "iu" and b.size and b.min() < 0:
        raise invalid("Pow", "Integers to negative integer powers are not allowed")
    return np.power(a, b)


POW = defop(
    "Pow", _pow, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g * b * power(a, b - 1),
          lambda g, y, a, b: g * y * safe_log(a)),
    formulas=("g * b * a ** (b - 1)", "g * y * log(a), with log(a) = 0 where a <= 0"),
)  # fmt: skip


def _safe_log(x: Array) -> Any:
    usable = x > 0 if x.dtype.kind == "f" else x != 0
    one, zero = x.dtype.type(1), x.dtype.type(0)
    return np.where(usable, np.log(np.where(usable, x, one)), zero)


def _safe_reciprocal(x: Array) -> Any:
    usable = x > 0 if x.dtype.kind == "f" else x != 0
    one, zero = x.dtype.type(1), x.dtype.type(0)
    return np.where(usable, np.divide(one, np.where(usable, x, one)), zero)


SAFE_LOG = defop(
    "SafeLog", _safe_log, (lambda g, y, x: g * divide_no_nan_positive(x),), inputs="x",
    formulas=("g / x where x > 0, else 0",),
    doc="The logarithm that Pow's gradient uses: 0 where there is none.",
)  # fmt: skip
SAFE_RECIPROCAL = defop(
    "SafeReciprocal", _safe_reciprocal, (lambda g, y, x: -g * y * y,), inputs="x", doc="1 / x where x > 0, else 0.",
)  # fmt: skip


def integer_division(name: str, function: Any) -> Any:
    """A kernel that refuses to divide ints by 0."""

    def forward(a: Array, b: Array) -> Array:
        if a.dtype.kind in "iu" and not np.all(b):
            raise invalid(name, "Integer division by zero")
        return function(a, b)  # type: ignore[no-any-return]

    return forward


def _floor_divide(a: Array, b: Array) -> Any:
    # For floats NumPy's own says nan to inf // 2.
    return np.floor(np.divide(a, b)) if a.dtype.kind == "f" else np.floor_divide(a, b)


FLOOR_DIV = defop(
    "FloorDiv", integer_division("FloorDiv", _floor_divide), broadcasts=True, differentiable=False, inputs="a b"
)
FLOOR_MOD = defop(
    "FloorMod", integer_division("FloorMod", np.mod), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g,
          lambda g, y, a, b: -g * floordiv(a, b)),
)  # fmt: skip
ZEROS_LIKE = defop("ZerosLike", np.zeros_like, inputs="x", differentiable=False)
ONES_LIKE = defop("OnesLike", np.ones_like, inputs="x", differentiable=False)
IDENTITY = defop("Identity", lambda x: x.view(), (lambda g, y, x: g,), inputs="x")
STOP_GRADIENT = defop("StopGradient", lambda x: x.view(), inputs="x", differentiable=False)


def _cast(x: Array, *, to: str) -> Any:
    target = np.dtype(to)
    if x.dtype.kind == "f" and target.kind in "iu":
        low = np.iinfo(target).min
        fits = np.isfinite(x) & (x < -float(low) if target.kind == "i" else x <= np.iinfo(target).max) & (x >= low)
        return np.where(fits, np.where(fits, x, 0).astype(target), low).astype(target)
    if x.dtype.kind == "c" and target.kind in "iuf":
        x = x.real
    return x.astype(target)


CAST = defop(
    "Cast", _cast, (lambda g, y, x, to: cast(g, x.dtype) if y._array.dtype.kind in "fc" else None,), inputs="x",
    formulas=("g, cast to x's type",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def add(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x + y``; the first argument is converted on its own."""
    if x.__class__ is EagerTensor and y.__class__ is EagerTensor:
        dtype = x._array.dtype
        if dtype is y._array.dtype and dtype.kind == "f":
            return execute_pair(ADD, x, y)
    a = to_tensor(x)
    b = convert.hinted(y, a.dtype)
    if a._array.dtype != b._array.dtype:
        raise wrong_dtype("AddV2", 1, a.dtype.word, b.dtype.word)
    return sum_of(a, b)


def sum_of(a: EagerTensor, b: EagerTensor) -> EagerTensor:
    """The sum of two tensors of one type; texts are joined."""
    return execute_pair(ADD_TEXTS, a, b) if a._array.dtype.kind == "O" else checked_pair(ADD, a, b)


def subtract(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x - y``."""
    return binary(SUB, x, y)


def multiply(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x * y``."""
    return binary(MUL, x, y)


_TO_FLOAT = dict.fromkeys(("int8", "int16", "uint8", "uint16"), dtypes.float32)
_TO_FLOAT |= dict.fromkeys(("int32", "int64", "uint32", "uint64"), dtypes.float64)
_DIVISIBLE = "uint8 int8 uint16 int16 uint32 int32 uint64 int64 bfloat16 float16 float32 float64 complex64 complex128"


def divide(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x / y``, true division: ints become floats (float64 from 32 bits on).

    Raises:
        TypeError: tensors of different types, or bools.
    """
    # The common cases: floats of one type, and a float tensor with a Python number on either side.
    if x.__class__ is EagerTensor and x._array.dtype.kind == "f":
        dtype = x._array.dtype
        if y.__class__ is EagerTensor:
            if dtype is y._array.dtype:
                return execute_pair(DIV, x, y)
        elif y.__class__ is float or y.__class__ is int:
            return execute_pair(DIV, x, EagerTensor(np.array(y, dtype)))
    elif y.__class__ is EagerTensor and y._array.dtype.kind == "f" and (x.__class__ is float or x.__class__ is int):
        return execute_pair(DIV, EagerTensor(np.array(x, y._array.dtype)), y)
    return execute(DIV, true_operands(x, y, "__truediv__"))


def true_operands(x: Any, y: Any, where: str) -> tuple[EagerTensor, EagerTensor]:
    """Numerator and denominator for a true division; ``where`` names the division in the message about bools."""
    if convert.is_tensor_like(x):
        a = to_tensor(x)
        b = to_tensor(y) if convert.is_tensor_like(y) else _divisor(y, a)
    elif convert.is_tensor_like(y):
        b = to_tensor(y)
        a = to_tensor(x, b.dtype)
    else:
        a = to_tensor(x)
        b = _divisor(y, a)
    if a._array.dtype != b._array.dtype:
        raise TypeError(f"`x` and `y` must have the same dtype, got {a.dtype!r} != {b.dtype!r}.")
    target = _TO_FLOAT.get(a.dtype.name)
    if target is not None:
        return cast(a, target), cast(b, target)
    if a._array.dtype.kind not in "fc":
        listed = ", ".join(f"tf.{n}" for n in _DIVISIBLE.split())
        raise TypeError(f"Invalid dtype {a.dtype!r} in {where}. Expected one of {{{listed}}}.")
    return a, b


def _divisor(value: Any, beside: EagerTensor) -> EagerTensor:
    if isinstance(value, float) and beside._array.dtype.kind in "iu":
        return to_tensor(value)
    return to_tensor(value, beside.dtype)


def floordiv(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x // y``, rounded down. Raises InvalidArgumentError for ints divided by 0."""
    return binary(FLOOR_DIV, x, y)


def floormod(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x % y``, with the sign of ``y``. Raises InvalidArgumentError for ints divided by 0."""
    return binary(FLOOR_MOD, x, y)


def negative(x: Any, name: str | None = None) -> EagerTensor:
    """``-x``."""
    if hasattr(x, "_densify"):
        return -x  # type: ignore[no-any-return]
    return unary(NEG, x)


def square(x: Any, name: str | None = None) -> EagerTensor:
    """``x * x``."""
    return unary(SQUARE, x)


def abs(x: Any, name: str | None = None) -> EagerTensor:
    """The absolute value; of a complex number its length, which is real."""
    t = x if x.__class__ is EagerTensor else to_tensor(x)
    if t._array.dtype.kind == "c":
        from tapeview.engine.ops.complex_numbers import complex_abs  # which needs this module

        return complex_abs(t)
    return unary(ABS, t)


def sign(x: Any, name: str | None = None) -> EagerTensor:
    """-1, 0 or 1; of a complex number, the number over its length. The gradient of the former is 0, not None."""
    t = x if x.__class__ is EagerTensor else to_tensor(x)
    if t._array.dtype.kind == "c":
        from tapeview.engine.ops.complex_numbers import direction  # which needs this module

        return direction(t)
    return unary(SIGN, t)


def power(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x ** y``. Raises InvalidArgumentError for ints with a negative exponent."""
    return binary(POW, x, y)


def safe_log(x: Any) -> EagerTensor:
    """log(x) where x > 0, else 0."""
    return unary(SAFE_LOG, x)


def divide_no_nan_positive(x: Any) -> EagerTensor:
    """1 / x where x > 0, else 0."""
    return unary(SAFE_RECIPROCAL, x)


def zeros_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> EagerTensor:
    """Zeros of ``input``'s shape."""
    x = to_tensor(input)
    return execute(ZEROS_LIKE, (x if dtype is None else cast(x, dtype),))


def ones_like(input: Any, dtype: Any = None, name: str | None = None, layout: Any = None) -> EagerTensor:
    """Ones of ``input``'s shape."""
    x = to_tensor(input)
    return execute(ONES_LIKE, (x if dtype is None else cast(x, dtype),))


def identity(input: Any, name: str | None = None) -> EagerTensor:
    """A new tensor with the same value."""
    return unary(IDENTITY, input)


def stop_gradient(input: Any, name: str | None = None) -> EagerTensor:
    """A new tensor with the same value, through which no gradient flows."""
    return unary(STOP_GRADIENT, input)


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """``x`` in another type; ``x`` itself if it has that type. Floats become ints by cutting."""
    target = dtypes.as_dtype(dtype)
    if convert.is_tensor_like(x) and not hasattr(x, "_densify") and x._array.dtype == target.numpy:
        return x
    t = to_tensor(x)
    if t._array.dtype == target.numpy:
        return t
    if t._array.dtype.kind == "O" or target is dtypes.string:
        from tapeview.engine.errors import UnimplementedError, device

        raise UnimplementedError(
            None, None, f"{device('Cast')}Cast {t.dtype.word} to {target.word} is not supported [Op:Cast] name: "
        )
    return execute(CAST, (t,), {"to": target.numpy.str})
