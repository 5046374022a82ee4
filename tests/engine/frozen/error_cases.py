"""Calls that TensorFlow refuses: ``name -> f(tf)``. What it says is frozen in errors.json."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def _i(tf: Any) -> Any:
    return tf.constant([[1, 2], [3, 4]])


def _f(tf: Any) -> Any:
    return tf.constant([[1.0, 2.0], [3.0, 4.0]])


def _b(tf: Any) -> Any:
    return tf.constant([True, False])


def _on(space: str, word: str, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda tf: getattr(getattr(tf, space) if space else tf, word)(make(tf))


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


ERRORS: dict[str, Callable[[Any], Any]] = {}
for _word in words("exp sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid floor"):
    ERRORS[f"{_word} of ints"] = _on("", _word, _i)
for _word in words(
    "log log1p expm1 rsqrt erf erfc lgamma digamma ceil rint is_nan is_inf is_finite softplus softsign log_sigmoid "
    "reduce_std reduce_variance"
):
    ERRORS[f"{_word} of ints"] = _on("math", _word, _i)
for _word in words("elu selu silu gelu l2_loss softmax log_softmax"):
    ERRORS[f"nn.{_word} of ints"] = _on("nn", _word, _i)
for _word in words("negative abs sign square reduce_sum reduce_mean reduce_max reduce_prod cumsum add_n"):
    ERRORS[f"{_word} of bools"] = _on("", _word, _b if _word != "add_n" else lambda tf: [_b(tf), _b(tf)])
for _word in words("relu relu6 leaky_relu"):
    ERRORS[f"nn.{_word} of bools"] = _on("nn", _word, _b)
for _word in words("det inv cholesky eigh eigvalsh qr svd slogdet"):
    ERRORS[f"linalg.{_word} of ints"] = _on("linalg", _word, _i)
    ERRORS[f"linalg.{_word} of a vector"] = _on("linalg", _word, lambda tf: tf.constant([1.0]))
for _word in words("det inv cholesky eigh"):
    ERRORS[f"linalg.{_word} of a rectangle"] = _on("linalg", _word, lambda tf: tf.ones((2, 3)))
for _word in words("add subtract multiply pow maximum minimum less greater equal"):
    ERRORS[f"{_word} of a float and a double"] = lambda tf, w=_word: getattr(tf, w)(
        tf.constant([1.0]), tf.constant([1.0], tf.float64)
    )
    ERRORS[f"{_word} of shapes that differ"] = lambda tf, w=_word: getattr(tf, w)(
        tf.constant([1.0, 2.0]), tf.constant([1.0, 2.0, 3.0])
    )
for _word in words("squared_difference xlogy xdivy xlog1py atan2"):
    ERRORS[f"{_word} of a float and an int"] = lambda tf, w=_word: getattr(tf.math, w)(
        tf.constant([1.0]), tf.constant([1])
    )
for _word in words("xlogy xdivy xlog1py atan2"):
    ERRORS[f"{_word} of ints"] = lambda tf, w=_word: getattr(tf.math, w)(tf.constant([1]), tf.constant([1]))

ERRORS |= {
    "bool + bool": lambda tf: _b(tf) + _b(tf),
    "bool - bool": lambda tf: _b(tf) - _b(tf),
    "bool * bool": lambda tf: _b(tf) * _b(tf),
    "bool ** bool": lambda tf: _b(tf) ** _b(tf),
    "bool // bool": lambda tf: _b(tf) // _b(tf),
    "bool / bool": lambda tf: _b(tf) / _b(tf),
    "bool < bool": lambda tf: _b(tf) < _b(tf),
    "-bool": lambda tf: -_b(tf),
    "~float": lambda tf: ~_f(tf),
    "float & float": lambda tf: _f(tf) & _f(tf),
    "bool & float": lambda tf: tf.constant(True) & tf.constant(1.0),
    "logical_and of floats": lambda tf: tf.logical_and(_f(tf), _f(tf)),
    "logical_or of Python ints": lambda tf: tf.logical_or(True, 1),
    "logical_not of a float": lambda tf: tf.logical_not(_f(tf)),
    "int // 0": lambda tf: tf.constant(1) // tf.constant(0),
    "int % 0": lambda tf: tf.constant(1) % tf.constant(0),
    "int ** -1": lambda tf: tf.constant([2]) ** tf.constant([-1]),
    "divide_no_nan of a float and a double": lambda tf: tf.math.divide_no_nan(
        tf.constant([1.0]), tf.constant([1.0], tf.float64)
    ),
    "add_n of nothing": lambda tf: tf.add_n([]),
    "add_n of different shapes": lambda tf: tf.add_n([tf.constant(1.0), tf.constant([1.0, 2.0])]),
    "add_n of different types": lambda tf: tf.add_n([tf.constant(1.0), tf.constant(1)]),
    "scalar_mul by a vector": lambda tf: tf.math.scalar_mul([1.0, 2.0], _f(tf)),
    "where of floats": lambda tf: tf.where(_f(tf), _f(tf), _f(tf)),
    "where of different types": lambda tf: tf.where(tf.constant(True), tf.constant(1), tf.constant(1.0)),
    "where of different types, with a list": lambda tf: tf.where([True], tf.constant(1), tf.constant(1.0)),
    "where of different shapes": lambda tf: tf.where(_b(tf), tf.ones(3), tf.ones(1)),
    "where with x alone": lambda tf: tf.where(_b(tf), tf.ones(2)),
    "clip_by_value of ints": lambda tf: tf.clip_by_value(_i(tf), 0.5, 1.5),
    "clip_by_global_norm of a tensor": lambda tf: tf.clip_by_global_norm("text", 1.0),
    "reduce_sum, no such axis": lambda tf: tf.reduce_sum(_f(tf), axis=5),
    "reduce_max, no such axis": lambda tf: tf.reduce_max(_f(tf), axis=-3),
    "reduce_mean, axis twice": lambda tf: tf.reduce_mean(_f(tf), axis=[0, 0]),
    "reduce_any of floats": lambda tf: tf.reduce_any(_f(tf)),
    "reduce_all of a list of ints": lambda tf: tf.reduce_all([1, 0]),
    "cumsum, no such axis": lambda tf: tf.cumsum(_f(tf), axis=2),
    "cumsum of a scalar": lambda tf: tf.cumsum(tf.constant(1.0)),
    "softmax, no such axis": lambda tf: tf.nn.softmax(_f(tf), axis=5),
    "complex of ints": lambda tf: tf.complex(tf.constant(1), tf.constant(2)),
    "complex of two types": lambda tf: tf.complex(tf.constant(1.0), tf.constant(2.0, tf.float64)),
    "real of bools": lambda tf: tf.math.real(_b(tf)),
    "norm, unknown order": lambda tf: tf.norm(_f(tf), ord="fro"),
    "norm, negative order": lambda tf: tf.norm(_f(tf), ord=-1),
    "norm, axis in a list": lambda tf: tf.norm(_f(tf), axis=[0]),
    "norm, axis twice": lambda tf: tf.norm(_f(tf), axis=(0, 0)),
    "norm of matrices, unknown order": lambda tf: tf.norm(_f(tf), ord=3, axis=(0, 1)),
    "matmul of different types": lambda tf: tf.matmul(_f(tf), tf.ones((2, 2), tf.float64)),
    "matmul, transposed and adjoint": lambda tf: tf.matmul(_f(tf), _f(tf), transpose_a=True, adjoint_a=True),
    "batch matmul of different types": lambda tf: tf.matmul(tf.ones((2, 2, 2)), tf.ones((2, 2, 2), tf.float64)),
    "matmul of bools": lambda tf: tf.matmul(_b(tf)[None], _b(tf)[:, None]),
    "tensordot, lists of different lengths": lambda tf: tf.tensordot(_f(tf), _f(tf), [[0, 1], [1]]),
    "tensordot, too many axes": lambda tf: tf.tensordot(_f(tf), _f(tf), 3),
    "tensordot, no such axis": lambda tf: tf.tensordot(_f(tf), _f(tf), [[5], [0]]),
    "einsum, too few inputs": lambda tf: tf.einsum("ij,jk->ik", _f(tf)),
    "einsum, unknown letter": lambda tf: tf.einsum("ij,jk->iq", _f(tf), _f(tf)),
    "einsum, letter twice in the output": lambda tf: tf.einsum("i->ii", tf.ones(2)),
    "matrix_transpose of a vector": lambda tf: tf.linalg.matrix_transpose(tf.ones(2)),
    "cross of shapes that differ": lambda tf: tf.linalg.cross(tf.ones(3), tf.ones((2, 3))),
    "cross of vectors of 2": lambda tf: tf.linalg.cross(tf.ones(2), tf.ones(2)),
    "inv of a singular matrix": lambda tf: tf.linalg.inv(tf.ones((2, 2))),
    "solve with a singular matrix": lambda tf: tf.linalg.solve(tf.ones((2, 2)), tf.ones((2, 2))),
    "solve for a vector": lambda tf: tf.linalg.solve(_f(tf), tf.ones(2)),
    "solve with a rectangle": lambda tf: tf.linalg.solve(tf.ones((2, 3)), _f(tf)),
    "solve, sizes that differ": lambda tf: tf.linalg.solve(_f(tf), tf.ones((3, 1))),
    "solve, batches that differ": lambda tf: tf.linalg.solve(tf.ones((2, 2, 2)), tf.ones((3, 2, 2))),
    "solve with ints": lambda tf: tf.linalg.solve(_i(tf), _i(tf)),
    "triangular_solve, sizes that differ": lambda tf: tf.linalg.triangular_solve(_f(tf), tf.ones((3, 1))),
    "triangular_solve with a rectangle": lambda tf: tf.linalg.triangular_solve(tf.ones((2, 3)), _f(tf)),
    "diag of a scalar": lambda tf: tf.linalg.diag(1.0),
    "diag, too few rows": lambda tf: tf.linalg.diag([1.0, 2.0], num_rows=1),
    "diag_part, no such diagonal": lambda tf: tf.linalg.diag_part(tf.ones((2, 3)), k=7),
    "diag_part of a vector": lambda tf: tf.linalg.diag_part(tf.ones(2)),
    "set_diag of another length": lambda tf: tf.linalg.set_diag(tf.ones((2, 3)), tf.ones(3)),
    "band_part, too many": lambda tf: tf.linalg.band_part(tf.ones((2, 3)), 5, 0),
    "band_part of a vector": lambda tf: tf.linalg.band_part(tf.ones(2), 0, 0),
    "tensor_diag_part of a rectangle": lambda tf: tf.linalg.tensor_diag_part(tf.ones((2, 3))),
    "tensor_diag_part of a vector": lambda tf: tf.linalg.tensor_diag_part(tf.ones(2)),
    "gelu of a list of ints": lambda tf: tf.nn.gelu([1, 2]),
    "l2_normalize of ints": lambda tf: tf.math.l2_normalize(_i(tf)),
    "gradient of truncatemod": lambda tf: _gradient(tf, lambda x: tf.truncatemod(x, 2.0)),
    "gradient of det of a singular matrix": lambda tf: _gradient(tf, tf.linalg.det, np.ones((2, 2), np.float32)),
}


def _gradient(tf: Any, f: Callable[[Any], Any], value: Any = 1.0) -> Any:
    x = tf.constant(value)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)
