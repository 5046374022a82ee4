"""Comparisons and logic: ops whose results are bools. No gradient passes through them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, operands, to_array, to_tensor
from tapeview.engine.dtypes import bool_
from tapeview.engine.errors import InvalidArgumentError, wrong_dtype
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.calls import binary
from tapeview.engine.tensor import EagerTensor


def _compare(name: str, function: Any) -> Op:
    return defop(name, function, broadcasts=True, differentiable=False, inputs="a b")


EQUAL = _compare("Equal", np.equal)
NOT_EQUAL = _compare("NotEqual", np.not_equal)
LESS = _compare("Less", np.less)
LESS_EQUAL = _compare("LessEqual", np.less_equal)
GREATER = _compare("Greater", np.greater)
GREATER_EQUAL = _compare("GreaterEqual", np.greater_equal)
LOGICAL_AND = _compare("LogicalAnd", np.logical_and)
LOGICAL_OR = _compare("LogicalOr", np.logical_or)
LOGICAL_XOR = _compare("LogicalXor", np.logical_xor)
LOGICAL_NOT = defop("LogicalNot", np.logical_not, differentiable=False, inputs="x")


def _ordered(op: Op, x: Any, y: Any) -> EagerTensor:
    try:
        return binary(op, x, y)
    except InvalidArgumentError as error:
        if not (is_tensor_like(x) and is_tensor_like(y)):
            error.message = error.message.removesuffix(" name: ")
        raise


def equal(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x == y``, element by element."""
    return binary(EQUAL, x, y)


def not_equal(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x != y``, element by element."""
    return binary(NOT_EQUAL, x, y)


def less(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x < y``, element by element."""
    return _ordered(LESS, x, y)


def less_equal(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x <= y``, element by element."""
    return _ordered(LESS_EQUAL, x, y)


def greater(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x > y``, element by element."""
    return _ordered(GREATER, x, y)


def greater_equal(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x >= y``, element by element."""
    return _ordered(GREATER_EQUAL, x, y)


def _bools(op: Op, *values: Any) -> tuple[EagerTensor, ...]:
    """The operands of a logical op; what is no tensor is taken as bools, and must be."""
    tensors = [to_tensor(v) if is_tensor_like(v) else EagerTensor(to_array(v, bool_)) for v in values]
    for k, t in enumerate(tensors):
        if t._array.dtype.kind != "b":
            raise wrong_dtype(op.name, k, "bool", t.dtype.word)
    return tuple(tensors)


def logical_and(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x and y``, element by element. Raises InvalidArgumentError or TypeError unless both are bools."""
    return execute(LOGICAL_AND, _bools(LOGICAL_AND, x, y))


def logical_or(x: Any, y: Any, name: str | None = None) -> EagerTensor:
    """``x or y``, element by element. Raises InvalidArgumentError or TypeError unless both are bools."""
    return execute(LOGICAL_OR, _bools(LOGICAL_OR, x, y))


def logical_xor(x: Any, y: Any, name: str | None = "LogicalXor") -> EagerTensor:
    """Exactly one of ``x`` and ``y``, element by element. Raises as :func:`logical_or`."""
    a, b = _bools(LOGICAL_OR, x, y)
    return execute(LOGICAL_XOR, (a, b))


def logical_not(x: Any, name: str | None = None) -> EagerTensor:
    """``not x``, element by element. Raises InvalidArgumentError or TypeError unless they are bools."""
    return execute(LOGICAL_NOT, _bools(LOGICAL_NOT, x))


def equal_operator(x: Any, y: Any, op: Op) -> Any:
    """``==`` and ``!=``: shapes that do not fit are simply different."""
    a, b = operands(op.name, x, y)
    try:
        np.broadcast_shapes(a._array.shape, b._array.shape)
    except ValueError:
        return EagerTensor(np.array(op is NOT_EQUAL), op)
    return execute(op, (a, b))
