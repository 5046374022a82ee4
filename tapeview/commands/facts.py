"""What `tapeview info` tells of a recording, as plain values."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tapeview.trace import names
from tapeview.trace.query import Recording, Step, TapeView
from tapeview.trace.records import SETUP, GradientStarted, Source, SourceGradient


@dataclass(frozen=True)
class Tape:
    """A tape of a recording; ``index`` counts all tapes in the order in which they were opened."""

    index: int
    step: Step
    view: TapeView

    @property
    def forward_ops(self) -> int:
        """How many ops it recorded, without those that other tapes' backward passes ran."""
        return sum(1 for op in self.step.ops.values() if not op.call and self.view.id in op.tapes)

    @property
    def backward_ops(self) -> int:
        """How many rules were applied in its backward passes."""
        return sum(len(call.steps) for call in self.step.calls.values() if call.started.tape == self.view.id)


def tapes(recording: Recording) -> Iterator[Tape]:
    """All tapes of which something was kept, in order."""
    index = 0
    for info in recording.step_infos():
        step = recording.step(info.step)
        for view in step.tapes:
            yield Tape(index, step, view)
            index += 1


def facts(recording: Recording, most_tapes: int | None = None) -> dict[str, Any]:
    """Everything, ready for JSON. ``most_tapes`` limits how many tapes are told of one by one; the counts count all.

    Numbers that JSON does not have are the words "nan", "inf" and "-inf".
    """
    run = recording.run
    infos = recording.step_infos()
    return {
        "script": run.script,
        "argv": list(run.argv),
        "framework": run.framework,
        "tapeview": run.tapeview,
        "python": run.python,
        "state": recording.state,
        "exit": run.exit,
        "started": run.started,
        "ended": run.ended,
        "steps": len(infos),
        "forward_ops": sum(info.forward for info in infos),
        "backward_ops": sum(info.backward for info in infos),
        "updates": sum(info.updates for info in infos),
        "tapes": [_tape(recording, tape) for tape in itertools.islice(tapes(recording), most_tapes)],
        "scalars": {
            name: {
                "count": len(series.values),
                "first": plain(float(series.values[0])) if len(series.values) else None,
                "last": plain(float(series.values[-1])) if len(series.values) else None,
            }
            for name, series in recording.scalars().items()
        },
        "figures": len({entry.figure for _, entry in recording.figures.entries()}),
        "failures": [
            {
                "kind": failure.kind,
                "type": failure.type,
                "message": failure.message,
                "line": next((frame.line for frame in recording.frames(failure.site)), None),
                "step": failure.step if failure.step != SETUP else None,
            }
            for failure in recording.failures()
        ],
        "warnings": list(recording.warnings),
    }


def _tape(recording: Recording, tape: Tape) -> dict[str, Any]:
    return {
        "index": tape.index,
        "step": tape.step.index,
        "line": next((frame.line for frame in recording.frames(tape.view.site)), None),
        "persistent": tape.view.persistent,
        "kept": recording.step_info(tape.step.index).kept,
        "forward_ops": tape.forward_ops,
        "backward_ops": tape.backward_ops,
        "gradients": [
            _gradient(recording, tape.step, call.started, source, result)
            for call in tape.step.calls.values()
            if call.started.tape == tape.view.id and call.finished is not None
            for source, result in zip(call.started.sources, call.finished.results, strict=False)
        ],
    }


def _gradient(
    recording: Recording, step: Step, started: GradientStarted, source: Source, result: SourceGradient
) -> dict[str, Any]:
    variable = recording.variables().get(source.variable) if source.variable else None
    shape: tuple[int, ...] | None
    if variable is not None:
        name, shape = names.variable_name(recording, variable), variable.shape
    else:
        name, shape = names.tensor_label(recording, step, source.tensor), None
    with contextlib.suppress(KeyError):
        shape = recording.tensor(source.tensor).shape if shape is None else shape
    norm: float | None = None
    if result.tensor:
        with contextlib.suppress(KeyError):
            stats = recording.stats(result.tensor)
            norm = stats.norm if stats is not None else None
    return {
        "source": name,
        "shape": None if shape is None else list(shape),
        "none_reason": result.reason if not result.tensor else None,
        "norm": plain(norm),
        "kind": started.kind,
        "target": names.tensor_label(recording, step, started.targets[0]) if started.targets else None,
    }


def plain(number: float | None) -> float | str | None:
    """``number`` as JSON can hold it."""
    if number is None or math.isfinite(number):
        return number
    return "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"


def ending(recording: Recording) -> str:
    """When it was made, how long it took and how it ended, as a phrase."""
    run = recording.run
    began = datetime.datetime.fromtimestamp(run.started).strftime("%Y-%m-%d %H:%M:%S")
    how = {
        "running": "still running",
        "finished": "finished",
        "failed": f"failed with exit code {run.exit}",
        "stopped": "stopped",
        "killed": "killed, without an end",
    }.get(recording.state, recording.state)
    if run.how == "breakpoint":
        how = "stopped at a breakpoint"
    if recording.state == "finished" and run.exit:
        how += f" with exit code {run.exit}"
    lasted = f" after {run.ended - run.started:.1f} s" if run.ended is not None else ""
    return f"recorded {began}, {how}{lasted}"
