"""One breakpoint while the script runs: its hits, its condition, what it writes."""

from __future__ import annotations

import contextlib
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

import numpy as np

from tapeview.breakpoints import Breakpoint
from tapeview.debuggee.adapters.places import running
from tapeview.debuggee.stops import Halt
from tapeview.protocol import Hits

_LONGEST = 1000
"""Characters of one value in a logged text, and of an error."""


@dataclass(frozen=True)
class Surroundings:
    """What breakpoints need of the recorder.

    Attributes:
        begun: how many steps were begun up to now, those included whose events wait to be written.
        say: gets the texts of breakpoints that log instead of stopping, each with its line's end.
        aside: what is done inside leaves no trace on the script's tapes and in the recording.
    """

    begun: Callable[[], int]
    say: Callable[[str], None]
    aside: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext


class StepCounter:
    """The number of the training step, from 1; 0 before the first."""

    def __init__(self, begun: Callable[[], int]) -> None:
        self._begun = begun
        self._number = -1
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Events may have been missed: ask anew."""
        self._number = -1

    @property
    def number(self) -> int:
        """The step that was begun last."""
        if self._number < 0:
            self._number = self._begun()
        return self._number

    def begin(self) -> int:
        """A step has been begun (and ``begun`` knows it already); returns its number."""
        with self._lock:
            self._number = self._begun() if self._number < 0 else self._number + 1
            return self._number


class Point:
    """A breakpoint that is set. `hit` may be called from any thread of the script."""

    def __init__(self, breakpoint: Breakpoint, around: Surroundings, steps: StepCounter, hits: int = 0) -> None:
        self.breakpoint = breakpoint
        self._around = around
        self._steps = steps
        self._hits = hits
        self._error = ""
        self._lock = threading.Lock()
        self._known: weakref.ref[BaseException] | None = None
        self._condition = self._compiled(breakpoint.condition, "condition") if breakpoint.condition else None
        over = breakpoint.expression if breakpoint.kind == "value" else ""
        self._expression = self._compiled(over, "expression") if over else None
        self._broken = bool(breakpoint.condition) and self._condition is None
        self._log = None if breakpoint.log is None else template(breakpoint.log)

    @property
    def step(self) -> int:
        """The number of the training step, from 1; 0 before the first."""
        return self._steps.number

    @property
    def hits(self) -> Hits:
        """How often it was hit so far."""
        return Hits(self.breakpoint.id, self._hits, self._error)

    def hit(
        self, text: str, value: Any = None, op: str = "", frame: FrameType | None = None, seq: int | None = None
    ) -> Halt | None:
        """What the breakpoint is about has happened; ``text`` says what, as a sentence without a full stop.

        Returns why the script stops here, or None: the condition is not met, it is an early hit, or it only logs.
        ``frame`` is that of the condition; None is the user's innermost.
        """
        if self._broken:
            return None
        names: dict[str, Any] | None = None
        if self._condition is not None:
            names = self._names(value, op, frame)
            if not self._evaluate(self._condition, names):
                return None
        with self._lock:
            self._hits += 1
            if self._hits < self.breakpoint.after:
                return None
        if self._log is not None:
            self._around.say(self._filled(names or self._names(value, op, frame)) + "\n")
            return None
        return Halt("breakpoint", text, self.breakpoint.id, seq)

    def fail(self, sentence: str) -> None:
        """It cannot be checked; the sentence says why."""
        self._error = sentence

    def note(self, error: BaseException) -> None:
        """This exception was looked at."""
        with contextlib.suppress(TypeError):  # of some types there are no weak references
            self._known = weakref.ref(error)

    def knows(self, error: BaseException) -> bool:
        """Whether this exception is the last that was looked at."""
        return self._known is not None and self._known() is error

    def is_true_of(self, array: Any) -> bool:
        """Whether the breakpoint's expression over ``value`` holds for an array."""
        if self._expression is None:
            return False
        try:
            # NumPy only: nothing in reach can leave a trace on a tape.
            return bool(eval(self._expression, {"np": np, "value": _looked_at(array)}))
        except (Exception, SystemExit) as error:
            self._error = f"the expression {self.breakpoint.expression!r} raised {said(error)}"
            return False

    def _names(self, value: Any, op: str, frame: FrameType | None) -> dict[str, Any]:
        """What an expression sees: the script's own variables come first."""
        frame = frame or running()[0]
        ours = {"value": _looked_at(value), "op": op, "step": self._steps.number, "np": np}
        return ours if frame is None else {**ours, **frame.f_globals, **frame.f_locals}

    def _compiled(self, text: str, what: str) -> CodeType | None:
        code = _compiled(text)
        if code is None:
            self._error = f"the {what} {text!r} is not a Python expression"
        return code

    def _evaluate(self, condition: CodeType, names: dict[str, Any]) -> bool:
        try:
            with self._around.aside():
                return bool(eval(condition, names))
        except (Exception, SystemExit) as error:
            self._error = f"the condition {self.breakpoint.condition!r} raised {said(error)}"
            return False

    def _filled(self, names: dict[str, Any]) -> str:
        pieces: list[str] = []
        for piece in self._log or ():
            if isinstance(piece, str):
                pieces.append(piece)
                continue
            text, code, spec = piece
            try:
                with self._around.aside():
                    pieces.append(_shortened(format(eval(code, names), spec)))
            except (Exception, SystemExit) as error:
                self._error = f"the expression {text!r} in the text to log raised {said(error)}"
                pieces.append(f"<{said(error)}>")
        return "".join(pieces)


Piece = str | tuple[str, CodeType, str]


def template(text: str) -> list[Piece]:
    """A text to log in pieces: plain ones, and (expression, its code, format) for what stands in braces.

    Two braces are one; what is no expression stays as it is written.
    """
    pieces: list[Piece] = []
    plain = ""
    at = 0
    while at < len(text):
        if text[at : at + 2] in ("{{", "}}"):
            plain += text[at]
            at += 2
            continue
        found = _expression_at(text, at) if text[at] == "{" else None
        if found is None:
            plain += text[at]
            at += 1
            continue
        piece, at = found
        pieces += [plain, piece]
        plain = ""
    return [*pieces, plain]


def _expression_at(text: str, brace: int) -> tuple[Piece, int] | None:
    """The expression behind a brace and the place behind its end."""
    end = text.find("}", brace)
    while end >= 0:
        inside = text[brace + 1 : end]
        colons = [k for k, letter in enumerate(inside) if letter == ":"]
        for cut in (len(inside), *reversed(colons)):
            code = _compiled(inside[:cut])
            if code is not None:
                return (inside[:cut].strip(), code, inside[cut + 1 :]), end + 1
        end = text.find("}", end + 1)
    return None


def _compiled(text: str) -> CodeType | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile(text.strip(), "<breakpoint>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _looked_at(value: Any) -> Any:
    """An array as an expression gets it: nobody can change the script's numbers by way of it."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    return value


def said(error: BaseException) -> str:
    """An exception as one line."""
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    return _shortened(text.strip().removesuffix(":"))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
