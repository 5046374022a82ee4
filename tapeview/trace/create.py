"""Making a new recording file, and connecting to it to write."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path

from tapeview.trace.process import alive
from tapeview.trace.records import RunInfo
from tapeview.trace.schema import (
    APPLICATION_ID,
    INDEXES,
    TABLES,
    USER_VERSION,
    RecordingError,
    identify,
    sidecars,
)

_BUSY_SECONDS = 5.0
_CHECKPOINT_PAGES = 4000
"""The log is moved into the file when it has this many pages of 4 KiB."""


def create(path: Path, run: RunInfo) -> sqlite3.Connection:
    """Make an empty recording at ``path``, replacing an older one, and connect to it.

    Everything up to here stands in the file itself, not in the log beside it: a copy of the file alone is a
    recording. Raises RecordingError if the file cannot be made, if something else than a recording is there, or if
    the recording there is still being written.
    """
    fresh = path.with_name(path.name + "-new")
    connection = None
    try:
        _check_room(path)
        fresh.unlink(missing_ok=True)
        with contextlib.closing(connect(fresh)) as new:
            _fill(new, run)
        # Only now: whoever watches for the file finds a whole one.
        for old in sidecars(path):
            old.unlink(missing_ok=True)
        fresh.replace(path)
        connection = connect(path)
        start_log(connection)
    except (sqlite3.Error, OSError) as error:
        if connection is not None:
            connection.close()
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise RecordingError(f"cannot write a recording to {path}: {error}") from error
    return connection


def _fill(connection: sqlite3.Connection, run: RunInfo) -> None:
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    connection.execute("BEGIN")
    for statement in (*TABLES.values(), *INDEXES):
        connection.execute(statement)
    argv = json.dumps([storable(word) for word in run.argv], ensure_ascii=False)
    texts = [storable(text) for text in (run.tapeview, run.python, run.framework, run.script, argv, run.cwd)]
    row = (*texts, run.pid, run.started, run.ended, run.exit, storable(run.how))
    connection.execute("INSERT INTO run VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    connection.execute("COMMIT")


def connect(path: Path) -> sqlite3.Connection:
    """A connection for writing, which any thread may use and which begins transactions only when told."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)


def start_log(connection: sqlite3.Connection) -> None:
    """Write through a log from now on, so that readers and the writer do not wait for each other.

    The disk is waited for only when the log is moved into the file: a loss of power can cost the last commits, a
    killed process nothing.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("SELECT id FROM run").fetchone()  # this makes the log, by which readers know that we are there


def storable(text: str) -> str:
    """The text with what UTF-8 cannot hold (lone surrogates, from undecodable file names) written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _check_room(path: Path) -> None:
    """Raise RecordingError if there is anything at the path but nothing, an empty file or a recording that is done."""
    if not path.exists():
        return
    if not path.is_file():
        raise RecordingError(f"{path} is not a file, so no recording can be written there")
    if path.stat().st_size:
        if identify(path) is None:
            raise RecordingError(f"{path} exists and is not a recording, so it is left alone")
        pid = _pid_of_writer(path)
        if pid is not None:
            raise RecordingError(f"{path} is being written by process {pid}")


def _pid_of_writer(path: Path) -> int | None:
    """The other process that is writing the recording at the path; None if it ended or cannot be told."""
    try:
        with contextlib.closing(sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)) as connection:
            pid, started, ended = connection.execute("SELECT pid, started, ended FROM run").fetchone()
        return int(pid) if ended is None and pid != os.getpid() and alive(pid, started) else None
    except (sqlite3.Error, TypeError, ValueError, OverflowError):
        return None
