"""Matrix products and what belongs to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import convert
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _matmul(a: Array, b: Array, *, transpose_a: bool, transpose_b: bool) -> Array:
    return np.matmul(a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b)  # type: ignore[no-any-return]


def _matmul_rule_a(g: EagerTensor, y: EagerTensor, a: EagerTensor, b: EagerTensor, transpose_a: bool, transpose_b: bool) -> EagerTensor:
    if transpose_a:
        return matmul(b, g, transpose_a=transpose_b, transpose_b=True)
    return matmul(g, b, transpose_b=not transpose_b)


def _matmul_rule_b(g: EagerTensor, y: EagerTensor, a: EagerTensor, b: EagerTensor, transpose_a: bool, transpose_b: bool) -> EagerTensor:
    if transpose_b:
        return matmul(g, a, transpose_a=True, transpose_b=transpose_a)
    return matmul(a, g, transpose_a=not transpose_a)


_RULES = (_matmul_rule_a, _matmul_rule_b)
_FORMULAS = ("g @ bᵀ", "aᵀ @ g")
MATMUL = defop("MatMul", _matmul, _RULES, inputs="a b", formulas=_FORMULAS)
BATCH_MATMUL = defop("BatchMatMulV2", _matmul, _RULES, broadcasts=True, inputs="a b", formulas=_FORMULAS)


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: Any = None,
    name: str | None = None,
) -> EagerTensor:
    """The product of matrices (or of stacks of them). Raises InvalidArgumentError if sizes or types do not fit."""
    x = to_tensor(a)
    y = to_tensor(b) if convert.is_tensor_like(b) else to_tensor(b, x.dtype)
    return _run(x, y, transpose_a or adjoint_a, transpose_b or adjoint_b)


def matmul_operator(a: Any, b: Any) -> EagerTensor:
    """``a @ b``: what is no tensor takes the other's type."""
    x, y = convert.operands("MatMul", a, b)
    return _run(x, y, False, False)


def _run(x: EagerTensor, y: EagerTensor, transpose_a: bool, transpose_b: bool) -> EagerTensor:
    a, b = x._array, y._array
    if a.dtype != b.dtype:
        raise wrong_dtype("MatMul", 1, x.dtype.word, y.dtype.word)
    batched = a.ndim > 2 or b.ndim > 2
    op = BATCH_MATMUL if batched else MATMUL
    for k, array in enumerate((a, b)):
        if array.ndim < 2:
            raise invalid(op.name, f"In[{k}] ndims must be >= 2", wrapped="__MklMatMul")
    if a.shape[-2 if transpose_a else -1] != b.shape[-1 if transpose_b else -2]:
        text = f"Matrix size-incompatible: In[0]: {bracketed(a.shape)}, In[1]: {bracketed(b.shape)}"
        raise invalid(op.name, text, wrapped="__MklMatMul" if not batched else None)
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        text = f"In[0] and In[1] must have compatible batch dimensions: {bracketed(a.shape)} vs. {bracketed(b.shape)}"
        raise invalid(op.name, text) from None
    return execute(op, (x, y), {"transpose_a": bool(transpose_a), "transpose_b": bool(transpose_b)})
