"""What an armed breakpoint costs per op, backward step or update, beside none armed, in one run.

    python benchmarks/breakpoints.py [--rounds N] [--size N]

A training step of a few hundred ops on small tensors runs under the recorder, as `tapeview record` runs it. The cases
are timed in alternating rounds, so that a slow spell of the machine hits all alike, in processor time of the script's
thread; the medians of each case's differences to "none" are printed, in µs. Every breakpoint is one that is never hit,
except where the case says so.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tapeview.breakpoints import Breakpoint, parse

OPS = 300
STEPS = 4

CASES: dict[str, tuple[str, ...]] = {
    "none": (),
    "line, elsewhere in the file": (f"line:{Path(__file__).name}:1",),
    "line, in another file": ("line:other.py:7",),
    "line, hit at each op": ("line:%HERE%:%LINE% if False",),
    "op type by glob": ("op:Conv2D*",),
    "named node": ("node:y_pred",),
    "value: NaN": ("nan",),
    "value: Inf": ("inf",),
    "value: all zero": ("zero",),
    "value: magnitude": ("max>1e30",),
    "value: NaN, Inf, zero and magnitude": ("nan", "inf", "zero", "max>1e30"),
    "value: Python expression": ("value:value.size < 0",),
    "gradient: None": ("gradient:none",),
    "gradient: norm": ("gradient:norm>1e30",),
    "scalar: loss": ("loss>1e30",),
    "scalar: loss rises": ("loss rises 1000%",),
    "step number": ("step:100000000",),
    "exception": ("exception",),
    "rule: any": ("rule:*",),
    "op type with a condition, always false": ("op:Mul if value is None",),
    "ten of different kinds": (
        "nan", "inf", "op:Conv2D*", "node:y_pred", "line:other.py:7", "gradient:none", "loss>1e30", "step:100000000",
        "exception", "max>1e30",
    ),
}  # fmt: skip


class Training:
    """A chain of ops with one variable, recorded."""

    def __init__(self, folder: Path, size: int) -> None:
        from tapeview.debuggee.adapters.keeping import Keeper
        from tapeview.debuggee.breakpoints import checker_of
        from tapeview.debuggee.gate import Gate
        from tapeview.debuggee.recorder import Recorder
        from tapeview.engine.tape import GradientTape
        from tapeview.engine.variable import Variable
        from tapeview.trace.records import RunInfo
        from tapeview.trace.store import Writer

        path = folder / "run.tapeview"
        info = RunInfo("", "", "", __file__, (), str(folder), 0, time.time())
        gate = Gate()
        # Everything of each step is translated, and by this thread's helper only: the writer's time is not measured.
        self.recorder = Recorder(Writer(path, info), gate, Keeper(1 << 60, 1 << 60, 1 << 60))
        self.recorder.stops.checker = checker_of(self.recorder, gate)
        self.recorder.start()
        self.tape: Any = GradientTape
        self.w = Variable(np.full((size,), 0.5, np.float32), name="w")
        self.events = 0

    def arm(self, texts: tuple[str, ...]) -> None:
        here = {"%HERE%": Path(__file__).name, "%LINE%": str(LINE)}
        made: list[Breakpoint] = []
        for number, text in enumerate(texts, 1):
            for word, meant in here.items():
                text = text.replace(word, meant)
            made.append(msgspec.structs.replace(parse(text), id=number))
        self.recorder.stops.set_breakpoints(made)

    def step(self) -> None:
        """``OPS`` forward ops and their backward steps, one update."""
        from tapeview.engine.ops.reduction import reduce_sum

        w = self.w
        with self.tape() as tape:
            y = w * 1.0
            for _ in range(OPS - 2):
                y = y * 1.001
            loss = reduce_sum(y)
        w.assign_sub(tape.gradient(loss, w) * 1e-6)

    def measure(self) -> float:
        """µs of processor time of this thread for one event at which a script may be held."""
        self.recorder.flush()
        began = time.thread_time()
        for _ in range(STEPS):
            self.step()
        return (time.thread_time() - began) * 1e6 / (STEPS * (2 * OPS + 1))


def _line_of_the_chain() -> int:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if text.strip() == "y = y * 1.001")


LINE = _line_of_the_chain()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--size", type=int, default=1, help="elements of each tensor")
    options = parser.parse_args()
    found: dict[str, list[float]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as folder:
        training = Training(Path(folder), options.size)
        try:
            for turn in range(options.rounds + 1):
                for name, texts in CASES.items():
                    training.arm(texts)
                    gc.collect()
                    gc.disable()
                    microseconds = training.measure()
                    gc.enable()
                    if turn:
                        found[name].append(microseconds)
            hits = training.recorder.stops.hits()
        finally:
            training.recorder.finish("finished", 0)
    if any(one.error for one in hits):
        print(*(one.error for one in hits), sep="\n", file=sys.stderr)
        return 1
    none = found["none"]
    width = max(map(len, CASES))
    print(f"{OPS} forward ops of {options.size} elements and their backward steps; medians of {options.rounds} rounds")
    print(f"{'armed':<{width}}  µs per op   more than none")
    for name, times in found.items():
        more = statistics.median(one - other for one, other in zip(times, none, strict=True))
        print(f"{name:<{width}}  {statistics.median(times):9.2f}   {more:+14.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
