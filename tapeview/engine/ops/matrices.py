"""Inverses, determinants and factorizations of square matrices, or of stacks of them.

The rules hold for complex matrices as they stand: an adjoint is a conjugated transpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import kernel_types
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute, execute_many
from tapeview.engine.ops.diagonals import band_part, diag_part, set_diag
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.exponential import log
from tapeview.engine.ops.linalg import adjoint, matmul
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import expand_dims
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def wide(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a kernel for float16 in float32, which is the smallest type LAPACK has."""

    def forward(*arrays: Array, **attrs: Any) -> Any:
        if arrays[0].dtype != np.float16:
            return kernel(*arrays, **attrs)
        result = kernel(*[a.astype(np.float32) for a in arrays], **attrs)
        if isinstance(result, tuple):
            return tuple([r.astype(np.float16) for r in result])
        return result.astype(np.float16)

    return forward


def _adjoint(x: Array) -> Any:
    swapped = x.swapaxes(-1, -2)
    return np.conjugate(swapped) if x.dtype.kind == "c" else swapped


@wide
def _inverse(x: Array) -> Any:
    try:
        found = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise invalid("MatrixInverse", "Input is not invertible.") from None
    return found


@wide
def _slogdet(x: Array) -> Any:
    return tuple(np.linalg.slogdet(x))


@wide
def _solve(a: Array, b: Array, *, adjoint: bool) -> Any:
    try:
        return np.linalg.solve(_adjoint(a) if adjoint else a, b)
    except np.linalg.LinAlgError:
        raise invalid("MatrixSolve", "Input matrix is not invertible.") from None


def _triangular_solve(a: Array, b: Array, *, lower: bool, adjoint: bool) -> Any:
    """Row by row, each from those already found; what stands in the other triangle is not looked at."""
    matrix = _adjoint(a) if adjoint else a
    rows = range(a.shape[-1])
    if lower == adjoint:
        rows = rows[::-1]
    found = np.zeros(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + b.shape[-2:], b.dtype)
    done: list[int] = []
    with np.errstate(all="ignore"):
        for k in rows:
            known = np.matmul(matrix[..., k : k + 1, done], found[..., done, :])[..., 0, :]
            found[..., k, :] = (b[..., k, :] - known) / matrix[..., k, k, np.newaxis]
            done.append(k)
    return found


@wide
def _cholesky(x: Array) -> Any:
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        pass
    # TensorFlow gives nan for a matrix that has none, and the others their factor.
    out = np.tril(np.full_like(x, np.nan))
    for index in np.ndindex(x.shape[:-2]):
        try:
            out[index] = np.linalg.cholesky(x[index])
        except np.linalg.LinAlgError:
            continue
    return out


# -- rules ---------------------------------------------------------------------------------------------------------


def _as_factor(g: EagerTensor) -> EagerTensor:
    """A number for each matrix, shaped to multiply it."""
    return expand_dims(expand_dims(g, -1), -1)


def _det_rule(g: Any, y: Any, x: EagerTensor) -> Any:
    from tapeview.engine.ops.complex_numbers import conj  # which needs this package's other tables

    return _as_factor(g * conj(y)) * adjoint(inv(x))


def _slogdet_rule(gs: Any, ys: Any, x: EagerTensor) -> Any:
    return _as_factor(gs[1]) * adjoint(inv(x))


def _solve_rule_a(
    g: Any, y: EagerTensor, a: EagerTensor, b: EagerTensor, backward: Callable[..., EagerTensor], adjoint: bool
) -> EagerTensor:
    through_b = backward(a, g, adjoint=not adjoint)
    product = matmul(y, through_b, adjoint_b=True) if adjoint else matmul(through_b, y, adjoint_b=True)
    return -product  # type: ignore[no-any-return]


def _triangle(x: EagerTensor, lower: bool) -> EagerTensor:
    return band_part(x, -1, 0) if lower else band_part(x, 0, -1)


def _triangular_rule_a(g: Any, y: Any, a: Any, b: Any, lower: bool, adjoint: bool) -> EagerTensor:
    def backward(a: Any, g: Any, adjoint: bool) -> EagerTensor:
        return triangular_solve(a, g, lower=lower, adjoint=adjoint)

    return _triangle(_solve_rule_a(g, y, a, b, backward, adjoint), lower)


def _cholesky_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor) -> Any:
    """y⁻ᴴ Φ(yᴴ g) y⁻¹, symmetric; Φ keeps the lower triangle and half the diagonal."""
    middle = matmul(y, g, adjoint_a=True)
    middle = band_part(set_diag(middle, 0.5 * diag_part(middle)), -1, 0)
    size = y._array.shape[-1]
    identity = EagerTensor(np.broadcast_to(np.eye(size, dtype=y._array.dtype), y._array.shape))
    inverse = triangular_solve(y, identity)
    half = matmul(matmul(inverse, middle, adjoint_a=True), inverse)
    return (half + adjoint(half)) * 0.5


# -- the table -----------------------------------------------------------------------------------------------------

INVERSE: Op = defop(
    "MatrixInverse", _inverse,
    (lambda g, y, x: -matmul(y, matmul(g, y, adjoint_b=True), adjoint_a=True),), inputs="x", analytic=False,
    formulas=("-yᵀ @ g @ yᵀ",),
)  # fmt: skip
DETERMINANT = defop(
    "MatrixDeterminant", wide(np.linalg.det), (_det_rule,), inputs="x", analytic=False, formulas=("g * y * inv(x)ᵀ",)
)
LOG_DETERMINANT = defop(
    "LogMatrixDeterminant", _slogdet, (_slogdet_rule,), inputs="x", analytic=False,
    formulas=("the logarithm's g * inv(x)ᵀ",),
)  # fmt: skip
SOLVE: Op = defop(
    "MatrixSolve", _solve, inputs="a b", analytic=False,
    vjps=(lambda g, y, a, b, adjoint: _solve_rule_a(g, y, a, b, solve, adjoint),
          lambda g, y, a, b, adjoint: solve(a, g, adjoint=not adjoint)),
    formulas=("-solve(aᵀ, g) @ yᵀ", "solve(aᵀ, g)"),
)  # fmt: skip
TRIANGULAR_SOLVE: Op = defop(
    "MatrixTriangularSolve", _triangular_solve, broadcasts=True, inputs="a b", analytic=False,
    vjps=(_triangular_rule_a,
          lambda g, y, a, b, lower, adjoint: triangular_solve(a, g, lower=lower, adjoint=not adjoint)),
    formulas=("-solve(aᵀ, g) @ yᵀ, in the triangle", "solve(aᵀ, g)"),
)  # fmt: skip
CHOLESKY = defop(
    "Cholesky", _cholesky, (_cholesky_rule,), inputs="x", analytic=False,
    formulas=("y⁻ᵀ Φ(yᵀ g) y⁻¹, symmetric; Φ keeps the lower triangle and half the diagonal",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def square_matrix(op: str, value: Any) -> EagerTensor:
    """``value`` as a tensor. Raises InvalidArgumentError unless its last two axes are equal and its type will do."""
    t = to_tensor(value)
    kernel_types.check(op, t, value)
    shape = t._array.shape
    if len(shape) < 2:
        raise invalid(op, f"Input tensor 0 must have rank >= 2, got {len(shape)}")
    if shape[-1] != shape[-2]:
        raise invalid(op, "Input matrix must be square.")
    return t


def inv(input: Any, adjoint: bool = False, name: str | None = None) -> EagerTensor:
    """The inverse; ``adjoint``: of the conjugated transpose. Raises InvalidArgumentError if there is none."""
    from tapeview.engine.ops import linalg

    found = execute(INVERSE, (square_matrix("MatrixInverse", input),))
    return linalg.adjoint(found) if adjoint else found


def det(input: Any, name: str | None = None) -> EagerTensor:
    """The determinant. Raises InvalidArgumentError if the matrix is not square; its gradient needs an inverse."""
    return execute(DETERMINANT, (square_matrix("MatrixDeterminant", input),))


def slogdet(input: Any, name: str | None = None) -> tuple[EagerTensor, ...]:
    """The determinant's sign and the logarithm of its size. Raises InvalidArgumentError if the matrix is not square."""
    return execute_many(LOG_DETERMINANT, (square_matrix("LogMatrixDeterminant", input),))


def logdet(matrix: Any, name: str | None = None) -> EagerTensor:
    """The logarithm of the determinant of a positive definite matrix; nan for any other."""
    from tapeview.engine.ops.complex_numbers import real  # which needs this package's other tables

    return 2.0 * reduce_sum(log(real(diag_part(cholesky(matrix)))), -1)  # type: ignore[no-any-return]


def _operands(op: str, matrix: Any, rhs: Any) -> tuple[EagerTensor, EagerTensor]:
    a = to_tensor(matrix)
    b = to_tensor(rhs) if is_tensor_like(rhs) else to_tensor(rhs, a.dtype)
    if a._array.dtype != b._array.dtype:
        raise wrong_dtype(op, 1, a.dtype.word, b.dtype.word)
    kernel_types.check(op, a, matrix)
    return a, b


def solve(matrix: Any, rhs: Any, adjoint: bool = False, name: str | None = None) -> EagerTensor:
    """``x`` with ``matrix @ x = rhs``; ``adjoint``: with the conjugated transpose.

    Raises:
        InvalidArgumentError: shapes that do not fit, or a matrix without inverse.
    """
    a, b = _operands("MatrixSolve", matrix, rhs)
    have, want = a._array.shape, b._array.shape
    if len(have) != len(want):
        raise invalid("MatrixSolve", "All input tensors must have the same rank.")
    if len(have) < 2:
        raise invalid("MatrixSolve", f"Input tensor 0 must have rank >= 2, got {len(have)}")
    if have[-1] != have[-2]:
        raise invalid("MatrixSolve", "First input (lhs) must be a square matrix.")
    if have[-1] != want[-2]:
        raise invalid("MatrixSolve", "Input matrix and rhs are incompatible.")
    if have[:-2] != want[:-2]:
        raise invalid("MatrixSolve", "All input tensors must have the same outer dimensions.")
    return execute(SOLVE, (a, b), {"adjoint": bool(adjoint)})


def triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> EagerTensor:
    """``x`` with ``matrix @ x = rhs`` for a matrix of which one triangle counts; infinite where it has no inverse.

    Raises:
        InvalidArgumentError: shapes that do not fit.
    """
    a, b = _operands("MatrixTriangularSolve", matrix, rhs)
    have, want = a._array.shape, b._array.shape
    if len(have) < 2 or len(want) < 2:
        raise invalid("MatrixTriangularSolve", f"In[0] and In[1] ndims must be >= 2: {min(len(have), len(want))}")
    if have[-1] != have[-2]:
        text = f"In[0] matrices in the last dimensions must be square ({have[-1]} =/= {have[-2]})"
        raise invalid("MatrixTriangularSolve", text)
    if have[-1] != want[-2]:
        text = f"In[0] mismatch In[1] shape: {have[-1]} vs. {want[-2]}: {bracketed(have)} {bracketed(want)}"
        raise invalid("MatrixTriangularSolve", f"{text} {int(lower)} {int(adjoint)}")
    return execute(TRIANGULAR_SOLVE, (a, b), {"lower": bool(lower), "adjoint": bool(adjoint)})


def cholesky(input: Any, name: str | None = None) -> EagerTensor:
    """The lower triangular matrix whose product with its adjoint is the (positive definite) input; nan if it is not.

    Only the input's lower triangle is looked at. Raises InvalidArgumentError if it is not square.
    """
    return execute(CHOLESKY, (square_matrix("Cholesky", input),))


def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> EagerTensor:
    """``x`` with ``chol @ cholᴴ @ x = rhs``. Raises InvalidArgumentError for shapes that do not fit."""
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


def lstsq(
    matrix: Any, rhs: Any, l2_regularizer: float = 0.0, fast: bool = True, name: str | None = None
) -> EagerTensor:
    """``x`` for which ``matrix @ x`` is nearest to ``rhs``, by the normal equations.

    Raises:
        InvalidArgumentError: shapes that do not fit.
        NotImplementedError: ``fast=False``.
    """
    if not fast:
        raise NotImplementedError("tapeview supports tf.linalg.lstsq with fast=True only")
    a, b = _operands("MatrixSolveLs", matrix, rhs)
    tall = a._array.shape[-2] >= a._array.shape[-1]
    gram: Any = matmul(a, a, adjoint_a=tall, adjoint_b=not tall)
    if l2_regularizer:
        gram = gram + cast(EagerTensor(np.eye(gram._array.shape[-1]) * l2_regularizer), gram.dtype)
    factor = cholesky(gram)
    if tall:
        return cholesky_solve(factor, matmul(a, b, adjoint_a=True))
    return matmul(a, cholesky_solve(factor, b), adjoint_a=True)
