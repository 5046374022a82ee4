"""Python's operators on tensors and variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tapeview.engine.convert import to_tensor
from tapeview.engine.op import execute_pair
from tapeview.engine.ops import bitwise, comparison, elementwise, index_operator, linalg
from tapeview.engine.ops.calls import checked_pair
from tapeview.engine.ops.elementwise import ADD, MUL, SUB, operands
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable

Binary = Callable[[Any, Any], Any]


def _arithmetic(op: Any) -> tuple[Binary, Binary]:
    name = op.name

    def forward(self: Any, other: Any) -> Any:
        if other.__class__ is EagerTensor and self.__class__ is EagerTensor:
            dtype = self._array.dtype
            if dtype is other._array.dtype and dtype.kind == "f":
                return execute_pair(op, self, other)
        return checked_pair(op, *operands(name, self, other))

    def reflected(self: Any, other: Any) -> Any:
        return checked_pair(op, *operands(name, other, self))

    return forward, reflected


def _plus(self: Any, other: Any) -> Any:
    if other.__class__ is EagerTensor and self.__class__ is EagerTensor:
        dtype = self._array.dtype
        if dtype is other._array.dtype and dtype.kind == "f":
            return execute_pair(ADD, self, other)
    try:
        x, y = operands("AddV2", self, other)
    except (TypeError, ValueError):
        # Only `+` then takes the other value for what it is by itself, and leaves the refusal to the op.
        x, y = operands("AddV2", self, to_tensor(other))
    return elementwise.sum_of(x, y)


def _plus_reflected(self: Any, other: Any) -> Any:
    return elementwise.sum_of(*operands("AddV2", other, self))


def _swapped(function: Binary) -> tuple[Binary, Binary]:
    return function, lambda self, other: function(other, self)


def _equal(self: Any, other: Any) -> Any:
    if other is None and isinstance(self, EagerTensor):
        return False
    return comparison.equal_operator(self, other, comparison.EQUAL)


def _not_equal(self: Any, other: Any) -> Any:
    if other is None and isinstance(self, EagerTensor):
        return True
    return comparison.equal_operator(self, other, comparison.NOT_EQUAL)


def _iterate(self: Any) -> Iterator[Any]:
    if not self._array.ndim:
        raise TypeError("Cannot iterate over a scalar tensor.")
    return (index_operator.get_item(self, k) for k in range(len(self._array)))


def _in_place(word: str, instead: str, or_else: str, what: str = "variable") -> Callable[[Any, Any], Any]:
    def refuse(self: Any, other: Any) -> Any:
        raise RuntimeError(
            f"`{what} {word}= value` with `tf.Variable`s is not supported. Use `{what}.{instead}` to modify the "
            f"variable, "
            f"or `out = {what} {or_else} value` if you need to get a new output Tensor."
        )

    return refuse


_IN_PLACE = {
    "__iadd__": _in_place("+", "assign_add(value)", "+"),
    # The other sign in the advice is TensorFlow's own slip.
    "__isub__": _in_place("-", "assign_sub(value)", "*"),
    "__imul__": _in_place("*", "assign(var * value)", "*", "var"),
    "__itruediv__": _in_place("/", "assign(var / value)", "/", "var"),
    "__ipow__": _in_place("**", "assign(var ** value)", "**", "var"),
}


_BINARY = [
    f"__{side}{name}__"
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
    for side in ("", "r")
] + ["__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"]


def install() -> None:
    """Gives tensors and variables their operators."""
    table: dict[str, Any] = {}
    for name, pair in {
        "add": (_plus, _plus_reflected),
        "sub": _arithmetic(SUB),
        "mul": _arithmetic(MUL),
        "truediv": _swapped(elementwise.divide),
        "floordiv": _swapped(elementwise.floordiv),
        "mod": _swapped(elementwise.floormod),
        "pow": _swapped(elementwise.power),
        "matmul": _swapped(linalg.matmul_operator),
        "and": _swapped(bitwise.and_operator),
        "or": _swapped(bitwise.or_operator),
        "xor": _swapped(bitwise.xor_operator),
    }.items():
        table[f"__{name}__"], table[f"__r{name}__"] = pair
    table |= {
        "__neg__": elementwise.negative,
        "__abs__": elementwise.abs,
        "__invert__": bitwise.invert_operator,
        "__lt__": comparison.less,
        "__le__": comparison.less_equal,
        "__gt__": comparison.greater,
        "__ge__": comparison.greater_equal,
        "__eq__": _equal,
        "__ne__": _not_equal,
        "__iter__": _iterate,
        "__getitem__": index_operator.get_item,
    }
    for cls in (EagerTensor, ResourceVariable):
        for name, function in table.items():
            setattr(cls, name, _one_argument(function) if name in ("__neg__", "__abs__", "__invert__") else function)
    for name, refuse in _IN_PLACE.items():
        setattr(ResourceVariable, name, refuse)


def defer_to(kind: type) -> None:
    """Operators of a tensor or variable with a value of this class are left to that class."""

    def deferring(function: Binary) -> Binary:
        return lambda self, other: NotImplemented if isinstance(other, kind) else function(self, other)

    for cls in (EagerTensor, ResourceVariable):
        for name in _BINARY:
            setattr(cls, name, deferring(getattr(cls, name)))


def _one_argument(function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda self: function(self)


install()
