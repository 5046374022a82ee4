"""Does a recording hold together? Everything in it is read once and compared with everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tapeview.trace import values
from tapeview.trace.database import Database
from tapeview.trace.decode import Decoded, decode_chunk
from tapeview.trace.graph_records import NodeRan, RunFinished, RunStarted
from tapeview.trace.query import Recording, RecordingError
from tapeview.trace.records import (
    SETUP,
    Assigned,
    BackwardStep,
    Exit,
    GradientFinished,
    GradientStarted,
    Op,
    Record,
    ScopeClosed,
    ScopeOpened,
    TapeClosed,
    TapeOpened,
    Tensor,
    Variable,
    Watched,
)
from tapeview.trace.schema import CHUNK_LIMIT, KEPT, PIECE, VALUE_LIMIT
from tapeview.trace.update_records import Applied, Outside

_MOST_PROBLEMS = 200
_VALUES_AT_ONCE = 1000


def check(path: Path) -> list[str]:
    """What is wrong with the recording at ``path``, one sentence each; empty if nothing is.

    Looks at SQLite's own integrity check, checksums, counts, and whether everything that a record mentions exists.
    Never raises for what a file holds.
    """
    try:
        recording = Recording.open(path)
    except RecordingError as error:
        return [str(error)]
    with recording:
        checker = _Checker(recording)
        try:
            checker.run()
        except RecordingError as error:
            checker.say(str(error))
        for warning in recording.warnings:
            checker.say(warning)
        return checker.problems


class _Checker:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.database: Database = recording.database
        self.problems: list[str] = []
        self._seen: set[str] = set()
        self.tensors: dict[int, tuple[str, tuple[int, ...]]] = {}
        self.variables: set[int] = set()
        self.tapes: set[int] = set()
        self.ops: dict[int, tuple[int, int]] = {}
        self.calls: dict[int, GradientStarted] = {}
        self.sites: set[int] = set()
        self.scopes: set[int] = set()
        self.graph_of: dict[str, int] = {}
        self._valued: list[tuple[int, str]] = []

    def say(self, problem: str) -> None:
        """Note a problem, once."""
        problem = " ".join(problem.split())
        if problem not in self._seen and len(self.problems) < _MOST_PROBLEMS:
            self._seen.add(problem)
            self.problems.append(problem)

    def run(self) -> None:
        for line in self.database.integrity():
            self.say(f"SQLite: {line}")
        self._sites()
        self._graphs()
        self._chunks()
        for value, name in self._valued:
            self._known(self.tensors, (value,), "tensor", name)
        self._values()
        self._points()
        self._figures()

    def _sites(self) -> None:
        files = {file.id for file in self.recording.sources()}
        for (site,) in self.database.scan("SELECT id FROM stack ORDER BY id", (), "call sites"):
            self.sites.add(site)
        for site in sorted(self.sites):
            for frame in self.recording.frames(site):
                if frame.file not in files:
                    self.say(f"call site {site} is in source file {frame.file}, which is not there")

    def _chunks(self) -> None:
        sql = (
            "SELECT step, seq, count, first_tensor, last_tensor, crc, "
            f"CASE WHEN length(data) <= {CHUNK_LIMIT} THEN data END FROM chunk ORDER BY id"
        )
        newest = 0
        seqs: dict[int, int] = {}
        counts: dict[int, list[int]] = {SETUP: [0, 0, 0]}
        # In the order in which they were written: steps of several threads may run side by side.
        for here, seq, count, first, last, crc, data in self.database.scan(sql, (), "records"):
            where = f"step {here}, chunk {seq}"
            if not all(isinstance(number, int) for number in (here, seq, count, first, last)):
                self.say(f"{where}: its row is damaged")
                continue
            expected = seqs.get(here, 0)
            if seq != expected:
                self.say(f"{where}: chunk {expected} is missing")
            seqs[here] = seq + 1
            decoded = decode_chunk(data, crc)
            self._decoded(decoded, where, count)
            ids = [record.id for record in decoded.records if isinstance(record, Tensor)]
            if not (decoded.error or decoded.unknown or decoded.damaged):
                if (first, last) != ((ids[0], ids[-1]) if ids else (0, 0)):
                    self.say(f"{where}: it is said to hold tensors {first} to {last}, which is not so")
                if ids and (ids[0] <= newest or any(after <= id for id, after in pairwise(ids))):
                    self.say(f"{where}: the ids of tensors do not grow")
            newest = max([newest, *ids])
            for record in decoded.records:
                self._record(record, f"step {here}", counts.setdefault(here, [0, 0, 0]))
        for step, found in counts.items():
            self._compare_counts(step, found)

    def _decoded(self, decoded: Decoded, where: str, count: object) -> None:
        if decoded.error:
            self.say(f"{where}: {count} records cannot be read because {decoded.error}")
            return
        if decoded.unknown:
            self.say(f"{where}: {decoded.unknown} records are of a kind this tapeview does not know")
        if decoded.damaged:
            self.say(f"{where}: {decoded.damaged} records are damaged")
        found = len(decoded.records) + decoded.unknown + decoded.damaged
        if found != count:
            self.say(f"{where}: {found} records where {count} are said to be")

    def _compare_counts(self, step: int, counts: list[int]) -> None:
        try:
            info = self.recording.step_info(step)
        except IndexError:
            self.say(f"step {step} has records but no row in the list of steps")
            return
        said = [info.forward, info.backward, info.updates]
        if said != counts and info.kept == KEPT[0]:
            self.say(f"step {step}: forward, backward and update positions are {counts}, but {said} are said to be")

    def _record(self, record: Record, where: str, counts: list[int]) -> None:
        if isinstance(record, Tensor):
            self._tensor(record, where)
        elif isinstance(record, Op):
            counts[1 if record.call else 0] += 1
            name = f"{where}: op {record.seq} ({record.op[:40]})"
            self._known(self.tensors, (*record.inputs, *record.outputs), "tensor", name)
            self._known(self.tapes, record.tapes, "tape", name)
            if record.call:
                self._known(self.calls, (record.call,), "gradient call", name)
            if record.seq in self.ops:
                self.say(f"{name}: its number is that of an earlier op")
            self._known(self.scopes, (record.scope,), "scope", name)
            if record.error and record.outputs:
                self.say(f"{name}: it raised and has outputs all the same")
            self.ops[record.seq] = len(record.inputs), len(record.outputs)
            self._site(record.site, name)
        elif isinstance(record, BackwardStep):
            counts[1] += 1
            self._backward(record, where)
        elif isinstance(record, Assigned):
            counts[2] += 1
            name = f"{where}: an update of variable {record.variable}"
            self._known(self.variables, (record.variable,), "variable", name)
            tensors = record.tensor, record.previous, record.gradient, record.operand
            self._known(self.tensors, tensors, "tensor", name)
            self._site(record.site, name)
        elif isinstance(record, Applied):
            name = f"{where}: a step of an optimizer ({record.rule[:40]})"
            slots = [tensor for several in record.slots for _, tensor in several]
            self._known(self.variables, record.variables, "variable", name)
            self._known(self.tensors, (*record.gradients, *record.given, *slots), "tensor", name)
        elif isinstance(record, Outside):
            name = f"{where}: op {record.op[:40]} of an update"
            self._known(self.tensors, (*record.inputs, *record.outputs), "tensor", name)
            self._site(record.site, name)
        elif isinstance(record, Variable):
            self.variables.add(record.id)
            self._site(record.site, f"{where}: variable {record.id}")
        elif isinstance(record, TapeOpened):
            self._known(self.tapes, record.parents, "tape", f"{where}: tape {record.tape}")
            self.tapes.add(record.tape)
            self._site(record.site, f"{where}: tape {record.tape}")
        elif isinstance(record, TapeClosed):
            self._known(self.tapes, (record.tape,), "tape", f"{where}: the end of a tape")
        elif isinstance(record, Watched):
            name = f"{where}: a watch of tape {record.tape}"
            self._known(self.tapes, (record.tape,), "tape", name)
            self._known(self.tensors, (record.tensor,), "tensor", name)
            self._known(self.variables, (record.variable,), "variable", name)
        elif isinstance(record, Exit):
            self._known(self.tensors, (record.tensor,), "tensor", f"{where}: an exit")
        elif isinstance(record, ScopeOpened):
            self._known(self.scopes, (record.parent,), "scope", f"{where}: scope {record.scope}")
            self.scopes.add(record.scope)
            self._site(record.site, f"{where}: scope {record.scope}")
        elif isinstance(record, ScopeClosed):
            self._known(self.scopes, (record.scope,), "scope", f"{where}: the end of a scope")
        elif isinstance(record, RunStarted | NodeRan | RunFinished):
            self._run(record, where)
        else:
            self._gradient(record, where)

    def _graphs(self) -> None:
        """Nodes stand behind those that they read, but for what was wired up later."""
        graphs = self.recording.graphs
        for graph in graphs.numbers:
            for node in graphs.nodes(graph):
                name = f"node {node.number} of graph {graph} ({node.name[:40]})"
                self._site(node.site, name)
                self._valued.append((node.value, name))
                wanted = {*(source for source, _ in node.inputs), *node.controls, node.serves} - {0}
                for missing in sorted(number for number in wanted if graphs.node(graph, number) is None):
                    self.say(f"{name}: it mentions node {missing}, which is not there")
        for run in graphs.runs.values():
            self._site(run.site, f"run {run.run}")
            if not SETUP < run.step < self.recording.step_count:
                self.say(f"run {run.run} is said to be step {run.step}, which is not there")

    def _run(self, record: RunStarted | NodeRan | RunFinished, where: str) -> None:
        """Records of a run of a deferred graph; the nodes that ran are those of the graph that the step said last."""
        if isinstance(record, RunStarted):
            self.graph_of[where] = record.graph
            name = f"{where}: run {record.run}"
            self._site(record.site, name)
            self._known(self.tensors, (fed.tensor for fed in record.fed), "tensor", name)
            self._nodes(record.graph, (fed.node for fed in record.fed), name)
        elif isinstance(record, NodeRan):
            name = f"{where}: node {record.node} ran"
            self._known(self.tensors, record.outputs, "tensor", name)
            self._nodes(self.graph_of.get(where, 0), (record.node,), name)
        else:
            self._known(self.tensors, (one.tensor for one in record.results), "tensor", f"{where}: the end of a run")

    def _nodes(self, graph: int, numbers: Iterable[int], where: str) -> None:
        for number in numbers:
            if self.recording.graphs.node(graph, number) is None:
                self.say(f"{where}: it mentions node {number} of graph {graph}, which is not there")

    def _tensor(self, record: Tensor, where: str) -> None:
        name = f"{where}: tensor {record.id}"
        self.tensors[record.id] = record.dtype, record.shape
        self._known(self.variables, (record.variable,), "variable", name)
        if record.data is not None and values.byte_count(record.dtype, record.shape) != len(record.data):
            self.say(f"{name}: {len(record.data)} bytes do not fit {record.dtype[:40]} of shape {record.shape[:8]}")

    def _backward(self, record: BackwardStep, where: str) -> None:
        name = f"{where}: the rule of op {record.op}"
        self._known(self.calls, (record.call,), "gradient call", name)
        self._known(self.tensors, (*record.upstream, *record.contributions, *record.totals), "tensor", name)
        if record.op not in self.ops:
            self.say(f"{name}: there is no such op")
            return
        inputs, outputs = self.ops[record.op]
        if (len(record.upstream), len(record.contributions), len(record.totals)) != (outputs, inputs, inputs):
            self.say(f"{name}: it does not have as many gradients as the op has inputs and outputs")

    def _gradient(self, record: GradientStarted | GradientFinished, where: str) -> None:
        name = f"{where}: gradient call {record.call}"
        if isinstance(record, GradientStarted):
            self.calls[record.call] = record
            self._known(self.tapes, (record.tape,), "tape", name)
            self._known(self.tensors, (*record.targets, *record.seeds), "tensor", name)
            self._known(self.tensors, (source.tensor for source in record.sources), "tensor", name)
            self._known(self.variables, (source.variable for source in record.sources), "variable", name)
            self._site(record.site, name)
            return
        self._known(self.tensors, (result.tensor for result in record.results), "tensor", name)
        self._known(self.ops, (result.break_op for result in record.results), "op", name)
        started = self.calls.get(record.call)
        if started is None:
            self.say(f"{name}: it ends without having begun")
        elif not record.error and len(record.results) != len(started.sources):
            self.say(f"{name}: {len(record.results)} results for {len(started.sources)} sources")

    def _known(self, known: dict[int, Any] | set[int], ids: Iterable[int], what: str, where: str) -> None:
        for id in ids:
            if id and id not in known:
                self.say(f"{where}: it mentions {what} {id}, which is not there")

    def _site(self, site: int, where: str) -> None:
        if site and site not in self.sites:
            self.say(f"{where}: it mentions call site {site}, which is not there")

    def _values(self) -> None:
        for tensor, size, crc in self._value_rows():
            if tensor not in self.tensors:
                self.say(f"there is a value of tensor {tensor}, which is not there")
                continue
            dtype, shape = self.tensors[tensor]
            if size != values.byte_count(dtype, shape):
                self.say(f"tensor {tensor}: {size} bytes do not fit {dtype[:40]} of shape {shape[:8]}")
            elif isinstance(size, int) and size <= VALUE_LIMIT:
                data = self.database.value(tensor)
                if not isinstance(data, bytes) or values.checksum(data) != crc:
                    self.say(f"tensor {tensor}: the checksum of its value does not match")

        self._pieces()

    def _pieces(self) -> None:
        """The pieces of a value follow each other; the last ones may be missing, for who asked may have given up."""
        if not self.database.has("piece"):
            return
        totals: dict[int, tuple[int, int]] = {}
        sql = "SELECT id, tensor, number, length(data), crc, CASE WHEN length(data) <= ? THEN data END FROM piece "
        for _, tensor, number, size, crc, data in self.database.scan(sql + "ORDER BY id", (PIECE,), "pieces of values"):
            name = f"tensor {tensor}, piece {number} of its value"
            if tensor not in self.tensors:
                self.say(f"{name}: there is no such tensor")
                continue
            dtype, shape = self.tensors[tensor]
            before, total = totals.get(tensor, (-1, 0))
            if not isinstance(data, bytes) or values.checksum(data) != crc:
                self.say(f"{name}: its checksum does not match")
            elif number != before + 1:
                self.say(f"{name}: a piece before it is missing")
            elif total + size > (values.byte_count(dtype, shape) or 0):
                self.say(f"{name}: it does not fit {dtype[:40]} of shape {shape[:8]}")
            totals[tensor] = number, total + (size if isinstance(size, int) else 0)

    def _value_rows(self) -> Iterator[tuple[Any, ...]]:
        """(tensor, length, checksum) of all values, some at a time, so that no query runs long."""
        after, more = -1, True
        while more:
            sql = (
                f"SELECT tensor, length(data), crc FROM value WHERE tensor > ? ORDER BY tensor LIMIT {_VALUES_AT_ONCE}"
            )
            rows = self.database.rows(sql, (after,), "values")
            yield from rows
            more = len(rows) == _VALUES_AT_ONCE
            after = rows[-1][0] if rows else after

    def _points(self) -> None:
        shown = [*self.recording.scalars().items()]
        for kind in self.recording.training().values():
            shown += kind.items()
        for name, series in shown:
            self._site(series.site, f"series {name[:40]!r}")
            if len(series.steps) and not SETUP <= series.steps[0] <= series.steps[-1] < self.recording.step_count:
                self.say(f"series {name[:40]!r}: it has points at steps that are not there")
        for failure in self.recording.failures():
            self._site(failure.site, "a failure")
        for id, (step, _) in self.recording.variable_births().items():
            if id not in self.variables:
                self.say(f"variable {id} is said to be made in step {step}, which has no such record")

    def _figures(self) -> None:
        seen: set[int] = set()
        for row, figure in self.recording.figures.entries():
            where = f"entry {row} of the list of figures"
            self._site(figure.site, where)
            self._site(figure.made, where)
            if not SETUP <= figure.step < self.recording.step_count:
                self.say(f"{where}: it was drawn in step {figure.step}, which is not there")
            if figure.picture not in seen and self.recording.figures.picture(figure.picture) is None:
                self.say(f"{where}: its picture {figure.picture} is not there")
            seen.add(figure.picture)
