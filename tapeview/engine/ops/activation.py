"""What stands between the layers of a network: the relu family, softplus, softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.dtypes import float32
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.op import Op, defop, execute, execute_pair
from tapeview.engine.ops.calls import unary
from tapeview.engine.ops.elementwise import cast, negative, power, zeros_like
from tapeview.engine.ops.exponential import SIGMOID, exp, sigmoid, tanh
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import concat, transpose
from tapeview.engine.ops.special_functions import erf
from tapeview.engine.tensor import Array, EagerTensor

SELU_SCALE = 1.0507009873554805
SELU_SCALE_ALPHA = 1.7580993408473768

# -- kernels -------------------------------------------------------------------------------------------------------


def _relu(x: Array) -> Any:
    return np.maximum(x, x.dtype.type(0))


def _relu_grad(g: Array, y: Array) -> Any:
    if not g.ndim:
        return np.multiply(g, np.greater(y, 0))
    mask = np.greater(y, 0).astype(g.dtype)  # as floats: the product then needs no conversion
    return np.multiply(g, mask, out=mask)


def _relu6(x: Array) -> Any:
    return np.minimum(np.maximum(x, x.dtype.type(0)), x.dtype.type(6))


def _leaky_relu(x: Array, *, alpha: float) -> Any:
    return np.where(x > 0, x, np.multiply(x, x.dtype.type(alpha)))


def _elu(x: Array) -> Any:
    return np.where(x < 0, np.expm1(x), x)


def _selu(x: Array) -> Any:
    number = x.dtype.type
    return np.where(x < 0, np.multiply(np.expm1(x), number(SELU_SCALE_ALPHA)), np.multiply(x, number(SELU_SCALE)))


def _softplus(x: Array) -> Any:
    return np.logaddexp(x, x.dtype.type(0))


def _softsign(x: Array) -> Any:
    return np.divide(x, np.add(np.abs(x), x.dtype.type(1)))


def _softsign_grad(g: Array, x: Array) -> Any:
    return np.divide(g, np.square(np.add(np.abs(x), x.dtype.type(1))))


def _silu(x: Array) -> Any:
    one = x.dtype.type(1)
    return np.divide(x, np.add(np.exp(np.negative(x)), one))


def _softmax(x: Array) -> Any:
    if not x.size:
        return x.view()
    risen = np.exp(np.subtract(x, np.maximum.reduce(x, -1, keepdims=True)))
    return np.divide(risen, np.add.reduce(risen, -1, x.dtype, keepdims=True))


def _log_softmax(x: Array) -> Any:
    if not x.size:
        return x.view()
    below = np.subtract(x, np.maximum.reduce(x, -1, keepdims=True))
    return np.subtract(below, np.log(np.add.reduce(np.exp(below), -1, x.dtype, keepdims=True)))


# -- the table -----------------------------------------------------------------------------------------------------


def _where_true(condition: EagerTensor, g: EagerTensor) -> Any:
    """``g`` where the condition holds, else 0; by a product as in TensorFlow, so an infinite ``g`` gives nan there."""
    return g * cast(condition, g.dtype)


def _silu_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor) -> Any:
    s = sigmoid(x)
    return g * (s * (1 + x * (1 - s)))


RELU_GRAD: Op = defop(
    "ReluGrad", _relu_grad, inputs="dy y",
    vjps=(lambda g, out, dy, y: execute_pair(RELU_GRAD, g, y), lambda g, out, dy, y: zeros_like(y)),
    formulas=("g where y > 0, else 0", "0"),
)  # fmt: skip
RELU: Op = defop(
    "Relu", _relu, (lambda g, y, x: execute_pair(RELU_GRAD, g, y),), inputs="x", formulas=("g where y > 0, else 0",),
)  # fmt: skip
RELU6 = defop(
    "Relu6", _relu6, (lambda g, y, x: _where_true((y > 0) & (y < 6), g),), inputs="x",
    formulas=("g where 0 < y < 6, else 0",),
)  # fmt: skip
LEAKY_RELU = defop(
    "LeakyRelu", _leaky_relu, (lambda g, y, x, alpha: where(x > 0, g, alpha * g),), inputs="x",
    formulas=("g where x > 0, else alpha * g",),
)  # fmt: skip
ELU = defop(
    "Elu", _elu, (lambda g, y, x: where(y < 0, g * (y + 1), g),), inputs="x",
    formulas=("g * (y + 1) where y < 0, else g",),
)  # fmt: skip
SELU = defop(
    "Selu", _selu, (lambda g, y, x: where(y < 0, g * (y + SELU_SCALE_ALPHA), g * SELU_SCALE),), inputs="x",
    formulas=("g * (y + 1.7581) where y < 0, else g * 1.0507",),
)  # fmt: skip
SILU = defop("Silu", _silu, (_silu_rule,), inputs="x", formulas=("g * s * (1 + x * (1 - s)), with s = sigmoid(x)",))
SOFTPLUS = defop(
    "Softplus", _softplus, (lambda g, y, x: g / (exp(-x) + 1),), inputs="x", formulas=("g * sigmoid(x)",)
)  # fmt: skip
SOFTSIGN_GRAD = defop(
    "SoftsignGrad", _softsign_grad, inputs="dy x", doc="Softsign's gradient. TensorFlow has no rule for it.",
)  # fmt: skip
SOFTSIGN = defop(
    "Softsign", _softsign, (lambda g, y, x: execute(SOFTSIGN_GRAD, (g, x)),), inputs="x",
    formulas=("g / (1 + abs(x)) ** 2",),
)  # fmt: skip
SOFTMAX = defop(
    "Softmax", _softmax, (lambda g, y, x: (g - reduce_sum(g * y, -1, keepdims=True)) * y,), inputs="x",
    formulas=("(g - sum(g * y)) * y, with sums over the last axis",),
)  # fmt: skip
LOG_SOFTMAX = defop(
    "LogSoftmax", _log_softmax, (lambda g, y, x: g - reduce_sum(g, -1, keepdims=True) * exp(y),), inputs="x",
    formulas=("g - sum(g) * exp(y), with sums over the last axis",),
)  # fmt: skip


# -- the functions -------------------------------------------------------------------------------------------------


def relu(features: Any, name: str | None = None) -> EagerTensor:
    """``max(x, 0)``; its gradient at 0 is 0."""
    return unary(RELU, features)


def relu6(features: Any, name: str | None = None) -> EagerTensor:
    """``min(max(x, 0), 6)``; its gradient at 0 and at 6 is 0."""
    return unary(RELU6, features)


def leaky_relu(features: Any, alpha: Any = 0.2, name: str | None = None) -> EagerTensor:
    """``x`` where it is positive, else ``alpha * x``; ints become float32."""
    x = to_tensor(features)
    if x._array.dtype.kind in "iu":
        x = cast(x, float32)
    unary_attrs = {"alpha": float(alpha)}
    return execute(LEAKY_RELU, (_floats(LEAKY_RELU, x),), unary_attrs)


def _floats(op: Op, x: EagerTensor) -> EagerTensor:
    from tapeview.engine import kernel_types

    if x._array.dtype.kind != "f":
        kernel_types.check(op.name, x)
    return x


def crelu(features: Any, axis: Any = -1, name: str | None = None) -> EagerTensor:
    """``relu(x)`` and ``relu(-x)``, side by side along ``axis``."""
    x = to_tensor(features)
    return relu(concat([x, -x], int(axis)))


def elu(features: Any, name: str | None = None) -> EagerTensor:
    """``x`` where it is positive, else ``exp(x) - 1``. Raises InvalidArgumentError for ints."""
    return unary(ELU, features)


def selu(features: Any, name: str | None = None) -> EagerTensor:
    """``elu``, scaled so that variances of 1 stay so. Raises InvalidArgumentError for ints."""
    return unary(SELU, features)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> EagerTensor:
    """``x`` times the probability of a normal number below it; ``approximate``: by a formula with tanh.

    Raises:
        ValueError: no floats.
    """
    x = to_tensor(features)
    if x._array.dtype.kind != "f":
        raise ValueError(f"`features.dtype` must be a floating point tensor.Received:features.dtype={x.dtype}")
    half: Any = 0.5 * x
    if approximate:
        return half * (1.0 + tanh(0.7978845608028654 * (x + 0.044715 * power(x, 3))))  # type: ignore[no-any-return]
    return half * (1.0 + erf(x / 1.4142135623730951))  # type: ignore[no-any-return]


def silu(features: Any, beta: Any = 1.0) -> EagerTensor:
    """``x * sigmoid(beta * x)``."""
    x = to_tensor(features)
    if isinstance(beta, (int, float)) and beta == 1:
        return execute(SILU, (_floats(SIGMOID, x),))
    factor = cast(to_tensor(beta), x.dtype)
    return x * sigmoid(factor * x)  # type: ignore[no-any-return]


swish = silu


def softplus(features: Any, name: str | None = None) -> EagerTensor:
    """``log(1 + exp(x))`` without overflow. Raises InvalidArgumentError for ints."""
    return unary(SOFTPLUS, features)


def log_sigmoid(x: Any, name: str | None = None) -> EagerTensor:
    """``log(sigmoid(x))`` without overflow. Raises InvalidArgumentError for ints."""
    return negative(softplus(negative(to_tensor(x))))


def softsign(features: Any, name: str | None = None) -> EagerTensor:
    """``x / (1 + abs(x))``. Its gradient has no gradient. Raises InvalidArgumentError for ints."""
    return unary(SOFTSIGN, features)


def softmax(logits: Any, axis: Any = None, name: str | None = None) -> EagerTensor:
    """``exp(x) / sum(exp(x))`` over ``axis`` (None: the last).

    Raises:
        InvalidArgumentError: ints, a scalar, or no such axis.
    """
    return _over_axis(SOFTMAX, logits, axis)


def log_softmax(logits: Any, axis: Any = None, name: str | None = None) -> EagerTensor:
    """``log(softmax(x))`` over ``axis`` (None: the last), as :func:`softmax`."""
    return _over_axis(LOG_SOFTMAX, logits, axis)


def _over_axis(op: Op, logits: Any, axis: Any) -> EagerTensor:
    x = to_tensor(logits)
    rank = x._array.ndim
    number = -1 if axis is None else int(axis)
    if not -rank <= number < rank:
        text = f"`dim` must be in the range [{-rank}, {rank}) where {rank} is the number of dimensions in the input."
        raise InvalidArgumentError(None, None, f"{text} Received: dim={number}")
    if number in (-1, rank - 1):
        return unary(op, x)
    order = list(range(rank))
    order[number], order[-1] = order[-1], order[number]
    return transpose(unary(op, transpose(x, order)), order)
