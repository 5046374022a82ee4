"""Full disks, large tensors, floods, scripts that do not listen, strangers at the door, pauses at bad moments."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tapeview.debugger import LiveSession
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tests.helpers.joining import ENDLESS, TRAINING, Watch, handles, is_alive, thread_count, waiting
from tests.helpers.scripts import LIMIT, record_source, write_script


def steps_of(path: Path) -> tuple[str, int]:
    """State and number of steps of a sound recording."""
    assert check(path) == []
    with Recording.open(path) as recording:
        for index in range(recording.step_count - 1):
            assert recording.step(index).positions
        assert recording.warnings == ()
        return recording.state, recording.step_count


# ---- disk

ASKING = """\
import tensorflow as tf
w = tf.Variable(4.0, name="w")
for line in iter(input, "end"):
    for _ in range(int(line)):
        with tf.GradientTape() as tape:
            loss = (w - 1.0) * (w - 1.0)
        w.assign_sub(0.01 * tape.gradient(loss, w))
    print("made", line, flush=True)
"""


@contextlib.contextmanager
def limited_files(pid: int) -> Iterator[None]:
    """Files of a process cannot grow for the time of the ``with`` block."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_disk_full(tmp_path: Path) -> None:
    with waiting(tmp_path, ASKING) as script, script.joined() as (session, watch):
        assert script.child.stdin is not None

        def make(steps: int) -> None:
            assert script.child.stdin is not None
            script.child.stdin.write(f"{steps}\n")
            script.child.stdin.flush()
            script.read(f"made {steps}")

        session.run()
        make(10)
        watch.until(lambda one: one.status.steps == 10)
        with limited_files(script.pid):
            # the script does not notice, and the window is told
            make(2000)
            watch.until(lambda one: one.status.trouble is not None)
            assert "cannot write run.tapeview" in (session.status.trouble or "")
        # when there is room again, nothing was lost
        make(10)
        watch.until(lambda one: one.status.trouble is None and one.status.steps == 2020)
        script.child.stdin.write("end\n")
        script.child.stdin.flush()
        assert session.wait(LIMIT)
        assert session.state == "finished"
    assert steps_of(script.recording) == ("finished", 2020)


def test_disk_full_to_the_end(tmp_path: Path) -> None:
    with waiting(tmp_path, ASKING) as script, script.joined() as (session, watch):
        session.run()
        assert script.child.stdin is not None
        script.child.stdin.write("10\n")
        script.child.stdin.flush()
        watch.until(lambda one: one.status.steps == 10)
        with limited_files(script.pid):
            script.child.stdin.write("2000\nend\n")
            script.child.stdin.flush()
            assert session.wait(LIMIT)
            assert script.child.wait(LIMIT) == 0
    state, steps = steps_of(script.recording)
    assert state in ("killed", "finished")
    assert steps >= 10


# ---- memory and floods

HALF_A_GIGABYTE = 125_000_000
FREE = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(FREE < 9 << 30, reason="needs 9 GB of free memory")
def test_gigabyte_tensors(tmp_path: Path) -> None:
    source = f"""
    import resource
    import tensorflow as tf
    x = tf.ones(({2 * HALF_A_GIGABYTE},))
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * v
        loss = tf.reduce_mean(y)
    print(loss.numpy(), tape.gradient(loss, v).numpy())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
    run = record_source(tmp_path, source)
    assert run.code == 0, run.err
    values, peak = run.out.split("\n")[:2]
    assert [float(value) for value in values.split()] == pytest.approx([2.0, 1.0], rel=1e-6)
    assert int(peak) < 7 << 20  # kilobytes: what the script itself needs, and one tensor more
    assert steps_of(run.path) == ("finished", 1)
    assert run.path.stat().st_size < 3 << 30


def test_fifty_thousand_prints(tmp_path: Path) -> None:
    source = """
    import sys, time
    began = time.monotonic()
    for i in range(50_000):
        print(i, "번째")
    print(time.monotonic() - began, file=sys.stderr)
    """
    with waiting(tmp_path, source) as script, script.joined() as (session, _):
        session.run()
        out, err = script.child.communicate(timeout=LIMIT)
        assert session.wait(LIMIT)
        assert session.state == "finished"
    expected = "".join(f"{i} 번째\n" for i in range(50_000))
    assert out == expected
    assert float(err) < 5.0
    with Recording.open(script.recording) as recording:
        assert "".join(piece.text for _, piece in recording.output() if piece.stream == "stdout") == expected


# ---- ends

LOOPS = {
    "of Python": ("while True:\n    pass", "stopped", 143),
    "that catches everything": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        "stopped",
        143,
    ),
    "in native code that holds the interpreter": (
        "import ctypes; stuck = ctypes.PyDLL(None).pause; open('stuck', 'w').close(); stuck()",
        "killed",
        -9,
    ),
}


@pytest.mark.parametrize(("loop", "state", "code"), LOOPS.values(), ids=LOOPS.keys())
def test_infinite_loop_beside_an_op(tmp_path: Path, loop: str, state: str, code: int) -> None:
    source = TRAINING.format(steps=30) + "with tf.GradientTape() as tape:\n    y = w * w\n    input()\n"
    source += "".join(f"    {line}\n" for line in loop.splitlines())
    script = write_script(tmp_path, source)
    reader, writer = os.pipe()
    before = os.dup(0)
    os.dup2(reader, 0)
    try:
        with LiveSession(script, recording=tmp_path / "run.tapeview", cwd=tmp_path) as session:
            watch = Watch(session)
            session.start()
            watch.until(lambda one: one.status.steps == 31)
            os.write(writer, b"\n")
            # a pause cannot take effect, and says so; a stop does
            session.pause()
            if state == "stopped":
                watch.until(lambda one: one.status.state == "pausing")
            while state == "killed" and not (tmp_path / "stuck").exists():
                threading.Event().wait(0.05)
            session.stop(grace=1.0 if state == "killed" else LIMIT)
            assert session.wait(LIMIT)
            assert (session.state, session.exit) == (state, code)
    finally:
        os.dup2(before, 0)
        for handle in (before, reader, writer):
            os.close(handle)
    assert steps_of(tmp_path / "run.tapeview") == (state, 31)


def test_os_exit(tmp_path: Path) -> None:
    with waiting(tmp_path, f"{TRAINING.format(steps=300)}\nimport os; os._exit(7)\n") as script:
        with script.joined() as (session, _):
            session.run()
            assert session.wait(LIMIT)
            assert (session.state, session.exit) == ("failed", 7)
        assert script.child.wait(LIMIT) == 7
    assert steps_of(script.recording) == ("failed", 300)


def test_fork(tmp_path: Path) -> None:
    source = f"""{TRAINING.format(steps=100)}
import os, sys
children = []
for _ in range(8):
    child = os.fork()
    if not child:
        with tf.GradientTape() as tape:
            y = w * w
        tape.gradient(y, w)
        os._exit(0) if len(children) % 2 else sys.exit()
    children.append(child)
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
for _ in range(100):
    with tf.GradientTape() as tape:
        y = w * w
    tape.gradient(y, w)
print("parent", flush=True)
"""
    with waiting(tmp_path, source) as script, script.joined() as (session, _):
        session.run()
        assert session.wait(LIMIT)
        assert session.state == "finished"
        script.read("parent")
    assert steps_of(script.recording) == ("finished", 200)


# ---- strangers

ATTACK = """
import socket, sys
port, number = int(sys.argv[1]), int(sys.argv[2])
token = b"\\x00\\x00\\x00\\x2c\\x84\\xa4type\\xa5hello\\xa5token\\xa5wrong\\xa3pid\\x01\\xa7version\\x02"
data = [b"", b"\\xff" * 9999, b"GET / HTTP/1.1\\r\\n\\r\\n", token, token[:9], b"\\x00\\x0f\\xff\\xff" + b"x" * 9999]
kept = []
for turn in range(number):
    channel = socket.create_connection(("127.0.0.1", port))
    channel.setblocking(False)
    try:
        channel.send(data[turn % len(data)])
    except OSError:
        pass
    kept.append(channel)
    if len(kept) > 200:
        kept.pop(0).close()
print("made", number)
"""


def test_ten_thousand_strangers(tmp_path: Path) -> None:
    with waiting(tmp_path, ASKING) as script, script.joined() as (session, watch):
        session.run()
        assert script.child.stdin is not None
        script.child.stdin.write("500\n")
        script.child.stdin.flush()
        script.read("made 500")
        watch.until(lambda one: one.status.steps == 500)
        files, threads = handles(script.pid), thread_count(script.pid)
        line = [sys.executable, "-c", ATTACK, str(script.invitation.port), "5000"]
        crowd = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        script.child.stdin.write("1500\n")
        script.child.stdin.flush()
        script.read("made 1500")
        assert [one.communicate(timeout=LIMIT)[0] for one in crowd] == ["made 5000\n"] * 2
        # the window is there all the time, and a pause takes effect
        watch.until(lambda one: one.status.steps == 2000)
        deadline = time.monotonic() + LIMIT
        while handles(script.pid) > files and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        assert (handles(script.pid), thread_count(script.pid)) == (files, threads)
        script.child.stdin.write("end\n")
        script.child.stdin.flush()
        assert session.wait(LIMIT)
        assert session.state == "finished"
    assert steps_of(script.recording) == ("finished", 2000)


# ---- pausing

UPDATES = """\
import tensorflow as tf
a, b = tf.Variable([4.0, 2.0]), tf.Variable(1.0)
optimizer = tf.optimizers.SGD(learning_rate=0.01, momentum=0.9)
for _ in range({steps}):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(a * 3.0 + b))
    optimizer.apply_gradients(zip(tape.gradient(loss, [a, b]), [a, b]))
print(a.numpy().tolist(), b.numpy().tolist(), flush=True)
"""


def test_pause_anywhere(tmp_path: Path) -> None:
    dice = random.Random(11)
    (tmp_path / "alone").mkdir()
    expected = record_source(tmp_path / "alone", UPDATES.format(steps=400)).out
    phases = set()
    with waiting(tmp_path, UPDATES.format(steps=400)) as script, script.joined() as (session, watch):
        serial = watch.until_stop("start")
        with Recording.open(script.recording) as recording:
            for _ in range(60):
                session.step(dice.randint(1, 12))
                serial = watch.until_stop("step", serial)
                recording.refresh()
                stopped = session.status.stopped
                assert stopped is not None
                # the recording ends exactly where the script stands
                assert stopped.step == recording.step_count - 1
                positions = recording.step(stopped.step).positions
                assert stopped.position == len(positions) - 1
                phases.add(positions[-1].phase)
        session.run()
        assert session.wait(LIMIT)
        assert session.state == "finished"
        assert script.child.stdout is not None
        assert script.child.stdout.read() == expected
    assert phases == {"forward", "backward", "update"}
    assert steps_of(script.recording) == ("finished", 400)


def test_a_hundred_cycles(tmp_path: Path) -> None:
    script = write_script(tmp_path, ENDLESS)

    def cycle(turn: int) -> int:
        with LiveSession(script, recording=tmp_path / f"{turn}.tapeview", cwd=tmp_path, paused=True) as session:
            watch = Watch(session)
            session.start()
            serial = watch.until_stop("start")
            session.run()
            session.pause()
            serial = watch.until_stop("pause", serial)
            session.step()
            watch.until_stop("step", serial)
            if turn % 3 == 0:
                session.run()
            if turn % 2:
                session.stop(grace=LIMIT)
                assert session.wait(LIMIT)
                assert session.state == "stopped"
            pid = session.pid
        assert pid is not None
        assert not is_alive(pid)
        return pid

    cycle(0)
    files, threads = handles(), threading.active_count()
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(cycle, range(1, 100)))) == 99
    assert (handles(), threading.active_count()) == (files, threads)
    recordings = [path for path in tmp_path.iterdir() if path.is_file()]
    assert len(recordings) == 101  # and the script
    assert {steps_of(tmp_path / f"{turn}.tapeview")[0] for turn in range(0, 100, 7)} == {"stopped"}
