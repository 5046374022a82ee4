"""Speed of a training step of a CIFAR-100 CNN (batch 32 and 256, float32), alone and with a recording being written.

    python benchmarks/training.py [--rounds N] [--steps N] [--batch 32 256] [--json FILE]

One BLAS thread. Steps alone and steps that are recorded take turns in blocks of ``--steps``, and a recorded block ends
when all of it is committed: so a slow spell of the machine hits both, and nothing of the recorder's work is left out.
The ratio is the median of those of neighbouring blocks, without the first one: of the recording's first steps more is
kept, and so it is told on its own. Frameworks that are installed run the same step beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

BARS = {"step, batch 32, ms": 15.0, "step, batch 256, ms": 110.0, "recorded / alone, batch 32": 1.25}
WARM_UP = 3
Case = Callable[[], object]


def batch_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of CIFAR-100's shape."""
    rng = np.random.default_rng(0)
    images = rng.random((size, 32, 32, 3), np.float32)
    return images, rng.integers(0, 100, size).astype(np.float32)


def keras_step(tf: Any, size: int) -> Case:
    """The training step as a script writes it for Keras, with tapeview's or TensorFlow's names."""
    layers = tf.keras.layers

    class Network(tf.keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.parts = [
                layers.Conv2D(16, 3, activation="relu"),
                layers.MaxPool2D((2, 2)),
                layers.Conv2D(32, 3, activation="relu"),
                layers.MaxPool2D((2, 2)),
                layers.Flatten(),
                layers.Dense(256, activation="relu"),
                layers.Dense(100, activation="softmax"),
            ]

        def call(self, x: Any) -> Any:
            for part in self.parts:
                x = part(x)
            return x

    model = Network()
    loss_of = tf.keras.losses.SparseCategoricalCrossentropy()
    optimizer = tf.keras.optimizers.legacy.Adam()
    features, labels = batch_of(size)

    def step() -> object:
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(features))
            gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return step


def torch_step(size: int) -> Case:
    """The same step with torch and its Adam, one thread."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1152, 256), nn.ReLU(), nn.Linear(256, 100),
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters())
    features, labels = batch_of(size)
    x = torch.tensor(features.transpose(0, 3, 1, 2).copy())
    y = torch.tensor(labels.astype(np.int64))

    def step() -> object:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


class Recording:
    """A recorder that listens only while it is asked to."""

    def __init__(self, path: Path) -> None:
        from tapeview.debuggee.recorder import Recorder
        from tapeview.engine import observe
        from tapeview.trace.records import RunInfo
        from tapeview.trace.store import Writer

        self._observe = observe
        self.writer = Writer(path, RunInfo("", "", "", __file__, (), str(path.parent), os.getpid(), time.time()))
        self._recorder = Recorder(self.writer)
        self._recorder.start()
        self._sink = observe.sink
        observe.listen(None)

    def block(self, case: Case, steps: int) -> float:
        """Seconds per step, recorded and committed."""
        self._observe.listen(self._sink)
        start = time.perf_counter()
        for _ in range(steps):
            case()
        self._recorder.flush()
        seconds = (time.perf_counter() - start) / steps
        self._observe.listen(None)
        return seconds

    def finish(self) -> None:
        """The recording ends. Raises SystemExit if it had trouble."""
        self._recorder.finish("finished", 0)
        if self._recorder.trouble:
            sys.exit(f"the recorder had trouble: {self._recorder.trouble}")


def alone(case: Case, steps: int) -> float:
    """Seconds per step."""
    start = time.perf_counter()
    for _ in range(steps):
        case()
    return (time.perf_counter() - start) / steps


def measure(size: int, rounds: int, steps: int) -> dict[str, list[float]]:
    """Seconds per step of each block: of ours alone and recorded, and of what else is installed; and ``"bytes"``, those
    that were written per recorded block."""
    from tapeview.tensorflow.loader import Namespace

    case = keras_step(Namespace("tensorflow", "tf"), size)
    others: dict[str, Case] = {}
    with contextlib.suppress(ImportError):
        others["torch"] = torch_step(size)
    with contextlib.suppress(ImportError):
        others["TensorFlow"] = keras_step(importlib.import_module("tensorflow"), size)
    found: dict[str, list[float]] = {"alone": [], "recorded": [], "bytes": [], **{name: [] for name in others}}
    for each in (case, *others.values()):
        alone(each, WARM_UP)
    with tempfile.TemporaryDirectory() as folder:
        recording = Recording(Path(folder) / "benchmark.tapeview")
        for _ in range(rounds):
            found["alone"].append(alone(case, steps))
            before = recording.writer.bytes_written
            found["recorded"].append(recording.block(case, steps))
            found["bytes"].append(float(recording.writer.bytes_written - before))
            for name, other in others.items():
                found[name].append(alone(other, steps))
        recording.finish()
    return found


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, nargs="*", default=[32, 256])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    verdicts: list[tuple[str, float]] = []
    for size in options.batch:
        steps = max(options.steps * 32 // size, 4)
        found = measure(size, options.rounds, steps)
        written = found.pop("bytes")
        reference = statistics.median(found["alone"])
        print(f"\nbatch {size}, ms per step (least, median and most of {options.rounds} blocks of {steps} steps)")
        for name, times in found.items():
            middle = statistics.median(times)
            spread = f"{min(times) * 1e3:8.2f} {middle * 1e3:8.2f} {max(times) * 1e3:8.2f}"
            print(
                f"  {'tapeview, ' * (name in ('alone', 'recorded')) + name:22s} {spread}   {middle / reference:5.2f} x"
            )
        first = found["recorded"][0] / found["alone"][0]
        later = statistics.median(
            [with_file / without for with_file, without in zip(found["recorded"][1:], found["alone"][1:], strict=True)]
        )
        print(
            f"  recorded: first block {first:.2f} x, {written[0] / steps / 1e6:.2f} MB a step; median of the others "
            f"{later:.2f} x, {statistics.mean(written[1:]) / steps / 1e6:.3f} MB a step"
        )
        verdicts += [(f"step, batch {size}, ms", reference * 1e3), (f"recorded / alone, batch {size}", later)]
    print()
    for name, value in verdicts:
        bar = BARS.get(name)
        told = "" if bar is None else f"   bar {bar:g}   {'met' if value <= bar else 'MISSED'}"
        print(f"  {name:34s} {value:8.3f}{told}")
    if options.json:
        options.json.write_text(json.dumps(dict(verdicts), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
