"""The one writer of a recording.

Nothing reaches the file before ``commit``, and a commit is one transaction: whatever kills the process, the file holds
exactly the commits that had returned, and perhaps the one that was under way.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tapeview.trace.batch import ENCODER, Batch, Encoded, Versions, inner_ops, variable_row
from tapeview.trace.process import alive
from tapeview.trace.records import (
    SETUP,
    Assigned,
    BackwardStep,
    Failure,
    Frame,
    GradientStarted,
    Op,
    OpInfo,
    Output,
    Record,
    RunInfo,
    TapeOpened,
    Variable,
)
from tapeview.trace.schema import (
    APPLICATION_ID,
    INDEXES,
    KEPT,
    TABLES,
    USER_VERSION,
    VALUE_LIMIT,
    RecordingError,
    identify,
    sidecars,
)

__all__ = ["RecordingError", "Writer"]

_TAPE, _SITE, _FORWARD, _BACKWARD, _UPDATES, _KEPT = range(1, 7)
_CHECKPOINT_PAGES = 4000


class Writer:
    """Writes a new recording to ``path``, replacing an older recording there.

    Methods may be called from any thread. What they are given waits in memory until ``commit``, which may run in
    one thread while another goes on appending. In a forked child every method does nothing.

    Raises RecordingError if the file cannot be made, if ``path`` is something else than a recording, or if the
    recording there is still being written.
    """

    def __init__(self, path: Path, run: RunInfo) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._commit_lock = threading.Lock()
        self._batch = Batch()
        self._versions = Versions()
        self._sources: dict[tuple[str, str], int] = {}
        self._stacks: dict[tuple[Frame, ...], int] = {}
        self._op_infos: dict[str, OpInfo] = {}
        self._series: dict[tuple[str, str, int], int] = {}
        self._step = SETUP - 1
        self._row: list[Any] = []
        self._seq = 0
        self._in_call = False
        self._last_tensor = 0
        self._bytes = self._revision = 0
        self._finished = False
        self._disowned = False
        self._connection: sqlite3.Connection | None = None
        self._create(run)
        _WRITERS.add(self)

    @property
    def bytes_written(self) -> int:
        """Bytes of everything handed over so far, waiting or committed, without the file's own bookkeeping."""
        return self._bytes

    def add_source(self, path: str, text: str) -> int:
        """The id of this text of this file; the same pair always has the same id."""
        key = _text(path), _text(text)
        with self._guard() as batch:
            if batch is None:
                return 0
            if key not in self._sources:
                self._sources[key] = len(self._sources) + 1
                batch.add("source", (self._sources[key], *key))
                self._bytes += _size(key[1])
            return self._sources[key]

    def add_stack(self, frames: tuple[Frame, ...]) -> int:
        """The site id (from 1) of these frames, innermost first; the same frames have the same id. () gives 0."""
        with self._guard() as batch:
            if batch is None or not frames:
                return 0
            site = self._stacks.get(frames)
            if site is None:
                site = self._stacks[frames] = len(self._stacks) + 1
                data = ENCODER.encode(frames)
                batch.add("stack", (site, data))
                self._bytes += len(data)
            return site

    def add_op_info(self, info: OpInfo) -> None:
        """Tell about an op type. A later call with the same name replaces what was told."""
        with self._guard() as batch:
            if batch is not None and self._op_infos.get(info.name) != info:
                self._op_infos[info.name] = info
                batch.add("op_info", (_text(info.name), ENCODER.encode(info)))

    def append(self, step: int, records: Sequence[Record]) -> None:
        """Put records at the end of ``step``, which is the newest step or a new one.

        Raises ValueError if ``step`` or the tensors' ids go back, and TypeError or ValueError for what MessagePack
        cannot hold; then none of ``records`` is taken.
        """
        if not records or self._disowned:
            return
        encoded = Encoded(records)
        with self._guard() as batch:
            if batch is None:
                return
            if step < max(self._step, SETUP):
                raise ValueError(f"records of step {step} after those of step {self._step}")
            if encoded.first:
                if encoded.first <= self._last_tensor or encoded.last < encoded.first:
                    raise ValueError(f"tensor {encoded.first} after tensor {self._last_tensor}")
                self._last_tensor = encoded.last
            self._enter(step, batch)
            self._seq = encoded.into(batch, step, self._seq)
            self._bytes += sum(len(part[3]) for part in encoded.parts)
            self._summarize(step, records, encoded, batch)

    def add_value(self, tensor: int, array: np.ndarray) -> None:
        """Keep the bytes of a large tensor. The array must not change before the next commit has returned.

        Of one tensor the first value stays. Arrays beyond ``VALUE_LIMIT`` bytes are not kept.
        """
        with self._guard() as batch:
            if batch is not None and array.nbytes <= VALUE_LIMIT:
                batch.values.append((int(tensor), array))
                self._bytes += array.nbytes

    def add_series(self, name: str, kind: str, site: int) -> int:
        """The id of a series of points, ``kind`` "target", "variable" or "logged"; the same three have the same id."""
        key = _text(name), _text(kind), int(site)
        with self._guard() as batch:
            if batch is None:
                return 0
            if key not in self._series:
                self._series[key] = len(self._series) + 1
                batch.add("series", (self._series[key], *key))
            return self._series[key]

    def add_scalar(self, series: int, step: int, value: float) -> None:
        """Add a point to a series. The step begins with it, if it has not yet."""
        with self._guard() as batch:
            if batch is not None:
                if step > self._step:
                    self._enter(step, batch)
                batch.add("scalar", (int(series), int(step), float(value)))
                self._bytes += 16

    def add_output(self, output: Output) -> None:
        """Keep a piece of the script's output."""
        with self._guard() as batch:
            if batch is not None:
                text = _text(output.text)
                batch.add("output", (_text(output.stream), text, float(output.time), int(output.step)))
                self._bytes += _size(text)

    def add_failure(self, failure: Failure) -> None:
        """Keep an exception of the script, or a trouble of the recorder's own."""
        texts = [_text(text) for text in (failure.kind, failure.type, failure.message, failure.traceback)]
        with self._guard() as batch:
            if batch is not None:
                batch.add("failure", (*texts, int(failure.site), int(failure.step), _text(failure.op)))
                self._bytes += sum(map(_size, texts))

    def set_kept(self, step: int, kept: str) -> None:
        """Tell what was kept of a step: one of ``schema.KEPT``. A step nobody told about is "all".

        Raises ValueError for another word.
        """
        if kept not in KEPT:
            raise ValueError(f"kept is one of {', '.join(KEPT)}, not {kept!r}")
        with self._guard() as batch:
            if batch is None:
                return
            if step > self._step:
                self._enter(step, batch)
            if step == self._step:
                self._row[_KEPT] = kept
                batch.steps[step] = self._row
            else:
                batch.add("kept", (int(step), kept))

    def commit(self) -> None:
        """Write everything that waits, in one transaction.

        Raises RecordingError if that fails, say because the disk is full. Everything then waits on, and a later
        commit tries again.
        """
        if self._disowned:
            return
        with self._commit_lock:
            with self._lock:
                self._versions.flush(self._batch)
                batch, self._batch = self._batch, Batch()
                if self._row:
                    self._row = list(self._row)
            try:
                if batch:
                    self._write(batch)
            except BaseException as error:
                with self._lock:
                    self._batch = batch.put_before(self._batch)
                if isinstance(error, sqlite3.Error | OSError):
                    raise RecordingError(f"cannot write {self.path.name}: {error}") from error
                raise

    def finish(self, how: str, exit: int | None) -> None:
        """Say how the run ended (``RunInfo.how``, ``RunInfo.exit``), commit, and leave a single file behind.

        What is added and committed later, such as values somebody still asks for, gets into the file as well. While a
        reader has the file open, its ``-wal`` file can stay; it is then empty. Raises RecordingError as ``commit``
        does; ``finish`` can then be called again.
        """
        with self._guard() as batch:
            if batch is None:
                return
            batch.rows["end"] = [(_text(how), exit if exit is None else int(exit), time.time())]
            self._finished = True
        self.commit()

    def close(self) -> None:
        """Let go of the file without committing and without saying that the run ended."""
        with self._commit_lock:
            if self._connection is not None and not self._disowned:
                self._connection.close()
                self._connection = None

    @contextlib.contextmanager
    def _guard(self) -> Any:
        """The batch under its lock; None in a forked child, where a thread that is not there may hold the lock."""
        if self._disowned:
            yield None
        else:
            with self._lock:
                yield self._batch

    def _enter(self, step: int, batch: Batch) -> None:
        if step == self._step:
            batch.steps[step] = self._row
            return
        for passed in range(max(self._step + 1, 0), step):
            batch.steps[passed] = [passed, 0, 0, 0, 0, 0, KEPT[-1]]
        self._step = step
        self._seq = 0
        self._in_call = False
        self._row = batch.steps[step] = [step, 0, 0, 0, 0, 0, KEPT[0]]

    def _summarize(self, step: int, records: Sequence[Record], encoded: Encoded, batch: Batch) -> None:
        kinds, row = encoded.kinds, self._row
        row[_BACKWARD] += kinds.count(BackwardStep)
        ops = kinds.count(Op)
        if ops:
            inner = 0
            if self._in_call:
                inner = inner_ops(records, encoded, 0)
            elif GradientStarted in kinds:
                inner = inner_ops(records, encoded, kinds.index(GradientStarted))
            row[_FORWARD] += ops - inner
            row[_BACKWARD] += inner
        self._in_call = self._in_call or GradientStarted in kinds
        for place in encoded.each(Assigned):
            row[_UPDATES] += 1
            assigned = records[place]
            assert isinstance(assigned, Assigned)
            self._versions.saw(step, assigned, batch)
        for place in encoded.each(Variable):
            variable = records[place]
            assert isinstance(variable, Variable)
            batch.add("variable", variable_row(step, variable))
        if not row[_TAPE]:
            for place in encoded.each(TapeOpened):
                opened = records[place]
                assert isinstance(opened, TapeOpened)
                row[_TAPE], row[_SITE] = opened.tape, opened.site
                break

    def _create(self, run: RunInfo) -> None:
        try:
            self._make_room()
            self._connection = connection = self._open()
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {USER_VERSION}")
            connection.execute("BEGIN")
            for statement in (*TABLES.values(), *INDEXES):
                connection.execute(statement)
            argv = json.dumps([_text(word) for word in run.argv], ensure_ascii=False)
            texts = [_text(text) for text in (run.tapeview, run.python, run.framework, run.script, argv, run.cwd)]
            numbers = run.pid, run.started, run.ended, run.exit
            connection.execute(
                "INSERT INTO run VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*texts, *numbers, _text(run.how))
            )
            connection.execute("COMMIT")
            self._prepare(connection)
        except (sqlite3.Error, OSError) as error:
            if self._connection is not None:
                self._connection.close()
            raise RecordingError(f"cannot write a recording to {self.path}: {error}") from error

    def _make_room(self) -> None:
        """Remove an older recording from our path, and nothing else."""
        if not self.path.exists():
            for leftover in sidecars(self.path):
                leftover.unlink(missing_ok=True)
            return
        if not self.path.is_file():
            raise RecordingError(f"{self.path} is not a file, so no recording can be written there")
        if self.path.stat().st_size:
            if identify(self.path) is None:
                raise RecordingError(f"{self.path} exists and is not a recording, so it is left alone")
            pid = self._pid_of_writer()
            if pid is not None:
                raise RecordingError(f"{self.path} is being written by process {pid}")
        for old in (*sidecars(self.path), self.path):
            old.unlink(missing_ok=True)

    def _pid_of_writer(self) -> int | None:
        """The process that is writing the recording at our path; None if that ended or cannot be told."""
        try:
            with contextlib.closing(sqlite3.connect(self.path.resolve().as_uri() + "?mode=ro", uri=True)) as connection:
                pid, started, ended = connection.execute("SELECT pid, started, ended FROM run").fetchone()
            return int(pid) if ended is None and pid != os.getpid() and alive(pid, started) else None
        except (sqlite3.Error, TypeError, ValueError):
            return None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=5.0)

    @staticmethod
    def _prepare(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    def _write(self, batch: Batch) -> None:
        if self._connection is None:
            if not self.path.exists():
                raise FileNotFoundError(2, "the file is gone")
            self._connection = self._open()
            self._prepare(self._connection)
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for sql, rows in batch.tables(self._revision + 1):
                connection.executemany(sql, rows)
            connection.execute("COMMIT")
            self._revision += 1
        except BaseException:
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise
        if self._finished:
            self._settle(connection)

    def _settle(self, connection: sqlite3.Connection) -> None:
        """Move everything from the log into the file and let go of it; an open reader may prevent that the log goes."""
        with contextlib.suppress(sqlite3.Error):
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        self._connection = None


def _text(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates, from undecodable file names) written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8"))


_WRITERS: weakref.WeakSet[Writer] = weakref.WeakSet()
_INHERITED: list[sqlite3.Connection] = []


def _forked() -> None:
    """In a forked child: never touch the parent's file, not even by closing it: that would disturb its locks."""
    for writer in list(_WRITERS):
        writer._disowned = True
        if writer._connection is not None:
            _INHERITED.append(writer._connection)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
