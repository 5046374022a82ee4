"""The backward pass: one reversed loop over a tape's entries.

Gradient rules run ordinary ops, so the pass itself is recorded by whatever other tapes are open, and can be
differentiated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import get_ident
from typing import Any

import numpy as np

from tapeview.engine import callsite, nest, observe, reasons
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import InternalError
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op, Rule
from tapeview.engine.ops.elementwise import add
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import broadcast_to, concat, reshape
from tapeview.engine.state import state
from tapeview.engine.tape import GradientTape, UnconnectedGradients
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.engine.variable import ResourceVariable

Gradient = Any
"""An EagerTensor, an IndexedSlices, or None."""


class AsGiven(EagerTensor):
    """What a rule of the script's own returned and is no tensor: it is handed back as it is."""

    __slots__ = ("given",)

    def __init__(self, given: Any, array: Array) -> None:
        super().__init__(array)
        self.given = given


def gradient(tape: GradientTape, target: Any, sources: Any, output_gradients: Any, unconnected: Any) -> Any:
    """See :meth:`GradientTape.gradient`."""
    if target is None:
        raise TypeError(
            "Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors to be "
            "differentiated, but received None."
        )
    targets = check_leaves(nest.flatten(target))
    flat = nest.flatten_with_keys(sources)
    check_leaves([s for s, _ in flat])
    zero = check_unconnected(unconnected)
    seeds = _seeds(tape, targets, output_gradients)
    with GradientCall(tape, "gradient", targets, flat, seeds) as call:
        results = call.run(targets, [s for s, _ in flat], seeds)
        filled = (
            [zeros_for(s) if g is None else g for g, (s, _) in zip(results, flat, strict=True)] if zero else results
        )
        call.finish(results, filled)
    results = [r.given if r.__class__ is AsGiven else r for r in filled]
    return nest.pack_like(sources, results)


def check_leaves(leaves: list[Any]) -> list[Any]:
    """The leaves, with what stands for a tensor replaced by it. Raises as TensorFlow does for what is no tensor."""
    for k, leaf in enumerate(leaves):
        if isinstance(leaf, (EagerTensor, ResourceVariable)):
            continue
        if isinstance(leaf, IndexedSlices):
            leaves[k] = leaf._densify()
        else:
            raise _no_tensor(leaf)
    return leaves


_TYPE_NUMBERS = {"_id": (1, 2, 8, 14, 18, 19, 20, 21), "dtype": (*range(3, 24), 30, 31, 32)}
"""TensorFlow takes a number for the number of a type; that decides at which attribute it finds out."""


def _no_tensor(value: Any) -> Exception:
    kind = type(value)
    if kind.__module__ == "numpy":
        return AttributeError(f"'numpy.{kind.__name__}' object has no attribute '_id'")
    if isinstance(value, (int, float)):
        for attribute, numbers in _TYPE_NUMBERS.items():
            if value in numbers:
                return AttributeError(f"'{kind.__name__}' object has no attribute '{attribute}'")
    return TypeError(f"Cannot convert the argument `type_value`: {value!r} to a TensorFlow DType.")


def check_unconnected(value: Any) -> bool:
    """True if unconnected gradients are to be zeros. Raises ValueError for a word that is neither."""
    if value not in (UnconnectedGradients.NONE, UnconnectedGradients.ZERO):
        raise ValueError(f"Unknown value for unconnected_gradients: {value!r}")
    return bool(value == UnconnectedGradients.ZERO)


def zeros_for(source: Any) -> EagerTensor:
    """Zeros of a source's shape and type."""
    return EagerTensor(np.zeros(source._array.shape, source._array.dtype))


def _seeds(tape: GradientTape, targets: Sequence[Any], output_gradients: Any) -> list[Any]:
    if output_gradients is None:
        return [None] * len(targets)
    given = nest.flatten(output_gradients)
    if given and all(g is None for g in given):
        tape._failed()
        raise ValueError(f"Attempt to convert a value (None) with an unsupported type ({type(None)}) to a Tensor.")
    seeds = [None if g is None else to_tensor(g) for g in given[: len(targets)]]
    return seeds + [None] * (len(targets) - len(seeds))


class GradientCall:
    """One call of gradient, jacobian or batch_jacobian: tells the observer its beginning, its steps and its end."""

    def __init__(
        self,
        tape: GradientTape,
        kind: str,
        targets: Sequence[Any],
        sources: Sequence[tuple[Any, str]],
        seeds: Sequence[Any],
    ) -> None:
        self.tape = tape
        self.id = observe.next_call()
        self._sources = sources
        self._targets = targets
        self._outer = state.call
        self._done = False
        if observe.sink is not None:
            named = [(getattr(s, "_base", s), k) for s, k in sources]
            given = tuple([s for s in seeds if s is not None])
            site = callsite.here()
            observe.sink(
                (observe.GRADIENT_STARTED, self.id, tape.id, kind, tuple(targets), named, given, site, get_ident())
            )

    def __enter__(self) -> GradientCall:
        state.set_call(self.id)
        return self

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        state.set_call(self._outer)
        if error is not None:
            self.tape._failed()
            if observe.sink is not None and not self._done:
                observe.sink((observe.GRADIENT_FINISHED, self.id, [], f"{type(error).__name__}: {error}"))

    def finish(self, results: Sequence[Gradient], filled: Sequence[Gradient] | None = None) -> None:
        """Announces the results, with the reason for each that is None (and was ``filled`` with zeros)."""
        self._done = True
        if observe.sink is None:
            return
        told = []
        for result, given, (source, _) in zip(results, filled or results, self._sources, strict=True):
            reason, seq = ("", 0) if result is not None else reasons.why_none(self.tape, source, self._targets)
            told.append((given, reason, seq))
        observe.sink((observe.GRADIENT_FINISHED, self.id, told, ""))

    def run(self, targets: Sequence[Any], sources: Sequence[Any], seeds: Sequence[Any]) -> list[Gradient]:
        """One backward pass: the gradient of the targets, weighted by ``seeds`` (None = ones), for each source."""
        totals: dict[int, Gradient] = {}
        source_ids = {id(getattr(s, "_base", s)) for s in sources}
        tracked = self.tape._tracked
        for target, seed in zip(targets, seeds, strict=True):
            key = id(getattr(target, "_base", target))
            kind = target._array.dtype.kind
            if kind != "O" and (key in tracked or key in source_ids or (kind in "iub" and self._of_tracked(target))):
                given = EagerTensor(np.ones_like(target._array)) if seed is None else seed
                totals[key] = _sum(totals.get(key), given)
        _sweep(self.tape, totals, source_ids, self.id)
        return [self._of_source(s, totals) for s in sources]

    def _of_tracked(self, target: Any) -> bool:
        """Whether an op made these ints of something tracked: a rule may send back zeros then (``argsort``'s does)."""
        made = (e for e in self.tape._entries if any(o is target for o in e[4]))
        return any(id(t) in self.tape._tracked for e in made for t in e[3])

    def _of_source(self, source: Any, totals: dict[int, Gradient]) -> Gradient:
        base = getattr(source, "_base", None)
        if base is None:
            return totals.get(id(source))
        total = totals.get(id(base))
        for version in self.tape._versions.get(id(base), ()):
            total = _sum(total, totals.get(id(version)))
        return total


def _sweep(tape: GradientTape, totals: dict[int, Gradient], keep: set[int], call: int) -> None:
    entries = tape._entries
    tracked = tape._tracked
    # A persistent tape inside its own block records the rules' ops while we walk: they lie beyond the start.
    for position in range(len(entries) - 1, -1, -1):
        entry = entries[position]
        outputs = entry[4]
        if len(outputs) == 1:
            output: Any = outputs[0]
            key = id(output)
            if key not in totals:
                continue
            upstream = totals[key] if key in keep else totals.pop(key)
            if upstream.__class__ is IndexedSlices:
                upstream = upstream._densify()
            told: tuple[Any, ...] = (upstream,)
        else:
            told = _upstream_of_many(entry[2], outputs, totals, keep)
            if not any(g is not None for g in told):
                continue
            upstream, output = _fill_missing(entry[2], told, outputs), outputs
        inputs = entry[3]
        contributions = _apply_rules(entry[2], upstream, output, inputs, entry[5], tracked)
        summed = False
        k = 0
        for contribution in contributions:
            if contribution is not None:
                key = id(inputs[k])
                if key in totals:
                    totals[key] = _sum(totals[key], contribution)
                    summed = True
                else:
                    totals[key] = contribution
            k += 1  # noqa: SIM113 - enumerate takes twice as long here
        sink = observe.sink
        if sink is not None and call:
            sent = running = tuple(contributions)
            if summed:
                running = tuple([None if c is None else totals.get(id(t)) for t, c in zip(inputs, sent, strict=True)])
            sink((observe.BACKWARD, call, entry[1], told, sent, running))


SWEEP = _sweep.__code__
"""Who looks at the frames of a running rule finds this code there, and in its ``entry`` the op whose rule it is."""


def _upstream_of_many(
    op: Op, outputs: tuple[EagerTensor, ...], totals: dict[int, Gradient], keep: set[int]
) -> tuple[Gradient, ...]:
    found = [totals.get(id(o)) if id(o) in keep else totals.pop(id(o), None) for o in outputs]
    return tuple([g._densify() if isinstance(g, IndexedSlices) else g for g in found])


def _fill_missing(op: Op, upstream: tuple[Gradient, ...], outputs: tuple[EagerTensor, ...]) -> tuple[Gradient, ...]:
    if op.unused_output_gradients:
        return upstream
    return tuple(
        [EagerTensor(np.zeros_like(o._array)) if g is None else g for g, o in zip(upstream, outputs, strict=True)]
    )


def _apply_rules(
    op: Op, upstream: Any, output: Any, inputs: tuple[EagerTensor, ...], attrs: Any, tracked: set[int]
) -> list[Gradient]:
    """The contribution of one op to each input (None where none is sent)."""
    if op.vjp_all is not None:
        wanted = [id(t) in tracked and t._array.dtype.kind in "fc" for t in inputs]
        results = list(op.vjp_all(upstream, output, *inputs, **attrs))
        if len(results) != len(inputs):
            few = "few" if len(results) < len(inputs) else "many"
            raise InternalError(
                None,
                None,
                f"Recorded operation '{op.name}' returned too {few} gradients. Expected {len(inputs)} but received "
                f"{len(results)}",
            )
        return [g if w else None for g, w in zip(results, wanted, strict=True)]
    if not op.vjps:
        if op.differentiable:
            raise LookupError(f"gradient registry has no entry for: {op.name}")
        return [None] * len(inputs)
    contributions: list[Gradient] = []
    broadcasts = op.broadcasts
    pair = len(inputs) == 2
    first = inputs[0]
    k = 0
    for rule in op.vjps:
        tensor = inputs[k]
        k += 1  # enumerate takes twice as long here
        if rule is None or id(tensor) not in tracked:
            contributions.append(None)
            continue
        array = tensor._array
        if op.analytic and array.dtype.kind == "c":
            sent = _conjugated(rule, upstream, output, inputs, attrs)
        elif attrs:
            sent = rule(upstream, output, *inputs, **attrs)
        elif pair:
            sent = rule(upstream, output, first, inputs[1])
        else:
            sent = rule(upstream, output, *inputs)
        if broadcasts and sent is not None and sent._array.shape != array.shape:
            sent = unbroadcast(sent, array.shape)
        contributions.append(sent)
    if k < len(inputs):
        contributions.extend([None] * (len(inputs) - k))
    return contributions


def _conjugated(rule: Rule, upstream: Any, output: Any, inputs: tuple[EagerTensor, ...], attrs: Any) -> Gradient:
    """A rule of calculus for a complex input: the gradient is that with the derivative conjugated."""
    from tapeview.engine.ops.complex_numbers import conj  # the op tables need this package

    given = tuple([None if g is None else conj(g) for g in upstream]) if isinstance(upstream, tuple) else conj(upstream)
    sent = rule(given, output, *inputs, **attrs)
    return None if sent is None else conj(sent._densify() if isinstance(sent, IndexedSlices) else sent)


def unbroadcast(g: EagerTensor, shape: tuple[int, ...]) -> EagerTensor:
    """Sums ``g`` over the axes along which an operand of ``shape`` was broadcast."""
    have = g._array.shape
    if not shape:
        return reduce_sum(g)
    lead = len(have) - len(shape)
    axes = tuple(range(lead)) + tuple(k + lead for k, d in enumerate(shape) if d == 1 and have[k + lead] != 1)
    if axes:
        g = reduce_sum(g, axis=axes)
    if g._array.size != math.prod(shape):
        # The rule's own result was smaller than the operand: a scalar gradient stands for all its elements.
        return broadcast_to(g, shape)
    return g if g._array.shape == shape else reshape(g, shape)


def _of_one_type(a: EagerTensor, b: EagerTensor) -> list[EagerTensor]:
    """Row numbers of two gradients; as int64 if they are of different types."""
    if a._array.dtype == b._array.dtype:
        return [a, b]
    return [EagerTensor(t._array.astype(np.int64)) for t in (a, b)]


def _sum(total: Gradient, contribution: Gradient) -> Gradient:
    if total is None or contribution is None:
        return contribution if total is None else total
    if isinstance(total, IndexedSlices) and isinstance(contribution, IndexedSlices):
        return IndexedSlices(
            concat([total.values, contribution.values], 0),
            concat(_of_one_type(total.indices, contribution.indices), 0),
            total.dense_shape,
        )
    a = total._densify() if isinstance(total, IndexedSlices) else total
    b = contribution._densify() if isinstance(contribution, IndexedSlices) else contribution
    return add(a, b)
