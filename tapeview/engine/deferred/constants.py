"""Constants and placeholders."""

from __future__ import annotations

from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred import probing, slices
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import Graph, get_default_graph
from tapeview.engine.deferred.lifting import add_node, finish, node_name
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.static_shapes import Sizes, sizes
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.ops import creation
from tapeview.engine.tensor import EagerTensor


def add_constant(graph: Graph, value: EagerTensor, name: str) -> SymbolicTensor:
    """A node whose value is always ``value``."""
    node = Operation(graph, node_name(graph, name, "Const"), "Const", "constant", None)
    node.controls_on = waited_for(graph, ())
    node.constant = value
    probe = probing.kept(value)
    made = SymbolicTensor(node, 0, dtypes.of_array(value._array), value._array.shape, (probe, probe))
    node.results.append(made)
    finish(node)
    return made


def constant(
    value: Any, dtype: Any = None, shape: Any = None, name: str = "Const", verify_shape: bool = False
) -> SymbolicTensor:
    """A node with a constant value. Raises as ``tf.constant`` for a value that does not fit.

    Raises:
        TypeError: ``value`` holds symbolic tensors.
    """
    if shape is not None:
        shape = list(sizes(shape) or ())
    made = creation.constant(value, dtype, shape)
    return add_constant(get_default_graph(), made, name or "Const")


def convert_to_tensor(
    value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None, dtype_hint: Any = None
) -> SymbolicTensor:
    """A symbolic tensor for ``value``: itself, a variable's value, a constant, or a stack of these."""
    if isinstance(value, SymbolicTensor):
        return slices.dense(value, name) if value.indexed else _checked(value, dtype)
    symbolic = getattr(type(value), "_symbolic_value", None)
    if symbolic is not None:
        return _checked(symbolic(value), dtype)
    from tapeview.engine.deferred.structures import symbolic_in

    if symbolic_in(value, []):
        from tapeview.engine.ops.shape import pack_nested

        kind = None if dtype is None else dtypes.as_dtype(dtype)
        return add_node(lambda v: pack_nested(v, kind), (value,), name, "Pack", default_name="packed")  # type: ignore[no-any-return]
    made = creation.convert_to_tensor(value, dtype, dtype_hint or preferred_dtype)
    return add_constant(get_default_graph(), made, name or "Const")


def _checked(value: SymbolicTensor, dtype: Any) -> SymbolicTensor:
    if dtype is not None and value.dtype.base_dtype is not dtypes.as_dtype(dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype "
            f"{value.dtype.name}: {value!r}"
        )
    return value


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a tensor or a variable."""
    return creation.is_tensor(x) or isinstance(x, SymbolicTensor)


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SymbolicTensor:
    """A place for a value that is fed in each run."""
    graph = get_default_graph()
    try:
        kind = dtypes.as_dtype(dtype)
    except TypeError:
        raise TypeError(f"Expected DataType for argument 'dtype' not {dtype!r}.") from None
    return _place(graph, name, "Placeholder", kind, sizes(shape), None)


def _place(
    graph: Graph, name: str | None, type: str, kind: dtypes.DType, shape: Sizes, default: SymbolicTensor | None
) -> SymbolicTensor:
    node = Operation(graph, node_name(graph, name, type), type, "placeholder", _itself,
                     () if default is None else (default,), inputs=[] if default is None else [default])  # fmt: skip
    node.pseudo = "" if default is not None else "placeholder"
    made = SymbolicTensor(node, 0, kind, shape, probing.made_up(shape, kind))
    node.results.append(made)
    finish(node)
    return made


def _itself(value: Any) -> Any:
    return value


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> SymbolicTensor:
    """A place for a value that may be fed; otherwise it is ``input``."""
    given = input if isinstance(input, SymbolicTensor) else convert_to_tensor(input, name=f"{name or 'input'}/input")
    return _place(given.graph, name, "PlaceholderWithDefault", given.dtype.base_dtype, sizes(shape), given)


def as_tensor(value: Any, dtype: Any = None, name: str = "Const") -> SymbolicTensor:
    """:func:`convert_to_tensor` for what is computed anyway: values that are tensors already become constants."""
    if isinstance(value, EagerTensor):
        return add_constant(get_default_graph(), value, name)
    if isinstance(value, SymbolicTensor) and dtype is None and not value.indexed:
        return value
    kind = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    return convert_to_tensor(value, kind, name)


def constant_value(value: Any) -> Any:
    """The value of a tensor as an array if it is known without running anything, else None."""
    if isinstance(value, SymbolicTensor):
        return None if value.op.constant is None else value.op.constant.numpy()
    return to_tensor(value).numpy()
