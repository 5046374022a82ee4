"""Training steps for `benchmarks/training.py`, each in a process and, where need be, an interpreter of its own.

    python benchmarks/training_steps.py NAME SIZE

Takes orders on its standard input, one a line (``alone 20``, ``recorded 20``, ``memory``), and answers each with a line
of JSON; the first line tells that it is ready, or what is missing. SIZE is the batch's, or 0 for the step of a linear
regression. Imports only what the named step needs, so the interpreter may be one without tapeview.
"""

from __future__ import annotations

import importlib
import json
import os
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

WARM_UP = 3
Case = Callable[[], object]


def batch_of(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of CIFAR-100's shape."""
    rng = np.random.default_rng(0)
    images = rng.random((size, 32, 32, 3), np.float32)
    return images, rng.integers(0, 100, size).astype(np.float32)


def keras_step(tf: Any, size: int, traced: bool = False) -> Case:
    """The training step as a script writes it for Keras, with tapeview's or TensorFlow's names; ``traced``: as a
    function that TensorFlow compiles to a graph."""
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

    def step(features: Any = features, labels: Any = labels) -> object:
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(features))
            gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    if not traced:
        return step
    whole, x, y = tf.function(step), tf.constant(features), tf.constant(labels)
    return lambda: whole(x, y)


def keras_regression(tf: Any) -> Case:
    """A step of a linear regression as a tutorial writes it: NumPy data, two variables, mean squared error, SGD."""
    w, b = tf.Variable(4.0), tf.Variable(1.0)
    x = np.arange(1, 11)
    y = x * 10 + 13
    optimizer = tf.optimizers.SGD(learning_rate=0.01)

    def step() -> object:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(w * x + b - y))
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b], strict=True))
        return loss

    return step


def numpy_regression() -> Case:
    """The same by hand."""
    x = np.arange(1, 11).astype(np.float32)
    y = x * 10 + 13
    weights = [np.float32(4.0), np.float32(1.0)]

    def step() -> object:
        off = weights[0] * x + weights[1] - y
        weights[0] = weights[0] - np.float32(0.01) * (off @ x) * np.float32(0.2)
        weights[1] = weights[1] - np.float32(0.01) * off.sum() * np.float32(0.2)
        return (off @ off) / np.float32(10)

    return step


def torch_step(size: int) -> Case:
    """The step with torch and its Adam, one thread."""
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


def tensorflow(own: bool) -> Any:
    """tapeview's namespace of that name, or the real one with one thread."""
    if own:
        from tapeview.tensorflow.loader import Namespace

        return Namespace("tensorflow", "tf")
    tf = importlib.import_module("tensorflow")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf


def make(name: str, size: int) -> Case:
    """The step of that name. Raises ImportError if what it needs is not installed."""
    if size == 0:
        engine = importlib.import_module("engine")  # the neighbour of this file
        return {
            "tapeview": lambda: keras_regression(tensorflow(True)),
            "NumPy by hand": numpy_regression,
            "torch": engine.torch_step,
            "autograd": engine.autograd_step,
            "TensorFlow": lambda: keras_regression(tensorflow(False)),
        }[name]()
    if name == "NumPy by hand":
        from numpy_step import numpy_step

        return numpy_step(*batch_of(size))
    return {
        "tapeview": lambda: keras_step(tensorflow(True), size),
        "torch": lambda: torch_step(size),
        "TensorFlow": lambda: keras_step(tensorflow(False), size),
        "tf.function": lambda: keras_step(tensorflow(False), size, traced=True),
    }[name]()


class Recording:
    """A recorder that listens only while it is asked to."""

    def __init__(self, path: Path) -> None:
        from tapeview.debuggee.recorder import Recorder
        from tapeview.engine import observe
        from tapeview.trace.records import RunInfo
        from tapeview.trace.store import Writer

        self._observe = observe
        self._writer = Writer(path, RunInfo("", "", "", __file__, (), str(path.parent), os.getpid(), time.time()))
        self._recorder = Recorder(self._writer)
        self._recorder.start()
        self._sink = observe.sink
        observe.listen(None)

    def block(self, case: Case, steps: int) -> dict[str, float]:
        """As :func:`alone`, until everything is committed; and the bytes written."""
        before = self._writer.bytes_written

        def flushed() -> None:
            self._recorder.flush()

        self._observe.listen(self._sink)
        figures = alone(case, steps, flushed)
        self._observe.listen(None)
        return {**figures, "bytes": float(self._writer.bytes_written - before)}

    def finish(self) -> None:
        """The recording ends. Raises SystemExit if it had trouble."""
        self._recorder.finish("finished", 0)
        if self._recorder.trouble:
            sys.exit(f"the recorder had trouble: {self._recorder.trouble}")


def alone(case: Case, steps: int, after: Callable[[], None] = lambda: None) -> dict[str, float]:
    """Seconds per step, by the clock and of the processor (of all threads)."""
    start, used = time.perf_counter(), time.process_time()
    for _ in range(steps):
        case()
    after()
    return {"wall": (time.perf_counter() - start) / steps, "processor": (time.process_time() - used) / steps}


def peak() -> float:
    """The most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # the system's other count starts with what the parent held when it made this process
        return next(float(line.split()[1]) * 1024 for line in status.read_text().splitlines() if "VmHWM" in line)
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main(name: str, size: int) -> int:
    """Takes orders until there are none."""

    def answer(**what: Any) -> None:
        print(json.dumps(what), flush=True)

    try:
        case = make(name, size)
    except ImportError as error:
        answer(missing=str(error))
        return 0
    for _ in range(WARM_UP):
        case()
    answer(ready=True)
    recording: Recording | None = None
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            order, *numbers = line.split()
            if order == "memory":
                answer(peak=peak())
            elif order == "alone":
                answer(**alone(case, int(numbers[0])))
            elif order == "recorded":
                recording = recording or Recording(Path(folder) / "benchmark.tapeview")
                answer(**recording.block(case, int(numbers[0])))
        if recording is not None:
            recording.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
