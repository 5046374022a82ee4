"""What a Writer holds between two commits: encoded chunks and rows, in the order in which they came."""

from __future__ import annotations

import sqlite3
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from tapeview.trace.records import (
    OP,
    SETUP,
    TENSOR,
    Assigned,
    BackwardStep,
    Op,
    Record,
    Stored,
    TapeOpened,
    Tensor,
    Variable,
)
from tapeview.trace.schema import CHUNK_LIMIT, CHUNK_RECORDS
from tapeview.trace.values import little_endian

Row = tuple[Any, ...]

INSERTS = {
    "source": "INSERT OR REPLACE INTO source VALUES (?, ?, ?)",
    "stack": "INSERT OR REPLACE INTO stack VALUES (?, ?)",
    "op_info": "INSERT OR REPLACE INTO op_info VALUES (?, ?)",
    "step": (
        "INSERT OR REPLACE INTO step "
        "(step, tape, site, forward, backward, updates, kept, thread, thread_name, began, revision) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ),
    "kept": "UPDATE step SET kept = ?, revision = ? WHERE step = ?",
    "chunk": (
        "INSERT OR REPLACE INTO chunk (step, seq, count, first_tensor, last_tensor, crc, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    "variable": "INSERT OR REPLACE INTO variable VALUES (?, ?, ?)",
    "node": "INSERT INTO node (graph, number, record) VALUES (?, ?, ?)",
    "graph_run": "INSERT INTO graph_run (step, run, graph, nodes, site, fetches) VALUES (?, ?, ?, ?, ?, ?)",
    "version": "INSERT INTO version (step, complete, data) VALUES (?, ?, ?)",
    "value": "INSERT OR IGNORE INTO value VALUES (?, ?, ?)",
    "series": "INSERT OR REPLACE INTO series (id, name, kind, site, variable) VALUES (?, ?, ?, ?, ?)",
    "scalar": "INSERT INTO scalar (series, step, value) VALUES (?, ?, ?)",
    "output": "INSERT INTO output (stream, text, time, step) VALUES (?, ?, ?, ?)",
    "failure": "INSERT INTO failure (kind, type, message, traceback, site, step, op) VALUES (?, ?, ?, ?, ?, ?, ?)",
    "picture": "INSERT OR IGNORE INTO picture VALUES (?, ?, ?)",
    "figure": (
        "INSERT INTO figure (figure, number, label, title, step, position, site, made, how, time, picture, width, "
        "height) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ),
    "end": "UPDATE run SET how = ?, exit = ?, ended = ?",
}
"""The statement for each kind of waiting row, in the order in which a commit writes them."""

_VERSIONS_IN_ROW = 10_000
_CALL = 1 + Op.__struct_fields__.index("call")

ENCODER = msgspec.msgpack.Encoder()


class Chunk:
    """Consecutive records of one step: encoded parts that become one MessagePack array."""

    __slots__ = ("count", "first", "last", "parts", "seq", "size", "step")

    def __init__(self, step: int, seq: int) -> None:
        self.step = step
        self.seq = seq
        self.count = self.size = self.first = self.last = 0
        self.parts: list[bytes] = []

    def row(self) -> Row:
        data = b"".join((struct.pack(">BI", 0xDD, self.count), *self.parts))
        return self.step, self.seq, self.count, self.first, self.last, zlib.crc32(data), data

    def add(self, part: Part) -> None:
        self.parts.append(part.data)
        self.size += len(part.data)
        self.count += part.count
        if part.last:
            self.first = self.first or part.first
            self.last = part.last


class Batch:
    """Everything that waits for the next commit. Not thread-safe: the Writer guards it."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.steps: dict[int, list[Any]] = {}
        self.values: list[tuple[int, np.ndarray]] = []
        self.scalars: list[tuple[int, int, float]] = []
        self.rows: dict[str, list[Row]] = {}

    def add(self, kind: str, row: Row) -> None:
        self.rows.setdefault(kind, []).append(row)

    def __bool__(self) -> bool:
        return bool(self.chunks or self.steps or self.values or self.scalars or self.rows)

    def put_before(self, later: Batch) -> Batch:
        """This batch with the content of ``later``, which came while this one could not be written, behind its own."""
        self.chunks += later.chunks
        self.steps.update(later.steps)
        self.values += later.values
        self.scalars += later.scalars
        for kind, rows in later.rows.items():
            self.rows.setdefault(kind, []).extend(rows)
        return self

    def tables(self, revision: int) -> Iterator[tuple[str, list[Row]]]:
        """(SQL, rows) pairs, ready for ``executemany``. ``revision`` is the number of this commit."""
        for kind, sql in INSERTS.items():
            if kind == "chunk":
                rows = [chunk.row() for chunk in self.chunks]
            elif kind == "step":
                rows = [(*row, revision) for row in self.steps.values()]
            elif kind == "kept":
                rows = [(kept, revision, step) for step, kept in self.rows.get(kind, [])]
            elif kind == "value":
                rows = [_value_row(tensor, array) for tensor, array in self.values]
            elif kind == "scalar":
                rows = [*self.scalars]
            else:
                rows = self.rows.get(kind, [])
            if rows:
                yield sql, rows


PARAMETERS = 4_096
"""Most parameters of one statement."""


def put(connection: sqlite3.Connection, sql: str, rows: list[Row]) -> None:
    """Execute a statement for each row, many rows at a time where it inserts.

    SQLite's module lets go of the interpreter's lock for each execution, and a script that computes in Python gives it
    back only after 5 ms: a thousand rows one by one would take 5 s, and a script makes more than that in a second.
    """
    head, found, group = sql.partition(" VALUES ")
    if not found or len(rows) == 1 or sql == INSERTS["value"]:
        # SQLite copies what a statement is given: large values one after the other, or all would be there twice.
        connection.executemany(sql, rows)
        return
    most = PARAMETERS // len(rows[0])
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        several = f"{head} VALUES {', '.join([group] * len(part))}"
        connection.execute(several, [value for row in part for value in row])


def _value_row(tensor: int, array: np.ndarray) -> Row:
    flat = little_endian(array)
    data = flat.data if flat.size else b""
    return tensor, zlib.crc32(data), data


class Part:
    """Up to ``CHUNK_RECORDS`` records, encoded, and what the Writer must know about them."""

    __slots__ = ("backward", "count", "data", "first", "forward", "last", "notable")

    def __init__(self, records: Sequence[Record | Stored], data: bytes) -> None:
        self.count = len(records)
        self.data = data[1 if self.count < 16 else 3 :]  # without the array's header
        first = last = forward = backward = 0
        notable: list[Assigned | Variable | TapeOpened] = []
        # This loop sees every record there is: exact types are the cheapest way to tell them apart.
        record: Any
        for record in records:
            kind = type(record)
            if kind is tuple:
                kind = record[0]
                if kind == TENSOR:
                    last = record[1]
                    first = first or last
                elif kind == OP and not record[_CALL]:
                    forward += 1
                else:
                    backward += 1
            elif kind is Tensor:
                last = record.id
                first = first or last
            elif kind is Op:
                if record.call:
                    backward += 1
                else:
                    forward += 1
            elif kind is BackwardStep:
                backward += 1
            elif kind is Assigned or kind is Variable or kind is TapeOpened:
                notable.append(record)
        self.first, self.last = first, last
        self.forward, self.backward = forward, backward
        self.notable = notable


def encoded(records: Sequence[Record | Stored]) -> list[Part]:
    """The records as parts. Raises TypeError or ValueError for what cannot be stored."""
    if len(records) <= CHUNK_RECORDS and isinstance(records, list | tuple):
        return _parts(records)
    parts = []
    for start in range(0, len(records), CHUNK_RECORDS):
        parts += _parts(list(records[start : start + CHUNK_RECORDS]))
    return parts


def _parts(records: Sequence[Record | Stored]) -> list[Part]:
    data = ENCODER.encode(records)
    if len(data) <= CHUNK_LIMIT // 2:
        return [Part(records, data)]
    half = len(records) // 2
    if not half:
        raise ValueError(f"a {type(records[0]).__name__} record of {len(data)} bytes is too large to be kept")
    return _parts(records[:half]) + _parts(records[half:])


_Version = tuple[int, int, int, int, int]
"""Variable, version, tensor, the tensor before, step."""


class Versions:
    """What every variable's newest version is, kept so that a reader need not replay all steps before the one it shows.

    A row holds the versions that came since the row before it, in order. As soon as the rows since the last complete
    one hold as many versions as there are variables, the next is complete: it begins with what every variable was
    before. So little more is ever read than there are variables. A row's step is the newest one of what came before it.
    Versions stand in the order in which they came, which is not that of their steps where tapes of several threads are
    open.
    """

    def __init__(self) -> None:
        self._now: dict[int, _Version] = {}
        self._fresh: list[_Version] = []
        self._since_complete = 0
        self._step = SETUP - 1

    def saw(self, step: int, record: Assigned, batch: Batch) -> None:
        """A variable got a new version."""
        self._fresh.append((record.variable, record.version, record.tensor, record.previous, step))
        if len(self._fresh) >= _VERSIONS_IN_ROW:
            self.flush(batch)

    def flush(self, batch: Batch) -> None:
        """Write what is new into the batch."""
        fresh, now = self._fresh, self._now
        if not fresh:
            return
        complete = self._since_complete >= len(now)
        batch.add(
            "version", (self._step, int(complete), ENCODER.encode([*now.values(), *fresh] if complete else fresh))
        )
        self._since_complete = len(fresh) + (0 if complete else self._since_complete)
        now.update((version[0], version) for version in fresh)
        self._step = max(self._step, max(version[-1] for version in fresh))
        self._fresh = []


def variable_row(step: int, record: Variable) -> Row:
    """The row of the table of variables for a Variable record."""
    return record.id, step, ENCODER.encode(record)
