"""Gradients where calculus leaves a choice, or where TensorFlow departs from it: kinks, ties, zeros, infinities.

The numbers are TensorFlow 2.15's: the gradient of the sum of the result, in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

INF, NAN = np.inf, np.nan


def gradients(f: Any, *values: Any) -> list[Any]:
    """The gradient of ``f`` for each value, as arrays (None where there is none)."""
    tensors = [tf.constant(v, tf.float32) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        result = f(*tensors)
    return [None if g is None else g.numpy() for g in tape.gradient(result, tensors)]


def same(got: Any, expected: Any) -> None:
    assert got is not None
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, np.array(expected, np.float32), rtol=2e-6, atol=1e-12)


# (name, function, value, gradient)
ONE_INPUT = [
    ("sqrt at 0", lambda x: tf.sqrt(x), 0.0, INF),
    ("sqrt at 0 without upstream", lambda x: 0.0 * tf.sqrt(x), 0.0, 0.0),
    ("sqrt of a square at 0", lambda x: tf.sqrt(x * x), 0.0, NAN),
    ("rsqrt at 0", lambda x: tf.math.rsqrt(x), 0.0, -INF),
    ("rsqrt at 0 without upstream", lambda x: 0.0 * tf.math.rsqrt(x), 0.0, 0.0),
    ("reciprocal at 0", lambda x: tf.math.reciprocal(x), 0.0, -INF),
    ("reciprocal at 0 without upstream", lambda x: 0.0 * tf.math.reciprocal(x), 0.0, 0.0),
    ("1 / x at 0", lambda x: 1.0 / x, 0.0, -INF),
    ("1 / x at 0 without upstream", lambda x: 0.0 * (1.0 / x), 0.0, NAN),
    ("norm at 0", lambda x: tf.norm(x), [0.0, 0.0], [NAN, NAN]),
    ("norm of rows", lambda x: tf.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]], [[NAN, NAN], [0.6, 0.8]]),
    ("euclidean norm at 0", lambda x: tf.math.reduce_euclidean_norm(x), [0.0, 0.0], [NAN, NAN]),
    ("norm 1", lambda x: tf.norm(x, ord=1), [-2.0, 0.0, 3.0], [-1.0, 0.0, 1.0]),
    ("norm inf", lambda x: tf.norm(x, ord=np.inf), [2.0, -2.0], [0.5, -0.5]),
    ("global norm at 0", lambda x: tf.linalg.global_norm([x]), [0.0, 0.0], [NAN, NAN]),
    ("l2_normalize at 0", lambda x: tf.math.l2_normalize(x), [0.0, 0.0], [1e6, 1e6]),
    ("clip_by_norm at 0", lambda x: tf.clip_by_norm(x, 1.0), [0.0, 0.0], [1.0, 1.0]),
    ("clip_by_norm beyond", lambda x: tf.clip_by_norm(x, 1.0), [3.0, 4.0], [0.032, -0.024]),
    ("clip_by_norm within", lambda x: tf.clip_by_norm(x, 9.0), [3.0, 4.0], [1.0, 1.0]),
    ("abs", lambda x: tf.abs(x), [-2.0, 0.0, 3.0], [-1.0, 0.0, 1.0]),
    ("sign", lambda x: tf.sign(x), [-2.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
    ("relu", lambda x: tf.nn.relu(x), [-1.0, 0.0, NAN, 2.0], [0.0, 0.0, 0.0, 1.0]),
    ("relu6", lambda x: tf.nn.relu6(x), [0.0, 3.0, 6.0, 7.0], [0.0, 1.0, 0.0, 0.0]),
    ("leaky_relu", lambda x: tf.nn.leaky_relu(x), [-1.0, 0.0, 1.0], [0.2, 0.2, 1.0]),
    ("leaky_relu of slope 0.3", lambda x: tf.nn.leaky_relu(x, alpha=0.3), [0.0, 1.0], [0.3, 1.0]),
    ("elu", lambda x: tf.nn.elu(x), [-1.0, 0.0], [0.36787945, 1.0]),
    ("selu", lambda x: tf.nn.selu(x), [-1.0, 0.0], [0.64676857, 1.050701]),
    ("gelu", lambda x: tf.nn.gelu(x), [-1.0, 0.0, 1.0], [-0.0833154917, 0.5, 1.08331549]),
    ("gelu by tanh", lambda x: tf.nn.gelu(x, approximate=True), [-1.0, 0.0, 1.0], [-0.0829640701, 0.5, 1.08296394]),
    ("silu", lambda x: tf.nn.silu(x), [-1.0, 0.0, 1.0, -100.0], [0.0723294839, 0.5, 0.927670538, -0.0]),
    ("softsign", lambda x: tf.nn.softsign(x), [-1.0, 0.0, 1.0], [0.25, 1.0, 0.25]),
    ("softplus", lambda x: tf.nn.softplus(x), [10.0, 100.0, -100.0, INF], [0.99995458, 1.0, 0.0, 1.0]),
    ("sigmoid", lambda x: tf.sigmoid(x), 4.0, 0.0176627338),
    # At 4 the last digit of tanh, which differs between libraries, decides about the fourth of 1 - y * y.
    ("tanh", lambda x: tf.tanh(x), 0.5, 0.78644773),
    ("maximum, tie with a constant behind", lambda x: tf.maximum(x, 0.0), 0.0, 1.0),
    ("maximum, tie with a constant before", lambda x: tf.maximum(0.0, x), 0.0, 0.0),
    ("minimum, tie with a constant behind", lambda x: tf.minimum(x, 0.0), 0.0, 1.0),
    ("minimum, tie with a constant before", lambda x: tf.minimum(0.0, x), 0.0, 0.0),
    ("reduce_max, tie", lambda x: tf.reduce_max(x), [1.0, 3.0, 3.0, 2.0], [0.0, 0.5, 0.5, 0.0]),
    ("reduce_min, tie of three", lambda x: tf.reduce_min(x), [1.0, 1.0, 1.0], [0.3333333433] * 3),
    (
        "reduce_max of maximum", lambda x: tf.reduce_max(tf.maximum(x, 0.0)), [0.0, 0.0, -1.0], [1 / 3, 1 / 3, 0.0],
    ),
    ("clip_by_value", lambda x: tf.clip_by_value(x, -1.0, 1.0), [-2.0, -1.0, 0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 1.0, 0.0]),
    ("clip_by_value of nan", lambda x: tf.clip_by_value(x, -1.0, 1.0), NAN, 0.0),
    ("clip_by_value to a point", lambda x: tf.clip_by_value(x, 1.0, 1.0), [0.0, 1.0, 2.0], [0.0, 1.0, 0.0]),
    ("x ** 2 at 0", lambda x: x**2, 0.0, 0.0),
    ("x ** 1 at 0", lambda x: x**1, 0.0, 1.0),
    ("x ** 0.5 at 0", lambda x: x**0.5, 0.0, INF),
    ("x ** 0", lambda x: x**0, [0.0, 1.0], [NAN, 0.0]),
    ("x ** 3 at -2", lambda x: x**3, -2.0, 12.0),
    ("2 ** x", lambda x: 2.0**x, 3.0, 5.54517746),
    ("0 ** x", lambda x: 0.0**x, 3.0, 0.0),
    ("x ** x at 0", lambda x: x**x, 0.0, NAN),
    ("log at 0", lambda x: tf.math.log(x), 0.0, INF),
    ("log at 0 without upstream", lambda x: 0.0 * tf.math.log(x), 0.0, NAN),
    ("log1p at -1", lambda x: tf.math.log1p(x), -1.0, INF),
    ("log of a softmax that vanishes", lambda x: tf.math.log(tf.nn.softmax(x)), [0.0, 1000.0], [NAN, NAN]),
    ("log(exp(x) + 1) at 100", lambda x: tf.math.log(tf.exp(x) + 1.0), 100.0, NAN),
    ("log1p(exp(x)) at 100", lambda x: tf.math.log1p(tf.exp(x)), 100.0, NAN),
    ("log_sigmoid", lambda x: tf.math.log_sigmoid(x), [100.0, -100.0], [0.0, 1.0]),
    ("x / x at 0", lambda x: x / x, 0.0, NAN),
    ("where with sqrt", lambda x: tf.where(x > 0, tf.sqrt(x), x), [0.0, 4.0], [1.0, 0.25]),
    ("where with norm", lambda x: tf.where(tf.reduce_any(x > 0), tf.norm(x), 0.0), [0.0, 0.0], [0.0, 0.0]),
    ("where with log", lambda x: tf.where(x > 0, tf.math.log(x), x), [0.0], [NAN]),
    ("where with 1 / x", lambda x: tf.where(x > 0, 1.0 / x, x), [0.0], [NAN]),
    ("where with x ** 0.5", lambda x: tf.where(x > 0, x**0.5, x), [0.0], [NAN]),
    ("where with x / x", lambda x: tf.where(x > 0, x / x, x), [0.0], [NAN]),
    ("where with exp", lambda x: tf.where(x < 100, tf.exp(x), x), [1000.0], [NAN]),
    ("where with nan", lambda x: tf.where(x > 0, x * NAN, x), [0.0], [NAN]),
    ("a mask instead of where", lambda x: tf.cast(x > 0, tf.float32) * tf.sqrt(x), [0.0, 4.0], [0.0, 0.25]),
    (
        "two wheres", lambda x: tf.where(x > 0, tf.math.log(tf.where(x > 0, x, 1.0)), 0.0), [0.0, 2.0], [0.0, 0.5],
    ),
    ("mean of nothing", lambda x: tf.reduce_mean(x), np.zeros((0,)), np.zeros((0,))),
    ("mean over an axis", lambda x: tf.reduce_mean(x, axis=0), [[1.0], [2.0], [6.0]], [[1 / 3]] * 3),
    ("reduce_prod with a zero", lambda x: tf.reduce_prod(x), [2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
    ("reduce_prod with two zeros", lambda x: tf.reduce_prod(x), [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]),
    ("cumprod", lambda x: tf.math.cumprod(x), [2.0, 3.0, 4.0], [16.0, 10.0, 6.0]),
    ("cumprod, exclusive", lambda x: tf.math.cumprod(x, exclusive=True), [2.0, 3.0, 4.0], [4.0, 2.0, 0.0]),
    ("cumprod with a zero", lambda x: tf.math.cumprod(x), [2.0, 0.0, 4.0], [1.0, 0.0, 0.0]),
    ("cumsum", lambda x: tf.cumsum(x) * [1.0, 10.0, 100.0], [1.0, 2.0, 3.0], [111.0, 110.0, 100.0]),
    (
        "cumsum, exclusive and reversed",
        lambda x: tf.cumsum(x, exclusive=True, reverse=True) * [1.0, 10.0, 100.0],
        [1.0, 2.0, 3.0],
        [0.0, 1.0, 11.0],
    ),
    ("std of equal numbers", lambda x: tf.math.reduce_std(x), [2.0, 2.0], [NAN, NAN]),
    ("std", lambda x: tf.math.reduce_std(x), [1.0, 3.0], [-0.5, 0.5]),
    ("variance of equal numbers", lambda x: tf.math.reduce_variance(x), [2.0, 2.0], [0.0, 0.0]),
    ("logsumexp", lambda x: tf.reduce_logsumexp(x), [1.0, 1.0], [0.5, 0.5]),
    ("logsumexp of nothing but -inf", lambda x: tf.reduce_logsumexp(x), [-INF, -INF], [NAN, NAN]),
    ("logsumexp with inf", lambda x: tf.reduce_logsumexp(x), [INF, 0.0], [NAN, 0.0]),
    ("softmax", lambda x: tf.nn.softmax(x) * [1.0, 0.0], [1.0, 2.0], [0.19661194, -0.19661194]),
    ("log_softmax", lambda x: tf.nn.log_softmax(x) * [1.0, 0.0], [1.0, 2.0], [0.73105858, -0.73105858]),
    ("l2_loss", lambda x: tf.nn.l2_loss(x), [3.0, -4.0], [3.0, -4.0]),
    ("abs of a complex number at 0", lambda x: tf.abs(tf.complex(x, x)), [0.0, 3.0], [0.0, 1.41421354]),
    ("asin at 1", lambda x: tf.asin(x), 1.0, INF),
    ("acos at 1", lambda x: tf.acos(x), 1.0, -INF),
    ("acosh at 1", lambda x: tf.acosh(x), 1.0, INF),
    ("atanh at 1", lambda x: tf.atanh(x), 1.0, INF),
    ("expm1 at 0", lambda x: tf.math.expm1(x), 0.0, 1.0),
    ("erf at 0", lambda x: tf.math.erf(x), 0.0, 1.12837923),
    ("lgamma at 1", lambda x: tf.math.lgamma(x), 1.0, -0.577215910),
    ("floats to floats", lambda x: tf.cast(tf.cast(x, tf.float64), tf.float16), 3.0, 1.0),
]  # fmt: skip


@pytest.mark.parametrize(("f", "value", "expected"), [c[1:] for c in ONE_INPUT], ids=[c[0] for c in ONE_INPUT])
def test_one_input(f: Any, value: Any, expected: Any) -> None:
    (got,) = gradients(f, value)
    same(got, expected)


# (name, function, values, gradients)
TWO_INPUTS = [
    ("maximum", lambda a, b: tf.maximum(a, b), ([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]), ([1.0, 0.0, 1.0], [0.0, 1.0, 0.0])),
    ("maximum of nan", lambda a, b: tf.maximum(a, b), ([NAN, 1.0], [1.0, NAN]), ([0.0, 0.0], [1.0, 1.0])),
    ("minimum of nan", lambda a, b: tf.minimum(a, b), ([NAN, 1.0], [1.0, NAN]), ([0.0, 0.0], [1.0, 1.0])),
    ("maximum, broadcast tie", lambda a, b: tf.maximum(a, b), ([1.0, 2.0], 1.0), ([1.0, 1.0], 0.0)),
    ("pow at (0, 0)", lambda x, y: x**y, (0.0, 0.0), (NAN, 0.0)),
    ("pow at (0, 0.5)", lambda x, y: x**y, (0.0, 0.5), (INF, 0.0)),
    ("pow at (0, 1)", lambda x, y: x**y, (0.0, 1.0), (1.0, 0.0)),
    ("pow at (0, 2)", lambda x, y: x**y, (0.0, 2.0), (0.0, 0.0)),
    ("pow at (0, -1)", lambda x, y: x**y, (0.0, -1.0), (-INF, NAN)),
    ("pow at (-2, 2)", lambda x, y: x**y, (-2.0, 2.0), (-4.0, 0.0)),
    ("pow at (-2, 3)", lambda x, y: x**y, (-2.0, 3.0), (12.0, -0.0)),
    ("pow at (-2, 0.5)", lambda x, y: x**y, (-2.0, 0.5), (NAN, NAN)),
    ("pow at (2, 3)", lambda x, y: x**y, (2.0, 3.0), (12.0, 5.54517746)),
    ("pow at (inf, 2)", lambda x, y: x**y, (INF, 2.0), (INF, INF)),
    ("xlogy at (0, 0)", lambda x, y: tf.math.xlogy(x, y), (0.0, 0.0), (0.0, 0.0)),
    ("xlogy at (2, 0)", lambda x, y: tf.math.xlogy(x, y), (2.0, 0.0), (-INF, INF)),
    ("xlog1py at (0, -1)", lambda x, y: tf.math.xlog1py(x, y), (0.0, -1.0), (0.0, 0.0)),
    ("xdivy at (0, 0)", lambda x, y: tf.math.xdivy(x, y), (0.0, 0.0), (0.0, 0.0)),
    ("x / 0", lambda x, y: x / y, (1.0, 0.0), (INF, -INF)),
    ("divide_no_nan by 0", lambda x, y: tf.math.divide_no_nan(x, y), (1.0, 0.0), (0.0, 0.0)),
    ("multiply_no_nan by 0", lambda x, y: tf.math.multiply_no_nan(x, y), (INF, 0.0), (0.0, INF)),
    ("floormod", lambda x, y: x % y, (7.5, 2.0), (1.0, -3.0)),
    ("atan2 at (0, 0)", lambda y, x: tf.atan2(y, x), (0.0, 0.0), (NAN, NAN)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "values", "expected"), [c[1:] for c in TWO_INPUTS], ids=[c[0] for c in TWO_INPUTS])
def test_two_inputs(f: Any, values: Any, expected: Any) -> None:
    for got, wanted in zip(gradients(f, *values), expected, strict=True):
        same(got, wanted)


def test_bounds_that_are_tensors_get_what_they_clip() -> None:
    x, low, high = gradients(tf.clip_by_value, [-2.0, -1.0, 0.0, 1.0, 2.0], -1.0, 1.0)
    same(x, [0.0, 1.0, 1.0, 1.0, 0.0])
    same(low, 1.0)
    same(high, 1.0)


@pytest.mark.parametrize(
    "f",
    [
        tf.floor, tf.math.ceil, tf.round, tf.math.rint, lambda x: x // 2.0, tf.math.is_nan, tf.ones_like, tf.zeros_like,
        lambda x: x > 1.0, lambda x: tf.cast(tf.cast(x, tf.int32), tf.float32), lambda x: tf.cast(x > 0, tf.float32),
        tf.stop_gradient, lambda x: tf.truncatediv(x, 2.0),
    ],
)  # fmt: skip
def test_no_derivative_is_none_and_not_zero(f: Any) -> None:
    assert gradients(f, [1.5, -2.5]) == [None]


def test_a_path_without_derivative_contributes_nothing() -> None:
    same(gradients(lambda x: x * 3.0 + tf.floor(x), 1.5)[0], 3.0)


def test_no_derivative_may_be_asked_for_as_zero() -> None:
    x = tf.constant([1.5, 2.5])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.floor(x)
    assert tape.gradient(y, x, unconnected_gradients="zero").numpy().tolist() == [0.0, 0.0]


def test_truncatemod_has_no_rule() -> None:
    with pytest.raises(LookupError, match="gradient registry has no entry for: TruncateMod"):
        gradients(lambda x: tf.truncatemod(x, 2.0), 7.5)


def test_softsign_has_no_second_derivative() -> None:
    x = tf.constant(1.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.nn.softsign(x)
        slope = inner.gradient(y, x)
    with pytest.raises(LookupError, match="gradient registry has no entry for: SoftsignGrad"):
        outer.gradient(slope, x)


def test_a_square_is_a_pow_in_the_graph() -> None:
    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        _ = x**2
    assert [entry[2].name for entry in tape._entries] == ["Pow"]


def test_the_mean_divides_by_an_exact_count() -> None:
    same(gradients(tf.reduce_mean, np.zeros((3, 7)))[0], np.full((3, 7), 0.047619048))


# Values of the functions themselves where they are delicate.
VALUES = [
    (lambda: tf.nn.gelu(-1.0), -0.158655256),
    (lambda: tf.nn.gelu(-1.0, approximate=True), -0.158807963),
    (lambda: tf.math.xlogy(0.0, 0.0), 0.0),
    (lambda: tf.math.divide_no_nan(NAN, 0.0), 0.0),
    (lambda: tf.math.multiply_no_nan(INF, 0.0), 0.0),
    (lambda: tf.math.l2_normalize([0.0, 0.0]), [0.0, 0.0]),
    (lambda: tf.math.reduce_variance([2.0, 2.0]), 0.0),
    (lambda: tf.math.reduce_std([1.0, 3.0]), 1.0),
    (lambda: tf.reduce_logsumexp([-INF, -INF]), -INF),
    (lambda: tf.reduce_logsumexp([1000.0, 1000.0]), 1000.69314718),
    (lambda: tf.reduce_mean(tf.zeros((0,))), NAN),
    (lambda: tf.reduce_max(tf.zeros((0,))), -INF),
    (lambda: tf.reduce_min(tf.zeros((0,))), INF),
    (lambda: tf.reduce_prod(tf.zeros((0,))), 1.0),
    (lambda: tf.reduce_sum(tf.zeros((0,))), 0.0),
    (lambda: tf.round([0.5, 1.5, 2.5, -0.5]), [0.0, 2.0, 2.0, -0.0]),
    (lambda: tf.math.rint([0.5, 2.5]), [0.0, 2.0]),
    (lambda: tf.nn.relu([NAN, -0.0]), [NAN, -0.0]),
    (lambda: tf.nn.relu6([NAN, 7.0]), [NAN, 6.0]),
    (lambda: tf.math.floormod([5.5, -5.5, 1.0, 1.0], [2.0, 2.0, 0.0, INF]), [1.5, 0.5, NAN, 1.0]),
    (lambda: tf.math.floordiv([7.0, -7.0, 1.0, 0.0, INF], [2.0, 2.0, 0.0, 0.0, 2.0]), [3.0, -4.0, INF, NAN, INF]),
    (lambda: tf.truncatediv([7.0, -7.5], [2.0, 2.0]), [3.0, -3.0]),
    (lambda: tf.truncatemod([7.0, -7.5], [2.0, 2.0]), [1.0, -1.5]),
    (lambda: tf.math.lgamma([0.0, -1.0, -0.5, INF, -INF]), [INF, INF, 1.2655121, INF, INF]),
    (lambda: tf.math.digamma([0.0, -1.0, -0.5, INF, 1.0]), [NAN, NAN, 0.036489974, INF, -0.57721564]),
    (lambda: tf.math.polygamma([1.0, 2.0, 0.0, 1.0, -1.0, 1.5], [0.0, 2.0, 3.0, -0.5, 1.0, 2.0]),
     [INF, -0.40411383, 0.9227842, 8.934802, NAN, NAN]),
    (lambda: tf.math.zeta([2.0, 1.0, 0.5, 3.0, 2.0], [1.0, 1.0, 1.0, -0.5, 0.0]),
     [1.644934, INF, NAN, 0.41439837, INF]),
    (lambda: tf.math.erf([NAN, INF, -INF]), [NAN, 1.0, -1.0]),
    (lambda: tf.math.erfc([0.0, 5.0, -5.0]), [1.0, 1.5374598e-12, 2.0]),
    (lambda: tf.nn.softmax([1000.0, 0.0]), [1.0, 0.0]),
    (lambda: tf.nn.log_softmax([1000.0, 0.0]), [0.0, -1000.0]),
    (lambda: tf.nn.softplus([1000.0, -1000.0]), [1000.0, 0.0]),
    (lambda: tf.math.log_sigmoid([1000.0, -1000.0]), [0.0, -1000.0]),
    (lambda: tf.sigmoid([-1000.0, 1000.0]), [0.0, 1.0]),
    (lambda: tf.linalg.cholesky([[-1.0]]), [[NAN]]),
    (lambda: tf.linalg.triangular_solve([[1.0, 99.0], [3.0, 0.0]], tf.ones((2, 1))), [[1.0], [-INF]]),
    (lambda: tf.math.cumulative_logsumexp([1.0, 2.0], exclusive=True), [-INF, 1.0]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "expected"), VALUES, ids=[str(k) for k in range(len(VALUES))])
def test_values(f: Any, expected: Any) -> None:
    same(f().numpy(), expected)


INTS = [
    (lambda: tf.constant(-7) // 2, -4),
    (lambda: tf.constant(-7) % 2, 1),
    (lambda: tf.constant(7) % -3, -2),
    (lambda: tf.truncatediv(-7, 2), -3),
    (lambda: tf.truncatemod(-7, 2), -1),
    (lambda: tf.truncatediv([7, -7, -8], [-2, -2, 2]), [-3, 3, -4]),
    (lambda: tf.constant(3) ** tf.constant(40), 689956897),
    (lambda: tf.reduce_mean([1, 2, 4]), 2),
    (lambda: tf.reduce_mean([-1, -2, -4]), -2),
    (lambda: tf.reduce_mean([1, 2]), 1),
    (lambda: tf.reduce_max(tf.zeros((0,), tf.int32)), -2147483648),
    (lambda: tf.nn.relu([-1, 2]), [0, 2]),
    (lambda: tf.square([-1, 2]), [1, 4]),
    (lambda: tf.math.reduce_euclidean_norm([1, 1]), 1),
    (lambda: tf.cast([1.9, -1.9, NAN, INF, 3e9], tf.int32), [1, -1, -2147483648, -2147483648, -2147483648]),
    (lambda: tf.where([True, False], [1, 2], [3, 4]), [1, 4]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "expected"), INTS, ids=[str(k) for k in range(len(INTS))])
def test_ints(f: Any, expected: Any) -> None:
    got = f()
    assert got.dtype == tf.int32
    assert got.numpy().tolist() == expected


def test_where_alone_gives_places() -> None:
    found = tf.where([[True, False], [False, True]])
    assert found.dtype == tf.int64
    assert found.numpy().tolist() == [[0, 0], [1, 1]]


def test_count_nonzero() -> None:
    found = tf.math.count_nonzero([1.0, 0.0, 2.0])
    assert found.dtype == tf.int64
    assert int(found) == 2
