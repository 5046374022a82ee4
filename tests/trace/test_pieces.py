"""Values in pieces: put together, or left out with a sentence where a piece is damaged, foreign or missing."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tapeview.trace.records import Stats, Tensor
from tapeview.trace.schema import PIECE
from tapeview.trace.store import RecordingError, Writer
from tests.helpers.scene import run_info

SIZE = PIECE // 4 + 5
VALUE = np.arange(SIZE, dtype=np.float32)
STATS = Stats(0.0, 1.0, 0.5, 1.0, 0, 0, 1)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    writer = Writer(tmp_path / "run.tapeview", run_info())
    writer.append(0, [Tensor(1, "float32", (SIZE,), None, stats=STATS), Tensor(2, "float32", (3,), b"x" * 12)])
    writer.commit()
    return writer


@pytest.fixture
def path(writer: Writer) -> Path:
    """A recording with tensor 1 in two pieces."""
    data = VALUE.tobytes()
    writer.add_piece(1, 0, data[:PIECE])
    writer.add_piece(1, 1, data[PIECE:])
    assert writer.pieces(1) == 2
    writer.finish("finished", 0)
    return writer.path


def change(path: Path, sql: str, parameters: tuple[Any, ...] = ()) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql, parameters)


def test_pieces_are_put_together(path: Path) -> None:
    with Recording.open(path) as recording:
        assert recording.value_kept(1)
        np.testing.assert_array_equal(recording.value(1), VALUE)
        assert recording.value_kept(2)
        assert not recording.value_kept(3)
        assert recording.warnings == ()
    assert check(path) == []


def test_pieces_do_not_weigh(writer: Writer) -> None:
    before = writer.bytes_written
    writer.add_piece(1, 0, VALUE.tobytes()[:PIECE])
    assert writer.bytes_written == before, "else later steps would be thinned out because somebody looked at one"
    writer.finish("finished", 0)


def test_a_piece_is_there_once_and_as_soon_as_it_is_added(writer: Writer) -> None:
    writer.add_piece(1, 0, b"first")
    writer.add_piece(1, 0, b"second")
    with closing(sqlite3.connect(writer.path)) as connection:
        assert connection.execute("SELECT data FROM piece").fetchall() == [(b"first",)]
    writer.finish("finished", 0)


def test_nothing_is_added_to_a_run_that_is_over(writer: Writer) -> None:
    writer.finish("finished", 0)
    with pytest.raises(RecordingError, match=r"nothing can be added to run.tapeview any more: its run is over"):
        writer.add_piece(1, 0, b"late")


def test_a_value_of_which_pieces_are_missing_at_the_end_was_given_up(path: Path) -> None:
    change(path, "DELETE FROM piece WHERE number = 1")
    with Recording.open(path) as recording:
        assert recording.value(1) is None
        assert not recording.value_kept(1)
        assert recording.warnings == ()
    assert check(path) == []


@pytest.mark.parametrize(
    ("sql", "warning", "problem"),
    [
        (
            "UPDATE piece SET data = zeroblob(20) WHERE number = 1",
            "the checksum of its piece 1 does not match",
            "tensor 1, piece 1 of its value: its checksum does not match",
        ),
        (
            "DELETE FROM piece WHERE number = 0",
            "its pieces do not fit together",
            "tensor 1, piece 1 of its value: a piece before it is missing",
        ),
        (
            "UPDATE piece SET number = 'x' WHERE number = 1",
            "its pieces have no numbers or lengths",
            "tensor 1, piece x of its value: a piece before it is missing",
        ),
        (
            "UPDATE piece SET data = 'text', crc = 3 WHERE number = 1",
            "",
            "tensor 1, piece 1 of its value: its checksum does not match",
        ),
        (
            f"UPDATE piece SET data = zeroblob({PIECE + 1}) WHERE number = 1",
            "its pieces do not fit together",
            "tensor 1, piece 1 of its value: its checksum does not match",
        ),
        (
            "UPDATE piece SET tensor = 77 WHERE number = 1",
            "",
            "tensor 77, piece 1 of its value: there is no such tensor",
        ),
    ],
)
def test_a_damaged_piece_is_told_and_its_value_left_out(path: Path, sql: str, warning: str, problem: str) -> None:
    change(path, sql)
    with Recording.open(path) as recording:
        assert recording.value(1) is None
        told = " ".join(recording.warnings)
        assert warning in told
        assert bool(warning) == bool(told)
        assert recording.value(2) is not None
    assert any(problem in said for said in check(path)), check(path)


def test_pieces_beyond_the_value_s_end_are_told(path: Path) -> None:
    data = b"more"
    change(path, "INSERT INTO piece VALUES (9, 1, 2, ?, ?)", (zlib.crc32(data), data))
    with Recording.open(path) as recording:
        assert recording.value(1) is None
        assert "bytes instead of" in recording.warnings[0]
    assert any("it does not fit float32" in said for said in check(path))


def test_a_value_that_is_larger_than_the_file_is_not_made(writer: Writer) -> None:
    writer.append(0, [Tensor(5, "float32", (1 << 40,), None, stats=STATS)])
    writer.add_piece(5, 0, b"abcd")
    writer.finish("finished", 0)
    with Recording.open(writer.path) as recording:
        assert recording.value(5) is None
        assert not recording.value_kept(5)


def test_something_else_in_the_place_of_the_pieces_is_refused(path: Path) -> None:
    change(path, "DROP TABLE piece")
    change(path, "CREATE VIEW piece AS SELECT tensor, tensor AS number, crc, data FROM value")
    with pytest.raises(RecordingError, match="'piece' is not an ordinary table"):
        Recording.open(path)


def test_an_odd_later_column_is_refused(path: Path) -> None:
    change(path, "ALTER TABLE step DROP COLUMN began")
    change(path, "ALTER TABLE step ADD COLUMN began TEXT")
    with pytest.raises(RecordingError, match=r"step\.began is odd"):
        Recording.open(path)
