"""From the engine's events to records: the only module that knows both.

The engine's tensors are immutable and its events are kept in order, so translating may happen later and on another
thread than the script's. Nothing here runs an op.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from typing import Any

from tapeview.debuggee.adapters.deferred import Graphs
from tapeview.debuggee.adapters.details import Details
from tapeview.debuggee.adapters.failing import find as find_failing
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.lines import Line, Lines
from tapeview.debuggee.adapters.listening import want_slots
from tapeview.debuggee.adapters.plain import DTYPE_NAMES, NO_ATTRS, plain_data
from tapeview.debuggee.adapters.points import OUTPUT, Points
from tapeview.debuggee.adapters.shelf import Shelf
from tapeview.debuggee.adapters.sites import Sites
from tapeview.debuggee.adapters.tensors import Tensors, new_id
from tapeview.debuggee.adapters.updates import weights
from tapeview.engine import observe
from tapeview.engine.op import Op
from tapeview.engine.tensor import EagerTensor
from tapeview.trace import records as r
from tapeview.trace.graph_records import NodeRan
from tapeview.trace.store import Writer

_LAST_VALUES = 64 << 20
"""Of the steps that run at the end, values of so many bytes are written that would not have been otherwise."""

_ODD_STEPS = 2

_OF_UPDATES = (observe.APPLIED, observe.OUTSIDE)

Event = observe.Event


class EngineTranslator:
    """Turns events into records and hands them to a writer. Not thread-safe: its owner calls it from one thread at a
    time.

    Attributes:
        steps: how many steps were begun.
        ops: how many forward ops were seen.
        keep_all: whether steps that begin are recorded in full, whatever the keeper says: the user looks on.
        shelf: the values that were not written and are still in memory.
    """

    def __init__(self, writer: Writer, keeper: Keeper | None = None, shelf: Shelf | None = None) -> None:
        self._writer = writer
        self._keeper = keeper or Keeper()
        self.shelf = shelf or Shelf()
        self._records: list[Any] = []
        self._tensors = Tensors(writer, self._keeper, self.shelf, self._records)
        self._lines = Lines()
        self._line = self._lines.newest
        self._full = True
        self._step = r.SETUP
        self._sites = Sites(writer)
        graphs = Graphs(writer, self._sites, self._tensors)
        self._details = Details(writer, self._sites, self._lines, self._tensors, self._records, graphs)
        self._points = Points(writer, self._sites, self._tensors, graphs)
        self._stale: dict[int, tuple[int, Any]] = {}
        self._at_begin: list[int] = []
        self._odd: set[int] = set()
        self.keep_all = False
        want_slots(0, math.inf)
        self.steps = 0
        self.ops = 0
        self._line_of: dict[int, Callable[[Event], Line]] = {
            **self._lines.finders(self._opens, lambda scope: self._details.scopes.thread_of(scope)),
            OUTPUT: lambda e: self._lines.of_thread(e[4]),
        }

    @property
    def step(self) -> int:
        """The step of the thread that asks."""
        return self._lines.of_thread(threading.get_ident()).step

    def place(self) -> tuple[int, int]:
        """The step of the thread that asks, and its last position as a reader counts them (-1: there is none yet)."""
        step = self.step
        return step, self._writer.positions(step) - 1

    def translate(self, events: Iterable[Event]) -> None:
        """Writes the records of ``events`` into the writer's buffer.

        Ops of one small output and their backward steps are nearly all events there are: they are written out here
        with everything looked up once, which is half as long as by way of the methods that serve the rest.
        """
        append = self._records.append
        sites = self._sites.known
        known = self._details.known_ops
        scopes = self._details.scopes.innermost
        lines = self._lines
        lines.round += 1
        outside, gradient = self._tensors.outside, self._tensors.gradient
        first = self._tensors.first_id
        dtypes = DTYPE_NAMES
        small = r.INLINE_BYTES
        limit = self.shelf.limit
        tensor_tag, op_tag, step_tag = r.TENSOR, r.OP, r.BACKWARD_STEP
        ops = 0
        last: Any = None
        dtype: str | None = None
        here: Any = None
        # Where the tapes or the call are the same object as those of the event before, the thread is the same, too.
        for event in events:
            kind = event[0]
            if kind == observe.OP:
                _, seq, op, inputs, outputs, attrs, site, tapes, on_path, call, stopped = event
                if tapes is not here:
                    self._enter(lines.of_tapes(tapes))
                    here = tapes
                if not self._full:
                    ops += 1
                    self._line.hold(event, outputs, limit)
                    continue
                array = outputs[0]._array
                if array.dtype is not last:
                    last = array.dtype
                    dtype = dtypes.get(last)
                place = sites.get(site)
                name = op.name
                if place is not None and name in known and len(outputs) == 1 and dtype and array.nbytes <= small:
                    if len(inputs) == 2:
                        t, other = inputs
                        uid = t._uid
                        if uid < first:
                            uid = outside(t)
                        second = other._uid
                        if second < first:
                            second = outside(other)
                        ids: tuple[int, ...] = (uid, second)
                    else:
                        found = []
                        for t in inputs:
                            uid = t._uid
                            if uid < first:
                                uid = outside(t)
                            found.append(uid)
                        ids = tuple(found)
                    ops += 1
                    outputs[0]._uid = uid = new_id()
                    append((tensor_tag, uid, dtype, array.shape, array.tobytes()))
                    plain = plain_data(attrs) if attrs else NO_ATTRS
                    scope = self._details.scope(tapes) if scopes else 0
                    append((op_tag, seq, name, ids, (uid,), plain, place, tapes, on_path, stopped, call, "", scope))
                    continue
            elif kind == observe.BACKWARD:
                _, call, seq, upstream, contributions, totals = event
                if call is not here:
                    self._enter(lines.of_call(call))
                    here = call
                if not self._full:
                    self._line.hold(event, contributions, limit)
                    continue
                if len(upstream) == 1 and totals is contributions and upstream[0]._uid >= first:
                    sent = []
                    for g in contributions:
                        if g is None:
                            sent.append(0)
                        elif g.__class__ is EagerTensor and g._uid >= first:
                            sent.append(g._uid)
                        elif g.__class__ is EagerTensor and g._origin.__class__ is Op and g._array.nbytes <= small:
                            array = g._array
                            if array.dtype is not last:
                                last = array.dtype
                                dtype = dtypes.get(last)
                            if not dtype:
                                sent.append(gradient(g))
                                continue
                            g._uid = uid = new_id()
                            data = array.tobytes()
                            append((tensor_tag, uid, dtype, array.shape, data, "op", 0, None, g._origin.name))
                            sent.append(uid)
                        else:
                            sent.append(gradient(g))
                    sums = tuple(sent)
                    append((step_tag, call, seq, (upstream[0]._uid,), sums, sums))
                    continue
            elif kind == observe.NODE_RAN:
                tapes = (event[1],)
                if tapes != here:
                    self._enter(lines.of_tapes(tapes))
                    here = None
                if not self._full:
                    self._line.hold(event, (), limit)
                    continue
                made = tuple([0 if t is None else t._uid if t._uid >= first else outside(t) for t in event[3]])
                append(NodeRan(event[2], made))
                continue
            else:
                here = None
            self._take(event)
        self.ops += ops
        self.flush()
        if lines.newest.step != r.SETUP:
            self._points.time(lines.newest.step)

    def flush(self) -> None:
        """Hands what was translated to the writer."""
        if self._records:
            try:
                self._writer.append(self._step, self._records)
            finally:
                # What cannot be written at all must not keep back what comes after it.
                self._records.clear()

    def promote(self) -> None:
        """Records the steps that run now in full, those of whose details nothing was recorded from their beginning
        on. (Where these have become too many for the memory, nothing is changed.) So with their large values, as long
        as these are not above the limits of what is written."""
        self._promote_events()
        if self._writer.bytes_written < self._keeper.tenth_until or self._keeper.every:
            self._write_left(self._keeper.value_limit)

    def _write_left(self, largest: int) -> None:
        """Writes the values of the steps that run now that were left in memory, and those that will come."""
        found, staying = self.shelf.take(_LAST_VALUES, largest)
        for tensor, array in found:
            self._writer.add_value(tensor, array)
        self._tensors.write(self._at_begin)
        self._at_begin = []
        self._tensors.whole()
        for line in self._lines.all():
            if line.full and not line.values and line.step not in staying:
                self._writer.set_kept(line.step, "all")
            line.values = line.weights = True
        self._settle(self._line)

    def _promote_events(self) -> None:
        for line in self._lines.all():
            if line.full or line.held is None or line.scopes is None:
                continue
            self.flush()
            held, line.held, line.full = line.held, [], True
            details = self._details
            live, details.scopes = details.scopes, line.scopes
            self._settle(line)
            self._writer.set_kept(line.step, "all")
            self._catch_up()
            line.stale.clear()
            for event in held:
                details.write[event[0]](event)
            details.scopes = live
            self.flush()

    def end(self) -> None:
        """The recording ends: what there is in memory of the steps that run now is written, values up to a limit."""
        self._promote_events()
        self._write_left(_LAST_VALUES)

    def site_of_traceback(self, trace: Any) -> int:
        """The site at which an exception was raised (0 if no user frame is in it)."""
        return self._sites.of_traceback(trace)

    def site_of_frame(self, frame: Any) -> int:
        """The site at which code runs now (0 if no user frame is in it)."""
        return self._sites.of_running(frame)

    def failing(self, error: BaseException, trace: Any) -> int:
        """Writes the op at which the script was when it raised, unless it stands there, and returns its ``seq``; 0 if
        there is none. Called on the thread that raised."""
        self.promote()
        one: BaseException | None = error
        while one is not None:
            if self._details.raised[:2] == (id(one), str(one)):
                return self._details.raised[2]
            one = one.__cause__ or one.__context__
        found = find_failing(trace, str(error))
        if found is None:
            return 0
        seq = observe.next_seq()
        place = self.site_of_traceback(trace)
        self._enter(self._lines.of_thread(threading.get_ident()))
        if self._full:
            self._details.write_failed(seq, found.name, found.op, found.inputs, found.attrs, place, (), 0, str(error))
            self.flush()
        return seq if self._full else 0

    # -- steps and threads ---------------------------------------------------------------------------------------------

    def _enter(self, line: Line) -> None:
        """What comes next belongs to this line."""
        if line is not self._line or line.step != self._step:
            self.flush()
            self._settle(line)

    def _settle(self, line: Line) -> None:
        self._line, self._full = line, line.full
        self._step = self._tensors.step = self._points.step = line.step
        self._details.told = line.told
        self._tensors.values, self._tensors.weights = line.values, line.weights

    def _take(self, event: Event) -> None:
        """An event of any kind."""
        kind = event[0]
        line = self._line_of[kind](event)
        self._enter(line)
        if kind == observe.OP:
            self.ops += 1
        point = self._points.write.get(kind)
        if point is not None:
            point(event)
            if self._points.odd:
                self._meet_odd(line.step)
        detail = self._details.write.get(kind)
        if detail is None:
            return
        if self._full:
            detail(event)
            return
        if kind == observe.ASSIGNED:
            line.stale[self._tensors.variable(event[1])] = event[2], event[3]
        elif kind == observe.SCOPE_OPENED:
            self._details.scopes.opened(event)
        elif kind == observe.SCOPE_CLOSED:
            self._details.scopes.closed(event[1])
        elif kind == observe.FAILED:
            # Not the error itself: it holds the script's frames.
            event = (*event[:5], (id(event[5]), str(event[5])), *event[6:])
        made = (event[3],) if kind == observe.ASSIGNED else weights(event) if kind in _OF_UPDATES else ()
        line.hold(event, made, self.shelf.limit)

    def _meet_odd(self, step: int) -> None:
        """Keeps the first steps whole in which a target or a gradient is not finite: who made it so will be asked."""
        self._points.odd = False
        if step not in self._odd and len(self._odd) < _ODD_STEPS:
            self._odd.add(step)
            self._promote_events()
            if self._keeper.has_room(self._writer.bytes_written):
                self._write_left(self._keeper.value_limit)

    def _opens(self, event: Event) -> Line:
        _, tape, _, _, thread, parents, site, name, begun = event
        if not tape:
            return self._lines.of_thread(thread)
        line = self._lines.tape_opens(tape, thread, not parents)
        if not parents:
            self._begin_step(line, tape, self._sites.id_of(site), thread, name)
            self._want_slots(line.step, begun)
        return line

    def _begin_step(self, line: Line, tape: int, site: int, thread: int, name: str) -> None:
        self.flush()
        self._details.updates.begin_step(thread)
        self._stale.update(line.stale)
        step = self.steps
        self.steps += 1
        written = self._writer.bytes_written
        kept = "all" if self.keep_all else self._keeper.kept(step, written)
        if self._keeper.every:
            line.values = line.weights = True
        else:
            tensors = self._tensors
            line.values = tensors.thinning.begins(step, self.keep_all and written < self._keeper.tenth_until)
            line.weights = tensors.thinning_of_weights.begins(step, line.values)
            stride = self._keeper.stride(written)
            if line.weights and stride and tensors.thinning_of_weights.apart >= stride:
                kept = "all"
        unwritten = list(self._tensors.unwritten.values())
        if line.values and unwritten and self._keeper.has_room(written):
            self._tensors.write(unwritten)
            self._tensors.unwritten.clear()
            unwritten = []
        self._at_begin = unwritten
        line.begin(step, None if kept == "all" else self._details.scopes.copy())
        beside = self._lines.beside(line)
        self._writer.begin_step(step, tape, site, thread, name, kept, beside)
        self.shelf.running((step, *beside))
        self._enter(line)
        if line.full and self._stale:
            self._catch_up()

    def _want_slots(self, step: int, begun: int) -> None:
        """Says in time at which steps values of optimizers' slots are wanted: where those of other large tensors are
        written, as far as that is known, and always while the user looks on."""
        thinning = self._tensors.thinning
        if self.keep_all or self._keeper.every == 1 or (thinning.on and thinning.apart == 1):
            want_slots(begun, math.inf)
        else:
            every = self._keeper.every
            ahead = (every - step % every) % every if every else max(thinning.coming - step, 0)
            want_slots(begun + ahead, begun + ahead)

    def _catch_up(self) -> None:
        """Names the variables' versions as they are now, after steps whose assigns were not written."""
        for uid, (version, tensor) in self._stale.items():
            made = self._tensors.id_of(tensor)
            self._records.append(r.Assigned(uid, version, made, 0, "not kept", self._tensors.sites[uid]))
        self._stale.clear()
