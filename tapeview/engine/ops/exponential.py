"""Powers, exponentials and logarithms, and the two curves made of them: sigmoid and tanh."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.op import defop
from tapeview.engine.ops.arithmetic import multiply_no_nan, nonzero, reciprocal, xdivy, zero_unless
from tapeview.engine.ops.calls import binary, unary
from tapeview.engine.tensor import Array, EagerTensor

SQRT = defop(
    "Sqrt", np.sqrt, (lambda g, y, x: xdivy(0.5 * g, y),), inputs="x", formulas=("g / (2 * y), 0 where g is 0",)
)  # fmt: skip
RSQRT = defop(
    "Rsqrt", lambda x: np.reciprocal(np.sqrt(x)), (lambda g, y, x: multiply_no_nan(-0.5 * y * y * y, g),), inputs="x",
    formulas=("-g / 2 * y ** 3, 0 where g is 0",),
)  # fmt: skip
EXP = defop("Exp", np.exp, (lambda g, y, x: g * y,), inputs="x")
EXPM1 = defop("Expm1", np.expm1, (lambda g, y, x: g * exp(x),), inputs="x")
LOG = defop("Log", np.log, (lambda g, y, x: g * reciprocal(x),), inputs="x", formulas=("g / x",))
LOG1P = defop("Log1p", np.log1p, (lambda g, y, x: g * reciprocal(1 + x),), inputs="x", formulas=("g / (1 + x)",))
XLOGY = defop(
    "Xlogy", lambda a, b: zero_unless(a != 0, np.multiply(a, np.log(b))), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g * xlogy(nonzero(a), b),
          lambda g, y, a, b: g * xdivy(a, b)),
    formulas=("g * log(b), 0 where a is 0", "g * a / b, 0 where a is 0"),
)  # fmt: skip
XLOG1PY = defop(
    "Xlog1py", lambda a, b: zero_unless(a != 0, np.multiply(a, np.log1p(b))), broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: g * xlog1py(nonzero(a), b),
          lambda g, y, a, b: g * xdivy(a, b + 1)),
    formulas=("g * log(1 + b), 0 where a is 0", "g * a / (1 + b), 0 where a is 0"),
)  # fmt: skip


def _sigmoid(x: Array) -> Any:
    one = x.dtype.type(1)
    return np.divide(one, np.add(one, np.exp(np.negative(x))))


SIGMOID = defop("Sigmoid", _sigmoid, (lambda g, y, x: g * (y * (1 - y)),), inputs="x", formulas=("g * y * (1 - y)",))
TANH = defop("Tanh", np.tanh, (lambda g, y, x: g * (1 - y * y),), inputs="x")


def sqrt(x: Any, name: str | None = None) -> EagerTensor:
    """The square root; nan for negative numbers."""
    return unary(SQRT, x)


def rsqrt(x: Any, name: str | None = None) -> EagerTensor:
    """``1 / sqrt(x)``."""
    return unary(RSQRT, x)


def exp(x: Any, name: str | None = None) -> EagerTensor:
    """``e ** x``."""
    return unary(EXP, x)


def expm1(x: Any, name: str | None = None) -> EagerTensor:
    """``exp(x) - 1``, exact for small ``x``."""
    return unary(EXPM1, x)


def log(x: Any, name: str | None = None) -> EagerTensor:
    """The natural logarithm; nan for negative numbers."""
    return unary(LOG, x)


def log1p(x: Any, name: str | None = None) -> EagerTensor:
    """``log(1 + x)``, exact for small ``x``."""
    return unary(LOG1P, x)


def xlogy(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x * log(y)``, and 0 where ``x`` is 0, whatever ``y`` is there."""
    return binary(XLOGY, x, y)


def xlog1py(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x * log(1 + y)``, and 0 where ``x`` is 0, whatever ``y`` is there."""
    return binary(XLOG1PY, x, y)


def sigmoid(x: Any, name: str | None = None) -> EagerTensor:
    """``1 / (1 + exp(-x))``."""
    return unary(SIGMOID, x)


def tanh(x: Any, name: str | None = None) -> EagerTensor:
    """The hyperbolic tangent."""
    return unary(TANH, x)
