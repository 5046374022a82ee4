"""What the Timeline dock shows: the training steps, and the positions inside the current one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import NamedTuple

from tapeview.trace.records import Assigned, BackwardStep, Op
from tapeview.views.explained import Counts, Explained
from tapeview.views.inspector_words import plural
from tapeview.views.places import describe, phase_name, variable_label
from tapeview.views.runs import MANY_FETCHES, all_are_runs, step_name, step_words
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.threads import thread_of
from tapeview.views.workspace import Reasons, Workspace

WITH_TEXT = 1000
"""Of a step with more positions than this the chips have no texts: a chip is then narrower than a letter."""


class Chip(NamedTuple):
    """One position: its phase and its short text."""

    phase: str
    text: str


class TimelineModel:
    """``steps`` training steps, the cursor in them, the ``chips`` of the current step. ``changed`` carries ``steps``,
    ``chips``, ``cursor``, ``marks`` (of what was found in the steps).

    While the script is held, ``edge_step`` is the training step at which it stands, and ``edge`` the position if that
    step is the one shown; else they are -1.
    """

    def __init__(self, workspace: Workspace, explained: Explained | None = None) -> None:
        self.changed: Signal[Reasons] = Signal()
        self._workspace, self._explained = workspace, explained
        self.steps = 0
        self.step = 0
        self.position = 0
        self.chips: tuple[Chip, ...] = ()
        self.phases: Sequence[tuple[str, int, int]] = ()
        """The runs of chips of one phase: (phase, first, place after the last)."""
        self.running = False
        self.edge_step = self.edge = -1
        self._shown: object = None
        self._disconnects = [workspace.changed.connect(self._workspace_changed)]
        if explained is not None:
            self._disconnects.append(explained.changed.connect(self._explained_changed))
        self._workspace_changed(frozenset({"recording", "state"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        for disconnect in self._disconnects:
            disconnect()

    @property
    def title(self) -> str:
        return step_name(self._workspace.recording, self.step) if self.steps else ""

    @property
    def empty_text(self) -> str:
        """What to say where a step has no positions."""
        if self.steps and self.kept(self.step) == "scalars":
            return tr("the positions of this step were not kept")
        return tr("no op has run in this step")

    @property
    def steps_title(self) -> str:
        """What the steps are: runs of deferred graphs, or training steps."""
        return tr("runs") if all_are_runs(self._workspace.recording) else tr("training steps")

    def kept(self, step: int) -> str:
        """How much of a step the recording holds: ``all``, ``small values`` or ``scalars``."""
        recording = self._workspace.recording
        return "scalars" if recording is None else recording.step_info(step).kept

    @property
    def steps_found(self) -> tuple[int, ...]:
        """The steps in which something was found."""
        return self._explained.steps_found() if self._explained is not None else ()

    def found(self, step: int) -> Counts:
        """How many findings a step has."""
        return self._explained.counts(step) if self._explained is not None else Counts()

    def step_tip(self, step: int) -> str:
        """A training step in words, for the mouse."""
        recording = self._workspace.recording
        if recording is None or not 0 <= step < recording.step_count:
            return ""
        info = recording.step_info(step)
        head = step_words(recording, step, MANY_FETCHES)
        counts = tr("{forward} forward · {backward} backward · {updates} updates").format(
            forward=info.forward, backward=info.backward, updates=info.updates
        )
        kept = {
            "all": tr("everything kept"),
            "small values": tr("large values not kept"),
            "scalars": tr("only its scalars were kept"),
        }.get(info.kept, info.kept)
        words = [head, counts, kept]
        found = self.found(step)
        if found.worst:
            several = (
                (found.errors, tr("1 error"), tr("{n} errors")),
                (found.warnings, tr("1 warning"), tr("{n} warnings")),
                (found.notes, tr("1 note"), tr("{n} notes")),
            )
            words += [plural(count, one, many) for count, one, many in several if count]
        thread = thread_of(recording, step)
        if thread:
            words.insert(1, thread)
        if step == self.edge_step:
            words.append(tr("the script stands here"))
        return " · ".join(words)

    def position_tip(self, position: int) -> str:
        """A position of the current step in words, for the mouse."""
        workspace = self._workspace
        step, recording = workspace.step, workspace.recording
        if step is None or recording is None or not 0 <= position < len(step.positions):
            return ""
        found = step.positions[position]
        title, target = describe(recording, step, found.record)
        phase = tr("{phase} {number} of {count}").format(
            phase=phase_name(found.phase), number=found.number, count=found.count
        )
        words = f"{phase} · {title}" + (f" → {target}" if target else "")
        return f"{words} · {tr('the script stands here')}" if position == self.edge else words

    def go_step(self, step: int) -> None:
        """To another training step, at the same position."""
        if step != self._workspace.cursor.step:
            self._workspace.move_to(step, self._workspace.cursor.position)

    def go_position(self, position: int) -> None:
        """To another position of the current step."""
        if position != self._workspace.cursor.position:
            self._workspace.move_to(self._workspace.cursor.step, position)

    def scroll(self, count: int, *, steps: bool) -> None:
        """``count`` training steps or positions on (negative: back)."""
        workspace = self._workspace
        if steps:
            workspace.move_to(workspace.cursor.step + count, workspace.cursor.position)
            return
        for _ in range(abs(count)):
            if count > 0:
                workspace.forward()
            else:
                workspace.back()

    def _explained_changed(self, reasons: Reasons) -> None:
        if "findings" in reasons:
            self.changed.emit(frozenset({"marks"}))

    def _workspace_changed(self, reasons: Reasons) -> None:
        workspace = self._workspace
        changed = set()
        running = workspace.state in ("running", "pausing")
        if (workspace.step_count, running) != (self.steps, self.running) or "recording" in reasons:
            self.steps, self.running = workspace.step_count, running
            changed.add("steps")
        step = workspace.step
        if step is not self._shown or "recording" in reasons:
            self._shown = step
            chips = self._chips()
            self.phases = step.phases() if step is not None else ()
            if chips != self.chips:
                self.chips = chips
                changed.add("chips")
        position = 0 if workspace.position is None else workspace.position.index
        if (workspace.cursor.step, position) != (self.step, self.position):
            self.step, self.position = workspace.cursor.step, position
            changed.add("cursor")
        edge = workspace.edge
        found = (-1, -1) if edge is None else (edge.step, edge.position if edge.step == workspace.cursor.step else -1)
        if found != (self.edge_step, self.edge):
            self.edge_step, self.edge = found
            changed.add("cursor")
        if changed:
            self.changed.emit(frozenset(changed))

    def _chips(self) -> tuple[Chip, ...]:
        step, recording = self._workspace.step, self._workspace.recording
        if step is None or recording is None:
            return ()
        if len(step.positions) > WITH_TEXT:
            return tuple(
                chain.from_iterable(repeat(Chip(phase, ""), stop - start) for phase, start, stop in step.phases())
            )
        names: dict[int, str] = {}
        chips = []
        for position in step.positions:
            record = position.record
            if isinstance(record, Op):
                text = record.op
            elif isinstance(record, BackwardStep):
                op = step.ops.get(record.op)
                text = f"∇{op.op}" if op is not None else "∇"
            else:
                assert isinstance(record, Assigned)
                if record.variable not in names:
                    names[record.variable] = variable_label(recording, step, record.variable)
                words = tr("create {name}") if record.how == "create" else tr("update {name}")
                text = words.format(name=names[record.variable])
            chips.append(Chip(position.phase, text))
        return tuple(chips)
