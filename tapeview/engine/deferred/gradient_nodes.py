"""Gradient nodes: each sends gradients back through one forward node, with the rules of the ops this one ran.

A node that a gradient node serves is run with its ops on the run's tape. The gradient node sweeps them. Where the
forward node is a gradient node itself, what its ops took from inside of the node it serves is swept through that one in
turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import get_ident
from typing import Any

import numpy as np

from tapeview.engine import backward, callsite, observe
from tapeview.engine.deferred import attempts, gradient_names, large, probing
from tapeview.engine.deferred.cells import Cell
from tapeview.engine.deferred.graph import Graph
from tapeview.engine.deferred.lifting import finish, node_name
from tapeview.engine.deferred.mode import local
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.structures import replaced
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.state import state
from tapeview.engine.tensor import EagerTensor


class Details:
    """What a gradient node needs to know.

    Attributes:
        forward: the node it serves.
        upstream: for each output of it the gradient, or None.
        wanted: the tensors whose gradients are its outputs; these are inputs of ``forward`` (see :func:`depends_on`).
        call: the ``tf.gradients`` call it belongs to.
    """

    __slots__ = ("call", "forward", "upstream", "wanted")

    def __init__(self, forward: Operation, upstream: Sequence[Any], wanted: Sequence[Any], call: Any) -> None:
        self.forward = forward
        self.upstream = list(upstream)
        self.wanted = list(wanted)
        self.call = call


def depends_on(node: Operation) -> list[SymbolicTensor]:
    """The tensors that a node's value depends on so that a gradient can be sent there: its inputs. A gradient node
    also depends on inputs and outputs of the node that it serves."""
    if node.kind in ("assign", "variable") or node.pseudo in ("nothing", "read"):
        return []
    if node.custom is not None:
        return node.custom.inputs  # type: ignore[no-any-return]
    if node.pseudo != "gradient":
        return node.all_inputs
    found = {id(t): t for t in node.all_inputs}
    forward = node.serves_node
    for t in (*depends_on(forward), *forward.results):
        found.setdefault(id(t), t)
    return list(found.values())


def add(
    graph: Graph, forward: Operation, upstream: list[SymbolicTensor | None], wanted: list[SymbolicTensor], call: Any
) -> list[SymbolicTensor | None]:
    """Adds the gradient node of ``forward``. Returns the gradient of each of ``wanted``; None where there is none.

    Raises:
        LookupError: an op has no gradient.
    """
    connected = _connected(forward, upstream, wanted)
    found = [t for t, c in zip(wanted, connected, strict=True) if c]
    if not found:
        return [None] * len(wanted)
    positions = {id(t): k for k, t in enumerate(depends_on(forward))}
    names = [gradient_names.last(forward, positions[id(t)]) for t in found]
    if len(found) > 1:
        names = ["tuple/control_dependency" + (f"_{k}" if k else "") for k in range(len(found))]
    inputs = [g for g in upstream if g is not None]
    node = Operation(graph, node_name(graph, names[0], ""), f"{forward.type}Grad", "gradient", None, inputs=inputs)
    node.pseudo = "gradient"
    node.serves_node = forward
    node.details = Details(forward, upstream, found, call)
    results: list[SymbolicTensor | None] = []
    kinds = iter(enumerate(found))
    for t, c in zip(wanted, connected, strict=True):
        if not c:
            results.append(None)
            continue
        k, _ = next(kinds)
        made = SymbolicTensor(node, k, t.dtype.base_dtype, t.sizes, probing.made_up(t.sizes, t.dtype.base_dtype))
        made.indexed = c == "rows"
        if k:
            made.alias = f"{graph.unique_name(names[k])}:0"
            graph.tensors_by_name[made.alias] = made
        node.results.append(made)
        results.append(made)
    finish(node)
    return results


# -- finding out, when it is added ----------------------------------------------------------------------------------


class _Entries:
    """As much of a tape as a sweep needs."""

    __slots__ = ("_entries", "_paused", "_tracked")

    def __init__(self, entries: list[Any], tracked: set[int]) -> None:
        self._entries = entries
        self._tracked = tracked
        self._paused = False


def _connected(forward: Operation, upstream: Sequence[Any], wanted: Sequence[SymbolicTensor]) -> list[str]:
    """For each wanted input "dense", "rows" (an ``IndexedSlices``), or "" if no gradient gets there."""
    if forward.pseudo == "gradient" or forward.pseudo or forward.run_function is None:
        return ["dense"] * len(wanted)
    if any(t.probes is None for t in forward.all_inputs):
        return ["dense"] * len(wanted)
    first = {id(t): t.probes[0] for t in forward.all_inputs if t.probes}
    given = replaced((forward.args, forward.kwargs), lambda v: first.get(id(v), v))
    if large.smaller(forward.run_function, *given) is not None:
        return ["dense"] * len(wanted)
    for make in (lambda t: t.probes[0], attempts.numbers):
        values = {id(t): make(t) for t in forward.all_inputs}
        try:
            return probing.run(lambda v=values: _swept(forward, v, upstream, wanted))[0]  # type: ignore[misc,no-any-return]
        except LookupError as error:
            raise LookupError(_NO_GRADIENT.format(forward.name, str(error).rpartition(": ")[2])) from None
        except Exception:  # made-up values do not suit every rule; others may
            continue
    # Whether a gradient is None is then seen when the graph runs.
    return ["dense"] * len(wanted)


_NO_GRADIENT = (
    "No gradient defined for operation'{}' (op type: {}). In general every operation must have an associated "
    "`@tf.RegisterGradient` for correct autodiff, which this op is lacking. If you want to pretend this operation is a "
    "constant in your program, you may insert `tf.stop_gradient`. This can be useful to silence the error in cases "
    "where you know gradients are not needed, e.g. the forward pass of tf.custom_gradient. Please see more details in "
    "https://www.tensorflow.org/api_docs/python/tf/custom_gradient."
)


def _swept(
    forward: Operation, values: dict[int, EagerTensor], upstream: Sequence[Any], wanted: Sequence[SymbolicTensor]
) -> list[str]:
    # Values of their own: two inputs may have been made up of the same zeros.
    own = {key: EagerTensor(v._array) for key, v in values.items()}
    tape = _Entries([], {id(own[id(t)]) for t in wanted})
    outer = state.context
    state.context = ((tape,), (), 0)  # type: ignore[assignment]
    try:
        result = forward.run_function(  # type: ignore[misc]
            *replaced(forward.args, lambda v: own[id(v)] if isinstance(v, SymbolicTensor) else v),
            **replaced(forward.kwargs, lambda v: own[id(v)] if isinstance(v, SymbolicTensor) else v),
        )
    finally:
        state.context = outer
    outputs = _tensors(result)
    totals: dict[int, Any] = {}
    for out, g in zip(outputs, upstream, strict=True):
        if g is not None:
            totals[id(out)] = EagerTensor(np.ones(out._array.shape, out._array.dtype))
    backward._sweep(tape, totals, set(), 0)  # type: ignore[arg-type]
    found = []
    for t in wanted:
        g = totals.get(id(own[id(t)]))
        found.append("" if g is None else "rows" if isinstance(g, IndexedSlices) else "dense")
    return found


def _tensors(result: Any) -> list[Any]:
    from tapeview.engine import nest

    return [leaf for leaf in nest.flatten(result) if isinstance(leaf, (EagerTensor, IndexedSlices))]


# -- in a run -------------------------------------------------------------------------------------------------------


def gradient_step(plan: Any, node: Operation, places: list[int]) -> Callable[[list[Any], Any], None]:
    """Runs a gradient node."""
    details: Details = node.details
    chain = _chain(node)
    forward = details.forward
    makes = [plan.made[forward][k] for k in range(len(forward.results))]
    given = [None if g is None else plan.slots[id(g)] for g in details.upstream]
    wanted = [plan.input_slot(forward, t) for t in details.wanted]
    inner = [[plan.made[n][k] for k in range(len(n.results))] for n in chain[1:]]
    call = details.call

    def step(values: list[Any], run: Any) -> None:
        tape = run.tape
        number = run.calls.get(call)
        if number is None:
            number = begin_call(run, call, values)
        totals: dict[int, Any] = {}
        for place, g in zip(makes, given, strict=True):
            if g is not None:
                key = id(_value(values[place]))
                if key not in tape._tracked:
                    continue  # what does not depend on a source needs no gradient
                totals[key] = values[g] if key not in totals else backward._sum(totals[key], values[g])
        outer = state.call
        if observe.sink is not None:
            state.set_call(number)
        try:
            found = _sweep_chain(run, tape, chain, inner, values, totals, number, wanted)
        finally:
            if state.call != outer:
                state.set_call(outer)
        given_to: set[int] = set()
        for place, source, g in zip(places, wanted, found, strict=True):
            # Readings of one variable are one tensor: what was sent to it is handed on once.
            if g is None or id(values[source]) in given_to:
                values[place] = _zeros(values[source])
            else:
                given_to.add(id(values[source]))
                values[place] = g

    return step


def _sweep_chain(
    run: Any, tape: Any, chain: list[Operation], inner: list[list[int]], values: list[Any], totals: dict[int, Any],
    number: int, wanted: list[int],
) -> list[Any]:  # fmt: skip
    found: dict[int, Any] = {}
    for depth, node in enumerate(chain):
        span = run.spans.get(node)
        if span is not None:
            start, end = span
            backward._sweep(_Entries(tape._entries[start:end], tape._tracked), totals, set(), number)  # type: ignore[arg-type]
        if depth < len(inner):
            # What comes out of the node that was served is an input here: its own gradient node goes on from there.
            for place in inner[depth]:
                value = values[place]
                if value is not None and id(_value(value)) in totals:
                    found[id(_value(value))] = totals.pop(id(_value(value)))
    return [found.get(id(_value(values[k])), totals.get(id(_value(values[k])))) for k in wanted]


def _value(value: Any) -> Any:
    """The tensor that entries of the tape know: of ``IndexedSlices`` the rows."""
    if value.__class__ is Cell:
        return value.known()._value
    return value.values if isinstance(value, IndexedSlices) else value


def _zeros(value: Any) -> EagerTensor:
    array = _value(value)._array
    return EagerTensor(np.zeros(array.shape, array.dtype))


def _chain(node: Operation) -> list[Operation]:
    """The node that is differentiated; if that is a gradient node, also the one it serves, and so on."""
    chain = [node.serves_node]
    while chain[-1].serves_node is not None:
        chain.append(chain[-1].serves_node)
    return chain


def begin_call(run: Any, call: Any, values: list[Any]) -> int:
    """The first gradient node of a ``tf.gradients`` call runs: the call gets its number in this run."""
    number = run.calls[call] = observe.next_call()
    sink = observe.sink
    if sink is not None:
        targets = tuple([v for t in call.targets if (v := _known(run, t)) is not None])
        sources = [(v, "") for t in call.sources if (v := _source(run, t)) is not None]
        sink(
            (
                observe.GRADIENT_STARTED,
                number,
                run.tape.id,
                "gradient",
                targets,
                sources,
                (),
                callsite.here(),
                get_ident(),
            )
        )
    return number


def _known(run: Any, t: SymbolicTensor) -> Any:
    place = run.plan.slots.get(id(t))
    value = None if place is None else run.values[place]
    return None if value is None else _value(value)


def _source(run: Any, t: SymbolicTensor) -> Any:
    if t.op.pseudo == "read":
        return run.session.cell(t.op.details).variable
    return _known(run, t)


def finish_calls(run: Any, failure: str | None) -> None:
    """Tells the observer of the ends of the ``tf.gradients`` calls that took part in a run."""
    sink = observe.sink
    if sink is None:
        return
    for call, number in run.calls.items():
        told = []
        for t, result in _by_source(call):
            if _source(run, t) is not None:
                value = None if result is None else _known(run, result)
                told.append((value, "" if value is not None else "not connected to the target", 0))
        sink((observe.GRADIENT_FINISHED, number, told, failure or ""))


def _by_source(call: Any) -> list[tuple[SymbolicTensor, Any]]:
    from tapeview.engine.deferred.gradients import _sources

    pairs = []
    for owner, result in zip(call.owners, call.results, strict=True):
        pairs += [(t, result) for t in _sources(owner) if any(t is s for s in call.sources)]
    return pairs


__all__ = ["add", "depends_on", "gradient_step", "local"]
