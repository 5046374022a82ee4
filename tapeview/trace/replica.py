"""The copy of a recording that is made on another machine: a recording like any other, written from parts.

The parts come from a process that need not be trusted: a replica holds what a stranger's file may hold, and no more.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from tapeview.trace.copying import LongRow, Part, Rows, ValueBit, ValueStart
from tapeview.trace.create import create, storable
from tapeview.trace.records import RunInfo
from tapeview.trace.schema import TABLES, TEXT_LIMIT, VALUE_LIMIT, RecordingError

_IN_MEMORY = 8 << 20
_BETWEEN_COMMITS = 64 << 20
_BIT = 1 << 20
_VALUES_AT_ONCE = 8
_ROW_LIMIT = 2 * TEXT_LIMIT

_PART = msgspec.msgpack.Decoder(Part)
_ROW = msgspec.msgpack.Decoder(list[Any])


class Replica:
    """Writes a copy to ``path``. Used by one thread.

    The file comes into being with the first row of the run; ``run`` is None before. Readers see what was committed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.received = 0
        """Bytes taken so far."""
        self.run: RunInfo | None = None
        self._connection: sqlite3.Connection | None = None
        self._inserts = {
            table: f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * _columns(table))})" for table in TABLES
        }
        self._long: tuple[str, bytearray] | None = None
        self._values: dict[int, tuple[ValueStart, tempfile.SpooledTemporaryFile[bytes]]] = {}
        self._uncommitted = 0

    def take(self, data: bytes) -> None:
        """Puts a part into the file.

        Raises:
            RecordingError: it is no part of a recording, or the file cannot be written.
        """
        self.received += len(data)
        try:
            match _PART.decode(data):
                case Rows(table=table, rows=rows):
                    self._insert(table, rows)
                case LongRow() as row:
                    self._lengthen(row)
                case ValueStart() as start:
                    self._begin(start)
                case ValueBit(tensor=tensor, data=bit):
                    self._go_on(tensor, bit)
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise RecordingError("what arrived is no part of a recording") from error
        except (sqlite3.Error, OSError) as error:
            raise RecordingError(f"cannot write the copy {self.path}: {error}") from error
        self._uncommitted += len(data)
        if self._uncommitted > _BETWEEN_COMMITS:
            self.commit()

    def commit(self) -> None:
        """Lets readers see what was taken.

        Raises:
            RecordingError: the file cannot be written.
        """
        self._uncommitted = 0
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise RecordingError(f"cannot write the copy {self.path}: {error}") from error

    def close(self) -> None:
        """Keeps what was taken and leaves a single file behind, unless a reader has it open."""
        for _, spool in self._values.values():
            spool.close()
        self._values.clear()
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("COMMIT")
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()

    def _insert(self, table: str, rows: list[list[Any]]) -> None:
        if table == "run":
            rows = [self._own(row) for row in rows]
        connection, sql = self._open(), self._inserts[table]
        for row in rows:
            if not all(cell is None or isinstance(cell, int | float | str | bytes) for cell in row):
                raise ValueError("no value of a database")
            connection.execute(sql, [storable(cell) if isinstance(cell, str) else cell for cell in row])

    def _own(self, row: list[Any]) -> list[Any]:
        """The row of the run as it stands in the copy: this process writes it. Makes the file if need be."""
        id, tapeview, python, framework, script, argv, cwd, pid, started, *end = row
        if self.run is None:
            words = tuple(map(str, msgspec.json.decode(argv, type=list[str])))
            run = RunInfo(tapeview, python, framework, script, words, cwd, os.getpid(), float(started))
            self._connection = create(self.path, run)
            self.run = RunInfo(tapeview, python, framework, script, words, cwd, int(pid), float(started))
        return [id, tapeview, python, framework, script, argv, cwd, os.getpid(), float(started), *end]

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ValueError("the run comes first")
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def _lengthen(self, part: LongRow) -> None:
        table, data = self._long or (part.table, bytearray())
        if table != part.table or len(data) + len(part.data) > _ROW_LIMIT:
            raise ValueError("a row without an end")
        data += part.data
        self._long = None if part.last else (table, data)
        if part.last:
            self._insert(table, [_ROW.decode(data)])

    def _begin(self, start: ValueStart) -> None:
        if not 0 < start.size <= VALUE_LIMIT or len(self._values) >= _VALUES_AT_ONCE or start.tensor in self._values:
            raise ValueError("too large a value, or too many")
        spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(self.path.parent))  # noqa: SIM115
        self._values[start.tensor] = start, spool

    def _go_on(self, tensor: int, bit: bytes) -> None:
        start, spool = self._values[tensor]
        spool.write(bit)
        if spool.tell() > start.size:
            raise ValueError("more bytes than the value has")
        if spool.tell() < start.size:
            return
        del self._values[tensor]
        with spool:
            spool.seek(0)
            connection = self._open()
            # Written bit by bit, so that a gigabyte need not be in memory.
            sql = "INSERT OR REPLACE INTO value VALUES (?, ?, zeroblob(?))"
            connection.execute(sql, (start.tensor, start.crc, start.size))
            with connection.blobopen("value", "data", start.tensor) as blob:
                while data := spool.read(_BIT):
                    blob.write(data)
        self.commit()


def _columns(table: str) -> int:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(TABLES[table])
        return len(connection.execute(f"PRAGMA table_info({table})").fetchall())
