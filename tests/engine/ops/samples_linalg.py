"""Samples of the ops in ops/linalg.py, einsum.py, diagonals.py, matrices.py, spectra.py and norms.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops import complex_numbers as z
from tapeview.engine.ops import diagonals as d
from tapeview.engine.ops import linalg as m
from tapeview.engine.ops import matrices as q
from tapeview.engine.ops import norms as n
from tapeview.engine.ops import spectra as s
from tapeview.engine.ops.einsum import einsum
from tests.engine.ops.sample import Sample, sample, values
from tests.engine.ops.samples_elementwise import APART, ROW, X, Y

A = values(2, 3, seed=11)
B = values(3, 4, seed=12)
STACK = values(2, 2, 3, seed=13)
OTHER = values(2, 3, 4, seed=14)
SQUARE = values(3, 3, seed=15) + 3 * np.eye(3)
SQUARES = np.stack([SQUARE, SQUARE.T + 0.2])
RIGHT = values(3, 2, seed=16)
TALL = values(4, 2, seed=17)
WIDE = TALL.T
NEARLY_SQUARE = values(3, 2, seed=18)


def symmetric(x: Any) -> Any:
    """A symmetric, positive definite matrix with well separated eigenvalues."""
    return m.matmul(x, x, transpose_b=True) + np.diag(np.arange(1.0, 1.0 + x.shape[-1])).astype(x.dtype.as_numpy_dtype)


def of_symmetric(f: Any) -> list[Sample]:
    """The function sees only symmetric matrices: it looks at one triangle, finite differences move both."""
    return [sample(lambda x: f(symmetric(x)), SQUARE), sample(lambda x: f(symmetric(x)), SQUARES)]


def both(f: Any) -> list[Sample]:
    return [sample(f, SQUARE), sample(f, SQUARES)]


def hermitian_parts(f: Any) -> Sample:
    """A function of a Hermitian positive definite matrix, of which both parts come back."""

    def parts(re: Any, im: Any) -> Any:
        root = z.complex(re, im)
        w = f(m.matmul(root, root, adjoint_b=True) + np.eye(3).astype(root.dtype.as_numpy_dtype))
        return [z.real(w), z.imag(w)]

    return sample(parts, SQUARE, 0.3 * SQUARE[::-1], half=False)


def complex_parts(f: Any) -> Sample:
    def parts(re: Any, im: Any) -> Any:
        w = f(z.complex(re, im))
        return [z.real(w), z.imag(w)]

    return sample(parts, SQUARE, 0.3 * SQUARE[::-1], half=False)


SAMPLES: dict[str, list[Sample]] = {
    "MatMul": [
        sample(m.matmul, A, B),
        sample(m.matmul, A.T.copy(), B, transpose_a=True),
        sample(m.matmul, A, B.T.copy(), transpose_b=True),
        sample(m.matmul, A.T.copy(), B.T.copy(), transpose_a=True, adjoint_b=True),
        sample(m.matvec, A, ROW),
        sample(m.tensordot, STACK, OTHER, axes=[[2], [1]]),
        sample(m.tensordot, STACK, OTHER, axes=[[0, 2], [0, 1]]),
        sample(m.tensordot, X, Y, axes=2),
        sample(m.tensordot, X, Y, axes=0),
        complex_parts(lambda w: m.matmul(w, w, adjoint_a=True)),
    ],
    "BatchMatMulV2": [
        sample(m.matmul, STACK, OTHER),
        sample(m.matmul, STACK, B),
        sample(m.matmul, A, OTHER),
        sample(m.matmul, STACK, OTHER.swapaxes(1, 2).copy(), transpose_b=True),
        sample(m.matmul, STACK, OTHER[:1]),
        sample(m.matvec, STACK, ROW),
    ],
    "Cross": [sample(m.cross, X, Y), sample(m.cross, ROW, X[0])],
    "Einsum": [
        sample(lambda a, b: einsum("ij,jk->ik", a, b), A, B),
        sample(lambda a, b: einsum("ij,jk", a, b), A, B),
        sample(lambda a: einsum("ij->j", a), A),
        sample(lambda a: einsum("ij->ji", a), A),
        sample(lambda a: einsum("ii->i", a), SQUARE),
        sample(lambda a: einsum("ii", a), SQUARE),
        sample(lambda a: einsum("iij->ji", a), SQUARES.swapaxes(0, 2).copy()),
        sample(lambda a, b: einsum("...ij,...jk->...ik", a, b), STACK, OTHER),
        sample(lambda a, b: einsum("...ij,jk->...ik", a, b), STACK, B),
        sample(lambda a, b: einsum("b...i,...i->...b", a, b), STACK, OTHER[0, :, :1].reshape(1, 3)),
        sample(lambda a, b: einsum("...i,i->i", a, b), STACK, ROW),
        sample(lambda a, b: einsum("ij,k->jk", a, b), A, ROW),
        sample(lambda a, b, c: einsum("ij,jk,ik->", a, b, c), A, B, values(2, 4, seed=19)),
        sample(lambda a, b: einsum("i,i->", a, b), X[0], ROW),
        complex_parts(lambda w: einsum("ij,jk,kk->ik", w, w, w)),
    ],
    "MatrixDiagV3": [
        sample(d.diag, X),
        sample(d.diag, ROW, k=-1),
        sample(d.diag, X, k=2, num_cols=7, padding_value=5.0),
    ],
    "MatrixDiagPartV3": [
        sample(d.diag_part, X),
        sample(d.diag_part, STACK, k=1),
        sample(d.diag_part, TALL, k=-2),
        sample(d.trace, SQUARES),
    ],
    "MatrixSetDiagV3": [sample(d.set_diag, X, X[0, :2]), sample(d.set_diag, STACK, X[:, 1:], k=1)],
    "MatrixBandPart": [
        sample(d.band_part, SQUARES, num_lower=-1, num_upper=0),
        sample(d.band_part, X, num_lower=0, num_upper=1),
    ],
    "Diag": [sample(d.tensor_diag, X), sample(d.tensor_diag, ROW)],
    "DiagPart": [sample(d.tensor_diag_part, SQUARE), sample(d.tensor_diag_part, values(2, 3, 2, 3))],
    "MatrixInverse": [*both(q.inv), sample(q.inv, SQUARE, adjoint=True), complex_parts(q.inv)],
    "MatrixDeterminant": [*both(q.det), complex_parts(q.det)],
    "LogMatrixDeterminant": both(lambda x: q.slogdet(x)[1]),
    "MatrixSolve": [
        sample(q.solve, SQUARE, RIGHT),
        sample(q.solve, SQUARE, RIGHT, adjoint=True),
        sample(q.solve, SQUARES, np.stack([RIGHT, RIGHT[::-1]])),
        complex_parts(lambda w: q.solve(w, w, adjoint=True)),
    ],
    "MatrixTriangularSolve": [
        sample(q.triangular_solve, SQUARE, RIGHT),
        sample(q.triangular_solve, SQUARE, RIGHT, lower=False),
        sample(q.triangular_solve, SQUARE, RIGHT, adjoint=True),
        sample(q.triangular_solve, SQUARE, RIGHT, lower=False, adjoint=True),
        sample(q.triangular_solve, SQUARES, RIGHT),
        complex_parts(lambda w: q.triangular_solve(w, w, adjoint=True)),
        sample(q.lstsq, TALL, values(4, 3, seed=20)),
        sample(q.lstsq, WIDE, values(2, 3, seed=20), l2_regularizer=0.1),
    ],
    "Cholesky": [
        *of_symmetric(q.cholesky),
        sample(lambda x: q.logdet(symmetric(x)), SQUARE),
        sample(lambda x, y: q.cholesky_solve(q.cholesky(symmetric(x)), y), SQUARE, RIGHT),
        hermitian_parts(q.cholesky),
    ],
    "SelfAdjointEigV2": [*of_symmetric(s.eigh), *of_symmetric(s.eigvalsh)],
    "Qr": [sample(s.qr, SQUARE), sample(s.qr, TALL), sample(s.qr, WIDE), sample(s.qr, SQUARES, full_matrices=True)],
    "Svd": [
        sample(s.svd, SQUARE),
        sample(s.svd, TALL),
        sample(s.svd, WIDE),
        sample(s.svd, NEARLY_SQUARE, full_matrices=True),
        sample(s.svd, STACK, compute_uv=False),
        sample(n.norm, STACK, ord=2, axis=(0, 2)),
    ],
    "Sqrt": [
        sample(n.norm, X),
        sample(n.norm, STACK, axis=1, keepdims=True),
        sample(n.norm, STACK, ord="fro", axis=[0, 1]),
        sample(lambda a, b: n.norm(z.complex(a, b), axis=0), X, Y, half=False),
        sample(n.normalize, X, axis=1),
    ],
    "Abs": [
        sample(n.norm, APART, ord=1),
        sample(n.norm, APART, ord=np.inf, axis=1),
        sample(n.norm, APART, ord=3),
        sample(n.norm, APART, ord=1, axis=(0, 1)),
        sample(n.norm, APART, ord=np.inf, axis=(0, 1), keepdims=True),
    ],
    "Rsqrt": [
        sample(n.l2_normalize, X),
        sample(n.l2_normalize, STACK, axis=-1),
        sample(lambda a, b: z.imag(n.l2_normalize(z.complex(a, b), axis=1)), X, Y, half=False),
    ],
}
