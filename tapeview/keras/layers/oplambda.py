"""Functions of tensors in the graphs of functional models: each becomes a layer that calls the function."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tapeview.engine import dispatch
from tapeview.engine.ops import arithmetic, bitwise, comparison, elementwise, index_operator, linalg, operators
from tapeview.engine.scripting import structure
from tapeview.keras import naming
from tapeview.keras.layers import probing, symbolic
from tapeview.keras.layers.base import Layer


class TFOpLambda(Layer):
    """A layer that calls a function, named after it."""

    _knows_its_shapes = False

    def __init__(self, function: Any, title: str = "", name: str | None = None, **kwargs: Any) -> None:
        self._function = function
        self._title = title or getattr(function, "_tf_name", "") or f"tf.{getattr(function, '__name__', 'function')}"
        if name is None:
            name = naming.unique(self._title)
        kwargs["autocast"] = False
        super().__init__(name=name, **kwargs)
        self.built = True

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result."""
        return self._function(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result for tensors; a place in the graph for symbolic tensors."""
        if not symbolic.among(list(args), kwargs):
            return self._function(*args, **kwargs)
        with symbolic.fresh_scope():
            outputs = probing.run(self._function, args, kwargs)
        if not any(symbolic.is_symbolic(x) for x in structure.flatten(outputs)):
            return outputs
        return symbolic.Node(self, args, kwargs, outputs).outputs

    def get_config(self) -> dict[str, Any]:
        """The name of the function."""
        return {**super().get_config(), "function": self._title}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The layer of that function. Raises ValueError for a function that is not known."""
        given = dict(config)
        title = "tf." + str(given.pop("function")).removeprefix("tf.")
        function = _functions.get(title) or dispatch.find(title)
        if function is None:
            raise ValueError(f"Unknown function: {title}. Functions of models that are loaded have to be TensorFlow's.")
        return cls(function, title, **given)


class SlicingOpLambda(TFOpLambda):
    """``x[...]`` as a layer."""


_functions: dict[str, Any] = {}
_wrapped: dict[Any, Any] = {}


def wrap(title: str, function: Any) -> Any:
    """The function, which then takes symbolic tensors, too."""
    found = _wrapped.get(function)
    if found is None:
        _functions[title] = function

        @functools.wraps(function)
        def found(*args: Any, **kwargs: Any) -> Any:
            if symbolic.among(list(args), kwargs):
                return TFOpLambda(function, title)(*args, **kwargs)
            return function(*args, **kwargs)

        _wrapped[function] = found
    return found


def item(x: Any, key: Any) -> Any:
    """``x[key]`` of a symbolic tensor; the key may hold some, too."""
    return SlicingOpLambda(_item, "tf.__operators__.getitem")(x, key)


def _item(x: Any, slice_spec: Any) -> Any:
    return index_operator.get_item(x, tuple(slice_spec) if isinstance(slice_spec, list) else slice_spec)


_functions["tf.__operators__.getitem"] = _item


def _add(x: Any, y: Any, name: str | None = None) -> Any:
    return elementwise.add(x, y)


_OPERATORS: dict[str, tuple[str, Callable[..., Any]]] = {
    "add": ("tf.__operators__.add", _add),
    "sub": ("tf.math.subtract", elementwise.subtract),
    "mul": ("tf.math.multiply", elementwise.multiply),
    "truediv": ("tf.math.truediv", arithmetic.truediv),
    "floordiv": ("tf.math.floordiv", elementwise.floordiv),
    "mod": ("tf.math.floormod", elementwise.floormod),
    "pow": ("tf.math.pow", elementwise.power),
    "matmul": ("tf.linalg.matmul", linalg.matmul),
    "and": ("tf.__operators__.logical_and", bitwise.and_operator),
    "or": ("tf.__operators__.logical_or", bitwise.or_operator),
    "xor": ("tf.__operators__.logical_xor", bitwise.xor_operator),
    "lt": ("tf.math.less", comparison.less),
    "le": ("tf.math.less_equal", comparison.less_equal),
    "gt": ("tf.math.greater", comparison.greater),
    "ge": ("tf.math.greater_equal", comparison.greater_equal),
    "eq": ("tf.__operators__.eq", comparison.equal),
    "ne": ("tf.__operators__.ne", comparison.not_equal),
}
_SIGNS: dict[str, tuple[str, Callable[..., Any]]] = {
    "neg": ("tf.math.negative", elementwise.negative),
    "abs": ("tf.math.abs", elementwise.abs),
    "invert": ("tf.math.logical_not", comparison.logical_not),
}
_COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")


def _binary(title: str, function: Callable[..., Any], swapped: bool) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if other is None:
            return NotImplemented
        pair = (other, self) if swapped else (self, other)
        return TFOpLambda(function, title)(*pair)

    return operate


def _unary(title: str, function: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda self: TFOpLambda(function, title)(self)


def _give_operators() -> None:
    for word, (title, function) in _OPERATORS.items():
        _functions[title] = function
        setattr(symbolic.KerasTensor, f"__{word}__", _binary(title, function, swapped=False))
        if word not in _COMPARED:
            setattr(symbolic.KerasTensor, f"__r{word}__", _binary(title, function, swapped=True))
    for word, (title, function) in _SIGNS.items():
        _functions[title] = function
        setattr(symbolic.KerasTensor, f"__{word}__", _unary(title, function))


def enable() -> None:
    """The first symbolic tensor is there: functions and operators have to take them."""
    _give_operators()
    operators.defer_to(symbolic.KerasTensor)
    dispatch.enable(wrap)
