"""Real windows at little cost: a process that has loaded Qt and tapeview once and forks a window whenever it is asked.

Each window is a process of its own, off screen, with its own event loop, which can be killed. Asked by lines of JSON on
stdin, tells by lines of JSON on stdout what its windows show.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT = 60.0


class Window:
    """A window process, seen from the test."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.news: queue.Queue[dict[str, Any]] = queue.Queue()
        self.last: dict[str, Any] = {}

    def until(self, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits for news for which ``right`` is true."""
        while not (self.last and right(self.last)):
            self._hear()
            assert "ended" not in self.last, self.last
        return self.last

    def _hear(self) -> None:
        self.last = self.news.get(timeout=LIMIT)

    def kill(self, number: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def gone(self) -> None:
        """Waits until the process has ended."""
        while "ended" not in self.last:
            self._hear()


class Windows:
    """The process that makes windows, seen from the test."""

    def __init__(self) -> None:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self._made: queue.Queue[int] = queue.Queue()
        self._windows: dict[int, Window] = {}
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def open(self, how: str, path: Path, recording: Path | None = None) -> Window:
        """A window that runs a script ("run"), follows a recording ("open") or joins ("join" with a token file)."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"how": how, "path": str(path), "recording": str(recording or "")}) + "\n")
        self._process.stdin.flush()
        return self._windows[self._made.get(timeout=LIMIT)]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        for window in self._windows.values():
            if "ended" not in window.last:
                window.kill()
        self._process.stdin.close()
        self._thread.join(LIMIT)
        self._process.stdout.close()
        assert self._process.wait(LIMIT) == 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith("{"):
                continue  # what scripts print
            news = json.loads(line)
            if "made" in news:
                self._windows[news["made"]] = Window(news["made"])
                self._made.put(news["made"])
            else:
                self._windows[news["pid"]].news.put(news)


@contextlib.contextmanager
def windows() -> Iterator[Windows]:
    """A maker of windows for the time of the ``with`` block."""
    made = Windows()
    try:
        yield made
    finally:
        made.close()


def _say(**news: object) -> None:
    os.write(1, (json.dumps(news) + "\n").encode())


def _serve() -> None:
    # Loaded before the first window, so that each costs a fork and not a second.
    from PySide6.QtWidgets import QApplication  # noqa: F401

    import tapeview.ui.app
    import tapeview.ui.workbench  # noqa: F401

    for line in sys.stdin:
        wish = json.loads(line)
        pid = os.fork()
        if not pid:
            try:
                code = _be_window(wish)
            except BaseException:
                import traceback

                traceback.print_exc()
                code = 1
            os._exit(code)
        _say(made=pid)
        threading.Thread(target=_await_end, args=(pid,)).start()


def _await_end(pid: int) -> None:
    _say(pid=pid, ended=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _be_window(wish: dict[str, str]) -> int:
    from PySide6.QtCore import QTimer

    from tapeview.debugger.attached import AttachedSession
    from tapeview.joining import rendezvous
    from tapeview.ui.app import application, make_window

    # A script must not read what is meant for the maker of windows.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    app = application()
    window = make_window()
    path = Path(wish["path"])
    match wish["how"]:
        case "run":
            assert window.session.load_script(path, target=Path(wish["recording"]), cwd=path.parent)
        case "open":
            assert window.session.open_recording(path)
        case "join":
            invitation = rendezvous.read(path)
            assert invitation is not None
            live = AttachedSession(("127.0.0.1", invitation.port), invitation.token)
            live.start()
            window.session.join(live)
    window.show()
    workspace = window.workspace
    told: list[object] = []

    def tell() -> None:
        live = window.session._live
        now = workspace.state, workspace.step_count, workspace.message, None if live is None else live.pid
        if now != tuple(told):
            told[:] = now
            _say(pid=os.getpid(), state=now[0], steps=now[1], message=now[2], script=now[3])
        if workspace.state in ("finished", "failed", "stopped"):
            QTimer.singleShot(0, window.close)

    timer = QTimer()
    timer.timeout.connect(tell)
    timer.start(10)
    # A signal is the finger on F5.
    signal.signal(signal.SIGUSR1, lambda *_: QTimer.singleShot(0, window.session.run))
    if wish["how"] == "run":
        QTimer.singleShot(0, window.session.run)
    code = app.exec()
    timer.stop()
    return code


if __name__ == "__main__":
    _serve()
