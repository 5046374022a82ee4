"""Starting, pausing, stepping and stopping again and again leaves nothing behind."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import pytest

from tapeview.breakpoints import parse
from tests.debugger.test_verbs import TRAIN, Make, place, stopped


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split())


@pytest.mark.slow
def test_many_cycles_leave_no_process_no_handle_no_thread_and_no_file(open_session: Make, tmp_path: Path) -> None:
    gc.collect()  # what other tests left to the collector is not counted
    before = len(os.listdir("/proc/self/fd")), threading.active_count(), children()
    for number in range(20):
        session, watch = open_session(TRAIN, paused=number % 2 == 0, breakpoints=[parse("op:Sum")])
        session.start()
        stopped(watch, 1)
        at = place(session)
        session.step(3)
        stopped(watch, 2)
        assert place(session) != at
        session.evaluate("w * 2", lambda _: None)
        if number % 3 == 0:
            session.stop()
        session.close()
        assert session.ended
    assert (len(os.listdir("/proc/self/fd")), threading.active_count(), children()) == before
    left = [path.name for path in (tmp_path / "내 기록").iterdir()]
    assert left == ["a recording.tapeview"], "no log and no temporary file stays beside the recording"
