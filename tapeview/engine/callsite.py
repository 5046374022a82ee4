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

Site = tuple[int, ...]
"""(code id, last instruction) for each user frame, innermost first, flattened. Codes are looked up with :func:`code_of`."""

MAX_FRAMES = 8

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STDLIB = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("stdlib", "platstdlib")})
_SITE = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("purelib", "platlib")})
_LIBRARIES = tuple(s + n + os.sep for s in _SITE for n in ("numpy", "matplotlib", "tapeview"))

_OURS, _USERS, _OUTERMOST = 0, 1, 2

_kinds: dict[int, int] = {}
_codes: dict[int, CodeType] = {}
# Keyed by identity (hashing a code object hashes its whole content); `_codes` keeps every code alive, so no id is ever reused.


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
        return filename.startswith("<frozen") or filename.startswith("<__array_function__")
    path = os.path.realpath(filename)
    if path.startswith(os.path.join(_PACKAGE, "examples", "")):
        return False
    if path.startswith(_SITE) and not path.startswith(_LIBRARIES):
        return False
    return path.startswith((_PACKAGE, *_LIBRARIES, *_STDLIB))


def here(depth: int = 2) -> Site:
    """The innermost user frames, at most ``MAX_FRAMES``, of a caller ``depth`` or more frames up."""
    frame = sys._getframe(depth)
    site: list[int] = []
    append = site.append
    kinds = _kinds
    while frame is not None:
        code = frame.f_code
        key = id(code)
        kind = kinds.get(key)
        if kind is None:
            kind = _learn(code)
        if kind:
            append(key)
            append(frame.f_lasti)
            if kind == _OUTERMOST or len(site) >= 2 * MAX_FRAMES:
                break
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(site)
