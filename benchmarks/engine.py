"""Speed of the tape engine beside NumPy, autograd, torch and TensorFlow, in one run.

    python benchmarks/engine.py [--rounds N] [--json FILE]

Each case is timed in alternating rounds, so that a slow spell of the machine hits all alike; medians are printed, and
the ratio to
tapeview's own figure. Frameworks that are not installed are left out. The last lines say which bars are met.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

OPS = 999
BARS = {"scalar, forward+backward": 10.0, "64x64, forward+backward": 26.0}
RECORDING_RATIO = 1.5
SEED_STEP_MS = 0.15

Case = Callable[[], object]


def chain(x: Any, c: Any, sin: Callable[[Any], Any]) -> Any:
    """999 ops: multiply, add, sine, over and over."""
    h = x
    for _ in range(OPS // 3):
        h = sin(h * c + c)
    return h


def tapeview_cases(shape: tuple[int, ...]) -> dict[str, Case]:
    """Our engine: forward alone, forward on a tape, forward and backward."""
    from tapeview.engine.convert import to_tensor
    from tapeview.engine.ops.trigonometric import sin
    from tapeview.engine.tape import GradientTape

    x, c = to_tensor(np.full(shape, 0.5, np.float32)), to_tensor(np.full(shape, 0.9, np.float32))

    def forward() -> object:
        return chain(x, c, sin)

    def taped() -> Any:
        with GradientTape() as tape:
            tape.watch(x)
            y = chain(x, c, sin)
        return tape, y

    def both() -> object:
        tape, y = taped()
        return tape.gradient(y, x)

    return {"forward": forward, "forward on a tape": taped, "forward+backward": both}


def numpy_case(shape: tuple[int, ...]) -> Case:
    """The same by hand: the forward pass keeps what the backward pass needs."""
    x, c = np.full(shape, 0.5, np.float32), np.full(shape, 0.9, np.float32)

    def both() -> object:
        h, kept = x, []
        for _ in range(OPS // 3):
            a = np.add(np.multiply(h, c), c)
            kept.append(a)
            h = np.sin(a)
        g = np.ones(shape, np.float32)
        for a in reversed(kept):
            g = np.multiply(np.multiply(g, np.cos(a)), c)
        return g

    return both


def autograd_case(shape: tuple[int, ...]) -> Case:
    """HIPS autograd."""
    anp = importlib.import_module("autograd.numpy")
    grad = importlib.import_module("autograd").grad
    c = np.full(shape, 0.9, np.float32)
    function = grad(lambda x: anp.sum(chain(x, c, anp.sin)))
    x = np.full(shape, 0.5, np.float32)
    return lambda: function(x)


def torch_case(shape: tuple[int, ...]) -> Case:
    """torch, eager, one thread."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    x, c = torch.full(shape, 0.5, requires_grad=True), torch.full(shape, 0.9)

    def both() -> object:
        x.grad = None
        chain(x, c, torch.sin).sum().backward()
        return x.grad

    return both


def tensorflow_case(shape: tuple[int, ...]) -> Case:
    """TensorFlow, eager."""
    tf = importlib.import_module("tensorflow")
    x, c = tf.fill(shape, 0.5), tf.fill(shape, 0.9)

    def both() -> object:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = chain(x, c, tf.sin)
        return tape.gradient(y, x)

    return both


def peers(shape: tuple[int, ...]) -> dict[str, Case]:
    """NumPy and whatever else is installed."""
    found: dict[str, Case] = {"numpy by hand": numpy_case(shape)}
    for name, make in (("autograd", autograd_case), ("torch", torch_case), ("TensorFlow", tensorflow_case)):
        with contextlib.suppress(ImportError):
            found[name] = make(shape)
    return found


def alternate(cases: dict[str, Case], rounds: int) -> dict[str, float]:
    """Median seconds per case, one call of each per round."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    for _ in range(rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(t) for name, t in times.items()}


def recorded(case: Case, plain_rounds: int) -> tuple[float, float]:
    """Median seconds of processor time of a case alone and while it is recorded into a file, in alternating blocks.

    A recorded block ends when everything is committed, so nothing of the recorder's work is left out; all threads
    count, and what other programs do meanwhile does not.
    """
    from tapeview.debuggee.recorder import Recorder
    from tapeview.engine import observe
    from tapeview.trace.records import RunInfo
    from tapeview.trace.store import Writer

    block = 5
    alone: list[float] = []
    with_file: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        info = RunInfo("", "", "", __file__, (), folder, os.getpid(), time.time())
        recorder = Recorder(Writer(Path(folder) / "benchmark.tapeview", info))
        recorder.start()
        sink = observe.sink
        for _ in range(max(plain_rounds, 3)):
            for listener, times in ((None, alone), (sink, with_file)):
                observe.listen(listener)
                start = time.process_time()
                for _ in range(block):
                    case()
                recorder.flush()
                times.append((time.process_time() - start) / block)
        recorder.finish("finished", 0)
        if recorder.trouble:
            sys.exit(f"the recorder had trouble: {recorder.trouble}")
    return statistics.median(alone), statistics.median(with_file)


def seed_step() -> Case:
    """One step of a linear regression as a tutorial writes it: NumPy data, two variables, mean squared error, SGD."""
    from tapeview.engine.ops.elementwise import square
    from tapeview.engine.ops.reduction import reduce_mean
    from tapeview.engine.tape import GradientTape
    from tapeview.engine.variable import Variable
    from tapeview.keras.optimizers import SGD

    w, b = Variable(4.0), Variable(1.0)
    x = np.arange(1, 11)
    y = x * 10 + 13
    optimizer = SGD(learning_rate=0.01)

    def step() -> object:
        with GradientTape() as tape:
            y_pred = w * x + b
            loss = reduce_mean(square(y_pred - y))
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b], strict=True))
        return loss

    return step


def autograd_step() -> Case:
    """The same regression step with HIPS autograd."""
    anp = importlib.import_module("autograd.numpy")
    grad = importlib.import_module("autograd").value_and_grad
    x = np.arange(1, 11).astype(np.float32)
    y = x * 10 + 13
    weights = [np.float32(4.0), np.float32(1.0)]
    function = grad(lambda w: anp.mean(anp.square(w[0] * x + w[1] - y)))

    def step() -> object:
        loss, gradients = function(weights)
        for k, g in enumerate(gradients):
            weights[k] = weights[k] - np.float32(0.01) * g
        return loss

    return step


def torch_step() -> Case:
    """The same regression step with torch and its SGD."""
    torch = importlib.import_module("torch")
    w, b = torch.tensor(4.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    x = torch.arange(1.0, 11.0)
    y = x * 10 + 13
    optimizer = torch.optim.SGD([w, b], lr=0.01)

    def step() -> object:
        optimizer.zero_grad()
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step


def steps() -> dict[str, Case]:
    """A regression step of ours and of whatever else is installed, a hundred at a time."""
    found: dict[str, Case] = {"tapeview": seed_step()}
    for name, make in (("autograd", autograd_step), ("torch", torch_step)):
        with contextlib.suppress(ImportError):
            found[name] = make()
    return {name: lambda step=step: [step() for _ in range(100)] for name, step in found.items()}  # type: ignore[misc]


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    gc.collect()
    report: dict[str, float] = {}
    verdicts: list[tuple[str, float, float]] = []
    for label, shape in (("scalar", ()), ("64x64", (64, 64))):
        ours = tapeview_cases(shape)
        table = alternate({**{f"tapeview, {k}": v for k, v in ours.items()}, **peers(shape)}, options.rounds)
        reference = table["tapeview, forward+backward"]
        print(f"\n{label}, chain of {OPS} ops (multiply, add, sine), float32, µs per op (median of {options.rounds})")
        for name, seconds in table.items():
            print(f"  {name:32s} {seconds / OPS * 1e6:8.2f}   {seconds / reference:6.2f} x tapeview forward+backward")
            report[f"{label}: {name}"] = seconds / OPS * 1e6
        verdicts.append((f"{label}, forward+backward, µs", reference / OPS * 1e6, BARS[f"{label}, forward+backward"]))
    alone, into_file = recorded(tapeview_cases(())["forward+backward"], options.rounds)
    print("\nrecording into a file, scalar chain, forward+backward, µs of processor time per op")
    print(f"  alone {alone / OPS * 1e6:.2f}   recorded {into_file / OPS * 1e6:.2f}   ratio {into_file / alone:.2f}")
    verdicts.append(("recording / not recording", into_file / alone, RECORDING_RATIO))
    with contextlib.redirect_stdout(io.StringIO()):
        regression = {name: seconds / 100 for name, seconds in alternate(steps(), options.rounds).items()}
    print("\nlinear regression with SGD, ms per step")
    seconds = regression["tapeview"]
    for name, taken in regression.items():
        print(f"  {name:32s} {taken * 1e3:8.3f}   {taken / seconds:6.2f} x tapeview")
        report[f"regression: {name}"] = taken * 1e3
    verdicts.append(("regression step, ms", seconds * 1e3, SEED_STEP_MS))
    print()
    for name, value, bar in verdicts:
        report[name] = value
        print(f"  {name:34s} {value:8.3f}   bar {bar:g}   {'met' if value <= bar else 'MISSED'}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
