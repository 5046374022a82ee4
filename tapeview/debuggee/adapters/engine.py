"""From the engine's events to records: the only module that knows both.

The engine's tensors are immutable and its events are kept in order, so translating may happen later and on another
thread than
the script's. Nothing here runs an op.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np

from tapeview.debuggee.adapters import formulas
from tapeview.debuggee.adapters.failing import find as find_failing
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.plain import DTYPE_NAMES, NO_ATTRS, dtype_name, plain_data
from tapeview.debuggee.adapters.scopes import Scopes
from tapeview.debuggee.adapters.sites import Sites
from tapeview.engine import observe
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.op import Op
from tapeview.engine.tensor import EagerTensor
from tapeview.trace import records as r
from tapeview.trace.store import Writer
from tapeview.trace.values import statistics

_new_id = itertools.count(1).__next__
# A process may make several recordings, one after the other: ids of an earlier one must not be taken for this one's.

_SPARSE_ELEMENTS = 1_000_000


OUTPUT = 0
"""(OUTPUT, stream, text, time): a piece of the script's output, queued among the engine's events to keep its place."""
PASSING = frozenset((observe.OP, observe.BACKWARD, observe.ASSIGNED))
"""The kinds of events at which a script may be held: ops, backward steps, updates."""


def attach(sink: observe.Sink) -> None:
    """Sends the engine's events to ``sink`` from now on."""
    observe.listen(sink)


def detach() -> None:
    """Nobody gets the engine's events any more."""
    if observe.sink is not None:
        observe.listen(None)


def weight(event: observe.Event) -> int:
    """The bytes of the tensors that one of the events in ``PASSING`` brings."""
    made = (event[3],) if event[0] == observe.ASSIGNED else event[4]
    return sum([t._array.nbytes for t in made if t.__class__ is EagerTensor])


class EngineTranslator:
    """Turns events into records and hands them to a writer. Not thread-safe: its owner calls it from one thread at a
    time.

    Attributes:
        steps: how many steps were begun.
        ops: how many forward ops were seen.
    """

    def __init__(self, writer: Writer, keeper: Keeper | None = None) -> None:
        self._writer = writer
        self._keeper = keeper or Keeper()
        self._first_id = _new_id()
        self._step = r.SETUP
        self._kept = "all"
        self._records: list[Any] = []
        self._sites = Sites(writer)
        self._site = self._sites.id_of
        self._scopes = Scopes()
        self._told_scopes: set[int] = set()
        self._threads: dict[int, int] = {}
        self._known_ops: set[str] = set()
        self._raised: tuple[int, str, int] = (0, "", 0)
        self._series: dict[tuple[str, int, str], int] = {}
        self._variables: dict[int, int] = {}
        self._stale: dict[int, tuple[int, Any]] = {}
        self.steps = 0
        self.ops = 0
        self._handlers = {
            observe.OP: self._op,
            observe.BACKWARD: self._backward,
            observe.TAPE_OPENED: self._tape_opened,
            observe.TAPE_CLOSED: self._tape_closed,
            observe.WATCHED: self._watched,
            observe.EXIT: self._exit,
            observe.GRADIENT_STARTED: self._gradient_started,
            observe.GRADIENT_FINISHED: self._gradient_finished,
            observe.VARIABLE: self._variable,
            observe.ASSIGNED: self._assigned,
            observe.LOGGED: self._logged,
            observe.FAILED: self._failed,
            observe.SCOPE_OPENED: self._scopes.opened,
            observe.SCOPE_CLOSED: self._scope_closed,
            OUTPUT: self._output,
        }

    @property
    def step(self) -> int:
        """The step that is being recorded."""
        return self._step

    def place(self) -> tuple[int, int]:
        """The step that is being recorded, and its last position as a reader counts them (-1: there is none yet)."""
        return self._step, self._writer.positions(self._step) - 1

    def translate(self, events: Iterable[observe.Event]) -> None:
        """Writes the records of ``events`` into the writer's buffer.

        Ops of one small output and their backward steps are nearly all events there are: they are written out here
        with everything looked up once, which is half as long as by way of the methods that serve the rest.
        """
        handlers = self._handlers
        append = self._records.append
        sites = self._sites.known
        known = self._known_ops
        scopes = self._scopes.innermost
        first = self._first_id
        dtypes = DTYPE_NAMES
        small = r.INLINE_BYTES
        tensor_record, op_record, step_record = r.Tensor, r.Op, r.BackwardStep
        ops = 0
        last: Any = None
        dtype: str | None = None
        for event in events:
            kind = event[0]
            if kind == observe.OP and self._kept == "all":
                _, seq, op, inputs, outputs, attrs, site, tapes, on_path, call, stopped = event
                array = outputs[0]._array
                if array.dtype is not last:
                    last = array.dtype
                    dtype = dtypes.get(last)
                place = sites.get(site)
                name = op.name
                if (
                    place is not None
                    and name in known
                    and len(outputs) == 1
                    and dtype
                    and array.nbytes <= small
                    and tapes
                ):
                    ids = []
                    for t in inputs:
                        uid = t._uid
                        if uid < first:
                            uid = self._outside(t)
                        ids.append(uid)
                    ops += 1
                    outputs[0]._uid = uid = _new_id()
                    append(tensor_record(uid, dtype, array.shape, array.tobytes()))
                    plain = plain_data(attrs) if attrs else NO_ATTRS
                    scope = self._scope(tapes) if scopes else 0
                    append(
                        op_record(seq, name, tuple(ids), (uid,), plain, place, tapes, on_path, stopped, call, "", scope)
                    )
                    continue
            elif kind == observe.BACKWARD and self._kept == "all":
                _, call, seq, upstream, contributions, totals = event
                if len(upstream) == 1 and totals is contributions and upstream[0]._uid >= first:
                    sent = []
                    for g in contributions:
                        if g is None:
                            sent.append(0)
                        elif g.__class__ is EagerTensor and g._uid >= first:
                            sent.append(g._uid)
                        else:
                            sent.append(self._gradient(g))
                    sums = tuple(sent)
                    append(step_record(call, seq, (upstream[0]._uid,), sums, sums))
                    continue
            handlers[kind](event)
        self.ops += ops
        self._flush()

    def _flush(self) -> None:
        if self._records:
            self._writer.append(self._step, self._records)
            self._records.clear()

    # -- tensors, variables, places ------------------------------------------------------------------------------------

    def _tensor(self, tensor: Any) -> int:
        uid: int = tensor._uid
        if uid >= self._first_id:
            return uid
        tensor._uid = uid = _new_id()
        array = tensor._array
        origin = tensor._origin
        # dtype.name takes 5 µs, as long as everything else here together.
        name = DTYPE_NAMES.get(array.dtype) or dtype_name(array.dtype)
        data = stats = None
        if array.nbytes <= r.INLINE_BYTES:
            if name != "string":
                data = array.tobytes()
        elif name != "string":
            stats = statistics(array)
            if self._keeper.keeps_value(array.nbytes, self._writer.bytes_written):
                self._writer.add_value(uid, array)
        if origin.__class__ is Op:
            record = r.Tensor(uid, name, array.shape, data, "op", 0, stats, origin.name)
        elif origin is None:
            record = r.Tensor(uid, name, array.shape, data, "constant", 0, stats)
        else:
            record = r.Tensor(uid, name, array.shape, data, "variable", self._variable_id(origin), stats)
        self._records.append(record)
        return uid

    def _gradient(self, gradient: Any) -> int:
        if gradient is None:
            return 0
        if gradient.__class__ is IndexedSlices:
            gradient = self._dense(gradient)
        return self._tensor(gradient)

    def _dense(self, gradient: IndexedSlices) -> Any:
        """The whole gradient as a tensor, or only its rows where that would be huge. Made once for each object."""
        made = gradient.__dict__.get("_recorded")
        if made is None:
            shape = tuple(gradient._dense_shape._array.tolist()) if gradient._dense_shape is not None else ()
            if shape and int(np.prod(shape)) <= _SPARSE_ELEMENTS:
                array = np.zeros(shape, gradient._values._array.dtype)
                np.add.at(array, gradient._indices._array.ravel(), gradient._values._array.reshape((-1, *shape[1:])))
                made = type(gradient._values)(array, gradient._values._origin)
            else:
                made = gradient._values
            gradient.__dict__["_recorded"] = made
        return made

    def _variable_id(self, variable: Any) -> int:
        variable = variable._base
        uid: int = variable._uid
        if uid < self._first_id:
            # Made before the recording began.
            self._introduce(variable, 0)
            uid = variable._uid
        return uid

    def _introduce(self, variable: Any, site: int) -> None:
        variable._uid = uid = _new_id()
        self._records.append(
            r.Variable(uid, variable.name, variable.dtype.name, tuple(variable._array.shape), variable.trainable, site)
        )
        self._variables[uid] = site

    def site_of_traceback(self, trace: Any) -> int:
        """The site at which an exception was raised (0 if no user frame is in it)."""
        return self._sites.of_traceback(trace)

    # -- events --------------------------------------------------------------------------------------------------------

    def _op(self, event: observe.Event) -> None:
        _, seq, op, inputs, outputs, attrs, site, tapes, on_path, call, stopped = event
        self.ops += 1
        if self._kept == "scalars" or not tapes:
            return
        name = op.name
        if name not in self._known_ops:
            self._known_ops.add(name)
            self._writer.add_op_info(formulas.op_info(op, len(inputs)))
        ids = tuple([self._outside_or_known(t) for t in inputs])
        outs = tuple([self._tensor(t) for t in outputs])
        plain = plain_data(attrs) if attrs else NO_ATTRS
        scope = self._scope(tapes) if self._scopes.innermost else 0
        place = self._site(site)
        self._records.append(r.Op(seq, name, ids, outs, plain, place, tapes, on_path, stopped, call, "", scope))

    def _failed(self, event: observe.Event) -> None:
        _, op, inputs, attrs, site, error, tapes, call, seq = event
        # Not the error itself: it holds the script's frames.
        if tapes and self._kept == "all":
            self._raised = id(error), str(error), int(seq)
            self._write_failed(seq, op.name, op, inputs, attrs, self._site(site), tapes, call, str(error))

    def failing(self, error: BaseException, trace: Any) -> int:
        """Writes the op at which the script was when it raised, unless it stands there, and returns its ``seq``; 0 if
        there is none."""
        one: BaseException | None = error
        while one is not None:
            if self._raised[:2] == (id(one), str(one)):
                return self._raised[2]
            one = one.__cause__ or one.__context__
        found = find_failing(trace, str(error))
        if found is None:
            return 0
        seq = observe.next_seq()
        place = self.site_of_traceback(trace)
        self._write_failed(seq, found.name, found.op, found.inputs, found.attrs, place, (), 0, str(error))
        self._flush()
        return seq

    def _write_failed(
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
        if op is not None and name not in self._known_ops:
            self._known_ops.add(name)
            self._writer.add_op_info(formulas.op_info(op, len(inputs)))
        ids = tuple([self._outside_or_known(t) for t in inputs])
        plain = plain_data(attrs) if attrs else NO_ATTRS
        self._records.append(r.Op(seq, name, ids, (), plain, place, tapes, 0, False, call, error))

    def _scope(self, tapes: tuple[int, ...]) -> int:
        """The innermost scope on the thread of these tapes; the step is told of it."""
        scope = self._scopes.innermost.get(self._threads.get(tapes[0], 0), 0)
        if scope and scope not in self._told_scopes:
            self._records += self._scopes.told(scope, self._told_scopes, self._site)
        return scope

    def _scope_closed(self, event: observe.Event) -> None:
        scope = event[1]
        self._scopes.closed(scope)
        if scope in self._told_scopes:
            self._told_scopes.remove(scope)
            self._records.append(r.ScopeClosed(scope))

    def _outside(self, tensor: Any) -> int:
        """An op's input that no record names yet: a constant, a variable, or something made outside every tape."""
        uid = self._tensor(tensor)
        if tensor._origin.__class__ is Op:
            last = self._records[-1]
            self._records[-1] = r.Tensor(
                uid, last.dtype, last.shape, last.data, "outside", 0, last.stats, tensor._origin.name
            )
        return uid

    def _backward(self, event: observe.Event) -> None:
        if self._kept == "scalars":
            return
        _, call, seq, upstream, contributions, totals = event
        ups = tuple([self._gradient(g) for g in upstream])
        sent = tuple([self._gradient(g) for g in contributions])
        # Mostly an input has one consumer: then the running sums are the contributions, the same tuple.
        running = sent if totals is contributions else tuple([self._gradient(g) for g in totals])
        self._records.append(r.BackwardStep(call, seq, ups, sent, running))

    def _tape_opened(self, event: observe.Event) -> None:
        _, tape, persistent, watch, thread, parents, site = event
        if not tape:
            return
        self._threads[tape] = thread
        if not parents:
            self._begin_step()
        self._records.append(r.TapeOpened(tape, persistent, watch, thread, parents, self._site(site)))

    def _begin_step(self) -> None:
        self._flush()
        self._told_scopes.clear()
        self._step += 1
        self.steps += 1
        before, self._kept = self._kept, self._keeper.kept(self._step, self._writer.bytes_written)
        if self._kept != "all":
            self._writer.set_kept(self._step, self._kept)
        if self._kept == "all" and before != "all":
            self._catch_up()

    def _catch_up(self) -> None:
        """Names the variables' versions as they are now, after steps whose assigns were not written."""
        for uid, (version, tensor) in self._stale.items():
            self._records.append(r.Assigned(uid, version, self._tensor(tensor), 0, "not kept", self._variables[uid]))
        self._stale.clear()

    def _tape_closed(self, event: observe.Event) -> None:
        if event[1]:
            self._threads.pop(event[1], None)
            self._records.append(r.TapeClosed(event[1]))

    def _watched(self, event: observe.Event) -> None:
        _, tape, target, automatic, site = event
        if not tape or self._kept == "scalars":
            return
        is_variable = hasattr(target, "_base")
        tensor, variable = (0, self._variable_id(target)) if is_variable else (self._outside_or_known(target), 0)
        self._records.append(r.Watched(tape, tensor, variable, automatic, self._site(site)))

    def _outside_or_known(self, tensor: Any) -> int:
        return tensor._uid if tensor._uid >= self._first_id else self._outside(tensor)

    def _exit(self, event: observe.Event) -> None:
        if self._kept != "scalars":
            _, tensor, how, site = event
            self._records.append(r.Exit(self._outside_or_known(tensor), how, self._site(site)))

    def _gradient_started(self, event: observe.Event) -> None:
        _, call, tape, kind, targets, sources, seeds, site = event
        place = self._site(site)
        if kind == "gradient":
            for target in targets:
                self._scalar("", "target", place, target._array)
        if self._kept == "scalars":
            return
        asked = tuple([self._source(source, key) for source, key in sources])
        aimed = tuple([self._tensor_or_version(t) for t in targets])
        given = tuple([self._gradient(s) for s in seeds])
        self._records.append(r.GradientStarted(call, tape, kind, aimed, asked, given, place))

    def _tensor_or_version(self, target: Any) -> int:
        return self._outside_or_known(target._value if hasattr(target, "_base") else target)

    def _source(self, source: Any, key: str) -> r.Source:
        if hasattr(source, "_base"):
            return r.Source(0, self._variable_id(source), key)
        return r.Source(self._outside_or_known(source), 0, key)

    def _gradient_finished(self, event: observe.Event) -> None:
        if self._kept == "scalars":
            return
        _, call, results, error = event
        answers = tuple(
            [
                r.SourceGradient(self._gradient(g), reason, seq, g.__class__ is IndexedSlices)
                for g, reason, seq in results
            ]
        )
        self._records.append(r.GradientFinished(call, answers, error))

    def _variable(self, event: observe.Event) -> None:
        _, variable, site = event
        if variable._uid < self._first_id:
            self._introduce(variable, self._site(site))

    def _assigned(self, event: observe.Event) -> None:
        _, variable, version, tensor, previous, how, site, gradient = event
        uid = self._variable_id(variable)
        self._scalar(variable.name.removesuffix(":0"), "variable", self._variables[uid], tensor._array)
        if self._kept == "scalars":
            self._stale[uid] = version, tensor
            return
        before = 0 if previous is None else self._tensor(previous)
        self._records.append(
            r.Assigned(uid, version, self._tensor(tensor), before, how, self._site(site), self._gradient(gradient))
        )

    def _output(self, event: observe.Event) -> None:
        _, stream, text, moment = event
        self._writer.add_output(r.Output(stream, text, moment, self._step))

    def _logged(self, event: observe.Event) -> None:
        _, name, value = event
        self._scalar(name, "logged", 0, np.asarray(value))

    def _scalar(self, name: str, kind: str, site: int, array: Any) -> None:
        if array.size != 1 or array.ndim > 1 or array.dtype.kind not in "fiu":
            return
        key = (kind, site, name)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = self._writer.add_series(name, kind, site)
        self._writer.add_scalar(series, self._step, float(array.reshape(())[()]))
