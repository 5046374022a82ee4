"""``tf.contrib.layers`` (and ``slim``): layers as functions, with defaults that ``arg_scope`` changes for a block."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tapeview.engine import deferred, dtypes
from tapeview.engine.deferred import tf
from tapeview.keras.layers import arguments
from tapeview.tf1 import graphs
from tapeview.tf1.initializers import Zeros, xavier_initializer
from tapeview.tf1.layers.core import Flatten
from tapeview.tf1.layers.normalization import BatchNormalization
from tapeview.tf1.layers.pooling import AveragePooling2D, MaxPooling2D

Function = Callable[..., Any]

_scopes: list[dict[str, dict[str, Any]]] = [{}]


def add_arg_scope(function: Function) -> Function:
    """A function whose defaults :func:`arg_scope` may change."""
    key = f"{function.__module__}.{function.__qualname__}"

    @functools.wraps(function)
    def with_defaults(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{**_scopes[-1].get(key, {}), **kwargs})

    with_defaults.__dict__["_arg_scope_key"] = key
    return with_defaults


@contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[dict[str, dict[str, Any]]]:
    """A block in which functions have other defaults; what it gives can be entered again.

    Raises:
        ValueError: a function that takes no defaults; a scope with arguments.
    """
    new = {key: dict(found) for key, found in _scopes[-1].items()}
    if isinstance(list_ops_or_scope, Mapping):
        if kwargs:
            raise ValueError("When attempting to re-use a scope by suppling adictionary, kwargs must be empty.")
        new = {key: dict(found) for key, found in list_ops_or_scope.items()}
    else:
        for function in list_ops_or_scope:
            key = getattr(function, "_arg_scope_key", None)
            if key is None:
                raise ValueError(f"{function} is not decorated with @add_arg_scope")
            new[key] = {**new.get(key, {}), **kwargs}
    _scopes.append(new)
    try:
        yield new
    finally:
        _scopes.pop()


# -- parts -------------------------------------------------------------------------------------------------------------


def _model_variable(
    name: str, shape: Sequence[int], initializer: Any, regularizer: Any, trainable: bool, collections: Any = None
) -> Any:
    keys = deferred.GraphKeys
    if not deferred.building():
        return graphs.weight(name, shape, dtypes.float32, initializer, regularizer, trainable, None)
    names = [keys.GLOBAL_VARIABLES, keys.MODEL_VARIABLES]
    more = collections.get(name, ()) if isinstance(collections, Mapping) else collections or ()
    return deferred.get_variable(
        name, list(shape), dtypes.float32, initializer=initializer, regularizer=regularizer, trainable=trainable,
        collections=[*names, *(k for k in more if k not in names)],
    )  # fmt: skip


def _finished(
    x: Any, units: int, normalizer_fn: Any, normalizer_params: Any, biases_initializer: Any, biases_regularizer: Any,
    trainable: bool, activation_fn: Any, collections: Any, outputs_collections: Any,
) -> Any:  # fmt: skip
    """What follows the product with the weights: a normalizer or biases, then the activation."""
    if normalizer_fn is not None:
        x = normalizer_fn(x, **(normalizer_params or {}))
    elif biases_initializer is not None:
        biases = _model_variable(
            "biases", [units], graphs.made(biases_initializer), biases_regularizer, trainable, collections
        )
        x = tf.nn.bias_add(x, biases)
    if activation_fn is not None:
        x = activation_fn(x)
    return _collected(x, outputs_collections)


def _collected(x: Any, collections: Any) -> Any:
    if collections and deferred.building():
        graphs.add_to_collections(collections, x)
    return x


def _size(x: Any, axis: int) -> int:
    sizes = graphs.sizes(x)
    if not sizes or sizes[axis] is None:
        raise ValueError(f"The last dimension of the inputs should be defined, found {x.shape}.")
    return int(sizes[axis] or 0)


# -- layers ------------------------------------------------------------------------------------------------------------


@add_arg_scope
def fully_connected(
    inputs: Any, num_outputs: int, activation_fn: Any = tf.nn.relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = None, weights_regularizer: Any = None,
    biases_initializer: Any = Zeros, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:  # fmt: skip
    """``activation_fn(inputs @ weights + biases)``; ReLU and Xavier's initializer unless told otherwise.

    Raises:
        ValueError: inputs without a known last axis.
    """
    with graphs.variable_scope(scope, "fully_connected", reuse):
        x = graphs.tensor(inputs)
        weights = _model_variable(
            "weights", [_size(x, -1), int(num_outputs)], graphs.made(weights_initializer) or xavier_initializer(),
            weights_regularizer, trainable, variables_collections,
        )  # fmt: skip
        rank = len(graphs.sizes(x) or (None, None))
        x = tf.matmul(x, weights) if rank == 2 else tf.tensordot(x, weights, [[rank - 1], [0]])
        return _finished(
            x, int(num_outputs), normalizer_fn, normalizer_params, biases_initializer, biases_regularizer, trainable,
            activation_fn, variables_collections, outputs_collections,
        )  # fmt: skip


def linear(inputs: Any, num_outputs: int, **kwargs: Any) -> Any:
    """:func:`fully_connected` without an activation."""
    return fully_connected(inputs, num_outputs, activation_fn=None, **kwargs)


def relu(inputs: Any, num_outputs: int, **kwargs: Any) -> Any:
    """:func:`fully_connected` with ReLU."""
    return fully_connected(inputs, num_outputs, activation_fn=tf.nn.relu, **kwargs)


@add_arg_scope
def conv2d(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME", data_format: Any = None,
    rate: Any = 1, activation_fn: Any = tf.nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = None, weights_regularizer: Any = None, biases_initializer: Any = Zeros,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:  # fmt: skip
    """A convolution over images, with the defaults of :func:`fully_connected`."""
    if data_format not in (None, "NHWC"):
        raise ValueError("tapeview's contrib.layers.conv2d takes images with channels last (NHWC).")
    with graphs.variable_scope(scope, "Conv", reuse):
        x = graphs.tensor(inputs)
        weights = _model_variable(
            "weights", [*arguments.sizes(kernel_size, 2, "kernel_size"), _size(x, -1), int(num_outputs)],
            graphs.made(weights_initializer) or xavier_initializer(), weights_regularizer, trainable,
            variables_collections,
        )  # fmt: skip
        x = tf.nn.conv2d(
            x, weights, arguments.sizes(stride, 2, "stride"), padding, dilations=arguments.sizes(rate, 2, "rate")
        )
        return _finished(
            x, int(num_outputs), normalizer_fn, normalizer_params, biases_initializer, biases_regularizer, trainable,
            activation_fn, variables_collections, outputs_collections,
        )  # fmt: skip


convolution2d = conv2d


@add_arg_scope
def conv2d_transpose(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME",
    activation_fn: Any = tf.nn.relu, normalizer_fn: Any = None, normalizer_params: Any = None,
    weights_initializer: Any = None, weights_regularizer: Any = None, biases_initializer: Any = Zeros,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:  # fmt: skip
    """The gradient of a convolution over images, with the defaults of :func:`fully_connected`."""
    from tapeview.tf1.layers.convolution import Conv2DTranspose

    with graphs.variable_scope(scope, "Conv2d_transpose", reuse):
        x = graphs.tensor(inputs)
        window = arguments.sizes(kernel_size, 2, "kernel_size")
        kernel = _model_variable(
            "weights", [*window, int(num_outputs), _size(x, -1)],
            graphs.made(weights_initializer) or xavier_initializer(), weights_regularizer, trainable,
            variables_collections,
        )  # fmt: skip
        layer = Conv2DTranspose(num_outputs, window, arguments.sizes(stride, 2, "stride"), padding, use_bias=False)
        layer.kernel = kernel
        return _finished(
            layer.call(x), int(num_outputs), normalizer_fn, normalizer_params, biases_initializer, biases_regularizer,
            trainable, activation_fn, variables_collections, outputs_collections,
        )  # fmt: skip


@add_arg_scope
def batch_norm(
    inputs: Any, decay: float = 0.999, center: bool = True, scale: bool = False, epsilon: float = 0.001,
    activation_fn: Any = None, param_initializers: Any = None, param_regularizers: Any = None,
    updates_collections: Any = deferred.GraphKeys.UPDATE_OPS, is_training: Any = True, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    batch_weights: Any = None, fused: bool | None = None, data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False, scope: Any = None, renorm: bool = False, renorm_clipping: Any = None,
    renorm_decay: float = 0.99,
    adjustment: Any = None,
) -> Any:  # fmt: skip
    """Batch normalization; with ``updates_collections=None`` the moving averages are updated by each forward pass."""
    given = param_initializers or {}
    with graphs.variable_scope(scope, "BatchNorm", reuse):
        layer = BatchNormalization(
            -1 if data_format == "NHWC" else 1, decay, epsilon, center, scale, given.get("beta"), given.get("gamma"),
            given.get("moving_mean"), given.get("moving_variance"), fused=fused, trainable=trainable, renorm=renorm,
            adjustment=adjustment,
        )  # fmt: skip
        layer.update_collections = updates_collections
        x = graphs.tensor(inputs)
        layer.dtype = dtypes.float32
        layer.build(x.shape)
        x = layer.call(x, training=is_training)
        if updates_collections is None and layer.updates and deferred.building():
            with deferred.control_dependencies(layer.updates):
                x = tf.identity(x)
        return _collected(x if activation_fn is None else activation_fn(x), outputs_collections)


@add_arg_scope
def dropout(
    inputs: Any, keep_prob: Any = 0.5, noise_shape: Any = None, is_training: Any = True,
    outputs_collections: Any = None, scope: Any = None, seed: Any = None,
) -> Any:  # fmt: skip
    """While training, keeps a share ``keep_prob`` of the elements and scales them up."""
    with graphs.variable_scope(scope, "Dropout"):
        x = graphs.tensor(inputs)

        def dropped() -> Any:
            return tf.nn.dropout(x, rate=1.0 - keep_prob, noise_shape=noise_shape, seed=seed)

        return _collected(graphs.either(is_training, dropped, lambda: tf.identity(x)), outputs_collections)


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """Everything but the first axis becomes one."""
    with graphs.variable_scope(scope, "Flatten"):
        return _collected(Flatten(name="flatten")(graphs.tensor(inputs)), outputs_collections)


def _pooled(
    kind: Any, default: str, inputs: Any, kernel_size: Any, stride: Any, padding: str, collections: Any, scope: Any
) -> Any:
    with graphs.variable_scope(scope, default):
        layer = kind(arguments.sizes(kernel_size, 2, "kernel_size"), arguments.sizes(stride, 2, "stride"), padding)
        return _collected(layer.call(graphs.tensor(inputs)), collections)


@add_arg_scope
def max_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC",
    outputs_collections: Any = None, scope: Any = None,
) -> Any:  # fmt: skip
    """The largest of each window of an image."""
    return _pooled(MaxPooling2D, "MaxPool2D", inputs, kernel_size, stride, padding, outputs_collections, scope)


@add_arg_scope
def avg_pool2d(
    inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID", data_format: str = "NHWC",
    outputs_collections: Any = None, scope: Any = None,
) -> Any:  # fmt: skip
    """The mean of each window of an image."""
    return _pooled(AveragePooling2D, "AvgPool2D", inputs, kernel_size, stride, padding, outputs_collections, scope)


# -- regularizers ------------------------------------------------------------------------------------------------------


def _checked(scale: Any) -> float:
    if isinstance(scale, int) and not isinstance(scale, bool):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")
    return float(scale)


def l1_regularizer(scale: float, scope: str | None = None) -> Function:
    """A function: ``scale`` times the sum of a weight's absolute values. Raises ValueError for an int or below 0."""
    number = _checked(scale)

    def l1(weights: Any, name: str | None = None) -> Any:
        if not number:
            return None
        with graphs.name_scope(scope, "l1_regularizer") as inner:
            return tf.multiply(number, tf.reduce_sum(tf.abs(weights)), name=inner)

    return l1


def l2_regularizer(scale: float, scope: str | None = None) -> Function:
    """A function: ``scale`` times half the sum of a weight's squares. Raises ValueError for an int or below 0."""
    number = _checked(scale)

    def l2(weights: Any) -> Any:
        if not number:
            return None
        with graphs.name_scope(scope, "l2_regularizer") as inner:
            return tf.multiply(number, tf.nn.l2_loss(weights), name=inner)

    return l2


def l1_l2_regularizer(scale_l1: float = 1.0, scale_l2: float = 1.0, scope: str | None = None) -> Function:
    """A function: the sum of both."""
    found: Function = sum_regularizer(
        [l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope or "l1_l2_regularizer"
    )
    return found


def sum_regularizer(regularizer_list: Sequence[Any], scope: str | None = None) -> Any:
    """A function: the sum of several."""
    chosen = [r for r in regularizer_list if r is not None]

    def total(weights: Any) -> Any:
        with graphs.name_scope(scope, "sum_regularizer") as inner:
            found = [term for term in (r(weights) for r in chosen) if term is not None]
            return tf.add_n(found, name=inner) if found else None

    return total if chosen else None


def apply_regularization(regularizer: Function, weights_list: Any = None) -> Any:
    """What a regularizer gives for all weights, which also goes to the collection of regularization losses.

    Raises:
        ValueError: it gives no scalar.
    """
    keys = deferred.GraphKeys
    weights = deferred.get_collection(keys.WEIGHTS) if weights_list is None else list(weights_list)
    if not weights:
        raise ValueError("No weights to regularize.")
    with graphs.name_scope("get_regularization_penalty"):
        found = [regularizer(w) for w in weights]
        terms = [tf.constant(0.0) if term is None else term for term in found]
        for term in terms:
            if math.prod(int(d or 0) for d in graphs.sizes(term) or ()) != 1:
                raise ValueError(
                    f"regularizer must return a scalar Tensor instead of a Tensor with shape {term.shape}."
                )
        total = tf.add_n(terms) if len(terms) > 1 else terms[0]
    if deferred.building():
        deferred.add_to_collection(keys.REGULARIZATION_LOSSES, total)
    return total
