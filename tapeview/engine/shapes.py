"""Static shapes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class TensorShape(tuple):  # type: ignore[type-arg]  # entries are int or None; a generic base would change isinstance checks of scripts
    """A tensor's shape: a tuple of ints (``None`` for an unknown size). Equal to tuples and lists of the same sizes."""

    __slots__ = ()

    def __new__(cls, dims: Iterable[Any] | int | None = ()) -> TensorShape:
        if dims is None:
            raise ValueError("tapeview does not support a TensorShape of unknown rank.")
        if isinstance(dims, int):
            dims = (dims,)
        return super().__new__(cls, (None if d is None else int(d) for d in dims))

    @property
    def rank(self) -> int:
        """The number of dimensions."""
        return len(self)

    ndims = rank

    @property
    def dims(self) -> list[Any]:
        """The sizes as a list."""
        return list(self)

    def as_list(self) -> list[Any]:
        """The sizes as a list."""
        return list(self)

    def num_elements(self) -> int | None:
        """The product of the sizes, None if one is unknown."""
        n = 1
        for d in self:
            if d is None:
                return None
            n *= d
        return n

    def is_fully_defined(self) -> bool:
        """True if no size is unknown."""
        return None not in self

    def is_compatible_with(self, other: Any) -> bool:
        """True if some shape fits both."""
        other = TensorShape(other)
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError if no shape fits both."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def assert_has_rank(self, rank: int) -> None:
        """Raises ValueError for another rank."""
        if len(self) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape. Raises ValueError if it has fewer dimensions."""
        if len(self) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape. Raises ValueError if it has more dimensions."""
        if len(self) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def with_rank(self, rank: int) -> TensorShape:
        """This shape. Raises ValueError for another rank."""
        if len(self) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")
        return self

    def assert_same_rank(self, other: Any) -> None:
        """Raises ValueError for a shape of another rank."""
        if len(self) != len(TensorShape(other)):
            raise ValueError(f"Shapes {self} and {TensorShape(other)} must have the same rank")

    def assert_is_fully_defined(self) -> None:
        """Raises ValueError if a size is unknown."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def merge_with(self, other: Any) -> TensorShape:
        """What is known of both. Raises ValueError if no shape fits both."""
        found = TensorShape(other)
        if not self.is_compatible_with(found):
            raise ValueError(f"Shapes {self} and {found} are not compatible")
        return TensorShape([b if a is None else a for a, b in zip(self, found, strict=True)])

    def concatenate(self, other: Any) -> TensorShape:
        """This shape followed by ``other``."""
        return TensorShape(tuple(self) + tuple(TensorShape(other)))

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return TensorShape(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other)) if isinstance(other, (tuple, list)) else NotImplemented

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    __hash__ = tuple.__hash__

    def __str__(self) -> str:
        return tuple.__repr__(self)

    def __repr__(self) -> str:
        return f"TensorShape({list(self)})"


def bracketed(shape: Iterable[int]) -> str:
    """A shape as the kernels' messages print it: ``[2,3]``."""
    return "[" + ",".join(str(d) for d in shape) + "]"
