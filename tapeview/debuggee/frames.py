"""The user's frames of a thread: where they stand, and what their variables are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from tapeview.debuggee.adapters.aside import is_users
from tapeview.debuggee.adapters.texts import array_of, cut, describe, is_code
from tapeview.debuggee.gate import Gate
from tapeview.protocol import Local, StackFrame

FRAMES = 50
"""So many frames of a stack are told, ..."""
LOCALS = 100
"""... so many variables of a frame ..."""
ALL_LOCALS = 600
"""... and of a stack."""
_NAME = 100
_WAIT = Gate.wait.__code__


class Place(NamedTuple):
    """A frame and the instruction at which it stands."""

    frame: FrameType
    instruction: int


def of_thread(thread: int) -> list[Place]:
    """The user's frames of a thread as it is now, innermost first; none if there is no such thread."""
    return of_frame(sys._current_frames().get(thread))


def of_frame(frame: FrameType | None) -> list[Place]:
    """The user's frames from ``frame`` outwards."""
    found: list[Place] = []
    while frame is not None:
        if frame.f_code is _WAIT:
            found.clear()  # what a thread does while it is held is not the script
        elif len(found) < FRAMES and is_users(frame.f_code):
            found.append(Place(frame, frame.f_lasti))
        frame = frame.f_back
    return found


def of_traceback(trace: TracebackType | None) -> list[Place]:
    """The user's frames of an exception, innermost first."""
    found = []
    while trace is not None:
        if is_users(trace.tb_frame.f_code):
            found.append(Place(trace.tb_frame, trace.tb_lasti))
        trace = trace.tb_next
    return found[::-1][:FRAMES]


def stack(
    places: Sequence[Place], look: Callable[[Any], tuple[str, str, str, str]] | None = describe
) -> tuple[StackFrame, ...]:
    """What the debugger is told of these frames; without ``look`` nothing of their variables."""
    left = ALL_LOCALS
    frames = []
    for place in places:
        shown: list[Local] = []
        more = 0
        if look is not None:
            shown, more = variables(place.frame.f_locals, min(LOCALS, left), look)
            left -= len(shown)
        code = place.frame.f_code
        frames.append(StackFrame(code.co_qualname, code.co_filename, *_columns(place), tuple(shown), more))
    return tuple(frames)


def variables(
    found: dict[str, Any], limit: int, look: Callable[[Any], tuple[str, str, str, str]] = describe
) -> tuple[list[Local], int]:
    """The variables in a dictionary of names, tensors first, and how many were left out."""
    named = [(name, value) for name, value in list(found.items()) if not _is_hidden(name, value)]
    named.sort(key=lambda pair: array_of(pair[1]) is None)
    return [Local(cut(name, _NAME), *look(value)) for name, value in named[:limit]], max(0, len(named) - limit)


def _is_hidden(name: Any, value: Any) -> bool:
    return not isinstance(name, str) or (name.startswith("__") and name.endswith("__")) or is_code(value)


def _columns(place: Place) -> tuple[int, int, int, int]:
    code = place.frame.f_code
    places = _positions(code)
    index = place.instruction // 2
    line, end, column, end_column = places[index] if 0 <= index < len(places) else (None, None, None, None)
    line = line or code.co_firstlineno
    return line, end or line, -1 if column is None else column, -1 if end_column is None else end_column


@lru_cache(256)
def _positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    return list(code.co_positions())
