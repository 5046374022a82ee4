"""Speed of a training step of a CIFAR-100 CNN (batch 32 and 256, float32), alone and with a recording being written,
beside NumPy by hand and the frameworks that are installed; the step of a linear regression; peak memory.

    python benchmarks/training.py [--peer PYTHON ...] [--rounds N] [--steps N] [--batch 32 256 0] [--json FILE]

One thread each. A framework is looked for in this interpreter and in those named by ``--peer`` (of other environments).
Each runs in a process of its own; they take turns in blocks of ``--steps`` steps, so that a slow spell of the machine
hits all. What is compared is ratios of blocks of the same round, and their median over the rounds: of the clock, and
of processor time, which what else runs on the machine disturbs less. A recorded block ends when all of it is committed.
Of a recording's first steps more is kept, and so its first block is told on its own. Batch 0 is the regression.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

BARS = {
    "step, batch 32, ms": 15.0,
    "step, batch 256, ms": 110.0,
    "step, batch 32 / NumPy by hand": 1.2,
    "step, batch 256 / NumPy by hand": 1.3,
    "recorded / alone, batch 32": 1.25,
    "peak memory, batch 32, MB": 150.0,
    "regression, ms": 0.15,
}
OURS, FLOOR = "tapeview", "NumPy by hand"
NETWORKS = (OURS, FLOOR, "torch", "TensorFlow", "tf.function")
REGRESSIONS = (OURS, FLOOR, "torch", "autograd", "TensorFlow")
REGRESSION_STEPS = 100
Blocks = dict[str, list[dict[str, float]]]


class Contender:
    """A process that runs one step, as often as it is told."""

    def __init__(self, python: str, name: str, size: int) -> None:
        script = Path(__file__).with_name("training_steps.py")
        self._process = subprocess.Popen(
            [python, str(script), name, str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.ready = "ready" in self._answer()

    def order(self, *words: object) -> dict[str, float]:
        """What the process answers. Raises SystemExit if it is gone."""
        assert self._process.stdin is not None
        print(*words, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        while line and not line.startswith("{"):  # what a framework says by itself
            line = self._process.stdout.readline()
        if not line:
            sys.exit("a process of the benchmark ended early")
        return json.loads(line)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def contenders(size: int, peers: list[str]) -> dict[str, Contender]:
    """What runs the step of this size: ours, NumPy, and what is installed somewhere."""
    found: dict[str, Contender] = {}
    for name in NETWORKS if size else REGRESSIONS:
        for python in [sys.executable] if name in (OURS, FLOOR) else [sys.executable, *peers]:
            one = Contender(python, name, size)
            if one.ready:
                found[name] = one
                break
            one.close()
    return found


def measure(size: int, rounds: int, steps: int, peers: list[str]) -> tuple[Blocks, dict[str, float]]:
    """The blocks of each contender (and of ours while it is recorded), and each one's peak memory in bytes (ours:
    before anything was recorded)."""
    running = contenders(size, peers)
    found: Blocks = {name: [] for name in running}
    for one in running.values():
        one.order("alone", steps)
    memory = {name: one.order("memory")["peak"] for name, one in running.items()}
    recorded: list[dict[str, float]] = []
    for _ in range(rounds):
        for name, one in running.items():
            found[name].append(one.order("alone", steps))
            if name == OURS and size:
                recorded.append(one.order("recorded", steps))
    if recorded:
        found[f"{OURS}, recorded"] = recorded
        memory[f"{OURS}, recorded"] = running[OURS].order("memory")["peak"]
    for one in running.values():
        one.close()
    return found, memory


def ratio(some: list[dict[str, float]], others: list[dict[str, float]], clock: str) -> float:
    """The median of the ratios of blocks of the same round."""
    return statistics.median(a[clock] / b[clock] for a, b in zip(some, others, strict=True))


def table(title: str, found: Blocks, memory: dict[str, float]) -> None:
    """Prints the contenders."""
    print(f"\n{title}")
    print(f"  {'ms per step':22s}    least   median     most   processor   x tapeview  x NumPy (processor)   peak MB")
    for name, blocks in found.items():
        wall = [block["wall"] * 1e3 for block in blocks]
        used = statistics.median(block["processor"] for block in blocks) * 1e3
        print(
            f"  {name:22s} {min(wall):8.3f} {statistics.median(wall):8.3f} {max(wall):8.3f} {used:11.3f} "
            f"{ratio(blocks, found[OURS], 'wall'):12.2f} {ratio(blocks, found[FLOOR], 'wall'):8.2f} "
            f"({ratio(blocks, found[FLOOR], 'processor'):6.2f}) {memory[name] / 1e6:15.0f}"
        )


def main() -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer", action="append", default=[], help="another interpreter to look for frameworks in")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, nargs="*", default=[32, 256, 0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    verdicts: dict[str, float] = {}
    for size in options.batch:
        steps = max(options.steps * 32 // size, 4) if size else REGRESSION_STEPS
        found, memory = measure(size, options.rounds, steps, options.peer)
        title = f"batch {size}" if size else "linear regression with SGD"
        table(f"{title}: {options.rounds} blocks of {steps} steps", found, memory)
        blocks = found[OURS]
        middle = statistics.median(block["wall"] for block in blocks) * 1e3
        if not size:
            verdicts["regression, ms"] = middle
            continue
        recorded = found[f"{OURS}, recorded"]
        first = recorded[0]["wall"] / blocks[0]["wall"]
        later = ratio(recorded[1:], blocks[1:], "wall")
        print(
            f"  recorded: first block {first:.2f} x, {recorded[0]['bytes'] / steps / 1e6:.2f} MB a step; the others "
            f"{later:.2f} x ({ratio(recorded[1:], blocks[1:], 'processor'):.2f} x of processor time), "
            f"{statistics.mean(block['bytes'] for block in recorded[1:]) / steps / 1e6:.3f} MB a step"
        )
        verdicts[f"step, batch {size}, ms"] = middle
        verdicts[f"step, batch {size} / NumPy by hand"] = ratio(blocks, found[FLOOR], "processor")
        verdicts[f"recorded / alone, batch {size}"] = later
        verdicts[f"peak memory, batch {size}, MB"] = memory[OURS] / 1e6
    print()
    for name, value in verdicts.items():
        bar = BARS.get(name)
        told = "" if bar is None else f"   bar {bar:g}   {'met' if value <= bar else 'MISSED'}"
        print(f"  {name:34s} {value:8.3f}{told}")
    if options.json:
        options.json.write_text(json.dumps(verdicts, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
