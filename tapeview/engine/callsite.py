"""Where in the user's script an op was called.

A frame's line number costs a scan of its code object's line table (47 µs at the end of a 1,000-line script), its last
instruction costs one attribute read. So a call site is kept as instructions and turned into lines and columns later,
by whoever wants to show it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from types import CodeType
from typing import Any

Site = int
"""The number of a call site; :func:`frames_of` tells its frames. 0 = no user frame."""

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


Frames = tuple[int, ...]
"""(code id, last instruction) for each user frame, innermost first, flattened; :func:`code_of` looks codes up."""

_sites: list[Frames] = [()]
_numbers: dict[Frames, Site] = {(): 0}
_contexts: dict[Frames, dict[int, Site]] = {}
_lock = threading.Lock()

# (frame, its caller, the caller's last instruction, the frame's code id and the frames of its callers, the sites known
# there by instruction) of the last call. While a frame runs, what called it stays where it is: ops of one function
# differ only in their own instruction.
_last: tuple[Any, Any, int, Frames, dict[int, Site]] = (None, None, -1, (), {})


def forget() -> None:
    """Lets go of the frame of the last op, so that its variables can die."""
    global _last
    _last = (None, None, -1, (), {})


def frames_of(site: Site) -> Frames:
    """The frames of a call site. Raises IndexError for a number that :func:`here` never gave."""
    return _sites[site]


def here(depth: int = 2) -> Site:
    """The call site of a caller ``depth`` or more frames up: its innermost user frames, at most ``MAX_FRAMES``."""
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
            return 0  # type: ignore[unreachable]
    known, caller, instruction, context, sites = _last
    back = frame.f_back
    if frame is not known or back is not caller or (back is not None and back.f_lasti != instruction):
        context = (key, *(() if kind == _OUTERMOST else _outer(back)))
        sites = _contexts.setdefault(context, {})
        _last = (frame, back, -1 if back is None else back.f_lasti, context, sites)
    own = frame.f_lasti
    site = sites.get(own)
    if site is None:
        site = sites[own] = _number((key, own, *context[1:]))
    return site


class Standing:
    """The script's call that runs now, in which the engine can pretend to be called from elsewhere: so the ops of a
    node have the site at which the script built it."""

    __slots__ = ("_here",)

    def __init__(self) -> None:
        here(3)
        self._here = _last

    def at(self, site: Site) -> None:
        """What the engine calls from now on counts as called at ``site``, until the script's own code goes on."""
        global _last
        frame, back, instruction, context, _ = self._here
        if frame is not None:
            _last = (frame, back, instruction, context, {frame.f_lasti: site})

    def end(self) -> None:
        """Nothing is pretended any more, and the call's frame is let go."""
        forget()
        self._here = _last


def _number(frames: Frames) -> Site:
    with _lock:
        site = _numbers.get(frames)
        if site is None:
            site = _numbers[frames] = len(_sites)
            _sites.append(frames)
        return site


def _outer(frame: Any) -> Frames:
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
