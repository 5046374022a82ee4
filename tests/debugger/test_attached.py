"""Joining scripts that were started elsewhere. Real scripts in real processes."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview import protocol
from tapeview.debugger import LiveSession, SessionError, attached
from tapeview.debugger.attached import AttachedSession
from tapeview.joining import rendezvous
from tapeview.protocol import Fetched, Hello
from tapeview.trace.query import Recording
from tapeview.trace.records import Tensor
from tests.helpers.joining import ENDLESS, TRAINING, Waiting, Watch, handles, is_alive, thread_count, waiting
from tests.helpers.scripts import LIMIT, write_script


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Waiting]:
    with waiting(tmp_path) as made:
        yield made


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if scripts ran on another machine, with another one's file system; copies are made in the folder returned."""
    monkeypatch.setattr(attached, "_is_here", lambda hello: False)
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "copies"))
    return tmp_path / "copies"


def last_place(recording: Recording) -> tuple[int, int]:
    """Last step and last position, as a stop tells them."""
    last = recording.step_count - 1
    return last, len(recording.step(last).positions) - 1


def tensors_of(recording: Recording, step: int) -> dict[int, Tensor]:
    """The tensors that came up in a step."""
    return {record.id: record for record in recording.step(step).records if isinstance(record, Tensor)}


def test_a_script_waits_for_a_window_and_says_how_to_join(script: Waiting, tmp_path: Path) -> None:
    assert script.sentence.startswith("tapeview: script.py waits for a window: run `tapeview attach 127.0.0.1:")
    assert script.sentence.count("\n") == 1
    assert script.invitation.token not in script.sentence
    (token_file,) = [word for word in script.sentence.split() if word.endswith(".json)")]
    assert rendezvous.read(Path(token_file.rstrip(")"))) == script.invitation
    assert script.invitation.recording == str(tmp_path / "run.tapeview")
    assert script.invitation.script == str(tmp_path / "script.py")
    with script.joined() as (session, watch):
        # nothing of it has run yet
        watch.until_stop("start")
        assert (session.state, session.pid, session.recording) == ("running", script.pid, script.recording)
        assert (session.script, session.copied) == (str(tmp_path / "script.py"), False)
        with Recording.open(script.recording) as recording:
            assert recording.step_count == 0
            assert recording.output() == [], "what tapeview says is no output of the script"
        session.run()
        watch.until(lambda one: one.status.steps > 3)
        script.read("begins")


def test_what_is_left_goes_on_and_can_be_joined_again(script: Waiting) -> None:
    seen = 0
    for _ in range(3):
        with script.joined() as (session, watch):
            session.pause()
            watch.until(lambda one: one.status.stopped is not None)
            assert session.status.steps >= seen
            seen = session.status.steps
        assert session.state == "left"
        assert session.message == "The script goes on without this window."
        assert is_alive(script.pid)
    with script.joined() as (session, watch):
        watch.until(lambda one: one.status.steps > seen + 10)
    assert script.child.poll() is None


def test_a_window_that_vanishes_before_the_start_does_not_let_the_script_run(script: Waiting) -> None:
    with socket.create_connection(script.address) as channel:
        channel.sendall(protocol.encode(Hello(script.invitation.token, 1)))
        assert channel.recv(1)
    with script.joined() as (session, watch):
        watch.until_stop("start")
        session.run()
        watch.until(lambda one: one.status.steps > 0)


def test_a_joined_script_is_stopped_by_the_window(script: Waiting) -> None:
    with script.joined() as (session, watch):
        session.run()
        watch.until(lambda one: one.status.steps > 0)
        session.stop(grace=LIMIT)
        assert session.wait(LIMIT)
        assert (session.state, session.exit) == ("stopped", 143)
    assert script.child.wait(LIMIT) == 143
    assert rendezvous.invitations() == []
    with Recording.open(script.recording) as recording:
        assert recording.state == "stopped"


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = "import ctypes\npause = ctypes.PyDLL(None).pause\ninput()\nprint('deaf', flush=True)\npause()\n"
    source = f"{TRAINING.format(steps=3)}\n{deaf}"
    with waiting(tmp_path, source) as script, script.joined() as (session, watch):
        session.run()
        watch.until(lambda one: one.status.steps == 3)
        assert script.child.stdin is not None
        script.child.stdin.write("\n")
        script.child.stdin.flush()
        script.read("deaf")
        session.stop(grace=0.2)
        assert session.wait(LIMIT)
        assert session.state == "killed"
        assert "did not stop when asked and was killed" in session.message
        assert not is_alive(script.pid)
        with Recording.open(script.recording) as recording:
            assert (recording.state, recording.step_count) == ("killed", 3)


ENDS = {
    "the end": ("", "finished", 0, ""),
    "an exit code": ("raise SystemExit(3)", "failed", 3, "exit code 3"),
    "an exception": ("1 / 0", "failed", 1, "exception"),
    "os._exit": ("import os; os._exit(4)", "failed", 4, "exit code 4"),
    "a crash": ("import os; os.kill(os.getpid(), 11)", "killed", None, "ended without a word"),
}


@pytest.mark.parametrize(("end", "state", "code", "words"), ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_it_tells_how_the_script_ended(
    tmp_path: Path, request: pytest.FixtureRequest, where: str, end: str, state: str, code: int | None, words: str
) -> None:
    if where == "elsewhere":
        request.getfixturevalue("elsewhere")
    with waiting(tmp_path, f"{TRAINING.format(steps=50)}\n{end}\n") as script, script.joined() as (session, _):
        session.run()
        assert session.wait(LIMIT)
        if where == "elsewhere" and state == "killed":
            state, words = "left", "connection to the script has ended"  # nobody there can say more
        assert (session.state, session.exit) == (state, code)
        assert words in session.message
        assert session.recording is not None
        with Recording.open(session.recording) as recording:
            assert recording.warnings == ()
            if state in ("finished", "failed"):
                assert (recording.step_count, recording.state) == (50, state)


def test_the_newest_window_takes_the_place_of_another(script: Waiting) -> None:
    with script.joined() as (first, watch):
        serial = watch.until_stop("start")
        first.step(9)
        watch.until_stop("step", serial)
        place = first.status.stopped
        with script.joined() as (second, second_watch):
            # the script stays where it is
            second_watch.until(lambda one: one.status.stopped is not None)
            assert second.status.stopped == place
            assert first.wait(LIMIT)
            assert first.state == "left"
            assert "can be joined again" in first.message
            second.step()
            second_watch.until_stop("step", second.status.stopped.serial)  # type: ignore[union-attr]


def test_a_wrong_token_is_told_and_changes_nothing(script: Waiting) -> None:
    for token in ("wrong", "", "안녕"):
        with AttachedSession(script.address, token) as session:
            with pytest.raises(SessionError, match="does not take this token"):
                session.start()
            assert session.state == "ready"
    with script.joined() as (session, watch):
        watch.until_stop("start")


def test_who_is_no_script(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()[:2]

        def answer() -> None:
            for data in (b"HTTP/1.1 400 Bad Request\r\n\r\n", protocol.encode(Hello("", 1)), b"\xff" * 100):
                channel, _ = server.accept()
                with channel:
                    channel.recv(1000)
                    channel.sendall(data)

        thread = threading.Thread(target=answer)
        thread.start()
        for _ in range(3):
            with AttachedSession(address, "x") as session, pytest.raises(SessionError, match="no script that tapeview"):
                session.start()
        thread.join(LIMIT)
    with AttachedSession(address, "x") as session, pytest.raises(SessionError, match="nobody answers at 127"):
        session.start()


def test_a_copy_shows_what_the_script_shows(script: Waiting, elsewhere: Path) -> None:
    with script.joined() as (session, watch):
        assert session.copied
        assert session.recording is not None
        assert session.recording.parent == elsewhere
        serial = watch.until_stop("start")
        with Recording.open(session.recording) as recording:
            for _ in range(30):
                session.step()
                serial = watch.until_stop("step", serial)
                recording.refresh()
                # when the stop is told, the copy holds all up to there and nothing more
                stopped = session.status.stopped
                assert stopped is not None
                assert last_place(recording) == (stopped.step, stopped.position)
            session.run()
            watch.until(lambda one: one.status.steps > 100)
            recording.refresh()
            assert recording.step_count >= 100
            assert len(recording.scalars()["loss"].steps) >= 99
            session.stop(grace=LIMIT)
            assert session.wait(LIMIT)
            assert session.state == "stopped"
            assert recording.refresh()
            with Recording.open(script.recording) as original:
                assert recording.step_count == original.step_count
                assert recording.state == "stopped"
    assert [path.name for path in elsewhere.iterdir()] == [session.recording.name]


def test_large_values_of_a_copy(tmp_path: Path, elsewhere: Path) -> None:
    source = """
    import tensorflow as tf
    big = tf.Variable(tf.ones((500, 1000)))
    for i in range(4):
        with tf.GradientTape() as tape:
            y = big * float(i + 1)
            loss = tf.reduce_sum(y)
        tape.gradient(loss, big)
    """
    with waiting(tmp_path, source) as script, script.joined() as (session, _):
        session.run()
        assert session.wait(LIMIT)
        assert session.state == "finished"
        assert session.recording is not None
        with Recording.open(session.recording) as copy, Recording.open(script.recording) as original:
            assert copy.step_count == original.step_count == 4
            seen = 0
            for info in original.step_infos():
                for tensor in tensors_of(original, info.step):
                    expected = original.value(tensor)
                    found = copy.value(tensor)
                    assert (expected is None) == (found is None)
                    if expected is not None and found is not None:
                        np.testing.assert_array_equal(found, expected)
                        seen += expected.nbytes > 1_000_000
            assert seen >= 4
            assert copy.warnings == ()


def test_values_that_are_asked_for_are_in_the_copy_when_that_is_said(tmp_path: Path, elsewhere: Path) -> None:
    source = """
    import tensorflow as tf
    big = tf.Variable(tf.ones((500, 1000)))
    while True:
        with tf.GradientTape() as tape:
            y = big * 2.0
            loss = tf.reduce_sum(y)
        tape.gradient(loss, big)
    """
    with waiting(tmp_path, source) as script, script.joined() as (session, watch):
        serial = watch.until_stop("start")
        session.step(8)
        watch.until_stop("step", serial)
        assert session.recording is not None
        with Recording.open(session.recording) as copy:
            wanted = [id for id, tensor in tensors_of(copy, copy.step_count - 1).items() if tensor.shape == (500, 1000)]
            answers: list[Fetched | None] = []
            over = threading.Event()

            def answer(fetched: Fetched | None) -> None:
                answers.append(fetched)
                if fetched is None or fetched.over:
                    over.set()

            session.fetch(wanted, answer)
            assert over.wait(LIMIT)
            fetched = answers[-1]
            assert fetched is not None
            copy.refresh()
            for tensor in wanted:
                assert (copy.value(tensor) is None) == (tensor in fetched.missing)
            assert len(fetched.missing) < len(wanted)


def test_a_copy_that_cannot_be_written_is_told_and_the_script_goes_on(
    script: Waiting, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "file" / "copies"))
    session = AttachedSession(script.address, script.invitation.token)
    with session, pytest.raises(SessionError, match="cannot make a file for a copy"):
        session.start()
    with AttachedSession(script.address, script.invitation.token) as session:
        monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "copies"))
        session.start()


def test_a_script_whose_window_was_killed_can_be_joined(tmp_path: Path) -> None:
    write_script(tmp_path, ENDLESS)
    window = os.fork()
    if not window:
        # the window: it starts the script and is killed as soon as that has done something
        session = LiveSession(tmp_path / "script.py", recording=tmp_path / "run.tapeview", cwd=tmp_path)
        session.on_change = lambda: session.status.steps and os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[func-returns-value]
        session.start()
        session.wait()
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(window, 0)[1]) == -signal.SIGKILL
    deadline = threading.Event()
    while not (found := rendezvous.invitations()):
        assert not deadline.wait(0.01)
    (invitation,) = found
    with AttachedSession(("127.0.0.1", invitation.port), invitation.token) as session:
        watch = Watch(session)
        session.start()
        session.pause()
        watch.until_stop("pause")
        with Recording.open(tmp_path / "run.tapeview") as recording:
            assert recording.state == "running"
            stopped = session.status.stopped
            assert stopped is not None
            assert last_place(recording) == (stopped.step, stopped.position)
        session.stop(grace=LIMIT)
        assert session.wait(LIMIT)
        assert session.state == "stopped"
    # Its parent has gone: whoever is told of its end here may take a while to hear of it.
    assert recording.run.pid == invitation.pid


def test_joining_and_leaving_leaves_nothing_behind(script: Waiting, elsewhere: Path) -> None:
    with script.joined() as (session, watch):
        watch.until_stop("start")
        session.run()
        watch.until(lambda one: one.status.steps > 0)
    mine, its, threads = handles(), handles(script.pid), thread_count(script.pid)
    for number in range(6):
        with script.joined() as (session, watch):
            session.pause()
            watch.until(lambda one: one.status.stopped is not None)
            session.step()
            if number % 2:
                session.run()
    assert handles() == mine
    with script.joined() as (session, watch):
        watch.until(lambda one: one.status.steps > 0)
        assert handles(script.pid) <= its + 10  # what this window needs: a channel, a copy
        assert thread_count(script.pid) <= threads + 2
    assert not list(script.recording.parent.glob("*.json"))
