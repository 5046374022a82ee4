"""Layers of several inputs: sums, products, concatenations."""

from __future__ import annotations

from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.comparison import logical_and
from tapeview.engine.ops.elementwise import cast, ones_like
from tapeview.engine.ops.extremes import maximum, minimum
from tapeview.engine.ops.linalg import matmul
from tapeview.engine.ops.norms import l2_normalize
from tapeview.engine.ops.reduction import reduce_all, reduce_sum
from tapeview.engine.ops.shape import concat, expand_dims, reshape, squeeze, transpose
from tapeview.engine.shapes import TensorShape
from tapeview.keras.layers.base import Layer


class Merge(Layer):
    """What the layers share that combine tensors element by element.

    Raises:
        ValueError: one input only, or shapes that do not broadcast.
    """

    _knows_its_shapes = True
    _keeps_its_type = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def _merge_function(self, inputs: list[Any]) -> Any:
        """The inputs, all of one rank, combined. Layers whose `call` does the whole work do not need it."""
        raise TypeError(f"layer {self.name!r} of class {type(self).__name__} does not say how it combines its inputs")

    def _check(self, input_shape: Any) -> list[Any]:
        if not isinstance(input_shape, (list, tuple)) or isinstance(input_shape, TensorShape):
            raise ValueError(
                "A merge layer should be called on a list of inputs. "
                f"Received: input_shape={input_shape} (not a list of shapes)"
            )
        if len(input_shape) < 1:
            raise ValueError(
                "A merge layer should be called on a list of at least 1 input. "
                f"Received {len(input_shape)} inputs. Full input_shape received: {input_shape}"
            )
        return list(input_shape)

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        shapes = self._check(input_shape)
        sizes = {s[0] for s in shapes if len(s)} - {None}
        if len(sizes) > 1:
            raise ValueError(
                "Cannot merge tensors with different batch sizes. "
                f"Received tensors with shapes {[tuple(s) for s in shapes]}"
            )
        self.compute_output_shape(shapes)

    def call(self, inputs: Any) -> Any:
        """The result; tensors of fewer axes get ones after the first."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"A merge layer should be called on a list of inputs. Received: inputs={inputs} (not a list of tensors)"
            )
        tensors = [to_tensor(x) for x in inputs]
        rank = max(x._array.ndim for x in tensors)
        wide = []
        for x in tensors:
            for _ in range(rank - x._array.ndim):
                x = expand_dims(x, 1)
            wide.append(x)
        return self._merge_function(wide)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape that all broadcast to."""
        shapes = [tuple(s) for s in self._check(input_shape)]
        rank = max(len(s) for s in shapes)
        wide = [(*s[:1], *(1,) * (rank - len(s)), *s[1:]) for s in shapes]
        found: list[Any] = []
        for sizes in zip(*wide, strict=True):
            known = {d for d in sizes if d not in (None, 1)}
            if len(known) > 1:
                raise ValueError(
                    "Inputs have incompatible shapes. Received shapes "
                    f"{shapes[0][1:]} and {next(s for s in shapes if s != shapes[0])[1:]}"
                )
            found.append(known.pop() if known else None if None in sizes else 1)
        return TensorShape(found)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where all masks are."""
        if mask is None:
            return None
        masks = [m for m in mask if m is not None]
        if not masks:
            return None
        found = masks[0]
        for m in masks[1:]:
            found = logical_and(found, m)
        return found


class Add(Merge):
    """The sum."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        output = inputs[0]
        for x in inputs[1:]:
            output = output + x
        return output


class Subtract(Merge):
    """The first input minus the second. Raises ValueError for another number of inputs."""

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        super().build(input_shape)
        if len(input_shape) != 2:
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. "
                f"Received: input_shape={[tuple(s) for s in input_shape]}"
            )

    def _merge_function(self, inputs: list[Any]) -> Any:
        return inputs[0] - inputs[1]


class Multiply(Merge):
    """The product."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        output = inputs[0]
        for x in inputs[1:]:
            output = output * x
        return output


class Average(Merge):
    """The mean."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        output = inputs[0]
        for x in inputs[1:]:
            output = output + x
        return output / len(inputs)


class Maximum(Merge):
    """The largest."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        output = inputs[0]
        for x in inputs[1:]:
            output = maximum(output, x)
        return output


class Minimum(Merge):
    """The smallest."""

    def _merge_function(self, inputs: list[Any]) -> Any:
        output = inputs[0]
        for x in inputs[1:]:
            output = minimum(output, x)
        return output


class Concatenate(Merge):
    """The inputs one after the other along an axis. Raises ValueError for shapes that differ elsewhere."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        """The result."""
        if not isinstance(inputs, (list, tuple)):
            raise ValueError("A `Concatenate` layer should be called on a list of at least 1 input. "
                             f"Received: inputs={inputs}")  # fmt: skip
        return concat(list(inputs), self.axis)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape with the sizes along the axis added up."""
        shapes = [tuple(s) for s in self._check(input_shape)]
        bad = (
            "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
            f"Received: input_shape={shapes}"
        )
        if len({len(s) for s in shapes}) > 1:
            raise ValueError(bad)
        rank = len(shapes[0])
        axis = self.axis % rank
        found: list[Any] = []
        for k in range(rank):
            sizes = [s[k] for s in shapes]
            if k == axis:
                found.append(None if None in sizes else sum(sizes))
                continue
            known = set(sizes) - {None}
            if len(known) > 1:
                raise ValueError(bad)
            found.append(known.pop() if known else None)
        return TensorShape(found)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The masks one after the other; True where an input has none."""
        if mask is None or all(m is None for m in mask):
            return None
        parts = []
        for x, m in zip(inputs, mask, strict=True):
            if m is None:
                parts.append(cast(ones_like(x), "bool"))
            else:
                parts.append(expand_dims(m, -1) if m._array.ndim < x._array.ndim else m)
        return reduce_all(concat(parts, self.axis), -1)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"axis": self.axis}


class Dot(Merge):
    """The products of the examples' vectors, summed over an axis of each. Raises ValueError for axes that differ."""

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int) and (not isinstance(axes, (list, tuple)) or len(axes) != 2):
            raise ValueError(
                f"Invalid format for argument `axes`: it should contain two elements. Received: axes={axes}"
            )
        self.axes = axes
        self.normalize = normalize

    def _places(self, ranks: list[int]) -> list[int]:
        if isinstance(self.axes, int):
            return [self.axes % r for r in ranks] if self.axes < 0 else [self.axes] * 2
        return [a % r for a, r in zip(self.axes, ranks, strict=True)]

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        """The result."""
        a, b = (to_tensor(x) for x in inputs)
        i, j = self._places([a._array.ndim, b._array.ndim])
        if self.normalize:
            a, b = l2_normalize(a, axis=i), l2_normalize(b, axis=j)
        return batch_dot(a, b, i, j)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shapes without the axes, one after the other."""
        a, b = (list(s) for s in self._check(input_shape))
        i, j = self._places([len(a), len(b)])
        if a[i] != b[j]:
            raise ValueError(
                "Incompatible input shapes: "
                f"axis values {a[i]} (at axis {i}) != {b[j]} (at axis {j}). "
                f"Full input shapes: {tuple(a)}, {tuple(b)}"
            )
        del a[i], b[j], b[0]
        found = a + b
        return TensorShape([*found, 1] if len(found) == 1 else found)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """None."""
        return None

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return super().get_config() | {"axes": self.axes, "normalize": self.normalize}


def batch_dot(a: Any, b: Any, i: int, j: int) -> Any:
    """For each example the products summed over axis ``i`` of ``a`` and axis ``j`` of ``b``."""
    if a._array.ndim == 2 and b._array.ndim == 2:
        return reduce_sum(a * b, 1, keepdims=True)
    left = [k for k in range(1, a._array.ndim) if k != i]
    right = [k for k in range(1, b._array.ndim) if k != j]
    n, size = a._array.shape[0], a._array.shape[i]
    x = reshape(transpose(a, (0, *left, i)), (n, -1, size))
    y = reshape(transpose(b, (0, j, *right)), (n, size, -1))
    z = matmul(x, y)
    sizes = [a._array.shape[k] for k in left] + [b._array.shape[k] for k in right]
    return reshape(z, (n, *sizes)) if sizes else squeeze(z, -1)


def _function(kind: Any) -> Any:
    def merged(inputs: Any, **kwargs: Any) -> Any:
        return kind(**kwargs)(inputs)

    merged.__name__ = kind.__name__.lower()
    merged.__doc__ = f"The result of a :class:`{kind.__name__}` of the inputs."
    return merged


add, subtract, multiply, average = _function(Add), _function(Subtract), _function(Multiply), _function(Average)
# The layers' own names: these stand in `keras.layers`, not beside Python's.
maximum_of, minimum_of = _function(Maximum), _function(Minimum)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """The result of a :class:`Concatenate` of the inputs."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any, normalize: bool = False, **kwargs: Any) -> Any:
    """The result of a :class:`Dot` of the inputs."""
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)
