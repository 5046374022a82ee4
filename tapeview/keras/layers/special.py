"""Lambda, Masking, and layers that rescale what they get."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.comparison import not_equal
from tapeview.engine.ops.elementwise import cast, identity
from tapeview.engine.ops.reduction import reduce_any
from tapeview.engine.ops.shape import squeeze
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers import probing
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.signature import Signature


class Lambda(Layer):
    """A function of the inputs as a layer.

    Args:
        function: called with the inputs, with ``arguments``, and with ``mask`` and ``training`` if it takes them.
        output_shape: of one example, where it should be given.
        mask: the mask of the result, or a function of inputs and mask.
    """

    def __init__(
        self, function: Any, output_shape: Any = None, mask: Any = None, arguments: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.arguments = dict(arguments or {})
        self.function = function
        self._given_shape = output_shape
        self.mask = mask
        if mask is not None:
            self.supports_masking = True
        takes = Signature(function, bound=True) if callable(function) else None
        self._takes = {w for w in ("mask", "training") if takes is not None and w in takes.names}

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """The function's result."""
        given = {k: v for k, v in {"mask": mask, "training": training}.items() if k in self._takes}
        return self.function(inputs, **{**self.arguments, **given})

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The given shape for the examples, or what the function makes of made-up values."""
        if self._given_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._given_shape):
            return probing.map_shapes(TensorShape, self._given_shape(input_shape))
        return probing.map_shapes(lambda s: TensorShape([input_shape[0], *s]), self._given_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The given mask, or what the given function says."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """The arguments. Raises TypeError: code can not be written down as data."""
        if getattr(self.function, "__name__", "<lambda>") == "<lambda>":
            raise TypeError(
                f"The Lambda layer {self.name} holds code, which tapeview does not write to files. Use a named "
                "function and register it with `keras.utils.register_keras_serializable`."
            )
        return super().get_config() | {"function": self.function, "arguments": self.arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The layer with these arguments. Raises ValueError for a function that is not registered."""
        from tapeview.keras.objects import deserialize_keras_object

        given = dict(config)
        given["function"] = deserialize_keras_object(given["function"], custom_objects, {})
        return cls(**given)


class Identity(Layer):
    """The inputs as they are."""

    _knows_its_shapes = True
    _keeps_its_type = True

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        return structure.map_structure(identity, inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape


class Masking(Layer):
    """Masks the steps of sequences in which all features are ``mask_value``."""

    _knows_its_shapes = True
    _sets_masks = True

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where some feature is another number."""
        return reduce_any(not_equal(inputs, self.mask_value), -1)

    def call(self, inputs: Any) -> Any:
        """The inputs, 0 where they are masked."""
        x: Any = to_tensor(inputs)
        kept = reduce_any(not_equal(x, self.mask_value), -1, keepdims=True)
        outputs = x * cast(kept, x.dtype)
        outputs._keras_mask = squeeze(kept, -1)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"mask_value": self.mask_value}


class Rescaling(Layer):
    """``inputs * scale + offset``, also for whole numbers."""

    _knows_its_shapes = True

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Any) -> Any:
        """The result."""
        kind = self.compute_dtype
        x: Any = cast(inputs, kind)
        return x * cast(self.scale, kind) + cast(self.offset, kind)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"scale": self.scale, "offset": self.offset}


class Normalization(Layer):
    """``(inputs - mean) / std``, with both given or learned from data by :meth:`adapt`.

    Raises:
        ValueError: only one of mean and variance; an axis that is not there.
    """

    _knows_its_shapes = True

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. Got mean: "
                f"{mean} and variance: {variance}"
            )
        self.input_mean, self.input_variance, self.invert = mean, variance, invert

    def build(self, input_shape: Any) -> None:
        """Makes ``mean``, ``variance`` and ``count``, unless they were given."""
        shape = tuple(input_shape) or (1,)
        rank = len(shape)
        if any(a < -rank or a >= rank for a in self.axis):
            raise ValueError(
                f"All `axis` values must be in the range [-ndim, ndim). Found ndim: `{rank}`, axis: {self.axis}"
            )
        kept = sorted(a % rank for a in self.axis)
        for a in kept:
            if shape[a] is None:
                raise ValueError(
                    "All `axis` values to be kept must have known shape. Got axis: "
                    f"{self.axis}, input shape: {list(shape)}, with unknown axis at index: {a}"
                )
        self._over = tuple(k for k in range(rank) if k not in kept)
        self._wide = tuple(shape[k] if k in kept else 1 for k in range(rank))
        sizes = tuple(shape[k] for k in kept)
        if self.input_mean is None:
            self.adapt_mean = self.add_weight("mean", sizes, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight("variance", sizes, initializer="ones", trainable=False)
            self.count = self.add_weight("count", (), dtypes.int64, initializer="zeros", trainable=False)
            self.finalize_state()
        else:
            kind = dtypes.as_dtype(self.dtype or "float32").numpy
            given = (np.asarray(getattr(v, "_array", v), kind) for v in (self.input_mean, self.input_variance))
            mean, variance = (np.broadcast_to(v, self._wide) if v.ndim < rank else v for v in given)
            self.mean, self.variance = EagerTensor(mean), EagerTensor(variance)
        self.built = True

    def reset_state(self) -> None:
        """Forgets what :meth:`adapt` learned."""
        if self.input_mean is None and self.built:
            for variable, value in ((self.adapt_mean, 0), (self.adapt_variance, 1), (self.count, 0)):
                variable.assign(np.full_like(variable._array, value))
            self.finalize_state()

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learns mean and variance from arrays, or from a dataset of batches.

        Raises:
            ValueError: mean and variance were given.
        """
        if self.input_mean is not None:
            raise ValueError(
                "Cannot `adapt` a Normalization layer that is initialized with static `mean` and `variance`, you "
                f"passed mean {self.input_mean} and variance {self.input_variance}."
            )
        batches = [data] if hasattr(data, "shape") or isinstance(data, (list, tuple)) else data
        first = True
        for k, batch in enumerate(batches):
            if steps is not None and k >= steps:
                break
            x = np.asarray(getattr(batch, "_array", batch), np.float64)
            if first:
                if not self.built:
                    self.build((None, *x.shape[1:]))
                self.reset_state()
                first = False
            self.update_state(x)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Takes a batch into account."""
        x = np.asarray(getattr(data, "_array", data), np.float64)
        if x.ndim < len(self._wide):
            x = x[:, None]
        mean, variance = x.mean(self._over), x.var(self._over)
        seen = x.size // max(mean.size, 1)
        before = int(self.count._array)
        share = seen / (before + seen)
        old_mean, old_variance = self.adapt_mean._array, self.adapt_variance._array
        total = old_mean * (1 - share) + mean * share
        spread = (old_variance + (old_mean - total) ** 2) * (1 - share) + (variance + (mean - total) ** 2) * share
        self.adapt_mean.assign(total.astype(old_mean.dtype))
        self.adapt_variance.assign(spread.astype(old_variance.dtype))
        self.count.assign(before + seen)

    def finalize_state(self) -> None:
        """What was learned becomes what is used."""
        if self.input_mean is None and self.built | hasattr(self, "adapt_mean"):
            self.mean = EagerTensor(np.array(self.adapt_mean._array).reshape(self._wide))
            self.variance = EagerTensor(np.array(self.adapt_variance._array).reshape(self._wide))

    def call(self, inputs: Any) -> Any:
        """The result."""
        kind = self.compute_dtype or "float32"
        x: Any = cast(inputs, kind)
        numpy = dtypes.as_dtype(kind).numpy
        mean: Any = EagerTensor(self.mean._array.astype(numpy))
        spread: Any = EagerTensor(np.maximum(np.sqrt(self.variance._array), 1e-7).astype(numpy))
        return mean + x * spread if self.invert else (x - mean) / spread

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments."""

        def plain(v: Any) -> Any:
            return None if v is None else np.asarray(getattr(v, "_array", v)).tolist()

        return super().get_config() | {
            "axis": self.axis, "invert": self.invert, "mean": plain(self.input_mean),
            "variance": plain(self.input_variance),
        }  # fmt: skip
