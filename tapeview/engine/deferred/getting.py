"""``tf.get_variable``: variables that are shared by their names."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from tapeview.engine import callsite, dtypes
from tapeview.engine.deferred.collections import GraphKeys, add_to_collection
from tapeview.engine.deferred.graph import Graph
from tapeview.engine.deferred.lifting import add_node
from tapeview.engine.deferred.mode import mode
from tapeview.engine.deferred.scope_values import VariableScope, get_variable_scope
from tapeview.engine.deferred.static_shapes import GraphShape, Sizes, shape_text, sizes
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.deferred.variables import Variable, variable_class
from tapeview.engine.tensor import EagerTensor

_COMPUTING = ("tapeview.engine.scripting.initializers", "tapeview.keras.")
"""Initializers of these modules compute; others add nodes themselves."""


def get_variable(
    name: str, shape: Any = None, dtype: Any = None, initializer: Any = None, regularizer: Any = None,
    trainable: Any = None, collections: Any = None, caching_device: Any = None, partitioner: Any = None,
    validate_shape: bool = True, use_resource: bool | None = None, custom_getter: Any = None, constraint: Any = None,
    synchronization: Any = None, aggregation: Any = None,
) -> Any:  # fmt: skip
    """The variable of this name in the open variable scope: a new one, or where the scope shares variables an old one.

    Raises:
        ValueError: it exists (or does not), or has another shape or type than given; no shape and no initializer.
    """
    return get_variable_scope().get_variable(
        name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer, trainable=trainable,
        collections=collections, partitioner=partitioner, validate_shape=validate_shape, use_resource=use_resource,
        custom_getter=custom_getter, constraint=constraint,
    )  # fmt: skip


def get_local_variable(name: str, *args: Any, **kwargs: Any) -> Any:
    """As :func:`get_variable`, for a variable that is not trained and not saved."""
    kwargs["trainable"] = False
    kwargs["collections"] = [*(kwargs.get("collections") or []), GraphKeys.LOCAL_VARIABLES]
    return get_variable(name, *args, **kwargs)


def get(graph: Graph, scope: VariableScope, name: str, **given: Any) -> Any:
    getter = given.pop("custom_getter", None) or scope.custom_getter
    if getter is None:
        return _get_or_make(graph, scope, name, **given)

    def inner(name: str, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("reuse", None)
        kwargs.pop("synchronization", None)
        kwargs.pop("aggregation", None)
        kwargs.pop("caching_device", None)
        return _get_or_make(graph, scope, name, **kwargs)

    reuse = scope.reuse
    return getter(
        getter=inner, name=name, reuse=reuse, caching_device=None, synchronization=None, aggregation=None, **given
    )


def _get_or_make(
    graph: Graph, scope: VariableScope, name: str, shape: Any = None, dtype: Any = None, initializer: Any = None,
    regularizer: Any = None, trainable: Any = None, collections: Any = None, partitioner: Any = None,
    validate_shape: bool = True, use_resource: bool | None = None, constraint: Any = None, **_: Any,
) -> Any:  # fmt: skip
    if partitioner is not None or scope.partitioner is not None:
        raise ValueError("tapeview does not split variables: leave out `partitioner`.")
    regularizer = regularizer if regularizer is not None else scope.regularizer
    initializer = initializer if initializer is not None else scope.initializer
    kind = dtypes.as_dtype(dtype if dtype is not None else scope.dtype).base_dtype
    found = graph.variable_store.get(name)
    wanted = None if shape is None else sizes(shape)
    if found is not None:
        return _shared(scope, name, found, shape, wanted, dtype, kind)
    if scope.reuse is True:
        raise ValueError(
            f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set "
            "reuse=tf.AUTO_REUSE in VarScope?"
        )
    value = _initial_value(name, initializer, shape, wanted, kind)
    use = use_resource if use_resource is not None else scope.use_resource
    with graph.control_dependencies(None), graph.name_scope(None):
        made = variable_class(use)(
            value, trainable=trainable, collections=collections, validate_shape=validate_shape, name=name, dtype=kind,
            constraint=constraint if constraint is not None else scope.constraint,
            use_resource=mode.v2_behaviour if use is None else use,
        )  # fmt: skip
    graph.variable_store[name] = made
    made._site = callsite.here()
    if regularizer:
        with graph.name_scope(f"{name}/Regularizer/"):
            loss = regularizer(made)
        if loss is not None:
            add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
    return made


def _shared(
    scope: VariableScope, name: str, found: Any, shape: Any, wanted: Sizes, dtype: Any, kind: dtypes.DType
) -> Any:
    if not scope.reuse:
        raise ValueError(
            f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in "
            f"VarScope? Originally defined at:\n\n{_defined_at(found)}"
        )
    if shape is not None and not GraphShape(wanted).is_compatible_with(found.shape):
        raise ValueError(
            f"Trying to share variable {name}, but specified shape {shape_text(wanted)} and found shape "
            f"{shape_text(found.sizes)}."
        )
    if dtype is not None and found.dtype.base_dtype is not kind:
        raise ValueError(
            f"Trying to share variable {name}, but specified dtype {kind.name} and found dtype {found.dtype.name}."
        )
    return found


def _defined_at(variable: Any) -> str:
    frames = callsite.frames_of(variable._site)
    lines = []
    for k in range(0, len(frames), 2):
        code, instruction = callsite.code_of(frames[k]), frames[k + 1]
        line = next((n for s, e, n in code.co_lines() if n and s <= instruction < e), code.co_firstlineno)
        lines.append(f'  File "{code.co_filename}", line {line}, in {code.co_name}')
    return "\n".join(reversed(lines)) + "\n"


_NOT_VALID = (
    "The initializer passed is not valid. It should be a callable with no arguments and the shape should not be "
    "provided or an instance of `tf.keras.initializers.*' and `shape` should be fully defined."
)


def _initial_value(name: str, initializer: Any, shape: Any, wanted: Sizes, kind: dtypes.DType) -> Any:
    if initializer is None:
        if wanted is None:
            raise ValueError(f"Variable {name} did not get an initializer, so its `shape` argument must be specified.")
        if not GraphShape(wanted).is_fully_defined():
            raise ValueError(_NOT_VALID)
        return lambda: _default(wanted, kind)
    if not callable(initializer) or isinstance(initializer, (SymbolicTensor, EagerTensor, Variable)):
        if shape is not None:
            raise ValueError("If initializer is a constant, do not specify shape.")
        return initializer
    if wanted is not None and not GraphShape(wanted).is_fully_defined():
        raise ValueError(
            f"Shape of a new variable ({name}) must be fully defined, but instead was {shape_text(wanted)}."
        )
    made: Any = initializer() if inspect.isclass(initializer) else initializer
    return lambda: _called(made, wanted, kind)


def _called(initializer: Callable[..., Any], wanted: Sizes, kind: dtypes.DType) -> Any:
    if wanted is None:
        return initializer()
    shape = [int(d) for d in wanted if d is not None]
    if type(initializer).__module__.startswith(_COMPUTING):
        return add_node(
            _run_initializer, (initializer, shape, kind), None, "Initializer", default_name=_word(initializer)
        )
    try:
        names = inspect.signature(initializer).parameters
    except (TypeError, ValueError):
        names = {}  # type: ignore[assignment]
    known = "dtype" in names or any(p.kind is p.VAR_KEYWORD for p in names.values())
    return initializer(shape, dtype=kind) if known else initializer(shape)


def _run_initializer(initializer: Any, shape: list[int], kind: dtypes.DType) -> Any:
    return initializer(shape, dtype=kind)


_WORDS = {"Zeros": "zeros", "Ones": "ones", "Constant": "Const", "RandomNormal": "random_normal",
          "RandomUniform": "random_uniform", "TruncatedNormal": "truncated_normal"}  # fmt: skip


def _word(initializer: Any) -> str:
    return _WORDS.get(type(initializer).__name__, type(initializer).__name__)


def _default(wanted: Sizes, kind: dtypes.DType) -> Any:
    """Glorot's uniform distribution for floats, zeros for others."""
    from tapeview.engine.deferred.public import tf

    shape = [int(d) for d in wanted or () if d is not None]
    if not kind.is_floating:
        return tf.zeros(shape, kind)
    fan_in, fan_out = fans(shape)
    limit = math.sqrt(3.0 / max(1.0, (fan_in + fan_out) / 2.0))
    return tf.random.uniform(shape, -limit, limit, kind)


def fans(shape: list[int]) -> tuple[float, float]:
    """How many inputs and outputs a weight of this shape connects."""
    if not shape:
        return 1.0, 1.0
    if len(shape) == 1:
        return float(shape[0]), float(shape[0])
    field = math.prod(shape[:-2])
    return float(shape[-2] * field), float(shape[-1] * field)
