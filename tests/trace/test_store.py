"""The writer: what is committed is in the file, in order, once; what cannot be is refused before anything is taken."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.batch import put
from tapeview.trace.query import Recording
from tapeview.trace.records import (
    BACKWARD_STEP,
    OP,
    SETUP,
    TENSOR,
    Assigned,
    BackwardStep,
    Failure,
    Frame,
    Op,
    OpInfo,
    Output,
    Tensor,
)
from tapeview.trace.schema import APPLICATION_ID, CHUNK_LIMIT, USER_VERSION
from tapeview.trace.store import RecordingError, Writer
from tests.helpers.recordings import Regression, write_regression
from tests.helpers.scene import NOBODY, run_info


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.tapeview"


def tensor(id: int) -> Tensor:
    return Tensor(id, "float32", (), b"abcd")


def test_a_finished_recording_is_one_file_that_says_what_it_is(path: Path) -> None:
    write_regression(path)
    assert [file.name for file in path.parent.iterdir()] == ["run.tapeview"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (USER_VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_records_come_back_in_order_across_appends_and_commits(path: Path) -> None:
    writer = Writer(path, run_info())
    records = [tensor(id) for id in range(1, 5001)]
    for start in range(0, 5000, 7):
        writer.append(0, records[start : start + 7])
        if start % 49 == 0:
            writer.commit()
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert list(recording.step(0).records) == records


def test_records_may_come_as_the_tuples_that_are_stored(path: Path) -> None:
    records = [
        Tensor(1, "float32", (), b"abcd"),
        Op(1, "Neg", (1,), (2,), {}, 0, (7,), 1),
        Op(2, "Neg", (2,), (3,), {}, 0, (7,), 1, call=3),
        BackwardStep(3, 1, (2,), (3,), (3,)),
    ]
    stored = [
        (TENSOR, 1, "float32", (), b"abcd"),
        (OP, 1, "Neg", (1,), (2,), {}, 0, (7,), 1, False, 0, "", 0),
        (OP, 2, "Neg", (2,), (3,), {}, 0, (7,), 1, False, 3, "", 0),
        (BACKWARD_STEP, 3, 1, (2,), (3,), (3,)),
    ]
    writer = Writer(path, run_info())
    writer.append(0, stored)
    with pytest.raises(ValueError, match="after tensor 1"):
        writer.append(0, stored[:1])
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert list(recording.step(0).records) == records
        assert (recording.step_info(0).forward, recording.step_info(0).backward) == (1, 2)
        assert recording.tensor(1) == records[0]


def test_a_large_append_becomes_several_chunks(path: Path) -> None:
    writer = Writer(path, run_info())
    records = [Tensor(id, "uint8", (4096,), bytes(4096)) for id in range(1, 3001)]
    writer.append(0, records)
    writer.finish("finished", 0)
    with closing(sqlite3.connect(path)) as connection:
        sizes = [size for (size,) in connection.execute("SELECT length(data) FROM chunk ORDER BY seq")]
    assert len(sizes) >= 3
    assert max(sizes) < CHUNK_LIMIT
    with Recording.open(path) as recording:
        assert list(recording.step(0).records) == records
        assert recording.tensor(2999).id == 2999


def test_huge_records_are_split_from_each_other_and_a_single_one_is_refused(path: Path) -> None:
    writer = Writer(path, run_info())
    big = {"text": "x" * (CHUNK_LIMIT // 3)}
    ops = [Op(seq, "Big", (), (), big, 0, (), 0) for seq in range(4)]
    writer.append(0, ops)
    with pytest.raises(ValueError, match=r"Op record of .* bytes is too large"):
        writer.append(0, [Op(9, "Bigger", (), (), {"text": "x" * CHUNK_LIMIT}, 0, (), 0)])
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert list(recording.step(0).records) == ops


@pytest.mark.parametrize(
    ("step", "records", "message"),
    [
        (1, [tensor(9)], "step 1 after those of step 2"),
        (-2, [tensor(9)], "step -2"),
        (2, [tensor(5)], "tensors 5 to 5 after tensor 5"),
        (2, [tensor(3), tensor(9)], "tensors 3 to 9 after tensor 5"),
        (2, [tensor(9), tensor(8)], "tensors 9 to 8"),
    ],
)
def test_what_goes_back_is_refused_and_nothing_of_it_is_taken(
    path: Path, step: int, records: list[Tensor], message: str
) -> None:
    writer = Writer(path, run_info())
    writer.append(2, [tensor(5)])
    with pytest.raises(ValueError, match=message):
        writer.append(step, records)
    writer.append(2, [tensor(6)])
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert recording.step(2).records == (tensor(5), tensor(6))


def test_there_is_nothing_before_the_setup(path: Path) -> None:
    writer = Writer(path, run_info())
    with pytest.raises(ValueError, match="step -2"):
        writer.append(SETUP - 1, [tensor(1)])
    writer.append(SETUP, [tensor(1)])
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert recording.step(SETUP).records == (tensor(1),)


def test_what_cannot_be_encoded_is_refused_and_nothing_of_it_is_taken(path: Path) -> None:
    writer = Writer(path, run_info())
    with pytest.raises(TypeError):
        writer.append(0, [tensor(1), Op(1, "Mul", (), (), {"axis": object()}, 0, (), 0)])
    writer.append(0, [tensor(1)])
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert recording.step(0).records == (tensor(1),)


def test_sources_stacks_series_and_op_infos_are_kept_once(path: Path) -> None:
    writer = Writer(path, run_info())
    frame = Frame(1, "f", 1, 1, 0, 5)
    assert [writer.add_source("/s.py", "a"), writer.add_source("/s.py", "b"), writer.add_source("/s.py", "a")] == [
        1,
        2,
        1,
    ]
    assert [writer.add_stack((frame,)), writer.add_stack((frame, frame)), writer.add_stack((frame,))] == [1, 2, 1]
    assert writer.add_stack(()) == 0
    assert [writer.add_series("w", "variable", 1), writer.add_series("w", "target", 1)] == [1, 2]
    assert writer.add_series("w", "variable", 1) == 1
    writer.add_op_info(OpInfo("Mul", ("x", "y"), ("", ""), (), True))
    writer.commit()
    better = OpInfo("Mul", ("x", "y"), ("g * y", "g * x"), ("x", "y"), True)
    writer.add_op_info(better)
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert [source.text for source in recording.sources()] == ["a", "b"]
        assert recording.frames(2) == (frame, frame)
        assert recording.op_info("Mul") == better
        assert recording.op_info("Nothing") is None


def test_steps_without_records_have_rows_that_say_so(path: Path) -> None:
    writer = Writer(path, run_info())
    series = writer.add_series("loss", "target", 0)
    writer.append(0, [tensor(1)])
    writer.add_scalar(series, 3, 1.5)
    writer.set_kept(5, "small values")
    writer.commit()
    writer.set_kept(0, "scalars")
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        kept = [info.kept for info in recording.step_infos()]
        assert kept == ["scalars", "scalars", "scalars", "all", "scalars", "small values"]
        assert [info.step for info in recording.step_infos()] == list(range(6))
    with pytest.raises(ValueError, match="one of all, small values, scalars"):
        writer.set_kept(5, "everything")


def test_numbers_texts_and_failures_survive_as_they_are(path: Path) -> None:
    writer = Writer(path, run_info(argv=("s.py", "\udcff", "한글"), script="/집/s.py"))
    series = writer.add_series("손실", "logged", 0)
    values = [0.1, float("inf"), float("-inf"), float("nan"), 1e-320]
    for step, value in enumerate(values):
        writer.add_scalar(series, step, np.float64(value))
    writer.add_output(Output("stdout", "기울기\x00\r\n\ud800", 1.5, SETUP))
    failure = Failure("script", "ValueError", "나쁨", "Traceback\n", 0, 0, "Mul")
    writer.add_failure(failure)
    writer.finish("failed", 1)
    with Recording.open(path) as recording:
        found = recording.scalars()["손실"].values
        np.testing.assert_array_equal(found, values)
        assert recording.output() == [(1, Output("stdout", "기울기\x00\r\n\\ud800", 1.5, SETUP))]
        assert recording.failures() == [failure]
        assert recording.run.argv == ("s.py", "\\udcff", "한글")
        assert recording.run.script == "/집/s.py"
        assert (recording.state, recording.run.exit) == ("failed", 1)


def test_nothing_is_in_the_file_before_commit_and_everything_after(path: Path) -> None:
    writer = Writer(path, run_info())
    with Recording.open(path) as recording:
        writer.append(0, [tensor(1)])
        assert not recording.refresh()
        assert recording.step_count == 0
        writer.commit()
        assert recording.refresh()
        assert recording.step(0).records == (tensor(1),)
        writer.commit()
        assert not recording.refresh()
    writer.close()


def test_values_that_come_after_the_end_get_into_the_file(path: Path) -> None:
    scene = Regression(path)
    scene.train()
    large = np.arange(5000, dtype=np.float64)
    id = scene.tensor(large, keep=False)
    scene.finish()
    scene.writer.add_value(id, large)
    scene.writer.commit()
    assert [file.name for file in path.parent.iterdir()] == ["run.tapeview"]
    with Recording.open(path) as recording:
        np.testing.assert_array_equal(recording.value(id), large)
        assert recording.state == "finished"


def test_an_older_recording_is_replaced(path: Path) -> None:
    write_regression(path, steps=5)
    write_regression(path, steps=2)
    with Recording.open(path) as recording:
        assert recording.step_count == 2


def test_an_empty_file_is_replaced(path: Path) -> None:
    path.touch()
    write_regression(path, steps=2)
    with Recording.open(path) as recording:
        assert recording.step_count == 2


def test_whatever_else_is_there_is_left_alone(path: Path, tmp_path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(RecordingError, match="is not a recording, so it is left alone"):
        Writer(path, run_info())
    assert path.read_text() == "precious"
    with pytest.raises(RecordingError, match="is not a file"):
        Writer(tmp_path, run_info())
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE precious (x)")
    with pytest.raises(RecordingError, match="is not a recording"):
        Writer(tmp_path / "other.db", run_info())


def test_a_recording_that_another_process_is_writing_is_left_alone(path: Path) -> None:
    writer = Writer(path, run_info(pid=os.getppid()))
    with pytest.raises(RecordingError, match=f"is being written by process {os.getppid()}"):
        Writer(path, run_info())
    writer.close()


def test_a_killed_recording_is_replaced_with_its_log(path: Path) -> None:
    writer = Writer(path, run_info(pid=NOBODY))
    writer.append(0, [tensor(1)])
    writer.commit()
    second = Writer(path, run_info())
    second.finish("finished", 0)
    writer.close()
    with Recording.open(path) as recording:
        assert recording.step_count == 0
        assert recording.state == "finished"


def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot write a recording to .*nowhere"):
        Writer(tmp_path / "nowhere" / "run.tapeview", run_info())


def test_bytes_written_grows_with_what_is_handed_over(path: Path) -> None:
    writer = Writer(path, run_info())
    assert writer.bytes_written == 0
    writer.add_value(1, np.zeros(10_000, np.float32))
    assert writer.bytes_written == 40_000
    writer.append(0, [Tensor(2, "uint8", (1000,), bytes(1000))])
    assert 41_000 < writer.bytes_written < 41_100
    writer.finish("finished", 0)


def test_appending_goes_on_while_another_thread_commits(path: Path) -> None:
    writer = Writer(path, run_info())
    total, stop = 3000, threading.Event()
    errors: list[Exception] = []

    def commit_often() -> None:
        while not stop.is_set():
            try:
                writer.commit()
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=commit_often)
    thread.start()
    for id in range(1, total + 1):
        writer.append(id // 100, [tensor(id)])
    stop.set()
    thread.join()
    writer.finish("finished", 0)
    assert not errors
    with Recording.open(path) as recording:
        ids = [record.id for step in range(recording.step_count) for record in recording.step(step).records]
        assert ids == list(range(1, total + 1))


def test_the_versions_of_variables_are_never_far_from_a_complete_list(path: Path) -> None:
    writer, variables, steps = Writer(path, run_info()), 10, 200
    id = 0
    for step in range(steps):
        for variable in range(variables if step == 0 else 2):
            id += 1
            writer.append(step, [tensor(id), Assigned(variable + 1, step, id, 0, "assign", 0)])
        writer.commit()
    writer.finish("finished", 0)
    with closing(sqlite3.connect(path)) as connection:
        complete = [step for (step,) in connection.execute("SELECT step FROM version WHERE complete ORDER BY id")]
        entries = connection.execute("SELECT sum(length(data)) FROM version").fetchone()[0]
    assert max(after - step for step, after in pairwise(complete)) <= variables // 2 + 1
    assert entries < 100 * steps


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_writes_nothing_and_harms_nothing(path: Path) -> None:
    writer = Writer(path, run_info(pid=os.getpid()))
    writer.append(0, [tensor(1)])
    child = os.fork()
    if child == 0:
        try:
            writer.append(0, [tensor(2)])
            writer.add_output(Output("stdout", "child", 0.0, 0))
            writer.commit()
            writer.finish("finished", 0)
            del writer
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    writer.append(0, [tensor(3)])
    writer.commit()
    with Recording.open(path) as recording:
        assert recording.step(0).records == (tensor(1), tensor(3))
        assert recording.output() == []
        assert recording.state == "running"
    writer.finish("finished", 0)


def test_many_rows_are_one_execution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each execution lets go of the interpreter's lock, and a busy script gives it back only after 5 ms."""
    executed: list[str] = []
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("CREATE TABLE scalar (series, step, value)")
        connection.set_trace_callback(executed.append)
        rows = [(1, step, step / 2) for step in range(3000)]
        put(connection, "INSERT INTO scalar (series, step, value) VALUES (?, ?, ?)", rows)
        connection.set_trace_callback(None)
        assert connection.execute("SELECT series, step, value FROM scalar ORDER BY step").fetchall() == rows
    assert len([text for text in executed if text.startswith("INSERT")]) <= 3
