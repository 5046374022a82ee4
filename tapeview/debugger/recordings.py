"""Where recordings go that the user gave no name: a folder of tapeview's own, kept small."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

import platformdirs

FOLDER_VARIABLE = "TAPEVIEW_RECORDINGS"
"""The environment variable that names another folder."""

KEEP_COUNT = 30
KEEP_BYTES = 2_000_000_000


def folder() -> Path:
    """The folder of recordings without a name of their own. It need not exist yet."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_cache_path("tapeview", appauthor=False) / "recordings"


def new_path(script: str, where: Path | None = None) -> Path:
    """A file name for a new recording of ``script``, in a folder that is made if need be. Older recordings make room.

    Raises:
        OSError: the folder cannot be made.
    """
    home = where or folder()
    home.mkdir(parents=True, exist_ok=True)
    prune(home)
    stem = re.sub(r"[^\w.-]+", "_", Path(script).stem) or "recording"
    start = home / f"{stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    number = 1
    while True:
        path = Path(f"{start}{f'-{number}' if number > 1 else ''}.tapeview")
        try:
            # Made at once, so that two windows that start in the same second do not get the same name.
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return path


def prune(where: Path, count: int = KEEP_COUNT, size: int = KEEP_BYTES) -> list[Path]:
    """Deletes the oldest recordings in ``where`` until at most ``count - 1`` of together ``size`` bytes are left.

    Recordings that are being written are left alone, and so is everything that is no recording. Returns what was
    deleted.
    """
    found: list[tuple[float, int, Path]] = []
    for path in where.glob("*.tapeview"):
        with contextlib.suppress(OSError):
            about = path.stat()
            found.append((about.st_mtime, about.st_size, path))
    found.sort(reverse=True)
    deleted: list[Path] = []
    kept_size = 0
    for place, (_, about_size, path) in enumerate(found):
        kept_size += about_size
        if (place >= count - 1 or kept_size > size) and not _being_written(path):
            for part in (path, *(Path(f"{path}{tail}") for tail in ("-wal", "-shm", "-journal"))):
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
            deleted.append(path)
    return deleted


def _being_written(path: Path) -> bool:
    # Imported here because it loads NumPy, which nothing else of the debugger needs.
    from tapeview.trace.query import Recording, RecordingError

    try:
        recording = Recording.open(path)
    except RecordingError:
        return False
    with contextlib.closing(recording):
        return recording.state == "running"
