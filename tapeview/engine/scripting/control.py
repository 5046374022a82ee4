"""Conditions and loops as functions: ``tf.cond``, ``tf.while_loop``, ``tf.map_fn`` and the like. Python runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tapeview.engine import convert, dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.arrange import unstack
from tapeview.engine.ops.elementwise import identity
from tapeview.engine.ops.shape import stack, static_int
from tapeview.engine.scripting import structure
from tapeview.engine.scripting.debugging import assert_
from tapeview.engine.scripting.tensor_array import TensorArray
from tapeview.engine.tensor import EagerTensor


def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """What ``true_fn()`` returns if ``pred`` holds, else what ``false_fn()`` does. Only that one runs.

    Raises:
        TypeError: one of the two is no function.
    """
    for word, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(f"'{word}' must be callable.")
    return true_fn() if bool(to_tensor(pred)) else false_fn()


def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False, name: str = "case"
) -> Any:
    """What the function of the first condition that holds returns, or ``default()``.

    Raises:
        InvalidArgumentError: no condition holds, and there is no default.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs)
    for predicate, function in pairs:
        if predicate:
            return function()
    if default is not None:
        return default()
    none = EagerTensor(np.array(False))
    return assert_(none, ["Input error: None of conditions evaluated as True:", *[p for p, _ in pairs]])


def switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case") -> Any:
    """What function number ``branch_index`` returns; for a number that is none, ``default()`` or the last function.

    Raises:
        ValueError: the numbers of the functions have a gap.
    """
    pairs = branch_fns.items() if isinstance(branch_fns, Mapping) else branch_fns
    given = list(pairs)
    functions = dict(given) if given and isinstance(given[0], tuple) else dict(enumerate(given))
    if set(functions) != set(range(len(functions))):
        raise ValueError(
            f"branch indices (keys) must form contiguous range of [0 to {len(functions)}) but found "
            f"{{{','.join(map(str, sorted(functions)))}}}"
        )
    last = functions[len(functions) - 1]
    return functions.get(static_int(branch_index), default if default is not None else last)()


def while_loop(
    cond: Any, body: Any, loop_vars: Any, shape_invariants: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, maximum_iterations: Any = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Runs ``loop_vars = body(*loop_vars)`` while ``cond(*loop_vars)`` holds; returns the last ones as tensors.

    Raises:
        TypeError: a condition or a body that is no function.
        ValueError: no variables, or a body that returns others.
    """
    for word, function in (("cond", cond), ("body", body)):
        if not callable(function):
            raise TypeError(f"'{word}' must be callable.")
    if not structure.is_nested(loop_vars) or not loop_vars:
        raise ValueError("'loop_vars' must be provided.")
    form = list(loop_vars)
    left = None if maximum_iterations is None else static_int(maximum_iterations)
    while (left is None or left > 0) and cond(*loop_vars):
        loop_vars = body(*loop_vars)
        structure.assert_same_structure(form, list(loop_vars), check_types=False)
        left = None if left is None else left - 1
    return structure.map_structure(lambda v: v if isinstance(v, TensorArray) else to_tensor(v), loop_vars)


# -- over the slices of tensors ------------------------------------------------------------------------------------


def _slices(elems: Any) -> tuple[list[Any], int]:
    """The elements as structures of slices, one per step."""
    leaves = [to_tensor(leaf) for leaf in structure.flatten(elems)]
    count = leaves[0]._array.shape[0]
    columns = [unstack(leaf) for leaf in leaves]
    return [structure.pack_sequence_as(elems, row) for row in zip(*columns, strict=True)], count


def _kinds(signature: Any) -> list[dtypes.DType]:
    return [dtypes.as_dtype(getattr(s, "dtype", s)) for s in structure.flatten(signature)]


def map_fn(
    fn: Callable[[Any], Any], elems: Any, dtype: Any = None, parallel_iterations: Any = None, back_prop: bool = True,
    swap_memory: bool = False, infer_shape: bool = True, name: str | None = None, fn_output_signature: Any = None,
) -> Any:  # fmt: skip
    """``fn`` of each slice of ``elems`` along the first axis, stacked.

    ``fn_output_signature`` (or ``dtype``): the types of what ``fn`` returns, where they differ from those of ``elems``.

    Raises:
        ValueError: scalars.
        InvalidArgumentError: ``fn`` returns another type.
    """
    if not callable(fn):
        raise TypeError(f"The provided function {name} is not callable.fn must be callable.")
    leaves = structure.flatten(elems)
    if any(not to_tensor(leaf)._array.ndim for leaf in leaves):
        raise ValueError("Elements in elems must be 1+ dimensional Tensors, not scalars")
    signature = fn_output_signature if fn_output_signature is not None else dtype
    if signature is None:
        signature = structure.map_structure(lambda leaf: to_tensor(leaf).dtype, elems)
    rows, count = _slices(elems)
    arrays = [TensorArray(kind, count, infer_shape=infer_shape) for kind in _kinds(signature)]
    for k, row in enumerate(rows):
        results = structure.flatten(fn(row))
        if len(results) != len(arrays):
            raise ValueError(f"map_fn: fn returned {len(results)} values, its signature has {len(arrays)}.")
        for array, result in zip(arrays, results, strict=True):
            array.write(k, result)
    return structure.pack_sequence_as(signature, [array.stack() for array in arrays])


def vectorized_map(fn: Callable[[Any], Any], elems: Any, fallback_to_while_loop: bool = True, warn: bool = True) -> Any:
    """``fn`` of each slice of ``elems`` along the first axis, stacked; of any types."""
    rows, _ = _slices(elems)
    results = [fn(row) for row in rows]
    columns = zip(*[structure.flatten(r) for r in results], strict=True)
    return structure.pack_sequence_as(results[0], [stack([to_tensor(v) for v in column]) for column in columns])


def _with_start(elems: Any, initializer: Any, reverse: bool) -> tuple[Any, list[Any], bool]:
    rows, _ = _slices(elems)
    rows = rows[::-1] if reverse else rows
    if initializer is not None:
        return structure.map_structure(to_tensor, initializer), rows, False
    return rows[0], rows[1:], True


def foldl(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """``a = fn(a, slice)`` over the slices of ``elems``; ``a`` begins as ``initializer``, or as the first slice."""
    return _fold(fn, elems, initializer, False)


def foldr(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """As :func:`foldl`, last to first."""
    return _fold(fn, elems, initializer, True)


def _fold(fn: Any, elems: Any, initializer: Any, reverse: bool) -> Any:
    running, rows, _ = _with_start(elems, initializer, reverse)
    for row in rows:
        running = fn(running, row)
    return running


def scan(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10, back_prop: bool = True,
    swap_memory: bool = False, infer_shape: bool = True, reverse: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """As :func:`foldl`, and returns ``a`` after each step, stacked."""
    running, rows, counts = _with_start(elems, initializer, reverse)
    history = [running] if counts else []
    for row in rows:
        running = fn(running, row)
        structure.assert_same_structure(history[0] if history else running, running, check_types=False)
        history.append(running)
    history = history[::-1] if reverse else history
    columns = zip(*[structure.flatten(h) for h in history], strict=True)
    return structure.pack_sequence_as(running, [stack([to_tensor(v) for v in column]) for column in columns])


# -- Python functions as ops ---------------------------------------------------------------------------------------


def py_function(func: Any = None, inp: Any = None, Tout: Any = None, name: str | None = None) -> Any:
    """``func`` of tensors, its results as tensors of the types ``Tout``; gradients pass through it."""
    return _results(func(*[to_tensor(v) for v in inp]), Tout)


def numpy_function(
    func: Any = None, inp: Any = None, Tout: Any = None, stateful: bool = True, name: str | None = None
) -> Any:
    """``func`` of NumPy arrays. No gradient passes.

    Returns:
        What ``func`` returned as a list of tensors, flat; a single one by itself. The types are those of the values:
        in eager code ``Tout`` has no say.
    """
    arrays = [to_tensor(v).numpy() for v in inp]
    results = [None if v is None else to_tensor(v) for v in structure.flatten(func(*arrays))]
    return results[0] if len(results) == 1 else results


def _results(result: Any, kinds: Any) -> Any:
    if isinstance(kinds, (list, tuple)):
        given = result if isinstance(result, (list, tuple)) else [] if result is None else [result]
        return [_as_type(v, k) for v, k in zip(given, kinds, strict=True)]
    return None if result is None else _as_type(result, kinds)


def _as_type(value: Any, kind: Any) -> EagerTensor:
    return to_tensor(value, dtypes.as_dtype(getattr(kind, "dtype", kind)))


# -- nothing to do outside deferred graphs ---------------------------------------------------------------------------


@contextmanager
def control_dependencies(control_inputs: Any) -> Iterator[None]:
    """A block; ops run in the order in which they are written anyway."""
    yield


def group(*inputs: Any, **_: Any) -> None:
    """Nothing: its arguments have been computed."""


def no_op(name: str | None = None) -> None:
    """Nothing."""


def tuple_(tensors: Any, control_inputs: Any = None, name: str | None = None) -> list[Any]:
    """The tensors."""
    return list(tensors)


def identity_n(input: Any, name: str | None = None) -> list[EagerTensor]:
    """A new tensor with the same value for each of the list."""
    return [identity(t) for t in input]


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The value of a tensor as an array."""
    return tensor.numpy() if convert.is_tensor_like(tensor) else tensor


def gradients(ys: Any, xs: Any, *_: Any, **__: Any) -> Any:
    """Only there in deferred graphs. Raises RuntimeError."""
    raise _not_in_eager("tf.gradients")


def hessians(ys: Any, xs: Any, *_: Any, **__: Any) -> Any:
    """Only there in deferred graphs. Raises RuntimeError."""
    raise _not_in_eager("tf.hessians")


def _not_in_eager(word: str) -> RuntimeError:
    return RuntimeError(f"{word} is not supported when eager execution is enabled. Use tf.GradientTape instead.")
