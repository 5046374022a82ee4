"""Variables: named tensors that can be replaced. Each assign makes a new version; a value once read never changes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from threading import get_ident
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import callsite, dispatch, dtypes, names, observe
from tapeview.engine.convert import to_array, to_tensor
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import invalid
from tapeview.engine.op import defop, execute
from tapeview.engine.row_updates import RowUpdates
from tapeview.engine.shapes import TensorShape, bracketed
from tapeview.engine.state import state
from tapeview.engine.tensor import Array, EagerTensor, Reference, _value_text

READ = defop(
    "ReadVariableOp",
    lambda x: x.view(),
    (lambda g, y, x: g,),
    inputs="resource",
    formulas=("g",),
    doc="Reads a variable into a tensor of its own.",
)

_next_construction = itertools.count(1).__next__


collectors: list[tuple[int, dict[int, ResourceVariable]]] = []
"""(thread, variables): where reads of trainable variables are noted, by whoever needs to know which a function uses."""


class ResourceVariable(RowUpdates):
    """``tf.Variable``: a value that an optimizer can change.

    Attributes:
        name: the given name in its name scope, with ``:0``; ``Variable:0`` if none was given.
        trainable: tapes watch it by themselves when it is read.

    Raises:
        ValueError: no initial value, or one no tensor can hold.
    """

    __array_priority__ = 100

    _value: EagerTensor
    _announced = True
    """Whether observers hear of this variable."""
    _site = 0
    """Where it was made, if anybody listened."""

    def __new__(cls, *_: Any, **given: Any) -> Any:
        """A variable of the deferred graph while one is being built."""
        if cls is ResourceVariable and dispatch.building():
            from tapeview.engine.deferred.variables import variable_class  # which needs this module

            return object.__new__(variable_class(given.get("use_resource")))
        return object.__new__(cls)

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
                "The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
                "`variable_def`. "
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
        array = _initial_array(initial_value, None if dtype is None else dtypes.as_dtype(dtype))
        if shape is not None and not TensorShape(array.shape).is_compatible_with(shape):
            raise ValueError(
                f"In this `tf.Variable` creation, the initial value's shape ({TensorShape(array.shape)}) is not "
                f"compatible "
                f"with the explicitly supplied `shape` argument ({shape})."
            )
        self._value = EagerTensor(array, self)
        if observe.sink is not None and self._announced:
            self._site = site = callsite.here()
            thread = get_ident()
            observe.sink((observe.VARIABLE, self, site, thread))
            observe.sink((observe.ASSIGNED, self, 0, self._value, None, "create", site, None, thread, None))

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self) -> EagerTensor:
        """The current version, as an op's input; every open tape notices that the variable was read."""
        value = self._value
        tapes = state.tapes
        if not tapes:
            value._read_outside = True
        for tape in tapes:
            if id(value) not in tape._tracked:
                tape._accessed(self, value)
        if collectors:
            _collect(self)
        return value

    def _look(self) -> EagerTensor:
        """The current version, to be shown or to leave the engine. TensorFlow calls that a reading, too."""
        return self._read() if state.tapes or collectors else self._value

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
        return self._look().numpy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._look().__array__(dtype, copy)

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
        """Replaces the value by one of the same shape and returns a view of the variable (None with
        ``read_value=False``).

        Raises:
            ValueError: the shapes differ, or ``value`` is a tensor of another type.
        """
        operand = self._operand(value)
        array = operand._array
        if array.shape != self._array.shape:
            raise ValueError(
                f"Cannot assign value to variable ' {self._name}': Shape mismatch.The variable shape {self.shape}, and "
                f"the assigned "
                f"value shape {TensorShape(array.shape)} are incompatible."
            )
        self._replace(array, "assign", None, operand)
        return self._view() if read_value else None

    def assign_add(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Adds ``delta``, of the same shape; see :meth:`assign`."""
        operand = self._delta(delta, "AssignAddVariableOp")
        self._replace(np.asarray(self._array + operand._array), "assign_add", None, operand)
        return self._view() if read_value else None

    def assign_sub(
        self, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
    ) -> Any:
        """Subtracts ``delta``, of the same shape; see :meth:`assign`."""
        operand = self._delta(delta, "AssignSubVariableOp")
        self._replace(np.asarray(self._array - operand._array), "assign_sub", None, operand)
        return self._view() if read_value else None

    def _view(self) -> _UnreadVariable:
        """What an assign returns. TensorFlow reads the variable for it, so that tapes notice."""
        self._look()
        return _UnreadVariable(self._base)

    def _operand(self, value: Any) -> EagerTensor:
        if hasattr(value, "_densify"):
            value = value._densify()
        return to_tensor(value, self.dtype)

    def _delta(self, value: Any, op: str) -> EagerTensor:
        operand = self._operand(value)
        array = operand._array
        if array.shape != self._array.shape:
            raise invalid(
                op,
                f"Cannot update variable with shape {bracketed(self._array.shape)} using a Tensor with shape "
                f"{bracketed(array.shape)}, "
                "shapes must be equal.",
            )
        return operand

    def _replace(self, array: Array, how: str, gradient: Any = None, operand: Any = None) -> None:
        """Makes ``array`` (which nobody else will write to) the new version; ``gradient`` or ``operand`` is what it was
        worked out from.
        """
        previous = self._value
        self._value = EagerTensor(array, self)
        self._version += 1
        if observe.sink is not None and self._announced:
            told = (self, self._version, self._value, previous, how, callsite.here(), gradient, get_ident(), operand)
            observe.sink((observe.ASSIGNED, *told))

    # -- as a Python value -----------------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(self._look())

    def __float__(self) -> float:
        return float(self._look())

    def __int__(self) -> int:
        return int(self._look())

    def __complex__(self) -> complex:
        return complex(self._look())

    def __hash__(self) -> int:
        raise TypeError(f"Variable is unhashable. Instead, use variable.ref() as the key. (Variable: {self!r})")

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError("'ResourceVariable' object does not support item assignment")

    def __delitem__(self, key: Any) -> NoReturn:
        raise TypeError("'ResourceVariable' object doesn't support item deletion")

    def __copy__(self) -> ResourceVariable:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ResourceVariable:
        return ResourceVariable(self._array, trainable=self._trainable, name=self._name.removesuffix(":0"))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._array, self._trainable, self._name.removesuffix(":0"))

    def __repr__(self) -> str:
        value = _value_text(self._look()._array, is_repr=True)
        return f"<tf.Variable '{self._name}' shape={self.shape} dtype={self.dtype.name}, numpy={value}>"


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

    def _replace(self, array: Array, how: str, gradient: Any = None, operand: Any = None) -> None:
        self._base._replace(array, how, gradient, operand)

    def __repr__(self) -> str:
        return super().__repr__().replace(f"'{self._name}'", "'UnreadVariable'", 1)


def _initial_array(value: Any, dtype: DType | None) -> Array:
    if isinstance(value, ResourceVariable):
        return to_tensor(value, dtype)._array
    if isinstance(value, EagerTensor) or hasattr(value, "_densify"):
        try:
            return to_tensor(value, dtype)._array
        except ValueError as error:
            raise ValueError(f"initial_value: {error}") from None
    return to_array(value, dtype)


def _restored(array: Array, trainable: bool, name: str) -> ResourceVariable:
    return ResourceVariable(array, trainable=trainable, name=name)


def _collect(variable: ResourceVariable) -> None:
    base = variable._base
    if base._trainable:
        for thread, found in collectors:
            if thread == threading.get_ident():
                found[id(base)] = base


Variable = ResourceVariable
Variable.__module__ = "tensorflow.python.ops.resource_variable_ops"
