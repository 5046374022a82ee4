"""What rules cost a training that runs with them as breakpoints: a CIFAR-100 CNN, batch 32.

    python benchmarks/rules.py [--rounds N] [--steps N] [--size N]

Two things are measured. How long it takes to look at a step and at the whole training, beside the time of a step: that
is what it would cost to look at every step. And the script's own steps with ``rule:*`` set and without, in processes
that are recorded and take turns, so that a slow spell of the machine hits both; beside these runs the process that
looks, whose processor time may come to 1.5 % of the time that goes by (its start-up is told on its own).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WARM_UP = 10
LOOK_EVERY = 0.05


def train(size: int, steps: int) -> None:
    """The script that is recorded: prints how long its steps took, in seconds of the clock and of its thread."""
    import tensorflow as tf
    from training_steps import keras_step  # type: ignore[import-not-found]

    step = keras_step(tf, size)
    found = []
    for _ in range(WARM_UP + steps):
        began, worked = time.perf_counter(), time.thread_time()
        step()
        found.append((time.perf_counter() - began, time.thread_time() - worked))
    print(json.dumps(found[WARM_UP:]))


def run(folder: Path, options: argparse.Namespace, breakpoints: tuple[str, ...]) -> dict[str, float]:
    """One recorded run: medians of its steps in ms, and of the process beside it its share and its start-up."""
    path = folder / "run.tapeview"
    said = [word for text in breakpoints for word in ("--break", text)]
    script = [str(Path(__file__)), "--train", str(options.size), str(options.steps)]
    command = [sys.executable, "-m", "tapeview", "record", "-o", str(path), *said, *script]
    path.unlink(missing_ok=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        beside = Beside(str(path))
        out, err = process.communicate()
        beside.stop()
    if process.returncode:
        sys.exit(err)
    steps = json.loads(out.splitlines()[-1])
    told = {"clock": statistics.median(clock for clock, _ in steps) * 1e3}
    told["thread"] = statistics.median(thread for _, thread in steps) * 1e3
    return told | beside.told()


class Beside:
    """Watches the processor time of the process that looks at a recording. Only where there is /proc."""

    def __init__(self, recording: str) -> None:
        self._recording = recording.encode()
        self._seen: list[tuple[float, float]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def told(self) -> dict[str, float]:
        """Its share of the time that went by after its start-up, and the seconds of that."""
        at = next((k for k, (_, worked) in enumerate(self._seen) if worked == self._still(k)), 0)
        later = self._seen[at:]
        if len(later) < 2:
            return {}
        (began, worked), (ended, whole) = later[0], later[-1]
        return {"share": (whole - worked) / max(ended - began, 1e-9), "start-up": worked}

    def _still(self, k: int) -> float:
        """What was worked a fifth of a second later: it has come to rest once that is the same."""
        return self._seen[min(k + 4, len(self._seen) - 1)][1]

    def _watch(self) -> None:
        pid = 0
        while not self._over.wait(LOOK_EVERY):
            pid = pid or self._find()
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() if pid else []
            except OSError:
                pid, fields = 0, []  # the one that only starts it
            if fields:
                ticks = int(fields[11]) + int(fields[12])
                self._seen.append((time.monotonic(), ticks / os.sysconf("SC_CLK_TCK")))

    def _find(self) -> int:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().split(b"\0")
            except OSError:
                continue
            if self._recording in words and any(word.endswith(b"patrol.py") for word in words):
                return int(entry.parent.name)
        return 0


def looks(path: Path) -> dict[str, float]:
    """How many ms it takes to look at a step whose values were kept, and at the whole training."""
    from tapeview.explain import explain_step
    from tapeview.explain.context import Context
    from tapeview.explain.rules import check_step, check_training
    from tapeview.trace.query import Recording
    from tapeview.trace.schema import KEPT

    def took(recording: Recording, job: Callable[[int], Any]) -> float:
        kept = [info.step for info in recording.step_infos() if info.kept != KEPT[-1]][-8:]
        found = []
        for step in kept:
            began = time.process_time()
            job(step)
            found.append((time.process_time() - began) * 1e3)
        return statistics.median(found)

    with Recording.open(path) as fresh:
        rules = took(fresh, lambda step: check_step(Context(fresh, fresh.step(step))))
    with Recording.open(path) as fresh:
        findings = took(fresh, lambda step: explain_step(fresh, step, alone=False))
    with Recording.open(path) as fresh:
        training = took(fresh, lambda _: check_training(fresh))
    return {"rules of a step": rules, "all findings of a step": findings, "rules of the training": training}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--size", type=int, default=32, help="images of a batch")
    parser.add_argument("--train", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train(*options.train)
        return 0
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    without, rules = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            without.append(run(Path(folder), options, ()))
            # Whatever fires is logged and does not end the run.
            rules.append(run(Path(folder), options, ("rule:* log {step}",)))
        took = looks(Path(folder) / "run.tapeview")
    step = statistics.median(one["clock"] for one in without)
    print(f"batch {options.size}, {options.steps} steps, medians of {options.rounds} rounds")
    print(f"{'a recorded step':<28} {step:8.2f} ms")
    for name, ms in took.items():
        print(f"{name:<28} {ms:8.2f} ms   {ms / step:6.1%} of a step")
    for kind in ("clock", "thread"):
        ratio = statistics.median(one[kind] / other[kind] for one, other in zip(rules, without, strict=True))
        print(f"{f'step with rules / without ({kind})':<38} {ratio:6.3f}")
    shares = [one["share"] for one in rules if "share" in one]
    if shares:
        print(f"{'the process beside, of the time':<38} {statistics.median(shares):6.1%}")
        print(
            f"{'its start-up, once':<38} {statistics.median(one['start-up'] for one in rules if 'share' in one):6.2f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
