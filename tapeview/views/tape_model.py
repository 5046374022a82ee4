"""What the Tape dock shows: the positions of the cursor's step as a table, its rows worked out when they are looked
at.
"""

from __future__ import annotations

from dataclasses import dataclass

from tapeview.trace.query import Position, Recording, Step
from tapeview.trace.records import Assigned, BackwardStep, Op
from tapeview.views.places import describe, phase_name
from tapeview.views.runs import run_words
from tapeview.views.signal import Signal
from tapeview.views.tensors import label_of, norm_words, tensor_words
from tapeview.views.text import tr
from tapeview.views.threads import ThreadRow, nearest, threads
from tapeview.views.workspace import Reasons, Workspace


@dataclass(frozen=True, slots=True)
class TapeRow:
    """One position in words. ``bad`` tells that its value or gradient holds NaN or Inf."""

    number: str
    phase: str
    phase_text: str
    op: str
    name: str
    inputs: str
    shape: str
    value: str
    gradient: str
    line: str
    bad: bool


COLUMNS = ("number", "phase_text", "op", "name", "inputs", "shape", "value", "gradient", "line")


class TapeModel:
    """``count`` rows, ``current`` the cursor's. ``changed`` carries ``rows`` (all of them), ``current`` or ``threads``
    (there are others, or the cursor is in a step of another one).
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[Reasons] = Signal()
        self._workspace = workspace
        self.count = 0
        self.current = -1
        self._shown: Step | None = None
        self._rows: dict[int, TapeRow] = {}
        self._threads: tuple[object, ...] = ()
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    @staticmethod
    def headers() -> tuple[str, ...]:
        """The column titles, in the order of ``COLUMNS``."""
        return (
            "#", tr("phase"), tr("op"), tr("name"), tr("inputs"), tr("shape"), tr("value"), tr("‖gradient‖"), tr("line")
        )  # fmt: skip

    @property
    def summary(self) -> str:
        run = run_words(self._workspace.recording, self._shown.index) if self._shown is not None else ""
        count = tr("{count} positions").format(count=self.count) if self.count else ""
        return " · ".join(part for part in (run, count) if part)

    @property
    def threads(self) -> tuple[ThreadRow, ...]:
        """The threads that opened tapes, where there are several."""
        recording = self._workspace.recording
        found = threads(recording) if recording is not None else ()
        return found if len(found) > 1 else ()

    @property
    def thread(self) -> int:
        """The thread of the step shown; 0 if that is unknown."""
        recording, step = self._workspace.recording, self._workspace.cursor.step
        known = recording is not None and step < recording.step_count
        return recording.step_info(step).thread if recording is not None and known else 0

    def go_thread(self, thread: int) -> None:
        """Move the cursor to the step of a thread that is nearest."""
        recording = self._workspace.recording
        step = nearest(recording, thread, self._workspace.cursor.step) if recording is not None else None
        if step is not None and step != self._workspace.cursor.step:
            self._workspace.move_to(step, self._workspace.cursor.position)

    def row(self, index: int) -> TapeRow:
        """A row in words. IndexError if there is none."""
        found = self._rows.get(index)
        if found is None:
            recording, step = self._workspace.recording, self._shown
            if recording is None or step is None or not 0 <= index < self.count:
                raise IndexError(index)
            found = self._rows[index] = _row(recording, step, step.positions[index])
        return found

    def pick(self, index: int) -> None:
        """Move the cursor to a row."""
        if self._shown is not None and 0 <= index < self.count:
            self._workspace.move_to(self._shown.index, index)

    def _workspace_changed(self, reasons: Reasons) -> None:
        step, changed = self._workspace.step, set()
        if step is not self._shown or "recording" in reasons:
            self._shown, self.count = step, 0 if step is None else len(step.positions)
            self._rows = {}
            changed.add("rows")
        position = self._workspace.position
        current = -1 if position is None else position.index
        if current != self.current or changed:
            self.current = current
            changed.add("current")
        found = (tuple((row.thread, row.name) for row in self.threads), self.thread)
        if found != self._threads:
            self._threads = found
            changed.add("threads")
        if changed:
            self.changed.emit(frozenset(changed))


def _row(recording: Recording, step: Step, position: Position) -> TapeRow:
    record = position.record
    title, name = describe(recording, step, record)
    shape = value = gradient = ""
    inputs: tuple[int, ...] = ()
    bad, site = False, 0
    if isinstance(record, Op):
        inputs, site = record.inputs, record.site
        if record.error:
            value, bad = tr("failed"), True
        elif record.outputs:
            shape, value, bad = tensor_words(recording, record.outputs[0])
    elif isinstance(record, BackwardStep):
        op = step.ops.get(record.op)
        site = op.site if op is not None else 0
        inputs = tuple(tensor for tensor in record.upstream if tensor)
        sent = [tensor for tensor in record.contributions if tensor]
        title = f"∇{title}"
        if sent:
            shape, value, bad = tensor_words(recording, sent[0])
            gradient = ", ".join(norm_words(recording, tensor)[0] for tensor in sent)
        else:
            gradient = "None"
    else:
        assert isinstance(record, Assigned)
        site = record.site
        shape, value, bad = tensor_words(recording, record.tensor)
        gradient = norm_words(recording, record.gradient)[0] if record.gradient else ""
    if isinstance(record, BackwardStep):
        labels = ", ".join(f"g {norm_words(recording, tensor)[0]}" for tensor in inputs)
    else:
        labels = ", ".join(_labels(recording, step, inputs))
    frames = recording.frames(site) if site else ()
    return TapeRow(
        str(position.index + 1),
        position.phase,
        phase_name(position.phase),
        title,
        name,
        labels,
        shape,
        value,
        gradient,
        str(frames[0].line) if frames else "",
        bad,
    )


def _labels(recording: Recording, step: Step, tensors: tuple[int, ...]) -> list[str]:
    return [label_of(recording, step, tensor) for tensor in tensors[:8]] + ["…"] * (len(tensors) > 8)
