"""``tf.TensorSpec``: what a function says about its arguments."""

from __future__ import annotations

from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.shapes import TensorShape


class TensorSpec:
    """A shape (None: any; sizes in it may be None), a type and a name."""

    def __init__(self, shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> None:
        self._shape = None if shape is None else TensorShape(shape)
        self._dtype = dtypes.as_dtype(dtype)
        self._name = name

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The shape and type of a tensor."""
        t = to_tensor(tensor)
        return cls(t.shape, t.dtype, name)

    @classmethod
    def from_spec(cls, spec: TensorSpec, name: str | None = None) -> TensorSpec:
        """The shape and type of another spec."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @property
    def shape(self) -> Any:
        """The shape, None if it may be any."""
        return self._shape

    @property
    def dtype(self) -> dtypes.DType:
        """The type."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name."""
        return self._name

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """True for a tensor (or a spec) that is one of these."""
        other = TensorSpec.from_tensor(spec_or_tensor) if is_tensor_like(spec_or_tensor) else spec_or_tensor
        if self._shape is None or other.shape is None:
            return self._dtype is other.dtype
        return self._dtype is other.dtype and self._shape.is_compatible_with(other.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self._shape, self._dtype, self._name) == (other._shape, other._dtype, other._name)

    def __hash__(self) -> int:
        return hash((self._shape, self._dtype))

    def __repr__(self) -> str:
        shape = "<unknown>" if self._shape is None else self._shape
        return f"TensorSpec(shape={shape}, dtype={self._dtype!r}, name={self._name!r})"


class TraceType:
    """``tf.types.experimental.TraceType``: how a script's class says when a ``tf.function`` is to be traced anew.

    Functions run as they are and are never traced, so nothing asks for it.
    """

    def is_subtype_of(self, other: Any) -> bool:
        """Whether a trace for ``other`` does for this one."""
        return bool(self == other)

    def most_specific_common_supertype(self, others: Any) -> Any:
        """What covers this and others; None if nothing does."""
        return self if all(self == other for other in others) else None

    def placeholder_value(self, placeholder_context: Any = None) -> Any:
        """What stands for a value in a trace."""
        return None
