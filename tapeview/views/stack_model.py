"""What the Call stack dock shows: the frames of the held script with their variables, or the recorded call site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from tapeview.protocol import Held, Local, Stack, StackFrame
from tapeview.trace.records import Frame
from tapeview.views.landing import last_failure
from tapeview.views.messages import readable
from tapeview.views.signal import Signal
from tapeview.views.standing import frames_of
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

__all__ = ["FrameRow", "Held", "Local", "StackModel"]


class FrameRow(NamedTuple):
    """A frame in words: ``place`` is ``train.py:31``. ``path`` and ``line`` are what a click shows."""

    function: str
    place: str
    path: str
    line: int


class StackModel:
    """``frames``, innermost first, the ``chosen`` one and its ``locals``.

    ``source`` tells where they are from: "script" (it is held, and the cursor is at the live edge), "recording" (the
    call site at the cursor, without variables), "failure" (the traceback of the exception that ended the script), or
    "" (there is nothing). ``title`` says the same in words. ``changed`` after anything changed.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self.show_line: Signal[str, int] = Signal()
        self._workspace = workspace
        self.source = ""
        self.title = ""
        self.frames: tuple[FrameRow, ...] = ()
        self.chosen = 0
        self.locals: tuple[Local, ...] = ()
        self.more = 0
        self.threads: tuple[Held, ...] = ()
        self._stack: tuple[StackFrame, ...] = ()
        self._wanted = True
        self._asked: object = None
        self._known: object = None
        self._waiting = False
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording", "stop"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def thread(self) -> int:
        """The thread whose frames are shown; 0 where there is no choice."""
        workspace = self._workspace
        return workspace.thread or (workspace.stopped.thread if workspace.stopped is not None else 0)

    @property
    def empty_text(self) -> str:
        """What to say while there is nothing to show."""
        if self._workspace.state in ("running", "pausing"):
            return tr("The script runs. Pause it (F6) to see where it stands and what its variables hold.")
        return tr("Here stand the calls that led to an op, and, while the script is paused, their variables.")

    @property
    def locals_text(self) -> str:
        """What to say where a frame has no variables to show."""
        if self.source == "script":
            return tr("This frame has no variables.")
        return tr("Variables are known only while the script is paused, and at the live edge.")

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def set_wanted(self, wanted: bool) -> None:
        """Whether somebody looks: while nobody does, the script is not asked."""
        self._wanted = wanted
        if wanted:
            self._ask()

    def choose(self, frame: int) -> None:
        """Look at another frame: its variables here, expressions are evaluated in it, and its line is shown."""
        if not 0 <= frame < len(self.frames):
            return
        if frame != self.chosen:
            self.chosen = frame
            self._fill()
            self.changed.emit()
        if self.source == "script":
            self._workspace.choose_frame(frame)
        self.show_line.emit(self.frames[frame].path, self.frames[frame].line)

    def choose_thread(self, thread: int) -> None:
        """Look at another thread of the held script."""
        self._workspace.choose_frame(0, thread)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if not reasons & {"recording", "cursor", "selection", "data", "state", "stop", "frame"}:
            return
        before = self._all()
        workspace = self._workspace
        self.threads = workspace.held if len(workspace.held) > 1 else ()
        if workspace.at_edge and workspace.live is not None:
            self._ask()
            if self._known is None or self._known != self._key():
                self._show_recorded()  # until the script has answered
            else:
                self._show_stack()
        else:
            self._show_recorded()
        if self._all() != before:
            self.changed.emit()

    def _key(self) -> object:
        stopped = self._workspace.stopped
        return None if stopped is None else (id(self._workspace.live), stopped.serial, self._workspace.thread)

    def _ask(self) -> None:
        """One question at a time, however fast the script steps: the last stop is asked about in any case."""
        live, key = self._workspace.live, self._key()
        if live is None or key is None or not self._wanted or self._waiting or key == self._known:
            return
        if not self._workspace.at_edge:
            return
        self._waiting, self._asked = True, key
        live.ask_stack(self._answered, thread=self._workspace.thread)

    def _answered(self, stack: Stack | None) -> None:
        self._waiting = False
        if stack is None:
            return
        if self._asked != self._key():
            self._ask()
            return
        self._known, self._stack = self._asked, stack.frames
        if self._workspace.at_edge:
            before = self._all()
            self._show_stack()
            if self._all() != before:
                self.changed.emit()

    def _show_stack(self) -> None:
        stopped = self._workspace.stopped
        self.source = "script"
        self.title = readable(stopped.text) if stopped is not None else ""
        self.frames = tuple(_row(frame.function, frame.file, frame.line) for frame in self._stack)
        self.chosen = min(self._workspace.frame, max(0, len(self.frames) - 1))
        self._fill()

    def _show_recorded(self) -> None:
        """The call site at the cursor, or where the exception was raised that ended the script."""
        frames, self.source, self.title = self._recorded()
        recording = self._workspace.recording
        rows = tuple(
            _row(frame.function, recording.source(frame.file).path if recording is not None else "", frame.line)
            for frame in frames
        )
        if rows != self.frames:
            self.chosen = 0
        self.frames = rows
        self._fill()

    def _recorded(self) -> tuple[Sequence[Frame], str, str]:
        workspace = self._workspace
        recording = workspace.recording
        if recording is None:
            return (), "", ""
        step, (kind, id) = workspace.step, workspace.selection
        if step is not None and kind == "op" and id in step.ops:
            return recording.frames(step.ops[id].site), "recording", tr("called from here")
        failure = last_failure(recording) if workspace.state == "failed" else None
        end = workspace.step_count - 1
        last = workspace.cursor == (max(0, end), max(0, workspace.position_count(end) - 1))
        if failure is not None and failure.site and last:
            words = f"{failure.type}: {failure.message}" if failure.message else failure.type
            return recording.frames(failure.site), "failure", readable(words.split("\n")[0])
        frames = frames_of(recording, *workspace.cursor)
        return frames, "recording" if frames else "", tr("called from here") if frames else ""

    def _fill(self) -> None:
        if self.source == "script" and self.chosen < len(self._stack):
            frame = self._stack[self.chosen]
            self.locals, self.more = frame.locals, frame.more
        else:
            self.locals, self.more = (), 0

    def _all(self) -> tuple[object, ...]:
        return self.source, self.title, self.frames, self.chosen, self.locals, self.more, self.threads


def _row(function: str, path: str, line: int) -> FrameRow:
    return FrameRow(function, f"{PurePath(path).name}:{line}", path, line)
