"""What the Source dock shows: one file, the lines and the exact expression at the cursor, the ops of a line."""

from __future__ import annotations

import tokenize
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from tapeview.breakpoints import Breakpoint
from tapeview.trace.graphs import split_id
from tapeview.trace.records import Assigned, BackwardStep, Frame, Op
from tapeview.views.background import Background, Immediate
from tapeview.views.gutter import GutterMark, at_line, marks, toggle_line
from tapeview.views.highlight import Piece, characters, highlight
from tapeview.views.signal import Signal
from tapeview.views.standing import paused_frames, trouble
from tapeview.views.workspace import Reasons, Workspace

LARGEST = 4 << 20
"""Bytes of a file that is read from the disk because the recording does not have it."""


class Note(NamedTuple):
    """Something to say below a line: the exception that was raised there. Line 0: nothing."""

    line: int = 0
    words: str = ""


class Span(NamedTuple):
    """A stretch of one line (lines from 1, columns in characters from 0)."""

    line: int
    start: int
    end: int


class Mark(NamedTuple):
    """What is lit: ``line`` (from 1), the expression's ``spans``, the phase that colours them, and the lines of the
    callers.
    """

    line: int = 0
    spans: tuple[Span, ...] = ()
    phase: str = ""
    callers: tuple[int, ...] = ()


class FileEntry(NamedTuple):
    """One choice of the file chooser; ``id`` 0 is the script as it is on disk, before it ran; negative: another file of
    the disk that is not in the recording.
    """

    id: int
    path: str
    title: str


class SourceModel:
    """Follows the cursor from file to file; a file the user chose stays until the cursor moves on.

    ``changed`` carries what changed: some of ``files``, ``text``, ``pieces``, ``mark``, ``lines``, ``gutter`` (the
    breakpoints), ``paused`` (the line at which the held script stands, 0 if not in this file), ``note``.
    """

    def __init__(self, workspace: Workspace, background: Background | None = None) -> None:
        self.changed: Signal[Reasons] = Signal()
        self._workspace = workspace
        self._background = background or Immediate()
        self.files: tuple[FileEntry, ...] = ()
        self.file: FileEntry | None = None
        self.text = ""
        self.pieces: Sequence[Sequence[Piece]] = ()
        self.mark = Mark()
        self.op_lines: frozenset[int] = frozenset()
        self.gutter: Mapping[int, GutterMark] = {}
        self.paused_line = 0
        self.note = Note()
        self._strays: list[tuple[int, str]] = []
        self._lines: list[str] = []
        self._cycle: tuple[int, int, int] = (0, 0, -1)
        self._sites: tuple[object, ...] = ()
        self._disconnects = (
            workspace.changed.connect(self._workspace_changed),
            workspace.breakpoints.changed.connect(self._breakpoints_changed),
        )
        self._workspace_changed(frozenset({"recording", "cursor", "selection", "data"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        for disconnect in self._disconnects:
            disconnect()

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def choose(self, id: int) -> None:
        """Show another file. An unknown id changes nothing."""
        entry = next((entry for entry in self.files if entry.id == id), None)
        if entry is not None and entry != self.file:
            self._show(entry)
            self._mark({"text", "pieces", "mark", "lines"})

    def ops_at(self, line: int) -> list[int]:
        """The ``seq`` of every op of the cursor's step that was called from this line of the file shown, in order."""
        step, recording = self._workspace.step, self._workspace.recording
        if step is None or recording is None or self.file is None:
            return []
        inside: dict[int, bool] = {}
        found = []
        for seq, op in step.ops.items():
            hit = inside.get(op.site)
            if hit is None:
                frames = recording.frames(op.site)
                hit = inside[op.site] = any(
                    frame.file == self.file.id and frame.line <= line <= max(frame.line, frame.end_line)
                    for frame in frames
                )
            if hit:
                found.append(seq)
        return found

    def pick_line(self, line: int) -> None:
        """Select the first op of a line; again on the same line, the next one."""
        step = self._workspace.step
        ops = self.ops_at(line)
        if step is None or not ops or self.file is None:
            return
        file, last_line, index = self._cycle
        index = (index + 1) % len(ops) if (file, last_line) == (self.file.id, line) else 0
        self._cycle = (self.file.id, line, index)
        self._workspace.select("op", ops[index])

    def point_at(self, file: int, line: int) -> None:
        """Show a line of a file and light it, until the cursor or the selection moves. An unknown file changes
        nothing.
        """
        entry = next((entry for entry in self.files if entry.id == file), None)
        if entry is None:
            return
        changed = {"mark"}
        if entry != self.file:
            self._show(entry)
            changed |= {"files", "text", "pieces", "lines"}
            self.op_lines = self._lines_with_ops()
            self._annotate(changed)
        self.mark = Mark(line)
        self.changed.emit(frozenset(changed))

    def point_at_path(self, path: str, line: int) -> None:
        """Show a line of a file, which is read from the disk if the recording does not have it. A file that cannot be
        read changes nothing.
        """
        found = next((entry.id for entry in self.files if entry.path == path), None)
        if found is None and self._readable(path) is not None:
            found = min([0, *(id for id, _ in self._strays)]) - 1
            self._strays.append((found, path))
            self._refresh_files()
        if found is not None:
            self.point_at(found, line)

    def toggle_breakpoint(self, line: int) -> None:
        """Remove the breakpoints of a line of the file shown, or set one if there is none."""
        if self.file is not None:
            toggle_line(self._workspace.breakpoints, self.file.path, line)

    def breakpoints_at(self, line: int) -> list[Breakpoint]:
        """The breakpoints on a line of the file shown."""
        return at_line(self._workspace.breakpoints, self.file.path, line) if self.file is not None else []

    def new_breakpoint(self, line: int, *, exact: bool = False) -> Breakpoint | None:
        """One to be filled in, for a line of the file shown; with ``exact`` for the expression lit there, if there is
        one. None without a file.
        """
        if self.file is None:
            return None
        frame = next((one for one in self._frames()[0] if one.file == self.file.id), None)
        lit = exact and frame is not None and frame.line == line and frame.column >= 0
        columns = (frame.column, frame.end_column) if lit and frame is not None else (-1, -1)
        return Breakpoint("line", file=self.file.path, line=line, column=columns[0], end_column=columns[1])

    def expressions_at(self, line: int) -> list[tuple[str, Breakpoint]]:
        """What runs an op on a line of the file shown: each expression in words with a breakpoint on it alone, at most
        20 of them.
        """
        step, recording = self._workspace.step, self._workspace.recording
        if step is None or recording is None or self.file is None or not 1 <= line <= len(self._lines):
            return []
        found: dict[tuple[int, int], tuple[str, Breakpoint]] = {}
        for seq in self.ops_at(line):
            op = step.ops[seq]
            for frame in recording.frames(op.site)[:1]:
                columns = (frame.column, frame.end_column)
                if frame.file != self.file.id or frame.line != line or frame.column < 0 or columns in found:
                    continue
                text = self._lines[line - 1]
                last = characters(text, frame.end_column) if frame.end_line == line else len(text)
                words = f"{op.op}   {text[characters(text, frame.column) : last]}"
                one = Breakpoint("line", file=self.file.path, line=line, column=columns[0], end_column=columns[1])
                found[columns] = (words, one)
        return list(found.values())[:20]

    def point_at_line(self, line: int) -> None:
        """Light a line of the file shown, until the cursor or the selection moves."""
        if self.file is not None:
            self.point_at(self.file.id, line)

    def find(self, words: str) -> tuple[int, ...]:
        """The lines (from 1) of the file shown that hold ``words``, whatever their case; none for ""."""
        words = words.casefold()
        if not words or self.file is None:
            return ()
        return tuple(place for place, line in enumerate(self._lines, 1) if words in line.casefold())

    def go_to_line(self, line: int) -> None:
        """Move the cursor to the first forward position that was called from this line."""
        step, ops = self._workspace.step, set(self.ops_at(line))
        if step is None:
            return
        for position in step.positions:
            if isinstance(position.record, Op) and position.record.seq in ops:
                self._workspace.move_to(step.index, position.index)
                return

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        changed: set[str] = set()
        if "recording" in reasons:
            self.file, self._sites, self._cycle, self._strays = None, (), (0, 0, -1), []
        if reasons & {"recording", "data"}:
            changed |= self._refresh_files()
        if reasons & {"cursor", "recording", "data", "selection", "stop", "state", "hits"}:
            self._mark(changed, follow=bool(reasons & {"cursor", "recording", "selection"}))

    def _breakpoints_changed(self) -> None:
        self._mark(set())

    def _refresh_files(self) -> set[str]:
        workspace = self._workspace
        if workspace.recording is not None:
            found = [(source.id, source.path) for source in workspace.recording.sources()]
        elif workspace.script is not None:
            found = [(0, str(workspace.script))]
        else:
            found = []
        found += self._strays
        names = [PurePath(path).name for _, path in found]
        files = tuple(
            FileEntry(id, path, name if names.count(name) == 1 else "/".join(PurePath(path).parts[-2:]))
            for (id, path), name in zip(found, names, strict=True)
        )
        if files == self.files and (self.file is not None or not files):
            return set()
        self.files = files
        if self.file is None or self.file not in files:
            self._show(files[0] if files else None)
            return {"files", "text", "pieces", "lines"}
        return {"files"}

    def _show(self, entry: FileEntry | None) -> None:
        self.file = entry
        self.text = self._text_of(entry)
        self._lines = self.text.split("\n")
        self.pieces = ()
        text = self.text

        def highlighted(pieces: Sequence[Sequence[Piece]]) -> None:
            if text is self.text:
                self.pieces = pieces
                self.changed.emit(frozenset({"pieces"}))

        if text:
            self._background.submit(lambda: highlight(text), highlighted)

    def _text_of(self, entry: FileEntry | None) -> str:
        recording = self._workspace.recording
        if entry is None:
            return ""
        if entry.id < 0:
            text = self._readable(entry.path) or ""
        else:
            text = (
                self._workspace.script_text if entry.id == 0 or recording is None else recording.source(entry.id).text
            )
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    @staticmethod
    def _readable(path: str) -> str | None:
        """The text of a file of the disk; None if it cannot be read."""
        try:
            if Path(path).stat().st_size > LARGEST:
                return None
            with tokenize.open(path) as file:
                return file.read()
        except (OSError, SyntaxError, ValueError):
            return None

    def _mark(self, changed: set[str], follow: bool = False) -> None:
        frames, phase = self._frames()
        if frames and follow and self.file is not None and frames[0].file != self.file.id:
            entry = next((entry for entry in self.files if entry.id == frames[0].file), None)
            if entry is not None:
                self._show(entry)
                changed |= {"files", "text", "pieces", "lines"}
        mark = self._mark_of(frames, phase)
        if mark != self.mark:
            self.mark = mark
            changed.add("mark")
        lines = self._lines_with_ops()
        if lines != self.op_lines:
            self.op_lines = lines
            changed.add("lines")
        self._annotate(changed)
        if changed:
            self.changed.emit(frozenset(changed))

    def _annotate(self, changed: set[str]) -> None:
        """Breakpoints, the line at which the script stands, and what went wrong."""
        workspace, file = self._workspace, self.file
        gutter = marks(workspace.breakpoints, file.path, workspace.recording) if file is not None else {}
        if gutter != self.gutter:
            self.gutter = gutter
            changed.add("gutter")
        paused = self._line_of(paused_frames(workspace))
        if paused != self.paused_line:
            self.paused_line = paused
            changed.add("paused")
        frames, words = trouble(workspace)
        line = self._line_of(frames)
        note = Note(line, words) if line else Note()
        if note != self.note:
            self.note = note
            changed.add("note")

    def _line_of(self, frames: Sequence[Frame]) -> int:
        """The innermost line in the file shown."""
        return next((frame.line for frame in frames if self.file is not None and frame.file == self.file.id), 0)

    def _frames(self) -> tuple[tuple[Frame, ...], str]:
        """The frames of what is selected, else of the position, innermost first, and the phase. Of a node those
        where it was built, and then those where the script asked for the run."""
        workspace = self._workspace
        recording, step, position = workspace.recording, workspace.step, workspace.position
        selection = workspace.selection
        run = recording.frames(step.run.started.site) if recording and step is not None and step.run else ()
        if recording is not None and selection.kind == "node":
            node = recording.graphs.node(*split_id(selection.id))
            return (*(recording.frames(node.site) if node is not None else ()), *run), "selected"
        if recording is None or step is None:
            return (), ""
        if selection.kind == "op" and selection.id in step.ops:
            return recording.frames(step.ops[selection.id].site), "selected"
        if selection.kind == "tensor" and selection.id in step.made_by:
            return recording.frames(step.ops[step.made_by[selection.id]].site), "selected"
        if position is None:
            return run, ""
        record = position.record
        if isinstance(record, BackwardStep):
            op = step.ops.get(record.op)
            return (*(recording.frames(op.site) if op is not None else ()), *run), position.phase
        assert isinstance(record, Op | Assigned)
        return (*recording.frames(record.site), *run), position.phase

    def _mark_of(self, frames: tuple[Frame, ...], phase: str) -> Mark:
        if self.file is None:
            return Mark()
        here = [frame for frame in frames if frame.file == self.file.id]
        if not here:
            return Mark()
        frame = here[0]
        callers = tuple(dict.fromkeys(caller.line for caller in here[1:] if caller.line != frame.line))
        return Mark(frame.line, self._spans(frame), phase, callers)

    def _spans(self, frame: Frame) -> tuple[Span, ...]:
        if frame.column < 0 or not 1 <= frame.line <= len(self._lines):
            return ()
        last = min(max(frame.line, frame.end_line), len(self._lines))
        spans = []
        for line in range(frame.line, last + 1):
            text = self._lines[line - 1]
            start = characters(text, frame.column) if line == frame.line else len(text) - len(text.lstrip())
            end = characters(text, frame.end_column) if line == last and frame.end_column >= 0 else len(text.rstrip())
            if end > start:
                spans.append(Span(line, start, end))
        return tuple(spans)

    def _lines_with_ops(self) -> frozenset[int]:
        step, recording = self._workspace.step, self._workspace.recording
        if step is None or recording is None or self.file is None:
            return frozenset()
        return frozenset(
            frame.line for site in step.sites for frame in recording.frames(site)[:1] if frame.file == self.file.id
        )
