"""Tracebacks as the script's author should see them: without tapeview's own frames."""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType

import tapeview

FULL_VARIABLE = "TAPEVIEW_FULL_TRACEBACK"
"""Set in the environment, this keeps tapeview's own frames, for whoever hunts a bug in tapeview."""

_PACKAGE = os.path.dirname(os.path.abspath(tapeview.__file__)) + os.sep
_EXAMPLES = os.path.join(_PACKAGE, "examples") + os.sep


def is_ours(filename: str) -> bool:
    """Whether a code object's file belongs to tapeview and not to the user (the examples count as the user's)."""
    return filename.startswith(_PACKAGE) and not filename.startswith(_EXAMPLES)


def user_traceback(trace: TracebackType | None) -> TracebackType | None:
    """``trace`` without tapeview's frames (new objects; nothing is changed). None if no other frame is in it."""
    if os.environ.get(FULL_VARIABLE):
        return trace
    entries: list[TracebackType] = []
    while trace is not None:
        if not is_ours(trace.tb_frame.f_code.co_filename):
            entries.append(trace)
        trace = trace.tb_next
    kept: TracebackType | None = None
    for entry in reversed(entries):
        kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept


def clean(error: BaseException) -> BaseException:
    """Takes tapeview's frames out of the tracebacks of ``error`` and of all that it came from. Returns ``error``."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = user_traceback(one.__traceback__)
        todo += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
    return error


def report(error: BaseException) -> None:
    """Shows an error that ended the script, through ``sys.excepthook``, as python does."""
    hook = sys.excepthook
    try:
        hook(type(error), error, error.__traceback__)
    except SystemExit:
        raise
    except BaseException as trouble:
        if trouble.__context__ is error:
            trouble.__context__ = None
        if sys.stderr is not None:
            print("Error in sys.excepthook:", file=sys.stderr)
            traceback.print_exception(clean(trouble))
            print("\nOriginal exception was:", file=sys.stderr)
            traceback.print_exception(error)
