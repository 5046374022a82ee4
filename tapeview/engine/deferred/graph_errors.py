"""Errors found while a graph is built, in the words TensorFlow has for graphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from tapeview.engine.deferred import node_names
from tapeview.engine.deferred.static_shapes import Sizes, bracketed_shape
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.errors import InvalidArgumentError

_TYPES = ("was expected to be a", "is not in the list of allowed values", "Tensor conversion requested dtype")
_PREFIX = re.compile(r"^\{\{function_node [^}]*\}\} ")
_EXPECTED = re.compile(
    r"cannot compute (\w+) as input #(\d)\(zero-based\) was expected to be a (\w+) tensor but is a (\w+)"
)
_NOT_ALLOWED = re.compile(r"Value for attr '(T\w*)' of (\w+) is not in the list of allowed values: ([\w, ]+)")
_WORDS: Final = {"float": "float32", "double": "float64", "half": "float16"}
_ARGUMENTS: Final = {
    "MatMul": ("a", "b"), "BatchMatMulV2": ("x", "y"), "BiasAdd": ("value", "bias"), "Conv2D": ("input", "filter"),
    "SoftmaxCrossEntropyWithLogits": ("features", "labels"),
}  # fmt: skip


def is_of_types(error: BaseException) -> bool:
    """Whether an error is about types, which do not depend on sizes that are not known."""
    return isinstance(error, TypeError) or any(part in str(error) for part in _TYPES)


def worded(
    error: Exception, function: Any, args: Any, kwargs: Any, symbols: Sequence[SymbolicTensor], name: str | None
) -> Exception:
    """``error`` as it is raised where a graph is built."""
    if not isinstance(error, InvalidArgumentError):
        return error
    text = _PREFIX.sub("", str(error))
    text = re.sub(r" \[Op:\w+\].*$", "", text, flags=re.DOTALL)
    of_types = _types_text(text)
    if of_types is not None:
        return TypeError(of_types)
    if is_of_types(error):
        return TypeError(text)
    found = re.search(r"\[Op:(\w+)\]", str(error))
    kind, default = node_names.of_function(function, found[1].removeprefix("_Mkl") if found else "")
    node = _Node(kind, name, default, args, kwargs, symbols)
    return ValueError(node.text(text) or text)


def _types_text(text: str) -> str | None:
    found = _EXPECTED.search(text)
    if found:
        op = found[1].removeprefix("_Mkl")
        first, second = _ARGUMENTS.get(op, ("x", "y"))
        want, have = _WORDS.get(found[3], found[3]), _WORDS.get(found[4], found[4])
        return f"Input '{second}' of '{op}' Op has type {have} that does not match type {want} of argument '{first}'."
    found = _NOT_ALLOWED.search(text)
    if found:
        allowed = ", ".join(_WORDS.get(w, w) for w in found[3].split(", "))
        argument = "indices" if found[1] in ("TI", "Tindices") else "x"
        return (
            f"Value passed to parameter '{argument}' has DataType {_WORDS.get(found[2], found[2])} not in list of "
            f"allowed values: {allowed}"
        )
    return None


class _Node:
    """The node that would have been made, as messages describe it."""

    def __init__(self, kind: str, name: str | None, default: str, args: Any, kwargs: Any, symbols: Any) -> None:
        self.kind = kind
        self.graph = symbols[0].graph if symbols else None
        if name and name.endswith("/"):
            self.name = name[:-1]
        elif self.graph is not None:
            self.name = self.graph.unique_name(name or default, mark_as_used=False)
        else:
            self.name = name or default
        self.args = args
        self.kwargs = kwargs
        self.symbols = list(symbols)

    def text(self, text: str) -> str | None:
        """The message for a shape that does not fit; None if there are no own words for it."""
        given = [a for a in (*self.args, *self.kwargs.values())[:2] if isinstance(a, SymbolicTensor)]
        shapes = [t.sizes for t in given]
        if self.kind in ("MatMul", "BatchMatMulV2") and len(given) == 2:
            return self._matmul(given, shapes)
        if "Incompatible shapes" in text and len(given) == 2:
            pair = _mismatch(shapes[0], shapes[1])
            return None if pair is None else self._equal(pair, "", given)
        if self.kind == "Reshape" and given:
            return self._reshape(given[0])
        if "Invalid reduction dimension" in text and given:
            return self._reduction(given[0], text)
        return None

    def _described(self, attrs: str, inputs: Sequence[str]) -> str:
        return f"'{{{{node {self.name}}}}} = {self.kind}[{attrs}]({', '.join(inputs)})'"

    def _equal(self, pair: tuple[Any, Any], attrs: str, given: Sequence[SymbolicTensor]) -> str:
        node = self._described(f"T={_enum(given[0])}{attrs}", [t.op.name for t in given])
        shapes = ", ".join(bracketed_shape(t.sizes) for t in given)
        return f"Dimensions must be equal, but are {pair[0]} and {pair[1]} for {node} with input shapes: {shapes}."

    def _matmul(self, given: Sequence[SymbolicTensor], shapes: Sequence[Sizes]) -> str | None:
        sides = [bool(self.kwargs.get(word, False)) for word in ("transpose_a", "transpose_b")]
        attrs = "".join(f", transpose_{w}={str(s).lower()}" for w, s in zip("ab", sides, strict=True))
        for shape in shapes:
            if shape is not None and len(shape) < 2:
                node = self._described(f"T={_enum(given[0])}{attrs}", [t.op.name for t in given])
                listed = ", ".join(bracketed_shape(s) for s in shapes)
                return f"Shape must be rank 2 but is rank {len(shape)} for {node} with input shapes: {listed}."
        if shapes[0] is None or shapes[1] is None:
            return None
        inner = (shapes[0][-2 if sides[0] else -1], shapes[1][-1 if sides[1] else -2])
        return self._equal(inner, attrs, given)

    def _reshape(self, given: SymbolicTensor) -> str | None:
        wanted = self.args[1] if len(self.args) > 1 else self.kwargs.get("shape")
        if not isinstance(wanted, (list, tuple)) or given.sizes is None or None in given.sizes:
            return None
        count, asked = 1, 1
        for d in given.sizes:
            count *= d or 0
        for d in wanted:
            asked *= d
        text = bracketed_shape(tuple(wanted))
        node = self._described(f"T={_enum(given)}, Tshape=DT_INT32", [given.op.name, f"{self.name}/shape"])
        return (
            f"Cannot reshape a tensor with {count} elements to shape {text} ({asked} elements) for {node} with input "
            f"shapes: {bracketed_shape(given.sizes)}, [{len(wanted)}] and with input tensors computed as partial "
            f"shapes: input[1] = {text}."
        )

    def _reduction(self, given: SymbolicTensor, text: str) -> str | None:
        axis = re.search(r"\((-?\d+) for input", text)
        if axis is None or given.sizes is None:
            return None
        keep = str(bool(self.kwargs.get("keepdims", False))).lower()
        node = self._described(
            f"T={_enum(given)}, Tidx=DT_INT32, keep_dims={keep}", [given.op.name, f"{self.name}/reduction_indices"]
        )
        return (
            f"Invalid reduction dimension {axis[1]} for input with {len(given.sizes)} dimensions. for {node} with "
            f"input shapes: {bracketed_shape(given.sizes)}, [] and with computed input tensors: input[1] = <{axis[1]}>."
        )


def _enum(t: SymbolicTensor) -> str:
    return f"DT_{t.dtype.base_dtype.word.upper()}"


def _mismatch(a: Sizes, b: Sizes) -> tuple[int, int] | None:
    """The first pair of sizes, from the left, that can not be broadcast."""
    if a is None or b is None:
        return None
    rank = max(len(a), len(b))
    left = [1] * (rank - len(a)) + [*a]
    right = [1] * (rank - len(b)) + [*b]
    for m, n in zip(left, right, strict=True):
        if m is not None and n is not None and m != n and 1 not in (m, n):
            return m, n
    return None


def wrong_value(position: str, op: str, value: Any, kind: str) -> TypeError:
    """A Python value beside a tensor of a type that it can not take."""
    return TypeError(
        f"Expected {kind} passed to parameter '{position}' of op '{op}', got {value!r} of type "
        f"'{type(value).__name__}' instead. Error: Expected {kind}, but got {value!r} of type '{type(value).__name__}'."
    )
