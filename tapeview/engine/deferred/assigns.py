"""Nodes that change variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.deferred import probing
from tapeview.engine.deferred.cells import Cell
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import Graph
from tapeview.engine.deferred.lifting import finish, node_name
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.static_shapes import Sizes, bracketed_shape
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.tensor import EagerTensor


def add_update(
    graph: Graph, type: str, name: str, function: Callable[..., Any], variables: Sequence[Any],
    inputs: Sequence[Any] = (), *, kind: str = "assign", dtype: Any = None, sizes: Sizes = None, outputs: int = 1,
) -> Any:  # fmt: skip
    """Adds a node that works on variables themselves.

    Args:
        function: ``function(*cells, *values)``: a :class:`Cell` for each variable, then the values of ``inputs``
            (symbolic tensors; anything else is handed on as it is). Returns the node's value.
        dtype, sizes: of the output; by default those of the first variable, as a reference.
        outputs: 0 for a node without any.

    Returns:
        The output, or the node if there is none.
    """
    symbols = [v for v in inputs if isinstance(v, SymbolicTensor)]
    refs = [v._ref for v in variables]
    node = Operation(
        graph, node_name(graph, name, type), type, kind, _dropping_run(function), (*refs, *inputs),
        inputs=[*refs, *symbols], controls=waited_for(graph, [*refs, *symbols]),
    )  # fmt: skip
    node.pseudo = "with run"
    if outputs:
        first = variables[0] if variables else None
        if dtype is None and first is not None:
            dtype, sizes = first.dtype, first.sizes
        made = SymbolicTensor(node, 0, dtype, sizes, probing.made_up(sizes, dtype.base_dtype))
        node.results.append(made)
    finish(node)
    return node.results[0] if outputs else node


def _dropping_run(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda run, *args: function(*args)


def initial_assign(variable: Any, value: SymbolicTensor, name: str) -> Operation:
    """The node that gives a variable its first value."""
    kind = "AssignVariableOp" if variable.is_resource else "Assign"
    made = add_update(
        variable.graph, kind, name, _assign_first, [variable], [value], outputs=0 if variable.is_resource else 1
    )
    return made.op  # type: ignore[no-any-return]


def _assign_first(cell: Cell, value: EagerTensor) -> EagerTensor:
    return cell.assign(_own(value))


def _assign(cell: Cell, value: EagerTensor) -> EagerTensor:
    return cell.assign(_own(value), "assign", value)


def _own(value: Any) -> Any:
    """The array of a value: values never change, so a variable may take it as it is."""
    return (value._densify() if hasattr(value, "_densify") else value)._array


def _assign_add(cell: Cell, value: EagerTensor) -> EagerTensor:
    known = cell.known()
    return cell.assign(np.asarray(known._array + _own(value)), "assign_add", value)


def _assign_sub(cell: Cell, value: EagerTensor) -> EagerTensor:
    known = cell.known()
    return cell.assign(np.asarray(known._array - _own(value)), "assign_sub", value)


def _operand(variable: Any, value: Any, word: str, full: str, own: str) -> SymbolicTensor:
    """``value`` as a tensor that fits the variable. Raises TypeError or ValueError if it does not."""
    from tapeview.engine.deferred.constants import as_tensor

    kind = variable.dtype.base_dtype
    if isinstance(value, (SymbolicTensor, EagerTensor)) or hasattr(type(value), "_symbolic_value"):
        tensor = as_tensor(value, kind if variable.is_resource else None, full or own)
    else:
        tensor = as_tensor(value, kind, own)
    have = tensor.dtype.base_dtype
    if have is not kind:
        raise TypeError(
            f"Input 'value' of '{word}' Op has type {have.name} that does not match type {kind.name} of argument 'ref'."
        )
    return tensor


def _changed(
    variable: Any, value: Any, words: tuple[str, str], function: Callable[..., Any], how: str, name: str | None,
    validate_shape: bool = True, locking: bool = False,
) -> Any:  # fmt: skip
    graph = variable.graph
    word = words[1] if variable.is_resource else words[0]
    if variable.is_resource:
        tensor = _operand(variable, value, words[0], "", "Const")
    with graph.name_scope(name or word) as scope:
        if not variable.is_resource:
            tensor = _operand(variable, value, words[0], f"{scope}value/", "value")
    a, b = variable.sizes, tensor.sizes
    if validate_shape and a is not None and b is not None and not variable.shape.is_compatible_with(tensor.shape):
        raise _shape_error(variable, tensor, words[0], scope.rstrip("/"), locking)
    return add_update(graph, word, scope, function, [variable], [tensor])


def _shape_error(variable: Any, tensor: SymbolicTensor, word: str, name: str, locking: bool) -> ValueError:
    a, b = variable.sizes or (), tensor.sizes or ()
    kind = dtypes.of_array(np.zeros((), variable.dtype.numpy))
    enum = f"DT_{kind.word.upper()}"
    extra = f", use_locking={str(locking).lower()}" + (", validate_shape=true" if word == "Assign" else "")
    node = f"{{{{node {name}}}}} = {word}[T={enum}{extra}]({variable.op.name}, {tensor.op.name})"
    shapes = f"{bracketed_shape(a)}, {bracketed_shape(b)}"
    if len(a) != len(b):
        text = f"Shapes must be equal rank, but are {len(a)} and {len(b)}"
    else:
        k = next(i for i, (m, n) in enumerate(zip(a, b, strict=True)) if m != n)
        text = f"Dimension {k} in both shapes must be equal, but are {a[k]} and {b[k]}. Shapes are " \
               f"{bracketed_shape(a)} and {bracketed_shape(b)}."  # fmt: skip
    return ValueError(f"{text} for '{node}' with input shapes: {shapes}.")


def assign(
    ref: Any, value: Any, validate_shape: bool | None = None, use_locking: Any = None, name: str | None = None
) -> Any:
    """A node that replaces a variable's value, which it returns.

    Raises:
        TypeError, ValueError: ``value`` is of another type or shape.
    """
    locking = use_locking is None or bool(use_locking)
    words = ("Assign", "AssignVariableOp")
    return _changed(ref, value, words, _assign, "assign", name, validate_shape is not False, locking)


def assign_add(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Any:
    """A node that adds to a variable's value; see :func:`assign`."""
    return _changed(ref, value, ("AssignAdd", "AssignAddVariableOp"), _assign_add, "assign_add", name)


def assign_sub(ref: Any, value: Any, use_locking: Any = None, name: str | None = None) -> Any:
    """A node that subtracts from a variable's value; see :func:`assign`."""
    return _changed(ref, value, ("AssignSub", "AssignSubVariableOp"), _assign_sub, "assign_sub", name)


def count_up_to(ref: Any, limit: int, name: str | None = None) -> Any:
    """A node that adds 1 to a counter and returns the value before. Raises OutOfRangeError in the run at ``limit``."""
    from tapeview.engine.errors import OutOfRangeError

    def count(cell: Cell) -> EagerTensor:
        before = cell.known()._value
        if int(before._array) >= limit:
            raise OutOfRangeError(None, None, f"Reached limit of {limit}")
        cell.assign(np.asarray(before._array + 1).astype(before._array.dtype), "assign_add")
        return before

    return add_update(ref.graph, "CountUpTo", name or "CountUpTo", count, [ref], dtype=ref.dtype.base_dtype, sizes=())
