"""Cut and garbled files, and files that are no recordings: they show what is readable, or say in a sentence why not."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tapeview.trace.records import SETUP, Op, ScopeClosed, ScopeOpened, Tensor
from tapeview.trace.store import RecordingError, Writer
from tests.helpers.recordings import Regression, write_regression
from tests.helpers.scene import run_info
from tests.trace.reading import read_everything


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_regression(tmp_path / "run.tapeview", steps=40)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_regression(tmp_path_factory.mktemp("good") / "run.tapeview", steps=40).read_bytes()


def sentence(error: BaseException) -> str:
    text = str(error)
    assert text
    assert "\n" not in text
    assert "Traceback" not in text
    return text


def refused(path: Path) -> str:
    """Why the file cannot be opened; ``check`` says the same."""
    with pytest.raises(RecordingError) as caught:
        Recording.open(path)
    assert check(path) == [str(caught.value)]
    return sentence(caught.value)


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"x", "is not a tapeview recording"),
        (b"SQLite format 3\x00", "is not a tapeview recording"),
        (b"import tensorflow as tf\n" * 100, "is not a tapeview recording"),
        (bytes(10_000), "is not a tapeview recording"),
        (random.Random(1).randbytes(50_000), "is not a tapeview recording"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "some file.tapeview"
    path.write_bytes(content)
    assert reason in refused(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_databases_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tapeview"
    change(path, "CREATE TABLE run (x)")
    assert "is not a tapeview recording" in refused(path)


def test_folders_missing_files_and_devices_are_refused(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)
    assert "There is no file" in refused(tmp_path / "nothing.tapeview")
    assert "There is no file" in refused(tmp_path / "no folder" / "nothing.tapeview")
    assert refused(tmp_path / ("x" * 5000))


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused(tmp_path / "pipe")


@pytest.mark.skipif(sys.platform == "win32", reason="needs permissions")
def test_a_file_one_may_not_read_is_refused(path: Path) -> None:
    path.chmod(0)
    path.parent.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(RecordingError) as caught:
            Recording.open(path)
    finally:
        if root:
            os.seteuid(0)
    assert "cannot be read" in sentence(caught.value)


def test_a_newer_version_is_refused_with_both_versions(path: Path) -> None:
    change(path, "PRAGMA user_version = 7")
    assert refused(path) == "run.tapeview was made by a newer tapeview (format 7, this one reads up to 1)."
    change(path, "PRAGMA user_version = -1")
    assert "damaged" in refused(path)


@pytest.mark.parametrize("table", ["run", "step", "chunk", "value", "scalar", "source", "version"])
def test_a_missing_table_is_named(path: Path, table: str) -> None:
    change(path, f"DROP TABLE {table}")
    assert refused(path) == f"run.tapeview is damaged or incomplete: it has no table '{table}'."


def test_a_missing_column_is_named_and_further_ones_are_fine(path: Path) -> None:
    change(path, "ALTER TABLE run ADD COLUMN host TEXT", "CREATE TABLE weather (id INTEGER PRIMARY KEY)")
    assert read_everything(path).warnings == ()
    change(path, "ALTER TABLE step DROP COLUMN kept")
    assert refused(path) == "run.tapeview is damaged: table 'step' lacks column 'kept'."


def test_a_garbled_chunk_costs_its_own_records_only(path: Path) -> None:
    whole = read_everything(path)
    change(path, "UPDATE chunk SET data = zeroblob(length(data)) WHERE step = 7")
    found = read_everything(path)
    assert whole.records - 60 < found.records < whole.records
    assert found.steps == whole.steps
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith("step 7, chunk 0: ")
    assert "checksum" in found.warnings[0]
    assert any(problem.startswith("step 7, chunk 0: ") for problem in check(path))


def test_a_garbled_value_is_not_shown(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview")
    large = np.arange(3000.0)
    good, bad = scene.tensor(large), scene.tensor(large)
    scene.finish()
    change(scene.path, f"UPDATE value SET data = CAST(zeroblob(24000) AS BLOB) WHERE tensor = {bad}")
    with Recording.open(scene.path) as recording:
        np.testing.assert_array_equal(recording.value(good), large)
        assert recording.value(bad) is None
        assert recording.warnings == (f"the value of tensor {bad} is damaged: its checksum does not match",)
    assert check(scene.path) == [f"tensor {bad}: the checksum of its value does not match"]


def test_wrong_types_in_columns_are_warnings(path: Path) -> None:
    change(
        path,
        "UPDATE chunk SET data = 'text' WHERE step = 3",
        "UPDATE chunk SET crc = 'x' WHERE step = 4",
        "UPDATE scalar SET value = 'nonsense' WHERE step = 5",
        "UPDATE scalar SET series = 99 WHERE step = 6",
        "UPDATE step SET forward = 'many' WHERE step = 8",
        "UPDATE stack SET frames = x'C1' WHERE id = 2",
        "UPDATE source SET text = x'FFFE' WHERE id = 1",
        "UPDATE run SET argv = '{', started = 'now', pid = 'me'",
        "UPDATE variable SET record = 'w' WHERE id = 1",
        "UPDATE output SET text = x'00', time = 'late'",
        "UPDATE op_info SET info = x'90'",
        "UPDATE version SET data = x'01'",
    )
    found = read_everything(path)
    assert found.steps == 40
    assert found.points == 3 * 40 - 6
    assert len(found.warnings) >= 6
    assert len(check(path)) >= 6


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("DELETE FROM stack WHERE id = 4", "it mentions call site 4, which is not there"),
        ("DELETE FROM source", "is in source file 1, which is not there"),
        ("DELETE FROM step WHERE step = 39", "step 39 has records but no row"),
        ("DELETE FROM chunk WHERE step = -1", "it mentions variable 1, which is not there"),
        ("DELETE FROM chunk WHERE step = 5", "step 6: op 31 (Mul): it mentions tensor"),
        ("UPDATE step SET backward = 9 WHERE step = 2", "step 2: forward, backward and update positions are [5, 5, 2]"),
        ("UPDATE chunk SET count = 9 WHERE step = 2", "records where 9 are said to be"),
        ("UPDATE chunk SET last_tensor = last_tensor + 1 WHERE step = 2", "which is not so"),
        ("UPDATE chunk SET seq = 1 WHERE step = 2", "step 2, chunk 1: chunk 0 is missing"),
        ("INSERT INTO value VALUES (99999, 0, x'00')", "a value of tensor 99999, which is not there"),
        ("INSERT INTO value VALUES (1, 0, x'0000')", "tensor 1: 2 bytes do not fit float32"),
        ("INSERT INTO value VALUES (1, 0, x'00000000')", "tensor 1: the checksum of its value does not match"),
        ("INSERT INTO scalar (series, step, value) VALUES (1, 77, 0.0)", "it has points at steps that are not there"),
        ("INSERT INTO variable SELECT 9, 3, record FROM variable WHERE id = 1", ""),
        ("UPDATE run SET id = id", ""),
    ],
)
def test_check_finds_what_does_not_fit_together(path: Path, sql: str, problem: str) -> None:
    assert check(path) == []
    change(path, sql)
    problems = check(path)
    if problem:
        assert any(problem in line for line in problems), problems
    else:
        assert problems == []
    read_everything(path)


def test_check_finds_scopes_that_are_not_there_and_ops_that_raised_and_have_outputs(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "odd.tapeview", run_info())
    raised = Op(1, "Mul", (), (1,), {}, 0, (), 0, error="no", scope=7)
    writer.append(0, [Tensor(1, "float32", (), b"abcd"), ScopeOpened(3, "a", "block", 1, 2, 9), raised, ScopeClosed(4)])
    writer.finish("finished", 0)
    assert check(writer.path) == [
        "step 0: scope 3: it mentions scope 2, which is not there",
        "step 0: scope 3: it mentions call site 9, which is not there",
        "step 0: op 1 (Mul): it mentions scope 7, which is not there",
        "step 0: op 1 (Mul): it raised and has outputs all the same",
        "step 0: the end of a scope: it mentions scope 4, which is not there",
    ]


def outcome(path: Path) -> str:
    """Read a damaged file in every way; whatever happens, no other exception than RecordingError with a sentence."""
    try:
        found = read_everything(path)
    except RecordingError as error:
        sentence(error)
        found = None
    for problem in check(path):
        assert "\n" not in problem
    if found is None:
        return "refused"
    for warning in found.warnings:
        assert "\n" not in warning
    return "warned" if found.warnings else "unseen"


@pytest.mark.parametrize("part", [0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.999])
def test_a_cut_file_shows_what_is_left_of_it(good: bytes, tmp_path: Path, part: float) -> None:
    path = tmp_path / "cut.tapeview"
    path.write_bytes(good[: int(len(good) * part)])
    assert outcome(path) in ("refused", "warned")
    if part > 0.9:
        with Recording.open(path) as recording:
            assert recording.step_count > 0
            assert any(recording.step(index).records for index in range(SETUP, recording.step_count))


def mutations() -> list[tuple[str, Callable[[random.Random, bytearray], None]]]:
    def flip(rng: random.Random, data: bytearray, times: int) -> None:
        for _ in range(times):
            data[rng.randrange(100, len(data))] ^= 1 << rng.randrange(8)

    def blank_page(rng: random.Random, data: bytearray) -> None:
        page = rng.randrange(1, len(data) // 4096)
        data[page * 4096 : (page + 1) * 4096] = bytes(4096)

    def swap_pages(rng: random.Random, data: bytearray) -> None:
        a, b = (rng.randrange(1, len(data) // 4096) * 4096 for _ in range(2))
        data[a : a + 4096], data[b : b + 4096] = data[b : b + 4096], data[a : a + 4096]

    def loop(rng: random.Random, data: bytearray) -> None:
        """Make the cells and pointers of one page those of another, so that trees contain themselves."""
        a, b = (rng.randrange(1, len(data) // 4096) * 4096 for _ in range(2))
        data[a : a + 4096] = data[b : b + 4096]

    def header(rng: random.Random, data: bytearray) -> None:
        data[rng.choice([*range(16, 60), *range(72, 100)])] = rng.randrange(256)

    return [
        ("one bit", lambda rng, data: flip(rng, data, 1)),
        ("many bits", lambda rng, data: flip(rng, data, 200)),
        ("blank page", blank_page),
        ("swapped pages", swap_pages),
        ("loop", loop),
        ("header", header),
    ]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("mutation", [pytest.param(how, id=name.replace(" ", "-")) for name, how in mutations()])
def test_damage_anywhere_is_survived(
    good: bytes, tmp_path: Path, mutation: Callable[[random.Random, bytearray], None], seed: int
) -> None:
    data = bytearray(good)
    mutation(random.Random(seed), data)
    path = tmp_path / "damaged.tapeview"
    path.write_bytes(data)
    outcome(path)
