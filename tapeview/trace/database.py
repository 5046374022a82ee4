"""A recording's SQLite file, opened to be read, whoever made it.

A file from a stranger may be cut, garbage, or made to harm. So nothing in it is executed: views, virtual tables and
generated columns in place of our tables are refused, triggers never run because nothing is written, functions that
schemas may call are restricted to harmless ones, every query of ours has a time limit, and lengths are looked at
before anything is read.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tapeview.trace.schema import (
    APPLICATION_ID,
    LATER,
    TABLES,
    TEXT_LIMIT,
    USER_VERSION,
    VALUE_LIMIT,
    RecordingError,
    identify,
    says_it_has_a_log,
    sidecars,
)

QUERY_SECONDS = 30.0
"""No row takes longer to be found; in a sound recording none comes near it."""

_OPCODES_BETWEEN_LOOKS = 200_000
_MOST_WARNINGS = 100
_LONGEST_WARNING = 400
_LONGEST_QUOTE = 150
_COPY_LIMIT = 4 << 30
_ROWS_UNCHECKED = 1000
_SMALLEST_ROW = 4
"""No row takes fewer bytes in the file. A table with more rows than the file's size allows is a loop."""

_SQLITE_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, TEXT_LIMIT),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (sqlite3.SQLITE_LIMIT_COLUMN, 100),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_FUNCTION_ARG, 8),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)

_TROUBLES = (sqlite3.Error, UnicodeDecodeError, OverflowError, MemoryError)
"""What a query of a damaged file can raise. SQLite's messages quote the file, which need not be UTF-8."""


class Database:
    """A read-only connection. All methods may be called from any thread.

    ``warnings`` says what could not be read as it should have been. Whatever raises for a file that cannot be read
    raises RecordingError, whose message is one sentence.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self._warnings: dict[str, None] = {}
        self.lock = threading.RLock()
        self._deadline = float("inf")
        self._version: int | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._left = False
        self._has: dict[tuple[str, str], bool] = {}
        self._found = (0, 0)
        _identified(path)
        try:
            self._connection = self._connect()
            self._version = self._data_version()
        except (*_TROUBLES, OSError) as error:
            raise RecordingError(
                f"{path.name} is damaged or incomplete and cannot be opened ({_one_line(error)})."
            ) from error
        self._finalizer = weakref.finalize(self, _close, self._connection, self._folder)

    def rows(self, sql: str, parameters: tuple[Any, ...] = (), what: str = "the file") -> list[tuple[Any, ...]]:
        """All rows of a query of ours. ``what`` names in an error message what could not be read."""
        return list(self.scan(sql, parameters, what))

    def scan(self, sql: str, parameters: tuple[Any, ...] = (), what: str = "the file") -> Iterator[tuple[Any, ...]]:
        """The rows one after the other, so that those before a damaged place in the file can be had."""
        with self.lock:
            outer, most = self._deadline, _ROWS_UNCHECKED
            self._deadline = time.monotonic() + QUERY_SECONDS
            try:
                for count, row in enumerate(self._connection.execute(sql, parameters)):
                    if count > most:
                        most = max(most, self._size() // _SMALLEST_ROW)
                        if count > most:
                            raise RecordingError(f"{self.name} is damaged: {what} has more rows than the file can hold")
                    yield row
                    self._deadline = time.monotonic() + QUERY_SECONDS
            except _TROUBLES as error:
                raise RecordingError(f"{self.name} is damaged: {what} cannot be read ({_one_line(error)}).") from error
            finally:
                self._deadline = outer

    def readable(self, sql: str, parameters: tuple[Any, ...] = (), what: str = "the file") -> list[tuple[Any, ...]]:
        """All rows of a query, or those before a damaged place and a warning."""
        rows: list[tuple[Any, ...]] = []
        try:
            rows.extend(self.scan(sql, parameters, what))
        except RecordingError as error:
            self.warn(str(error))
        return rows

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each thing that could not be read so far."""
        return tuple(self._warnings)

    def warn(self, text: str) -> None:
        """Note that something could not be read."""
        if len(self._warnings) < _MOST_WARNINGS:
            self._warnings[" ".join(text[:_LONGEST_WARNING].split())] = None

    def has(self, table: str, column: str = "") -> bool:
        """Whether a table or column is there that older recordings do not have (``schema.LATER``)."""
        key = table, column
        if key not in self._has:
            names = {row[1] for row in self.readable(f"PRAGMA table_xinfo({table})")}
            self._has[key] = column in names if column else bool(names)
        return self._has[key]

    def size(self) -> int:
        """The bytes of the file and its log."""
        return self._size()

    def value(self, tensor: int) -> object:
        """What stands in the table of values for a tensor; None if nothing does. Look at its length first."""
        what = f"the value of tensor {tensor}"
        with self.lock:
            try:
                self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
                try:
                    rows = self.rows("SELECT data FROM value WHERE tensor = ?", (tensor,), what)
                finally:
                    self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, TEXT_LIMIT)
            except sqlite3.Error as error:
                raise RecordingError(f"{self.name}: {what} cannot be read ({_one_line(error)}).") from error
            return rows[0][0] if rows else None

    def changed(self) -> bool:
        """Whether somebody committed since the last time this was asked."""
        with self.lock:
            try:
                # Read as a file that does not change; if it does after all, its writer was only just beginning, and may
                # have ended by now and taken its log away.
                if self._left and (self.has_log() or _stamp(self.path) != self._found):
                    self._reconnect()
                    return True
                version = self._data_version()
            except (*_TROUBLES, RecordingError):
                return False
            changed, self._version = version != self._version, version
            return changed

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """All queries inside see the same state of a growing file."""
        with self.lock:
            try:
                self._connection.execute("BEGIN")
            except _TROUBLES as error:
                raise RecordingError(f"{self.name} cannot be read: {_one_line(error)}.") from error
            try:
                yield
            finally:
                with contextlib.suppress(*_TROUBLES):
                    self._connection.execute("COMMIT")

    def has_log(self) -> bool:
        """Whether the log is there that a file has while it is written."""
        return sidecars(self.path)[0].exists()

    def integrity(self, most: int = 20) -> list[str]:
        """What SQLite's own check finds, at most ``most`` lines; empty for a sound file."""
        with self.lock:
            try:
                lines = [str(row[0]) for row in self._connection.execute(f"PRAGMA integrity_check({int(most)})")]
            except _TROUBLES as error:
                lines = [_one_line(error)]
        return [line.replace("\n", "; ") for line in lines if line != "ok"]

    def close(self, tidy: bool) -> None:
        """Close the file. With ``tidy``, remove the log that a finished writer had to leave because we were reading."""
        with self.lock:
            self._finalizer()
            if tidy and any(sidecar.exists() for sidecar in sidecars(self.path)):
                with contextlib.suppress(sqlite3.Error, OSError):
                    uri = self.path.resolve().as_uri() + "?mode=rw"
                    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0)) as connection:
                        connection.execute("PRAGMA trusted_schema = OFF")
                        connection.execute("PRAGMA journal_mode = DELETE")

    def _reconnect(self) -> None:
        """A writer has come (back) to a file that was opened without a log."""
        connection = self._connect()
        self._finalizer()
        self._connection = connection
        self._version = self._data_version()
        self._finalizer = weakref.finalize(self, _close, self._connection, self._folder)

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _size(self) -> int:
        size = 0
        for path in (self.path, sidecars(self.path)[0]):
            with contextlib.suppress(OSError):
                size += path.stat().st_size
        return size

    def _connect(self) -> sqlite3.Connection:
        """Try the ordinary way, then what a read-only folder needs, then what a cut file needs."""
        log = sidecars(self.path)[0]
        # A file without its log was left so by a writer that was killed, or copied away from it. Opened the ordinary
        # way, SQLite would put files beside it, or fail where it cannot.
        self._found = _stamp(self.path)
        self._left = not log.exists() and says_it_has_a_log(self.path)
        ordinary = "mode=ro&immutable=1" if self._left else "mode=ro"
        try:
            return self._connect_to(self.path, ordinary)
        except sqlite3.OperationalError as error:
            first: Exception = error
            if "locked" in str(error) or "busy" in str(error):
                raise
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            first = error
        if isinstance(first, sqlite3.OperationalError):
            # SQLite wants to put its shared-memory file beside the log, and here it cannot.
            with contextlib.suppress(*_TROUBLES):
                return self._connect_to(self._copied(log), "mode=ro")
        try:
            # A file that ends too early is refused as a whole unless one says that its schema may be odd.
            connection = self._connect_to(self.path, ordinary, cut=True)
        except _TROUBLES:
            raise first from None
        self.warn(f"{self.name} is damaged or incomplete; shown is what can still be read.")
        return connection

    def _connect_to(self, path: Path, how: str, cut: bool = False) -> sqlite3.Connection:
        uri = f"{path.resolve().as_uri()}?{how}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)
        try:
            for limit, value in _SQLITE_LIMITS:
                connection.setlimit(limit, value)
            connection.text_factory = _lenient
            for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON", "mmap_size = 0"):
                connection.execute(f"PRAGMA {pragma}")
            if cut:
                connection.execute("PRAGMA writable_schema = ON")
            _refuse_strange_tables(connection, self.name)
            connection.set_progress_handler(self._late, _OPCODES_BETWEEN_LOOKS)
        except BaseException:
            connection.close()
            raise
        return connection

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def _copied(self, log: Path) -> Path:
        """A copy of the file and its log in a folder of our own, where SQLite can bring the two together."""
        try:
            if self._size() > _COPY_LIMIT:
                raise RecordingError(
                    f"{self.name} stands in a read-only folder and is too large to be copied out of it."
                )
            self._folder = tempfile.TemporaryDirectory(prefix="tapeview-", ignore_cleanup_errors=True)
            copy = Path(self._folder.name) / "copy.tapeview"
            shutil.copyfile(self.path, copy)
            if log.exists():
                shutil.copyfile(log, sidecars(copy)[0])
        except OSError as error:
            raise RecordingError(f"{self.name} stands in a read-only folder and cannot be copied: {error}.") from error
        return copy


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of a file, which change when it is written to; zeros if it has gone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _identified(path: Path) -> None:
    """Raise RecordingError unless this is a recording of a version we know."""
    try:
        if path.is_dir():
            raise RecordingError(f"{path} is a folder, not a recording.")
        if not path.exists():
            raise RecordingError(f"There is no file {path}.")
        if not path.is_file():
            raise RecordingError(f"{path} is not a regular file, so it is not a recording.")
        if not path.stat().st_size:
            raise RecordingError(f"{path.name} is empty, so it is not a recording.")
        version = identify(path)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # a NUL in the name
        raise RecordingError(f"{str(path)!r} is not a file name: {error}.") from error
    if version is None:
        raise RecordingError(f"{path.name} is not a tapeview recording.")
    if version > USER_VERSION:
        raise RecordingError(
            f"{path.name} was made by a newer tapeview (format {version}, this one reads up to {USER_VERSION})."
        )
    if version < 1:
        raise RecordingError(f"{path.name} is damaged: it has format {version}, which never existed.")


def _refuse_strange_tables(connection: sqlite3.Connection, name: str) -> None:
    """Every table of ours must be there and be an ordinary table."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise RecordingError(f"{name} is not a tapeview recording.")
    found = {
        row[0]: (row[1], row[2])
        for row in connection.execute(
            f"SELECT name, type, sql FROM sqlite_master WHERE name IN ({', '.join('?' * len(TABLES))})", tuple(TABLES)
        )
    }
    missing = [table for table in TABLES if table not in found and LATER.get(table) != ()]
    if missing:
        raise RecordingError(f"{name} is damaged or incomplete: it has no table {missing[0]!r}.")
    for table, (kind, text) in found.items():
        ordinary = kind == "table" and isinstance(text, str) and text.lstrip().upper().startswith("CREATE TABLE")
        columns = {row[1]: row[2:] for row in connection.execute(f"PRAGMA table_xinfo({table})")}
        if not ordinary or any(hidden for *_, hidden in columns.values()):
            raise RecordingError(f"{name} is not a recording tapeview can trust: {table!r} is not an ordinary table.")
        for column, declared in _declared(table):
            if column not in columns and column in LATER.get(table, ()):
                continue
            if column not in columns:
                raise RecordingError(f"{name} is damaged: table {table!r} lacks column {column!r}.")
            if columns[column] != declared:
                raise RecordingError(f"{name} is not a recording tapeview can trust: {table}.{column} is odd.")


@cache
def _declared(table: str) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """A table of ours as SQLite tells it: the columns' names, and their types, defaults and places in the key."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(TABLES[table])
        return tuple((row[1], row[2:]) for row in connection.execute(f"PRAGMA table_xinfo({table})"))


def _lenient(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _one_line(error: BaseException) -> str:
    """What SQLite says; it may quote the file."""
    text = "its text is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
    return " ".join(text.split())[:_LONGEST_QUOTE]


def _close(connection: sqlite3.Connection, folder: tempfile.TemporaryDirectory[str] | None) -> None:
    connection.close()
    if folder is not None:
        folder.cleanup()
