"""Ops that look at a tensor and pass it on, or raise."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.shape import static_int
from tapeview.engine.tensor import Array, EagerTensor


def _check_numerics(x: Array, *, message: str) -> Array:
    nan, infinite = bool(np.isnan(x).any()), bool(np.isinf(x).any())
    if nan or infinite:
        found = " and ".join(word for word, there in (("Inf", infinite), ("NaN", nan)) if there)
        raise invalid("CheckNumerics", f"{message} : Tensor had {found} values")
    return x.view()


CHECK_NUMERICS: Op = defop(
    "CheckNumerics", _check_numerics, inputs="x", formulas=("g, which must be finite too",),
    vjps=(lambda g, y, x, message: check_numerics(
        g, f"Not a number (NaN) or infinity (Inf) values detected in gradient. {message}"),),
)  # fmt: skip


ENSURE_SHAPE = defop("EnsureShape", lambda x: x.view(), (lambda g, y, x: g,), inputs="x")


def check_numerics(tensor: Any, message: str, name: str | None = None) -> EagerTensor:
    """The tensor. Raises InvalidArgumentError if it, or later its gradient, has a NaN or an infinity."""
    return execute(CHECK_NUMERICS, (to_tensor(tensor),), {"message": message})


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> EagerTensor:
    """The tensor. Raises InvalidArgumentError unless it has this shape (None: any size)."""
    t = to_tensor(x)
    wanted = [None if d is None else static_int(d) for d in shape]
    if len(wanted) != t._array.ndim or any(w not in (None, d) for w, d in zip(wanted, t._array.shape, strict=True)):
        listed = ["[" + ",".join("?" if d is None else str(d) for d in s) + "]" for s in (t._array.shape, wanted)]
        text = f"Shape of tensor input {listed[0]} is not compatible with expected shape {listed[1]}."
        raise invalid("EnsureShape", text)
    return execute(ENSURE_SHAPE, (t,))
