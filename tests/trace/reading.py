"""Reading all there is in a recording, however damaged, through every method a window uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tapeview.trace import names
from tapeview.trace.query import Recording
from tapeview.trace.records import SETUP, Op, Tensor


@dataclass
class Everything:
    """What could be read."""

    steps: int
    records: int
    tensors: int
    values: int
    points: int
    output: int
    warnings: tuple[str, ...]
    state: str


def read_everything(path: Path) -> Everything:
    """Raises RecordingError where ``Recording.open`` does, and nothing else for a sound implementation."""
    with Recording.open(path) as recording:
        records = tensors = values = 0
        for index in range(SETUP, recording.step_count):
            info, step = recording.step_info(index), recording.step(index)
            records += len(step.records)
            step.phases()
            recording.frames(info.site)
            recording.variables_at(index, len(step.positions) // 2)
            for record in step.records:
                if isinstance(record, Tensor):
                    tensors += 1
                    values += recording.value(record.id) is not None
                    recording.stats(record.id)
                    names.tensor_label(recording, step, record.id)
                elif isinstance(record, Op):
                    recording.op_info(record.op)
                    names.operand_names(recording, record.site, len(record.inputs))
        for source in recording.sources():
            assert source.text is not None
        recording.failures()
        recording.refresh()
        points = sum(len(series.steps) for series in recording.scalars().values())
        output = len(recording.output())
        return Everything(
            recording.step_count, records, tensors, values, points, output, tuple(recording.warnings), recording.state
        )
