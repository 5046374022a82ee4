"""The recorder: nothing is lost, nothing disturbs the script, memory stays bounded."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from tapeview.debuggee import recorder as module
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.recorder import Recorder
from tapeview.engine import observe
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable
from tapeview.trace.query import Recording
from tapeview.trace.records import RunInfo
from tapeview.trace.store import RecordingError, Writer


def run_info(path: Path) -> RunInfo:
    return RunInfo("0", "3", "engine", __file__, (), str(path.parent), os.getpid(), time.time())


def one_tape(v: Variable) -> None:
    with GradientTape() as tape:
        y = v * v
    tape.gradient(y, v)


def test_what_happened_is_in_the_file_after_flush_without_finish(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    recorder = Recorder(Writer(path, run_info(path)))
    recorder.start()
    try:
        one_tape(Variable(2.0))
        recorder.flush()
        recording = Recording.open(path)
        assert recording.step_count == 1
        assert recording.state == "running"
    finally:
        recorder.finish("finished", 0)


def test_finish_writes_the_rest_ends_the_thread_and_stops_listening(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    recorder = Recorder(Writer(path, run_info(path)))
    recorder.start()
    for _ in range(3):
        one_tape(Variable(2.0))
    recorder.output("stdout", "안녕\n")
    recorder.finish("finished", 0)
    recorder.finish("failed", 1)
    assert observe.sink is None
    assert not any(t.name == "tapeview recorder" for t in threading.enumerate())
    recording = Recording.open(path)
    assert (recording.step_count, recording.state, recording.run.exit) == (3, "finished", 0)
    assert [o.text for _, o in recording.output()] == ["안녕\n"]


def test_a_failure_keeps_its_site_and_the_op_that_raised(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    recorder = Recorder(Writer(path, run_info(path)))
    recorder.start()
    try:
        _ = Variable([1.0, 2.0]) + Variable([1.0, 2.0, 3.0])
    except Exception as error:
        recorder.failure((type(error), error, error.__traceback__))
    recorder.finish("failed", 1)
    recording = Recording.open(path)
    (failure,) = recording.failures()
    assert failure.op == "AddV2"
    assert failure.type == "InvalidArgumentError"
    assert recording.frames(failure.site)[0].function == "test_a_failure_keeps_its_site_and_the_op_that_raised"


class FullDisk(Writer):
    """A writer whose disk is full until told otherwise."""

    full = True

    def commit(self) -> None:
        if self.full:
            raise RecordingError("the disk is full")
        super().commit()


def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_EVERY", 0.0)
    path = tmp_path / "run.tapeview"
    writer = FullDisk(path, run_info(path))
    recorder = Recorder(writer)
    recorder.start()
    one_tape(Variable(2.0))
    recorder.flush()
    assert recorder.trouble == "the disk is full"
    writer.full = False
    one_tape(Variable(2.0))
    recorder.flush()
    assert recorder.trouble is None
    recorder.finish("finished", 0)
    assert Recording.open(path).step_count == 2


def test_a_guarded_gate_counts_ops_backward_steps_and_updates(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    gate = Gate()
    recorder = Recorder(Writer(path, run_info(path)), gate)
    recorder.start()
    v = Variable(2.0)
    gate.step(1_000)
    before = gate.passed
    one_tape(v)
    v.assign(3.0)
    recorder.finish("finished", 0)
    assert gate.passed - before == 3


def test_an_open_gate_costs_one_append_and_a_late_pause_after_the_end_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    gate = Gate()
    recorder = Recorder(Writer(path, run_info(path)), gate)
    recorder.start()
    assert observe.sink == recorder._events.append
    gate.step(5)
    assert observe.sink == recorder._guarded
    gate.run()
    assert observe.sink == recorder._events.append
    recorder.finish("finished", 0)
    gate.pause()
    assert observe.sink is None


def test_a_closed_gate_holds_the_script_with_everything_committed(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    held = threading.Event()
    gate = Gate(on_change=lambda: held.set() if gate.holding else None)
    recorder = Recorder(Writer(path, run_info(path)), gate)
    recorder.start()
    v = Variable(2.0)
    gate.step(1)
    script = threading.Thread(target=one_tape, args=(v,))
    script.start()
    try:
        assert held.wait(10)
        assert [p.phase for p in Recording.open(path).step(0).positions] == ["forward"]
    finally:
        gate.open_for_good()
        script.join(10)
        recorder.finish("finished", 0)
    assert [p.phase for p in Recording.open(path).step(0).positions] == ["forward", "backward"]


def test_a_script_faster_than_the_disk_helps_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMIT_EVERY", 3600.0)
    monkeypatch.setattr(module, "BACKLOG", 100)
    path = tmp_path / "run.tapeview"
    recorder = Recorder(Writer(path, run_info(path)))
    recorder.start()
    v = Variable(1.0)
    with GradientTape():
        for _ in range(200):
            _ = v * 1.0
        recorder.flush()
        assert observe.sink == recorder._guarded
        monkeypatch.setattr(module, "BACKLOG", 0)
        for _ in range(1000):
            _ = v * 1.0
            assert len(recorder._events) <= module.HELP_AT + 1
    recorder.finish("finished", 0)
    assert Recording.open(path).step_info(0).forward == 1200


def test_a_script_of_large_tensors_helps_before_they_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMIT_EVERY", 3600.0)
    monkeypatch.setattr(module, "BACKLOG", 0)
    monkeypatch.setattr(module, "HELP_AT_BYTES", 10_000)
    path = tmp_path / "run.tapeview"
    recorder = Recorder(Writer(path, run_info(path)))
    recorder.start()
    v = Variable([1.0] * 1000)
    recorder.flush()
    most = 0
    with GradientTape(persistent=True) as tape:
        y = v * 1.0
        for _ in range(20):
            y = y * 1.0
            most = max(most, len(recorder._events))
    for _ in range(5):
        tape.gradient(y, v)
        v.assign(v.value())
        most = max(most, len(recorder._events))
    recorder.finish("finished", 0)
    # Three tensors of 4,000 bytes are more than may wait; what opens and ends a call comes on top.
    assert most <= 6
    assert Recording.open(path).step_info(0).forward == 21


def test_a_forked_child_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    recorder = Recorder(Writer(path, run_info(path)))
    recorder.start()
    one_tape(Variable(2.0))
    recorder.flush()
    child = Recorder.__new__(Recorder)
    child.__dict__.update(recorder.__dict__)
    child.abandon()
    assert observe.sink is None
    one_tape(Variable(2.0))
    recorder.finish("finished", 0)
    assert Recording.open(path).step_count == 1
