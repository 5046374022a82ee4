"""A recording copied while it grows is the same recording."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tapeview.trace.check import check
from tapeview.trace.copying import PART, LongRow, Rows, Source, ValueBit, ValueStart
from tapeview.trace.query import Recording
from tapeview.trace.records import Output
from tapeview.trace.replica import Replica
from tapeview.trace.schema import TABLES, RecordingError
from tests.helpers.recordings import Regression, run_info


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Regression]:
    made = Regression(tmp_path / "run.tapeview", run_info(pid=os.getpid()))
    made.writer.commit()
    yield made
    made.writer.close()


@pytest.fixture
def source(scene: Regression) -> Iterator[Source]:
    with closing(Source(scene.path)) as made:
        yield made


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    (tmp_path / "there").mkdir()
    with closing(Replica(tmp_path / "there" / "copy.tapeview")) as made:
        yield made


def train(scene: Regression, steps: int = 1) -> None:
    for _ in range(steps):
        scene.train()
    scene.flush()
    scene.writer.commit()


def update(source: Source, replica: Replica, *, values: bool = True) -> int:
    """One round; how many bytes it took."""
    before = replica.received
    for part in source.rows():
        assert len(part) <= 2 * PART
        replica.take(part)
    if values:
        for part in source.rest():
            assert len(part) <= 2 * PART
            replica.take(part)
    replica.commit()
    return replica.received - before


def content(path: Path) -> dict[str, list[Any]]:
    """Every row of every table; of the run only what a copy leaves as it is."""
    with closing(sqlite3.connect(path)) as connection:
        tables = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    tables["run"] = [row[:7] + row[8:] for row in tables["run"]]
    return tables


def test_a_copy_grows_with_the_recording(scene: Regression, source: Source, replica: Replica) -> None:
    sizes = []
    update(source, replica)
    with Recording.open(replica.path) as recording:
        for count in range(1, 30):
            train(scene)
            sizes.append(update(source, replica))
            assert recording.refresh()
            assert recording.step_count == count
            assert len(recording.step(count - 1).positions) == 12
            assert recording.variables_at(count - 1, 11)[0].version == count
    assert content(replica.path) == content(scene.path)
    # only what is new is sent
    assert max(sizes[5:]) < 2 * sizes[5]
    assert update(source, replica) == 0


def test_a_whole_recording_with_its_end(scene: Regression, replica: Replica) -> None:
    train(scene, 50)
    scene.finish()
    with closing(Source(scene.path)) as source:
        update(source, replica)
    replica.close()
    assert content(replica.path) == content(scene.path)
    assert check(replica.path) == []
    assert [file.name for file in replica.path.parent.iterdir()] == ["copy.tapeview"]
    with Recording.open(replica.path) as recording:
        assert (recording.state, recording.step_count, recording.warnings) == ("finished", 50, ())


def test_large_values_come_in_bits_with_other_news_between_them(
    scene: Regression, source: Source, replica: Replica
) -> None:
    large = np.random.default_rng(0).normal(size=700_000)
    ids = [scene.tensor(large + number, keep=True) for number in range(3)]
    small = scene.tensor(np.arange(2000.0), keep=True)
    train(scene)
    update(source, replica, values=False)
    with Recording.open(replica.path) as recording:
        assert recording.step_count == 1
        assert recording.value(ids[0]) is None
        # the one that was asked for comes first, the newest of the others next
        wanted = list(source.values([ids[0]]))
        assert len(wanted) > 20
        for part in wanted[:10]:
            replica.take(part)
        train(scene)
        update(source, replica, values=False)
        assert recording.refresh()
        assert recording.step_count == 2
        assert recording.value(ids[0]) is None
        for part in wanted[10:]:
            replica.take(part)
        np.testing.assert_array_equal(recording.value(ids[0]), large)
        order = []
        while (more := source.more()) is not None:
            for part in more:
                replica.take(part)
            replica.commit()
            order += [id for id in (*ids, small) if recording.value(id) is not None and id not in order]
        assert order[1:] == [small, ids[2], ids[1]] or order == [ids[0], small, ids[2], ids[1]]
        # a value that comes later than those of younger tensors is found as well
        late = scene.tensor(large, keep=False)
        younger = scene.tensor(np.arange(2000.0), keep=True)
        train(scene)
        update(source, replica)
        assert recording.value(younger) is not None
        scene.writer.add_value(late, large)
        scene.writer.commit()
        update(source, replica)
        np.testing.assert_array_equal(recording.value(late), large)
    assert content(replica.path) == content(scene.path)


def test_rows_longer_than_a_part(scene: Regression, source: Source, replica: Replica) -> None:
    scene.writer.add_source("/train.py", "# 가나다\n" * 500_000)
    scene.writer.add_output(Output("stdout", "x" * 3_000_000, 0.0, 0))
    train(scene)
    update(source, replica)
    assert content(replica.path) == content(scene.path)


def test_the_writer_is_not_held_up_by_a_copy_that_is_taken_slowly(scene: Regression, source: Source) -> None:
    big = [scene.tensor(np.ones(200_000), keep=True) for _ in range(10)]
    train(scene, 5)
    parts = source.rows()
    next(parts)
    train(scene, 5)
    values = source.values(big)
    for _ in range(3):
        next(values)
    # Nothing of it holds a transaction that would be in the way when the run ends.
    del parts
    values.close()
    scene.finish()
    source.close()
    scene.writer.close()
    assert [file.name for file in scene.path.parent.iterdir() if file.is_file()] == ["run.tapeview"]


NONSENSE = {
    "garbage": b"\xc1",
    "another table": msgspec.msgpack.encode(Rows("sqlite_master", [["table", "x", "x", 1, "x"]])),
    "a table that is none": msgspec.msgpack.encode(Rows("run; DROP TABLE run", [[]])),
    "rows before the run": msgspec.msgpack.encode(Rows("output", [[1, "stdout", "x", 0.0, 0]])),
    "a run of nonsense": msgspec.msgpack.encode(Rows("run", [[1, 2, 3]])),
    "a value without a beginning": msgspec.msgpack.encode(ValueBit(1, b"x")),
    "a value without an end": msgspec.msgpack.encode(ValueStart(1, 1, 1 << 40)),
}


@pytest.mark.parametrize("part", NONSENSE.values(), ids=NONSENSE.keys())
def test_what_is_no_part_is_refused(replica: Replica, part: bytes) -> None:
    with pytest.raises(RecordingError, match="no part"):
        replica.take(part)
    assert replica.run is None
    assert not replica.path.exists()


AFTERWARDS = {
    "too few columns": [Rows("output", [[1, "x"]])],
    "a list in a column": [Rows("output", [[1, "x", ["x"], 0.0, 0]])],
    "a long row of another table": [LongRow("output", b"x", False), LongRow("chunk", b"x", True)],
    "a long row of nonsense": [LongRow("output", b"\xc1", True)],
    "too many bytes of a value": [ValueStart(1, 1, 4), ValueBit(1, b"12345")],
    "a value twice": [ValueStart(1, 1, 4), ValueStart(1, 1, 4)],
    "many values at once": [ValueStart(number, 1, 4) for number in range(100)],
}


@pytest.mark.parametrize("parts", AFTERWARDS.values(), ids=AFTERWARDS.keys())
def test_nonsense_after_the_beginning_is_refused(
    scene: Regression, source: Source, replica: Replica, parts: list[Any]
) -> None:
    train(scene)
    update(source, replica)
    with pytest.raises(RecordingError):
        _ = [replica.take(msgspec.msgpack.encode(part)) for part in parts]
    replica.close()
    with Recording.open(replica.path) as recording:
        assert recording.step_count == 1


def test_random_bytes_in_place_of_parts(scene: Regression, source: Source, replica: Replica) -> None:
    train(scene)
    update(source, replica)
    good = [msgspec.msgpack.encode(Rows("output", [[1, "stdout", "x", 0.0, 0]])), *source.rows()]
    dice = random.Random(7)
    for _ in range(2000):
        bad = bytearray(dice.choice(good))
        for _ in range(dice.randint(1, 4)):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        try:
            replica.take(bytes(bad))
        except RecordingError:
            continue


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot copy"):
        Source(tmp_path / "nowhere.tapeview")
