"""Memory while tapes record: the garbage collector and the allocator, told once what kind of program this is.

A tape is a long list of tuples and arrays that all live until the tape dies, and then die together.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

_YOUNG = 50_000
_TRIM = 256 << 20
_MMAP = 32 << 20
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_tuned = False


def tune() -> None:
    """Does its work at the first call and nothing later."""
    global _tuned
    if not _tuned:
        _tuned = True
        _collect_less_often()
        _keep_pages()


def _collect_less_often() -> None:
    """With Python's usual thresholds the collector walks a growing tape after every 700 allocations: a third of the
    time of a long tape goes there. Thresholds that the script set itself are left alone."""
    young, middle, old = gc.get_threshold()
    if 0 < young <= 2_000:
        gc.set_threshold(_YOUNG, max(middle, 20), max(old, 20))


def _keep_pages() -> None:
    """glibc gives the memory of a dead tape back to the system, and the next tape pays 0.3 to 5 ms/MB to touch it anew;
    64x64 ops take 12 µs instead of 18 µs when it stays here."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):
            libc = ctypes.CDLL(None)
            libc.mallopt(_M_TRIM_THRESHOLD, _TRIM)
            libc.mallopt(_M_MMAP_THRESHOLD, _MMAP)
