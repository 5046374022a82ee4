"""``keras.activations``: functions between layers.

softmax and sigmoid leave a note with their result, so that a cross entropy can use the numbers before them.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops import activation as _ops
from tapeview.engine.ops.comparison import greater
from tapeview.engine.ops.elementwise import add, cast, multiply
from tapeview.engine.ops.exponential import exp
from tapeview.engine.ops.exponential import sigmoid as _sigmoid
from tapeview.engine.ops.exponential import tanh as _tanh
from tapeview.engine.ops.extremes import clip_by_value
from tapeview.engine.ops.reduction import reduce_max, reduce_sum
from tapeview.engine.ops.select import where
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.objects import deserialize_keras_object, get_registered_object, serialize_keras_object

leaky_relu, log_softmax, relu6, silu = _ops.leaky_relu, _ops.log_softmax, _ops.relu6, _ops.silu


def softmax(x: Any, axis: Any = -1) -> EagerTensor:
    """``exp(x) / sum(exp(x))`` over one axis or several. A cross entropy of the result uses ``x`` itself.

    Raises:
        ValueError: a tensor of fewer than two axes.
    """
    logits = to_tensor(x)
    if logits._array.ndim <= 1:
        raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")
    if isinstance(axis, (list, tuple)):
        risen = exp(logits - reduce_max(logits, axis, keepdims=True))
        output: EagerTensor = risen / reduce_sum(risen, axis, keepdims=True)
    else:
        output = _ops.softmax(logits, axis)
    output._keras_logits = logits  # type: ignore[attr-defined]
    return output


def sigmoid(x: Any) -> EagerTensor:
    """``1 / (1 + exp(-x))``. A cross entropy of the result uses ``x`` itself."""
    logits = to_tensor(x)
    output = _sigmoid(logits)
    output._keras_logits = logits  # type: ignore[attr-defined]
    return output


def elu(x: Any, alpha: Any = 1.0) -> EagerTensor:
    """``x`` where it is positive, else ``alpha * (exp(x) - 1)``."""
    found = _ops.elu(x)
    return found if alpha == 1 else where(greater(x, 0), found, alpha * found)


def selu(x: Any) -> EagerTensor:
    """``elu``, scaled so that variances of 1 stay so."""
    return _ops.selu(x)


def softplus(x: Any) -> EagerTensor:
    """``log(1 + exp(x))``."""
    return _ops.softplus(x)


def softsign(x: Any) -> EagerTensor:
    """``x / (1 + abs(x))``."""
    return _ops.softsign(x)


def swish(x: Any) -> EagerTensor:
    """``x * sigmoid(x)``."""
    return _ops.silu(x)


def relu(x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> EagerTensor:
    """``x`` above ``threshold`` (at most ``max_value``), else ``alpha * (x - threshold)``."""
    if alpha == 0.0 and max_value is None and threshold == 0:
        return _ops.relu(x)
    if alpha != 0.0 and max_value is None and threshold == 0:
        return _ops.leaky_relu(x, alpha)
    given: Any = to_tensor(x)
    below = None if alpha == 0.0 else _ops.relu(-given + threshold if threshold != 0 else -given)
    if threshold != 0:
        found = given * cast(greater(given, threshold), given.dtype)
    else:
        found = _ops.relu6(given) if max_value == 6 else _ops.relu(given)
    if max_value is not None and (threshold != 0 or max_value != 6):
        kind = found._array.dtype.type
        found = clip_by_value(found, EagerTensor(np.asarray(kind(0))), EagerTensor(np.asarray(kind(max_value))))
    return found if below is None else found - alpha * below  # type: ignore[no-any-return]


def gelu(x: Any, approximate: bool = False) -> EagerTensor:
    """``x`` times the probability of a normal number below it."""
    return _ops.gelu(x, approximate)


def tanh(x: Any) -> EagerTensor:
    """The hyperbolic tangent."""
    return _tanh(x)


def exponential(x: Any) -> EagerTensor:
    """``exp(x)``."""
    return exp(x)


def hard_sigmoid(x: Any) -> EagerTensor:
    """``0.2 * x + 0.5``, between 0 and 1."""
    return clip_by_value(add(multiply(x, 0.2), 0.5), 0.0, 1.0)  # type: ignore[no-any-return]


def linear(x: Any) -> Any:
    """``x``."""
    return x


def mish(x: Any) -> EagerTensor:
    """``x * tanh(softplus(x))``."""
    return multiply(x, _tanh(_ops.softplus(x)))


_KNOWN: dict[str, Any] = {
    function.__name__: function
    for function in (
        elu, exponential, gelu, hard_sigmoid, leaky_relu, linear, log_softmax, mish, relu, relu6, selu, sigmoid, silu,
        softmax, softplus, softsign, swish, tanh,
    )
}  # fmt: skip


def serialize(activation: Any, use_legacy_format: bool = False) -> Any:
    """The name of one of Keras's functions; the configuration of another one."""
    name = getattr(activation, "__name__", None)
    if name in _KNOWN and _KNOWN[name] is activation:
        return name
    if name in _KNOWN and getattr(activation, "__module__", "").startswith("tapeview."):
        return name  # tf.nn's function of that name
    return serialize_keras_object(activation)


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The function (or layer) of that name or configuration. Raises ValueError if there is none."""
    known = _KNOWN
    if isinstance(name, str) and name not in known:
        layer = getattr(importlib.import_module("tapeview.keras.layers"), name, None)
        known = {**known, name: layer} if inspect.isclass(layer) else known
        if name not in known and get_registered_object(name, custom_objects) is None:
            raise ValueError(f"Unknown activation function '{name}' cannot be deserialized.")
    return deserialize_keras_object(name, custom_objects, known, "activation function")


def get(identifier: Any) -> Any:
    """A function for a name, a configuration or a function; ``linear`` for None.

    Raises:
        ValueError: an unknown name.
        TypeError: something else.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, (str, Mapping)):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier}")
