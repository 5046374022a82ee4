"""Calls whose results are frozen: each is run by TensorFlow (make_frozen.py) and by the engine (test_frozen.py).

A case is ``group -> name -> (f, inputs)``: ``f(tf, *tensors)`` gets the module to call. Arrays of floats become float32
tensors that are differentiated; ints stay ints. Needs NumPy only, of any version: the numbers come from a generator
whose stream never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Case = tuple[Callable[..., Any], tuple[Any, ...]]


def numbers(*shape: int, low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray[Any, Any]:
    """Float32 numbers of three digits."""
    drawn = np.random.RandomState(seed).uniform(low, high, shape)
    return np.round(drawn, 3).astype(np.float32)


X = numbers(2, 3, seed=1)
Y = numbers(2, 3, seed=2)
ROW = numbers(3, seed=3)
POSITIVE = numbers(2, 3, low=0.2, high=3.0, seed=4)
POSITIVE_ROW = numbers(3, low=0.2, high=3.0, seed=5)
INSIDE = numbers(2, 3, low=-0.9, high=0.9, seed=6)
BEYOND = numbers(2, 3, low=1.1, high=4.0, seed=7)
CUBE = numbers(2, 3, 4, seed=8)
TAIL = numbers(3, 4, low=-6.0, high=6.0, seed=9)
SQUARE = numbers(3, 3, seed=10) + 3 * np.eye(3, dtype=np.float32)
SQUARES = np.stack([SQUARE, SQUARE.T + np.float32(0.25)])
RIGHT = numbers(3, 2, seed=11)
INTS = np.array([[7, -7, 3], [-8, 5, 2]], np.int32)
DIVISORS = np.array([[2, 2, -2], [3, -3, 2]], np.int32)
MASK = np.array([[True, False, True], [False, False, True]])


def unary(words: str, points: np.ndarray[Any, Any]) -> dict[str, Case]:
    """Functions of ``tf`` or ``tf.math`` or ``tf.nn``, of one input."""
    found: dict[str, Case] = {}
    for word in words.split():
        space, _, name = word.rpartition(".")
        found[word] = (lambda tf, x, s=space, n=name: getattr(getattr(tf, s) if s else tf, n)(x), (points,))
    return found


def binary(words: str, a: Any, b: Any, of: str = "") -> dict[str, Case]:
    """The same for two inputs: equal shapes, and the second one's first row broadcast."""
    found: dict[str, Case] = {}
    for word in words.split():
        space, _, name = word.rpartition(".")

        def call(tf: Any, x: Any, y: Any, s: str = space, n: str = name) -> Any:
            return getattr(getattr(tf, s) if s else tf, n)(x, y)

        found[word + of] = (call, (a, b))
        found[f"{word}{of}, broadcast"] = (call, (a, b[0]))
        found[f"{word}{of}, broadcast the other way"] = (call, (a[1], b))
    return found


def reductions(words: str, points: np.ndarray[Any, Any], of: str = "") -> dict[str, Case]:
    """Over all, over an axis, over two axes that are kept."""
    found: dict[str, Case] = {}
    for word in words.split():
        space, _, name = word.rpartition(".")
        for k, given in enumerate(({}, {"axis": 1}, {"axis": [0, -1], "keepdims": True})):

            def call(tf: Any, x: Any, s: str = space, n: str = name, g: Any = given) -> Any:
                return getattr(getattr(tf, s) if s else tf, n)(x, **g)

            found[f"{word}{of} {k}"] = (call, (points,))
    return found


def scans(words: str, points: np.ndarray[Any, Any]) -> dict[str, Case]:
    found: dict[str, Case] = {}
    for word in words.split():
        for axis, exclusive, reverse in ((0, False, False), (1, True, False), (1, False, True), (0, True, True)):

            def call(tf: Any, x: Any, n: str = word, a: int = axis, e: bool = exclusive, r: bool = reverse) -> Any:
                return getattr(tf.math, n)(x, axis=a, exclusive=e, reverse=r)

            found[f"{word} {axis} {exclusive} {reverse}"] = (call, (points,))
    return found


def of_complex(f: Callable[[Any, Any], Any]) -> Case:
    """A function of a complex number, as a real one of its parts."""

    def call(tf: Any, re: Any, im: Any) -> Any:
        w = f(tf, tf.complex(re, im))
        return [tf.math.real(w), tf.math.imag(w)] if w.dtype.is_complex else w

    return call, (X, Y)


def symmetric(tf: Any, x: Any) -> Any:
    return tf.matmul(x, x, transpose_b=True) + np.diag([1.0, 2.0, 3.0]).astype(np.float32)


CASES: dict[str, dict[str, Case]] = {
    "arithmetic": {
        **unary("abs negative sign square math.reciprocal", X),
        **binary("add subtract multiply maximum minimum math.squared_difference", X, Y),
        **binary("divide math.truediv math.divide_no_nan math.multiply_no_nan math.xdivy", X, POSITIVE),
        **binary("math.floormod math.floordiv truncatediv", X, POSITIVE),
        **binary("pow math.xlogy math.xlog1py", POSITIVE, POSITIVE[::-1]),
        **binary(
            "math.floordiv math.floormod truncatediv truncatemod maximum minimum multiply", INTS, DIVISORS, " of ints"
        ),
        **binary("equal not_equal less less_equal greater greater_equal", INTS, DIVISORS, " of ints"),
        "pow, ints": (lambda tf, a, b: a**b, (INTS, np.abs(DIVISORS))),
        "divide, ints": (lambda tf, a, b: a / b, (INTS, DIVISORS)),
        "truncatemod": (lambda tf, a: tf.truncatemod(a, 0.7), (X,)),
        "add_n": (lambda tf, a, b, c: tf.add_n([a, b, c, a]), (X, Y, POSITIVE)),
        "scalar_mul": (lambda tf, a: tf.math.scalar_mul(2.5, a), (X,)),
        "reciprocal_no_nan": (lambda tf, a: tf.math.reciprocal_no_nan(a), (X,)),
        "polynomial": (lambda tf, x: 3.0 * x**3 - 2.0 * x**2 + x / 4.0 - 1.0, (X,)),
        "reflected": (lambda tf, x: 2.0**x + 1.0 / x - (3.0 - x) * 2.0, (POSITIVE,)),
        "clip_by_value": (lambda tf, x, a, b: tf.clip_by_value(x, -tf.abs(a), tf.abs(b)), (X, Y[:, :1], ROW)),
        "clip_by_norm": (lambda tf, x: tf.clip_by_norm(x, 1.5), (X,)),
        "clip_by_norm of rows": (lambda tf, x: tf.clip_by_norm(x, 1.5, axes=[1]), (X,)),
        "clip_by_global_norm": (lambda tf, x, y: tf.clip_by_global_norm([x, None, y], 1.5)[0][::2], (X, ROW)),
        "clip_by_global_norm, within": (lambda tf, x, y: tf.clip_by_global_norm([x, y], 99.0), (X, ROW)),
        "global_norm": (lambda tf, x, y: tf.linalg.global_norm([x, y]), (X, ROW)),
        "where": (lambda tf, m, a, b: tf.where(m, a, b), (MASK, X, ROW)),
        "where alone": (lambda tf, m: tf.where(m), (MASK,)),
    },
    "functions": {
        **unary("exp math.expm1 sin cos atan sinh cosh asinh tanh sigmoid math.sigmoid math.erf math.erfc", X),
        **unary("sqrt math.rsqrt math.log math.log1p math.lgamma math.digamma", POSITIVE),
        **unary("asin acos atanh tan", INSIDE),
        "acosh": (lambda tf, x: tf.acosh(x), (BEYOND,)),
        "erfc of tails": (lambda tf, x: tf.math.erfc(x), (TAIL,)),
        "lgamma, negative": (lambda tf, x: tf.math.lgamma(x), (np.array([-0.5, -1.3, -2.4], np.float32),)),
        "lgamma, large": (lambda tf, x: tf.math.lgamma(x), (np.array([15.5, 1234.5, 3e8], np.float32),)),
        "digamma, negative": (lambda tf, x: tf.math.digamma(x), (np.array([-0.5, -1.3, -2.4], np.float32),)),
        "polygamma": (lambda tf, x: [tf.math.polygamma(np.float32(n), x) for n in (0, 1, 2, 3)], (POSITIVE,)),
        "zeta": (lambda tf, q: [tf.math.zeta(np.float32(s), q) for s in (1.5, 2, 4)], (POSITIVE,)),
        "lbeta": (lambda tf, x: tf.math.lbeta(x), (POSITIVE,)),
        **binary("atan2", X, Y),
        **unary("floor math.ceil round math.rint math.is_nan math.is_finite math.is_inf", X),
        **unary("nn.relu nn.relu6 nn.elu nn.selu nn.gelu nn.silu nn.softplus nn.leaky_relu math.log_sigmoid", 3 * X),
        "softsign": (lambda tf, x: tf.nn.softsign(x), (X,)),
        "gelu by tanh": (lambda tf, x: tf.nn.gelu(x, approximate=True), (X,)),
        "silu with beta": (lambda tf, x: tf.nn.silu(x, 1.5), (X,)),
        "leaky_relu": (lambda tf, x: tf.nn.leaky_relu(x, alpha=0.05), (X,)),
        "leaky_relu of ints": (lambda tf, x: tf.nn.leaky_relu(x), (INTS,)),
        "relu of ints": (lambda tf, x: tf.nn.relu(x), (INTS,)),
        "crelu": (lambda tf, x: tf.nn.crelu(x), (X,)),
        "softmax": (lambda tf, x: tf.nn.softmax(x), (X,)),
        "softmax, other axis": (lambda tf, x: tf.nn.softmax(x, axis=1), (CUBE,)),
        "log_softmax": (lambda tf, x: tf.nn.log_softmax(x, axis=0), (CUBE,)),
    },
    "reductions": {
        **reductions("reduce_sum reduce_mean reduce_max reduce_min reduce_logsumexp", CUBE),
        **reductions("math.reduce_variance math.reduce_std math.reduce_euclidean_norm reduce_prod", CUBE),
        **reductions(
            "reduce_sum reduce_mean reduce_max reduce_prod",
            np.arange(24, dtype=np.int32).reshape(2, 3, 4) - 9,
            " of ints",
        ),
        **reductions("reduce_any reduce_all", CUBE > -1),
        "count_nonzero": (lambda tf, x: tf.math.count_nonzero(x, axis=0), (INTS,)),
        "ties": (lambda tf, x: tf.reduce_max(tf.nn.relu(x), axis=1), (np.array([[-1, -2], [3, 3]], np.float32),)),
        **scans("cumsum cumprod cumulative_logsumexp", CUBE[0]),
        "cumsum of ints": (lambda tf, x: tf.cumsum(x, axis=1), (INTS,)),
        "norm": (lambda tf, x: tf.norm(x), (X,)),
        "norm of columns": (lambda tf, x: tf.norm(x, axis=0, keepdims=True), (X,)),
        "norm, 1": (lambda tf, x: tf.norm(x, ord=1, axis=1), (X,)),
        "norm, 3": (lambda tf, x: tf.norm(x, ord=3, axis=1), (X,)),
        "norm, inf": (lambda tf, x: tf.norm(x, ord=np.inf, axis=1), (X,)),
        "norm, fro": (lambda tf, x: tf.norm(x, ord="fro", axis=[0, 2]), (CUBE,)),
        "norm of matrices, 1": (lambda tf, x: tf.norm(x, ord=1, axis=(1, 2)), (CUBE,)),
        "norm of matrices, 2": (lambda tf, x: tf.norm(x, ord=2, axis=(-2, -1)), (CUBE,)),
        "norm of matrices, inf": (lambda tf, x: tf.norm(x, ord=np.inf, axis=(1, 2)), (CUBE,)),
        "normalize": (lambda tf, x: tf.linalg.normalize(x, axis=1), (X,)),
        "l2_normalize": (lambda tf, x: tf.math.l2_normalize(x, axis=1), (X,)),
        "l2_loss": (lambda tf, x: tf.nn.l2_loss(x), (X,)),
    },
    "linalg": {
        "matmul": (lambda tf, a, b: tf.matmul(a, b), (X, RIGHT)),
        "matmul, first transposed": (lambda tf, a, b: tf.matmul(a, b, transpose_a=True), (X.T, RIGHT)),
        "matmul, second transposed": (lambda tf, a, b: tf.matmul(a, b, transpose_b=True), (X, RIGHT.T)),
        "matmul, both transposed": (lambda tf, a, b: tf.matmul(a, b, transpose_a=True, adjoint_b=True), (X.T, RIGHT.T)),
        "matmul, broadcast": (lambda tf, a, b: tf.matmul(a, b), (CUBE, numbers(4, 2, seed=20))),
        "matmul of ints": (lambda tf, a: tf.matmul(a, a, transpose_b=True), (INTS,)),
        "matvec": (lambda tf, a, b: tf.linalg.matvec(a, b), (X, ROW)),
        "tensordot": (lambda tf, a, b: tf.tensordot(a, b, [[1], [0]]), (CUBE, RIGHT)),
        "tensordot, 1": (lambda tf, a, b: tf.tensordot(a, b, 1), (X, RIGHT)),
        "tensordot, 0": (lambda tf, a, b: tf.tensordot(a, b, 0), (X, ROW)),
        "einsum, two": (lambda tf, a, b: tf.einsum("ij,jk->ik", a, b), (X, RIGHT)),
        "einsum, diagonal": (lambda tf, a: tf.einsum("ii->i", a), (SQUARE,)),
        "einsum, trace": (lambda tf, a: tf.einsum("bii->b", a), (SQUARES,)),
        "einsum, sum": (lambda tf, a: tf.einsum("ijk->k", a), (CUBE,)),
        "einsum, ellipsis": (lambda tf, a, b: tf.einsum("...ij,jk->...ik", a, b), (CUBE, numbers(4, 2, seed=20))),
        "einsum, three": (lambda tf, a, b, c: tf.einsum("ij,jk,k->i", a, b, c), (X, SQUARE, ROW)),
        "einsum, outer": (lambda tf, a, b: tf.einsum("i,j->ij", a, b), (ROW, POSITIVE_ROW)),
        "cross": (lambda tf, a, b: tf.linalg.cross(a, b), (X, Y)),
        "diag": (lambda tf, a: tf.linalg.diag(a, k=1), (X,)),
        "diag_part": (lambda tf, a: tf.linalg.diag_part(a, k=-1), (CUBE,)),
        "set_diag": (lambda tf, a, b: tf.linalg.set_diag(a, b), (SQUARE, ROW)),
        "band_part": (lambda tf, a: tf.linalg.band_part(a, 1, 0), (SQUARES,)),
        "tensor_diag": (lambda tf, a: tf.linalg.tensor_diag(a), (X,)),
        "tensor_diag_part": (lambda tf, a: tf.linalg.tensor_diag_part(a), (SQUARE,)),
        "trace": (lambda tf, a: tf.linalg.trace(a), (SQUARES,)),
        "matrix_transpose": (lambda tf, a: tf.linalg.matrix_transpose(a), (CUBE,)),
        "inv": (lambda tf, a: tf.linalg.inv(a), (SQUARES,)),
        "inv, adjoint": (lambda tf, a: tf.linalg.inv(a, adjoint=True), (SQUARE,)),
        "det": (lambda tf, a: tf.linalg.det(a), (SQUARES,)),
        "slogdet": (lambda tf, a: list(tf.linalg.slogdet(a)), (SQUARE,)),
        "logdet": (lambda tf, a: tf.linalg.logdet(symmetric(tf, a)), (SQUARE,)),
        "solve": (lambda tf, a, b: tf.linalg.solve(a, b), (SQUARE, RIGHT)),
        "solve, adjoint": (lambda tf, a, b: tf.linalg.solve(a, b, adjoint=True), (SQUARE, RIGHT)),
        "triangular_solve": (lambda tf, a, b: tf.linalg.triangular_solve(a, b), (SQUARE, RIGHT)),
        "triangular_solve, upper": (lambda tf, a, b: tf.linalg.triangular_solve(a, b, lower=False), (SQUARE, RIGHT)),
        "cholesky": (lambda tf, a: tf.linalg.cholesky(symmetric(tf, a)), (SQUARE,)),
        "cholesky_solve": (
            lambda tf, a, b: tf.linalg.cholesky_solve(tf.linalg.cholesky(symmetric(tf, a)), b),
            (SQUARE, RIGHT),
        ),
        "lstsq": (lambda tf, a, b: tf.linalg.lstsq(a, b, l2_regularizer=0.5), (numbers(4, 2, seed=20), numbers(4, 3))),
        "eigvalsh": (lambda tf, a: tf.linalg.eigvalsh(symmetric(tf, a)), (SQUARE,)),
        # Squared: eigenvectors are given up to their signs.
        "eigh": (lambda tf, a: [v**2 for v in tf.linalg.eigh(symmetric(tf, a))], (SQUARE,)),
        "svd": (lambda tf, a: [v**2 for v in tf.linalg.svd(a)], (X,)),
        "singular values": (lambda tf, a: tf.linalg.svd(a, compute_uv=False), (CUBE,)),
        "qr": (lambda tf, a: list(tf.linalg.qr(a)), (numbers(4, 2, seed=20),)),
    },
    "complex": {
        "square": of_complex(lambda tf, w: w * w),
        "power": of_complex(lambda tf, w: w**2.5),
        "quotient": of_complex(lambda tf, w: (w + 1.0) / (w * w)),
        "conj": of_complex(lambda tf, w: tf.math.conj(w) * w * w),
        "abs": of_complex(lambda tf, w: tf.abs(w)),
        "angle": of_complex(lambda tf, w: tf.math.angle(w)),
        "sign": of_complex(lambda tf, w: tf.sign(w)),
        "exp": of_complex(lambda tf, w: tf.exp(w)),
        "log": of_complex(lambda tf, w: tf.math.log(w)),
        "sqrt": of_complex(lambda tf, w: tf.sqrt(w)),
        "sin": of_complex(lambda tf, w: tf.sin(w)),
        "tanh": of_complex(lambda tf, w: tf.tanh(w)),
        "mean": of_complex(lambda tf, w: tf.reduce_mean(w * w, axis=0)),
        "variance": of_complex(lambda tf, w: tf.math.reduce_variance(w)),
        "norm": of_complex(lambda tf, w: tf.norm(w, axis=1)),
        "matmul": of_complex(lambda tf, w: tf.matmul(w, w, adjoint_b=True)),
        "einsum": of_complex(lambda tf, w: tf.einsum("ij,kj->ik", w, w)),
        "cast": of_complex(lambda tf, w: tf.cast(w * w, tf.float32)),
    },
}
