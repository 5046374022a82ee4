"""Runs a plan: node by node, with what gradient nodes need on a tape, and with a listener told of everything."""

from __future__ import annotations

from threading import get_ident
from typing import Any

from tapeview.engine import callsite, observe
from tapeview.engine.deferred import run_errors
from tapeview.engine.deferred.cells import Cell
from tapeview.engine.deferred.fetches import Fetches
from tapeview.engine.deferred.mode import local
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.plan import Plan
from tapeview.engine.deferred.run import Run, next_run
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.scopes import scope
from tapeview.engine.state import state
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import EagerTensor


def run(session: Any, plan: Plan, fetches: Fetches, fed: list[EagerTensor]) -> list[Any]:
    """The values of the fetched elements, in their order; None for nodes."""
    values = plan.start.copy()
    values[: len(fed)] = fed
    listening = observe.sink is not None
    tapes, outer = state.tapes, local.run
    local.eager += 1
    tape = GradientTape(persistent=True) if listening or plan.has_gradients else None
    this = Run(session, plan, tape, values)
    local.run = this
    if tapes:
        state.set_tapes(())
    try:
        if tape is None:
            _straight(plan, this, values)
        else:
            with tape:
                if listening:
                    _told(plan, this, values, fetches, fed)
                else:
                    _taped(plan, this, values)
        return [_result(plan, e, values) for e in fetches.elements]
    finally:
        local.eager -= 1
        local.run = outer
        if tapes or tape is not None:
            state.set_tapes(tapes)


def run_inside(plan: Plan, outer: Run, fed: list[Any]) -> list[Any]:
    """Runs the body of a branch or a loop, inside of the run of its node. Returns all values."""
    values = plan.start.copy()
    values[: len(fed)] = fed
    this = Run(outer.session, plan, outer.tape, values)
    tape = outer.tape
    if tape is not None and observe.sink is not None:
        _each_told(plan, this, values, tape, get_ident())
        _finish_calls(this, None)
    elif tape is not None and plan.has_gradients:
        tapes = state.tapes
        _taped(plan, this, values)
        state.set_tapes(tapes)
    else:
        _straight(plan, this, values)
    return values


def _result(plan: Plan, element: SymbolicTensor | Operation, values: list[Any]) -> Any:
    if isinstance(element, Operation):
        return None
    value = values[plan.slots[id(element)]]
    return value.shown() if value.__class__ is Cell else value


def _straight(plan: Plan, run: Run, values: list[Any]) -> None:
    k = 0
    try:
        for k, step in enumerate(plan.steps):  # noqa: B007 - where it stopped
            step(values, run)
    except Exception as error:
        raise run_errors.at(plan.nodes[k], error) from error.__cause__


def _taped(plan: Plan, run: Run, values: list[Any]) -> None:
    """With the tape open only while ops run that gradient nodes need."""
    tape = run.tape
    assert tape is not None
    here = (tape,)
    entries, spans, watched, nodes = tape._entries, run.spans, plan.watched, plan.nodes
    for place in plan.watched_first:
        _watch(tape, values[place])
    k, recording = 0, True
    state.set_tapes(here)
    try:
        for k, (step, recorded) in enumerate(zip(plan.steps, plan.recorded, strict=True)):
            if recorded:
                if not recording:
                    state.set_tapes(here)
                    recording = True
                start = len(entries)
                step(values, run)
                spans[nodes[k]] = (start, len(entries))
                if k in watched:
                    for place, _ in watched[k]:
                        _watch(tape, values[place])
            else:
                if recording:
                    state.set_tapes(())
                    recording = False
                step(values, run)
    except Exception as error:
        raise run_errors.at(nodes[k], error) from error.__cause__
    finally:
        state.set_tapes(here)


def _watch(tape: GradientTape, value: Any) -> None:
    if value.__class__ is Cell:
        value = value.known()
    if isinstance(value, IndexedSlices):
        return
    if value._array.dtype.kind in "fc" and id(value) not in tape._tracked:
        tape.watch(value)


def _told(plan: Plan, run: Run, values: list[Any], fetches: Fetches, fed: list[EagerTensor]) -> None:
    tape = run.tape
    assert tape is not None
    sink = observe.sink
    thread = get_ident()
    graph = run.session.graph.number
    if sink is not None:
        given = [(t.op.number, t.value_index, v) for t, v in zip(plan.fed, fed, strict=True)]
        sink((observe.RUN_STARTED, tape.id, next_run(), graph, fetches.names, given, callsite.here(), thread))
    failure: str | None = None
    try:
        _each_told(plan, run, values, tape, thread)
    except Exception as error:
        failure = f"{type(error).__name__}: {error}"
        raise
    finally:
        callsite.forget()
        _finish_calls(run, failure)
        sink = observe.sink
        if sink is not None:
            results = [(e.name, _told_result(plan, e, values)) for e in fetches.elements] if failure is None else []
            sink((observe.RUN_FINISHED, tape.id, results, failure))


def _told_result(plan: Plan, element: SymbolicTensor | Operation, values: list[Any]) -> Any:
    return _tensor(_result(plan, element, values))


def _tensor(value: Any) -> Any:
    if value.__class__ is Cell:
        return None if value.variable is None else value.shown()
    return value._densify() if isinstance(value, IndexedSlices) else value


_COMPUTING = frozenset(("", "gradient", "with run", "bodies"))
"""How nodes are evaluated that run ops."""


def _each_told(plan: Plan, run: Run, values: list[Any], tape: GradientTape, thread: int) -> None:
    entries, spans, watched = tape._entries, run.spans, plan.watched
    for place in plan.watched_first:
        _watch(tape, values[place])
    standing = callsite.Standing()
    made = plan.made
    for k, (node, step) in enumerate(zip(plan.nodes, plan.steps, strict=True)):
        start = len(entries)
        standing.at(node.site)
        block = scope(node.name, "node", node.site) if node.pseudo in _COMPUTING else None
        try:
            if block is None:
                step(values, run)
                _ran(node.number, made[node], values, tape, thread)
            else:
                with block:
                    step(values, run)
                    _ran(node.number, made[node], values, tape, thread)
        except Exception as error:
            raise run_errors.at(node, error) from error.__cause__
        spans[node] = (start, len(entries))
        for place, _ in watched.get(k, ()):
            _watch(tape, values[place])
    standing.end()


def _ran(node: int, places: list[int], values: list[Any], tape: GradientTape, thread: int) -> None:
    sink = observe.sink
    if sink is not None:
        outputs = tuple([one if (one := values[p]).__class__ is EagerTensor else _tensor(one) for p in places])
        sink((observe.NODE_RAN, tape.id, node, outputs, thread))


def _finish_calls(run: Run, failure: str | None) -> None:
    if run.calls:
        from tapeview.engine.deferred.gradient_nodes import finish_calls

        finish_calls(run, failure)
