"""Sessions with real scripts in real processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tapeview import protocol
from tapeview.debugger import LiveSession, SessionError
from tapeview.protocol import Hello
from tapeview.trace.query import Recording
from tests.debugger.conftest import Watch
from tests.helpers.scripts import LIMIT, TAPE, write_script

LOOP = f"{TAPE}\nprint('looping', flush=True)\nwhile True:\n    pass\n"


Make = Callable[..., tuple[LiveSession, Watch]]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie whose parent is init-less in a container still has a number.
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_a_script_runs_to_its_end(open_session: Make) -> None:
    session, watch = open_session(TAPE + "\nimport sys; print(sys.argv[1:])", "a", "b c")
    assert session.state == "ready"
    assert session.pid is None
    session.start()
    assert session.wait(LIMIT)
    assert (session.state, session.exit, session.message) == ("finished", 0, "")
    assert watch.seen == ["running", "finished"]
    assert (session.status.steps, session.status.ops) == (1, 1)
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        assert recording.state == "finished"
        text = "".join(piece.text for _, piece in recording.output())
        assert text == "gradient 6.0\n['a', 'b c']\n"


ENDS = {
    "an exception": ("1 / 0", "failed", 1, "exception"),
    "an exit code": ("raise SystemExit(3)", "failed", 3, "exit code 3"),
    "exit 0": ("raise SystemExit(0)", "finished", 0, ""),
    "os._exit": ("import os; os._exit(4)", "failed", 4, "exit code 4"),
    "a crash": ("import os; os.kill(os.getpid(), 11)", "killed", -11, "signal 11 (SIGSEGV)"),
    "killed by somebody": ("import os; os.kill(os.getpid(), 9)", "killed", -9, "signal 9 (SIGKILL)"),
    "closed control socket": (
        "import os\nfor fd in range(3, 50):\n    try: os.fstat(fd); link = os.readlink(f'/proc/self/fd/{fd}')\n"
        "    except OSError: continue\n    if 'socket' in link: os.close(fd)\nprint('end')",
        "finished",
        0,
        "",
    ),
}


@pytest.mark.parametrize(("source", "state", "code", "words"), ENDS.values(), ids=ENDS.keys())
def test_it_tells_how_the_script_ended(open_session: Make, source: str, state: str, code: int, words: str) -> None:
    session, _ = open_session(source)
    session.start()
    assert session.wait(LIMIT)
    assert (session.state, session.exit) == (state, code)
    assert words in session.message


def test_progress_is_told_while_the_script_runs(open_session: Make) -> None:
    session, watch = open_session(LOOP)
    session.start()
    watch.until(lambda session: session.status.steps == 1)
    assert session.state == "running"
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        assert recording.state == "running"


def test_a_stop_closes_the_recording(open_session: Make) -> None:
    session, watch = open_session(LOOP)
    session.start()
    watch.until(lambda session: session.status.steps == 1)
    session.stop(grace=LIMIT)
    session.stop(grace=LIMIT)
    assert session.wait(LIMIT)
    assert (session.state, session.exit) == ("stopped", 143)
    assert session.recording is not None
    with Recording.open(session.recording) as recording:
        assert recording.state == "stopped"


STUBBORN = {
    "catches everything": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "sleeps": "import time; time.sleep(1000)",
    "waits for a lock": "import threading; l = threading.Lock(); l.acquire(); l.acquire()",
    "ignores SIGTERM": "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass",
    "has a thread that does not end": (
        "import threading\ndef f():\n    while True: pass\nthreading.Thread(target=f).start()"
    ),
    "waits for input that does not come": "import os; r, w = os.pipe(); os.read(r, 1)",
}


@pytest.mark.parametrize("source", STUBBORN.values(), ids=STUBBORN.keys())
def test_a_stubborn_script_is_stopped_all_the_same(open_session: Make, source: str) -> None:
    session, watch = open_session(f"{TAPE}\n{source}\n")
    session.start()
    watch.until(lambda session: session.status.steps == 1)
    session.stop(grace=LIMIT)
    assert session.wait(LIMIT)
    assert session.state == "stopped"


def test_a_script_stuck_in_native_code_is_killed_with_what_it_started(open_session: Make, tmp_path: Path) -> None:
    # given a script that started a process and then holds the interpreter for itself
    source = f"""{TAPE}
import ctypes, os, subprocess, sys
helper = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
with open("go", "w") as file:
    file.write(str(helper.pid))
ctypes.PyDLL(None).pause()
"""
    os.mkfifo(tmp_path / "go")
    session, watch = open_session(source)
    session.start()
    assert session.recording is not None
    watch.until(lambda session: session.status.steps == 1)
    helper = int((tmp_path / "go").read_text())
    # when it is stopped, then it is killed when the grace is over
    session.stop(grace=0.3)
    assert session.wait(LIMIT)
    assert (session.state, session.exit) == ("killed", -9)
    assert "killed" in session.message
    # and nothing of it is left
    assert not is_alive(helper)
    with Recording.open(session.recording) as recording:
        assert (recording.state, recording.step_count) == ("killed", 1)


def test_a_stop_right_after_the_start(open_session: Make) -> None:
    session, _ = open_session(LOOP)
    session.start()
    session.stop(grace=LIMIT)
    assert session.wait(LIMIT)
    assert session.state == "stopped"


def test_close_leaves_no_process_no_file_and_no_thread(open_session: Make) -> None:
    before = len(os.listdir("/proc/self/fd"))
    threads = threading.active_count()
    session, watch = open_session(LOOP)
    session.start()
    watch.until(lambda session: session.status.steps == 1)
    pid = session.pid
    assert pid is not None
    session.close()
    session.close()
    assert session.ended
    assert not is_alive(pid)
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == before


def test_sessions_that_are_never_started_leave_nothing(open_session: Make) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        session, _ = open_session(TAPE)
        assert not session.wait(0)
        session.stop()
        session.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_session_runs_once(open_session: Make) -> None:
    session, _ = open_session("print('once')")
    session.start()
    with pytest.raises(SessionError, match="started before"):
        session.start()
    session.wait(LIMIT)
    with pytest.raises(SessionError, match="started before"):
        session.start()


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with closing(LiveSession(tmp_path / "nowhere.py")) as session, pytest.raises(SessionError, match="no file"):
        session.start()


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    script = write_script(tmp_path, TAPE)
    with closing(LiveSession(script, python=str(tmp_path / "python"))) as session:
        with pytest.raises(SessionError, match="cannot start"):
            session.start()
        assert session.recording is not None
        assert not session.recording.exists()


def test_a_module_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with LiveSession("nowhere.at.all", module=True, cwd=tmp_path) as session:
        session.start()
        assert session.wait(LIMIT)
        assert (session.state, session.exit) == ("failed", 2)
        assert session.message.startswith("there is no module 'nowhere.at.all'")
        assert session.recording is not None
        assert not session.recording.exists()


def test_a_recording_without_a_name_gets_one(open_session: Make, tmp_path: Path) -> None:
    script = write_script(tmp_path, TAPE, "train.py")
    with LiveSession(script) as session:
        session.start()
        assert session.wait(LIMIT)
        assert session.recording is not None
        assert session.recording.name.startswith("train-")
        with Recording.open(session.recording) as recording:
            assert recording.state == "finished"


def test_strangers_change_nothing(open_session: Make) -> None:
    # given a session whose script has to find its way through a crowd
    session, _ = open_session(TAPE)
    strangers: list[socket.socket] = []
    crowd = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 10_000,
        protocol.encode(Hello("wrong token", 1)),
        protocol.encode(Hello("x", 1, version=99)),
        protocol.encode(Hello("half a message", 1))[:9],
        b"",
    ]

    def press(port: int) -> None:
        for number in range(300):
            stranger = socket.create_connection(("127.0.0.1", port))
            strangers.append(stranger)
            try:
                stranger.sendall(crowd[number % len(crowd)])
            except OSError:
                return

    session.start()
    assert session._listener is not None or session.state != "starting"
    port = session._listener.port if session._listener is not None else 0
    # Once the right process has come the door is shut.
    with contextlib.suppress(OSError):
        press(port)
    assert session.wait(LIMIT)
    assert (session.state, session.exit, session.status.steps) == ("finished", 0, 1)
    for stranger in strangers:
        stranger.close()


WINDOW = """
import os, signal, sys
from pathlib import Path
from tapeview.debugger import LiveSession
session = LiveSession(sys.argv[1], recording=Path(sys.argv[2]))
session.on_change = lambda: session.status.steps and os.kill(os.getpid(), signal.SIGKILL)
session.start()
session.wait()
"""


def test_a_script_goes_on_when_its_window_is_killed(tmp_path: Path) -> None:
    # given a script that makes a second tape when it is told to
    source = f"""{TAPE}
with open("go") as file:
    file.read()
with tf.GradientTape() as tape:
    loss = w * w
tape.gradient(loss, w)
print("done", flush=True)
"""
    script = write_script(tmp_path, source)
    os.mkfifo(tmp_path / "go")
    path = tmp_path / "run.tapeview"
    # when the window that started it is killed
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(script), str(path)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert window.wait(LIMIT) == -signal.SIGKILL
    with Recording.open(path) as recording:
        assert recording.state == "running"
    # then the script goes on and records to its end
    with open(tmp_path / "go", "w") as file:
        file.write("go")
    assert window.stdout is not None
    assert window.stdout.read() == "gradient 6.0\ndone\n"
    window.stdout.close()
    with Recording.open(path) as recording:
        assert (recording.state, recording.step_count) == ("finished", 2)


def test_a_terminal_that_closes_does_not_end_a_script_that_a_window_shows(tmp_path: Path) -> None:
    # given a session whose terminal is a pipe that nobody reads any more
    program = """
import os, sys
from pathlib import Path
from tapeview.debugger import LiveSession
session = LiveSession(sys.argv[1], recording=Path(sys.argv[2]))
session.start()
session.wait()
print(session.state, session.exit, file=sys.stderr)
"""
    script = write_script(tmp_path, "for i in range(1000):\n    print('line', i)\n")
    path = tmp_path / "run.tapeview"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", program, str(script), str(path)],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    os.close(writer)
    # then it runs to its end, and the recording has all it wrote
    assert done.stderr == "finished 0\n"
    with Recording.open(path) as recording:
        assert "".join(piece.text for _, piece in recording.output()).count("\n") == 1000
