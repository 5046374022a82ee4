"""A session without a window: its script is a real process, and news are taken as the window takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from tapeview.views.session import SessionModel
from tapeview.views.workspace import Workspace

PATIENCE = 60.0

TRAIN = """\
import tensorflow as tf
w = tf.Variable(3.0, name="w")
x = tf.constant([1.0, 2.0])

def predict(x):
    scaled = w * x
    return scaled + 1.0

for i in range(1000000):
    with tf.GradientTape() as tape:
        y = predict(x)
        loss = tf.reduce_sum(y * y)
    dw = tape.gradient(loss, w)
    w.assign_sub(0.0001 * dw)
"""
"""A step of it: Mul, AddV2, Mul, Sum forward, four steps backward, one update."""


class Desk:
    """A session with a note of its problems."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.woken = threading.Semaphore(0)
        self.problems: list[str] = []
        self.workspace = Workspace()
        self.session = SessionModel(self.workspace, None, self.woken.release)
        self.session.problem.connect(self.problems.append)

    def load(self, text: str, name: str = "train.py") -> Path:
        """Write a script and open it."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        assert self.session.open(path), self.problems
        return path

    def until(self, condition: Callable[[], bool]) -> None:
        """Take news until something is so."""
        self.session.poll()
        while not condition():
            assert self.woken.acquire(timeout=PATIENCE), (self.workspace.state, self.workspace.message)
            self.session.poll()

    def paused(self) -> None:
        """Wait until the script is held and no step is under way."""
        self.until(lambda: self.workspace.state == "paused" and self.session.settled)

    def step(self, verb: Callable[[], object] | None = None) -> None:
        """Take a step in the script, and wait until it is done."""
        (verb or self.session.forward)()
        self.paused()

    @property
    def serial(self) -> int:
        """How often the script has stopped."""
        assert self.workspace.stopped is not None
        return self.workspace.stopped.serial

    def into_the_first_step(self) -> None:
        """Run, held from the beginning, up to the first op of the first training step."""
        self.session.run_paused()
        self.paused()
        while self.workspace.position is None:
            self.step()
