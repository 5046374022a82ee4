"""What the library needs of deferred graphs, and what stands for it where calls compute at once."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes, log, names, observe
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred import assigns
from tapeview.engine.deferred.static_shapes import Sizes
from tapeview.engine.deferred.static_shapes import sizes as _sizes
from tapeview.engine.deferred.structures import symbolic_in
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import Slot
from tapeview.keras.optimizers.telling import tell_update
from tapeview.keras.regularizers import Regularizer

# -- tensors -----------------------------------------------------------------------------------------------------------


def is_variable(value: Any) -> bool:
    """Whether this is a variable, of a graph or not."""
    return isinstance(value, ResourceVariable)


def tensor(value: Any, name: str | None = None, dtype: Any = None) -> Any:
    """``value`` as a tensor: itself, a variable's value, or a constant with this name."""
    if isinstance(value, SymbolicTensor) or (isinstance(value, EagerTensor) and not deferred.building()):
        return value
    return deferred.tf.convert_to_tensor(value, dtype=dtype, name=name)


def cast(value: Any, dtype: Any) -> Any:
    """``value`` as a tensor of a type; one that has it costs no node."""
    kind = dtypes.as_dtype(dtype).base_dtype
    if not is_variable(value) and not symbolic_in(value, []) and not hasattr(value, "_array"):
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return tensor(array.astype(kind.numpy), None, kind)
    found = tensor(value)
    return found if found.dtype.base_dtype is kind else deferred.tf.cast(found, kind)


def converted(gradient: Any, variable: Any) -> Any:
    """A gradient as a tensor.

    Raises:
        TypeError: what can be no tensor.
    """
    if isinstance(gradient, IndexedSlices) and deferred.building():
        shape = known_sizes(variable.shape)
        return deferred.add_node(
            lambda values, indices: IndexedSlices(values, indices, to_tensor(shape, dtypes.int32)),
            (tensor(gradient.values), tensor(gradient.indices)), None, "IndexedSlices",
        )  # fmt: skip
    if isinstance(gradient, (SymbolicTensor, EagerTensor, IndexedSlices)):
        return gradient
    try:
        return tensor(gradient)
    except (TypeError, ValueError):
        raise TypeError(f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}") from None


def is_sparse(gradient: Any) -> bool:
    """Whether a gradient has only some rows."""
    return getattr(gradient, "indexed", False) or hasattr(gradient, "_densify")


def sizes(value: Any) -> Sizes:
    """A tensor's shape as data: None for each unknown size, or for an unknown rank."""
    return _sizes(value.shape)


def shape_sizes(shape: Any) -> Sizes:
    """A shape as data."""
    return _sizes(shape)


def known_sizes(shape: Any) -> list[int]:
    """The sizes of a shape. Raises ValueError if one is not known."""
    found = _sizes(shape) if not isinstance(shape, SymbolicTensor) else None
    if found is None or None in found:
        raise ValueError(f"Shape must be fully known here, and this is {shape}.")
    return [int(d) for d in found if d is not None]


def compatible(first: Any, second: Any) -> bool:
    """Whether two tensors may have one shape."""
    a, b = sizes(first), sizes(second)
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(m is None or n is None or m == n for m, n in zip(a, b, strict=True))


def kind(variable: Any) -> dtypes.DType:
    """The type of a variable's values."""
    return variable.dtype.base_dtype  # type: ignore[no-any-return]


def base(variable: Any) -> Any:
    """The variable itself, for what an assign returned."""
    return getattr(variable, "_base", variable)


def op_name(variable: Any) -> str:
    """A variable's (or tensor's) name without the output's number."""
    return str(variable.name).rpartition(":")[0] or str(variable.name)


# -- nodes -------------------------------------------------------------------------------------------------------------


def composed(name: str, function: Callable[..., Any], *inputs: Any) -> Any:
    """One node by this name for a function of several ops; where calls compute at once, what it gives."""
    if not deferred.building():
        return function(*inputs)
    return deferred.add_node(function, inputs, default_name=name)


def node(function: Callable[..., Any], type: str, *inputs: Any) -> Any:
    """As :func:`composed`, of a type by which it is named as well."""
    if not deferred.building():
        return function(*inputs)
    return deferred.add_node(function, inputs, None, type)


def update(
    function: Callable[..., Any], type: str, held: Sequence[Any], given: Sequence[Any],
    rate: tuple[str, int] | None = None,
) -> Any:  # fmt: skip
    """A node that changes variables: ``function(*held, *given)``, with the session's variables in place of ``held``.

    Args:
        rate: a name, and which of ``given`` is the learning rate; it is told by that name unless this is empty.

    Raises:
        TypeError: a gradient of another type.
    """
    count = len(held)

    def applied(*args: Any) -> Any:
        if observe.sink is not None:
            if rate is not None and rate[0]:
                log.measure("rate", rate[0], args[count + rate[1]])
            tell_update(function, args[:count], args[count:], None if rate is None else rate[1])
        return function(*args)

    if not deferred.building():
        return applied(*held, *[g if hasattr(g, "_densify") else to_tensor(g) for g in given])

    def on_cells(*args: Any) -> Any:
        applied(*[cell.known() for cell in args[:count]], *args[count:])
        return args[0].known()._value

    type = f"Resource{type}" if held[0].is_resource else type
    tensors = [tensor(g) for g in given]
    for t in tensors:
        if t.dtype.base_dtype is not kind(held[0]) and (t.sizes or not (t.dtype.is_floating or t.dtype.is_integer)):
            raise TypeError(
                f"Input '{'delta' if count == 1 else 'grad'}' of '{type}' Op has type {t.dtype.base_dtype.name} that "
                f"does not match type {kind(held[0]).name} of argument 'var'."
            )
    return assigns.add_update(held[0].graph, type, type, on_cells, held, tensors)


def multiplied(variable: Any, factor: Any) -> Any:
    """A variable's value times ``factor``, named as the operator is."""
    return deferred.tf.multiply(variable, factor, name="mul") if deferred.building() else variable * factor


def assigned_sub(variable: Any, delta: Any, scope: str) -> Any:
    """Subtracts from a variable; the node is called like the scope it stands in."""
    return deferred.assign_sub(variable, delta, name=scope) if deferred.building() else variable.assign_sub(delta)


def count_up(variable: Any, scope: str) -> Any:
    """Adds 1 to a step count; the node is called like the scope it stands in."""
    one = np.ones((), kind(variable).numpy)
    return deferred.assign_add(variable, one, name=scope) if deferred.building() else variable.assign_add(one)


def choice(condition: Any, yes: float, no: float) -> Any:
    """One of two numbers; a tensor if ``condition`` is one."""
    if not hasattr(condition, "dtype"):
        return yes if condition else no
    return composed("choice", lambda c: deferred.tf.where(c, yes, no), condition)


def either(condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """What one of two functions gives; ``condition`` is a bool, a number, or a tensor with a bool."""
    if not isinstance(condition, SymbolicTensor) and not is_variable(condition):
        return yes() if condition else no()
    if not deferred.building():
        return yes() if bool(condition) else no()
    return deferred.tf.cond(condition, yes, no)


def add_to_collections(collections: Any, item: Any) -> None:
    """Adds to the collection of this name, or to those of these names."""
    for name in [collections] if isinstance(collections, str) else collections:
        deferred.add_to_collection(name, item)


# -- blocks ------------------------------------------------------------------------------------------------------------


def name_scope(name: Any, default_name: str | None = None) -> Any:
    """A block of that name; it gives the scope with its ``/``."""
    if deferred.building():
        return deferred.name_scope(name, default_name)
    return names.name_scope(name or default_name)


@contextlib.contextmanager
def outside() -> Iterator[None]:
    """A block whose nodes wait for none of the blocks around."""
    if not deferred.building():
        yield
        return
    with deferred.control_dependencies(None):
        yield


class _EagerScope:
    """What stands for a variable scope where calls compute at once."""

    def __init__(self, name: str) -> None:
        self.name = name.rstrip("/")
        self.original_name_scope = name
        self._block: Any = None

    def __enter__(self) -> _EagerScope:
        self._block = names.name_scope(self.name)
        self._block.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._block.__exit__(*error)


def variable_scope(name: Any, default_name: str, reuse: Any = None) -> Any:
    """A block of that name for nodes and variables; ``default_name`` gets a number if it is taken."""
    if deferred.building():
        return deferred.variable_scope(name, default_name, reuse=reuse)
    return _EagerScope(str(name or default_name))


def after(operations: Sequence[Any]) -> Any:
    """A block whose nodes run after some others."""
    return deferred.control_dependencies(list(operations)) if deferred.building() else contextlib.nullcontext()


def group(operations: Sequence[Any], name: str) -> Any:
    """A node that waits for all of some others; None where calls compute at once."""
    return deferred.group(*operations, name=name) if deferred.building() else None


def assign(variable: Any, value: Any) -> Any:
    """Replaces a variable's value."""
    return deferred.assign(variable, value) if deferred.building() else variable.assign(value)


# -- variables ---------------------------------------------------------------------------------------------------------


def weight(
    name: str, shape: Sequence[int], dtype: Any, initializer: Any, regularizer: Any, trainable: bool, constraint: Any
) -> Any:
    """A variable by ``get_variable``; where calls compute at once, a new one each time."""
    if deferred.building():
        if isinstance(regularizer, Regularizer):
            regularizer = _as_node(regularizer)
        return deferred.get_variable(
            name, list(shape), dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
            constraint=constraint,
        )  # fmt: skip
    computed = callable(initializer) and not hasattr(initializer, "_array")
    value = initializer(list(shape), dtype=dtype) if computed else initializer
    return ResourceVariable(value, trainable=trainable, name=name, constraint=constraint)


def _as_node(regularizer: Regularizer) -> Callable[..., Any]:
    """Keras's regularizers compute: what one does is one node."""

    def penalty(value: Any) -> Any:
        return regularizer(value)

    return lambda variable: composed("mul", penalty, variable)


def hidden_variable(initial_value: Any, name: str, function: bool = False) -> Any:
    """A variable that the library keeps for itself: global, not trainable. Observers do not hear of it."""
    if deferred.building():
        made = deferred.Variable(initial_value, name=name, trainable=False)
        made.value_class = Slot
        return made
    value = initial_value() if function else initial_value
    array = np.asarray(getattr(value, "_array", value))
    return Slot(array.astype(np.float32) if array.dtype == np.float64 else np.array(array), name)


def eager_variable(value: Any, name: str) -> ResourceVariable:
    """A variable that is not trainable, with exactly this name."""
    outer = names.prefix()
    names.set_prefix("")
    try:
        return ResourceVariable(value, trainable=False, name=name)
    finally:
        names.set_prefix(outer)


def slot(variable: Any, value: Callable[[], Any], op_name_: str) -> Any:
    """A variable beside another one in a graph: ``w/Adam``, then ``w/Adam_1``."""
    with deferred.variable_scope(None, f"{op_name(variable)}/{op_name_}") as scope:
        prefix = str(scope.name)
    with deferred.get_default_graph().name_scope(None):
        made = deferred.Variable(value, trainable=False, name=f"{prefix}/")
    made.value_class = Slot
    return made


def initial_value(variable: Any) -> Any:
    """What a variable begins with: its present value if it has one, and what its initializer gives otherwise."""
    return variable.initialized_value()


# -- what belongs to a graph -------------------------------------------------------------------------------------------

_eager: dict[Any, Any] = {}


def eager_attachments() -> dict[Any, Any]:
    """What the library keeps where there is no graph."""
    return _eager


def attachments() -> dict[Any, Any]:
    """What the library keeps for the present graph."""
    return deferred.get_default_graph().attachments if deferred.building() else _eager


_EAGERLY = "no graph"


def place() -> Any:
    """The present graph; something that stands for none where calls compute at once."""
    return deferred.get_default_graph() if deferred.building() else _EAGERLY


def place_of(variable: Any) -> Any:
    """The graph of a variable; see :func:`place`."""
    return variable.graph if isinstance(variable, deferred.Variable) else _EAGERLY


def made(initializer: Any) -> Any:
    """An initializer, of which scripts may also give the class."""
    return initializer() if inspect.isclass(initializer) else initializer
