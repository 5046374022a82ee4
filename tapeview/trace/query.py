"""Reading a recording, finished or still growing."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np

from tapeview.trace import names, values
from tapeview.trace.chunks import Chunks
from tapeview.trace.database import Database
from tapeview.trace.decode import read
from tapeview.trace.figures import Figures
from tapeview.trace.graphs import Graphs
from tapeview.trace.process import alive
from tapeview.trace.records import SETUP, Failure, Frame, OpInfo, Output, RunInfo, Stats, Tensor, Variable
from tapeview.trace.schema import KEPT, RecordingError
from tapeview.trace.series import Scalars, Series
from tapeview.trace.step import GradientCall, Position, Step, TapeView, build_step
from tapeview.trace.stored import StoredValues
from tapeview.trace.variables import Variables, VariableState, variable_states

__all__ = [
    "GradientCall",
    "Position",
    "Recording",
    "RecordingError",
    "Series",
    "SourceFile",
    "Step",
    "StepInfo",
    "TapeView",
    "VariableState",
]

_FRAMES = msgspec.msgpack.Decoder(tuple[Frame, ...])
_OP_INFO = msgspec.msgpack.Decoder(OpInfo)
_STATES = {"finished": "finished", "failed": "failed", "stopped": "stopped", "killed": "killed"}
_RECORDS_CACHED = 100_000
_GAP = 100_000


class StepInfo(msgspec.Struct, frozen=True, gc=False):
    """A step at a glance: its first tape and where that was opened, its positions by phase, what was kept of it.

    ``thread`` is Python's ident of the thread that opened the tape and ``thread_name`` its name; 0 and "" if unknown,
    as in older recordings. ``began`` is the newest tensor's id at that moment, -1 if unknown.
    """

    step: int
    tape: int
    site: int
    forward: int
    backward: int
    updates: int
    kept: str
    thread: int = 0
    thread_name: str = ""
    began: int = -1


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A user file as it was when the script ran."""

    id: int
    path: str
    text: str


class Recording:
    """A recording opened for reading; usable from several threads.

    ``open`` raises RecordingError for what is not a readable recording. After that nothing raises because a file is
    damaged: what cannot be read is missing, and ``warnings`` says so.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.path = database.path
        self._chunks = Chunks(database)
        self._scalars = Scalars(database)
        self._stored = StoredValues(database)
        self._variables = Variables(database)
        self.figures = Figures(database)
        """What the script drew."""
        self.graphs = Graphs(database)
        """The deferred graphs, and which of the steps are runs of them."""
        self._steps: OrderedDict[int, Step] = OrderedDict()
        self._held = 0
        self._infos: list[StepInfo] = []
        self._setup = StepInfo(SETUP, 0, 0, 0, 0, 0, KEPT[0])
        self._revision = -1
        known = database.has("step", "began")
        self._later = "thread, thread_name, began" if known else "0, '', -1"
        self._frames: dict[int, tuple[Frame, ...]] = {}
        self._sources: dict[int, SourceFile] = {}
        self._op_infos: dict[str, OpInfo | None] = {}
        self._shown: Mapping[str, Series] | None = None
        self._training: Mapping[str, Mapping[str, Series]] | None = None
        self._grew = False
        self.run = RunInfo("", "", "", "", (), "", 0, 0.0)
        self._load()

    @classmethod
    def open(cls, path: Path) -> Recording:
        """Open the recording at ``path``. Raises RecordingError, whose message is one sentence for the user."""
        database = Database(Path(path))
        try:
            return cls(database)
        except BaseException:
            database.close(tidy=False)
            raise

    def close(self) -> None:
        """Let go of the file. What was read stays readable, the rest is not."""
        self.database.close(tidy=self._grew and self.run.ended is not None)

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def warnings(self) -> Sequence[str]:
        """What could not be read so far, one sentence each."""
        return self.database.warnings

    @property
    def state(self) -> str:
        """How the run stands: "running", "finished", "failed", "stopped" or "killed" (it never said that it ended)."""
        run = self.run
        if run.how == "breakpoint":
            return "stopped"
        if run.how == "exited":
            return "failed" if run.exit else "finished"
        if run.how or run.ended is not None:
            return _STATES.get(run.how, "finished")
        return "running" if self.database.has_log() and alive(run.pid, run.started) else "killed"

    @property
    def step_count(self) -> int:
        """The number of steps, without SETUP."""
        return len(self._infos)

    def refresh(self) -> bool:
        """Take in what was committed since. True if there was anything; nearly free if not."""
        if not self.database.changed():
            return False
        with self.database.lock:
            self._grew = True
            self._load()
        return True

    def step_info(self, step: int) -> StepInfo:
        """The summary of a step (or of SETUP). Raises IndexError if there is none."""
        if step == SETUP:
            return self._setup
        if step < 0:
            raise IndexError(step)
        return self._infos[step]

    def step_infos(self) -> Sequence[StepInfo]:
        """The summaries of all steps, without SETUP; number n stands at place n."""
        return tuple(self._infos)

    def step(self, step: int) -> Step:
        """A step (or SETUP), decoded and indexed. Raises IndexError if there is none."""
        self.step_info(step)
        with self.database.lock:
            if step not in self._steps:
                self._steps[step] = built = build_step(step, self._chunks.records(step))
                self._held += len(built.records)
                while self._held > _RECORDS_CACHED and len(self._steps) > 1:
                    self._held -= len(self._steps.popitem(last=False)[1].records)
            self._steps.move_to_end(step)
            return self._steps[step]

    def tensor(self, id: int) -> Tensor:
        """The record of a tensor. Raises KeyError if it is not in the file, say because its step was not kept."""
        tensor = self._chunks.tensor(id)
        if tensor is None:
            raise KeyError(id)
        return tensor

    def value(self, id: int) -> np.ndarray | None:
        """A tensor's value, read-only, as shape and dtype in its record say; None if it was not kept."""
        tensor = self._chunks.tensor(id)
        if tensor is None:
            return None
        data = tensor.data if tensor.data is not None else self._stored.value(tensor)
        if data is None:
            return None
        try:
            return values.from_bytes(data, tensor.dtype, tensor.shape)
        except ValueError as error:
            self.database.warn(f"the value of tensor {id} is damaged: {error}")
            return None

    def value_kept(self, id: int) -> bool:
        """Whether `value` would find a tensor's value, without reading it."""
        tensor = self._chunks.tensor(id)
        if tensor is None:
            return False
        return tensor.data is not None or self._stored.found(tensor)

    def stats(self, id: int) -> Stats | None:
        """A tensor's statistics, as recorded or from its value; None if neither was kept."""
        tensor = self._chunks.tensor(id)
        if tensor is not None and tensor.stats is not None:
            return tensor.stats
        value = self.value(id)
        return None if value is None else values.statistics(value)

    def frames(self, site: int) -> tuple[Frame, ...]:
        """The user frames of a call site, innermost first; empty if it is unknown."""
        if site <= 0:
            return ()
        if site not in self._frames:
            rows = self.database.readable("SELECT frames FROM stack WHERE id = ?", (site,), "call sites")
            frames = read(_FRAMES, rows[0][0]) if rows else None
            if frames is None:
                if rows:
                    self.database.warn(f"call site {site} is damaged")
                return ()
            self._frames[site] = frames
        return self._frames[site]

    def source(self, file: int) -> SourceFile:
        """A source file; with an empty path and text if it is not in the recording."""
        if file not in self._sources:
            sql = "SELECT path, text FROM source WHERE id = ?"
            rows = self.database.readable(sql, (file,), "source files")
            if not rows or not all(isinstance(text, str) for text in rows[0]):
                return SourceFile(file, "", "")
            self._sources[file] = SourceFile(file, *rows[0])
        return self._sources[file]

    def sources(self) -> Sequence[SourceFile]:
        """All source files, the script first."""
        files = (
            self.source(row[0])
            for row in self.database.readable("SELECT id FROM source ORDER BY id", (), "source files")
        )
        return [file for file in files if file.path]

    def op_info(self, op: str) -> OpInfo | None:
        """What the framework told about an op type; None if it told nothing."""
        if op not in self._op_infos:
            rows = self.database.readable("SELECT info FROM op_info WHERE name = ?", (op,), "op types")
            self._op_infos[op] = read(_OP_INFO, rows[0][0]) if rows else None
        return self._op_infos[op]

    def variables_at(self, step: int, position: int) -> Sequence[VariableState]:
        """Every variable as it is when the event at ``position`` has just happened; a step without positions counts
        whole.

        Raises IndexError if there is no such step.
        """
        with self.database.lock:
            here = self.step(step)
            before = self._variables.before(step, self.step_info(step).began)
            return variable_states(
                self._variables.created, before, here, position, lambda variable: names.variable_name(self, variable)
            )

    def variables(self) -> Mapping[int, Variable]:
        """All variables there ever were, by id."""
        return {id: variable for id, (_, variable) in self._variables.created.items()}

    def variable_births(self) -> Mapping[int, tuple[int, Variable]]:
        """All variables there ever were, by id, each with the step in which it was made."""
        return self._variables.created

    def scalars(self) -> Mapping[str, Series]:
        """The series of the user's program by the name under which they are shown; see `trace.series`."""
        with self.database.lock:
            if self._shown is None:
                self._shown = self._scalars.shown(
                    lambda name, kind, site: names.series_name(self, name, kind, site),
                    lambda site: next((frame.line for frame in self.frames(site)), 0),
                )
            return self._shown

    def training(self) -> Mapping[str, Mapping[str, Series]]:
        """What the training is watched by, kind by kind of `trace.series.TRAINING`: the series by their names."""
        with self.database.lock:
            if self._training is None:
                known = self.variables()
                self._training = self._scalars.training(
                    lambda name, variable: names.variable_name(self, known[variable]) if variable in known else name
                )
            return self._training

    def output(self, after: int = 0) -> Sequence[tuple[int, Output]]:
        """What the script wrote, as (row, piece) pairs, from behind row ``after`` on."""
        sql = "SELECT id, stream, text, time, step FROM output WHERE id > ? ORDER BY id"
        return [
            (row, Output(_str(stream), _str(text), _float(time), _int(step)))
            for row, stream, text, time, step in self.database.readable(sql, (after,), "the output")
        ]

    def failures(self) -> Sequence[Failure]:
        """The exceptions that were recorded, in order."""
        sql = "SELECT kind, type, message, traceback, site, step, op FROM failure ORDER BY id"
        return [
            Failure(_str(kind), _str(type), _str(message), _str(trace), _int(site), _int(step), _str(op))
            for kind, type, message, trace, site, step, op in self.database.readable(sql, (), "failures")
        ]

    def _load(self) -> None:
        try:
            with self.database.snapshot():
                self._load_run()
                self._load_infos()
                self._variables.refresh()
                self.graphs.refresh()
                if self._scalars.refresh():
                    self._shown = self._training = None
        except RecordingError as error:
            self.database.warn(str(error))
        self._op_infos = {name: info for name, info in self._op_infos.items() if info is not None}

    def _load_run(self) -> None:
        columns = "tapeview, python, framework, script, argv, cwd, pid, started, ended, exit, how"
        rows = self.database.readable(f"SELECT {columns} FROM run WHERE id = 1", (), "the run")
        if not rows:
            self.database.warn("nothing is known about the run")
            return
        tapeview, python, framework, script, argv, cwd, pid, started, ended, exit, how = rows[0]
        try:
            words = tuple(str(word) for word in json.loads(_str(argv)))
        except (ValueError, TypeError, RecursionError):
            words = ()
        self.run = RunInfo(
            _str(tapeview),
            _str(python),
            _str(framework),
            _str(script),
            words,
            _str(cwd),
            _int(pid),
            _float(started),
            ended if isinstance(ended, float) else None,
            exit if isinstance(exit, int) else None,
            _str(how),
        )

    def _load_infos(self) -> None:
        sql = (
            f"SELECT revision, step, tape, site, forward, backward, updates, kept, {self._later} FROM step "
            "WHERE revision > ? ORDER BY step"
        )
        known = self._revision
        for row in self.database.scan(sql, (known,), "the list of steps"):
            revision, step, tape, site, forward, backward, updates, kept, thread, name, began = row
            if not all(isinstance(number, int) for number in (*row[:7], thread, began)):
                self.database.warn("rows of the list of steps are damaged and left out")
                continue
            self._revision = max(self._revision, revision)
            kept = kept if kept in KEPT else KEPT[0]
            info = StepInfo(step, tape, site, forward, backward, updates, kept, thread, _str(name), began)
            changed = self._steps.pop(info.step, None)
            self._held -= len(changed.records) if changed is not None else 0
            if info.step == SETUP:
                self._setup = info
            elif 0 <= info.step < len(self._infos):
                self._infos[info.step] = info
            elif len(self._infos) <= info.step < len(self._infos) + _GAP:
                passed = range(len(self._infos), info.step)
                if passed:
                    self.database.warn(f"nothing is known about steps {passed[0]} to {passed[-1]}")
                self._infos += [StepInfo(empty, 0, 0, 0, 0, 0, KEPT[-1]) for empty in passed]
                self._infos.append(info)
            else:
                self.database.warn(f"step {info.step} cannot be: there are {len(self._infos)}")


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _float(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
