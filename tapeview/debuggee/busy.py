"""Whether the script is busy with something else than the engine, found out without its help."""

from __future__ import annotations

import sys
import threading
from types import FrameType

from tapeview.debuggee.adapters.aside import is_engine


def seconds_outside(quiet: float) -> int:
    """For how many whole seconds the script has been busy outside ops, if nothing was recorded for ``quiet`` seconds.

    0 while the main thread is inside the engine, for an op may take long.
    """
    if quiet < 1.0:
        return 0
    frame: FrameType | None = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if is_engine(frame.f_code):
            return 0
        frame = frame.f_back
    return int(quiet)
