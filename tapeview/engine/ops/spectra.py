"""Eigenvalues, singular values and the QR factorization.

Eigenvectors and singular vectors are determined up to a sign (complex ones up to a factor of length 1). LAPACK, which
NumPy calls, and TensorFlow's own library may choose different ones; both are right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import kernel_types
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute_many
from tapeview.engine.ops.arithmetic import reciprocal
from tapeview.engine.ops.diagonals import band_part, diag, diag_part, set_diag
from tapeview.engine.ops.elementwise import square, zeros_like
from tapeview.engine.ops.linalg import adjoint, matmul
from tapeview.engine.ops.matrices import square_matrix, triangular_solve, wide
from tapeview.engine.ops.shape import concat, expand_dims
from tapeview.engine.tensor import Array, EagerTensor

Pair = tuple[Any, Any]
Triple = tuple[Any, Any, Any]


@wide
def _eigh(x: Array, *, compute_v: bool) -> Any:
    """Eigenvalues have the input's type, as in TensorFlow: also those of a complex matrix."""
    if not compute_v:
        return np.linalg.eigvalsh(x).astype(x.dtype), np.zeros(0, x.dtype)
    e, v = np.linalg.eigh(x)
    return e.astype(x.dtype), v


@wide
def _qr(x: Array, *, full_matrices: bool) -> Any:
    return tuple(np.linalg.qr(x, "complete" if full_matrices else "reduced"))


@wide
def _svd(x: Array, *, compute_uv: bool, full_matrices: bool) -> Any:
    if not compute_uv:
        none = np.zeros(0, x.dtype)
        return np.linalg.svd(x, compute_uv=False).astype(x.dtype), none, none
    u, s, vh = np.linalg.svd(x, full_matrices)
    return s.astype(x.dtype), u, np.conjugate(vh.swapaxes(-1, -2))


# -- rules ---------------------------------------------------------------------------------------------------------


def _gaps(e: EagerTensor) -> EagerTensor:
    """1 / (e[j] - e[i]), 0 on the diagonal; near 0, not infinite, for equal values."""
    apart: Any = expand_dims(e, -2) - expand_dims(e, -1)
    return set_diag(_safe_reciprocal(apart), zeros_like(e))


def _safe_reciprocal(x: Any) -> Any:
    return x * reciprocal(x * x + 1e-20)


def _eigh_rule(gs: Pair, ys: Pair, x: EagerTensor, compute_v: bool) -> EagerTensor:
    ge, gv = gs
    if compute_v:
        e, v = ys
        inner = diag(ge) + _gaps(e) * matmul(v, gv, adjoint_a=True)
    else:
        v = eigh(x)[1]
        inner = diag(ge)
    whole: Any = matmul(v, matmul(inner, v, adjoint_b=True))
    # Only the lower triangle was looked at: it gets what belongs to both.
    lower = band_part(whole + adjoint(whole), -1, 0)
    return set_diag(lower, 0.5 * diag_part(lower))


def _behind(x: EagerTensor, r: EagerTensor) -> EagerTensor:
    """``x`` times the adjoint of the inverse of an upper triangular matrix."""
    return adjoint(triangular_solve(r, adjoint(x), lower=False))


def _qr_square_or_tall(q: EagerTensor, r: EagerTensor, gq: Any, gr: Any) -> Any:
    through_q: Any = matmul(q, gq, adjoint_a=True)
    through_r: Any = matmul(r, gr, adjoint_b=True)
    lower = band_part(through_q - adjoint(through_q) + (through_r - adjoint(through_r)), -1, 0)
    return matmul(q, gr + _behind(lower, r)) + _behind(gq - matmul(q, through_q), r)


def _qr_rule(gs: Pair, ys: Pair, x: EagerTensor, full_matrices: bool) -> Any:
    (q, r), (gq, gr) = ys, gs
    rows, columns = x._array.shape[-2:]
    if x._array.dtype.kind == "c":
        raise NotImplementedError("tapeview has no gradient of the QR factorization of complex matrices")
    if rows > columns and full_matrices:
        text = f"Received r.shape={r.shape} with nrows={rows}and ncols={columns}."
        raise NotImplementedError(f"QrGrad not implemented when nrows > ncols and full_matrices is true. {text}")
    if rows >= columns:
        return _qr_square_or_tall(q, r, gq, gr)
    beyond = x[..., :, rows:]
    left = _qr_square_or_tall(
        q, r[..., :, :rows], gq + matmul(beyond, gr[..., :, rows:], adjoint_b=True), gr[..., :, :rows]
    )
    return concat([left, matmul(q, gr[..., :, rows:])], -1)


def _svd_rule(gs: Triple, ys: Triple, x: EagerTensor, compute_uv: bool, full_matrices: bool) -> Any:
    if x._array.dtype.kind == "c":
        raise NotImplementedError("tapeview has no gradient of the singular value decomposition of complex matrices")
    gs_, gu, gv = gs
    if not compute_uv:
        _, u, v = execute_many(SVD, (x,), {"compute_uv": True, "full_matrices": False})
        return matmul(u, matmul(diag(gs_), v, adjoint_b=True))
    s, u, v = ys
    rows, columns = x._array.shape[-2:]
    if full_matrices and abs(rows - columns) > 1:
        text = f"Received: m={min(rows, columns)} and n={max(rows, columns)} from op input={x} with shape={x.shape}."
        raise NotImplementedError(
            f"svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True. {text}"
        )
    if rows > columns:
        return adjoint(_svd_square_or_wide((gs_, gv, gu), (s, v, u), full_matrices))
    return _svd_square_or_wide((gs_, gu, gv), (s, u, v), full_matrices)


def _svd_square_or_wide(gs: Triple, ys: Triple, full_matrices: bool) -> Any:
    (s, u, v), (gs_, gu, gv) = ys, gs
    rows, columns = u._array.shape[-2], v._array.shape[-2]
    v1, gv1 = v[..., :, :rows], gv[..., :, :rows]
    gaps = _gaps(square(s))
    turn_u: Any = gaps * matmul(u, gu, adjoint_a=True)
    turn_v: Any = gaps * matmul(v1, gv1, adjoint_a=True)
    scale = diag(s)
    inner = diag(gs_) + matmul(turn_u + adjoint(turn_u), scale) + matmul(scale, turn_v + adjoint(turn_v))
    whole: Any = matmul(u, matmul(inner, v1, adjoint_b=True))
    if rows == columns:
        return whole
    beyond = adjoint(gv1) - matmul(matmul(gv1, v1, adjoint_a=True), v1, adjoint_b=True)
    if full_matrices:
        v2, gv2 = v[..., :, rows:], gv[..., :, rows:]
        beyond = beyond - matmul(matmul(v1, gv2, adjoint_a=True), v2, adjoint_b=True)
    return whole + matmul(matmul(u, diag(_safe_reciprocal(s))), beyond)


# -- the table -----------------------------------------------------------------------------------------------------

EIGH: Op = defop(
    "SelfAdjointEigV2", _eigh, (_eigh_rule,), inputs="x", analytic=False,
    formulas=("v (diag(g_e) + F * (vᵀ g_v)) vᵀ, with F = 1 / (e_j - e_i) and 0 on the diagonal",),
)  # fmt: skip
QR = defop(
    "Qr", _qr, (_qr_rule,), inputs="x", analytic=False,
    formulas=(
        "q (g_r + L r⁻ᵀ) + (g_q - q qᵀ g_q) r⁻ᵀ, with L the lower triangle of qᵀ g_q - g_qᵀ q + r g_rᵀ - g_r rᵀ",
    ),
)  # fmt: skip
SVD: Op = defop(
    "Svd", _svd, (_svd_rule,), inputs="x", analytic=False,
    formulas=("u diag(g_s) vᵀ, and what u and v turn by",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def eigh(tensor: Any, name: str | None = None) -> tuple[EagerTensor, ...]:
    """Eigenvalues, ascending, and eigenvectors (as columns) of a symmetric matrix, of which the lower triangle counts.

    Raises:
        InvalidArgumentError: a matrix that is not square, or ints.
    """
    return execute_many(EIGH, (square_matrix("SelfAdjointEigV2", tensor),), {"compute_v": True})


def eigvalsh(tensor: Any, name: str | None = None) -> EagerTensor:
    """The eigenvalues of :func:`eigh` alone."""
    return execute_many(EIGH, (square_matrix("SelfAdjointEigV2", tensor),), {"compute_v": False})[0]


def _matrix(op: str, value: Any) -> EagerTensor:
    t = to_tensor(value)
    kernel_types.check(op, t, value)
    if t._array.ndim < 2:
        raise invalid(op, f"Input tensor 0 must have rank >= 2, got {t._array.ndim}")
    return t


def qr(input: Any, full_matrices: bool = False, name: str | None = None) -> tuple[EagerTensor, ...]:
    """Orthonormal columns and an upper triangular matrix whose product is the input.

    Raises:
        InvalidArgumentError: a vector, a scalar, or ints.
    """
    return execute_many(QR, (_matrix("Qr", input),), {"full_matrices": bool(full_matrices)})


def svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Singular values, descending, and (unless ``compute_uv`` is False) the left and the right singular vectors.

    Returns:
        ``s, u, v`` with ``tensor = u @ diag(s) @ vᴴ``; or ``s``.

    Raises:
        InvalidArgumentError: a vector, a scalar, or ints.
    """
    attrs = {"compute_uv": bool(compute_uv), "full_matrices": bool(full_matrices)}
    s, u, v = execute_many(SVD, (_matrix("Svd", tensor),), attrs)
    if s._array.dtype.kind == "c":
        from tapeview.engine.ops.complex_numbers import real  # which needs this package's other tables

        s = real(s)
    return (s, u, v) if compute_uv else s
