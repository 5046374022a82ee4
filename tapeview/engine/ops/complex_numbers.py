"""Complex numbers: their parts, their length, their angle.

These ops are no functions of a complex variable in the sense of calculus: their rules say themselves what is
conjugated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.op import defop, execute
from tapeview.engine.ops.arithmetic import divide_no_nan, reciprocal
from tapeview.engine.ops.elementwise import cast, ones_like, zeros_like
from tapeview.engine.ops.select import where
from tapeview.engine.tensor import Array, EagerTensor


def _join(re: Array, im: Array) -> Array:
    out = np.empty(np.broadcast_shapes(re.shape, im.shape), np.result_type(re.dtype, np.complex64))
    out.real = re
    out.imag = im
    return out


REAL = defop("Real", np.real, (lambda g, y, z: cast(g, z.dtype),), inputs="z", analytic=False, formulas=("g",))
IMAG = defop(
    "Imag", np.imag, (lambda g, y, z: complex(zeros_like(g), g),), inputs="z", analytic=False, formulas=("i * g",)
)
CONJ = defop("Conj", np.conjugate, (lambda g, y, z: conj(g),), inputs="z", analytic=False)
COMPLEX = defop(
    "Complex", _join, broadcasts=True, inputs="re im", analytic=False,
    vjps=(lambda g, y, re, im: real(g),
          lambda g, y, re, im: imag(g)),
    formulas=("the real part of g", "the imaginary part of g"),
)  # fmt: skip
COMPLEX_ABS = defop(
    "ComplexAbs", np.abs, (lambda g, y, z: divide_no_nan(cast(g, z.dtype) * z, cast(y, z.dtype)),), inputs="z",
    formulas=("g * z / y, 0 where y is 0",), analytic=False,
)  # fmt: skip
ANGLE = defop(
    "Angle", np.angle, (lambda g, y, z: -cast(g, z.dtype) * reciprocal(complex(imag(z), real(z))),), inputs="z",
    analytic=False,
    formulas=("i * g / conj(z)",),
)  # fmt: skip


def real(input: Any, name: str | None = None) -> EagerTensor:
    """The real part; a real tensor is returned as it is. Raises TypeError for bools and strings."""
    t = to_tensor(input)
    if t._array.dtype.kind in "fiu":
        return t
    if t._array.dtype.kind != "c":
        raise TypeError(f"input must be a numeric tensor, but got tensor with dtype {t.dtype}")
    return execute(REAL, (t,))


def imag(input: Any, name: str | None = None) -> EagerTensor:
    """The imaginary part; zeros for a real tensor."""
    t = to_tensor(input)
    return execute(IMAG, (t,)) if t._array.dtype.kind == "c" else zeros_like(t)


def conj(x: Any, name: str | None = None) -> EagerTensor:
    """The number mirrored at the real axis; a real one as it is. Raises TypeError for bools and strings."""
    t = to_tensor(x)
    if t._array.dtype.kind == "c":
        return execute(CONJ, (t,))
    if t._array.dtype.kind in "fiu":
        return t
    raise TypeError(f"Expected numeric or variant tensor, got dtype {t.dtype!r}")


def complex(real: Any, imag: Any, name: str | None = None) -> EagerTensor:
    """The complex numbers with these parts. Raises TypeError unless both are float32 or both are float64."""
    re, im = to_tensor(real), to_tensor(imag)
    names = re.dtype.name, im.dtype.name
    if names not in (("float32", "float32"), ("float64", "float64")):
        raise TypeError(
            f"The `real` and `imag` components have incorrect types: {names[0]} {names[1]}. They must be consistent, "
            "and one of [tf.float32, tf.float64]"
        )
    return execute(COMPLEX, (re, im))


def angle(input: Any, name: str | None = None) -> EagerTensor:
    """The angle of a complex number; 0 or pi for a real one."""
    t = to_tensor(input)
    if t._array.dtype.kind == "c":
        return execute(ANGLE, (t,))
    return where(t < 0, np.pi * ones_like(t), zeros_like(t))


def complex_abs(z: EagerTensor) -> EagerTensor:
    """The length of a complex number, as a real one."""
    return execute(COMPLEX_ABS, (z,))


def direction(z: EagerTensor) -> EagerTensor:
    """``z`` over its length, and 0 at 0."""
    return divide_no_nan(z, cast(complex_abs(z), z.dtype))
