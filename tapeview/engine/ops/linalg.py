"""Matrix products and what belongs to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import convert, kernel_types
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import FailedPreconditionError, device, invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.ops.shape import expand_dims, reshape, squeeze, transpose
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _matmul(a: Array, b: Array, *, transpose_a: bool, transpose_b: bool) -> Any:
    return np.matmul(a.swapaxes(-1, -2) if transpose_a else a, b.swapaxes(-1, -2) if transpose_b else b)


def _matmul_rule_a(
    g: EagerTensor, y: EagerTensor, a: EagerTensor, b: EagerTensor, transpose_a: bool, transpose_b: bool
) -> EagerTensor:
    if transpose_a:
        return matmul(b, g, transpose_a=transpose_b, transpose_b=True)
    return matmul(g, b, transpose_b=not transpose_b)


def _matmul_rule_b(
    g: EagerTensor, y: EagerTensor, a: EagerTensor, b: EagerTensor, transpose_a: bool, transpose_b: bool
) -> EagerTensor:
    if transpose_b:
        return matmul(g, a, transpose_a=True, transpose_b=transpose_a)
    return matmul(a, g, transpose_a=not transpose_a)


_RULES = (_matmul_rule_a, _matmul_rule_b)
_FORMULAS = ("g @ bᵀ", "aᵀ @ g")
MATMUL = defop("MatMul", _matmul, _RULES, inputs="a b", formulas=_FORMULAS)
BATCH_MATMUL = defop("BatchMatMulV2", _matmul, _RULES, broadcasts=True, inputs="a b", formulas=_FORMULAS)


def _cross(a: Array, b: Array) -> Any:
    left, right = a[..., [1, 2, 0]], b[..., [1, 2, 0]]
    return (np.subtract(np.multiply(a, right), np.multiply(left, b)))[..., [1, 2, 0]]


CROSS = defop(
    "Cross", _cross, inputs="a b",
    vjps=(lambda g, y, a, b: cross(b, g),
          lambda g, y, a, b: cross(g, a)),
    formulas=("b × g", "g × a"),
)  # fmt: skip


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
    """The product of matrices (or of stacks of them, broadcast). ``adjoint``: transposed and conjugated.

    Raises:
        InvalidArgumentError: sizes or types that do not fit.
        ValueError: one matrix is to be both transposed and adjoint.
    """
    for side, both in (("a", transpose_a and adjoint_a), ("b", transpose_b and adjoint_b)):
        if both:
            text = f"Only one of `transpose_{side}` and `adjoint_{side}` can be True."
            raise ValueError(f"{text} Received `transpose_{side}`=True, `adjoint_{side}`=True.")
    x = to_tensor(a)
    y = convert.hinted(b, x.dtype)
    x, y = _conjugated(x, adjoint_a), _conjugated(y, adjoint_b)
    return _run(x, y, transpose_a or adjoint_a, transpose_b or adjoint_b)


def _conjugated(x: EagerTensor, wanted: bool) -> EagerTensor:
    if not wanted or x._array.dtype.kind != "c":
        return x
    from tapeview.engine.ops.complex_numbers import conj  # which needs this package's other tables

    return conj(x)


def matmul_operator(a: Any, b: Any) -> EagerTensor:
    """``a @ b``: what is no tensor takes the other's type."""
    if convert.is_tensor_like(a):
        x = to_tensor(a)
        y = to_tensor(b) if convert.is_tensor_like(b) else to_tensor(b, x.dtype)
    else:
        y = to_tensor(b)
        x = to_tensor(a, y.dtype)
    return _run(x, y, False, False)


def _run(x: EagerTensor, y: EagerTensor, transpose_a: bool, transpose_b: bool) -> EagerTensor:
    a, b = x._array, y._array
    batched = a.ndim > 2 or b.ndim > 2
    op = BATCH_MATMUL if batched else MATMUL
    if a.dtype != b.dtype:
        error = wrong_dtype(op.name, 1, x.dtype.word, y.dtype.word)
        if a.dtype == np.float32:  # TensorFlow has an implementation of its own for these
            error.message = error.message.replace("compute ", "compute _Mkl", 1)
        raise error
    if a.dtype.kind != "f":
        kernel_types.check(op.name, x)
    # TensorFlow's own implementation for float32 has a name and words of its own.
    own = a.dtype == np.float32
    wrapped = f"__Mkl{op.name}" if own else op.name
    if a.ndim < 2 or b.ndim < 2:
        raise invalid(op.name, _too_few_axes(a, b, own), wrapped=wrapped)
    if a.shape[-2 if transpose_a else -1] != b.shape[-1 if transpose_b else -2]:
        text = f"Matrix size-incompatible: In[0]: {bracketed(a.shape)}, In[1]: {bracketed(b.shape)}"
        raise invalid(op.name, text + (" 0 0" if own and batched else ""), wrapped=wrapped)
    if batched:
        try:
            np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        except ValueError:
            shapes = f"{bracketed(a.shape)} vs. {bracketed(b.shape)}"
            text = f"In[0] and In[1] must have compatible batch dimensions: {shapes}"
            raise invalid(op.name, text, wrapped=wrapped) from None
    return execute(op, (x, y), {"transpose_a": bool(transpose_a), "transpose_b": bool(transpose_b)})


def _too_few_axes(a: Array, b: Array, own: bool) -> str:
    if own:
        return f"In[{0 if a.ndim < 2 else 1}] ndims must be >= 2"
    if a.ndim == b.ndim:
        return f"In[0] and In[1] ndims must be == 2: {a.ndim}"
    return f"In[0] and In[1] has different ndims: {bracketed(a.shape)} vs. {bracketed(b.shape)}"


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> EagerTensor:
    """Matrix times vector (or stacks of them). Raises InvalidArgumentError if sizes or types do not fit."""
    x = to_tensor(a)
    v = to_tensor(b) if convert.is_tensor_like(b) else to_tensor(b, x.dtype)
    return squeeze(matmul(x, expand_dims(v, -1), transpose_a=transpose_a, adjoint_a=adjoint_a), axis=-1)


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> EagerTensor:
    """The last two axes swapped. Raises ValueError for a vector or a scalar."""
    x = to_tensor(a)
    rank = x._array.ndim
    if rank < 2:
        text = f"Received `a` = {np.asarray(x._array)} with shape: {x.shape}"
        raise ValueError(f"Argument `a` should be a (batch) matrix with rank >= 2.  {text}")
    return _conjugated(transpose(x, (*range(rank - 2), rank - 1, rank - 2)), conjugate)


def adjoint(matrix: Any, name: str | None = None) -> EagerTensor:
    """The last two axes swapped, the numbers conjugated. Raises ValueError for a vector or a scalar."""
    return matrix_transpose(matrix, conjugate=True)


def cross(a: Any, b: Any, name: str | None = None) -> EagerTensor:
    """The cross product of vectors of 3. Raises InvalidArgumentError or FailedPreconditionError for other shapes."""
    x, y = convert.operands("Cross", a, b)
    if x._array.shape != y._array.shape:
        shapes = f"{bracketed(x._array.shape)} vs. {bracketed(y._array.shape)}"
        raise invalid("Cross", f"Both inputs must be of same shape: {shapes}")
    if x._array.shape[-1:] != (3,):
        text = "Cross-products are only defined for 3-element vectors."
        raise FailedPreconditionError(None, None, f"{device('Cross')}{text} [Op:Cross] name: ")
    return execute(CROSS, (x, y))


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> EagerTensor:
    """Sums products over pairs of axes: an int (the last of ``a``, the first of ``b``) or two lists of axes.

    Raises:
        ValueError: lists of different lengths, more axes than there are.
        InvalidArgumentError: sizes or types that do not fit.
    """
    x = to_tensor(a)
    y = to_tensor(b) if convert.is_tensor_like(b) else to_tensor(b, x.dtype)
    from_a, from_b = _contracted(x, y, axes)
    left, free_a = _as_matrix(x, from_a, last=True)
    right, free_b = _as_matrix(y, from_b, last=False)
    product = _run(left, right, False, False)
    whole = (*free_a, *free_b)
    return product if product._array.shape == whole else reshape(product, whole)


def _contracted(x: EagerTensor, y: EagerTensor, axes: Any) -> tuple[list[int], list[int]]:
    if hasattr(axes, "_array"):
        axes = axes._array.tolist()
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        for t in (x, y):
            if axes > t._array.ndim:
                text = f"`axes` must not be larger than the number of dimensions of tensor {t._array}."
                raise ValueError(f"{text}  Received {axes}, vs tensor dimensions {t._array.ndim}.")
        return list(range(x._array.ndim - axes, x._array.ndim)), list(range(axes))
    if len(axes) != 2:
        raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
    first, second = ([int(v)] if isinstance(v, (int, np.integer)) else [int(k) for k in v] for v in axes)
    if len(first) != len(second):
        raise ValueError(f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}.")
    for numbers, t in ((first, x), (second, y)):
        if any(not -t._array.ndim <= k < t._array.ndim for k in numbers):
            raise IndexError("list index out of range")
    return [k % x._array.ndim for k in first], [k % y._array.ndim for k in second]


def _as_matrix(t: EagerTensor, summed: list[int], last: bool) -> tuple[EagerTensor, tuple[int, ...]]:
    """The tensor as a matrix whose columns (``last``) or rows are what is summed over; and the other sizes."""
    shape = t._array.shape
    free = [k for k in range(len(shape)) if k not in summed]
    order = free + summed if last else summed + free
    sizes = tuple(shape[k] for k in free)
    outer = int(np.prod(sizes, dtype=np.int64))
    inner = int(np.prod([shape[k] for k in summed], dtype=np.int64))
    matrix = (outer, inner) if last else (inner, outer)
    moved = t if order == list(range(len(shape))) else transpose(t, order)
    return moved if moved._array.shape == matrix else reshape(moved, matrix), sizes
