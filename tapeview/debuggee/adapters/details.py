"""The details of a step: each of the engine's events, as records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapeview.debuggee.adapters import formulas
from tapeview.debuggee.adapters.deferred import Graphs, RunDetails
from tapeview.debuggee.adapters.lines import Lines
from tapeview.debuggee.adapters.plain import NO_ATTRS, plain_data
from tapeview.debuggee.adapters.scopes import Scopes
from tapeview.debuggee.adapters.sites import Sites
from tapeview.debuggee.adapters.tensors import Tensors
from tapeview.debuggee.adapters.updates import Updates
from tapeview.engine import observe
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op
from tapeview.engine.tensor import EagerTensor
from tapeview.trace import records as r
from tapeview.trace.store import Writer

Event = observe.Event


class Details:
    """Puts the records of events into ``records``.

    Attributes:
        write: for each kind of event that has details, what writes them.
        scopes: the scopes that are open.
        told: the scopes that the step was told of.
        known_ops: the op types that the recording was told of.
        updates: what the updates are computed from.
        raised: id, text and ``seq`` of the error that an op raised last.
    """

    def __init__(
        self, writer: Writer, sites: Sites, lines: Lines, tensors: Tensors, records: list[Any], graphs: Graphs
    ) -> None:
        runs = RunDetails(graphs, sites, tensors, records)
        self._writer = writer
        self._lines = lines
        self._tensors = tensors
        self._records = records
        self._site = sites.id_of
        self.scopes = Scopes()
        self.told: set[int] = set()
        self.known_ops: set[str] = set()
        self.raised: tuple[int, str, int] = (0, "", 0)
        self.updates = Updates(sites, tensors, records, self._introduce)
        self.write: dict[int, Callable[[Event], None]] = {
            observe.OP: self._op,
            observe.BACKWARD: self._backward,
            observe.TAPE_OPENED: self._tape_opened,
            observe.TAPE_CLOSED: self._tape_closed,
            observe.WATCHED: self._watched,
            observe.EXIT: self._exit,
            observe.GRADIENT_STARTED: self._gradient_started,
            observe.GRADIENT_FINISHED: self._gradient_finished,
            observe.ASSIGNED: self._assigned,
            observe.FAILED: self._failed,
            observe.SCOPE_OPENED: self._scope_opened,
            observe.SCOPE_CLOSED: self._scope_closed,
            observe.APPLIED: self.updates.applied,
            observe.OUTSIDE: self.updates.outside,
            observe.RUN_STARTED: runs.started,
            observe.NODE_RAN: runs.ran,
            observe.RUN_FINISHED: runs.finished,
        }

    def _op(self, event: Event) -> None:
        _, seq, op, inputs, outputs, attrs, site, tapes, on_path, call, stopped = event
        self._introduce(op.name, op, len(inputs))
        ids = tuple([self._tensors.known_or_outside(t) for t in inputs])
        outs = tuple([self._tensors.id_of(t) for t in outputs])
        plain = plain_data(attrs) if attrs else NO_ATTRS
        scope = self.scope(tapes) if self.scopes.innermost else 0
        place = self._site(site)
        self._records.append(r.Op(seq, op.name, ids, outs, plain, place, tapes, on_path, stopped, call, "", scope))

    def _introduce(self, name: str, op: Op | None, arity: int) -> None:
        if op is not None and name not in self.known_ops:
            self.known_ops.add(name)
            self._writer.add_op_info(formulas.op_info(op, arity))

    def _failed(self, event: Event) -> None:
        _, op, inputs, attrs, site, error, tapes, call, seq = event
        # Not the error itself: it holds the script's frames.
        number, text = error if error.__class__ is tuple else (id(error), str(error))
        if tapes:
            self.raised = number, text, int(seq)
            self.write_failed(seq, op.name, op, inputs, attrs, self._site(site), tapes, call, text)

    def write_failed(
        self,
        seq: int,
        name: str,
        op: Op | None,
        inputs: tuple[EagerTensor, ...],
        attrs: Any,
        place: int,
        tapes: tuple[int, ...],
        call: int,
        error: str,
    ) -> None:
        """Writes an op that raised. ``op`` is None where the table of ops has none of that name."""
        self._introduce(name, op, len(inputs))
        ids = tuple([self._tensors.known_or_outside(t) for t in inputs])
        plain = plain_data(attrs) if attrs else NO_ATTRS
        scope = self.scope(tapes) if self.scopes.innermost and tapes else 0
        self._records.append(r.Op(seq, name, ids, (), plain, place, tapes, 0, False, call, error, scope))

    def scope(self, tapes: tuple[int, ...]) -> int:
        """The innermost scope on the thread of these tapes; the step is told of it."""
        scope = self.scopes.innermost.get(self._lines.thread_of(tapes), 0)
        if scope and scope not in self.told:
            self._records += self.scopes.told(scope, self.told, self._site)
        return scope

    def _scope_opened(self, event: Event) -> None:
        self.scopes.opened(event)

    def _scope_closed(self, event: Event) -> None:
        scope = event[1]
        self.scopes.closed(scope)
        if scope in self.told:
            self.told.remove(scope)
            self._records.append(r.ScopeClosed(scope))

    def _backward(self, event: Event) -> None:
        _, call, seq, upstream, contributions, totals = event
        gradient = self._tensors.gradient
        ups = tuple([gradient(g) for g in upstream])
        sent = tuple([gradient(g) for g in contributions])
        # Mostly an input has one consumer: then the running sums are the contributions, the same tuple.
        running = sent if totals is contributions else tuple([gradient(g) for g in totals])
        self._records.append(r.BackwardStep(call, seq, ups, sent, running))

    def _tape_opened(self, event: Event) -> None:
        _, tape, persistent, watch, thread, parents, site, _, _ = event
        if tape:
            self._records.append(r.TapeOpened(tape, persistent, watch, thread, parents, self._site(site)))

    def _tape_closed(self, event: Event) -> None:
        if event[1]:
            self._records.append(r.TapeClosed(event[1]))

    def _watched(self, event: Event) -> None:
        _, tape, target, automatic, site = event
        if not tape:
            return
        is_variable = hasattr(target, "_base")
        tensor = 0 if is_variable else self._tensors.known_or_outside(target)
        variable = self._tensors.variable(target) if is_variable else 0
        self._records.append(r.Watched(tape, tensor, variable, automatic, self._site(site)))

    def _exit(self, event: Event) -> None:
        _, tensor, how, site, _ = event
        self._records.append(r.Exit(self._tensors.known_or_outside(tensor), how, self._site(site)))

    def _gradient_started(self, event: Event) -> None:
        _, call, tape, kind, targets, sources, seeds, site, _ = event
        tensors = self._tensors
        asked = tuple([self._source(source, key) for source, key in sources])
        aimed = tuple([tensors.target(t) for t in targets])
        given = tuple([tensors.gradient(s) for s in seeds])
        self._records.append(r.GradientStarted(call, tape, kind, aimed, asked, given, self._site(site)))

    def _source(self, source: Any, key: str) -> r.Source:
        if hasattr(source, "_base"):
            return r.Source(0, self._tensors.variable(source), key)
        return r.Source(self._tensors.known_or_outside(source), 0, key)

    def _gradient_finished(self, event: Event) -> None:
        _, call, results, error = event
        gradient = self._tensors.gradient
        for g, _, _ in results:
            if g.__class__ is IndexedSlices:
                self.updates.slices(g, "op")
        answers = tuple(
            [r.SourceGradient(gradient(g), reason, seq, g.__class__ is IndexedSlices) for g, reason, seq in results]
        )
        self._records.append(r.GradientFinished(call, answers, error))

    def _assigned(self, event: Event) -> None:
        _, variable, version, tensor, previous, how, site, gradient, _, operand = event
        tensors = self._tensors
        uid = tensors.variable(variable)
        before = 0 if previous is None else tensors.id_of(previous)
        made = tensors.id_of(tensor)
        used = 0 if operand is None else self.updates.operand(operand, how, made)
        place, sent = self._site(site), tensors.gradient(gradient)
        self._records.append(r.Assigned(uid, version, made, before, how, place, sent, used))
