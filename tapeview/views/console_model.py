"""What the Console dock shows: the script's output, as a terminal would leave it, and what was typed at its prompt."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from tapeview.protocol import Completions, Evaluated
from tapeview.views.expression import Expression, ExpressionError
from tapeview.views.functions import MODULES, Module
from tapeview.views.messages import readable
from tapeview.views.named_values import Lookup, name_words
from tapeview.views.prompt_history import History
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.value_words import long
from tapeview.views.workspace import Reasons, Workspace

KEPT_LINES = 50_000
MOST_WORDS = 200
_WORD = re.compile(r"[^\W\d][\w.]*$")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Piece(NamedTuple):
    """Text to add. With ``rewind`` the last line is emptied first, as a carriage return does (progress bars).

    ``stream`` is "stdout" or "stderr" for what the script wrote; of what was typed: "prompt" (the expression), "output"
    (what it printed), "result", "error", "note".
    """

    stream: str
    text: str
    rewind: bool = False


class ConsoleModel:
    """Hands out what has been written since it was last asked. ``changed`` when there is more; ``cleared`` when it
    starts anew.

    What is submitted is evaluated in the paused script, in the frame chosen in the call stack; while nothing is paused,
    over what was recorded at the cursor. ``prompt_changed`` when `ready`, `busy` or `hint` may have.
    """

    def __init__(self, workspace: Workspace, history: History | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.cleared: Signal[()] = Signal()
        self.prompt_changed: Signal[()] = Signal()
        self.history = history or History()
        self._request: int | None = None
        self._open_line = False
        self._noted = 0
        self._prompt: tuple[bool, bool, str] = (False, False, "")
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

    # -- the prompt ----------------------------------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether expressions are evaluated in the script."""
        return self._workspace.state == "paused" and self._workspace.live is not None

    @property
    def ready(self) -> bool:
        """Whether something can be evaluated now."""
        return not self.busy and (self.paused or self._recorded())

    @property
    def busy(self) -> bool:
        """Whether an answer is being waited for; `cancel` gives it up."""
        return self._request is not None

    @property
    def hint(self) -> str:
        """What stands at the prompt while nothing is typed: what can be evaluated, or why nothing can."""
        workspace = self._workspace
        if self.busy:
            return tr("The script works it out; Esc gives it up.")
        if self.paused:
            if workspace.frame:
                return tr("Evaluate in frame {n} of the paused script").format(n=workspace.frame + 1)
            return tr("Evaluate in the paused script, such as loss.shape")
        if workspace.state in ("running", "pausing"):
            return tr("The script runs: pause it (F6) to evaluate in it.")
        if self._recorded():
            return tr("Evaluate what is recorded at the cursor, such as y_pred - y")
        if workspace.state == "ready":
            return tr("Run the script (F5), and pause it to evaluate in it.")
        return tr("Nothing is paused and nothing recorded, so there is nothing to evaluate in.")

    def submit(self, text: str) -> None:
        """Evaluate an expression; it and what comes of it are added to the text."""
        text = text.strip()
        if not text or self.busy:
            return
        self.history.add(text)
        self._say("prompt", f"› {text}")
        workspace, live = self._workspace, self._workspace.live
        if self.paused and live is not None:
            self._request = live.evaluate(text, self._evaluated, frame=workspace.frame, thread=workspace.thread)
        elif self._recorded() and workspace.state not in ("running", "pausing"):
            self._evaluate_recorded(text)
        else:
            self._say("note", self.hint)
        self._prompt_changed()
        self.changed.emit()

    def cancel(self) -> None:
        """Give up what is being evaluated."""
        if self._request and self._workspace.live is not None:
            self._workspace.live.cancel(self._request)

    def older(self, current: str) -> str:
        """The line typed before this one; ``current`` is what is being typed."""
        return self.history.older(current)

    def newer(self, current: str) -> str:
        """The line typed after this one."""
        return self.history.newer(current)

    def complete(self, text: str, cursor: int, done: Callable[[tuple[str, ...]], object]) -> None:
        """Tell ``done`` the whole words that may stand for the one that ends at ``cursor``, now or later."""
        workspace, live = self._workspace, self._workspace.live
        if self.paused and live is not None:

            def take(answer: Completions | None) -> None:
                done(answer.words if answer is not None else ())

            live.complete(text, cursor, take, frame=workspace.frame, thread=workspace.thread)
            return
        word = _WORD.search(text[:cursor])
        typed = word.group() if word is not None else ""
        done(tuple(name for name in self._words(typed) if name.startswith(typed))[:MOST_WORDS])

    def _words(self, typed: str) -> tuple[str, ...]:
        module, dot, _ = typed.rpartition(".")
        if dot:
            found = MODULES.get(module.partition(".")[0])
            for part in module.split(".")[1:]:
                inner = found.names.get(part) if found is not None else None
                found = inner if isinstance(inner, Module) else None
            return tuple(f"{module}.{name}" for name in sorted(found.names)) if found is not None else ()
        recording = self._workspace.recording
        recorded = name_words(recording, self._workspace.cursor.step) if recording is not None else ()
        return tuple(sorted({*recorded, *MODULES})) if typed else ()

    def _recorded(self) -> bool:
        return self._workspace.recording is not None and self._workspace.step_count > 0

    def _evaluated(self, answer: Evaluated | None) -> None:
        self._request = None
        if answer is None:
            self._say("note", tr("The script has ended before it answered."))
        else:
            if answer.output:
                self._say("output", answer.output.removesuffix("\n"))
            if answer.error:
                self._say("error", answer.error)
            elif answer.text:
                self._say("result", answer.text)
        self._prompt_changed()
        self.changed.emit()

    def _evaluate_recorded(self, text: str) -> None:
        recording = self._workspace.recording
        assert recording is not None
        lookup = Lookup(recording, *self._workspace.cursor)
        try:
            value = Expression(text).value(lookup)
        except ExpressionError as error:
            self._say("error", str(error))
            if error.elsewhere:
                self._say("note", tr("Only a paused script knows more than the recording."))
            return
        if value is not None:
            self._say("result", long(value))
        if lookup.earlier:
            self._say("note", tr("A name has no value yet in this step: this is that of the step before."))

    def _say(self, stream: str, text: str) -> None:
        if self._open_line:
            text = f"\n{text}"
            self._open_line = False
        self._piece(stream, _CONTROLS.sub("", text) + "\n", rewind=False)

    def _prompt_changed(self) -> None:
        now = self.ready, self.busy, self.hint
        if now != self._prompt:
            self._prompt = now
            self.prompt_changed.emit()

    # -- the script's output -------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons:
            self._after, self._pending_return, self._waiting = 0, False, []
            self._open_line, self._noted = False, 0
            self.cleared.emit()
        if reasons & {"recording", "data", "state", "frame"}:
            self._prompt_changed()
        recording = self._workspace.recording
        if recording is None or not reasons & {"recording", "data", "state", "stop"}:
            return
        for row, output in recording.output(self._after):
            self._after = row
            self._add(output.stream, output.text)
        stopped = self._workspace.stopped
        if stopped is not None and stopped.serial != self._noted:
            self._noted = stopped.serial
            if stopped.reason != "step":  # one line for each op would bury what the script wrote
                before = tr("paused before the first op") if stopped.reason == "start" else tr("paused")
                self._say("note", readable(stopped.text) or before)
        if self._waiting:
            self.changed.emit()

    def _add(self, stream: str, text: str) -> None:
        text = _ESCAPES.sub("", text).replace("\r\n", "\n")
        if self._pending_return and not text.startswith("\n"):
            text = "\r" + text
        self._pending_return = text.endswith("\r")
        text = _CONTROLS.sub("", text[:-1] if self._pending_return else text)
        self._open_line = not text.endswith("\n") if text else self._open_line
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
