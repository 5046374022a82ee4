"""Sine, cosine and their kin, circular and hyperbolic."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.op import defop
from tapeview.engine.ops.arithmetic import reciprocal
from tapeview.engine.ops.calls import binary, unary
from tapeview.engine.ops.elementwise import square
from tapeview.engine.ops.exponential import sqrt
from tapeview.engine.tensor import EagerTensor

SIN = defop("Sin", np.sin, (lambda g, y, x: g * cos(x),), inputs="x")
COS = defop("Cos", np.cos, (lambda g, y, x: -g * sin(x),), inputs="x")
TAN = defop("Tan", np.tan, (lambda g, y, x: g * square(reciprocal(cos(x))),), inputs="x", formulas=("g / cos(x) ** 2",))
ASIN = defop(
    "Asin",
    np.arcsin,
    (lambda g, y, x: g * reciprocal(sqrt(1 - square(x))),),
    inputs="x",
    formulas=("g / sqrt(1 - x ** 2)",),
)
ACOS = defop(
    "Acos",
    np.arccos,
    (lambda g, y, x: -g * reciprocal(sqrt(1 - square(x))),),
    inputs="x",
    formulas=("-g / sqrt(1 - x ** 2)",),
)
ATAN = defop(
    "Atan", np.arctan, (lambda g, y, x: g * reciprocal(1 + square(x)),), inputs="x", formulas=("g / (1 + x ** 2)",)
)
ATAN2 = defop(
    "Atan2", np.arctan2, broadcasts=True, inputs="a b",
    vjps=(lambda g, y, a, b: b * (g / (square(a) + square(b))),
          lambda g, y, a, b: -a * (g / (square(a) + square(b)))),
    formulas=("g * b / (a ** 2 + b ** 2)", "-g * a / (a ** 2 + b ** 2)"),
)  # fmt: skip
SINH = defop("Sinh", np.sinh, (lambda g, y, x: g * cosh(x),), inputs="x")
COSH = defop("Cosh", np.cosh, (lambda g, y, x: g * sinh(x),), inputs="x")
ASINH = defop("Asinh", np.arcsinh, (lambda g, y, x: g / cosh(y),), inputs="x")
ACOSH = defop("Acosh", np.arccosh, (lambda g, y, x: g / sinh(y),), inputs="x")
ATANH = defop(
    "Atanh", np.arctanh, (lambda g, y, x: g * reciprocal(1 - square(x)),), inputs="x", formulas=("g / (1 - x ** 2)",)
)


def sin(x: Any, name: str | None = None) -> EagerTensor:
    """The sine of an angle in radians."""
    return unary(SIN, x)


def cos(x: Any, name: str | None = None) -> EagerTensor:
    """The cosine of an angle in radians."""
    return unary(COS, x)


def tan(x: Any, name: str | None = None) -> EagerTensor:
    """The tangent of an angle in radians."""
    return unary(TAN, x)


def asin(x: Any, name: str | None = None) -> EagerTensor:
    """The angle whose sine is ``x``; nan beyond -1 and 1."""
    return unary(ASIN, x)


def acos(x: Any, name: str | None = None) -> EagerTensor:
    """The angle whose cosine is ``x``; nan beyond -1 and 1."""
    return unary(ACOS, x)


def atan(x: Any, name: str | None = None) -> EagerTensor:
    """The angle whose tangent is ``x``."""
    return unary(ATAN, x)


def atan2(y: Any, x: Any, name: str | None = None) -> EagerTensor:
    """The angle of the point (``x``, ``y``), between -pi and pi."""
    return binary(ATAN2, y, x)


def sinh(x: Any, name: str | None = None) -> EagerTensor:
    """The hyperbolic sine."""
    return unary(SINH, x)


def cosh(x: Any, name: str | None = None) -> EagerTensor:
    """The hyperbolic cosine."""
    return unary(COSH, x)


def asinh(x: Any, name: str | None = None) -> EagerTensor:
    """The inverse of the hyperbolic sine."""
    return unary(ASINH, x)


def acosh(x: Any, name: str | None = None) -> EagerTensor:
    """The inverse of the hyperbolic cosine; nan below 1."""
    return unary(ACOSH, x)


def atanh(x: Any, name: str | None = None) -> EagerTensor:
    """The inverse of the hyperbolic tangent; nan beyond -1 and 1."""
    return unary(ATANH, x)
