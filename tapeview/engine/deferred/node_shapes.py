"""Types and shapes of a node's outputs, found out when it is added."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tapeview.engine import dtypes, nest
from tapeview.engine.deferred import attempts, graph_errors, large, probing
from tapeview.engine.deferred.mode import local
from tapeview.engine.deferred.static_shapes import Sizes
from tapeview.engine.deferred.structures import replaced
from tapeview.engine.deferred.symbolic import Probes, SymbolicTensor
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op
from tapeview.engine.tensor import EagerTensor

Function = Callable[..., Any]


@dataclass(frozen=True)
class Outcome:
    """One output: its type, shape and made-up values; or ``same``, the input that is handed on."""

    dtype: dtypes.DType
    sizes: Sizes
    probes: Probes
    same: SymbolicTensor | None = None
    indexed: bool = False


class Found(NamedTuple):
    """What a function makes: a structure of :class:`Outcome`; the last op's type; variables it read by itself;
    the random numbers it drew; the value itself, if nothing was made up."""

    results: Any
    op_type: str
    captured: list[SymbolicTensor]
    seeds: probing.ProbeSeeds
    value: EagerTensor | None


def outputs_of(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], symbols: list[SymbolicTensor], name: str | None
) -> Found:
    """Runs ``function`` on made-up values.

    Raises:
        ValueError, TypeError: what it raises for values that are right, and for types that are wrong.
    """
    outer, local.captured = local.captured, []
    try:
        unknown = any(t.probes is None for t in symbols)
        tried = _runs_of_any_rank if unknown else _two_runs
        runs, seeds = tried(function, args, kwargs, symbols, name)
        captured = local.captured
    finally:
        local.captured = outer
    first, last = runs[0], runs[-1]
    symbol_of = {id(p): t for t in symbols if t.probes is not None for p in t.probes}
    flats = [nest.flatten(r) for r in runs]
    merged = []
    for leaves in zip(*flats, strict=True):
        merged.append(_outcome(leaves, symbol_of, unknown))
    op_type = ""
    for leaf in nest.flatten(last):
        if isinstance(leaf, EagerTensor) and isinstance(leaf._origin, Op):
            op_type = leaf._origin.name
    value = first if isinstance(first, EagerTensor) and not symbols and not seeds.drawn else None
    return Found(nest.pack_like(first, merged), op_type, captured, seeds, value)


def _outcome(leaves: tuple[Any, ...], symbol_of: dict[int, SymbolicTensor], unknown: bool) -> Any:
    a, b = leaves[0], leaves[-1]
    if isinstance(a, IndexedSlices):
        dense, other = a._densify(), b._densify()
        shape = probing.merged_shape(dense, other)
        return Outcome(dtypes.of_array(dense._array), shape, (probing.kept(dense), probing.kept(other)), indexed=True)
    if isinstance(a, attempts.Guessed):
        return Outcome(a.kind, None, None)
    if not isinstance(a, EagerTensor):
        return a
    kind = dtypes.of_array(a._array)
    same = symbol_of.get(id(a))
    if same is not None:
        return Outcome(kind, same.sizes, same.probes, same)
    shapes = [probing.merged_shape(x, y) for x, y in itertools.pairwise(leaves)] or [a._array.shape]
    sizes: Sizes = shapes[0]
    for shape in shapes[1:]:
        if sizes is None or shape is None or len(shape) != len(sizes):
            sizes = None
            break
        sizes = tuple([m if m == n else None for m, n in zip(sizes, shape, strict=True)])
    if sizes is None:
        return Outcome(kind, None, None)
    if unknown:
        return Outcome(kind, sizes, probing.made_up(sizes, kind))
    first = probing.kept(a)
    return Outcome(kind, sizes, (first, first if a is b else probing.kept(b)))


def _run(function: Function, args: Any, kwargs: Any, values: dict[int, Any]) -> tuple[Any, probing.ProbeSeeds]:
    def fill(leaf: Any) -> Any:
        return values[id(leaf)] if isinstance(leaf, SymbolicTensor) else leaf

    given, named = replaced(args, fill), replaced(kwargs, fill)
    small = large.smaller(function, given, named)
    if small is None:
        return probing.run(lambda: function(*given, **named))
    result, seeds = probing.run(lambda: function(**small.kwargs))
    return small.whole(result), seeds


def _two_runs(
    function: Function, args: Any, kwargs: Any, symbols: list[SymbolicTensor], name: str | None
) -> tuple[list[Any], probing.ProbeSeeds]:
    varied = any(t.probes[0] is not t.probes[1] for t in symbols)  # type: ignore[index]
    runs = []
    seeds = probing.ProbeSeeds()
    for k in range(2 if varied else 1):
        values = {id(t): t.probes[k] for t in symbols}  # type: ignore[index]
        try:
            result, drawn = _run(function, args, kwargs, values)
        except Exception as error:
            if symbols and not graph_errors.is_of_types(error):
                found = attempts.reshaped(function, args, kwargs, symbols) if varied else None
                found = found or attempts.others(lambda v: _run(function, args, kwargs, v), symbols, error)
                if found is not None:
                    return found
            raise graph_errors.worded(error, function, args, kwargs, symbols, name) from None
        if not k:
            seeds = drawn
        runs.append(result)
    if len(runs) == 2 and len(nest.flatten(runs[0])) != len(nest.flatten(runs[1])):
        if function.__name__ == "unstack":
            raise ValueError(f"Cannot infer argument `num` from shape {symbols[0].shape}")
        raise ValueError("The number of outputs depends on a size that is not known before the graph runs.")
    return runs, seeds


def _runs_of_any_rank(
    function: Function, args: Any, kwargs: Any, symbols: list[SymbolicTensor], name: str | None
) -> tuple[list[Any], probing.ProbeSeeds]:
    """Runs with values of all ranks that will do, in two sizes."""
    runs: list[Any] = []
    seeds = probing.ProbeSeeds()
    for rank in range(probing.MAX_RANK):
        for size, known in ((2, 0), (3, 1)):
            values = {}
            for t in symbols:
                values[id(t)] = t.probes[known] if t.probes else probing.hollow((size,) * rank, t.dtype)
            try:
                result, seeds = _run(function, args, kwargs, values)
            except Exception as error:
                if graph_errors.is_of_types(error):
                    raise graph_errors.worded(error, function, args, kwargs, symbols, name) from None
                break
            if not runs or len(nest.flatten(result)) == len(nest.flatten(runs[0])):
                runs.append(result)
    if not runs:
        return [attempts.guess(symbols)], seeds
    return runs, seeds
