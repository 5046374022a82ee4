"""Steps of several threads that grow side by side, and recordings from before there were any."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tapeview.trace.check import check
from tapeview.trace.query import Recording, StepInfo
from tapeview.trace.records import Assigned, Op, TapeOpened, Tensor, Variable
from tapeview.trace.store import Writer
from tests.helpers.recordings import write_regression
from tests.helpers.scene import run_info


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.tapeview"


def tensor(id: int, variable: int = 0) -> Tensor:
    return Tensor(id, "float32", (), b"abcd", "variable" if variable else "op", variable)


def op(seq: int, made: int, *inputs: int) -> Op:
    return Op(seq, "Mul", inputs, (made,), {}, 0, (), 0)


def test_steps_grow_side_by_side_and_a_growing_file_shows_both(path: Path) -> None:
    writer = Writer(path, run_info())
    writer.begin_step(0, 1, 0, 11, "MainThread")
    writer.append(0, [TapeOpened(1, False, True, 11, (), 0), tensor(1), op(1, 1)])
    writer.begin_step(1, 2, 0, 22, "worker", beside=(0,))
    writer.append(1, [TapeOpened(2, False, True, 22, (), 0), tensor(2), op(2, 2, 1)])
    writer.commit()
    with Recording.open(path) as recording:
        assert len(recording.step(0).ops) == len(recording.step(1).ops) == 1
        writer.append(0, [tensor(3), op(3, 3, 2)])
        writer.append(1, [tensor(4), op(4, 4, 3)])
        writer.append(0, [tensor(5), op(5, 5, 4)])
        assert [writer.positions(0), writer.positions(1)] == [3, 2]
        writer.commit()
        assert recording.refresh()
        assert [list(recording.step(n).ops) for n in (0, 1)] == [[1, 3, 5], [2, 4]]
        assert recording.step_infos() == (
            StepInfo(0, 1, 0, 3, 0, 0, "all", 11, "MainThread", 0),
            StepInfo(1, 2, 0, 2, 0, 0, "all", 22, "worker", 1),
        )
        assert [recording.tensor(id).id for id in range(1, 6)] == [1, 2, 3, 4, 5]
        writer.finish("finished", 0)
    assert check(path) == []


def test_a_step_that_is_over_takes_nothing_more(path: Path) -> None:
    writer = Writer(path, run_info())
    writer.begin_step(0)
    writer.begin_step(1, beside=(0,))
    writer.begin_step(2, beside=(1,))
    writer.append(1, [tensor(1)])
    with pytest.raises(ValueError, match="step 0 after those of step 2"):
        writer.append(0, [tensor(2)])
    with pytest.raises(ValueError, match="step 2 begins after step 2"):
        writer.begin_step(2)
    with pytest.raises(ValueError, match="kept is one of"):
        writer.begin_step(3, kept="some")
    writer.append(2, [tensor(2)])
    writer.finish("finished", 0)
    assert check(path) == []


def test_what_is_kept_of_an_open_step_can_change(path: Path) -> None:
    writer = Writer(path, run_info())
    writer.begin_step(0, kept="scalars")
    writer.begin_step(1, kept="scalars", beside=(0,))
    writer.commit()
    with Recording.open(path) as recording:
        writer.set_kept(0, "all")
        writer.commit()
        recording.refresh()
        assert [info.kept for info in recording.step_infos()] == ["all", "scalars"]
    writer.finish("finished", 0)


def test_variables_are_what_they_were_when_a_step_began_though_another_goes_on_beside_it(path: Path) -> None:
    writer = Writer(path, run_info())
    writer.append(-1, [Variable(1, "w", "float32", (), True, 0), tensor(2, 1), Assigned(1, 0, 2, 0, "create", 0)])
    writer.begin_step(0)
    writer.append(0, [tensor(3, 1), Assigned(1, 1, 3, 2, "assign", 0)])
    writer.begin_step(1, beside=(0,))
    writer.append(0, [tensor(4, 1), Assigned(1, 2, 4, 3, "assign", 0)])
    writer.append(1, [tensor(5), op(1, 5, 3)])
    writer.commit()  # the next row of versions is complete, and knows w only as it was later
    writer.append(0, [tensor(6, 1), Assigned(1, 3, 6, 4, "assign", 0)])
    writer.begin_step(2)
    writer.append(2, [tensor(7), op(2, 7, 6)])
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        versions = [[state.version for state in recording.variables_at(step, -1)] for step in range(3)]
    assert versions == [[0], [1], [3]]
    assert check(path) == []


def older(path: Path) -> None:
    """Make of a recording one from before steps had threads and values came in pieces."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE piece")
        for column in ("thread", "thread_name", "began"):
            connection.execute(f"ALTER TABLE step DROP COLUMN {column}")


def test_an_older_recording_still_opens(path: Path) -> None:
    write_regression(path, steps=3)
    with Recording.open(path) as recording:
        before = [recording.variables_at(step, 3) for step in range(3)]
    older(path)
    with Recording.open(path) as recording:
        assert recording.step_count == 3
        info = recording.step_info(1)
        assert (info.thread, info.thread_name, info.began) == (0, "", -1)
        assert [recording.variables_at(step, 3) for step in range(3)] == before
        assert not recording.value_kept(10**6)
        assert recording.warnings == ()
    assert check(path) == []
