"""Breakpoints of a recorder: conditions leave no trace, and all is kept of a step in which the script stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import msgspec

from tapeview.breakpoints import parse
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.breakpoints import checker_of
from tapeview.debuggee.gate import Gate
from tapeview.debuggee.recorder import Recorder
from tapeview.trace.query import Recording
from tapeview.trace.store import Writer
from tests.debuggee.breakpoints.listening import run
from tests.debuggee.test_recorder import run_info

PATH = "/anywhere/train.py"

LOOP = dedent("""\
    w = tf.Variable(1.0)
    for turn in range(15):
        with tf.GradientTape() as tape:
            y = w * float(turn) + 1.0
    """)


@contextmanager
def recording_to(path: Path, keeper: Keeper | None = None) -> Iterator[tuple[Recorder, Gate]]:
    gate = Gate()
    recorder = Recorder(Writer(path, run_info(path)), gate, keeper)
    recorder.stops.checker = checker_of(recorder, gate)
    recorder.start()
    try:
        yield recorder, gate
    finally:
        recorder.finish("finished", 0)


def test_what_a_condition_does_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    with recording_to(path) as (recorder, _):
        spec = parse("op:Mul if tf.square(w) * 0.0 > 1.0 or w.assign(w) is None or tf.Variable(1.0) is None")
        recorder.stops.set_breakpoints([msgspec.structs.replace(spec, id=4)])
        run(LOOP, PATH)
        assert [(one.breakpoint, one.hits, one.error) for one in recorder.stops.hits()] == [(4, 0, "")]
    with Recording.open(path) as recording:
        assert [op.op for k in range(15) for op in recording.step(k).ops.values()] == ["Mul", "AddV2"] * 15
        assert len(recording.variables()) == 1


def test_all_is_kept_of_a_step_in_which_the_script_stops_however_little_of_others_is(tmp_path: Path) -> None:
    path = tmp_path / "run.tapeview"
    with recording_to(path, Keeper(full_until=0)) as (recorder, gate):
        came = threading.Event()
        gate.on_change = lambda: came.set() if gate.holding else None
        recorder.stops.set_breakpoints([msgspec.structs.replace(parse("op:Add* if step == 8"), id=1)])
        # Before each step everything is written, so that what is kept of it does not hang on the writer's pace.
        source = LOOP.replace("    with", "    flush()\n    with")
        script = threading.Thread(target=run, args=(source, PATH), kwargs={"flush": recorder.flush})
        script.start()
        try:
            assert came.wait(30)
            stopped = recorder.stops.stopped
            assert stopped is not None
            assert (stopped.reason, stopped.breakpoint, stopped.step, stopped.position) == ("breakpoint", 1, 7, 1)
            with Recording.open(path) as recording:
                assert recording.step_info(7).kept == "all"
                assert [op.op for op in recording.step(7).ops.values()] == ["Mul", "AddV2"]
                assert recording.step_info(6).kept == "scalars"
        finally:
            gate.run()
            script.join(30)
