"""Recordings made to harm: nothing in them is executed, and nothing they claim is believed before it is measured."""

from __future__ import annotations

import sqlite3
import time
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tapeview.trace import database, names, values
from tapeview.trace.check import check
from tapeview.trace.decode import decode_chunk
from tapeview.trace.query import Recording
from tapeview.trace.records import Frame, Op, Tensor, Variable
from tapeview.trace.schema import CHUNK_LIMIT, TABLES
from tapeview.trace.store import RecordingError, Writer
from tests.helpers.recordings import write_regression
from tests.helpers.scene import run_info
from tests.trace.reading import read_everything

FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_regression(tmp_path / "run.tapeview", steps=3)


def change(path: Path, *statements: str, parameters: tuple[Any, ...] = ()) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement, parameters)


def not_trusted(path: Path) -> str:
    with pytest.raises(RecordingError, match="is not a recording tapeview can trust") as caught:
        Recording.open(path)
    assert check(path) == [str(caught.value)]
    return str(caught.value)


@pytest.mark.parametrize("table", TABLES)
def test_a_view_in_place_of_a_table_is_refused_and_not_run(path: Path, table: str) -> None:
    columns = [line.split()[0] for line in TABLES[table].splitlines()[1:-1]]
    endless = ", ".join(f"i AS {column}" for column in columns)
    change(path, f"DROP TABLE {table}", f"CREATE VIEW {table} AS {FOREVER} {endless} FROM n")
    started = time.monotonic()
    assert f"'{table}' is not an ordinary table" in not_trusted(path)
    assert time.monotonic() - started < 5


def test_a_generated_column_is_refused(path: Path) -> None:
    sql = TABLES["value"].replace("data BLOB NOT NULL", "data BLOB AS (zeroblob(900000000))")
    change(path, "DROP TABLE value", sql)
    assert "'value' is not an ordinary table" in not_trusted(path)


def test_a_virtual_table_is_refused(path: Path) -> None:
    columns = ", ".join(line.split()[0] for line in TABLES["output"].splitlines()[1:-1])
    try:
        change(path, "DROP TABLE output", f"CREATE VIRTUAL TABLE output USING fts5({columns})")
    except sqlite3.OperationalError:  # SQLite was built without it; the sentence is then another one
        change(path, "CREATE VIEW output AS SELECT 1")
    assert "'output' is not an ordinary table" in not_trusted(path)


def test_columns_of_other_types_are_refused(path: Path) -> None:
    change(path, "DROP TABLE scalar", TABLES["scalar"].replace("id INTEGER PRIMARY KEY", "id TEXT"))
    assert "scalar.id is odd" in not_trusted(path)


def test_triggers_and_odd_indexes_are_never_run(path: Path) -> None:
    change(
        path,
        "CREATE TRIGGER evil AFTER INSERT ON scalar BEGIN DELETE FROM scalar; END",
        f"CREATE VIEW endless AS {FOREVER} i FROM n",
        "CREATE INDEX evil_index ON output (length(text) * 2)",
    )
    before = path.read_bytes()
    assert read_everything(path).warnings == ()
    assert check(path) == []
    assert path.read_bytes() == before


def test_a_query_that_finds_no_end_is_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "QUERY_SECONDS", 0.05)
    opened = database.Database(path)
    with pytest.raises(RecordingError, match=r"endlessness cannot be read \(interrupted\)"):
        opened.rows(f"{FOREVER} i FROM n WHERE i < 0", (), "endlessness")
    assert opened.rows("SELECT count(*) FROM step") == [(4,)]
    opened.close(tidy=False)


def test_more_rows_than_a_file_can_hold_are_not_believed(path: Path) -> None:
    opened = database.Database(path)
    with pytest.raises(RecordingError, match="more rows than the file can hold"):
        opened.rows(f"{FOREVER} i FROM n")
    opened.close(tidy=False)


def test_steps_out_of_all_proportion_are_left_out(path: Path) -> None:
    change(path, "INSERT INTO step VALUES (4611686018427387904, 1, 1, 1, 1, 1, 'all', 1, 0, '', -1)")
    change(path, "INSERT INTO step VALUES (-9, 1, 1, 1, 1, 1, 'all', 1, 0, '', -1)")
    with Recording.open(path) as recording:
        assert recording.step_count == 3
        assert len(recording.warnings) == 2


def test_a_gap_in_the_steps_is_filled_and_told(path: Path) -> None:
    change(path, "INSERT INTO step VALUES (9, 1, 1, 1, 1, 1, 'whatever', 1, 0, '', -1)")
    with Recording.open(path) as recording:
        assert recording.step_count == 10
        assert recording.step(7).records == ()
        assert recording.warnings == ("nothing is known about steps 3 to 8",)


def put_chunk(path: Path, data: bytes, first: int = 0, last: int = 0, step: int = 0) -> None:
    sql = "INSERT INTO chunk (step, seq, count, first_tensor, last_tensor, crc, data) VALUES (?, 50, 1, ?, ?, ?, ?)"
    change(path, sql, parameters=(step, first, last, zlib.crc32(data), data))


def test_a_huge_chunk_is_not_decoded(path: Path) -> None:
    put_chunk(path, b"\xdd" + CHUNK_LIMIT.to_bytes(4, "big") + b"\x90" * CHUNK_LIMIT)
    found = read_everything(path)
    assert found.warnings == ("step 0, chunk 50: 1 records cannot be read because it is not a blob, or too large",)


def test_a_chunk_of_nonsense_is_soon_given_up(path: Path) -> None:
    count = CHUNK_LIMIT // 2
    put_chunk(path, b"\xdd" + count.to_bytes(4, "big") + b"\x90" * count)
    started = time.monotonic()
    assert f"step 0, chunk 50: {count} records are damaged and were skipped" in read_everything(path).warnings
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("table", ["source", "output", "failure", "run", "stack"])
def test_huge_texts_are_not_read(path: Path, table: str) -> None:
    column = {"source": "text", "output": "text", "failure": "message", "run": "argv", "stack": "frames"}[table]
    if table == "failure":
        change(path, "INSERT INTO failure VALUES (1, '', '', '', '', 0, 0, '')")
    change(path, f"UPDATE {table} SET {column} = zeroblob(100000000)")
    found = read_everything(path)
    assert any("too big" in warning for warning in found.warnings)
    assert found.steps == 3


@pytest.mark.parametrize(
    ("dtype", "shape", "data"),
    [
        ("float32", (2,), b"abcd"),
        ("float32", (1 << 40, 1 << 40), b""),
        ("float32", (1 << 62, 0), b""),
        ("float32", (1 << 70, 0), b""),
        ("float32", (-1,), b"abcd"),
        ("float32", (-1, -1), b"abcd"),
        ("float32", (1,) * 60, b"abcd"),
        ("object", (1,), b"12345678"),
        ("O", (1,), b"12345678"),
        ("f4,f4", (1,), b"12345678"),
        ("datetime64[ns]", (1,), b"12345678"),
        ("V8", (1,), b"12345678"),
        ("S999999999", (1,), b"12345678"),
        ("<U0", (1 << 40,), b""),
        ("x" * 100_000, (1,), b"1"),
    ],
)
def test_impossible_tensors_have_no_value_and_a_warning(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], data: bytes
) -> None:
    shape = tuple(min(size, (1 << 64) - 1) for size in shape)
    writer = Writer(tmp_path / "run.tapeview", run_info())
    writer.append(0, [Tensor(1, dtype, shape, data), Tensor(2, dtype, shape, None)])
    writer.finish("finished", 0)
    change(writer.path, "INSERT INTO value VALUES (2, ?, ?)", parameters=(zlib.crc32(data), data))
    with Recording.open(writer.path) as recording:
        assert recording.value(1) is None
        assert recording.stats(1) is None
        assert recording.value(2) is None
        assert recording.stats(2) is None
        assert recording.warnings


def test_a_value_that_is_larger_than_its_tensor_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path / "run.tapeview", run_info())
    writer.append(0, [Tensor(1, "float32", (4,), None)])
    writer.finish("finished", 0)
    change(writer.path, "INSERT INTO value VALUES (1, 0, zeroblob(200000000))")
    monkeypatch.setattr(values, "from_bytes", lambda *_: pytest.fail("it was read"))
    with Recording.open(writer.path) as recording:
        assert recording.value(1) is None
        assert recording.warnings == ("the value of tensor 1 is damaged: 200000000 bytes instead of 16",)


def test_odd_sources_give_no_names_and_no_crash(tmp_path: Path) -> None:
    for text in (
        "(" * 100_000,
        "-" * 200_000 + "1",
        "x = 1\x00",
        "def f(:\n",
        "\ufeffx",
        "[" * 50 + "]" * 50,
        "a." * 50_000 + "a",
    ):
        writer = Writer(tmp_path / "run.tapeview", run_info())
        file = writer.add_source("/s.py", text)
        sites = [
            writer.add_stack((Frame(file, "f", line, end, column, stop),))
            for line, end, column, stop in (
                (1, 1, 0, 5),
                (1, 99, 0, 5),
                (0, 0, 0, 0),
                (-5, 2, -9, 3),
                (2, 1, 5, 1),
                (1, 1, 9, 2),
            )
        ]
        writer.append(0, [Variable(1, "Variable:0", "float32", (), True, sites[0])])
        writer.append(0, [Op(1, "Mul", (), (), {}, sites[0], (), 0)])
        writer.finish("finished", 0)
        with Recording.open(writer.path) as recording:
            for site in (*sites, 999, -1, 2**70):
                names.result_name(recording, site)
                names.expression(recording, site)
                assert len(names.operand_names(recording, site, 2)) == 2
                names.series_name(recording, "", "target", site)


def test_names_full_of_sql_are_only_names(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run'; DROP TABLE run; --.tapeview", run_info())
    name = "'; DROP TABLE chunk; --"
    writer.add_series(name, "logged", 0)
    writer.append(0, [Op(1, name, (), (), {name: name}, 0, (), 0)])
    writer.finish("finished", 0)
    with Recording.open(writer.path) as recording:
        assert recording.op_info(name) is None
        assert list(recording.scalars()) == [name]
        assert recording.step(0).ops[1].op == name
        assert recording.warnings == ()


@pytest.mark.parametrize(
    "name", ["a#b?c%20d&mode=rw.tapeview", "한글 이름.tapeview", "file:x.tapeview", " .tapeview", "-x"]
)
def test_odd_file_names_are_only_names(tmp_path: Path, name: str) -> None:
    path = write_regression(tmp_path / name, steps=2)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert read_everything(path).steps == 2


def test_nothing_is_unpickled() -> None:
    package = Path(database.__file__).parent
    for module in package.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        for word in ("pickle", "marshal", "eval(", "exec(", "allow_pickle", "shelve"):
            assert word not in text, (module.name, word)


def test_decoding_a_struct_never_makes_other_objects() -> None:
    evil = msgspec.msgpack.encode([[6, 1, "Mul", [], [], {"x": msgspec.msgpack.Ext(1, b"x")}, 0, [], 0]])
    decoded = decode_chunk(evil, zlib.crc32(evil))
    for record in decoded.records:
        assert isinstance(record, Op)
        assert isinstance(record.attrs["x"], msgspec.msgpack.Ext)
