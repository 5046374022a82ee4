"""Call sites, turned from instructions into lines and columns, once for each."""

from __future__ import annotations

import linecache
from types import CodeType, FrameType
from typing import Any

from tapeview.engine import callsite
from tapeview.trace.records import Frame
from tapeview.trace.store import Writer


class Sites:
    """The sites a writer knows.

    Attributes:
        known: the ids of the sites met so far.
    """

    def __init__(self, writer: Writer) -> None:
        self.known: dict[callsite.Site, int] = {}
        self._writer = writer
        self._positions: dict[int, list[tuple[int, int, int, int]]] = {}

    def id_of(self, site: callsite.Site) -> int:
        """The id under which a site stands in the recording; 0 for one without user frames."""
        found = self.known.get(site)
        if found is None:
            flat = callsite.frames_of(site)
            frames = [self._frame(callsite.code_of(flat[k]), flat[k + 1]) for k in range(0, len(flat), 2)]
            found = self.known[site] = self._writer.add_stack(tuple(frames)) if frames else 0
        return found

    def of_traceback(self, trace: Any) -> int:
        """The site at which an exception was raised: its frames, innermost first (0 if there are none)."""
        frames: list[Frame] = []
        while trace is not None:
            code = trace.tb_frame.f_code
            if not callsite.is_library(code.co_filename):
                frames.insert(0, self._frame(code, trace.tb_lasti))
            trace = trace.tb_next
        return self._writer.add_stack(tuple(frames)) if frames else 0

    def of_running(self, frame: FrameType | None) -> int:
        """The site of code that runs now: ``frame`` and its callers (0 if none is the user's)."""
        frames: list[Frame] = []
        while frame is not None:
            if not callsite.is_library(frame.f_code.co_filename):
                frames.append(self._frame(frame.f_code, frame.f_lasti))
            frame = frame.f_back
        return self._writer.add_stack(tuple(frames[: callsite.MAX_FRAMES])) if frames else 0

    def _frame(self, code: CodeType, instruction: int) -> Frame:
        first = code.co_firstlineno
        places = self._positions.get(id(code))
        if places is None:
            places = self._positions[id(code)] = [
                (line or first, end or line or first, -1 if start is None else start, -1 if stop is None else stop)
                for line, end, start, stop in code.co_positions()
            ]
        index = instruction // 2
        place = places[index] if 0 <= index < len(places) else (first, first, -1, -1)
        file = self._writer.add_source(code.co_filename, "".join(linecache.getlines(code.co_filename)))
        return Frame(file, code.co_name, *place)
