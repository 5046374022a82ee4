"""What the user sets up for a script, kept with it from one run to the next, in small files of the user's own."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

FILES = 300
"""Scripts of which something is kept; those not used for longest go first."""
LARGEST = 1 << 20


class _Page(msgspec.Struct):
    """What a file holds."""

    script: str
    items: list[Any]


class ScriptStore:
    """Lists of plain data by script, one file each in ``folder`` (default: in the user's configuration)."""

    def __init__(self, name: str, folder: Path | None = None) -> None:
        self._name = name
        self._folder = folder

    def read(self, script: Path) -> list[Any]:
        """What was kept for a script; nothing if that cannot be read."""
        try:
            with self._file(script).open("rb") as file:
                return msgspec.json.decode(file.read(LARGEST), type=_Page).items
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return []

    def write(self, script: Path, items: Sequence[Any]) -> None:
        """Keeps a list for a script; an empty one leaves no file. Another window's list is replaced as a whole.

        Raises:
            OSError: the file cannot be written.
        """
        path = self._file(script)
        if not items:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        page = _Page(str(script).encode("utf-8", "replace").decode(), list(items))
        fresh = path.with_name(f"{path.stem}.{os.getpid()}.new")
        try:
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(page), indent=1))
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        _prune(path.parent)

    def _file(self, script: Path) -> Path:
        folder = self._folder or platformdirs.user_config_path("tapeview", appauthor=False) / self._name
        return folder / f"{hashlib.sha256(os.fsencode(script)).hexdigest()[:32]}.json"


def _prune(folder: Path) -> None:
    ages = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):
            ages.append((path.stat().st_mtime, path))
    for _, path in sorted(ages)[:-FILES]:
        with contextlib.suppress(OSError):
            path.unlink()
