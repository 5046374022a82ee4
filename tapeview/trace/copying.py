"""Copying a recording while it grows, for somebody who cannot open the file: this side reads it, `replica` writes it.

A copy is a sequence of parts, each a few hundred kilobytes of MessagePack. A round of `Source.rows` brings all tables
but the large values up to date; these come one by one, because a gigabyte must not hold up the rest.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
import weakref
from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from tapeview.trace.schema import TABLES, RecordingError

PART: Final = 256 << 10
"""About how many bytes a part has. Only one row that cannot be cut makes a part longer, by at most as much again."""

_BATCH = 4 << 20
"""Bytes that are read in one go. Whoever reads for long keeps the writer from starting its log anew."""

_SECONDS_AT_A_TIME = 2.0
_BUSY_SECONDS = 5.0
_SHARE = 20.0
"""Of the time that looking for late values takes, this many times as much passes before it is done again."""

_BIT_OF_A_SMALL_VALUE = PART // 4

_ENCODER = msgspec.msgpack.Encoder()

Parts = Generator[bytes, None, None]
"""Encoded parts. Who does not take all of them closes it, before the source."""


class Rows(msgspec.Struct, frozen=True, array_like=True, tag="rows"):
    """Whole rows of a table, each a list of its columns' values."""

    table: str
    rows: list[list[Any]]


class _RawRows(msgspec.Struct, frozen=True, array_like=True, tag="rows"):
    table: str
    rows: list[msgspec.Raw]


class LongRow(msgspec.Struct, frozen=True, array_like=True, tag="long"):
    """A bit of an encoded row that is longer than a part; the bits of a row follow each other. ``last`` ends it."""

    table: str
    data: bytes
    last: bool


class ValueStart(msgspec.Struct, frozen=True, array_like=True, tag="value"):
    """A large value of ``size`` bytes begins; its bits may have other parts between them."""

    tensor: int
    crc: int
    size: int


class ValueBit(msgspec.Struct, frozen=True, array_like=True, tag="bit"):
    """The next bytes of a value that has begun."""

    tensor: int
    data: bytes


Part = Rows | LongRow | ValueStart | ValueBit


class Source:
    """The recording that is copied, through a connection of its own that only reads. Used by one thread.

    ``rows``, ``values`` and ``more`` yield encoded parts. Between two of them nothing of the file is held on to for
    longer than two seconds, however slowly they are taken.

    Raises:
        RecordingError: the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._rowids = {table: 0 for table in TABLES if table not in ("run", "step", "value")}
        self._revision = -1
        self._run: tuple[Any, ...] | None = None
        self._newest_value = 0
        self._sent: set[int] = set()
        self._late_from = 0.0
        self._waiting: list[int] = []
        self.sending: set[int] = set()
        """Tensors whose values have begun and not ended."""
        try:
            self._connection = _connect(path)
            # While a value is open its connection sees the file as it was: the rows need another one.
            self._values = _connect(path)
        except sqlite3.Error as error:
            raise RecordingError(f"cannot copy {self._name}: {error}") from error
        _SOURCES.add(self)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()
        self._values.close()

    def rows(self) -> Parts:
        """Everything that is new in the tables except values. What says that a step is there comes after the step."""
        with self._readable():
            self._connection.execute("BEGIN")
            try:
                run = self._connection.execute("SELECT * FROM run").fetchone()
                sql = "SELECT revision, * FROM step WHERE revision > ? ORDER BY step"
                steps = self._connection.execute(sql, (self._revision,)).fetchall()
                ends = {
                    table: self._connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0
                    for table in self._rowids
                }
            finally:
                self._connection.execute("COMMIT")
        if self._run is None:
            self._run = run
            yield from _parts("run", [_ENCODER.encode(run)])
        for table, end in ends.items():
            yield from self._table(table, end)
        yield from _parts("step", [_ENCODER.encode(step[1:]) for step in steps])
        self._revision = max([self._revision, *(step[0] for step in steps)])
        if run != self._run:
            self._run = run
            yield from _parts("run", [_ENCODER.encode(run)])

    def values(self, tensors: Collection[int]) -> Parts:
        """The values of these tensors, as far as they are in the file and were not sent yet."""
        for tensor in tensors:
            if tensor not in self._sent:
                yield from self._value(tensor)

    def more(self) -> Parts | None:
        """Some of the values that nobody asked for, the newest tensors first; None if there is none at present."""
        if not self._waiting:
            self._look()
        return self.values([self._waiting.pop()]) if self._waiting else None

    def rest(self) -> Parts:
        """All values that were not sent yet."""
        self._late_from = 0.0
        self._waiting.clear()
        while (parts := self.more()) is not None:
            yield from parts

    def _table(self, table: str, end: int) -> Parts:
        sql = f"SELECT rowid, * FROM {table} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
        while self._rowids[table] < end:
            batch: list[bytes] = []
            size, reached = 0, end
            with self._readable(), contextlib.closing(self._connection.execute(sql, (self._rowids[table], end))) as new:
                for rowid, *row in new:
                    batch.append(_ENCODER.encode(row))
                    size += len(batch[-1])
                    if size > _BATCH:
                        reached = rowid
                        break
            self._rowids[table] = reached
            yield from _parts(table, batch)

    def _look(self) -> None:
        """Find values that are new. Values that come later than those of younger tensors are rarer to look for."""
        with self._readable():
            if time.monotonic() >= self._late_from:
                began = time.monotonic()
                found = [row[0] for row in self._connection.execute("SELECT tensor FROM value ORDER BY tensor")]
                self._late_from = time.monotonic() + _SHARE * (time.monotonic() - began)
            else:
                sql = "SELECT tensor FROM value WHERE tensor > ? ORDER BY tensor"
                found = [row[0] for row in self._connection.execute(sql, (self._newest_value,))]
        self._waiting = [tensor for tensor in found if tensor not in self._sent]
        self._newest_value = max([self._newest_value, *found[-1:]])

    def _value(self, tensor: int) -> Parts:
        with self._readable():
            sql = "SELECT crc, length(data) FROM value WHERE tensor = ?"
            about = self._connection.execute(sql, (tensor,)).fetchone()
        if about is None:
            return
        self._sent.add(tensor)
        crc, size = about
        if size <= _BIT_OF_A_SMALL_VALUE:
            with self._readable():
                row = self._connection.execute("SELECT * FROM value WHERE tensor = ?", (tensor,)).fetchone()
            yield from _parts("value", [_ENCODER.encode(row)])
            return
        self.sending.add(tensor)
        yield _ENCODER.encode(ValueStart(tensor, crc, size))
        place = 0
        while place < size:
            # Each opening walks along the value to where it goes on; an open one holds on to the file.
            until = time.monotonic() + _SECONDS_AT_A_TIME
            with self._readable(), self._values.blobopen("value", "data", tensor, readonly=True) as blob:
                blob.seek(place)
                while place < size and time.monotonic() < until:
                    data = blob.read(PART)
                    place += len(data)
                    yield _ENCODER.encode(ValueBit(tensor, data))
        self.sending.discard(tensor)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise RecordingError(f"cannot copy {self._name}: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)
    try:
        connection.execute("SELECT id FROM run").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _parts(table: str, rows: list[bytes]) -> Parts:
    """Encoded rows, put together or cut into parts."""
    together: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        if together and size + len(row) > PART:
            yield _ENCODER.encode(_RawRows(table, together))
            together, size = [], 0
        if len(row) > PART:
            for start in range(0, len(row), PART):
                yield _ENCODER.encode(LongRow(table, row[start : start + PART], start + PART >= len(row)))
        else:
            together.append(msgspec.Raw(row))
            size += len(row)
    if together:
        yield _ENCODER.encode(_RawRows(table, together))


_SOURCES: weakref.WeakSet[Source] = weakref.WeakSet()
_INHERITED: list[sqlite3.Connection] = []


def _forked() -> None:
    """In a forked child the parent's connections are never used and never closed: that would disturb its locks."""
    for source in list(_SOURCES):
        _INHERITED.extend((source._connection, source._values))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
