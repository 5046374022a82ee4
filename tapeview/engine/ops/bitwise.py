"""Ints, bit by bit. No gradient passes through these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import kernel_types
from tapeview.engine.convert import is_tensor_like, operands, to_tensor
from tapeview.engine.op import Op, defop, execute, execute_pair
from tapeview.engine.ops import comparison
from tapeview.engine.tensor import EagerTensor

BITWISE_AND = defop("BitwiseAnd", np.bitwise_and, broadcasts=True, differentiable=False, inputs="a b")
BITWISE_OR = defop("BitwiseOr", np.bitwise_or, broadcasts=True, differentiable=False, inputs="a b")
BITWISE_XOR = defop("BitwiseXor", np.bitwise_xor, broadcasts=True, differentiable=False, inputs="a b")
INVERT = defop("Invert", np.invert, differentiable=False, inputs="x")
LEFT_SHIFT = defop("LeftShift", np.left_shift, broadcasts=True, differentiable=False, inputs="a b")
RIGHT_SHIFT = defop("RightShift", np.right_shift, broadcasts=True, differentiable=False, inputs="a b")


def _binary(op: Op, x: Any, y: Any) -> EagerTensor:
    a, b = operands(op.name, x, y)
    kernel_types.check(op.name, a)
    return execute_pair(op, a, b)


def bitwise_and(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The bits both have. Raises InvalidArgumentError unless both are ints."""
    return _binary(BITWISE_AND, x, y)


def bitwise_or(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The bits one or both have. Raises InvalidArgumentError unless both are ints."""
    return _binary(BITWISE_OR, x, y)


def bitwise_xor(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The bits exactly one has. Raises InvalidArgumentError unless both are ints."""
    return _binary(BITWISE_XOR, x, y)


def invert(x: Any, name: str | None = None) -> EagerTensor:
    """The other bits. Raises InvalidArgumentError unless they are ints."""
    t = to_tensor(x)
    kernel_types.check("Invert", t)
    return execute(INVERT, (t,))


def left_shift(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The bits of ``x``, moved up by ``y`` places. Raises InvalidArgumentError unless both are ints."""
    return _binary(LEFT_SHIFT, x, y)


def right_shift(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """The bits of ``x``, moved down by ``y`` places. Raises InvalidArgumentError unless both are ints."""
    return _binary(RIGHT_SHIFT, x, y)


def _either(logical: Callable[..., EagerTensor], bitwise: Callable[..., EagerTensor]) -> Callable[..., EagerTensor]:
    """Python's ``&`` and its like: logic for bools, else bit by bit."""

    def operator(x: Any, *y: Any) -> EagerTensor:
        tensor = x if is_tensor_like(x) else y[0]
        return (logical if tensor._array.dtype.kind == "b" else bitwise)(x, *y)

    return operator


and_operator = _either(comparison.logical_and, bitwise_and)
or_operator = _either(comparison.logical_or, bitwise_or)
xor_operator = _either(comparison.logical_xor, bitwise_xor)
invert_operator = _either(comparison.logical_not, invert)
