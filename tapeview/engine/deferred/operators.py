"""Python's operators on symbolic tensors and deferred variables."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import warn
from tapeview.engine.convert import hinted, to_tensor
from tapeview.engine.deferred import graph_errors, node_names
from tapeview.engine.deferred.lifting import add_node, is_foreign
from tapeview.engine.deferred.mode import building
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.ops import arithmetic, bitwise, comparison, elementwise, index_operator, linalg
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable

Binary = Callable[[Any, Any], Any]

_BINARY: dict[str, tuple[str, str, Any]] = {
    "add": ("AddV2", "add", elementwise.add),
    "sub": ("Sub", "sub", elementwise.subtract),
    "mul": ("Mul", "mul", elementwise.multiply),
    "truediv": ("RealDiv", "truediv", arithmetic.truediv),
    "floordiv": ("FloorDiv", "floordiv", elementwise.floordiv),
    "mod": ("FloorMod", "mod", elementwise.floormod),
    "pow": ("Pow", "pow", elementwise.power),
    "matmul": ("MatMul", "matmul", linalg.matmul),
    "and": ("LogicalAnd", "and", bitwise.and_operator),
    "or": ("LogicalOr", "or", bitwise.or_operator),
    "xor": ("LogicalXor", "xor", bitwise.xor_operator),
}
_COMPARISONS: dict[str, tuple[str, str, Any]] = {
    "lt": ("Less", "Less", comparison.less),
    "le": ("LessEqual", "LessEqual", comparison.less_equal),
    "gt": ("Greater", "Greater", comparison.greater),
    "ge": ("GreaterEqual", "GreaterEqual", comparison.greater_equal),
}
_UNARY: dict[str, tuple[str, str, Any]] = {
    "neg": ("Neg", "Neg", elementwise.negative),
    "abs": ("Abs", "Abs", elementwise.abs),
    "invert": ("LogicalNot", "LogicalNot", comparison.logical_not),
}

PAIRED = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "truediv", "truediv": "truediv", "div": "div",
    "floordiv": "floordiv", "floormod": "FloorMod", "power": "Pow", "maximum": "Maximum", "minimum": "Minimum",
    "squared_difference": "SquaredDifference", "equal": "Equal", "not_equal": "NotEqual", "less": "Less",
    "less_equal": "LessEqual", "greater": "Greater", "greater_equal": "GreaterEqual", "matmul": "MatMul",
    "logical_and": "LogicalAnd", "logical_or": "LogicalOr",
}  # fmt: skip
"""Functions of two tensors: what is no tensor becomes a constant beside the node."""


def beside(value: Any, other: Any, name: str, op: str = "") -> Any:
    """``value`` as a constant of the type of ``other``, named ``name``; itself if it is a tensor or can not be one."""
    if isinstance(value, SymbolicTensor) or hasattr(type(value), "_symbolic_value") or value is None:
        return value
    from tapeview.engine.deferred.constants import add_constant
    from tapeview.engine.deferred.structures import symbolic_in

    if symbolic_in(value, []):
        return value
    kind = other.dtype.base_dtype
    if isinstance(value, EagerTensor):
        made = value
    elif isinstance(value, np.ndarray) and kind.numpy.kind in "fc" and value.dtype.kind in "iufb":
        made = EagerTensor(value.astype(kind.numpy))
    else:
        made = _converted(value, kind, name, op)
    return add_constant(other.graph, made, name)


def _converted(value: Any, kind: Any, name: str, op: str) -> EagerTensor:
    if not isinstance(value, (int, float, list, np.ndarray)):
        return hinted(value, kind)
    try:
        return to_tensor(value, kind)
    except TypeError:
        if op == "AddV2":
            return to_tensor(value)  # whose type the op then refuses
        raise graph_errors.wrong_value(name, op, value, kind.name) from None


def _pair(title: tuple[str, str, Any], x: Any, y: Any, name: str | None = None) -> Any:
    """A node for ``x title y``: as in TensorFlow a scope by its name holds the constants beside it."""
    kind, default, function = title
    tensor = next(v for v in (x, y) if isinstance(v, SymbolicTensor) or hasattr(type(v), "_symbolic_value"))
    graph = tensor.graph
    with graph.name_scope(name or default) as inside:
        x, y = _symbolic(x), _symbolic(y)
        beside_which = x if isinstance(x, SymbolicTensor) else y
        x, y = beside(x, beside_which, "x", kind), beside(y, beside_which, "y", kind)
    return add_node(function, (x, y), inside, kind)


def _symbolic(value: Any) -> Any:
    read = getattr(type(value), "_symbolic_value", None)
    return value if read is None else read(value)


def _operate(title: tuple[str, str, Any], swapped: bool) -> Binary:
    def operate(self: Any, other: Any) -> Any:
        if is_foreign(other):
            return NotImplemented
        return _pair(title, other, self) if swapped else _pair(title, self, other)

    return operate


def _single(title: tuple[str, str, Any]) -> Callable[[Any], Any]:
    kind, name, function = title
    return lambda self: add_node(function, (self,), None, kind, default_name=name)


def get_item(self: Any, key: Any) -> Any:
    """``x[key]``; the key may hold symbolic tensors, too."""
    if isinstance(key, SymbolicTensor) and key.dtype.is_bool:
        from tapeview.engine.ops.index import boolean_mask

        return add_node(boolean_mask, (self, key))
    taken = add_node(index_operator.get_item, (self, key), None, "StridedSlice", default_name="strided_slice")
    if hasattr(type(self), "_symbolic_value"):
        from tapeview.engine.deferred import scatters

        taken.assign = lambda value, name=None: scatters.assign_slice(self, key, value, name)
    return taken


def methods() -> dict[str, Any]:
    """The operators, by the names of Python's methods."""
    table: dict[str, Any] = {"__getitem__": get_item}
    for word, title in _BINARY.items():
        table[f"__{word}__"], table[f"__r{word}__"] = _operate(title, False), _operate(title, True)
    for word, title in _COMPARISONS.items():
        table[f"__{word}__"] = _operate(title, False)
    for word, title in _UNARY.items():
        table[f"__{word}__"] = _single(title)
    return table


def paired(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], name: str | None) -> Any:
    """A node for a function of two tensors of which one may be a Python value; see ``PAIRED``."""
    x, y = args[:2]
    kind, default = node_names.of_function(function, PAIRED[function.__name__])
    if sum(isinstance(v, SymbolicTensor) or hasattr(type(v), "_symbolic_value") for v in (x, y)) != 1:
        return add_node(function, args, name=name, kwargs=kwargs)
    rest = functools.partial(function, **kwargs) if kwargs else function
    return _pair((kind, default, rest), x, y, name)


def _in_both_modes(deferred: Any, eager: Any) -> Any:
    """A method of variables, which functions that compute may use while a graph runs."""
    return lambda self, *others: deferred(self, *others) if building() else eager(self, *others)


def _in_place(word: str, refuse: Binary) -> Binary:
    def operate(self: Any, other: Any) -> Any:
        if self.is_resource:
            return refuse(self, other)
        sign = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}[word]
        warn.warn_first(1, _IN_PLACE.format(sign, _INSTEAD.get(word, "")))
        return _pair(_BINARY[word], self, other)

    return operate


_INSTEAD = {"add": " use `var.assign_add(value)` to modify the variable, or",
            "sub": " use `var.assign_sub(value)` to modify the variable, or"}  # fmt: skip
_IN_PLACE = "Variable {0}= will be deprecated.{1} use `var = var {0} value` to get a new Tensor."


_given: list[bool] = []


def give() -> None:
    """Gives symbolic tensors their operators, and has tensors with values leave operations with them to them."""
    if _given:
        return
    _given.append(True)
    from tapeview.engine.deferred.variables import Variable
    from tapeview.engine.ops import operators

    for word, method in methods().items():
        setattr(SymbolicTensor, word, method)
        setattr(Variable, word, _in_both_modes(method, getattr(ResourceVariable, word)))
    for word in ("add", "sub", "mul", "truediv", "pow"):
        setattr(Variable, f"__i{word}__", _in_place(word, getattr(ResourceVariable, f"__i{word}__")))
    operators.defer_to(SymbolicTensor)


def in_use() -> bool:
    """Whether operators add nodes now."""
    return bool(_given) and building()
