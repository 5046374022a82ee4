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

MAX_FRAMES = 12

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STDLIB = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("stdlib", "platstdlib")})
_SITE = tuple({os.path.realpath(sysconfig.get_path(k)) + os.sep for k in ("purelib", "platlib")})
_LIBRARIES = tuple(s + n + os.sep for s in _SITE for n in ("numpy", "matplotlib", "tapeview"))

_is_ours: dict[str, bool] = {"": True}
_codes: dict[int, CodeType] = {}


def code_of(code_id: int) -> CodeType:
    """The code object a site mentions. Raises KeyError for a number that no site contains."""
    return _codes[code_id]


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


def here() -> Site:
    """The call site of the caller's caller: its innermost user frames, at most ``MAX_FRAMES``."""
    frame = sys._getframe(1)
    site: list[int] = []
    while frame is not None:
        code = frame.f_code
        name = code.co_filename
        ours = _is_ours.get(name)
        if ours is None:
            ours = _is_ours[name] = is_library(name)
        if not ours:
            key = id(code)
            _codes[key] = code
            site.append(key)
            site.append(frame.f_lasti)
            if code.co_name == "<module>" or len(site) >= 2 * MAX_FRAMES:
                break
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(site)
