"""Scripts that wait for a window, and sessions that join them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tapeview.debugger.attached import AttachedSession
from tapeview.debugger.session import LiveSession
from tapeview.joining import rendezvous
from tapeview.joining.rendezvous import Invitation
from tests.helpers.scripts import LIMIT, started, write_script

ROOT = Path(__file__).parents[2]

TRAINING = """\
import tensorflow as tf
print("begins", flush=True)
w = tf.Variable(4.0, name="w")
step = 0
while step < {steps}:
    with tf.GradientTape() as tape:
        loss = (w - 1.0) * (w - 1.0)
    w.assign_sub(0.01 * tape.gradient(loss, w))
    step += 1
print("done", step, flush=True)
"""

ENDLESS = TRAINING.format(steps=10**9)


class Watch:
    """Waits for a session's news."""

    def __init__(self, session: LiveSession) -> None:
        self.changed = threading.Condition()
        self.session = session
        session.on_change = self

    def __call__(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def until(self, condition: Callable[[LiveSession], bool]) -> None:
        """Fails if it does not come true."""
        session = self.session
        with self.changed:
            assert self.changed.wait_for(lambda: condition(session), LIMIT), (session.state, session.status)

    def until_stop(self, reason: str, after: int = 0) -> int:
        """Waits for a stop for that reason with a greater serial than ``after``; its serial."""
        self.until(lambda one: one.status.stopped is not None and one.status.stopped.serial > after)
        stopped = self.session.status.stopped
        assert stopped is not None
        assert stopped.reason == reason
        return stopped.serial


@dataclass
class Waiting:
    """A script started with ``record --wait``."""

    child: subprocess.Popen[str]
    recording: Path
    sentence: str
    invitation: Invitation

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.invitation.port

    @property
    def pid(self) -> int:
        """The number of the script's own process."""
        return self.invitation.pid

    @contextmanager
    def joined(self) -> Iterator[tuple[AttachedSession, Watch]]:
        """A session that has joined it; leaves it at the end."""
        with AttachedSession(self.address, self.invitation.token) as session:
            watch = Watch(session)
            session.start()
            yield session, watch

    def read(self, line: str) -> None:
        """Reads the script's output up to that line."""
        assert self.child.stdout is not None
        while (found := self.child.stdout.readline()) != f"{line}\n":
            assert found, f"{line!r} never came"


@contextmanager
def waiting(folder: Path, source: str = ENDLESS, *options: str) -> Iterator[Waiting]:
    """A script that waits for a window, in a process of its own, which is killed at the end."""
    write_script(folder, source)
    line = [sys.executable, "-m", "tapeview", "record", "--wait", *options, "-o", "run.tapeview", "script.py"]
    with started(line, folder, PYTHONPATH=str(ROOT)) as child:
        assert child.stderr is not None
        sentence = child.stderr.readline()
        found = re.search(r"attach 127\.0\.0\.1:(\d+)`", sentence)
        assert found is not None, sentence + child.stderr.read()
        invitation = next(one for one in rendezvous.invitations() if one.port == int(found[1]))
        yield Waiting(child, folder / "run.tapeview", sentence, invitation)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def handles(pid: int | str = "self") -> int:
    """How many files a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def thread_count(pid: int | str = "self") -> int:
    """How many threads a process has."""
    return len(os.listdir(f"/proc/{pid}/task"))
