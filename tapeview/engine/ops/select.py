"""``where``: one of two values at each place, or the places themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, operands, to_array, to_tensor
from tapeview.engine.dtypes import bool_
from tapeview.engine.errors import InvalidArgumentError, invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import EagerTensor

SELECT = defop(
    "SelectV2", np.where, broadcasts=True, inputs="condition a b",
    vjps=(None,
          lambda g, y, condition, a, b: where(condition, g, 0),
          lambda g, y, condition, a, b: where(condition, 0, g)),
    formulas=("", "g where the condition holds, else 0", "0 where the condition holds, else g"),
)  # fmt: skip
WHERE = defop("Where", lambda x: np.argwhere(x).astype(np.int64), differentiable=False, inputs="condition")


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> EagerTensor:
    """``x`` where the condition holds, else ``y``, broadcast; without them the indices where it holds, as int64 rows.

    Raises:
        ValueError: only one of ``x`` and ``y``.
        InvalidArgumentError: shapes or types that do not fit.
    """
    if x is None and y is None:
        return execute(WHERE, (_condition(condition, any_type=True),))
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    # The gradient rules call this with a tensor and a 0: such calls take the short way.
    if condition.__class__ is EagerTensor and condition._array.dtype.kind == "b":
        chosen = condition
    else:
        chosen = _condition(condition)
    lists = any(isinstance(v, (list, tuple)) for v in (condition, x, y))
    try:
        a, b = operands("SelectV2", x, y)
    except InvalidArgumentError:
        expected, got = to_tensor(x), to_tensor(y)
        raise wrong_dtype("SelectV2", 2, expected.dtype.word, got.dtype.word, None if lists else "") from None
    try:
        return execute(SELECT, (chosen, a, b))
    except InvalidArgumentError:
        shapes = [bracketed(t._array.shape) for t in (chosen, a, b)]
        text = f"condition {shapes[0]}, then {shapes[1]}, and else {shapes[2]} must be broadcastable"
        raise invalid("SelectV2", text, name=None if lists else "") from None


def _condition(value: Any, any_type: bool = False) -> EagerTensor:
    if is_tensor_like(value) or any_type or isinstance(value, (np.ndarray, np.generic)):
        tensor = to_tensor(value)
        if not any_type and tensor._array.dtype.kind != "b":
            raise wrong_dtype("SelectV2", 0, "bool", tensor.dtype.word)
        return tensor
    return EagerTensor(to_array(value, bool_))
