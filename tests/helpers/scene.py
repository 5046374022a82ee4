"""A recording in the making, written through the real Writer: for tests that need a special one.

``tests/helpers/recordings.py`` has ready ones.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tapeview.trace.records import (
    INLINE_BYTES,
    SETUP,
    Assigned,
    BackwardStep,
    Frame,
    GradientStarted,
    Op,
    OpInfo,
    Record,
    RunInfo,
    Source,
    TapeOpened,
    Tensor,
    Variable,
)
from tapeview.trace.store import Writer
from tapeview.trace.values import statistics, to_bytes

NOBODY = 2_000_000_000
"""A process id that no process has, so that a recording without an end counts as killed."""

OP_INFOS = (
    OpInfo("Mul", ("x", "y"), ("g * y", "g * x"), ("x", "y"), True, "x * y, element by element"),
    OpInfo("AddV2", ("x", "y"), ("g", "g"), (), True, "x + y, element by element"),
    OpInfo("Sub", ("x", "y"), ("g", "-g"), (), True, "x - y, element by element"),
    OpInfo("Square", ("x",), ("g * 2 * x",), ("x",), True, "x², element by element"),
    OpInfo("Mean", ("input", "axis"), ("g / n", ""), (), True, "the mean over axes"),
    OpInfo("Log", ("x",), ("g / x",), ("x",), True, "the natural logarithm"),
    OpInfo("MatMul", ("a", "b"), ("g @ bᵀ", "aᵀ @ g"), ("a", "b"), True, "matrix product"),
    OpInfo("Tanh", ("x",), ("g * (1 - y²)",), ("output",), True, "hyperbolic tangent"),
    OpInfo("Argmax", ("input",), ("",), (), False, "where the largest element is"),
)


def run_info(script: str = "/home/user/s.py", **changes: Any) -> RunInfo:
    """What stands at the head of a recording by a process that is gone, of a run that began just now."""
    values: dict[str, Any] = {
        "tapeview": "0.1.0",
        "python": "3.11.7",
        "framework": "tapeview",
        "script": script,
        "argv": (script,),
        "cwd": "/home/user",
        "pid": NOBODY,
        "started": time.time(),
    }
    return RunInfo(**{**values, **changes})


@dataclass
class Scene:
    """A recording in the making: hands out ids, computes columns from the source text, and keeps the order of
    records.
    """

    path: Path
    text: str
    script: str = "/home/user/s.py"
    info: RunInfo | None = None
    step: int = SETUP
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.path, self.info or run_info(self.script))
        self.file = self.writer.add_source(self.script, self.text)
        self.lines = self.text.split("\n")
        self._tensor = self._variable = self._seq = self._tape = self._call = 0
        self.arrays: dict[int, np.ndarray] = {}
        for info in OP_INFOS:
            self.writer.add_op_info(info)

    def frame(self, marker: str, snippet: str, function: str = "<module>") -> Frame:
        """The frame whose expression is ``snippet`` in the first line that contains ``marker``."""
        number = next(n for n, line in enumerate(self.lines) if marker in line)
        line = self.lines[number]
        at = line.index(snippet, line.index(marker) if snippet in line[line.index(marker) :] else 0)
        column = len(line[:at].encode())
        return Frame(self.file, function, number + 1, number + 1, column, column + len(snippet.encode()))

    def site(self, *frames: Frame) -> int:
        """The site of these frames, innermost first."""
        return self.writer.add_stack(frames)

    def tensor(self, value: Any, origin: str = "op", variable: int = 0, keep: bool = True, made_by: str = "") -> int:
        """A tensor record for a value; the bytes of large ones go into the value table if ``keep``."""
        self._tensor += 1
        array = np.asarray(value)
        small = array.nbytes <= INLINE_BYTES
        record = Tensor(
            self._tensor,
            array.dtype.name,
            array.shape,
            to_bytes(array) if small else None,
            origin,
            variable,
            None if small else statistics(array),
            made_by,
        )
        self.records.append(record)
        self.arrays[self._tensor] = array
        if not small and keep:
            self.writer.add_value(self._tensor, array)
        return self._tensor

    def variable(self, value: Any, site: int, name: str = "Variable:0", trainable: bool = True) -> tuple[int, int]:
        """A new variable and its first version: (variable id, tensor id)."""
        self._variable += 1
        array = np.asarray(value)
        self.records.append(Variable(self._variable, name, array.dtype.name, array.shape, trainable, site))
        tensor = self.tensor(array, "variable", self._variable)
        self.records.append(Assigned(self._variable, 0, tensor, 0, "create", site))
        return self._variable, tensor

    def tape(
        self, site: int, persistent: bool = False, watch_accessed: bool = True, parents: tuple[int, ...] = ()
    ) -> int:
        """Open a tape."""
        self._tape += 1
        self.records.append(TapeOpened(self._tape, persistent, watch_accessed, 1, parents, site))
        return self._tape

    def op(
        self,
        kind: str,
        inputs: Sequence[int],
        value: Any,
        site: int,
        tape: int,
        on_path: bool = True,
        attrs: dict[str, Any] | None = None,
        stopped: bool = False,
        call: int = 0,
    ) -> tuple[int, int]:
        """An op with one output: (seq, tensor id)."""
        output = self.tensor(value)
        self._seq += 1
        tapes = (tape,) if tape else ()
        self.records.append(
            Op(self._seq, kind, tuple(inputs), (output,), attrs or {}, site, tapes, int(on_path), stopped, call)
        )
        return self._seq, output

    def gradient(
        self, tape: int, target: int, sources: Sequence[Source], site: int, kind: str = "gradient"
    ) -> tuple[int, int]:
        """Begin a gradient call with a seed of ones: (call id, seed's tensor id)."""
        self._call += 1
        seed = self.tensor(np.ones_like(self.arrays[target]))
        self.records.append(GradientStarted(self._call, tape, kind, (target,), tuple(sources), (seed,), site))
        return self._call, seed

    def back(
        self, call: int, op: int, upstream: int, sends: Sequence[Any], totals: Sequence[int] | None = None
    ) -> list[int]:
        """Apply the rule of op ``op``; None in ``sends`` is nothing sent. The contributions' tensor ids."""
        sent = [0 if value is None else self.tensor(value) for value in sends]
        self.records.append(BackwardStep(call, op, (upstream,), tuple(sent), tuple(totals or sent)))
        return sent

    def assign(
        self, variable: int, version: int, value: Any, previous: int, how: str, site: int, gradient: int = 0
    ) -> int:
        """A new version of a variable: its tensor id."""
        tensor = self.tensor(value, "variable", variable)
        self.records.append(Assigned(variable, version, tensor, previous, how, site, gradient))
        return tensor

    def next_step(self) -> None:
        """Give what was recorded to the writer and go on with the next step."""
        self.flush()
        self.step += 1

    def flush(self) -> None:
        """Give what was recorded to the writer; nothing is committed."""
        self.writer.append(self.step, self.records)
        self.records = []

    def finish(self, how: str = "finished", exit: int | None = 0) -> Path:
        """Write everything and end the run."""
        self.flush()
        self.writer.finish(how, exit)
        return self.path
