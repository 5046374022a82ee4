"""Special functions that NumPy does not have. All take an array of floats of any shape and keep its type.

The error function uses the rational approximations of W. J. Cody (1969); the gamma family is shifted to arguments of
10 and more, where its asymptotic series hold, and reflected at 0. Computed in float64: relative errors are about 1e-15
(for ``lgamma``, which has zeros at 1 and 2, the error is that small next to 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array

# Coefficients from the highest power down, numerator and denominator.
_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02,
     3.20937758913846947e03),
    (1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01,
     2.98635138197400131e02, 8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03,
     1.23033935479799725e03),
    (1.0, 1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
     3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03),
)  # fmt: skip
_LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip

_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
"""B(2), B(4), …"""
_ENOUGH = 10.0
"""From here on the asymptotic series have converged."""
_MOST_SHIFTS = 1 << 20


def _in_float64(function: Callable[..., Any]) -> Callable[..., Any]:
    """Computes in float64, in one dimension or more, and gives the type and the shape of the arguments."""

    def wrapped(*arrays: Array) -> Any:
        wide = np.broadcast_arrays(*[np.atleast_1d(np.asarray(a, np.float64)) for a in arrays])
        with np.errstate(all="ignore"):
            result = function(*wide)
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        return result.reshape(shape).astype(arrays[0].dtype)

    return wrapped


def _ratio(x: Array, coefficients: tuple[Sequence[float], Sequence[float]]) -> Any:
    return np.polyval(coefficients[0], x) / np.polyval(coefficients[1], x)


def _erfc_of_positive(x: Array) -> Any:
    """erfc for x > 0.46875."""
    result = np.empty_like(x)
    middle = x <= 4
    result[middle] = _ratio(x[middle], _MIDDLE)
    large = x[~middle]
    inverse = 1 / (large * large)
    result[~middle] = (1 / np.sqrt(np.pi) - inverse * _ratio(inverse, _LARGE)) / large
    # exp(-x²) in two factors, the first with an exact exponent: rounding x² would cost digits.
    coarse = np.trunc(x * 16) / 16
    return np.where(x < 27, np.exp(-coarse * coarse) * np.exp(-(x - coarse) * (x + coarse)) * result, 0.0)


def _erf(x: Array) -> Any:
    size = np.abs(x)
    small = size <= 0.46875
    result = np.empty_like(x)
    result[small] = x[small] * _ratio(x[small] ** 2, _SMALL)
    result[~small] = np.copysign(1 - _erfc_of_positive(size[~small]), x[~small])
    return np.where(np.isnan(x), x, result)


def _erfc(x: Array) -> Any:
    size = np.abs(x)
    small = size <= 0.46875
    result = np.empty_like(x)
    result[small] = 1 - x[small] * _ratio(x[small] ** 2, _SMALL)
    tail = _erfc_of_positive(size[~small])
    result[~small] = np.where(x[~small] > 0, tail, 2 - tail)
    return np.where(np.isnan(x), x, result)


def _reflected(x: Array) -> Any:
    """1 - x where x is below 0.5, else x."""
    return np.where(x < 0.5, 1 - x, x)


def _lgamma(x: Array) -> Any:
    z = _reflected(x)
    product = np.ones_like(z)
    for _ in range(int(_ENOUGH)):
        low = z < _ENOUGH
        product = np.where(low, product * z, product)
        z = np.where(low, z + 1, z)
    series = sum(b / (2 * k * (2 * k - 1) * z ** (2 * k - 1)) for k, b in enumerate(_BERNOULLI, 1))
    value = (z - 0.5) * (np.log(z) - 1) + (0.5 * np.log(2 * np.pi) - 0.5) + series - np.log(product)
    sine = np.abs(np.sin(np.pi * (x - np.round(x))))
    value = np.where(x < 0.5, np.log(np.pi) - np.log(sine) - value, value)
    return np.where(np.isinf(x) | ((x <= 0) & (x == np.floor(x))), np.inf, value)


def _digamma(x: Array) -> Any:
    z = _reflected(x)
    shift = np.zeros_like(z)
    for _ in range(int(_ENOUGH)):
        low = z < _ENOUGH
        shift = np.where(low, shift - 1 / z, shift)
        z = np.where(low, z + 1, z)
    series = sum(b / (2 * k * z ** (2 * k)) for k, b in enumerate(_BERNOULLI, 1))
    value = np.log(z) - 0.5 / z - series + shift
    value = np.where(x < 0.5, value - np.pi / np.tan(np.pi * (x - np.round(x))), value)
    return np.where((x <= 0) & (x == np.floor(x)), np.nan, value)


def _zeta(s: Array, q: Array) -> Any:
    z = np.array(q)
    total = np.zeros_like(z)
    for _ in range(_MOST_SHIFTS):
        low = z < _ENOUGH
        if not low.any():
            break
        total = np.where(low, total + z**-s, total)
        z = np.where(low, z + 1, z)
    total = total + z ** (1 - s) / (s - 1) + 0.5 * z**-s
    factor = s * z ** (-s - 1)
    factorial = 2.0
    for k, b in enumerate(_BERNOULLI, 1):
        total = total + b / factorial * factor
        factor = factor * (s + 2 * k - 1) * (s + 2 * k) / (z * z)
        factorial *= (2 * k + 1) * (2 * k + 2)
    total = np.where((q <= 0) & (q == np.floor(q)), np.inf, total)
    total = np.where(np.isinf(q) & (q > 0), 0.0, total)
    return np.where(s > 1, total, np.where(s == 1, np.inf, np.nan))


def _polygamma(n: Array, x: Array) -> Any:
    sign = np.where(n % 2 == 0, -1.0, 1.0)
    value = sign * np.exp(_lgamma(n + 1)) * _zeta(n + 1, x)
    value = np.where(n == 0, _digamma(x), value)
    return np.where((n >= 0) & (n == np.floor(n)), value, np.nan)


erf = _in_float64(_erf)
erfc = _in_float64(_erfc)
lgamma = _in_float64(_lgamma)
digamma = _in_float64(_digamma)
zeta = _in_float64(_zeta)
polygamma = _in_float64(_polygamma)
