"""TensorFlow 1's forms of functions that TensorFlow 2 has too: other orders and names of arguments, and what they did.

A function is described by its arguments, in TensorFlow 1's order. ``old=new`` is an argument that TensorFlow 2 calls
otherwise, ``-old`` one that changes nothing.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from tapeview.engine import deferred
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred import tf
from tapeview.engine.names import name_scope
from tapeview.engine.ops.elementwise import identity


class _Form:
    """What is known of a function: its arguments' names today, by those of TensorFlow 1."""

    def __init__(self, path: str, arguments: str) -> None:
        self.path = path
        self.today: dict[str, str] = {}
        for word in arguments.split():
            old, _, new = word.lstrip("-").partition("=")
            self.today[old] = "" if word.startswith("-") else new or old
        self._function: Callable[..., Any] | None = None
        self._optional: set[str] = set()

    def function(self) -> Callable[..., Any]:
        """TensorFlow 2's function."""
        if self._function is None:
            found: Any = tf
            for part in self.path.split("."):
                found = getattr(found, part)
            self._function = found
            parameters = inspect.signature(found).parameters.values()
            self._optional = {p.name for p in parameters if p.default is not p.empty}
        return self._function

    def translated(self, title: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by their names of today.

        Raises:
            TypeError: too many, unknown ones, or one twice.
            ValueError: one is given by both of its names.
        """
        if len(args) > len(self.today):
            raise TypeError(f"{title}() takes {len(self.today)} positional arguments but {len(args)} were given")
        given = dict(zip(self.today, args, strict=False))
        for word, value in kwargs.items():
            if word not in self.today:
                raise TypeError(f"{title}() got an unexpected keyword argument '{word}'")
            if word in given:
                raise TypeError(f"{title}() got multiple values for argument '{word}'")
            given[word] = value
        found: dict[str, Any] = {}
        for word, value in given.items():
            new = self.today[word]
            if not new or (value is None and (new != word or new in self._optional)):
                continue
            if new in found:
                raise ValueError(f"Cannot specify both '{word}' and '{new}'.")
            found[new] = value
        return found


def _older(path: str, arguments: str, title: str = "") -> Callable[..., Any]:
    form = _Form(path, arguments)
    title = title or path.rpartition(".")[2]

    def call(*args: Any, **kwargs: Any) -> Any:
        function = form.function()
        return function(**form.translated(title, args, kwargs))

    call.__name__ = call.__qualname__ = title
    call.__doc__ = f"TensorFlow 1's form of ``tf.{path}``."
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(word, kind, default=None) for word in form.today]
    )
    return call


_REDUCING = "input_tensor axis keepdims name reduction_indices=axis keep_dims=keepdims"

reduce_all = _older("reduce_all", _REDUCING)
reduce_any = _older("reduce_any", _REDUCING)
reduce_logsumexp = _older("reduce_logsumexp", _REDUCING)
reduce_max = _older("reduce_max", _REDUCING)
reduce_mean = _older("reduce_mean", _REDUCING)
reduce_min = _older("reduce_min", _REDUCING)
reduce_prod = _older("reduce_prod", _REDUCING)
reduce_sum = _older("reduce_sum", _REDUCING)
count_nonzero = _older(
    "math.count_nonzero",
    "input_tensor=input axis keepdims dtype name reduction_indices=axis keep_dims=keepdims input",
)
argmax = _older("argmax", "input axis name dimension=axis output_type")
argmin = _older("argmin", "input axis name dimension=axis output_type")
arg_max = _older("argmax", "input dimension=axis output_type name", "arg_max")
arg_min = _older("argmin", "input dimension=axis output_type name", "arg_min")
squeeze = _older("squeeze", "input axis name squeeze_dims=axis")
expand_dims = _older("expand_dims", "input axis name dim=axis")
zeros_like = _older("zeros_like", "tensor=input dtype name -optimize input")
ones_like = _older("ones_like", "tensor=input dtype name -optimize input")
gather = _older("gather", "params indices validate_indices name axis batch_dims")
boolean_mask = _older("boolean_mask", "tensor mask name axis")
norm = _older("norm", "tensor ord axis keepdims name keep_dims=keepdims")
cumsum = _older("cumsum", "x axis exclusive reverse name")
constant = _older("constant", "value dtype shape name -verify_shape")
one_hot = _older("one_hot", "indices depth on_value off_value axis dtype name")
multinomial = _older("random.categorical", "logits num_samples seed name output_dtype=dtype", "multinomial")
reverse_sequence = _older(
    "reverse_sequence", "input seq_lengths seq_axis batch_axis name seq_dim=seq_axis batch_dim=batch_axis"
)
py_func = _older("numpy_function", "func inp Tout stateful name", "py_func")
confusion_matrix = _older("math.confusion_matrix", "labels predictions num_classes dtype name weights")
string_join = _older("strings.join", "inputs separator name", "string_join")
pack = _older("stack", "values axis name", "pack")
unpack = _older("unstack", "value num axis name", "unpack")
batch_matmul = _older("matmul", "x=a y=b adj_x=adjoint_a adj_y=adjoint_b name", "batch_matmul")
select = _older("where", "condition x y name", "select")

softmax = _older("nn.softmax", "logits axis name dim=axis")
log_softmax = _older("nn.log_softmax", "logits axis name dim=axis")
moments = _older("nn.moments", "x axes -shift name keep_dims=keepdims keepdims")
l2_normalize = _older("nn.l2_normalize", "x axis epsilon name dim=axis")
embedding_lookup = _older("nn.embedding_lookup", "params ids -partition_strategy name -validate_indices max_norm")
conv1d = _older("nn.conv1d", "value=input filters stride padding -use_cudnn_on_gpu data_format name input dilations")
conv2d = _older(
    "nn.conv2d", "input filter=filters strides padding -use_cudnn_on_gpu data_format dilations name filters"
)
conv2d_transpose = _older(
    "nn.conv2d_transpose",
    "value=input filter=filters output_shape strides padding data_format name input filters dilations",
)
depthwise_conv2d = _older(
    "nn.depthwise_conv2d", "input filter strides padding rate=dilations name data_format dilations"
)
separable_conv2d = _older(
    "nn.separable_conv2d",
    "input depthwise_filter pointwise_filter strides padding rate=dilations name data_format dilations",
)
max_pool = _older("nn.max_pool", "value=input ksize strides padding data_format name input")
avg_pool = _older("nn.avg_pool", "value=input ksize strides padding data_format name input")
in_top_k = _older("math.in_top_k", "predictions targets k name")
weighted_cross_entropy_with_logits = _older(
    "nn.weighted_cross_entropy_with_logits", "labels logits pos_weight name targets=labels"
)
softmax_cross_entropy_with_logits_v2 = _older(
    "nn.softmax_cross_entropy_with_logits", "labels logits axis name dim=axis", "softmax_cross_entropy_with_logits_v2"
)


def _named_only(title: str, sentinel: Any, labels: Any, logits: Any) -> None:
    """Raises ValueError unless labels and logits were given by their names."""
    if sentinel is not None:
        raise ValueError(
            f"Only call `{title}` with named arguments (labels=..., logits=..., ...). Received unnamed argument: "
            f"{sentinel}"
        )
    if labels is None or logits is None:
        raise ValueError("Both `labels` and `logits` must be provided.")


def sparse_softmax_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """TensorFlow 1's form: labels and logits must be named. Raises ValueError otherwise."""
    _named_only("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


def sigmoid_cross_entropy_with_logits(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """TensorFlow 1's form: labels and logits must be named. Raises ValueError otherwise."""
    _named_only("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name=name)


def dropout(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None, name: str | None = None, rate: Any = None
) -> Any:
    """``x`` with elements set to 0 with probability ``1 - keep_prob`` (or ``rate``), the others scaled up.

    Raises:
        ValueError: neither or both of them are given, or are out of range.
    """
    if (keep_prob is None) == (rate is None):
        raise ValueError("Either 'keep_prob' or 'rate' must be given, and not both.")
    if rate is None:
        if isinstance(keep_prob, int | float) and not 0 < keep_prob <= 1:
            raise ValueError(f"`keep_prob` must be in the range (0, 1]. Received: keep_prob={keep_prob}")
        rate = 1 - keep_prob
    return tf.nn.dropout(x, rate=rate, noise_shape=noise_shape, seed=seed, name=name)


def concat(values: Any, axis: Any = None, name: str = "concat", concat_dim: Any = None) -> Any:
    """Tensors joined along an axis. Before TensorFlow 1.0 the axis came first; that is understood as well."""
    if isinstance(values, int) and isinstance(axis, list | tuple):
        values, axis = axis, values
    return tf.concat(values, axis if concat_dim is None else concat_dim, name=name)


def split(
    value: Any = None, num_or_size_splits: Any = None, axis: Any = 0, num: Any = None, name: str = "split",
    split_dim: Any = None, num_split: Any = None,
) -> Any:  # fmt: skip
    """A tensor in parts along an axis. Before TensorFlow 1.0 the axis came first; that is understood as well."""
    if isinstance(value, int) and isinstance(num_or_size_splits, int) and not isinstance(axis, int):
        value, axis = axis, value
    along = axis if split_dim is None else split_dim
    return tf.split(value, num_or_size_splits if num_split is None else num_split, along, num=num, name=name)


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """``x @ weights + biases``."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        return tf.nn.bias_add(tf.matmul(x, weights), biases, name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Any:
    """``relu(x @ weights + biases)``."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        return tf.nn.relu(tf.nn.bias_add(tf.matmul(x, weights), biases), name=scope)


def _caster(title: str, name: str, kind: str) -> Callable[..., Any]:
    def call(x: Any, name: str = name) -> Any:
        return tf.cast(x, kind, name=name)

    call.__name__ = call.__qualname__ = title
    call.__doc__ = f"``x`` as {kind}."
    return call


to_float = _caster("to_float", "ToFloat", "float32")
to_double = _caster("to_double", "ToDouble", "float64")
to_int32 = _caster("to_int32", "ToInt32", "int32")
to_int64 = _caster("to_int64", "ToInt64", "int64")


def Print(
    input_: Any, data: Any, message: str | None = None, first_n: Any = None, summarize: int | None = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """``input_``; whenever it is computed, ``data`` is printed to standard error after ``message``."""
    kept = summarize or 3
    show = _printing(message or "", first_n, kept)
    if not deferred.building():
        return show(to_tensor(input_), *[to_tensor(d) for d in data])
    return deferred.add_node(show, (input_, *data), name, "Print")


def input_dtype(value: Any) -> Any:
    """The element type of what is given to a function."""
    return getattr(value, "dtype", None) or tf.convert_to_tensor(value).dtype


def _printing(message: str, first_n: Any, kept: int) -> Callable[..., Any]:
    printed = 0

    def show(value: Any, *data: Any) -> Any:
        nonlocal printed
        if not deferred.is_probing() and (first_n is None or first_n < 0 or printed < first_n):
            printed += 1
            print(message + "".join(f"[{_shown(to_tensor(one)._array, kept)}]" for one in data), file=sys.stderr)
        return identity(value)

    return show


def _shown(array: Any, kept: int) -> str:
    flat = array.reshape(-1)
    words = [f"{one:.9g}" if array.dtype.kind == "f" else str(one) for one in flat[:kept]]
    return " ".join(words) + ("..." if flat.size > kept else "")
