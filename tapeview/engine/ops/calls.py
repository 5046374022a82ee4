"""Calling ops of one or two operands: conversion of the arguments, and the check that the op takes their type."""

from __future__ import annotations

from typing import Any

from tapeview.engine import kernel_types
from tapeview.engine.convert import is_tensor_like, operands, to_tensor
from tapeview.engine.op import Op, execute_one, execute_pair
from tapeview.engine.tensor import EagerTensor


def binary(op: Op, x: Any, y: Any) -> EagerTensor:
    """Runs an op of two operands; what is no tensor is converted to the other's type.

    Raises:
        InvalidArgumentError: tensors of different types, or of a type the op has no kernel for.
    """
    if x.__class__ is EagerTensor and y.__class__ is EagerTensor and x._array.dtype is y._array.dtype:
        a, b = x, y
    else:
        a, b = operands(op.name, x, y)
    return checked_pair(op, a, b, x)


def checked_pair(op: Op, a: EagerTensor, b: EagerTensor, given: Any = None) -> EagerTensor:
    """Runs an op on two tensors of one type. Raises InvalidArgumentError for a type the op has no kernel for."""
    if a._array.dtype.kind != "f":
        kernel_types.check(op.name, a, given)
    return execute_pair(op, a, b)


def unary(op: Op, x: Any) -> EagerTensor:
    """Runs an op of one operand. Raises InvalidArgumentError for a type the op has no kernel for."""
    t = x if x.__class__ is EagerTensor else to_tensor(x)
    if t._array.dtype.kind != "f":
        kernel_types.check(op.name, t, x)
    return execute_one(op, t)


def as_given(x: Any, y: Any) -> tuple[EagerTensor, EagerTensor]:
    """Two operands of which the first is converted on its own and the second to the first one's type.

    Raises:
        ValueError, TypeError: the second does not convert.
    """
    a = to_tensor(x)
    return a, to_tensor(y, None if is_tensor_like(y) else a.dtype)
