"""Questions about a recording, put to the process that works steps out again: real processes, killed and spoken to
badly.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tapeview.cli import main
from tapeview.explain.context import Context
from tapeview.explain.questions import (
    Answer,
    Cancelled,
    Change,
    CheckQuestion,
    Checks,
    Message,
    Progress,
    Refusal,
    Value,
    ValueQuestion,
    WhatIf,
    WhatIfQuestion,
    receive,
    send,
)
from tapeview.replay.edits import edits
from tapeview.replay.whatif import what_if
from tapeview.trace.query import Recording
from tapeview.views import replayer as views_replayer
from tapeview.views.replayer import Replayer
from tests.helpers.recordings import Regression, write_regression
from tests.helpers.scripts import read_until, record_source, running

ROOT = Path(__file__).resolve().parents[2]
SERVE = "from tapeview.replay.worker import main; main()"


@contextmanager
def replayer(path: Path, python: str = sys.executable) -> Iterator[Replayer]:
    made = Replayer(path, python)
    try:
        yield made
    finally:
        made.close()


def change_of(path: Path, name: str = "w", step: int = 0) -> tuple[WhatIfQuestion, int]:
    """What if a variable were twice as large in a step; and the tensor it is."""
    with Recording.open(path) as recording:
        context = Context(recording, recording.step(step))
        (tensor,) = (t for op in context.step.ops.values() for t in op.inputs if context.label(t) == name)
    return WhatIfQuestion(step, (Change("scale", name, (tensor,), value=2.0),)), tensor


def refused(answer: Answer) -> str:
    assert isinstance(answer, Refusal), answer
    return answer.sentence


def test_answers_are_those_of_this_process_and_values_can_be_had(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", 2)
    question, tensor = change_of(path)
    with Recording.open(path) as recording:
        context = Context(recording, recording.step(0))
        expected = what_if(context, edits(context, question.changes))
    seen: list[Progress] = []
    with replayer(path) as asked:
        assert asked.ask(question, seen.append) == expected
        assert [(one.done, one.of, one.words) for one in seen] == [(0, 2, "w times 2"), (1, 2, "w times 2")]
        del seen[:]
        after, before = asked.ask(ValueQuestion(question, tensor)), asked.ask(ValueQuestion(question, tensor, False))
        assert isinstance(after, Value)
        assert isinstance(before, Value)
        assert not seen
        assert (before.array, after.array) == (4.0, 8.0)
        assert "no value here" in refused(asked.ask(ValueQuestion(question, 10**9)))
        checks = asked.ask(CheckQuestion(1))
        assert isinstance(checks, Checks)
        assert [(one.subject, one.verdict) for one in checks.found] == [("w", "right"), ("b", "right")]


def test_the_second_question_needs_no_second_process_and_one_rerun_only(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", 2)
    program = """
import tapeview.replay.rerun as rerun
before = rerun._Rerun.run
def run(self):
    print("what is printed is no answer")
    sys.stdout.flush()
    with open(sys.argv[2], "a") as log:
        log.write(f"{self.context.step.index} {self.edits.words}\\n")
    return before(self)
rerun._Rerun.run = run
from tapeview.replay.worker import main
main()
"""
    log = tmp_path / "log"
    with child(path, "import sys" + program, str(log)) as served:
        for factor in (2.0, 3.0):
            change = Change("scale", "w", (change_of(path)[1],), value=factor)
            assert isinstance(say(served, WhatIfQuestion(0, (change,))), WhatIf)
    assert log.read_text().split("\n") == ["0 nothing changed", "0 w times 2", "0 w times 3", ""]


@contextmanager
def child(path: Path, program: str = SERVE, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    line = [sys.executable, "-c", program, str(path), *arguments]
    started = subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with started:
        try:
            yield started
        finally:
            started.kill()


def said(served: subprocess.Popen[bytes]) -> Answer:
    assert served.stdout is not None
    while (data := receive(served.stdout)) is not None:
        message = msgspec.msgpack.decode(data, type=Message)
        if not isinstance(message, Progress):
            return message
    raise AssertionError("it says nothing any more")


def say(served: subprocess.Popen[bytes], question: WhatIfQuestion) -> Answer:
    assert served.stdin is not None
    send(served.stdin, question)
    return said(served)


@pytest.mark.parametrize("nonsense", [b"\xc1", b"", msgspec.msgpack.encode({"type": "nothing"})])
def test_a_question_that_is_none_is_refused_and_the_next_is_answered(tmp_path: Path, nonsense: bytes) -> None:
    path = write_regression(tmp_path / "r.tapeview", 1)
    with child(path) as served:
        assert served.stdin is not None
        served.stdin.write(len(nonsense).to_bytes(8, "big") + nonsense)
        served.stdin.flush()
        assert "not understood" in refused(said(served))
        assert isinstance(say(served, change_of(path)[0]), WhatIf)
        served.stdin.write((1 << 20).to_bytes(8, "big") + b"half of a quest")
        served.stdin.close()
        assert served.wait(20) == 0


def test_given_up_in_the_middle_and_asked_again(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", 1)
    question, _ = change_of(path)
    with replayer(path) as asked:
        assert asked.ask(question, lambda _: asked.cancel()) == Cancelled()
        assert isinstance(asked.ask(question), WhatIf)
        asked.cancel()  # nothing is asked: nothing is given up
        assert isinstance(asked.ask(question), WhatIf)
        with pytest.raises(ZeroDivisionError):
            asked.ask(WhatIfQuestion(0, ()), lambda _: 1 / 0)
        assert isinstance(asked.ask(question), WhatIf)
        asked.close()
        assert asked.ask(question) == Cancelled()


def test_a_process_that_dies_or_does_not_start_is_one_sentence(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", 1)
    question, _ = change_of(path)
    with replayer(path, str(tmp_path / "nothing")) as asked:
        assert "cannot be used" in refused(asked.ask(question))
    broken = tmp_path / "broken"
    broken.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.buffer.read(10)\nprint('half')\nsys.exit(7)\n")
    broken.chmod(0o755)
    with replayer(path, str(broken)) as asked:
        for _ in range(2):
            assert "ended unexpectedly (exit code 7); ask again" in refused(asked.ask(question))


def test_a_recording_that_grows_and_one_that_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "r.tapeview"
    scene = Regression(path)
    scene.train()
    scene.flush()
    scene.writer.commit()
    with replayer(path) as asked:
        first, _ = change_of(path)
        assert isinstance(asked.ask(first), WhatIf)
        assert refused(asked.ask(WhatIfQuestion(1, ()))) == "there is no step 2: the recording has 1 steps"
        scene.train()
        scene.finish()
        second, tensor = change_of(path, step=1)
        answer, value = asked.ask(second), asked.ask(ValueQuestion(second, tensor, False))
        assert isinstance(answer, WhatIf)
        assert isinstance(value, Value)
        assert value.array == pytest.approx(9.94)
        write_regression(tmp_path / "other.tapeview", 3).replace(path)
        assert isinstance(asked.ask(change_of(path, step=2)[0]), WhatIf)
        path.unlink()
        assert "cannot be read" in refused(asked.ask(first))


def test_what_the_recording_has_not_is_named(tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text(
        "import tensorflow as tf\nw = tf.Variable(tf.ones([100, 100]))\n"
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_sum((w * 2.0) ** 2)\ntape.gradient(loss, w)\n"
    )
    path = tmp_path / "small.tapeview"
    assert main(["record", "--keep-values", "1K", "-o", str(path), str(script)]) == 0
    with replayer(path) as asked:
        answer = asked.ask(WhatIfQuestion(0, ()))
        assert isinstance(answer, Refusal)
        assert answer.missing == ("w",)
        assert "of “w” no value was kept" in answer.sentence
        misfit = Change("set", "w", (1,), index=(7, 7, 7))
        assert "changes nothing" in refused(asked.ask(WhatIfQuestion(0, (misfit,))))
    with replayer(script) as asked:
        assert "s.py" in refused(asked.ask(WhatIfQuestion(0, ())))


def test_what_only_the_running_script_has(tmp_path: Path) -> None:
    source = """
import sys
import tensorflow as tf
w = tf.Variable(tf.ones([100, 100]))
with tf.GradientTape() as tape:
    loss = tf.reduce_sum((w * 2.0) ** 2)
tape.gradient(loss, w)
print("ready", flush=True)
sys.stdin.readline()
"""
    with running(tmp_path, source, ["--keep-values", "1K"]) as (script, path), replayer(path) as asked:
        read_until(script.stdout, "ready")
        answer: Answer = Refusal("")
        until = time.monotonic() + 20
        while not (isinstance(answer, Refusal) and answer.missing) and time.monotonic() < until:
            answer = asked.ask(WhatIfQuestion(0, ()))
        assert isinstance(answer, Refusal)
        assert answer.missing == ("w",)
        assert "the script still runs and may have them" in answer.sentence


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of whose gradient to check every element takes minutes."""
    run = record_source(
        tmp_path_factory.mktemp("slow"),
        """
import tensorflow as tf
w = tf.Variable(tf.ones([400, 300]), name="w")
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.sin(w))
tape.gradient(loss, w)
""",
    )
    assert run.code == 0, run.err
    return run.path


EVERYTHING = CheckQuestion(0, seconds=1e9)


def given_up(asked: Replayer, end: Callable[[Replayer], None]) -> None:
    """Asks in another thread, and gives that up once it is being worked on."""
    begun = threading.Event()
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(asked.ask(EVERYTHING, lambda _: begun.set())))
    asking.start()
    assert begun.wait(20)
    end(asked)
    end(asked)
    asking.join(20)
    assert answers == [Cancelled()]


def test_a_long_question_is_given_up_and_the_process_goes_on(slow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views_replayer, "PATIENCE", 30.0)
    with replayer(slow) as asked:
        given_up(asked, Replayer.cancel)
        first = asked._child
        assert first is not None
        assert isinstance(asked.ask(CheckQuestion(0, elements=1)), Checks)
        assert asked._child is first
        given_up(asked, Replayer.close)
        assert first.returncode is not None
        assert asked.ask(CheckQuestion(0, elements=1)) == Cancelled()


def test_who_does_not_stop_is_stopped(slow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views_replayer, "PATIENCE", 0.05)
    deaf = tmp_path / "deaf"
    deaf.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.append({str(ROOT)!r})\n"
        "from tapeview.explain.questions import Progress, send\n"
        "send(sys.stdout.buffer, Progress(0, 1))\nsys.stdin.buffer.read()\n"
    )
    deaf.chmod(0o755)
    with replayer(slow, str(deaf)) as asked:
        given_up(asked, Replayer.cancel)
        assert asked._child is None


def test_a_process_that_is_killed_from_outside(slow: Path) -> None:
    with replayer(slow) as asked:

        def kill(_: Progress) -> None:
            assert asked._child is not None
            asked._child.kill()

        assert "has ended unexpectedly (exit code" in refused(asked.ask(EVERYTHING, kill))
        assert isinstance(asked.ask(CheckQuestion(0, elements=1)), Checks)


def test_it_ends_with_whoever_asked_also_in_the_middle(slow: Path) -> None:
    with child(slow) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        send(served.stdin, EVERYTHING)
        assert receive(served.stdout) is not None
        served.stdin.close()
        assert served.wait(20) == 0
