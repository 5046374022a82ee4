"""What a recording file looks like on disk: identification, versions, limits and tables.

``docs/recording-format.md`` describes the same in prose; the two change together.
"""

from __future__ import annotations

import struct
from pathlib import Path

APPLICATION_ID = 0x54415045
"""Bytes 68 to 71 of the file: ``"TAPE"`` in ASCII."""

USER_VERSION = 1
"""The schema's version. It grows only when an older tapeview would misread the file."""

CHUNK_RECORDS = 1024
"""Records are encoded in slices of at most this many, so that no chunk grows beyond what a reader accepts."""

CHUNK_TARGET = 1 << 20
"""A chunk that has reached this many bytes is closed and the next one begun."""

CHUNK_LIMIT = 4 << 20
"""A reader refuses chunks of more bytes than this."""

STEP_LIMIT = 1 << 30
"""Of a step with more bytes of records than this, a reader shows the beginning."""

VALUE_LIMIT = 999_000_000
"""Tensors of more bytes than this are not kept in one blob: SQLite's own limit for one is 1e9."""

PIECE = 4 << 20
"""Values that are asked for later are written in pieces of this many bytes, the last of a value excepted."""

TEXT_LIMIT = 32 << 20
"""A reader refuses whatever else, texts for instance, has more bytes than this."""

TEXT_PIECE = 1 << 20
"""The writer cuts output into pieces of at most this many characters, and messages down to it."""

KEPT = ("all", "small values", "scalars")
"""What of a step's details was kept, from everything to only its points in the plots."""

TABLES = {
    "run": """CREATE TABLE run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    tapeview TEXT NOT NULL,
    python TEXT NOT NULL,
    framework TEXT NOT NULL,
    script TEXT NOT NULL,
    argv TEXT NOT NULL,
    cwd TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    exit INTEGER,
    how TEXT NOT NULL
)""",
    "source": """CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL,
    text TEXT NOT NULL
)""",
    "stack": """CREATE TABLE stack (
    id INTEGER PRIMARY KEY,
    frames BLOB NOT NULL
)""",
    "op_info": """CREATE TABLE op_info (
    name TEXT PRIMARY KEY,
    info BLOB NOT NULL
)""",
    "step": """CREATE TABLE step (
    step INTEGER PRIMARY KEY,
    tape INTEGER NOT NULL,
    site INTEGER NOT NULL,
    forward INTEGER NOT NULL,
    backward INTEGER NOT NULL,
    updates INTEGER NOT NULL,
    kept TEXT NOT NULL,
    revision INTEGER NOT NULL,
    thread INTEGER NOT NULL DEFAULT 0,
    thread_name TEXT NOT NULL DEFAULT '',
    began INTEGER NOT NULL DEFAULT -1
)""",
    "chunk": """CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first_tensor INTEGER NOT NULL,
    last_tensor INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    data BLOB NOT NULL
)""",
    "variable": """CREATE TABLE variable (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    record BLOB NOT NULL
)""",
    "version": """CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    data BLOB NOT NULL
)""",
    "value": """CREATE TABLE value (
    tensor INTEGER PRIMARY KEY,
    crc INTEGER NOT NULL,
    data BLOB NOT NULL
)""",
    "piece": """CREATE TABLE piece (
    id INTEGER PRIMARY KEY,
    tensor INTEGER NOT NULL,
    number INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    data BLOB NOT NULL
)""",
    "node": """CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    graph INTEGER NOT NULL,
    number INTEGER NOT NULL,
    record BLOB NOT NULL
)""",
    "graph_run": """CREATE TABLE graph_run (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    run INTEGER NOT NULL,
    graph INTEGER NOT NULL,
    nodes INTEGER NOT NULL,
    site INTEGER NOT NULL,
    fetches TEXT NOT NULL
)""",
    "series": """CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    site INTEGER NOT NULL,
    variable INTEGER NOT NULL DEFAULT 0
)""",
    "scalar": """CREATE TABLE scalar (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    step INTEGER NOT NULL,
    value REAL
)""",
    "output": """CREATE TABLE output (
    id INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    text TEXT NOT NULL,
    time REAL NOT NULL,
    step INTEGER NOT NULL
)""",
    "failure": """CREATE TABLE failure (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    type TEXT NOT NULL,
    message TEXT NOT NULL,
    traceback TEXT NOT NULL,
    site INTEGER NOT NULL,
    step INTEGER NOT NULL,
    op TEXT NOT NULL
)""",
    "picture": """CREATE TABLE picture (
    id INTEGER PRIMARY KEY,
    crc INTEGER NOT NULL,
    data BLOB NOT NULL
)""",
    "figure": """CREATE TABLE figure (
    id INTEGER PRIMARY KEY,
    figure INTEGER NOT NULL,
    number INTEGER NOT NULL,
    label TEXT NOT NULL,
    title TEXT NOT NULL,
    step INTEGER NOT NULL,
    position INTEGER NOT NULL,
    site INTEGER NOT NULL,
    made INTEGER NOT NULL,
    how TEXT NOT NULL,
    time REAL NOT NULL,
    picture INTEGER NOT NULL,
    width REAL NOT NULL,
    height REAL NOT NULL
)""",
}

LATER: dict[str, tuple[str, ...]] = {
    "piece": (),
    "node": (),
    "graph_run": (),
    "figure": (),
    "picture": (),
    "step": ("thread", "thread_name", "began"),
    "series": ("variable",),
}
"""Tables, or columns of tables, that recordings made before they were thought of do not have."""

INDEXES = (
    "CREATE UNIQUE INDEX chunk_of_step ON chunk (step, seq)",
    "CREATE INDEX chunk_of_tensor ON chunk (last_tensor)",
    "CREATE INDEX step_of_revision ON step (revision)",
    "CREATE INDEX version_of_step ON version (step)",
    "CREATE UNIQUE INDEX piece_of_tensor ON piece (tensor, number)",
)

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100


class RecordingError(Exception):
    """A recording cannot be read or written. The message is one clear sentence for the user."""


def identify(path: Path) -> int | None:
    """The schema version of the recording at ``path``, or None if that file is not a recording of ours.

    Reads the first 100 bytes only. Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        return None
    version, application = struct.unpack(">i4xI", header[60:72])
    return int(version) if application == APPLICATION_ID else None


def says_it_has_a_log(path: Path) -> bool:
    """Whether the newest part of the file at ``path`` stands in a log beside it, if there is one. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_HEADER)[18:20] == b"\x02\x02"


def sidecars(path: Path) -> tuple[Path, Path]:
    """The write-ahead log and shared-memory files that stand beside ``path`` while it is written."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
