"""Breakpoints in real processes that nobody watches: the run ends there, and the recording tells where that was."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tapeview.examples import __file__ as examples
from tapeview.trace.names import tensor_label
from tapeview.trace.query import Recording
from tapeview.trace.records import BackwardStep, Failure, Op
from tests.helpers.scripts import Run, record, record_source, write_script

EXAMPLES = Path(examples).parent


def broken(folder: Path, program: str | Path, *specs: str) -> Run:
    return record(folder, str(program), options=[f"--break={spec}" for spec in specs])


def stop_of(recording: Recording) -> Failure:
    """Where the run ended at a breakpoint."""
    assert (recording.run.how, recording.run.exit, recording.state) == ("breakpoint", 3, "stopped")
    assert not recording.warnings
    failure = recording.failures()[-1]
    assert failure.kind == "breakpoint"
    return failure


def lines_of(recording: Recording, failure: Failure) -> list[int]:
    return [frame.line for frame in recording.frames(failure.site)]


def test_a_nan_stops_at_exactly_the_op_that_makes_it_first(tmp_path: Path) -> None:
    run = broken(tmp_path, EXAMPLES / "nan_loss.py", "nan")
    assert run.code == 3
    with run.recording() as recording:
        failure = stop_of(recording)
        assert (failure.type, failure.message) == ("nan", "the output of Mul holds NaN")
        assert lines_of(recording, failure) == [28]
        step = recording.step(failure.step)
        last = step.positions[-1].record
        assert isinstance(last, Op)
        # Everything before it is there, whole, and has no NaN.
        ops = [position.record for position in step.positions[:-1]]
        assert [op.op for op in ops if isinstance(op, Op)][:3] == ["Mul", "AddV2", "Neg"]
        for index in range(failure.step + 1):
            for op in recording.step(index).ops.values():
                for tensor in op.outputs:
                    value = recording.value(tensor)
                    assert value is not None
                    assert bool((value != value).any()) == (op is last)


def test_a_nan_of_the_backward_pass_stops_at_the_rule_that_makes_it(tmp_path: Path) -> None:
    source = """\
        import tensorflow as tf
        x = tf.Variable([1.0, 0.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.where(x > 0.0, tf.math.log(x), 0.0))
        tape.gradient(loss, x)
        """
    run = broken(tmp_path, write_script(tmp_path, source), "nan")
    with run.recording() as recording:
        failure = stop_of(recording)
        assert failure.message == "a gradient that the rule of Log sends holds NaN"
        step = recording.step(failure.step)
        last = step.positions[-1].record
        assert isinstance(last, BackwardStep)
        assert step.ops[last.op].op == "Log"
        assert lines_of(recording, failure) == [5]


@pytest.mark.parametrize(
    ("spec", "line", "step", "says"),
    [
        ("line:nan_loss.py:27", 27, 0, "line 27 of nan_loss.py is reached"),
        ("line:nan_loss.py:27 after 4", 27, 3, "line 27 of nan_loss.py is reached"),
        ("line:nan_loss.py:31 if step == 2 and float(dw) < 0", 31, 2, "line 31 of nan_loss.py is reached"),
        ("op:L*", 28, 0, "Log has run"),
        ("node:p", 27, 0, "p is made by RealDiv"),
        ("value:value.size == 6 and value[0] < -8.5", 26, 2, "the output of Mul fulfils"),
        ("gradient:w:nan", 30, 28, "the gradient for w holds NaN"),
        ("gradient:w:norm<0.05", 30, None, "the gradient for w has the norm 0.0"),
        ("loss<0.1", 30, None, "loss is 0.0"),
        ("step:7", 26, 6, "step 7 begins"),
        ("every:4", 26, 3, "step 4 begins"),
    ],
)
def test_each_kind_ends_the_run_where_it_says(
    tmp_path: Path, spec: str, line: int, step: int | None, says: str
) -> None:
    run = broken(tmp_path, EXAMPLES / "nan_loss.py", spec)
    assert run.code == 3
    with run.recording() as recording:
        failure = stop_of(recording)
        assert failure.type == spec
        assert says in failure.message
        assert lines_of(recording, failure)[0] == line
        assert recording.step_count == failure.step + 1
        if step is not None:
            assert failure.step == step
        assert run.out.count("\n") == failure.step, "the script went on, or what it wrote is lost"


def test_a_node_is_the_op_that_the_recording_calls_so(tmp_path: Path) -> None:
    run = broken(tmp_path, EXAMPLES / "nan_loss.py", "node:loss if step == 2")
    with run.recording() as recording:
        step = recording.step(stop_of(recording).step)
        last = step.positions[-1].record
        assert isinstance(last, Op)
        assert tensor_label(recording, step, last.outputs[0]) == "loss"


def test_a_breakpoint_that_is_never_hit_changes_nothing(tmp_path: Path) -> None:
    run = broken(tmp_path, EXAMPLES / "linear_regression.py", "nan", "loss>1e9", "line:other.py:3")
    assert run.code == 0
    with run.recording() as recording:
        assert (recording.run.how, recording.failures()) == ("finished", [])


def test_an_exception_in_an_op_ends_the_run_before_the_script_can_catch_it(tmp_path: Path) -> None:
    source = """\
        import tensorflow as tf
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            try:
                y = w + [1.0, 2.0, 3.0]
            except Exception:
                print("caught")
        """
    run = broken(tmp_path, write_script(tmp_path, source), "exception")
    assert (run.code, run.out) == (3, "")
    with run.recording() as recording:
        failure = stop_of(recording)
        assert failure.message.startswith("AddV2 raised InvalidArgumentError: ")
        assert lines_of(recording, failure) == [5]


def test_an_exception_of_the_script_is_one_as_well_and_its_traceback_is_shown(tmp_path: Path) -> None:
    source = """\
        import tensorflow as tf
        def fails(number):
            return number / 0
        with tf.GradientTape() as tape:
            fails(1)
        """
    run = broken(tmp_path, write_script(tmp_path, source), "exception if number == 1")
    assert run.code == 3
    assert "ZeroDivisionError: division by zero" in run.err
    with run.recording() as recording:
        failure = stop_of(recording)
        assert failure.message == "the script raised ZeroDivisionError: division by zero"
        assert lines_of(recording, failure) == [3, 5]


def test_a_failed_run_is_no_breakpoint_where_its_condition_is_not_met(tmp_path: Path) -> None:
    run = broken(tmp_path, write_script(tmp_path, "raise ValueError('so')"), "exception if False", "nan")
    assert run.code == 1
    with run.recording() as recording:
        assert recording.run.how == "failed"
        assert [failure.kind for failure in recording.failures()] == ["script"]


LOGGING = """\
    import tensorflow as tf
    w = tf.Variable(1.0, name="w")
    for turn in range(3):
        with tf.GradientTape() as tape:
            y = w * 2.0
        g = tape.gradient(y, w)
        w.assign_sub(g * 0.25)
    print("done")
    """


def test_a_breakpoint_that_logs_writes_into_the_recording_and_to_stderr(tmp_path: Path) -> None:
    spec = "node:y log turn {turn}, step {step}: {op} gives {value:.2f}, {tf.square(y if turn else w)} {nobody} {{}}"
    run = broken(tmp_path, write_script(tmp_path, LOGGING), spec)
    assert (run.code, run.out) == (0, "done\n")
    said = run.recorded("log").splitlines()
    assert len(said) == 3
    assert run.err.splitlines()[:3] == said
    assert said[0].startswith("turn 0, step 1: Mul gives 2.00, ")
    assert said[0].endswith(" <NameError: name 'nobody' is not defined> {}")
    assert said[2].startswith("turn 2, step 3: Mul gives 0.00, ")


def test_conditions_leave_no_trace(tmp_path: Path) -> None:
    """Ops, tapes and variables of a condition are in no recording and on no tape of the script."""
    condition = "[tf.GradientTape().__enter__(), tf.Variable(5.0) * w, tf.square(w)] and False"
    spec = f"op:* if {condition}"
    plain = record_source(tmp_path / "plain", LOGGING)
    checked = broken(tmp_path, write_script(tmp_path, LOGGING), spec)
    assert (checked.code, checked.out) == (0, "done\n")
    with plain.recording() as expected, checked.recording() as found:
        assert len(found.variables()) == len(expected.variables()) == 1
        for index in range(expected.step_count):
            one, other = expected.step(index), found.step(index)
            assert [type(record) for record in one.records] == [type(record) for record in other.records]
            assert [op.op for op in one.ops.values()] == [op.op for op in other.ops.values()]


def test_what_is_no_breakpoint_is_refused(tmp_path: Path) -> None:
    run = broken(tmp_path, write_script(tmp_path, "print('ran')"), "rabbit")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("tapeview: 'rabbit' is no breakpoint; accepted are line:FILE:LINE")
    assert not run.path.exists()


def test_threads_that_come_to_a_breakpoint_together_end_the_run_once(tmp_path: Path) -> None:
    source = dedent("""\
        import threading
        import tensorflow as tf
        ready = threading.Barrier(4)
        def train():
            w = tf.Variable(1.0)
            ready.wait()
            for _ in range(10_000):
                with tf.GradientTape() as tape:
                    y = w * 2.0
                tape.gradient(y, w)
        threads = [threading.Thread(target=train) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """)
    run = broken(tmp_path, write_script(tmp_path, source), "op:Mul after 50")
    assert run.code == 3
    with run.recording() as recording:
        stop_of(recording)
        assert len([failure for failure in recording.failures() if failure.kind == "breakpoint"]) == 1
