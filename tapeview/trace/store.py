"""The one writer of a recording.

Nothing reaches the file before ``commit``, and a commit is one transaction: whatever kills the process, the file holds
exactly the commits that had returned, and perhaps the one that was under way.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tapeview.trace.batch import ENCODER, Batch, encoded, put
from tapeview.trace.create import connect, create, start_log, storable
from tapeview.trace.figures import figure_row
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.graphs import names_text
from tapeview.trace.growing import GrowingSteps
from tapeview.trace.records import (
    Failure,
    Figure,
    Frame,
    OpInfo,
    Output,
    Record,
    RunInfo,
    Stored,
)
from tapeview.trace.schema import KEPT, TEXT_LIMIT, TEXT_PIECE, VALUE_LIMIT, RecordingError, sidecars
from tapeview.trace.values import checksum

__all__ = ["RecordingError", "Writer"]


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
        self._sources: dict[tuple[str, str], int] = {}
        self._stacks: dict[tuple[Frame, ...], int] = {}
        self._op_infos: dict[str, OpInfo] = {}
        self._series: dict[tuple[str, str, int, int], int] = {}
        self._pictures: dict[bytes, int] = {}
        self._steps = GrowingSteps()
        self._bytes = self._revision = 0
        self._finished = False
        self._disowned = False
        self._connection: sqlite3.Connection | None = create(self.path, run)
        _WRITERS.add(self)

    @property
    def bytes_written(self) -> int:
        """Bytes of everything handed over so far, waiting or committed, without the file's own bookkeeping.

        Pieces are not among them: how much is kept of a training does not depend on what somebody looked at.
        """
        return self._bytes

    def positions(self, step: int) -> int:
        """How many positions an open step has so far; 0 for one that is over or not there."""
        with self._lock:
            return self._steps.positions(step)

    def add_source(self, path: str, text: str) -> int:
        """The id of this text of this file; the same pair always has the same id."""
        key = storable(path), storable(text[: TEXT_LIMIT // 4])
        if self._disowned:
            return 0
        with self._lock:
            if key not in self._sources:
                self._sources[key] = len(self._sources) + 1
                self._batch.add("source", (self._sources[key], *key))
                self._bytes += _size(key[1])
            return self._sources[key]

    def add_stack(self, frames: tuple[Frame, ...]) -> int:
        """The site id (from 1) of these frames, innermost first; the same frames have the same id. () gives 0."""
        if self._disowned or not frames:
            return 0
        with self._lock:
            site = self._stacks.get(frames)
            if site is None:
                site = self._stacks[frames] = len(self._stacks) + 1
                data = ENCODER.encode(frames)
                self._batch.add("stack", (site, data))
                self._bytes += len(data)
            return site

    def add_op_info(self, info: OpInfo) -> None:
        """Tell about an op type. A later call with the same name replaces what was told."""
        if self._disowned:
            return
        with self._lock:
            if self._op_infos.get(info.name) != info:
                self._op_infos[info.name] = info
                self._batch.add("op_info", (storable(info.name), ENCODER.encode(info)))

    def add_node(self, node: GraphNode) -> None:
        """A node was added to a deferred graph."""
        if self._disowned:
            return
        data = ENCODER.encode(node)
        with self._lock:
            self._batch.add("node", (node.graph, node.number, data))
            self._bytes += len(data)

    def add_run(self, step: int, run: int, graph: int, nodes: int, site: int, fetches: Sequence[str]) -> None:
        """A step is run number ``run`` of a deferred graph, which then has ``nodes`` nodes; see `graphs.GraphRun`."""
        if self._disowned:
            return
        text = storable(names_text(fetches))
        with self._lock:
            self._batch.add("graph_run", (int(step), int(run), int(graph), int(nodes), int(site), text))
            self._bytes += len(text)

    def begin_step(
        self,
        step: int,
        tape: int = 0,
        site: int = 0,
        thread: int = 0,
        thread_name: str = "",
        kept: str = KEPT[0],
        beside: Collection[int] = (),
    ) -> None:
        """Begin a step: its first tape, where that was opened and by which thread, and what is kept of the step.

        The steps in ``beside`` go on beside it, for their tapes are open in other threads; all others are over.
        Raises ValueError if ``step`` is not a new one, or for a ``kept`` that is not one of ``schema.KEPT``.
        """
        _checked(kept)
        if self._disowned:
            return
        with self._lock:
            about = [int(tape), int(site), int(thread), storable(thread_name)]
            self._steps.begin(step, about, kept, beside, self._batch)

    def append(self, step: int, records: Sequence[Record | Stored]) -> None:
        """Put records at the end of ``step``, which is an open one, or a new one that ends all others.

        Raises ValueError if ``step`` is over or the tensors' ids go back, and TypeError or ValueError for what
        MessagePack cannot hold; then none of ``records`` is taken.
        """
        if self._disowned or not records:
            return
        parts = encoded(records)
        with self._lock:
            self._steps.take(step, parts, self._batch)
            self._bytes += sum([len(part.data) for part in parts])

    def add_value(self, tensor: int, array: np.ndarray) -> None:
        """Keep the bytes of a large tensor. The array must not change before the next commit has returned.

        Of one tensor the first value stays. Arrays beyond ``VALUE_LIMIT`` bytes are not kept.
        """
        if self._disowned or array.nbytes > VALUE_LIMIT:
            return
        with self._lock:
            self._batch.values.append((int(tensor), array))
            self._bytes += array.nbytes

    def add_series(self, name: str, kind: str, site: int, variable: int = 0) -> int:
        """The id of a series of points; the same four always have the same id. `trace.series` tells the kinds;
        ``variable`` is the id of the variable that "gradient" and "update" are about."""
        key = storable(name), storable(kind), int(site), int(variable)
        if self._disowned:
            return 0
        with self._lock:
            if key not in self._series:
                self._series[key] = len(self._series) + 1
                self._batch.add("series", (self._series[key], *key))
            return self._series[key]

    def add_scalar(self, series: int, step: int, value: float) -> None:
        """Add a point to a series. The step begins with it, if it has not yet."""
        if self._disowned:
            return
        point = int(series), int(step), float(value)
        with self._lock:
            if step > self._steps.newest:
                self._steps.enter(step, self._batch)
            self._batch.scalars.append(point)
            self._bytes += 16

    def add_output(self, output: Output) -> None:
        """Keep a piece of the script's output."""
        if self._disowned:
            return
        stream, text = storable(output.stream), storable(output.text)
        with self._lock:
            for start in range(0, len(text), TEXT_PIECE):
                piece = text[start : start + TEXT_PIECE]
                self._batch.add("output", (stream, piece, float(output.time), int(output.step)))
            self._bytes += _size(text)

    def add_failure(self, failure: Failure) -> None:
        """Keep an exception of the script, or a trouble of the recorder's own."""
        if self._disowned:
            return
        texts = [
            storable(text[:TEXT_PIECE]) for text in (failure.kind, failure.type, failure.message, failure.traceback)
        ]
        row = (*texts, int(failure.site), int(failure.step), storable(failure.op))
        with self._lock:
            self._batch.add("failure", row)
            self._bytes += sum(map(_size, texts))

    def add_figure(self, figure: Figure, data: bytes) -> None:
        """Keep a figure as it was drawn, and what is to be seen on it (`trace.picture.pack`). A picture that is there
        already is not written again; ``figure.picture`` does not count.
        """
        if self._disowned:
            return
        key = hashlib.blake2b(data, digest_size=16).digest()
        with self._lock:
            picture = self._pictures.get(key)
            if picture is None:
                picture = self._pictures[key] = len(self._pictures) + 1
                self._batch.add("picture", (picture, checksum(data), data))
                self._bytes += len(data)
            self._batch.add("figure", figure_row(figure, picture))

    def set_kept(self, step: int, kept: str) -> None:
        """Tell what was kept of a step: one of ``schema.KEPT``. A step nobody told about is "all".

        Raises ValueError for another word.
        """
        _checked(kept)
        if self._disowned:
            return
        with self._lock:
            if not self._steps.is_over(step):
                self._steps.set_kept(step, kept, self._batch)
            else:
                self._batch.add("kept", (int(step), kept))

    def commit(self) -> None:
        """Write everything that waits, in one transaction.

        Raises RecordingError if that fails, say because the disk is full. Everything then waits on, and a later
        commit tries again.
        """
        if self._disowned:
            return
        with self._commit_lock:
            with self._lock:
                self._steps.let_go(self._batch)
                batch, self._batch = self._batch, Batch()
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
        if self._disowned:
            return
        with self._lock:
            self._batch.rows["end"] = [(storable(how), exit if exit is None else int(exit), time.time())]
            self._finished = True
        self.commit()

    def close(self) -> None:
        """Let go of the file without committing and without saying that the run ended, if that was not said before."""
        if self._disowned:
            return
        with self._commit_lock:
            logged = self.path.exists() and any(file.exists() for file in sidecars(self.path))
            if self._connection is None and self._finished and logged:
                self._settle(connect(self.path))  # a reader was in the way when the run ended
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def pieces(self, tensor: int) -> int:
        """How many pieces of a value were written. Raises RecordingError as `add_piece` does."""
        with self._commit_lock:
            rows = self._execute("SELECT count(*) FROM piece WHERE tensor = ?", (int(tensor),))
        return int(rows[0][0])

    def add_piece(self, tensor: int, number: int, data: bytes) -> None:
        """Write a piece of a value that was not kept before, at once: pieces of ``schema.PIECE`` bytes, the last one
        shorter, numbered from 0 in order. One that is there already stays.

        Raises RecordingError if it cannot be written, or if the recording is closed.
        """
        if self._disowned:
            return
        row = int(tensor), int(number), checksum(data), data
        with self._commit_lock:
            self._execute("INSERT OR IGNORE INTO piece (tensor, number, crc, data) VALUES (?, ?, ?, ?)", row)

    def _execute(self, sql: str, row: tuple[Any, ...]) -> list[Any]:
        """Run a statement of its own, outside every batch."""
        if self._connection is None or self._finished:
            raise RecordingError(f"nothing can be added to {self.path.name} any more: its run is over")
        try:
            return self._connection.execute(sql, row).fetchall()
        except sqlite3.Error as error:
            raise RecordingError(f"cannot write {self.path.name}: {error}") from error

    def _write(self, batch: Batch) -> None:
        if self._connection is None:
            if not self.path.exists():
                raise FileNotFoundError(2, "the file is gone")
            self._connection = connect(self.path)
            start_log(self._connection)
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for sql, rows in batch.tables(self._revision + 1):
                put(connection, sql, rows)
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


def _checked(kept: str) -> None:
    if kept not in KEPT:
        raise ValueError(f"kept is one of {', '.join(KEPT)}, not {kept!r}")


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
