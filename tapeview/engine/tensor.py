"""Tensors: immutable arrays that tapes can follow.

A tensor is told apart by its identity, never by its value. Arithmetic is attached by ``engine.ops.operators`` so that
this module
need not know any op.
"""

from __future__ import annotations

from threading import get_ident
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import callsite, dtypes, observe
from tapeview.engine.dtypes import DType
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import state

Array = np.ndarray[Any, Any]

_NUMPY_METHODS = frozenset({"T", "astype", "ravel", "transpose", "reshape", "clip", "size", "tolist", "data"})
_GRAPH_ONLY = {"name": "Tensor.name", "op": "Tensor.op", "graph": "Tensor.graph", "value_index": "Tensor.value_index"}


class Tensor:
    """The base of all tensors, for ``isinstance(x, tf.Tensor)``."""

    __slots__ = ()
    __array_priority__ = 100


class EagerTensor(Tensor):
    """A value. ``_array`` is an ndarray (0-d for scalars) that nobody writes to.

    ``_origin`` is the op type that made it, the variable it is a version of, or None for a constant. ``_uid`` is for
    a recorder's use.
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_origin", "_uid")

    _array: Array
    _origin: Any
    _uid: int
    _read_outside = False
    """Of a variable's version: it was used while no tape was open."""

    # Attached by engine.ops.operators.
    __add__: Any
    __radd__: Any
    __sub__: Any
    __rsub__: Any
    __mul__: Any
    __rmul__: Any
    __truediv__: Any
    __rtruediv__: Any
    __floordiv__: Any
    __mod__: Any
    __pow__: Any
    __matmul__: Any
    __neg__: Any
    __abs__: Any
    __invert__: Any
    __and__: Any
    __or__: Any
    __lt__: Any
    __le__: Any
    __gt__: Any
    __ge__: Any
    __getitem__: Any
    __iter__: Any

    def __init__(self, array: Array, origin: Any = None) -> None:
        self._array = array
        self._origin = origin
        self._uid = 0

    @property
    def shape(self) -> TensorShape:
        """The sizes of the dimensions."""
        return TensorShape(self._array.shape)

    @property
    def dtype(self) -> DType:
        """The element type."""
        return dtypes.of_array(self._array)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def device(self) -> str:
        """Always the CPU."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    def get_shape(self) -> TensorShape:
        """The same as ``shape``."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Checks that the shape is ``shape``. Raises ValueError if it is another."""
        if not self.shape.is_compatible_with(shape):
            raise ValueError(
                f"Tensor's shape {self.shape} is not compatible with supplied shape {list(TensorShape(shape))}."
            )

    def ref(self) -> Reference:
        """A hashable stand-in that knows this tensor (``deref()``)."""
        return Reference(self)

    def numpy(self) -> Any:
        """A copy of the value: an ndarray, or a NumPy scalar (bytes for a string) for a 0-d tensor."""
        if observe.sink is not None:
            self._left("numpy")
        array = self._array
        return array[()] if array.ndim == 0 else array.copy()

    def _left(self, how: str) -> None:
        if state.tapes:
            listener = observe.sink
            if listener is not None:
                listener((observe.EXIT, self, how, callsite.here(), get_ident()))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if observe.sink is not None:
            self._left("array")
        if dtype is not None and np.dtype(dtype) != self._array.dtype:
            return self._array.astype(dtype)
        if copy:
            return self._array.copy()
        view = self._array.view()
        view.flags.writeable = False
        return view

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("Scalar tensor has no `len()`")
        return len(self._array)

    def __bool__(self) -> bool:
        if observe.sink is not None:
            self._left("bool")
        return bool(self._array.size) and bool(self._array)

    def __float__(self) -> float:
        if observe.sink is not None:
            self._left("float")
        return float(_scalar(self._array))

    def __int__(self) -> int:
        if observe.sink is not None:
            self._left("int")
        return int(_scalar(self._array))

    def __complex__(self) -> complex:
        return complex(_scalar(self._array))

    def __index__(self) -> int:
        if observe.sink is not None:
            self._left("index")
        array = self._array
        if array.ndim == 0 and array.dtype.kind not in "iu":
            raise AttributeError(f"'numpy.{type(array[()]).__name__}' object has no attribute '__index__'")
        return array.__index__()

    def __round__(self, digits: Any = None) -> Any:
        return self.astype  # which says, as in TensorFlow, that tensors have no such method

    def __format__(self, spec: str) -> str:
        if observe.sink is not None:
            self._left("format")
        array = self._array
        value = array[()] if array.ndim == 0 else array
        return format(value, spec)

    def __copy__(self) -> EagerTensor:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> EagerTensor:
        return EagerTensor(self._array, self._origin)

    def __reduce__(self) -> tuple[Any, ...]:
        # By way of a function: the class goes by TensorFlow's module name, where no pickle finds it.
        return _restored, (self._array,)

    def __hash__(self) -> int:
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def __str__(self) -> str:
        text = _value_text(self._array, is_repr=False)
        return f"tf.Tensor({text}, shape={self.shape}, dtype={self.dtype.name})"

    def __repr__(self) -> str:
        text = _value_text(self._array, is_repr=True)
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={text}>"

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(f"{_FULL_NAME} object does not support item assignment")

    def __delitem__(self, key: Any) -> NoReturn:
        raise TypeError(f"{_FULL_NAME} object doesn't support item deletion")

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{_FULL_NAME} object is not callable")

    def eval(self, *_: Any, **__: Any) -> NoReturn:
        """Not there outside deferred graphs."""
        raise NotImplementedError(
            "eval is not supported when eager execution is enabled, is .numpy() what you're looking for?"
        )

    def __getattr__(self, name: str) -> Any:
        if name in _NUMPY_METHODS:
            raise AttributeError(
                f"EagerTensor object has no attribute '{name}'. \n        If you are looking for numpy-related "
                f"methods, please run the "
                "following:\n        tf.experimental.numpy.experimental_enable_numpy_behavior()\n      "
            )
        if name in _GRAPH_ONLY:
            raise AttributeError(f"{_GRAPH_ONLY[name]} is undefined when eager execution is enabled.")
        raise AttributeError(f"{_FULL_NAME} object has no attribute '{name}'")


_FULL_NAME = "'tensorflow.python.framework.ops.EagerTensor'"
# Scripts print `type(t)`; tutorials show TensorFlow's own path.
EagerTensor.__module__ = "tensorflow.python.framework.ops"


class Reference:
    """A hashable reference to a tensor or variable; equal to other references to the same object."""

    __slots__ = ("_object",)

    def __init__(self, obj: Any) -> None:
        self._object = obj

    def deref(self) -> Any:
        """The object."""
        return self._object

    def __hash__(self) -> int:
        return id(self._object)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._object is self._object

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._object!r}>"


def _restored(array: Array) -> EagerTensor:
    return EagerTensor(array)


def _scalar(array: Array) -> Any:
    if array.size != 1:
        raise TypeError("only length-1 arrays can be converted to Python scalars")
    return array.reshape(())[()]


def _value_text(array: Array, *, is_repr: bool) -> str:
    if array.ndim == 0:
        value: Any = array[()]
        # str() of NumPy's scalars reads the same under every NumPy; their repr() does not.
        return repr(value) if isinstance(value, (bytes, str)) else str(value)
    text = repr(array) if is_repr else str(array)
    return "\n" + text if "\n" in text else text
