"""Layers that only move elements: Flatten, Reshape, Permute, RepeatVector."""

from __future__ import annotations

import math
from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.arrange import tile
from tapeview.engine.ops.shape import expand_dims, reshape, transpose
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers import arguments
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.input_spec import InputSpec


class Flatten(Layer):
    """Each example as one row."""

    _knows_its_shapes = True
    _keeps_its_type = True

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """The rows."""
        x = to_tensor(inputs)
        shape = x._array.shape
        if self.data_format == "channels_first" and len(shape) > 2:
            x = transpose(x, (0, *range(2, len(shape)), 1))
            shape = x._array.shape
        if len(shape) == 1:
            return expand_dims(x, 1)
        return reshape(x, (shape[0], math.prod(shape[1:])))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """(examples, all other sizes multiplied)."""
        shape = tuple(input_shape)
        if not shape:
            return TensorShape([None])
        rest = None if None in shape[1:] else math.prod(shape[1:])
        return TensorShape([shape[0], rest])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"data_format": self.data_format}


class Reshape(Layer):
    """Each example in another shape; one size may be -1.

    Raises:
        ValueError: the number of elements does not fit.
    """

    _knows_its_shapes = True
    _keeps_its_type = True

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape) if not isinstance(target_shape, int) else (target_shape,)

    def _filled(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        wanted = list(self.target_shape)
        text = (
            "total size of new array must be unchanged, "
            f"input_shape = {list(given)}, output_shape = {list(self.target_shape)}"
        )
        if wanted.count(-1) > 1:
            raise ValueError(f"There must be at most one unknown dimension in output_shape. Received: {wanted}")
        total, known = math.prod(given), math.prod(d for d in wanted if d != -1)
        if -1 in wanted:
            if not known or total % known:
                raise ValueError(text)
            wanted[wanted.index(-1)] = total // known
        elif total != known:
            raise ValueError(text)
        return tuple(wanted)

    def call(self, inputs: Any) -> Any:
        """The examples in their new shape."""
        return reshape(inputs, (tuple(inputs.shape)[:1] + self.target_shape))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """(examples, the new shape)."""
        shape = tuple(input_shape)
        if None in shape[1:]:
            return TensorShape([shape[0], *(None if d == -1 else d for d in self.target_shape)])
        return TensorShape([shape[0], *self._filled(shape[1:])])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"target_shape": self.target_shape}


class Permute(Layer):
    """Each example with its axes, counted from 1, in another order. Raises ValueError for no permutation."""

    _knows_its_shapes = True
    _keeps_its_type = True

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
                f"consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        """The examples."""
        return transpose(inputs, (0, *self.dims))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The sizes in the new order."""
        return TensorShape([input_shape[0], *(input_shape[d] for d in self.dims)])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"dims": self.dims}


class RepeatVector(Layer):
    """Each row ``n`` times, as a sequence. Raises TypeError if ``n`` is no int."""

    _knows_its_shapes = True

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n
        if not isinstance(n, int):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        """(examples, n, features)."""
        return tile(expand_dims(inputs, 1), [1, self.n, 1])

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """(examples, n, features)."""
        return TensorShape([input_shape[0], self.n, input_shape[1]])

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"n": self.n}
