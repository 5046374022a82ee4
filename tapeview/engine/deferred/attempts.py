"""What is known of a node's outputs where the function refused the first made-up values: it is tried with others.

Sizes may have to be those of other inputs, matrices may have to have an inverse, ints may have to be numbers of rows.
Only what is refused each time, and each time for the same reason, is the script's mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tapeview.engine import dtypes, nest
from tapeview.engine.deferred import probing
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.tensor import EagerTensor

Runner = Callable[[dict[int, Any]], tuple[Any, probing.ProbeSeeds]]
"""Runs the function on values for the symbolic tensors, by their ids."""
Found = tuple[list[Any], probing.ProbeSeeds]

_FILLED = 2**16
"""Made-up values of more elements are zeros."""


class Guessed:
    """A result of which only the type is guessed."""

    def __init__(self, kind: dtypes.DType) -> None:
        self.kind = kind


def others(run: Runner, symbols: Sequence[SymbolicTensor], first_error: Exception) -> Found | None:
    """Results for other values; None if the error is the script's."""
    reasons = {_reason(first_error)}
    for values, size in _attempts(symbols):
        try:
            result, seeds = run(values)
        except Exception as error:
            reasons.add(_reason(error))
            continue
        pairs = [_vague(leaf, size) for leaf in nest.flatten(result)]
        return [nest.pack_like(result, [p[k] for p in pairs]) for k in (0, 1)], seeds
    if len(reasons) == 1 and "is not in [" not in str(first_error):  # a number of a row: seen when the graph runs
        return None
    return [guess(symbols)], probing.ProbeSeeds()


def guess(symbols: Sequence[SymbolicTensor]) -> Guessed:
    """A result of the type of the first float among the inputs."""
    kinds = [t.dtype.base_dtype for t in symbols if t.dtype.is_floating] or [symbols[0].dtype.base_dtype]
    return Guessed(kinds[0])


def _reason(error: Exception) -> str:
    return type(error).__name__ + re.sub(r"[-\d.,\[\]() ]+", "#", str(error))


def _attempts(symbols: Sequence[SymbolicTensor]) -> Iterator[tuple[dict[int, Any], int]]:
    """Values to try, each with the size that stands for those that are not known (-1: there are none)."""
    varied = any(None in (t.sizes or ()) for t in symbols)
    known = sorted({d for t in symbols for d in (t.sizes or ()) if d is not None})
    sizes = list(dict.fromkeys([1, *known, *probing.SIZES, 32, 4])) if varied else [-1]
    if varied:
        for size in sizes:
            yield {id(t): _zeros(t, size) for t in symbols}, size
    for size in sizes:
        for fill in (numbers, _small):
            yield {id(t): fill(t, size) for t in symbols}, size
    if any(t.op.constant is not None and t.dtype.numpy.kind in "fcO" for t in symbols):
        # A shape does not depend on floats or texts: what is wrong with those is seen when the graph runs.
        for size in sizes:
            yield {id(t): _other(t, size) for t in symbols}, size


def _shape(t: SymbolicTensor, size: int) -> tuple[int, ...]:
    return tuple([size if d is None else d for d in t.sizes or ()])


def _zeros(t: SymbolicTensor, size: int) -> EagerTensor:
    if t.op.constant is not None or (t.probes is not None and None not in (t.sizes or ())):
        return t.probes[0]  # type: ignore[index]
    return probing.hollow(_shape(t, size), t.dtype)


def numbers(t: SymbolicTensor, size: int = probing.SIZES[0]) -> EagerTensor:
    """Different numbers below 1, with 3 added on the diagonal; ints are 1."""
    shape = _shape(t, size)
    kind = t.dtype.numpy
    if t.op.constant is not None or kind.kind not in "fciu" or np.prod(shape) > _FILLED:
        return _zeros(t, size)
    if kind.kind in "iu":
        return EagerTensor(np.ones(shape, kind))
    drawn = np.random.default_rng(1).uniform(0.1, 0.9, shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        drawn = drawn + 3 * np.eye(shape[-1])
    return EagerTensor(np.asarray(drawn, kind))


def _small(t: SymbolicTensor, size: int) -> EagerTensor:
    """As :func:`numbers`, and ints count from 0."""
    shape = _shape(t, size)
    kind = t.dtype.numpy
    if kind.kind in "iu" and t.op.constant is None and np.prod(shape) <= _FILLED:
        return EagerTensor(np.arange(np.prod(shape), dtype=kind).reshape(shape))
    return numbers(t, size)


def _other(t: SymbolicTensor, size: int) -> EagerTensor:
    """As :func:`numbers`, with floats and texts that are constants replaced, too."""
    shape, kind = _shape(t, size), t.dtype.numpy
    if t.op.constant is None or kind.kind not in "fcO":
        return numbers(t, size)
    return EagerTensor(np.full(shape, b"1", object) if kind.kind == "O" else np.full(shape, 0.5, kind))


def _vague(leaf: Any, size: int) -> tuple[Any, Any]:
    """Two made-up values in place of a result: nothing is known of its sizes that are ``size``."""
    if not isinstance(leaf, EagerTensor):
        return leaf, leaf
    shape = tuple([None if d == size else d for d in leaf._array.shape])
    made = probing.made_up(shape, dtypes.of_array(leaf._array))
    if made is None:
        return leaf, leaf
    first, second = made
    first._origin = second._origin = leaf._origin
    return first, second


def reshaped(function: Callable[..., Any], args: Any, kwargs: Any, symbols: Sequence[SymbolicTensor]) -> Found | None:
    """What a reshape of unknown sizes makes, which says itself how large its result is."""
    if function.__name__ != "reshape" or len(symbols) != 1:
        return None
    target = args[1] if len(args) > 1 else kwargs.get("shape")
    if isinstance(target, SymbolicTensor) or not hasattr(target, "__iter__"):
        return None
    sizes = tuple([None if int(d) < 0 else int(d) for d in target])
    kind = symbols[0].dtype.base_dtype
    return list(probing.made_up(sizes, kind) or ())[: 2 if None in sizes else 1], probing.ProbeSeeds()
