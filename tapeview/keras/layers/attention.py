"""Attention: results that are means of values, weighted by how well queries fit keys."""

from __future__ import annotations

import math
import string
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.activation import softmax
from tapeview.engine.ops.comparison import logical_and, logical_not
from tapeview.engine.ops.einsum import einsum
from tapeview.engine.ops.elementwise import cast, identity, multiply
from tapeview.engine.ops.exponential import tanh
from tapeview.engine.ops.linalg import matmul
from tapeview.engine.ops.nn import dropout
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import expand_dims
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.warn import warn
from tapeview.keras import constraints, initializers, regularizers
from tapeview.keras.layers.activation import Softmax
from tapeview.keras.layers.arguments import config_of
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.dropout import Dropout, is_on
from tapeview.keras.layers.einsum_dense import EinsumDense
from tapeview.keras.rng import LegacySeed


def _lower_triangle(queries: int, keys: int) -> EagerTensor:
    """True where a key is not later than the query: (1, queries, keys)."""
    return EagerTensor(np.tril(np.ones((1, queries, keys), bool)))


def _both(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else logical_and(a, b)


class _DenseAttention(Layer):
    """What both share: a list [query, value] or [query, value, key] of (examples, steps, channels).

    Raises:
        ValueError: something that is no such list.
    """

    def __init__(self, dropout: float = 0.0, **kwargs: Any) -> None:
        self.causal = kwargs.pop("causal", False)
        if self.causal:
            warn(
                "`causal` argument is deprecated. Please use `use_causal_mask` in call() method to specify causal "
                "masking.",
                "absl",
            )
        seed = kwargs.pop("seed", None)
        super().__init__(**kwargs)
        self.dropout = dropout
        self.supports_masking = True
        self._stream = LegacySeed(seed)

    def _scores(self, query: Any, key: Any) -> Any:
        """How well each query fits each key: (examples, queries, keys)."""
        raise TypeError(f"layer {self.name!r} of class {type(self).__name__} does not say how queries fit keys")

    def call(
        self, inputs: Any, mask: Any = None, training: Any = None, return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:  # fmt: skip
        """The weighted means of the values, (examples, queries, channels); with the weights if wanted."""
        self._check(inputs, mask)
        query, value = to_tensor(inputs[0]), to_tensor(inputs[1])
        key = to_tensor(inputs[2]) if len(inputs) > 2 else value
        scores = self._scores(query, key)
        kept = expand_dims(mask[1], -2) if mask and mask[1] is not None else None
        if self.causal or use_causal_mask:
            kept = _both(kept, _lower_triangle(*scores._array.shape[-2:]))
        if kept is not None:
            far = 65504.0 if scores.dtype.name == "float16" else 1.0e9
            scores = scores - far * cast(logical_not(kept), scores.dtype)
        weights = softmax(scores)
        used = weights
        if self.dropout > 0:
            used = dropout(weights, self.dropout, seed=self._stream.next()) if is_on(training) else identity(weights)
        result: Any = matmul(used, value)
        if mask and mask[0] is not None:
            result = result * cast(expand_dims(mask[0], -1), result.dtype)
        return (result, used) if return_attention_scores else result

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the queries."""
        self._check(inputs, mask)
        return None if not mask or mask[0] is None else to_tensor(mask[0])

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The queries' shape."""
        return TensorShape(input_shape[0])

    def _check(self, inputs: Any, mask: Any) -> None:
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or [query, value, key]. "
                f"Received: {inputs}."
            )
        if len(inputs) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, key]. "
                f"Received length: {len(inputs)}."
            )
        if mask and not isinstance(mask, list):
            raise ValueError(f"{name} layer mask must be a list, namely [query_mask, value_mask]. Received: {mask}.")
        if mask and not 2 <= len(mask) <= len(inputs):
            raise ValueError(
                f"{name} layer mask must be a list of length 2, namely [query_mask, value_mask]. "
                f"Received length: {len(mask)}."
            )

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"dropout": self.dropout}


class Attention(_DenseAttention):
    """Scores are products of query and key (Luong); with ``score_mode="concat"`` sums of tanh.

    Raises:
        ValueError: another mode.
    """

    def __init__(self, use_scale: bool = False, score_mode: str = "dot", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale, self.score_mode = use_scale, score_mode
        if score_mode not in ("dot", "concat"):
            raise ValueError(f'Received: score_mode={score_mode}. Acceptable values are: ["dot", "concat"]')

    def build(self, input_shape: Any) -> None:
        """Makes ``scale`` and ``concat_score_weight``, as far as they are used."""
        self.scale = self._number("scale") if self.use_scale else None
        self.concat_score_weight = self._number("concat_score_weight") if self.score_mode == "concat" else None
        self.built = True

    def _number(self, name: str) -> Any:
        return self.add_weight(name=name, shape=(), initializer="ones", dtype=self.dtype, trainable=True)

    def _scores(self, query: Any, key: Any) -> Any:
        if self.score_mode == "dot":
            scores: Any = matmul(query, key, transpose_b=True)
            return scores if self.scale is None else scores * self.scale
        together: Any = expand_dims(query, -2) + expand_dims(key, -3)
        if self.scale is not None:
            together = self.scale * together
        return self.concat_score_weight * reduce_sum(tanh(together), -1)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | config_of(self, "use_scale", "score_mode")


class AdditiveAttention(_DenseAttention):
    """Scores are sums of tanh(query + key), scaled by channel (Bahdanau)."""

    def __init__(self, use_scale: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale

    def build(self, input_shape: Any) -> None:
        """Makes ``scale`` (channels)."""
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight(
                name="scale", shape=[TensorShape(input_shape[1])[-1]], initializer="glorot_uniform", dtype=self.dtype,
                trainable=True,
            )  # fmt: skip
        self.built = True

    def _scores(self, query: Any, key: Any) -> Any:
        together: Any = tanh(expand_dims(query, -2) + expand_dims(key, -3))
        return reduce_sum(together if self.scale is None else self.scale * together, -1)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"use_scale": self.use_scale}


_SHARED = (
    "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer",
    "kernel_constraint", "bias_constraint",
)  # fmt: skip


class MultiHeadAttention(Layer):
    """Several attentions side by side, each on projections of its own, and their results put together.

    Args:
        num_heads: how many.
        key_dim: channels of a head's queries and keys.
        value_dim: channels of a head's values; as many if None.
        output_shape: of a step's result; the query's channels if None.
        attention_axes: the axes to attend over; all between examples and channels if None.
    """

    def __init__(
        self, num_heads: int, key_dim: int, value_dim: int | None = None, dropout: float = 0.0, use_bias: bool = True,
        output_shape: Any = None, attention_axes: Any = None, kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros", kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.supports_masking = True
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.dropout, self.use_bias = dropout, use_bias
        self._result_shape = output_shape
        self.attention_axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self._shapes: tuple[Any, ...] | None = None

    # -- the layers inside ---------------------------------------------------------------------------------------------

    def _projection(self, name: str, free: int, bound: int, sizes: list[int]) -> EinsumDense:
        """A dense layer that keeps ``free`` axes, sums over ``bound`` ones and makes some of ``sizes``."""
        kept, summed, made = (
            string.ascii_lowercase[a:b]
            for a, b in ((0, free), (free, free + bound), (free + bound, free + bound + len(sizes)))
        )
        # Each inner layer draws its own weights.
        shared = {word: getattr(self, word) for word in _SHARED}
        for word in ("kernel_initializer", "bias_initializer"):
            shared[word] = type(shared[word]).from_config(shared[word].get_config())
        return EinsumDense(
            f"{kept}{summed},{summed}{made}->{kept}{made}", output_shape=[None] * (free - 1) + sizes,
            bias_axes=made if self.use_bias else None, name=name, dtype=self.dtype_policy, **shared,
        )  # fmt: skip

    def _build_from_signature(self, query: Any, value: Any, key: Any = None) -> None:
        """Makes the layers inside for the shapes of the inputs."""
        shapes = [TensorShape(getattr(x, "shape", x)) for x in (query, value, value if key is None else key)]
        self._shapes = tuple(shapes)
        rank = len(shapes[0])
        heads = self.num_heads
        self._query_dense = self._projection("query", rank - 1, 1, [heads, self.key_dim])
        self._key_dense = self._projection("key", len(shapes[2]) - 1, 1, [heads, self.key_dim])
        self._value_dense = self._projection("value", len(shapes[1]) - 1, 1, [heads, self.value_dim])
        inner = len(shapes[1]) + 1
        axes = self.attention_axes = (
            tuple(range(1, inner - 2)) if self.attention_axes is None else tuple(self.attention_axes)
        )
        self._equations = _equations(inner, axes)
        count = inner - 1 + len(axes)
        self._softmax = Softmax(axis=tuple(range(count - len(axes), count)), dtype=self.dtype_policy)
        self._dropout_layer = Dropout(rate=self.dropout, dtype=self.dtype_policy)
        wanted = self._result_shape
        sizes = [shapes[0][-1]] if wanted is None else [wanted] if isinstance(wanted, int) else list(wanted)
        self._output_dense = self._projection("attention_output", rank - 1, 2, sizes)

    # -- the call ------------------------------------------------------------------------------------------------------

    def call(
        self, query: Any, value: Any, key: Any = None, attention_mask: Any = None,
        return_attention_scores: bool = False, training: Any = None, use_causal_mask: bool = False,
    ) -> Any:  # fmt: skip
        """The result for each query; with the weights, (examples, heads, queries, keys), if wanted."""
        if self._shapes is None:
            self._build_from_signature(query, value, key)
        key = value if key is None else key
        mask = self._merged_mask(query, value, key, attention_mask, use_causal_mask)
        q, k, v = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        score, combine = self._equations
        scores = einsum(score, k, multiply(q, 1.0 / math.sqrt(float(self.key_dim))))
        if mask is not None:
            at = -len(self.attention_axes) * 2 - 1
            for _ in range(scores._array.ndim - len(mask.shape)):
                mask = expand_dims(mask, at)
        weights = self._softmax(scores, mask)
        result = einsum(combine, self._dropout_layer(weights, training=training), v)
        result = self._output_dense(result)
        return (result, weights) if return_attention_scores else result

    def _merged_mask(self, query: Any, value: Any, key: Any, given: Any, causal: bool) -> Any:
        found = None
        for tensor, axis in ((query, 2), (value, 1), (key, 1)):
            own = getattr(tensor, "_keras_mask", None)
            if own is not None:
                found = _both(found, expand_dims(cast(own, "bool"), axis))
        if causal:
            found = _both(found, _lower_triangle(query.shape[1], value.shape[1]))
        if found is None:
            return given
        return found if given is None else logical_and(cast(given, "bool"), found)

    def compute_output_shape(self, query_shape: Any, value_shape: Any = None, key_shape: Any = None) -> TensorShape:
        """The queries' shape, with the channels of ``output_shape`` if that was given."""
        shape, wanted = TensorShape(query_shape), self._result_shape
        if wanted is None:
            return shape
        return TensorShape([*shape[:-1], *([wanted] if isinstance(wanted, int) else wanted)])

    def get_config(self) -> dict[str, Any]:
        """The arguments, and the shapes that the layer was built for."""
        shapes = [None if s is None else list(s) for s in self._shapes or (None,) * 3]
        names = ("query_shape", "value_shape", "key_shape")
        own = {"output_shape": self._result_shape, **dict(zip(names, shapes, strict=True))}
        words = ("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "attention_axes", *_SHARED)
        return super().get_config() | own | config_of(self, *words)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer with these arguments; its inner layers are made at once if the shapes are known."""
        given = dict(config)
        shapes = [given.pop(f"{word}_shape", None) for word in ("query", "value", "key")]
        layer = cls(**given)
        if None not in shapes:
            layer._build_from_signature(*[tuple(s) for s in shapes])
        return layer


def _equations(rank: int, axes: tuple[int, ...]) -> tuple[str, str]:
    """Of keys and queries the scores; of scores and values the result. Heads and channels are the last axes."""
    letters = string.ascii_lowercase
    queries = letters[:rank]
    keys = "".join(letters[rank + axes.index(k)] if k in axes else queries[k] for k in range(rank))
    outer = "".join(queries[k] for k in range(rank - 1) if k not in axes)
    scores = outer + "".join(queries[k] for k in axes) + "".join(keys[k] for k in axes)
    return f"{keys},{queries}->{scores}", f"{scores},{keys}->{queries}"
