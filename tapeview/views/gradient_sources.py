"""What the gradient calls of a step were asked for, by the names that the user gave."""

from __future__ import annotations

from dataclasses import dataclass

from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.views.tensors import label_of, record_of
from tapeview.views.text import tr


@dataclass(frozen=True, slots=True)
class GradientSource:
    """Something that a gradient call was asked for and gave: its name, a tensor that stands for it, and the call.

    ``number`` is its place among the call's sources, ``variable`` the variable that it is (0 = it is a tensor).
    """

    name: str
    tensor: int
    call: int
    number: int = 0
    variable: int = 0


def gradient_sources(recording: Recording, step: Step) -> tuple[GradientSource, ...]:
    """The sources of all gradient calls of a step that got a gradient. With several calls the name says which one."""
    found: list[GradientSource] = []
    known = recording.variables()
    versions: dict[int, int] = {}
    for tensor in step.consumers:
        record = step.tensors.get(tensor) or record_of(recording, tensor)
        if record is not None and record.variable:
            versions.setdefault(record.variable, tensor)
    finished = [call for call in step.calls.values() if call.finished is not None]
    for call in finished:
        assert call.finished is not None
        for number, (source, answer) in enumerate(zip(call.started.sources, call.finished.results, strict=False)):
            tensor = versions.get(source.variable, 0) if source.variable else source.tensor
            if not answer.tensor or answer.reason or not tensor:
                continue
            variable_record = known.get(source.variable)
            name = (
                names.variable_name(recording, variable_record)
                if variable_record is not None
                else label_of(recording, step, tensor)
            )
            if len(finished) > 1:
                place = finished.index(call) + 1
                name = tr("{name} (gradient call {n})").format(name=name, n=place)
            found.append(GradientSource(name, tensor, call.started.call, number, source.variable))
    return tuple(found)
