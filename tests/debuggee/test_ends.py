"""However a script ends, its recording holds what was committed, and says how it ended if anything could say so."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tapeview.debugger.process import command
from tapeview.trace.query import Recording
from tests.helpers.scripts import LIMIT, TAPE, read_until, record_source, running, write_script

LOOP = f"""{TAPE}
print("looping", flush=True)
while True:
    pass
"""

# Each script makes one tape, waits until a tape has been committed, and then ends in its own way.
COMMITTED = """
import sqlite3, sys
def committed():
    connection = sqlite3.connect("file:run.tapeview?mode=ro", uri=True)
    while not connection.execute("SELECT count(*) FROM step WHERE step >= 0").fetchone()[0]:
        pass
    connection.close()
"""


def state_of(path: Path) -> tuple[str, int | None, int]:
    """State, exit code and number of steps of a recording."""
    with Recording.open(path) as recording:
        return recording.state, recording.run.exit, recording.step_count


KILLS = {
    "SIGKILL": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "SIGSEGV": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "a crash in native code": "import ctypes; ctypes.string_at(0)",
    "SIGABRT": "import os; os.abort()",
    "native _exit": "import ctypes; ctypes.CDLL(None)._exit(0)",
}


@pytest.mark.parametrize("end", KILLS.values(), ids=KILLS.keys())
def test_what_was_committed_survives_a_sudden_death(tmp_path: Path, end: str) -> None:
    run = record_source(tmp_path, f"{COMMITTED}\n{TAPE}\ncommitted()\n{end}\n")
    assert state_of(run.path) == ("killed", None, 1)


EXITS = {
    "os._exit": ("import os; os._exit(7)", 7, "failed"),
    "os._exit in a thread": (
        "import os, threading\nthreading.Thread(target=lambda: os._exit(0)).start()\nwhile True: pass",
        0,
        "finished",
    ),
    "sys.exit": ("import sys; sys.exit(7)", 7, "failed"),
    "sys.exit in an exit handler": ("import atexit, sys; atexit.register(sys.exit, 7)", 0, "finished"),
    "the end": ("", 0, "finished"),
    "an exception": ("1 / 0", 1, "failed"),
    "a thread that goes on": (
        "import threading\nmain = threading.main_thread()\ndef work():\n    main.join()\n"
        "    with tf.GradientTape() as tape:\n        y = w * w\n    print('worked', tape.gradient(y, w).numpy())\n"
        "threading.Thread(target=work).start()",
        0,
        "finished",
    ),
    "a tape in an exit handler": (
        "import atexit\n@atexit.register\ndef work():\n    with tf.GradientTape() as tape:\n        y = w * w\n",
        0,
        "finished",
    ),
}


@pytest.mark.parametrize(("end", "code", "state"), EXITS.values(), ids=EXITS.keys())
def test_everything_is_recorded_when_the_script_ends_by_itself(tmp_path: Path, end: str, code: int, state: str) -> None:
    run = record_source(tmp_path, f"{TAPE}\nprint('last words', end='')\n{end}\n")
    assert run.code == code
    steps = 1 + ("def work" in end)
    assert state_of(run.path) == (state, code, steps)
    assert "last words" in run.recorded("stdout")
    assert not list(tmp_path.glob("*-wal"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_signal_closes_the_recording(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, LOOP) as (child, path):
        read_until(child.stdout, "looping")
        child.send_signal(number)
        assert child.wait(LIMIT) == 143
        assert state_of(path) == ("stopped", 143, 1)


def test_a_script_with_a_signal_handler_of_its_own_keeps_it(tmp_path: Path) -> None:
    source = """
    import signal, sys
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
    print("ready", flush=True)
    while True:
        pass
    """
    with running(tmp_path, source) as (child, path):
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.terminate()
        assert child.wait(LIMIT) == 5
        assert state_of(path) == ("failed", 5, 0)


def test_ctrl_c_is_a_keyboard_interrupt_in_the_script(tmp_path: Path) -> None:
    source = """
    try:
        print("ready", flush=True)
        while True:
            pass
    except KeyboardInterrupt:
        print("caught")
    """
    with running(tmp_path, source) as (child, path):
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "caught\n"
        assert child.wait(LIMIT) == 0
        assert state_of(path)[0] == "finished"


def test_a_forked_child_is_another_program(tmp_path: Path) -> None:
    source = f"""{TAPE}
import os, sys
pid = os.fork()
if not pid:
    with tf.GradientTape() as tape:
        y = w * w
    print("child", tape.gradient(y, w).numpy())
    sys.exit(3)
_, status = os.waitpid(pid, 0)
print("parent", os.waitstatus_to_exitcode(status))
"""
    run = record_source(tmp_path, source)
    assert (run.code, run.out) == (0, "gradient 6.0\nchild 6.0\nparent 3\n")
    assert run.recorded("stdout") == "gradient 6.0\nparent 3\n"
    assert state_of(run.path) == ("finished", 0, 1)


def test_a_forked_child_can_be_terminated(tmp_path: Path) -> None:
    source = """
    import os, signal
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(writer, b"!")
        while True:
            pass
    os.read(reader, 1)
    os.kill(pid, signal.SIGTERM)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """
    run = record_source(tmp_path, source)
    assert run.out == "-15\n"
    assert state_of(run.path) == ("finished", 0, 0)


def test_a_forked_child_that_outlives_its_parent_disturbs_nothing(tmp_path: Path) -> None:
    source = """
    import os, sys
    if not os.fork():
        sys.stdin.readline()
        print("orphan")
        sys.exit()
    print("parent", flush=True)
    """
    with running(tmp_path, source) as (child, path):
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "parent\n"
        assert child.wait(LIMIT) == 0
        assert state_of(path) == ("finished", 0, 0)
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "orphan\n"
        assert state_of(path) == ("finished", 0, 0)


def test_a_full_disk_does_not_stop_the_script(tmp_path: Path) -> None:
    # given a file size limit that the recording soon reaches
    source = """
    import tensorflow as tf
    w = tf.Variable(1.0)
    for i in range(2000):
        with tf.GradientTape() as tape:
            y = w * w
        tape.gradient(y, w)
    print("done", w.numpy())
    """
    path = tmp_path / "run.tapeview"
    line = command(sys.executable, path, str(write_script(tmp_path, source)))

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    # when it runs
    done = subprocess.run(
        line, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    # then the script does not notice, and the file opens
    assert (done.returncode, done.stdout) == (0, "done 1.0\n")
    assert state_of(path)[0] in ("killed", "finished")


def test_a_recording_folder_that_vanishes_does_not_stop_the_script(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    script = write_script(tmp_path, f"import shutil\nshutil.rmtree('gone')\n{TAPE}")
    line = command(sys.executable, tmp_path / "gone" / "run.tapeview", str(script))
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout) == (0, "gradient 6.0\n")
    shutil.rmtree(tmp_path / "gone", ignore_errors=True)


def test_fifty_thousand_prints_neither_stall_nor_get_lost(tmp_path: Path) -> None:
    run = record_source(tmp_path, "for i in range(50_000):\n    print(i, '번째')\n")
    expected = "".join(f"{i} 번째\n" for i in range(50_000))
    assert run.out == expected
    assert run.recorded("stdout") == expected


def test_a_reader_that_leaves_ends_the_script_as_under_python(tmp_path: Path) -> None:
    with running(tmp_path, "while True:\n    print('more')\n") as (child, path):
        assert child.stdout is not None
        assert child.stdout.readline() == "more\n"
        child.stdout.close()
        assert child.stderr is not None
        assert "BrokenPipeError" in child.stderr.read()
        assert child.wait(LIMIT) != 0
        assert state_of(path)[0] == "failed"
        child.stdout = open(os.devnull)  # noqa: SIM115 - communicate() wants something to close


def test_a_terminal_that_nobody_reads_does_not_keep_a_stop_waiting(tmp_path: Path) -> None:
    # given a script that is stuck in writing into a full pipe
    source = """
    import os, sys, threading
    print("ready", file=sys.stderr, flush=True)
    while True:
        print("x" * 1000)
    """
    with running(tmp_path, source) as (child, path):
        assert child.stderr is not None
        assert child.stderr.readline() == "ready\n"
        # when it is stopped, then it ends, and its recording is closed
        child.terminate()
        assert child.wait(LIMIT) == 143
        assert state_of(path)[0] == "stopped"
