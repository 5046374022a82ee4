"""The error function and the gamma family."""

from __future__ import annotations

import math
from typing import Any

from tapeview.engine import special
from tapeview.engine.convert import to_tensor
from tapeview.engine.op import defop
from tapeview.engine.ops.calls import binary, unary
from tapeview.engine.ops.elementwise import square
from tapeview.engine.ops.exponential import exp
from tapeview.engine.tensor import EagerTensor

TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

ERF = defop(
    "Erf", special.erf, (lambda g, y, x: g * TWO_OVER_ROOT_PI * exp(-square(x)),), inputs="x",
    formulas=("g * 2 / sqrt(pi) * exp(-x ** 2)",),
)  # fmt: skip
ERFC = defop(
    "Erfc", special.erfc, (lambda g, y, x: g * -TWO_OVER_ROOT_PI * exp(-square(x)),), inputs="x",
    formulas=("-g * 2 / sqrt(pi) * exp(-x ** 2)",),
)  # fmt: skip
LGAMMA = defop("Lgamma", special.lgamma, (lambda g, y, x: g * digamma(x),), inputs="x")
DIGAMMA = defop("Digamma", special.digamma, (lambda g, y, x: g * polygamma(1, x),), inputs="x")
POLYGAMMA = defop(
    "Polygamma", special.polygamma, (None, lambda g, y, n, x: g * polygamma(n + 1, x)), broadcasts=True, inputs="n x"
)
ZETA = defop("Zeta", special.zeta, (None, lambda g, y, s, q: g * -s * zeta(s + 1, q)), broadcasts=True, inputs="s q")


def erf(x: Any, name: str | None = None) -> EagerTensor:
    """The error function. Raises InvalidArgumentError for ints."""
    return unary(ERF, x)


def erfc(x: Any, name: str | None = None) -> EagerTensor:
    """``1 - erf(x)``, exact for large ``x``. Raises InvalidArgumentError for ints."""
    return unary(ERFC, x)


def lgamma(x: Any, name: str | None = None) -> EagerTensor:
    """The logarithm of the absolute value of the gamma function. Raises InvalidArgumentError for ints."""
    return unary(LGAMMA, x)


def digamma(x: Any, name: str | None = None) -> EagerTensor:
    """The derivative of ``lgamma``. Raises InvalidArgumentError for ints."""
    return unary(DIGAMMA, x)


def polygamma(a: Any, x: Any, name: str | None = None) -> EagerTensor:
    """The ``a``-th derivative of ``digamma``; nan unless ``a`` is 0, 1, 2, … Has no gradient with respect to ``a``."""
    return binary(POLYGAMMA, a, x)


def zeta(x: Any, q: Any, name: str | None = None) -> EagerTensor:
    """The sum of ``(q + k) ** -x`` over k = 0, 1, 2, …; nan for ``x`` below 1. No gradient with respect to ``x``."""
    return binary(ZETA, x, q)


def lbeta(x: Any, name: str | None = None) -> EagerTensor:
    """The logarithm of the beta function of the elements along the last axis."""
    from tapeview.engine.ops.reduction import reduce_sum

    t = to_tensor(x)
    return reduce_sum(lgamma(t), -1) - lgamma(reduce_sum(t, -1))  # type: ignore[no-any-return]
