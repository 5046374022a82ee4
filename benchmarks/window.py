"""Speed of the window: time to the first picture, repaint after a cursor move, opening a large recording.

    python benchmarks/window.py [--rounds N] [--json FILE]

Draws on the display there is, else off screen. Each figure is a median. As a measure of the machine, the first line
tells how long a fixed loop of Python takes on it.
"""

from __future__ import annotations

import argparse
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

BARS = {
    "first paint, script loaded, s": 1.2,
    "cursor move to repaint, 100 ops, ms": 16.0,
    "cursor move to repaint, 2,000 nodes, ms": 40.0,
    "recording of 10,000 ops to first picture, s": 1.0,
}

# A tape of `count` ops whose structure branches and joins, as residual networks do.
CHAIN = """
    import tensorflow as tf

    x = tf.Variable([0.5, 0.25, 0.125])
    c = tf.constant([0.9, 0.8, 0.7])
    with tf.GradientTape() as tape:
        h = x
        for _ in range({count} // 5):
            skip = h * c
            h = tf.sin(skip + c)
            h = h * c + skip
        loss = tf.reduce_sum(h)
    tape.gradient(loss, x)
"""

# Reports when the workbench of the main window was painted for the first time, then leaves.
FIRST_PAINT = """
    import sys, time
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow

    class Watch(QObject):
        def eventFilter(self, target, event):
            if event.type() == QEvent.Type.Paint and isinstance(target, QMainWindow) and target.workbench:
                QTimer.singleShot(0, self.done)
            return False

        def done(self):
            print(time.time(), flush=True)
            QApplication.instance().quit()

    run = QApplication.exec

    def exec_(*args):
        watch = Watch()
        QApplication.instance().installEventFilter(watch)
        return run()

    QApplication.exec = exec_
    from tapeview.cli import main
    sys.exit(main([sys.argv[1]]))
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


def first_paint(script: Path, folder: Path, rounds: int) -> float:
    """Median seconds from starting the program to the first paint of the window with a script loaded."""
    driver = folder / "driver.py"
    driver.write_text(textwrap.dedent(FIRST_PAINT))
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    times = []
    for _ in range(rounds + 1):
        start = time.time()
        command = [sys.executable, str(driver), str(script)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode or not done.stdout.strip():
            sys.exit(f"the window did not open: {done.stderr.strip()[-500:]}")
        times.append(float(done.stdout.split()[0]) - start)
    return statistics.median(times[1:])


def record(folder: Path, count: int) -> Path:
    """A recording of a tape of ``count`` ops."""
    script, recording = folder / f"chain{count}.py", folder / f"chain{count}.tapeview"
    script.write_text(textwrap.dedent(CHAIN).format(count=count))
    command = [sys.executable, "-m", "tapeview", "record", "-o", str(recording), str(script)]
    subprocess.run(command, check=True, timeout=300)
    return recording


class Bench:
    """A real window in this process, and a way to wait for what it does."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from tapeview.ui import pace
        from tapeview.ui.app import application, make_window

        application()
        pace.keep()
        self.app = QApplication.instance()
        self.window = make_window()
        self.window.resize(1440, 900)
        self.window.show()
        self.settle()

    def settle(self, until: Callable[[], bool] = lambda: True, seconds: float = 60.0) -> None:
        """Works off events until nothing is left and ``until`` holds."""
        from PySide6.QtCore import QEventLoop, QThreadPool

        assert self.app is not None
        end = time.perf_counter() + seconds
        while True:
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            if until() and QThreadPool.globalInstance().activeThreadCount() == 0:
                self.app.processEvents()
                return
            if time.perf_counter() > end:
                sys.exit("the window did not come to rest")

    def open(self, recording: Path) -> float:
        """Seconds from opening a recording to the first picture of its graph."""
        start = time.perf_counter()
        if not self.window.open(recording):
            sys.exit(f"{recording.name} could not be opened")
        self.settle(self.drawn)
        return time.perf_counter() - start

    def drawn(self) -> bool:
        """True once the graph is laid out."""
        bench = self.window.workbench
        return bench is not None and not bench.graph_model.laying_out and bench.graph_model.scene is not None

    def moves(self, count: int) -> list[float]:
        """Milliseconds from each of ``count`` cursor moves to the end of the repaint, back and forth."""
        assert self.app is not None
        workspace = self.window.workspace
        times = []
        workspace.first()
        self.settle()
        for k in range(count):
            start = time.perf_counter()
            (workspace.forward if k % (count // 2) < count // 4 else workspace.back)()
            self.app.sendPostedEvents()
            self.app.processEvents()
            times.append((time.perf_counter() - start) * 1e3)
        return times

    def close(self) -> None:
        """Closes the window and lets it clean up."""
        self.window.close()
        self.settle()


def main() -> int:
    """Prints the figures beside their bars."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report: dict[str, float] = {"machine, ms per fixed loop": machine()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
        small, middle, large = (record(folder, n) for n in (100, 1250, 10_000))
        report["first paint, script loaded, s"] = first_paint(folder / "chain100.py", folder, options.rounds)
        for label, recording in (("100 ops", small), ("2,000 nodes", middle)):
            bench = Bench()
            bench.open(recording)
            bench.window.fit_graph()  # all nodes in view
            bench.moves(20)
            times = bench.moves(120)
            report[f"cursor move to repaint, {label}, ms"] = statistics.median(times)
            report[f"  slowest of 120 moves, {label}, ms"] = max(times)
            bench.close()
        openings = []
        for _ in range(options.rounds):
            bench = Bench()
            openings.append(bench.open(large))
            bench.close()
        report["recording of 10,000 ops to first picture, s"] = statistics.median(openings)
    for label, value in report.items():
        bar = BARS.get(label)
        verdict = "" if bar is None else f"   bar {bar:g}   {'met' if value <= bar else 'MISSED'}"
        print(f"{label:48s} {value:9.3f}{verdict}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
