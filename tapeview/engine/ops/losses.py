"""Losses of classifiers on logits: the cross entropies and the Poisson loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.op import defop, execute
from tapeview.engine.ops.activation import log_softmax, relu, softmax
from tapeview.engine.ops.creation import one_hot
from tapeview.engine.ops.elementwise import abs as abs_
from tapeview.engine.ops.elementwise import cast, stop_gradient, zeros_like
from tapeview.engine.ops.exponential import exp, log, log1p, sigmoid
from tapeview.engine.ops.select import where
from tapeview.engine.ops.shape import expand_dims, reshape, static_int, transpose
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _shifted(logits: Array) -> tuple[Array, Array]:
    """The logits below their maximum, and the logarithm of the sum of their exponentials."""
    below = logits - logits.max(-1, keepdims=True)
    return below, np.log(np.exp(below).sum(-1, keepdims=True))


def _softmax_xent(logits: Array, labels: Array) -> Any:
    below, total = _shifted(logits)
    return (labels * (total - below)).sum(-1)


SOFTMAX_XENT = defop(
    "SoftmaxCrossEntropyWithLogits", _softmax_xent, broadcasts=True, inputs="logits labels",
    vjps=(lambda g, y, logits, labels: expand_dims(g, -1) * (softmax(logits) - labels),
          lambda g, y, logits, labels: -expand_dims(g, -1) * log_softmax(logits)),
    formulas=("g * (softmax(logits) - labels)", "-g * log_softmax(logits)"),
)  # fmt: skip


def _sparse_xent(logits: Array, labels: Array) -> Any:
    below, total = _shifted(logits)
    return (total - np.take_along_axis(below, labels[..., None].astype(np.int64), -1))[..., 0]


def _sparse_rule(g: EagerTensor, y: EagerTensor, logits: EagerTensor, labels: EagerTensor) -> Any:
    classes = one_hot(labels, logits._array.shape[-1], dtype=logits.dtype)
    return expand_dims(g, -1) * (softmax(logits) - classes)


SPARSE_XENT = defop(
    "SparseSoftmaxCrossEntropyWithLogits", _sparse_xent, (_sparse_rule, None), inputs="logits labels",
    formulas=("g * (softmax(logits) - one_hot(labels))", ""),
)  # fmt: skip


def _sigmoid_xent(logits: Array, labels: Array) -> Any:
    return np.maximum(logits, logits.dtype.type(0)) - logits * labels + np.log1p(np.exp(-np.abs(logits)))


SIGMOID_XENT = defop(
    "SigmoidCrossEntropyWithLogits", _sigmoid_xent, inputs="logits labels",
    vjps=(lambda g, y, logits, labels: g * (sigmoid(logits) - labels),
          lambda g, y, logits, labels: -g * logits),
)  # fmt: skip


def _given(name: str, labels: Any, logits: Any) -> None:
    if labels is None or logits is None:
        raise ValueError(
            f"Both `labels` and `logits` must be provided for {name}Received: labels={labels} and logits={logits}"
        )


def _precise(logits: EagerTensor) -> EagerTensor:
    """float16 is computed as float32."""
    return cast(logits, dtypes.float32) if logits.dtype is dtypes.float16 else logits


def softmax_cross_entropy_with_logits(labels: Any, logits: Any, axis: Any = -1, name: str | None = None) -> EagerTensor:
    """Per example the cross entropy between the softmax of the logits and the labels, which should sum to 1.

    Gradients reach both. The classes lie along ``axis``, which the result does not have.

    Raises:
        ValueError: one of the two is missing.
        InvalidArgumentError: shapes that do not fit.
    """
    _given("softmax_cross_entropy_with_logits", labels, logits)
    scores = _precise(to_tensor(logits))
    targets = cast(to_tensor(labels), scores.dtype)
    rank = scores._array.ndim
    at = static_int(axis) % rank
    if at != rank - 1:
        order = [k for k in range(rank) if k != at] + [at]
        scores, targets = transpose(scores, order), transpose(targets, order)
    _check_broadcast(scores, targets)
    shape = scores._array.shape
    if targets._array.ndim != rank:
        scores, targets = (reshape(t, [-1, t._array.shape[-1]]) for t in (scores, targets))
    loss = execute(SOFTMAX_XENT, (scores, targets))
    if loss._array.ndim != rank - 1:
        loss = reshape(loss, shape[:-1])
    return cast(loss, to_tensor(logits).dtype)  # type: ignore[no-any-return]


def _check_broadcast(scores: EagerTensor, targets: EagerTensor) -> None:
    # The kernel sees matrices: examples by classes.
    sizes = [[int(np.prod(t._array.shape[:-1])), *t._array.shape[-1:]] for t in (scores, targets)]
    fits = all(a == b or 1 in (a, b) for a, b in zip(*sizes, strict=True))
    if not fits:
        text = f"logits and labels must be broadcastable: logits_size={bracketed(sizes[0])} "
        raise invalid("SoftmaxCrossEntropyWithLogits", f"{text}labels_size={bracketed(sizes[1])}")


def softmax_cross_entropy_with_logits_v1(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: Any = -1, name: str | None = None,
    axis: Any = None,
) -> EagerTensor:  # fmt: skip
    """The older function: no gradient reaches the labels."""
    _given("softmax_cross_entropy_with_logits", labels, logits)
    return softmax_cross_entropy_with_logits(stop_gradient(labels), logits, dim if axis is None else axis)


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> EagerTensor:
    """Per example the cross entropy between the softmax of the logits (classes last) and a class number.

    Raises:
        ValueError: one of the two is missing, or ranks that do not fit.
        InvalidArgumentError: a class number that does not exist, or one that is no int.
    """
    op = "SparseSoftmaxCrossEntropyWithLogits"
    _given("sparse_softmax_cross_entropy_with_logits", labels, logits)
    given = to_tensor(logits)
    scores, targets = _precise(given), to_tensor(labels)
    outer = scores._array.shape[:-1]
    if targets._array.ndim != scores._array.ndim - 1:
        raise ValueError(
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: "
            f"labels.shape={targets.shape} of rank {targets._array.ndim} and "
            f"logits.shape={scores.shape} of rank {scores._array.ndim}"
        )
    if targets._array.shape != outer:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
            f"labels.shape={targets.shape} and logits.shape={scores.shape}"
        )
    if targets.dtype.name not in ("int32", "int64"):
        text = f"Value for attr 'Tlabels' of {targets.dtype.word} is not in the list of allowed values: int32, int64"
        text += (
            f"\n\t; NodeDef: {{{{node {op}}}}}; Op<name={op}; signature=features:T, labels:Tlabels -> loss:T, "
            "backprop:T; attr=T:type,allowed=[DT_HALF, DT_BFLOAT16, DT_FLOAT, DT_DOUBLE]; "
            "attr=Tlabels:type,default=DT_INT64,allowed=[DT_INT32, DT_INT64]>"
        )
        raise invalid(op, text, kernel=False)
    numbers, count = targets._array, scores._array.shape[-1]
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < count):
        wrong = numbers.min() if numbers.min() < 0 else numbers.max()
        text = f"Received a label value of {wrong} which is outside the valid range of [0, {count})."
        raise invalid(op, f"{text}  Label values: {' '.join(map(str, numbers.ravel().tolist()))}")
    return cast(execute(SPARSE_XENT, (scores, targets)), given.dtype)  # type: ignore[no-any-return]


def sigmoid_cross_entropy_with_logits(labels: Any = None, logits: Any = None, name: str | None = None) -> EagerTensor:
    """Element by element the cross entropy between the sigmoid of the logits and the labels; gradients reach both.

    Raises:
        ValueError: one of the two is missing, or different shapes.
        InvalidArgumentError: different types.
    """
    _given("sigmoid_cross_entropy_with_logits", labels, logits)
    scores, targets = to_tensor(logits), to_tensor(labels)
    _same_shape(scores, targets)
    _same_type(scores, targets)
    return execute(SIGMOID_XENT, (scores, targets))


def _same_shape(scores: EagerTensor, targets: EagerTensor) -> None:
    if scores._array.shape != targets._array.shape:
        raise ValueError(
            f"`logits` and `labels` must have the same shape, received ({scores.shape} vs {targets.shape})."
        )


def _same_type(scores: EagerTensor, targets: EagerTensor) -> None:
    if scores._array.dtype != targets._array.dtype:
        raise wrong_dtype("Mul", 1, scores.dtype.word, targets.dtype.word)


def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> EagerTensor:
    """As :func:`sigmoid_cross_entropy_with_logits`, with the positive labels' part times ``pos_weight``."""
    scores, targets = to_tensor(logits), to_tensor(labels)
    _same_shape(scores, targets)
    _same_type(scores, targets)
    weight = pos_weight if is_tensor_like(pos_weight) else to_tensor(pos_weight, scores.dtype)
    log_weight = 1 + (weight - 1) * targets
    return (1 - targets) * scores + log_weight * (log1p(exp(-abs_(scores))) + relu(-scores))  # type: ignore[no-any-return]


def log_poisson_loss(
    targets: Any, log_input: Any, compute_full_loss: bool = False, name: str | None = None
) -> EagerTensor:
    """The Poisson loss of a prediction given as a logarithm; with Stirling's approximation for its constant part.

    Raises:
        ValueError: different shapes.
    """
    z = to_tensor(log_input)
    t = to_tensor(targets) if is_tensor_like(targets) else to_tensor(targets, z.dtype)
    if z._array.shape != t._array.shape:
        text = "`log_input` and `targets` must have the same shape, received "
        raise ValueError(f"{text}({z.shape} vs {t.shape}).")
    loss: EagerTensor = exp(z) - z * t
    if not compute_full_loss:
        return loss
    stirling = t * log(t) - t + 0.5 * log(2.0 * np.pi * t)
    small = EagerTensor((t._array >= 0) & (t._array <= 1))
    return loss + where(small, zeros_like(t), stirling)  # type: ignore[no-any-return]
