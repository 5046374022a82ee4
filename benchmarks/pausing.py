"""Speed of live debugging: how soon a pause takes effect, how many steps a second, what a window costs that only looks.

    python benchmarks/pausing.py [--rounds N] [--json FILE]

A linear regression is trained in a child process that a `LiveSession` (the debugger's side without a window) pauses,
steps and watches. The last lines say which bars are met.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tapeview.debugger.process import command
from tapeview.debugger.session import LiveSession
from tapeview.protocol import Status

BARS = {
    "pause, median, ms": (50.0, "at most"),
    "pause, 99th percentile, ms": (400.0, "at most"),
    "steps per second at the live edge": (60.0, "at least"),
    "watched / recorded alone": (1.3, "at most"),
}

REGRESSION = """
import sys
import tensorflow as tf

w = tf.Variable(4.0)
b = tf.Variable(1.0)
X = [1, 2, 3, 4, 5, 6, 7, 8, 9]
y = [11, 22, 33, 44, 53, 66, 77, 87, 95]
optimizer = tf.optimizers.SGD(learning_rate=0.01)

for epoch in range({epochs}):
    with tf.GradientTape() as tape:
        y_pred = w * X + b
        cost = tf.reduce_mean(tf.square(y_pred - y))
    gradients = tape.gradient(cost, [w, b])
    optimizer.apply_gradients(zip(gradients, [w, b]))
    if epoch % 10 == 0:
        print(epoch, w.numpy(), b.numpy(), cost.numpy())
"""


class Watcher:
    """A script under a `LiveSession`, and a way to wait for what it says."""

    def __init__(self, script: Path, recording: Path, *, paused: bool = False) -> None:
        self._told = threading.Condition()
        self.live = LiveSession(script, recording=recording, paused=paused, on_change=self._tell)
        self.live.start()

    def _tell(self) -> None:
        with self._told:
            self._told.notify_all()

    def until(self, right: Callable[[Status], bool]) -> Status:
        """Waits until the status is right. Raises TimeoutError after 30 s."""
        with self._told:
            if not self._told.wait_for(lambda: right(self.live.status), 30):
                raise TimeoutError(f"the script is {self.live.state}, {self.live.status}")
            return self.live.status

    def stop_after(self, order: Callable[[], None], serial: int) -> tuple[int, float]:
        """Gives an order; returns the serial of the stop that it leads to, and the seconds until it was known."""
        began = time.perf_counter()
        order()
        status = self.until(lambda now: now.stopped is not None and now.stopped.serial > serial)
        assert status.stopped is not None
        return status.stopped.serial, time.perf_counter() - began


def pauses(folder: Path, rounds: int) -> list[float]:
    """The milliseconds from the order to pause until it is known that the script stands."""
    script = write(folder, 10_000_000)
    watcher = Watcher(script, folder / "pauses.tapeview")
    times = []
    rng = random.Random(7)
    with watcher.live as live:
        watcher.until(lambda now: now.steps > 0)
        serial = 0
        for _ in range(rounds):
            # Long enough for the script to be on its way, and not in step with anything.
            time.sleep(0.01 + 0.03 * rng.random())
            serial, took = watcher.stop_after(live.pause, serial)
            times.append(took * 1000)
            live.run()
            watcher.until(lambda now: now.state == "running")
        live.stop()
    return times


def steps(folder: Path, rounds: int) -> float:
    """Steps a second, each ordered when the one before it is known to be done."""
    watcher = Watcher(write(folder, 10_000_000), folder / "steps.tapeview", paused=True)
    with watcher.live as live:
        serial, _ = watcher.stop_after(lambda: None, 0)
        began = time.perf_counter()
        for _ in range(rounds):
            serial, _ = watcher.stop_after(live.step, serial)
        took = time.perf_counter() - began
        live.stop()
    return rounds / took


def watched(folder: Path, epochs: int, rounds: int) -> tuple[float, float]:
    """Seconds that the regression takes recorded alone, and with a debugger that only listens: medians."""
    script = write(folder, epochs)
    alone, together = [], []
    for k in range(rounds):
        line = command(sys.executable, folder / f"alone{k}.tapeview", str(script))
        began = time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        alone.append(time.perf_counter() - began)
        began = time.perf_counter()
        with Watcher(script, folder / f"together{k}.tapeview").live as live:
            live.wait()
        together.append(time.perf_counter() - began)
    return statistics.median(alone), statistics.median(together)


def write(folder: Path, epochs: int) -> Path:
    """The regression, as a file."""
    script = folder / f"regression_{epochs}.py"
    script.write_text(REGRESSION.format(epochs=epochs), encoding="utf-8")
    return script


def main() -> int:
    """Runs the benchmark. Returns 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=200, help="pauses; five times as many steps")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times = sorted(pauses(folder, options.rounds))
        figures["pause, median, ms"] = statistics.median(times)
        figures["pause, 99th percentile, ms"] = times[math.ceil(0.99 * len(times)) - 1]
        figures["steps per second at the live edge"] = steps(folder, 5 * options.rounds)
        alone, together = watched(folder, 3_000, 5)
        figures["recorded alone, s"], figures["watched, s"] = alone, together
        figures["watched / recorded alone"] = together / alone
    for label, figure in figures.items():
        print(f"{label:40} {figure:10.2f}")
    missed = 0
    for label, (bar, word) in BARS.items():
        met = figures[label] <= bar if word == "at most" else figures[label] >= bar
        missed += not met
        print(f"{'met   ' if met else 'MISSED'} {label}: {figures[label]:.2f}, {word} {bar:g}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
