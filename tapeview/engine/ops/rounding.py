"""Rounding, and questions about single numbers. No gradient passes through any of these."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.op import defop, execute
from tapeview.engine.ops.calls import unary
from tapeview.engine.tensor import EagerTensor

FLOOR = defop("Floor", np.floor, differentiable=False, inputs="x")
CEIL = defop("Ceil", np.ceil, differentiable=False, inputs="x")
ROUND = defop("Round", np.rint, differentiable=False, inputs="x")
RINT = defop("Rint", np.rint, differentiable=False, inputs="x")
IS_NAN = defop("IsNan", np.isnan, differentiable=False, inputs="x")
IS_INF = defop("IsInf", np.isinf, differentiable=False, inputs="x")
IS_FINITE = defop("IsFinite", np.isfinite, differentiable=False, inputs="x")


def floor(x: Any, name: str | None = None) -> EagerTensor:
    """The next whole number below. Raises InvalidArgumentError for ints."""
    return unary(FLOOR, x)


def ceil(x: Any, name: str | None = None) -> EagerTensor:
    """The next whole number above. Raises InvalidArgumentError for ints."""
    return unary(CEIL, x)


def round(x: Any, name: str | None = None) -> EagerTensor:
    """The nearest whole number; of two, the even one. Ints are returned as they are."""
    t = to_tensor(x)
    return t if t._array.dtype.kind in "iu" else execute(ROUND, (t,))


def rint(x: Any, name: str | None = None) -> EagerTensor:
    """The nearest whole number; of two, the even one. Raises InvalidArgumentError for ints."""
    return unary(RINT, x)


def is_nan(x: Any, name: str | None = None) -> EagerTensor:
    """Where there is no number. Raises InvalidArgumentError for ints."""
    return unary(IS_NAN, x)


def is_inf(x: Any, name: str | None = None) -> EagerTensor:
    """Where there is an infinity. Raises InvalidArgumentError for ints."""
    return unary(IS_INF, x)


def is_finite(x: Any, name: str | None = None) -> EagerTensor:
    """Where there is neither nan nor an infinity. Raises InvalidArgumentError for ints."""
    return unary(IS_FINITE, x)
