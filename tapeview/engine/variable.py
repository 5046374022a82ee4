"""Variables: named tensors that can be replaced. Each assign makes a new version; a value once read never changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import callsite, dtypes, names, observe
from tapeview.engine.convert import to_array, to_tensor
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import invalid
from tapeview.engine.op import defop, execute
from tapeview.engine.shapes import TensorShape, bracketed
from tapeview.engine.state import state
from tapeview.engine.tensor import Array, EagerTensor, Reference, _value_text

READ = defop(
    "ReadVariableOp", lambda x: x.view(), (lambda g, y, x: g,), inputs="resource", formulas=("g",), doc="Reads a variable into a tensor of its own."
)

_next_construction = itertools.count(1).__next__


class ResourceVariable:
    """``tf.Variable``: a value that an optimizer can change.

    Attributes:
        name: the given name in its name scope, with ``:0``; ``Variable:0`` if none was given.
        trainable: tapes watch it by themselves when it is read.

    Raises:
        ValueError: no initial value, or one no tensor can hold.
    """

    __array_priority__ = 100

    _value: EagerTensor

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        synchronization: Any = None,
        aggregation: Any = None,
        shape: Any = None,
        **_: Any,
    ) -> None:
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a `variable_def`. "
                "You provided neither."
            )
        if callable(initial_value) and not isinstance(initial_value, (EagerTensor, ResourceVariable)):
            initial_value = initial_value()
        self._construction = _next_construction()
        self._trainable = True if trainable is None else bool(trainable)
        self._name = names.scoped(name or "Variable") + ":0"
        self.constraint = constraint
        self._uid = 0
        self._version = 0
        if isinstance(initial_value, (EagerTensor, ResourceVariable)) and dtype is None:
            array = initial_value._array
        else:
            array = to_array(initial_value, None if dtype is None else dtypes.as_dtype(dtype))
        self._value = EagerTensor(array, self)
        if observe.sink is not None:
            site = callsite.here()
            observe.sink((observe.VARIABLE, self, site))
            observe.sink((observe.ASSIGNED, self, 0, self._value, None, "create", site, None))

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self) -> EagerTensor:
        """The current version, as an op's input; every open tape notices that the variable was read."""
        value = self._value
        for tape in state.tapes:
            if id(value) not in tape._tracked:
                tape._accessed(self, value)
        return value

    @property
    def _array(self) -> Array:
        return self._value._array

    @property
    def _base(self) -> ResourceVariable:
        return self

    def value(self) -> EagerTensor:
        """The value as a tensor of its own."""
        return execute(READ, (self._read(),))

    def read_value(self) -> EagerTensor:
        """The same as ``value()``."""
        return self.value()

    def numpy(self) -> Any:
        """A copy of the value: an ndarray, or a NumPy scalar for a 0-d variable."""
        return self._value.numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._value.__array__(dtype, copy)

    @property
    def name(self) -> str:
        """The name, with ``:0``."""
        return self._name

    @property
    def trainable(self) -> bool:
        """True if tapes watch it by themselves."""
        return self._trainable

    @property
    def shape(self) -> TensorShape:
        """The sizes of the dimensions."""
        return TensorShape(self._array.shape)

    @property
    def dtype(self) -> DType:
        """The element type."""
        return dtypes.of_array(self._array)

    @property
    def device(self) -> str:
        """Always the CPU."""
        return self._value.device

    @property
    def handle(self) -> ResourceVariable:
        """What tapes know the variable by: the variable."""
        return self._base

    @property
    def initializer(self) -> None:
        """None: there is nothing to run outside deferred graphs."""
        return None

    @property
    def op(self) -> NoReturn:
        """Not there outside deferred graphs."""
        raise AttributeError("Tensor.op is undefined when eager execution is enabled.")

    @property
    def graph(self) -> NoReturn:
        """Not there outside deferred graphs."""
        raise AttributeError("Tensor.graph is undefined when eager execution is enabled.")

    def get_shape(self) -> TensorShape:
        """The same as ``shape``."""
        return self.shape

    def ref(self) -> Reference:
        """A hashable stand-in that knows this variable (``deref()``)."""
        return Reference(self)

    def eval(self, *_: Any, **__: Any) -> NoReturn:
        """Not there outside deferred graphs."""
        raise RuntimeError("This operation is not supported when eager execution is enabled.")

    # -- assigning -------------------------------------------------------------------------------------------------

    def assign(self, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Replaces the value by one of the same shape and returns a view of the variable (None with ``read_value=False``).

        Raises:
            ValueError: the shapes differ, or ``value`` is a tensor of another type.
        """
        array = self._operand(value)
        if array.shape != self._array.shape:
            raise ValueError(
                f"Cannot assign value to variable ' {self._name}': Shape mismatch.The variable shape {self.shape}, and the assigned "
                f"value shape {TensorShape(array.shape)} are incompatible."
            )
        self._replace(array, "assign")
        return _UnreadVariable(self._base) if read_value else None

    def assign_add(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Adds ``delta``, of the same shape; see :meth:`assign`."""
        array = self._delta(delta, "AssignAddVariableOp")
        self._replace(np.asarray(self._array + array), "assign_add")
        return _UnreadVariable(self._base) if read_value else None

    def assign_sub(self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True) -> Any:
        """Subtracts ``delta``, of the same shape; see :meth:`assign`."""
        array = self._delta(delta, "AssignSubVariableOp")
        self._replace(np.asarray(self._array - array), "assign_sub")
        return _UnreadVariable(self._base) if read_value else None

    def _operand(self, value: Any) -> Array:
        if hasattr(value, "_densify"):
            value = value._densify()
        return to_tensor(value, self.dtype)._array

    def _delta(self, value: Any, op: str) -> Array:
        array = self._operand(value)
        if array.shape != self._array.shape:
            raise invalid(
                op,
                f"Cannot update variable with shape {bracketed(self._array.shape)} using a Tensor with shape {bracketed(array.shape)}, "
                "shapes must be equal.",
            )
        return array

    def _replace(self, array: Array, how: str, gradient: Any = None) -> None:
        """Makes ``array`` (which nobody else will write to) the new version."""
        previous = self._value
        self._value = EagerTensor(array, self)
        self._version += 1
        if observe.sink is not None:
            observe.sink((observe.ASSIGNED, self, self._version, self._value, previous, how, callsite.here(), gradient))

    # -- as a Python value -----------------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(self._value)

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __complex__(self) -> complex:
        return complex(self._value)

    def __hash__(self) -> int:
        raise TypeError(f"Variable is unhashable. Instead, use variable.ref() as the key. (Variable: {self!r})")

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError("'ResourceVariable' object does not support item assignment")

    def __copy__(self) -> ResourceVariable:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ResourceVariable:
        return ResourceVariable(self._array, trainable=self._trainable, name=self._name.removesuffix(":0"))

    def __reduce__(self) -> tuple[Any, ...]:
        return ResourceVariable, (self._array, self._trainable, True, None, self._name.removesuffix(":0"))

    def __repr__(self) -> str:
        return f"<tf.Variable '{self._name}' shape={self.shape} dtype={self.dtype.name}, numpy={_value_text(self._array, is_repr=True)}>"


class _UnreadVariable(ResourceVariable):
    """What an assign returns: the same variable, printed under another name."""

    def __init__(self, variable: ResourceVariable) -> None:
        self.__dict__["_of"] = variable

    @property
    def _base(self) -> ResourceVariable:
        return self.__dict__["_of"]  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_of"], name)

    def _read(self) -> EagerTensor:
        return self._base._read()

    def _replace(self, array: Array, how: str, gradient: Any = None) -> None:
        self._base._replace(array, how, gradient)

    def __repr__(self) -> str:
        return super().__repr__().replace(f"'{self._name}'", "'UnreadVariable'", 1)


Variable = ResourceVariable
Variable.__module__ = "tensorflow.python.ops.resource_variable_ops"
