"""What a Writer holds between two commits: encoded chunks and rows, in the order in which they came."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from tapeview.trace.records import Assigned, Op, Record, Tensor, Variable
from tapeview.trace.schema import CHUNK_LIMIT, CHUNK_RECORDS, CHUNK_TARGET
from tapeview.trace.values import little_endian

Row = tuple[Any, ...]

INSERTS = {
    "source": "INSERT INTO source VALUES (?, ?, ?)",
    "stack": "INSERT INTO stack VALUES (?, ?)",
    "op_info": "INSERT OR REPLACE INTO op_info VALUES (?, ?)",
    "step": "INSERT OR REPLACE INTO step VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "kept": "UPDATE step SET kept = ?2, revision = ?3 WHERE step = ?1",
    "chunk": "INSERT INTO chunk (step, seq, count, first_tensor, last_tensor, crc, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
    "variable": "INSERT OR REPLACE INTO variable VALUES (?, ?, ?)",
    "version": "INSERT INTO version (step, complete, data) VALUES (?, ?, ?)",
    "value": "INSERT OR IGNORE INTO value VALUES (?, ?, ?)",
    "series": "INSERT INTO series VALUES (?, ?, ?, ?)",
    "scalar": "INSERT INTO scalar (series, step, value) VALUES (?, ?, ?)",
    "output": "INSERT INTO output (stream, text, time, step) VALUES (?, ?, ?, ?)",
    "failure": "INSERT INTO failure (kind, type, message, traceback, site, step, op) VALUES (?, ?, ?, ?, ?, ?, ?)",
    "end": "UPDATE run SET how = ?, exit = ?, ended = ?",
}
"""The statement for each kind of waiting row, in the order in which a commit writes them."""

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


class Batch:
    """Everything that waits for the next commit. Not thread-safe: the Writer guards it."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.steps: dict[int, list[Any]] = {}
        self.values: list[tuple[int, np.ndarray]] = []
        self.rows: dict[str, list[Row]] = {}

    def add(self, kind: str, row: Row) -> None:
        self.rows.setdefault(kind, []).append(row)

    def __bool__(self) -> bool:
        return bool(self.chunks or self.steps or self.values or self.rows)

    def put_before(self, later: Batch) -> Batch:
        """This batch with the content of ``later``, which came while this one could not be written, behind its own."""
        self.chunks += later.chunks
        self.steps.update(later.steps)
        self.values += later.values
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
                rows = [(*row, revision) for row in self.rows.get(kind, [])]
            elif kind == "value":
                rows = [_value_row(tensor, array) for tensor, array in self.values]
            else:
                rows = self.rows.get(kind, [])
            if rows:
                yield sql, rows


def _value_row(tensor: int, array: np.ndarray) -> Row:
    flat = little_endian(array)
    data = flat.data if flat.size else b""
    return tensor, zlib.crc32(data), data


class Encoded:
    """One ``append``, encoded: parts without array headers, and where tensors, calls and versions stand in it."""

    __slots__ = ("first", "kinds", "last", "parts")

    def __init__(self, records: Sequence[Record]) -> None:
        if not isinstance(records, list | tuple):
            records = list(records)
        self.kinds = kinds = list(map(type, records))
        self.first = self.last = 0
        if Tensor in kinds:
            first, last = records[kinds.index(Tensor)], records[len(kinds) - 1 - kinds[::-1].index(Tensor)]
            assert isinstance(first, Tensor)
            assert isinstance(last, Tensor)
            self.first, self.last = first.id, last.id
        self.parts: list[tuple[int, int, int, bytes]] = []
        count = len(records)
        if count <= CHUNK_RECORDS:
            self._encode(records, self.first, self.last)
        else:
            for start in range(0, count, CHUNK_RECORDS):
                self._encode(records[start : start + CHUNK_RECORDS], None, None)

    def _encode(self, records: Sequence[Record], first: int | None, last: int | None) -> None:
        data = ENCODER.encode(records)
        count = len(records)
        if len(data) > CHUNK_LIMIT // 2:
            if count == 1:
                raise ValueError(f"a {type(records[0]).__name__} record of {len(data)} bytes is too large to be kept")
            for part in (records[: count // 2], records[count // 2 :]):
                self._encode(part, None, None)
            return
        if first is None or last is None:
            ids = [record.id for record in records if type(record) is Tensor]
            first, last = (ids[0], ids[-1]) if ids else (0, 0)
        self.parts.append((count, first, last, data[1 if count < 16 else 3 :]))

    def each(self, kind: type, start: int = 0) -> Iterator[int]:
        """The places of the records of one type, from ``start`` on. Costs nothing where there are none."""
        kinds = self.kinds
        for _ in range(kinds.count(kind)):
            try:
                start = kinds.index(kind, start)
            except ValueError:
                return
            yield start
            start += 1

    def into(self, batch: Batch, step: int, seq: int) -> int:
        """Put the parts into the batch's chunks; ``seq`` is the next chunk's number in its step, as is what returns."""
        for count, first, last, data in self.parts:
            chunk = batch.chunks[-1] if batch.chunks else None
            if chunk is None or chunk.step != step or chunk.size >= CHUNK_TARGET:
                chunk = Chunk(step, seq)
                batch.chunks.append(chunk)
                seq += 1
            chunk.parts.append(data)
            chunk.size += len(data)
            chunk.count += count
            if last:
                chunk.first = chunk.first or first
                chunk.last = last
        return seq


class Versions:
    """What every variable's newest version is, kept so that a reader need not replay all steps before the one it shows.

    Each commit adds a row with the versions that are new, or, as soon as the rows since the last complete one hold
    as many entries as there are variables, a complete one: so at most twice the variables' number is ever read.
    """

    def __init__(self) -> None:
        self._now: dict[int, tuple[int, int, int, int, int]] = {}
        self._changed: set[int] = set()
        self._since_complete = 0
        self._step = 0

    def saw(self, step: int, record: Assigned, batch: Batch) -> None:
        if step != self._step:
            self.flush(batch)
        self._step = step
        self._now[record.variable] = (record.variable, record.version, record.tensor, record.previous, step)
        self._changed.add(record.variable)

    def flush(self, batch: Batch) -> None:
        """Write what is new into the batch. A row never mixes two steps."""
        if not self._changed:
            return
        complete = self._since_complete + len(self._changed) > len(self._now)
        entries = list(self._now.values()) if complete else [self._now[variable] for variable in self._changed]
        batch.add("version", (self._step, int(complete), ENCODER.encode(entries)))
        self._since_complete = 0 if complete else self._since_complete + len(self._changed)
        self._changed.clear()


def variable_row(step: int, record: Variable) -> Row:
    return record.id, step, ENCODER.encode(record)


def inner_ops(records: Sequence[Record], encoded: Encoded, start: int) -> int:
    """How many of the ops from place ``start`` on ran inside a gradient call."""
    return sum(1 for place in encoded.each(Op, start) if getattr(records[place], "call", 0))
