"""``tf.while_loop``, ``tf.map_fn``, ``tf.scan`` and ``tf.foldl`` in graphs: their bodies run once for each turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeview.engine.deferred.bodies import Body, add_body_node, merged_sizes
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.deferred.graph import get_default_graph
from tapeview.engine.deferred.static_shapes import Sizes, sizes
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.ops.arrange import unstack
from tapeview.engine.ops.shape import stack
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor


def while_loop(
    cond: Any, body: Any, loop_vars: Any, shape_invariants: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, name: str | None = None, maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:  # fmt: skip
    """The values of ``loop_vars`` after ``loop_vars = body(*loop_vars)`` has run as long as ``cond(*loop_vars)`` held.

    Raises:
        TypeError: a condition or a body that is no function.
        ValueError: no variables, or a body that returns others.
    """
    for word, function in (("cond", cond), ("body", body)):
        if not callable(function):
            raise TypeError(f"'{word}' must be callable.")
    if not loop_vars:
        raise ValueError("'loop_vars' must be provided.")
    graph = get_default_graph()
    with graph.name_scope(name or "while") as scope:
        start = [as_tensor(v) for v in structure.flatten(loop_vars)]
        form = list(loop_vars) if isinstance(loop_vars, (list, tuple)) else [loop_vars]
        invariant = start if shape_invariants is None else structure.flatten(shape_invariants)
        arguments = [
            (v.dtype.base_dtype, v.sizes if shape_invariants is None else sizes(getattr(s, "shape", s)))
            for v, s in zip(start, invariant, strict=True)
        ]
        test = Body(graph).trace(cond, arguments, form)
        turn = Body(graph).trace(body, arguments, form)
        if len(turn.results) != len(start):
            raise ValueError(
                f"The number of inputs and outputs of body must match loop_vars: Got {len(start)} and "
                f"{len(turn.results)} respectively"
            )
        _check_types(start, turn)
        limit = [] if maximum_iterations is None else [as_tensor(maximum_iterations)]
        outcomes = [
            (kind, merged_sizes(shape, r.sizes)) for (kind, shape), r in zip(arguments, turn.results, strict=True)
        ]
        function = _limited if limit else _repeat
        made = add_body_node(graph, "While", scope, [test, turn], [*limit, *start], function, outcomes, "Exit")
    packed = structure.pack_sequence_as(loop_vars, made)
    if not return_same_structure and isinstance(packed, (list, tuple)) and len(packed) == 1:
        return packed[0]
    return packed


def _check_types(start: list[SymbolicTensor], turn: Body) -> None:
    for before, inner, after in zip(start, turn.inputs, turn.results, strict=True):
        if before.dtype.base_dtype is not after.dtype.base_dtype:
            raise TypeError(
                f"Input tensor '{inner.name}' enters the loop with type {before.dtype.base_dtype!r}, but has type "
                f"{after.dtype.base_dtype!r} after 1 iteration. To fix, cast the inputs."
            )
        if before.sizes is not None and after.sizes is not None and len(before.sizes) != len(after.sizes):
            raise ValueError(
                f"Input tensor '{before.name}' enters the loop with shape {before.shape}, but has shape {after.shape} "
                "after one iteration. To allow the shape to vary across iterations, use the `shape_invariants` "
                "argument of tf.while_loop to specify a less-specific shape."
            )


def _repeat(callers: Any, *values: Any, limit: int = -1) -> list[Any]:
    test, turn = callers
    now = list(values)
    while limit and bool(test(*now)[0]._array):
        now = turn(*now)
        limit -= 1
    return now


def _limited(callers: Any, limit: EagerTensor, *values: Any) -> list[Any]:
    return _repeat(callers, *values, limit=int(limit._array))


# -- over the slices of tensors --------------------------------------------------------------------------------------


def _slices(elems: Any) -> tuple[list[SymbolicTensor], list[tuple[Any, Sizes]], int | None]:
    flat = [as_tensor(e, None, "elems") for e in structure.flatten(elems)]
    kinds = [(t.dtype.base_dtype, None if t.sizes is None else t.sizes[1:]) for t in flat]
    count = flat[0].sizes[0] if flat[0].sizes else None
    return flat, kinds, count


def _rows(values: Any) -> list[tuple[EagerTensor, ...]]:
    return list(zip(*[unstack(v) for v in values], strict=True))


def map_fn(
    fn: Callable[[Any], Any], elems: Any, dtype: Any = None, parallel_iterations: Any = None, back_prop: bool = True,
    swap_memory: bool = False, infer_shape: bool = True, name: str | None = None, fn_output_signature: Any = None,
) -> Any:  # fmt: skip
    """``fn`` of each slice of ``elems`` along the first axis, stacked."""
    if not callable(fn):
        raise TypeError(f"The provided function {name} is not callable.fn must be callable.")
    graph = get_default_graph()
    with graph.name_scope(name or "map") as scope:
        flat, kinds, count = _slices(elems)
        body = Body(graph).trace(fn, kinds, [elems])
        outcomes = [(r.dtype.base_dtype, None if r.sizes is None else (count, *r.sizes)) for r in body.results]
        made = add_body_node(
            graph, "While", scope, [body], flat, _map, outcomes, "TensorArrayStack/TensorArrayGatherV3"
        )
    return structure.pack_sequence_as(body.form, made)


def _map(callers: Any, *values: Any) -> list[Any]:
    results = [callers[0](*row) for row in _rows(values)]
    return [stack(list(column)) for column in zip(*results, strict=True)]


def _fold(
    fn: Any, elems: Any, initializer: Any, name: str, function: Any, with_history: bool, last: str
) -> Any:  # fmt: skip
    graph = get_default_graph()
    with graph.name_scope(name) as scope:
        flat, kinds, count = _slices(elems)
        if initializer is None:
            form, start = elems, []
            states = kinds
        else:
            form = initializer
            start = [as_tensor(v, None, "initializer") for v in structure.flatten(initializer)]
            states = [(t.dtype.base_dtype, t.sizes) for t in start]
        body = Body(graph).trace(fn, [*states, *kinds], [form, elems])
        shapes = [merged_sizes(s, r.sizes) for (_, s), r in zip(states, body.results, strict=True)]
        outcomes = [
            (kind, shape if not with_history else None if shape is None else (count, *shape))
            for (kind, _), shape in zip(states, shapes, strict=True)
        ]
        taken = _running(function, len(start), with_history)
        made = add_body_node(graph, "While", scope, [body], [*start, *flat], taken, outcomes, last)
    return structure.pack_sequence_as(form, made)


def _running(reverse: bool, starts: int, with_history: bool) -> Callable[..., list[Any]]:
    def run(callers: Any, *values: Any) -> list[Any]:
        rows = _rows(values[starts:])
        rows = rows[::-1] if reverse else rows
        now: Any = values[:starts]
        history = []
        if not starts:
            now, rows = rows[0], rows[1:]
            history.append(now)
        for row in rows:
            now = callers[0](*now, *row)
            history.append(now)
        if not with_history:
            return list(now)
        history = history[::-1] if reverse else history
        return [stack(list(column)) for column in zip(*history, strict=True)]

    return run


def foldl(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """``a = fn(a, slice)`` over the slices of ``elems``; ``a`` begins as ``initializer``, or as the first slice."""
    return _fold(fn, elems, initializer, name or "foldl", False, False, "while/Exit")


def foldr(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """As :func:`foldl`, last to first."""
    return _fold(fn, elems, initializer, name or "foldr", True, False, "while/Exit")


def scan(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, infer_shape: bool = True, reverse: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """As :func:`foldl`, and gives ``a`` after each step, stacked."""
    return _fold(fn, elems, initializer, name or "scan", reverse, True, "TensorArrayStack/TensorArrayGatherV3")
