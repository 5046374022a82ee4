"""Memory and size of a long training: the CIFAR-100 CNN, batch 32, in a process of its own that is recorded.

    python benchmarks/long_training.py [--steps N] [--window] [--json FILE]

Five epochs of CIFAR-100 are 7,810 steps. A shorter run (``--steps``, 2,000 unless told) is extrapolated: the recording
grows by the records of each step, measured over the second half of the run, and by the values of ever fewer steps,
about the same number of bytes with each doubling of the steps. The process's memory is its peak, as the system counts
it; growth is what it holds in the last quarter of the steps more than in the quarter before, by the medians of both.

With ``--window`` the training runs in a window, in a process of its own as well, which draws on the display there is,
else off screen. Then the window's memory and its growth are told too, and for how long its thread had no time for a
click: by the clock, and by the processor, which what else runs on the machine disturbs less. What it keeps of a
recording has its final size after about 2,000 steps, so a window is given 4,000 unless told; all 7,810 take some
minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

WHOLE = 7810
BARS = {
    "peak memory of the script's process, MB": 600.0,
    "peak memory of the window, MB": 500.0,
    "recording, MB": 1000.0,
}
SETTLED = 3000
"""After so many steps the window's growth tells something."""
BEAT = 10
"""Milliseconds between two looks at whether the window has time."""

SCRIPT = """
import os, resource, time
import numpy as np
import tensorflow as tf
from tensorflow import keras

STEPS = {steps}

class CustomModel(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv1 = keras.layers.Conv2D(16, 3, activation='relu')
        self.maxpool1 = keras.layers.MaxPool2D((2, 2))
        self.conv2 = keras.layers.Conv2D(32, 3, activation='relu')
        self.maxpool2 = keras.layers.MaxPool2D((2, 2))
        self.flatten = keras.layers.Flatten()
        self.fc1 = keras.layers.Dense(256, activation='relu')
        self.fc2 = keras.layers.Dense(100, activation='softmax')

    def call(self, x):
        for layer in (self.conv1, self.maxpool1, self.conv2, self.maxpool2, self.flatten, self.fc1, self.fc2):
            x = layer(x)
        return x

def held():
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')

model = CustomModel()
loss_func = tf.keras.losses.SparseCategoricalCrossentropy()
optimizer = tf.keras.optimizers.legacy.Adam()
rng = np.random.default_rng(0)
images = rng.random((320, 32, 32, 3), np.float32)
labels = rng.integers(0, 100, 320).astype(np.float32)

samples = []
start = time.perf_counter()
for step in range(STEPS):
    k = step % 10 * 32
    with tf.GradientTape() as tape:
        predictions = model(images[k:k + 32])
        loss = loss_func(labels[k:k + 32], predictions)
        gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    if step % 20 == 0:
        samples.append(held())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
quarter = len(samples) // 4
late, before = np.median(samples[-quarter:]), np.median(samples[-2 * quarter:-quarter])
print('figures', peak, (late - before) / (20 * quarter), late, time.perf_counter() - start)
"""


def figures_of(output: str, trouble: str) -> list[float]:
    """(peak, growth per step, held at the end, seconds) as the script said them. Raises SystemExit if it did not."""
    found = [line for line in output.splitlines() if line.startswith("figures")]
    if not found:
        sys.exit(f"the training failed: {trouble[-2000:]}")
    return [float(word) for word in found[0].split()[1:]]


def run(script: Path) -> tuple[Path, list[float]]:
    """Records the training. Returns the recording and what the script said of itself."""
    target = script.with_suffix(".tapeview")
    command = [sys.executable, "-m", "tapeview", "record", "--output", str(target), str(script)]
    done = subprocess.run(command, env=environment(script.parent), capture_output=True, text=True, check=False)
    return target, figures_of(done.stdout, done.stderr)


def run_in_window(script: Path) -> tuple[Path, list[float], dict[str, float]]:
    """The same in a window; and what `watch` found."""
    command = [sys.executable, __file__, "--watch", str(script)]
    done = subprocess.run(command, env=environment(script.parent), capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        sys.exit(f"the window failed: {done.stderr[-2000:]}")
    found = json.loads(lines[-1])
    return Path(found.pop("path")), figures_of(found.pop("said"), done.stderr), found


def environment(folder: Path) -> dict[str, str]:
    """One BLAS thread, and nothing of what is set on this machine."""
    homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "STATE", "CACHE")}
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **homes, **threads, "TAPEVIEW_RECORDINGS": str(folder / "recordings")}


def watch(script: Path) -> None:
    """Runs the script in a window of this process, and prints what was measured."""
    from live import Bench  # the neighbour of this file
    from PySide6.QtCore import QTimer

    bench = Bench(script)
    start = time.perf_counter()
    bench.settle(lambda: time.perf_counter() - start > 2.0)  # the plots are loaded after the first picture
    workspace = bench.window.workspace
    held: list[tuple[int, float]] = []
    waits: list[tuple[float, float]] = []
    last = [time.perf_counter(), time.thread_time()]

    def beat() -> None:
        now, used = time.perf_counter(), time.thread_time()
        waits.append((now - last[0] - BEAT / 1000, used - last[1]))
        last[:] = now, used
        if not held or workspace.step_count >= held[-1][0] + 20:
            held.append((workspace.step_count, memory("VmRSS")))

    timer = QTimer()
    timer.setInterval(BEAT)
    timer.timeout.connect(beat)
    bench.window.session.run()
    timer.start()
    bench.settle(lambda: bench.state not in ("ready", "running"), 3600.0)
    timer.stop()
    recording = workspace.recording
    assert recording is not None
    quarter = max(1, len(held) // 4)
    late, before = held[-quarter:], held[-2 * quarter : -quarter] or held[:1]
    growth = (statistics.median(m for _, m in late) - statistics.median(m for _, m in before)) / max(
        1.0, statistics.median(s for s, _ in late) - statistics.median(s for s, _ in before)
    )
    clock, processor = sorted(wait for wait, _ in waits), sorted(used for _, used in waits)
    found = {
        "path": str(recording.path),
        "said": "".join(output.text for _, output in recording.output()),
        "peak": memory("VmHWM"),
        "growth": growth,
        "clock": clock[int(0.99 * len(clock))] * 1e3,
        "processor": processor[int(0.99 * len(processor))] * 1e3,
        "most": processor[-1] * 1e3,
    }
    bench.close()
    print(json.dumps(found))


def memory(what: str) -> float:
    """Bytes that this process holds (``VmRSS``) or held at most (``VmHWM``)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith(what))


def weights(path: Path, steps: int) -> tuple[float, float, float]:
    """Bytes of values in a recording, of everything else, and of that per step in the second half of the steps."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:

        def one(sql: str) -> float:
            return float(connection.execute(sql).fetchone()[0] or 0)

        values = one("SELECT sum(length(data)) FROM value") + one("SELECT sum(length(data)) FROM piece")
        late = one(f"SELECT sum(length(data)) FROM chunk WHERE step >= {steps // 2}")
        points = one(f"SELECT count(*) FROM scalar WHERE step >= {steps // 2}") * 20
    return values, path.stat().st_size - values, (late + points) / (steps - steps // 2)


def main() -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--window", action="store_true")
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.watch is not None:
        watch(options.watch)
        return 0
    options.steps = options.steps or (4000 if options.window else 2000)
    from tapeview.debuggee.adapters.keeping import Keeper

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        script = Path(folder) / "training.py"
        script.write_text(SCRIPT.format(steps=options.steps))
        window: dict[str, float] = {}
        if options.window:
            path, (peak, growth, end, seconds), window = run_in_window(script)
        else:
            path, (peak, growth, end, seconds) = run(script)
        whole = time.perf_counter() - start
        values, others, each = weights(path, options.steps)
        size = path.stat().st_size
    keeper = Keeper()
    ahead = max(math.log2(WHOLE / options.steps), 0.0)
    missing = max(WHOLE - options.steps, 0)
    more = missing * each + ahead * (keeper.spread + keeper.spread_of_variables)
    print(
        f"{options.steps} steps in {seconds:.1f} s ({seconds / options.steps * 1e3:.1f} ms each; {whole:.1f} s in all)"
    )
    print(
        f"  recording                     {size / 1e6:8.1f} MB: values {values / 1e6:.1f}, all else {others / 1e6:.1f}"
    )
    print(f"  records and points of a step  {each / 1e3:8.2f} kB")
    print(f"  memory of the script          {peak / 1e6:8.1f} MB at most, {end / 1e6:.1f} at the end")
    print(f"  of which grew per step        {growth / 1e3:8.2f} kB towards the end")
    if window:
        print(f"  memory of the window          {window['peak'] / 1e6:8.1f} MB at most")
        print(f"  of which grew per step        {window['growth'] / 1e3:8.2f} kB towards the end")
        print(
            f"  the window had no time for    {window['clock']:8.1f} ms (99 of 100 looks); by its own work "
            f"{window['processor']:.1f} ms, at most {window['most']:.1f} ms"
        )
    print(f"{WHOLE} steps{', extrapolated' if missing else ''}")
    verdicts = {
        "peak memory of the script's process, MB": (peak + max(growth, 0.0) * missing) / 1e6,
        "recording, MB": (size + more) / 1e6,
    }
    if window and options.steps >= SETTLED:
        whole_of_it = window["peak"] + max(window["growth"], 0.0) * missing
        verdicts["peak memory of the window, MB"] = whole_of_it / 1e6
    for name, value in verdicts.items():
        print(f"  {name:42s} {value:8.1f}   bar {BARS[name]:g}   {'met' if value <= BARS[name] else 'MISSED'}")
    if options.json:
        options.json.write_text(json.dumps(verdicts, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
