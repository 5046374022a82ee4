"""Types of references to variables, as TensorFlow 1 has them."""

from __future__ import annotations

from tapeview.engine import dtypes


class ReferenceType(dtypes.DType):
    """The type of a reference to a variable (``float32_ref``)."""

    __slots__ = ("_base",)

    def __init__(self, base: dtypes.DType) -> None:
        super().__init__(f"{base.name}_ref", base.numpy, f"{base.word}_ref")
        self._base = base

    @property
    def base_dtype(self) -> dtypes.DType:
        """The type of the values."""
        return self._base

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, ReferenceType) and other._base is self._base)

    def __hash__(self) -> int:
        return hash(self.name)


_references: dict[str, ReferenceType] = {}


def reference_to(kind: dtypes.DType) -> ReferenceType:
    """The type of references to variables of this type."""
    return _references.setdefault(kind.name, ReferenceType(kind))
