"""What the Console dock shows: the script's output, as a terminal would leave it."""

from __future__ import annotations

import re
from typing import NamedTuple

from tapeview.views.signal import Signal
from tapeview.views.workspace import Reasons, Workspace

KEPT_LINES = 50_000
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Piece(NamedTuple):
    """Text to add. With ``rewind`` the last line is emptied first, as a carriage return does (progress bars)."""

    stream: str
    text: str
    rewind: bool = False


class ConsoleModel:
    """Hands out what has been written since it was last asked. ``changed`` when there is more; ``cleared`` when it
    starts anew.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self.cleared: Signal[()] = Signal()
        self._workspace = workspace
        self._after = 0
        self._pending_return = False
        self._waiting: list[Piece] = []
        self._disconnect = workspace.changed.connect(self._workspace_changed)
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    def take(self) -> list[Piece]:
        """The pieces to add, in order; each is handed out once."""
        taken, self._waiting = self._waiting, []
        return taken

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons:
            self._after, self._pending_return, self._waiting = 0, False, []
            self.cleared.emit()
        recording = self._workspace.recording
        if recording is None or not reasons & {"recording", "data", "state"}:
            return
        for row, output in recording.output(self._after):
            self._after = row
            self._add(output.stream, output.text)
        if self._waiting:
            self.changed.emit()

    def _add(self, stream: str, text: str) -> None:
        text = _ESCAPES.sub("", text).replace("\r\n", "\n")
        if self._pending_return and not text.startswith("\n"):
            text = "\r" + text
        self._pending_return = text.endswith("\r")
        text = _CONTROLS.sub("", text[:-1] if self._pending_return else text)
        for number, part in enumerate(text.split("\r")):
            self._piece(stream, part, rewind=number > 0)

    def _piece(self, stream: str, text: str, rewind: bool) -> None:
        if not text:
            return
        last = self._waiting[-1] if self._waiting else None
        if last is not None and last.stream == stream and not rewind:
            self._waiting[-1] = Piece(stream, last.text + text, last.rewind)
        elif last is not None and rewind and "\n" not in last.text:
            # Nobody has seen that line yet: it need not be written first.
            self._waiting[-1] = Piece(stream, text, True)
        else:
            self._waiting.append(Piece(stream, text, rewind))
