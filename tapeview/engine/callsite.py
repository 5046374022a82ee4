"""Where in the user's script an op was called.

A frame's line number costs a scan of its code object's line table (47 µs at the end of a 1,000-line script), its last
instruction costs one attribute read. So a call site is kept as instructions and turned into lines and columns later,
by whoever wants to show it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType
from typing import Any

Site = tuple[int, ...]
"""(code id, last instruction) for each user frame, innermost first, flattened. Codes are looked up with
:func:`code_of`."""

MAX_FRAMES = 8

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STDLIB = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("stdlib", "platstdlib")})
_SITE = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("purelib", "platlib")})
_LIBRARIES = tuple(s + n + os.sep for s in _SITE for n in ("numpy", "matplotlib", "tapeview"))

_OURS, _USERS, _OUTERMOST = 0, 1, 2
_getframe = sys._getframe

_kinds: dict[int, int] = {}
_codes: dict[int, CodeType] = {}
# Keyed by identity (hashing a code object hashes its whole content); `_codes` keeps every code alive, so no id is
# ever reused.


def code_of(code_id: int) -> CodeType:
    """The code object a site mentions. Raises KeyError for a number that no site contains."""
    return _codes[code_id]


def _learn(code: CodeType) -> int:
    """Sorts a code object that is met for the first time."""
    key = id(code)
    _codes[key] = code
    kind = _OURS if is_library(code.co_filename) else _OUTERMOST if code.co_name == "<module>" else _USERS
    _kinds[key] = kind
    return kind


def is_library(filename: str) -> bool:
    """True for files whose frames are not the user's: the engine, NumPy, the standard library."""
    if filename.startswith("<"):
        return filename.startswith(("<frozen", "<__array_function__"))
    path = os.path.realpath(filename)
    if path.startswith(os.path.join(_PACKAGE, "examples", "")):
        return False
    if path.startswith(_SITE) and not path.startswith(_LIBRARIES):
        return False
    return path.startswith((_PACKAGE, *_LIBRARIES, *_STDLIB))


# (frame, its caller, the caller's last instruction, the frame's code id, the site of the callers) of the last call.
# While a frame runs, what called it stays where it is: ops of one function differ only in their own instruction.
_last: tuple[Any, Any, int, int, Site] = (None, None, -1, 0, ())


def forget() -> None:
    """Lets go of the frame of the last op, so that its variables can die."""
    global _last
    _last = (None, None, -1, 0, ())


def here(depth: int = 2) -> Site:
    """The innermost user frames, at most ``MAX_FRAMES``, of a caller ``depth`` or more frames up."""
    global _last
    frame = _getframe(depth)
    while True:
        code = frame.f_code
        key = id(code)
        kind = _kinds.get(key)
        if kind is None:
            kind = _learn(code)
        if kind:
            break
        frame = frame.f_back  # type: ignore[assignment]
        if frame is None:
            return ()  # type: ignore[unreachable]
    known, caller, instruction, _, outer = _last
    back = frame.f_back
    if frame is known and back is caller and (back is None or back.f_lasti == instruction):
        return (key, frame.f_lasti, *outer)
    outer = () if kind == _OUTERMOST else _outer(back)
    _last = (frame, back, -1 if back is None else back.f_lasti, key, outer)
    return (key, frame.f_lasti, *outer)


def _outer(frame: Any) -> Site:
    """The user frames from ``frame`` outwards."""
    site: list[int] = []
    while frame is not None and len(site) < 2 * (MAX_FRAMES - 1):
        code = frame.f_code
        key = id(code)
        kind = _kinds.get(key)
        if kind is None:
            kind = _learn(code)
        if kind:
            site += (key, frame.f_lasti)
            if kind == _OUTERMOST:
                break
        frame = frame.f_back
    return tuple(site)
