"""What a paused script can be asked: its stack, the value of expressions, how a word goes on."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from msgspec import structs

from tapeview.breakpoints import parse
from tapeview.protocol import Cancel, Evaluate, Evaluated, Leave, Run, SetBreakpoints, Status, Step, Stop
from tapeview.trace.query import Recording
from tapeview.trace.records import Op
from tests.debuggee.talking import Window, talking
from tests.helpers.scripts import LIMIT, read_until

SCRIPT = """\
import os
import sys
import time
import tensorflow as tf
import numpy as np

class Slow:
    def __repr__(self):
        while True:
            pass

class Loud:
    def __repr__(self):
        print("from the repr")
        return "Loud()"

class Broken:
    def __repr__(self):
        raise ValueError("no text")

w = tf.Variable([1.0, 2.0], name="w")
big = np.zeros((1000, 1000), np.float32)
table = {"alpha": 1, "beta": [1, 2]}

def predict(x, scale):
    broken, loud, text = Broken(), Loud(), "y" * 1000
    many = list(range(100_000))
    y = w * x
    return y * scale

def train(a=1, *, b=2):
    local = 7
    with tf.GradientTape() as tape:
        y = predict(tf.constant([3.0, 4.0]), 2.0)
        loss = tf.reduce_sum(y)
    print("gradient", tape.gradient(loss, w).numpy().tolist(), flush=True)

train()
"""


def at_second_op(window: Window) -> None:
    """Goes to where ``predict`` has multiplied for the second time: after the variable was made and `w * x`."""
    window.stop_of("start")
    window.step(3)


def test_the_stack_tells_places_with_columns_and_variables_with_shapes(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        stack = window.stack()
        assert stack.thread == window.status.stopped.thread  # type: ignore[union-attr]
        inner, middle, outer = stack.frames
        assert [frame.function for frame in stack.frames] == ["predict", "train", "<module>"]
        line = SCRIPT.splitlines()[inner.line - 1]
        assert line[inner.column : inner.end_column] == "y * scale"
        assert SCRIPT.splitlines()[middle.line - 1].strip().startswith("y = predict(")
        assert outer.file.endswith("script.py")
        # tensors and arrays first, with shapes; nothing large, nothing that is code
        shown = {local.name: local for local in inner.locals}
        assert inner.locals[0].name in ("x", "y")
        assert (shown["y"].type, shown["y"].shape, shown["y"].dtype) == ("Tensor", "(2,)", "float32")
        assert shown["y"].text == "[3.0 8.0]"
        assert shown["scale"].text == "2.0"
        assert shown["text"].text.endswith("…")
        assert shown["many"].text == "[0, 1, 2, 3, 4, 5, …]"
        assert "ValueError" in shown["broken"].text
        assert shown["loud"].text == "Loud()"
        everywhere = {local.name: local for local in outer.locals}
        assert everywhere["big"].shape == "(1000, 1000)"
        assert len(everywhere["big"].text) < 60
        assert everywhere["w"].type == "Variable"
        assert everywhere["table"].text == "{'alpha': 1, 'beta': [1, 2]}"
        assert not {"np", "tf", "Slow", "train", "__name__"} & set(everywhere)
        window.run()
        assert window.end() == 0
    with Recording.open(window.path) as recording:
        assert "from the repr" not in "".join(piece.text for _, piece in recording.output())


def test_a_repr_that_never_ends_costs_a_second_and_the_names_are_told_all_the_same(tmp_path: Path) -> None:
    source = SCRIPT.replace("broken, loud", "slow, loud").replace("Broken(), Loud()", "Slow(), Loud()")
    with talking(tmp_path, source, ["--paused"]) as window:
        at_second_op(window)
        stack = window.stack()
        assert [frame.function for frame in stack.frames] == ["predict", "train", "<module>"]
        assert stack.frames[0].locals == ()
        assert window.evaluate("scale").text == "2.0"
        window.run()
        assert window.end() == 0


def test_expressions_see_the_frame_and_leave_no_trace(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        before = window.place()
        assert window.evaluate("y.shape").text == "TensorShape([2])"
        assert window.evaluate("tf.reduce_sum(y * 10.0)").number == 110.0
        assert window.evaluate("[scale * v for v in (1, 2) if w is not None]").text == "[2.0, 4.0]"
        assert window.evaluate("(lambda k: k * scale)(4)").number == 8.0
        assert window.evaluate("local", frame=1).number == 7
        assert window.evaluate("table", frame=2).text == "{'alpha': 1, 'beta': [1, 2]}"
        assert "there is no frame 7" in window.evaluate("1", frame=7).error
        # printing is the answer's, not the script's
        printed = window.evaluate("print('hello', y.shape)")
        assert (printed.text, printed.output, printed.number) == ("", "hello (2,)\n", None)
        assert window.evaluate("print('oh', file=sys.stderr)").output == "oh\n"
        assert window.evaluate("None").text == ""
        assert len(window.evaluate("big").text) < 1_000
        assert len(window.evaluate("list(range(10 ** 6))").text) < 2_000
        assert window.evaluate("'x' * 10 ** 6").text.endswith("(1,000,000 in all)")
        assert len(window.evaluate("print('x' * 10 ** 6)").output) == 100_000
        assert window.evaluate("'half a character: \\ud800'").text == repr("half a character: \ud800")
        assert window.evaluate("print('\\ud800')").output == "\\ud800\n"
        # errors are one line
        assert window.evaluate("1 / 0").error == "ZeroDivisionError: division by zero"
        assert window.evaluate("nowhere").error == "NameError: name 'nowhere' is not defined"
        assert window.evaluate("1 +").error.startswith("SyntaxError: ")
        assert "not statements" in window.evaluate("y = 3").error
        assert window.evaluate("sys.exit(4)").error == "SystemExit: 4"
        assert "Incompatible shapes" in window.evaluate("y + tf.constant([1., 2., 3.])").error
        assert window.evaluate("Broken()").error == "ValueError: no text"
        # an assignment to a variable of the script cannot be taken back, so it is told
        assert "changed w" in window.evaluate("w.assign([5.0, 6.0])").output
        assert window.place() == before
        assert window.status.state == "paused"
        window.run()
        read_until(window.child.stdout, "gradient [6.0, 8.0]")
        assert window.end() == 0
    with Recording.open(window.path) as recording:
        ops = [p.record.op for p in recording.step(0).positions if isinstance(p.record, Op) and not p.record.call]
        said = "".join(piece.text for _, piece in recording.output())
    assert ops == ["Mul", "Mul", "Sum"]
    assert said == "gradient [6.0, 8.0]\n"


def test_words_go_on_as_the_frame_knows_them(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        assert window.complete("sca") == ("scale",)
        assert "local" in window.complete("1 + lo", frame=1)
        assert "reduce_sum" in window.complete("tf.reduce_s")
        assert "shape" in window.complete("print(y.sha")
        assert "append" in window.complete("table['beta'].app", frame=2)
        assert window.complete("table['al", frame=2) == ("alpha",)
        assert "True" in window.complete("Tr")
        assert len(window.complete("tf.")) == 200
        assert window.complete("predict(1).sh", frame=2) == ()
        assert window.complete("nowhere.x") == ()
        assert window.complete("") == ()


def test_an_expression_can_be_given_up_and_others_work_after_it(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        for number in range(1000, 1030):
            window.send(Evaluate(number, "[0 for _ in iter(int, 1)]"), Evaluate(number + 1000, "1 + 1"), Cancel(number))
            assert window.until(Evaluated).error == "Cancelled."
            assert window.until(Evaluated).text == "2"
        # one that never began
        window.send(Evaluate(1, "[0 for _ in iter(int, 1)]"), Evaluate(2, "print('never')"), Cancel(2), Cancel(1))
        assert window.until(Evaluated).request == 2
        assert window.until(Evaluated).request == 1
        assert window.evaluate("scale").text == "2.0"
        window.run()
        read_until(window.child.stdout, "gradient [6.0, 8.0]")
        assert window.end() == 0


def test_an_order_to_go_on_waits_for_the_expression_before_it(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        window.send(Evaluate(1, "scale"), Step(1), Evaluate(2, "1"))
        answers = {answer.request: answer for answer in (window.until(Evaluated), window.until(Evaluated))}
        assert answers[1].text == "2.0"
        assert "pause it" in answers[2].error
        assert window.stop_of("step").position == 2


ENDS = {
    "stop": (lambda window: window.send(Stop()), 143),
    "leave": (lambda window: window.send(Leave()), 0),
    "the window vanishes": (lambda window: window.channel.close(), 0),
    "SIGTERM": (lambda window: window.child.terminate(), 143),
}


@pytest.mark.parametrize(("end", "code"), ENDS.values(), ids=ENDS.keys())
def test_an_expression_that_never_ends_holds_nothing_up(tmp_path: Path, end: object, code: int) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        window.send(Evaluate(1, "(os.write(1, b'busy\\n'), [0 for _ in iter(int, 1)])"))
        read_until(window.child.stdout, "busy")
        end(window)  # type: ignore[operator]
        assert window.child.wait(LIMIT) == code


def test_ctrl_c_ends_an_expression_and_not_the_script(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        window.send(Evaluate(1, "(os.write(1, b'busy\\n'), [0 for _ in iter(int, 1)])"))
        read_until(window.child.stdout, "busy")
        os.kill(window.child.pid, signal.SIGINT)
        assert window.until(Evaluated).error == "KeyboardInterrupt"
        assert window.evaluate("scale").text == "2.0"
        window.run()
        assert window.end() == 0


def test_an_expression_may_end_the_process(tmp_path: Path) -> None:
    with talking(tmp_path, SCRIPT, ["--paused"]) as window:
        at_second_op(window)
        window.send(Evaluate(1, "os._exit(9)"))
        assert window.end() == 9
    with Recording.open(window.path) as recording:
        assert (recording.state, recording.run.exit) == ("failed", 9)


FAILING = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
def model(x):
    scale = 3.0
    return tf.matmul(x, w)
with tf.GradientTape() as tape:
    z = w * 2.0
    y = model(tf.ones([2, 3]))
"""


def test_a_script_that_raises_waits_to_be_looked_at(tmp_path: Path) -> None:
    with talking(tmp_path, FAILING) as window:
        stopped = window.stop_of("failed")
        assert window.status.state == "failed"
        assert stopped.text.startswith("InvalidArgumentError: ")
        # the recording ends with the op that failed, with its inputs
        assert window.place() == (stopped.step, stopped.position)
        with Recording.open(window.path) as recording:
            failed = recording.step(0).positions[-1].record
            (failure,) = recording.failures()
            tensors = recording.tensors(failed.inputs) if hasattr(recording, "tensors") else None
        assert isinstance(failed, Op)
        assert (failed.op, failed.seq, failed.outputs, len(failed.inputs)) == ("MatMul", stopped.op, (), 2)
        assert failed.error == failure.message
        assert tensors is None or tensors
        # its frames are there
        stack = window.stack()
        assert [frame.function for frame in stack.frames] == ["model", "<module>"]
        assert FAILING.splitlines()[stack.frames[0].line - 1].strip() == "return tf.matmul(x, w)"
        assert {local.name: local.shape for local in stack.frames[0].locals} == {"x": "(2, 3)", "scale": ""}
        assert window.evaluate("x.shape").text == "TensorShape([2, 3])"
        assert window.evaluate("z", frame=1).text.startswith("<tf.Tensor")
        assert window.complete("sca") == ("scale",)
        window.run()
        assert window.end() == 1
        assert "InvalidArgumentError" in window.child.stderr.read()  # type: ignore[union-attr]
    with Recording.open(window.path) as recording:
        assert recording.state == "failed"


@pytest.mark.parametrize(
    "source",
    [
        "1 / 0\n",
        "def f():\n    raise KeyError('x')\nf()\n",
        "import tensorflow as tf\ntf.constant([1.]) + tf.constant([1, 2])\n",
    ],
    ids=["no op", "in a function", "without a tape"],
)
@pytest.mark.parametrize("order", [Run(), Step(1), Leave(), Stop()], ids=["run", "step", "leave", "stop"])
def test_a_failed_script_ends_when_it_may(tmp_path: Path, source: str, order: object) -> None:
    with talking(tmp_path, source) as window:
        window.stop_of("failed")
        window.send(order)  # type: ignore[arg-type]
        assert window.end() == (143 if isinstance(order, Stop) else 1)


@pytest.mark.parametrize("source", ["raise SystemExit(3)", "def f(:\n", "import sys; sys.exit('no')"])
def test_what_is_no_failure_of_a_line_does_not_wait(tmp_path: Path, source: str) -> None:
    with talking(tmp_path, source) as window:
        assert window.end() in (1, 3)


def test_a_message_of_halves_of_characters_is_told_all_the_same(tmp_path: Path) -> None:
    with talking(tmp_path, "raise ValueError('\\ud800 is no character')\n") as window:
        assert window.stop_of("failed").text == "ValueError: \\ud800 is no character"
        window.run()
        assert window.end() == 1


def test_a_breakpoint_on_exceptions_stops_at_the_op_before_the_script_unwinds(tmp_path: Path) -> None:
    source = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
def model(x):
    scale = 3.0
    try:
        return tf.matmul(x, w)
    except tf.errors.InvalidArgumentError:
        return x * scale
with tf.GradientTape() as tape:
    y = model(tf.ones([2, 3]))
print("went on", flush=True)
"""
    breakpoint = parse("exception")
    with talking(tmp_path, source, first=[SetBreakpoints((structs.replace(breakpoint, id=7),))]) as window:
        stopped = window.stop_of("breakpoint")
        assert stopped.breakpoint == 7
        assert "[Op:MatMul]" in stopped.text
        assert window.place() == (stopped.step, stopped.position)
        with Recording.open(window.path) as recording:
            failed = recording.step(0).positions[-1].record
        assert isinstance(failed, Op)
        assert (failed.op, failed.seq, len(failed.inputs)) == ("MatMul", stopped.op, 2)
        stack = window.stack()
        assert [frame.function for frame in stack.frames] == ["model", "<module>"]
        assert source.splitlines()[stack.frames[0].line - 1].strip() == "return tf.matmul(x, w)"
        assert window.evaluate("x.shape").text == "TensorShape([2, 3])"
        assert window.status.hits[0].hits == 1
        window.run()
        read_until(window.child.stdout, "went on")
        assert window.end() == 0


def test_a_failed_script_whose_window_vanishes_ends(tmp_path: Path) -> None:
    with talking(tmp_path, "1 / 0\n") as window:
        window.until(Status, lambda status: status.state == "failed")
        window.channel.close()
        assert window.child.wait(LIMIT) == 1
