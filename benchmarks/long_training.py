"""Memory and size of a long training: the CIFAR-100 CNN, batch 32, in a process of its own that is recorded.

    python benchmarks/long_training.py [--steps N] [--json FILE]

Five epochs of CIFAR-100 are 7,810 steps. A shorter run (``--steps``, 2,000 unless told) is extrapolated: the recording
grows by the records of each step, measured over the second half of the run, and by the values of ever fewer steps,
about the same number of bytes with each doubling of the steps. The process's memory is its peak, as the system counts
it; growth is what it holds in the last quarter of the steps more than in the quarter before, by the medians of both.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

WHOLE = 7810
BARS = {"peak memory of the script's process, MB": 600.0, "recording, MB": 300.0}

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


def run(folder: Path, steps: int) -> tuple[Path, list[float]]:
    """Records the training. Returns the recording and (peak, growth per step, held at the end, seconds)."""
    script = folder / "training.py"
    script.write_text(SCRIPT.format(steps=steps))
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    target = folder / "training.tapeview"
    command = [sys.executable, "-m", "tapeview", "record", "--output", str(target), str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    figures = [line for line in done.stdout.splitlines() if line.startswith("figures")]
    if done.returncode or not figures:
        sys.exit(f"the training failed: {done.stderr[-2000:]}")
    return target, [float(word) for word in figures[0].split()[1:]]


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
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    from tapeview.debuggee.adapters.keeping import Keeper

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        path, (peak, growth, end, seconds) = run(Path(folder), options.steps)
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
    print(f"{WHOLE} steps{', extrapolated' if missing else ''}")
    verdicts = {
        "peak memory of the script's process, MB": (peak + max(growth, 0.0) * missing) / 1e6,
        "recording, MB": (size + more) / 1e6,
    }
    for name, value in verdicts.items():
        print(f"  {name:42s} {value:8.1f}   bar {BARS[name]:g}   {'met' if value <= BARS[name] else 'MISSED'}")
    if options.json:
        options.json.write_text(json.dumps(verdicts, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
