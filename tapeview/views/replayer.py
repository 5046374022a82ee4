"""Questions about a recording whose answers take the engine: they are put to a process of its own, which has it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from tapeview.explain.questions import Answer, Cancelled, GiveUp, Message, Progress, Question, Refusal, receive, send
from tapeview.views.text import tr

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from tapeview.replay.worker import main; main()"
_MESSAGES = msgspec.msgpack.Decoder(Message)


PATIENCE = 0.5
"""Seconds for which a question that was given up may go on: about as long as a new process takes to be ready."""


class Asker(Protocol):
    """Who answers questions about a recording, as `Replayer` does."""

    def ask(self, question: Question, progress: Callable[[Progress], object] | None = None) -> Answer: ...
    def cancel(self) -> None: ...
    def close(self) -> None: ...


class Replayer:
    """Asks about one recording. The process is started by the first question, answers all that follow, and is started
    again if it has died or a question was given up.

    All methods may be called from any thread; questions are answered one after the other.
    """

    def __init__(self, path: Path, python: str = sys.executable) -> None:
        self.path = path
        self._python = python
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._writing = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._patience: threading.Timer | None = None
        self._busy = False
        self._round = 0
        self._closed = False

    def ask(self, question: Question, progress: Callable[[Progress], object] | None = None) -> Answer:
        """The answer; a job for `Background.submit`, since it waits. It is a Refusal if there is none, and Cancelled
        once `cancel` or `close` was called.

        Args:
            progress: called on the way, in this thread, with how far the answer is.
        """
        with self._state:
            mine = self._round
        with self._turn:
            try:
                return self._answer(question, progress, mine)
            finally:
                self._over()

    def cancel(self) -> None:
        """Gives up all that was asked so far: what is being worked out is to stop, and if it does not soon, the process
        is ended. Waits for nothing.
        """
        with self._state:
            self._round += 1
            if self._child is None or not self._busy or self._patience is not None:
                return
            if not self._writing.acquire(blocking=False):
                self._kill()
                return
            try:
                assert self._child.stdin is not None
                send(self._child.stdin, GiveUp())
            except (OSError, ValueError):
                return  # it has ended
            finally:
                self._writing.release()
            self._patience = threading.Timer(PATIENCE, self._lose_patience)
            self._patience.daemon = True
            self._patience.start()

    def close(self) -> None:
        """Gives up what was asked, and ends the process. Questions that come later are Cancelled."""
        with self._state:
            self._closed = True
            self._round += 1
            self._kill()
        with self._turn:
            self._clear()

    def _answer(self, question: Question, progress: Callable[[Progress], object] | None, mine: int) -> Answer:
        try:
            child = self._running(mine)
            if child is None:
                return Cancelled()
            assert child.stdin is not None
            assert child.stdout is not None
            with self._writing:
                if self._given_up(mine):
                    return Cancelled()
                with contextlib.suppress(BrokenPipeError):
                    send(child.stdin, question)
            while (data := receive(child.stdout)) is not None:
                message = _MESSAGES.decode(data)
                if not isinstance(message, Progress):
                    return Cancelled() if self._given_up(mine) else message
                if progress is not None and not self._given_up(mine):
                    progress(message)
            code = child.wait()
        except (OSError, msgspec.MsgspecError) as error:
            self._clear()
            return Refusal(tr("the process that works steps out again cannot be used: {error}").format(error=error))
        except BaseException:
            # Its answer would be taken for that to the next question.
            self._clear()
            raise
        self._clear()
        if self._given_up(mine):
            return Cancelled()
        text = tr("the process that works steps out again has ended unexpectedly (exit code {code}); ask again")
        return Refusal(text.format(code=code))

    def _running(self, mine: int) -> subprocess.Popen[bytes] | None:
        """The process; None if the question was given up."""
        with self._state:
            if self._given_up(mine):
                return None
            if self._child is not None and self._child.poll() is None:
                self._busy = True
                return self._child
        self._clear()
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        with self._state:
            if self._given_up(mine):
                return None
            self._child = subprocess.Popen(
                [self._python, "-P", "-c", _PROGRAM, str(_ROOT), str(self.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=flags,
            )
            self._busy = True
            return self._child

    def _given_up(self, mine: int) -> bool:
        return self._closed or mine != self._round

    def _over(self) -> None:
        with self._state:
            self._busy = False
            patience, self._patience = self._patience, None
        if patience is not None:
            patience.cancel()
            patience.join()

    def _lose_patience(self) -> None:
        with self._state:
            if self._busy:
                self._kill()

    def _kill(self) -> None:
        if self._child is not None:
            with contextlib.suppress(OSError):
                self._child.kill()

    def _clear(self) -> None:
        """Ends the process and takes its pipes away. Called by whoever has the turn."""
        with self._state:
            self._kill()
            child, self._child = self._child, None
        if child is not None:
            with contextlib.suppress(OSError), child:
                pass
