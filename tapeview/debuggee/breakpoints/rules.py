"""Breakpoints on rules: a process of its own looks at the recording, and says here when one of them fires.

The script's threads pay nothing for them before that: only then a check is put to their next event.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.breakpoints.point import Point
from tapeview.debuggee.stops import Check, Halt

_ENTRY = Path(__file__).resolve().parents[2] / "explain" / "patrol.py"
_START_SECONDS = 10.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class RuleWatch:
    """All breakpoints on rules together. `set` and `close` may be called from any thread.

    Args:
        recording: the file that is being written; without one no rule ever fires.
        news: called, on a thread of its own, when `checks` has others than before.
    """

    def __init__(self, recording: Path | None, news: Callable[[], object]) -> None:
        # Looked up now: the script may change both.
        self._recording = recording.absolute() if recording is not None else None
        self._python = sys.executable
        self._news = news
        self._points: dict[int, Point] = {}
        self._fired: deque[tuple[int, int, str]] = deque()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._orders = b""

    def set(self, points: Iterable[Point]) -> None:
        """These are the breakpoints on rules from now on, each with an id of its own."""
        with self._lock:
            self._points = {point.breakpoint.id: point for point in points}
            self._fired = deque(one for one in self._fired if one[0] in self._points)
            watches = [
                {"id": id, "rule": point.breakpoint.name, "limits": point.breakpoint.expression}
                for id, point in self._points.items()
            ]
            orders = msgspec.json.encode({"watches": watches}) + b"\n"
            if not watches:
                self._hang_up()
            elif orders != self._orders:
                self._orders = orders
                if self._thread is None:
                    self._thread = threading.Thread(target=self._follow, name="tapeview rules", daemon=True)
                    self._thread.start()
                else:
                    self._send()

    def checks(self) -> dict[int, Check]:
        """What is asked after an event: nothing unless a rule has fired."""
        return dict.fromkeys((e.OP, e.BACKWARD, e.ASSIGNED), self._check) if self._fired else {}

    def close(self, patience: float = 1.0) -> None:
        """Ends the process; it lets go of the recording before this returns, if it does within ``patience`` seconds."""
        with self._lock:
            self._points, thread = {}, self._thread
            self._hang_up()
        if thread is not None and thread is not threading.current_thread():
            thread.join(patience)

    def _check(self, event: e.Event) -> Halt | None:
        """The next event of any thread of the script's: what has fired counts now."""
        while True:
            try:
                id, step, text = self._fired.popleft()
            except IndexError:
                return None
            point = self._points.get(id)
            if point is None:
                continue
            since = point.step - 1 - step
            went = "" if since < 1 else f"; the script has gone on for {since} step{'' if since == 1 else 's'} since"
            op = event[0] == e.OP
            halt = point.hit(text + went, event[4][0]._array if op else None, event[2].name if op else "")
            if halt is not None:
                return halt

    # ---- everything below runs on the thread of its own

    def _follow(self) -> None:
        process = self._start()
        if process is None or process.stdout is None or process.stdin is None:
            return
        with self._lock:
            if self._thread is threading.current_thread():
                self._process = process
                self._send()
            else:
                process.stdin.close()  # nobody wants it any more
        rest = b""
        with contextlib.suppress(OSError, ValueError):
            while data := process.stdout.read(1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                self._take(lines)
        with self._lock:
            if self._process is process:
                self._hang_up()
        process.stdout.close()
        if os.name != "posix":
            process.wait(_START_SECONDS)

    def _start(self) -> subprocess.Popen[bytes] | None:
        if self._recording is None:
            return None
        try:
            process = subprocess.Popen(
                [self._python, "-P", str(_ENTRY), str(self._recording), "--apart"],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
            )
            if os.name == "posix":
                # It goes at once and leaves another one behind, which is not a child of this process.
                process.wait(_START_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            for point in tuple(self._points.values()):
                point.fail(f"the rules cannot be looked at: {error}")
            return None
        return process

    def _send(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(self._orders)

    def _hang_up(self) -> None:
        process, self._process, self._thread, self._orders = self._process, None, None, b""
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()

    def _take(self, lines: list[bytes]) -> None:
        fired = False
        for line in lines:
            news: dict[str, Any] = msgspec.json.decode(line)
            point = self._points.get(news["watch"])
            if point is not None and news["type"] == "refused":
                point.fail(news["sentence"])
            elif point is not None and news["type"] == "hit":
                self._fired.append((news["watch"], news["step"], news["text"]))
                fired = True
        if fired:
            self._news()
