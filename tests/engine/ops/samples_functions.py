"""Samples of the ops in ops/exponential.py, trigonometric.py and complex_numbers.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops import complex_numbers as z
from tapeview.engine.ops import elementwise as e
from tapeview.engine.ops import exponential as x
from tapeview.engine.ops import linalg
from tapeview.engine.ops import trigonometric as t
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_elementwise import APART, POSITIVE, X, Y, pair

INSIDE = values(2, 3, low=-0.9, high=0.9)
BEYOND_ONE = values(2, 3, low=1.1, high=3.0)


def one(f: Any, points: np.ndarray[Any, Any] = X) -> list[Sample]:
    """A table and a scalar; a function that complex numbers have is looked at there too."""
    return [sample(f, points), sample(f, points[0, 0])]


def analytic(f: Any, points: np.ndarray[Any, Any] = X) -> list[Sample]:
    """Also a complex argument, from which both parts come back."""

    def parts(re: Any, im: Any) -> Any:
        w = f(z.complex(re, im))
        return [z.real(w), z.imag(w)]

    return [*one(f, points), sample(parts, points, 0.3 * Y, half=False)]


def parts_of(*operands: Any, f: Any) -> list[Any]:
    half = len(operands) // 2
    w = f(*[z.complex(re, im) for re, im in zip(operands[:half], operands[half:], strict=True)])
    return [z.real(w), z.imag(w)]


def complex_pair(f: Any) -> list[Sample]:
    return [
        sample(parts_of, POSITIVE, APART, X, Y, f=f, half=False),
        sample(parts_of, POSITIVE[0], APART, X[0], Y, f=f, half=False),
    ]


def real_pair(f: Any) -> Sample:
    """A function of a complex number with a real result."""
    return sample(lambda a, b: f(z.complex(a, b)), X, Y, half=False)


SAMPLES: dict[str, list[Sample]] = {
    "Sqrt": analytic(x.sqrt, POSITIVE),
    "Rsqrt": analytic(x.rsqrt, POSITIVE),
    "Exp": analytic(x.exp),
    "Expm1": analytic(x.expm1),
    "Log": analytic(x.log, POSITIVE),
    "Log1p": analytic(x.log1p, POSITIVE),
    "Xlogy": pair(x.xlogy, POSITIVE, 0.5 + POSITIVE[::-1], row=POSITIVE[0]),
    "Xlog1py": pair(x.xlog1py, POSITIVE, POSITIVE[::-1], row=POSITIVE[0]),
    "Sigmoid": analytic(x.sigmoid),
    "Tanh": analytic(x.tanh),
    "Sin": analytic(t.sin),
    "Cos": analytic(t.cos),
    "Tan": analytic(t.tan, INSIDE),
    "Asin": analytic(t.asin, INSIDE),
    "Acos": analytic(t.acos, INSIDE),
    "Atan": analytic(t.atan),
    "Atan2": pair(t.atan2, APART, POSITIVE),
    "Sinh": analytic(t.sinh),
    "Cosh": analytic(t.cosh),
    "Asinh": analytic(t.asinh),
    "Acosh": analytic(t.acosh, BEYOND_ONE),
    "Atanh": analytic(t.atanh, INSIDE),
    "Real": [real_pair(lambda w: z.real(e.square(w)))],
    "Imag": [real_pair(lambda w: z.imag(e.square(w)))],
    "Conj": [real_pair(lambda w: z.real(z.conj(w) * e.square(w))), real_pair(lambda w: z.imag(z.conj(e.square(w))))],
    "Complex": [
        sample(lambda a, b: z.real(e.square(z.complex(a, b))), X, Y[0], half=False),
        *complex_pair(e.multiply),
        *complex_pair(e.divide),
        *complex_pair(e.power),
        real_pair(lambda w: z.real(linalg.matmul(w, e.square(w), transpose_b=True))),
    ],
    "ComplexAbs": [real_pair(e.abs), real_pair(lambda w: z.imag(e.sign(w)))],
    "Angle": [real_pair(z.angle), sample(lambda a, b: z.angle(z.complex(a, b)), -2.0, 0.5, half=False)],
}
