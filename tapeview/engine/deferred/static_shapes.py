"""Shapes of symbolic tensors: they may be unknown, and in TensorFlow 1 their sizes are ``Dimension`` objects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from tapeview.engine.deferred.mode import mode
from tapeview.engine.shapes import TensorShape

Sizes = tuple[int | None, ...] | None
"""A shape as data: None for an unknown rank, and None for each unknown size."""


def _number(value: Any) -> int | None:
    return value.value if isinstance(value, Dimension) else None if value is None else int(value)


class Dimension:
    """One size of a shape, with ``value`` None if it is not known."""

    def __init__(self, value: Any) -> None:
        self._value = _number(value)
        if self._value is not None and self._value < 0:
            raise ValueError(f"Dimension {self._value} must be >= 0")

    @property
    def value(self) -> int | None:
        """The size; None if it is not known."""
        return self._value

    def _with(self, other: Any, function: Any) -> Dimension:
        a, b = self._value, _number(other)
        return Dimension(None if a is None or b is None else function(a, b))

    def __add__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b) if isinstance(other, (int, Dimension)) else NotImplemented

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a // b)

    __div__ = __floordiv__

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', please use // instead"
        )

    def __mod__(self, other: Any) -> Dimension:
        return self._with(other, lambda a, b: a % b)

    def _ordered(self, other: Any, function: Any) -> Any:
        a, b = self._value, _number(other)
        return None if a is None or b is None else function(a, b)

    def __lt__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._ordered(other, lambda a, b: a >= b)

    def __eq__(self, other: object) -> Any:
        try:
            given = _number(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if self._value is None or given is None else self._value == given

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is None or equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(self._value)

    def __int__(self) -> Any:
        return self._value

    def __index__(self) -> Any:
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """True if both may be one size."""
        given = _number(other)
        return self._value is None or given is None or self._value == given

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __repr__(self) -> str:
        return f"Dimension({self._value})"


class GraphShape(TensorShape):
    """The shape of a symbolic tensor; its rank may be unknown."""

    _unknown: bool

    def __new__(cls, dims: Any = None) -> GraphShape:
        unknown = dims is None or (isinstance(dims, GraphShape) and dims._unknown)
        if isinstance(dims, (int, Dimension)):
            dims = (dims,)
        made = tuple.__new__(cls, () if unknown else [_number(d) for d in sizes_in(dims)])
        made._unknown = unknown
        return made

    @property
    def rank(self) -> Any:
        """The number of dimensions; None if it is not known."""
        return None if self._unknown else tuple.__len__(self)

    ndims = rank

    @property
    def dims(self) -> Any:
        """The sizes as ``Dimension`` objects; None for an unknown rank."""
        return None if self._unknown else [Dimension(d) for d in tuple.__iter__(self)]

    def as_list(self) -> list[Any]:
        """The sizes as a list. Raises ValueError for an unknown rank."""
        if self._unknown:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(tuple.__iter__(self))

    def num_elements(self) -> int | None:
        """The product of the sizes, None if one is unknown."""
        known = sizes_in(self)
        return None if self._unknown or None in known else math.prod(known)

    def is_fully_defined(self) -> bool:
        """True if everything is known."""
        return not self._unknown and None not in tuple(tuple.__iter__(self))

    def is_compatible_with(self, other: Any) -> bool:
        """True if some shape fits both."""
        other = GraphShape(other)
        return self._unknown or other._unknown or compatible(sizes(self), sizes(other))

    def merge_with(self, other: Any) -> GraphShape:
        """What is known of either. Raises ValueError if no shape fits both."""
        other = GraphShape(other)
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are incompatible")
        if self._unknown or other._unknown:
            return other if self._unknown else self
        return GraphShape([b if a is None else a for a, b in zip(sizes_in(self), sizes_in(other), strict=True)])

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises ValueError if no shape fits both."""
        self.merge_with(other)

    def with_rank(self, rank: int) -> GraphShape:
        """This shape with a known rank. Raises ValueError for another one."""
        return self.merge_with([None] * rank)

    def concatenate(self, other: Any) -> GraphShape:
        """This shape followed by ``other``."""
        other = GraphShape(other)
        return GraphShape(None if self._unknown or other._unknown else [*sizes_in(self), *sizes_in(other)])

    def __len__(self) -> int:
        if self._unknown:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return tuple.__len__(self)

    def __bool__(self) -> bool:
        return not self._unknown

    def __iter__(self) -> Iterator[Any]:
        if self._unknown:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([_dimension(d) for d in tuple.__iter__(self)])

    def __getitem__(self, key: Any) -> Any:
        if self._unknown:
            return GraphShape(None) if isinstance(key, slice) else _dimension(None)
        found = tuple.__getitem__(self, key)
        return GraphShape(found) if isinstance(key, slice) else _dimension(found)

    def __eq__(self, other: object) -> Any:
        if other is None:
            return self._unknown
        if isinstance(other, GraphShape) and (self._unknown or other._unknown):
            return self._unknown and other._unknown
        if not isinstance(other, (tuple, list)) or self._unknown:
            return NotImplemented
        try:
            return sizes_in(self) == tuple(_number(d) for d in sizes_in(other))
        except (TypeError, ValueError):
            return NotImplemented

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(sizes_in(self))

    def __str__(self) -> str:
        return shape_text(sizes(self))

    def __repr__(self) -> str:
        if self._unknown:
            return "TensorShape(None)"
        inner = ", ".join(repr(_dimension(d)) for d in sizes_in(self))
        return f"TensorShape([{inner}])"

    def __reduce__(self) -> tuple[Any, ...]:
        return GraphShape, (None if self._unknown else list(sizes_in(self)),)


def _dimension(size: int | None) -> Any:
    return size if mode.v2_behaviour else Dimension(size)


def compatible(a: Sizes, b: Sizes) -> bool:
    assert a is not None
    assert b is not None
    return len(a) == len(b) and all(m is None or n is None or m == n for m, n in zip(a, b, strict=True))


def sizes_in(shape: Any) -> tuple[Any, ...]:
    """The sizes of a shape of known rank, as they are stored."""
    return tuple(tuple.__iter__(shape)) if isinstance(shape, tuple) else tuple(shape)


def sizes(shape: Any) -> Sizes:
    """A shape as data."""
    if shape is None or (isinstance(shape, GraphShape) and shape._unknown):
        return None
    if isinstance(shape, (int, Dimension)):
        return (_number(shape),)
    if hasattr(shape, "_array"):
        return tuple(int(d) for d in shape._array)
    return tuple(None if (n := _number(d)) == -1 else n for d in sizes_in(shape))


def shape_text(shape: Sizes) -> str:
    """A shape as TensorFlow prints it: ``(?, 2)`` in TensorFlow 1, ``(None, 2)`` later."""
    if shape is None:
        return "<unknown>"
    unknown = "None" if mode.v2_behaviour else "?"
    inner = ", ".join(unknown if d is None else str(d) for d in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def bracketed_shape(shape: Sizes) -> str:
    """A shape as graph messages print it: ``[?,2]``."""
    return "<unknown>" if shape is None else "[" + ",".join("?" if d is None else str(d) for d in shape) + "]"
