"""Findings of a recording that grows: a process of its own looks for them, so that neither script nor window waits."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tapeview.explain import patrol
from tapeview.explain.patrol import News, Orders, Seen, Trained

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_NEWS = msgspec.json.Decoder(News)


class Following:
    """Looks at a recording until it is closed. All methods may be called from any thread, and none waits for the
    process, except that `close` ends it.
    """

    def __init__(self, path: Path, python: str = sys.executable) -> None:
        self._command = [python, "-P", patrol.__file__, str(path)]
        self._lock = threading.Lock()
        self._news: list[Seen | Trained] = []
        self._orders = Orders()
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._follow, name="tapeview following", daemon=True)
        self._thread.start()

    def order(self, rules: Sequence[str]) -> None:
        """These levels and thresholds hold from now on; what was found with others is forgotten."""
        with self._lock:
            self._orders = Orders(settings=tuple(rules), round=self._orders.round + 1)
            self._news = []
            self._send()

    def take(self) -> list[Seen | Trained]:
        """What was found since this was called last."""
        with self._lock:
            news, self._news = self._news, []
            return news

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._closed = True
            if self._child is not None:
                with contextlib.suppress(OSError):
                    self._child.kill()
        self._thread.join(5.0)

    def _send(self) -> None:
        if self._child is not None and self._child.stdin is not None and self._orders.round:
            with contextlib.suppress(OSError):
                self._child.stdin.write(msgspec.json.encode(self._orders) + b"\n")

    def _follow(self) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        with self._lock:
            if self._closed:
                return
            try:
                child = self._child = subprocess.Popen(
                    self._command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    env={**os.environ, **_ONE_THREAD}, creationflags=flags
                )  # fmt: skip
            except OSError:
                return  # what it would have found is found when the script is held, or has ended
            self._send()
        with child:
            assert child.stdout is not None
            rest = b""
            while data := child.stdout.read(1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._take(_NEWS.decode(line))
            with self._lock:
                self._child = None

    def _take(self, news: News) -> None:
        with self._lock:
            if isinstance(news, Seen | Trained) and news.round == self._orders.round:
                self._news.append(news)
