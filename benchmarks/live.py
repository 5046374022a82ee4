"""Speed of live debugging: steps a second with F10 held at the live edge, and a free run with the window open.

    python benchmarks/live.py [--rounds N] [--json FILE]

Window and script run on this machine together. Draws on the display there is, else off screen. As a measure of the
machine, the first line tells how long a fixed loop of Python takes on it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LEAST = {"steps a second with F10 held, regression": 60.0}
MOST = {"free run with the window open, times `tapeview record`": 1.3, "steps after the key was released": 1.0}
HELD = 5.0
"""Seconds for which the key is down."""

REGRESSION = """
    import numpy as np
    import tensorflow as tf

    w, b = tf.Variable(4.0), tf.Variable(1.0)
    x = np.arange(1, 11)
    y = x * 10 + 13
    optimizer = tf.optimizers.SGD(learning_rate=0.01)
    for i in range({steps}):
        with tf.GradientTape() as tape:
            y_pred = w * x + b
            loss = tf.reduce_mean(tf.square(y_pred - y))
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b]))
"""


def machine() -> float:
    """Milliseconds that a fixed loop takes."""
    times = []
    for _ in range(9):
        start = time.perf_counter()
        total = 0
        for k in range(20_000):
            total += k * k
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


class Bench:
    """A real window in this process with a script loaded."""

    def __init__(self, script: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from tapeview.ui import pace
        from tapeview.ui.app import application, make_window

        application()
        pace.keep()
        self.app = QApplication.instance()
        self.window = make_window()
        self.window.resize(1440, 900)
        self.window.open(script)
        self.window.show()
        self.settle(lambda: self.window.isVisible())

    @property
    def state(self) -> str:
        """The session's state."""
        return self.window.workspace.state

    def settle(self, until: Callable[[], bool], seconds: float = 120.0) -> None:
        """Lets the window work until something holds."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, end = QEventLoop(), time.perf_counter() + seconds
        while not until():
            QTimer.singleShot(10, loop.quit)
            loop.exec()  # sleeps while there is nothing to do, as a window does
            if time.perf_counter() > end:
                sys.exit(f"the window did not get there: {self.state} {self.window.workspace.message}")

    def key(self, kind: str, again: bool) -> None:
        """A key event as the desktop sends it while F10 is down (``again``) and when it is let go."""
        from PySide6.QtCore import QEvent, Qt
        from PySide6.QtGui import QKeyEvent

        assert self.app is not None
        type = QEvent.Type.ShortcutOverride if kind == "down" else QEvent.Type.KeyRelease
        event = QKeyEvent(type, Qt.Key.Key_F10, Qt.KeyboardModifier.NoModifier, "", again)
        self.app.sendEvent(self.window, event)

    def close(self) -> None:
        """Closes the window and ends the script."""
        self.window.close()
        self.settle(lambda: not self.window.isVisible())


def held(script: Path) -> tuple[float, float, float, float]:
    """Steps a second with the key down, steps that still came after it was up, the median and the longest time between
    two pictures of it in ms."""
    bench = Bench(script)
    bench.window.session.run_paused()
    bench.settle(lambda: bench.state == "paused")
    bench.window.session.next_step()
    workspace = bench.window.workspace
    bench.settle(lambda: workspace.step_count > 0 and workspace.stopped is not None)
    bench.settle(lambda: bench.window.session.can_step)
    shown: list[float] = []

    def note(reasons: frozenset[str]) -> None:
        if "stop" in reasons:
            shown.append(time.perf_counter())

    def serial() -> int:
        """The number of stops so far, as the script counts them."""
        live = bench.window.session._live
        assert live is not None
        while (stopped := live.status.stopped) is None:  # it is just taking a step
            time.sleep(0.0002)
        return stopped.serial

    first = serial()
    disconnect = workspace.changed.connect(note)
    start = time.perf_counter()
    bench.key("down", again=True)
    bench.settle(lambda: time.perf_counter() - start > HELD)
    last = serial()
    bench.key("up", again=False)
    released = time.perf_counter()
    bench.settle(lambda: time.perf_counter() - released > 0.5)
    disconnect()
    pauses = [(b - a) * 1e3 for a, b in itertools.pairwise(shown)]
    late = serial() - last
    bench.close()
    return (last - first) / HELD, float(late), statistics.median(pauses), max(pauses)


def with_window(script: Path) -> float:
    """Seconds that the script takes in the window, from its start to its end, as the recording says."""
    bench = Bench(script)
    bench.window.session.run()
    bench.settle(lambda: bench.state == "finished")
    recording = bench.window.workspace.recording
    assert recording is not None
    run = recording.run
    assert run.ended is not None
    bench.close()
    return run.ended - run.started


def recorded(script: Path, folder: Path) -> float:
    """Seconds that the script takes under ``tapeview record``."""
    from tapeview.trace.query import Recording

    path = folder / "plain.tapeview"
    command = [sys.executable, "-m", "tapeview", "record", "-o", str(path), str(script)]
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    with Recording.open(path) as recording:
        run = recording.run
    path.unlink()
    assert run.ended is not None
    return run.ended - run.started


def main() -> int:
    """Prints the figures beside their bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3000, help="training steps of the free run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report: dict[str, float] = {"machine, ms per fixed loop": machine()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("CONFIG", "STATE", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(folder / kind.lower())
        os.environ["TAPEVIEW_RECORDINGS"] = str(folder / "recordings")
        script = folder / "regression.py"
        script.write_text(textwrap.dedent(REGRESSION).format(steps=options.steps))
        speed, late, median, longest = held(script)
        report["steps a second with F10 held, regression"] = speed
        report["  from picture to picture, median ms"] = median
        report["  from picture to picture, longest ms"] = longest
        report["steps after the key was released"] = late
        plain, window = [], []
        for _ in range(options.rounds):  # in turn, so that both see the same machine
            plain.append(recorded(script, folder))
            window.append(with_window(script))
        report["`tapeview record`, s"] = statistics.median(plain)
        report["the same with the window open, s"] = statistics.median(window)
        report["free run with the window open, times `tapeview record`"] = statistics.median(
            window
        ) / statistics.median(plain)
    for label, value in report.items():
        verdict = ""
        if label in LEAST:
            verdict = f"   bar {LEAST[label]:g}   {'met' if value >= LEAST[label] else 'MISSED'}"
        elif label in MOST:
            verdict = f"   bar {MOST[label]:g}   {'met' if value <= MOST[label] else 'MISSED'}"
        print(f"{label:58s} {value:9.3f}{verdict}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
