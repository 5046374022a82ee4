"""Finding out a layer's result without data: by its own rule for shapes, or by running it on made-up values.

A layer of the script's own runs twice, with different values for the sizes that are not known: sizes of the result that
differ are not known either.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeview.engine import seeds
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.state import state
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers.context import calls

_SIZES = (((2, 32), (3, 48)), ((2, 2), (3, 3)), ((1, 4), (1, 4)))
"""For each attempt, and in it for both runs: what stands for an unknown batch size, and for other unknown sizes."""
_KEPT = 2**16
"""A made-up value of more elements is made anew when it is needed."""


def is_shape(value: Any) -> bool:
    """True for one shape, False for a structure of them."""
    if isinstance(value, TensorShape):
        return True
    return isinstance(value, (tuple, list)) and all(d is None or isinstance(d, (int, np.integer)) for d in value)


def map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """``function`` of each shape in a structure of shapes."""
    if is_shape(shapes):
        return function(shapes)
    if isinstance(shapes, dict):
        return {k: map_shapes(function, v) for k, v in shapes.items()}
    return type(shapes)([map_shapes(function, s) for s in shapes])


def tensors_of_shape(shapes: Any, dtype: Any) -> Any:
    """Symbolic tensors of these shapes that belong to no graph."""
    from tapeview.keras.layers.symbolic import KerasTensor

    return map_shapes(lambda s: KerasTensor(s, dtype), shapes)


def twin(x: Any) -> Any:
    """Another symbolic tensor of the same shape and type."""
    made = type(x)(x.shape, x.dtype)
    made._probes = x._probes
    return made


def outputs_of(layer: Any, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The symbolic results of a layer's call."""
    from tapeview.keras.layers.symbolic import KerasTensor

    if not (layer._knows_its_shapes and type(layer).call.__module__.startswith("tapeview.")):
        return outputs_by_running(layer, inputs, args, kwargs)
    shapes = structure.map_structure(lambda x: TensorShape(x.shape), inputs)
    kinds = [x.dtype for x in structure.flatten(inputs)]
    kind = layer._result_dtype(kinds)
    found = layer.compute_output_shape(shapes)
    return map_shapes(lambda s: KerasTensor(s, kind), found)


def outputs_by_running(layer: Any, inputs: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The symbolic results of a layer whose rule for shapes is its code."""
    return run(lambda *a, **k: layer(*a, **k), (inputs, *args), kwargs, clear=layer)


def run(function: Callable[..., Any], args: Any, kwargs: Any, clear: Any = None) -> Any:
    """The symbolic results of a function. Raises what it raises with made-up values of any size."""
    first_error: Exception | None = None
    for use_made in (True, False):
        for attempt, sizes in enumerate(_SIZES):
            try:
                return _run_twice(function, args, kwargs, sizes, use_made)
            except Exception as error:
                first_error = first_error or error
                if attempt == 0 and not _has_unknown((args, kwargs)):
                    raise
            finally:
                if clear is not None:
                    clear._clear_losses()
    assert first_error is not None
    raise first_error


def _has_unknown(given: Any) -> bool:
    flat = structure.flatten(list(given))
    return any(x is None for part in flat if hasattr(part, "_probes") for x in part.shape)


def _run_twice(function: Callable[..., Any], args: Any, kwargs: Any, sizes: Any, use_made: bool) -> Any:
    results = []
    for k, size in enumerate(sizes):
        given = [structure.map_structure(lambda x, k=k, size=size: _probe(x, k, size, use_made), p)
                 for p in (list(args), kwargs)]  # fmt: skip
        hidden = _unseen() if k else contextlib.nullcontext()
        calls.probing += 1
        before, state.trying = state.trying, True
        try:
            with seeds.undisturbed(), hidden:
                results.append(function(*given[0], **given[1]))
        finally:
            calls.probing -= 1
            state.trying = before
    flats = [structure.flatten(r) for r in results]
    same = sizes[0] == sizes[1]
    return structure.pack_sequence_as(results[0], [_merged(a, b, same) for a, b in zip(*flats, strict=True)])


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """The second run is to leave no trace: nothing printed, nothing drawn from NumPy's generator."""
    state = np.random.get_state()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        np.random.set_state(state)


def _probe(x: Any, k: int, size: tuple[int, int], use_made: bool) -> Any:
    if not hasattr(x, "_probes"):
        return x
    if use_made and x._probes is not None and size == _SIZES[0][k]:
        return EagerTensor(x._probes[k])
    sizes = [(size[1] if axis else size[0]) if d is None else d for axis, d in enumerate(x.shape)]
    kind = x.dtype.numpy
    return EagerTensor(np.full(sizes, b"", object) if kind.kind == "O" else np.zeros(sizes, kind))


def _merged(a: Any, b: Any, same: bool) -> Any:
    """The symbolic tensor for the results of both runs."""
    from tapeview.keras.layers.symbolic import KerasTensor

    if not hasattr(a, "_array"):
        return a
    x, y = a._array, b._array
    if x.ndim != y.ndim:
        raise ValueError(f"The result has {x.ndim} axes for one batch and {y.ndim} for another.")
    shape = [m if m == n else None for m, n in zip(x.shape, y.shape, strict=True)]
    if same and shape:
        shape[0] = None
    made = KerasTensor(shape, a.dtype)
    if not same and x.size <= _KEPT and y.size <= _KEPT:
        made._probes = (x, y)
    return made
