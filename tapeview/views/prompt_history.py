"""The expressions that were typed, kept from one run of the program to the next."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import platformdirs

MOST = 500
LONGEST = 4000
LARGEST = 1 << 20


class History:
    """Lines typed, the newest last, and the place in them to which arrow keys have gone.

    What cannot be read or written is not kept; nothing here raises because of a file.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lines: list[str] | None = None
        self._at = 0
        self._draft = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """All of them, the oldest first."""
        return tuple(self._loaded())

    def add(self, line: str) -> None:
        """Keep a line, unless it is the newest one already; the place is behind it."""
        lines = self._loaded()
        if len(line) <= LONGEST and "\n" not in line and lines[-1:] != [line]:
            lines.append(line)
            del lines[:-MOST]
            self._save(lines)
        self._at = len(lines)
        self._draft = ""

    def older(self, current: str) -> str:
        """The line before the place; ``current``, which is being typed, is given back by `newer`."""
        lines = self._loaded()
        if self._at >= len(lines):
            self._draft = current
        self._at = max(0, self._at - 1)
        return lines[self._at] if lines else current

    def newer(self, current: str) -> str:
        """The line behind the place; after the newest one what was being typed."""
        lines = self._loaded()
        if self._at >= len(lines):
            return current
        self._at += 1
        return lines[self._at] if self._at < len(lines) else self._draft

    def _file(self) -> Path:
        return self._path or platformdirs.user_state_path("tapeview", appauthor=False) / "console-history.txt"

    def _loaded(self) -> list[str]:
        if self._lines is None:
            self._lines = []
            with contextlib.suppress(OSError), self._file().open("rb") as file:
                lines = file.read(LARGEST).decode("utf-8", "replace").split("\n")
                self._lines = [line for line in lines if line.strip() and len(line) <= LONGEST][-MOST:]
            self._at = len(self._lines)
        return self._lines

    def _save(self, lines: list[str]) -> None:
        path = self._file()
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
            fresh.replace(path)
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
