"""Short turns in the window's process: no long collections of garbage, and other threads that soon make room."""

from __future__ import annotations

import gc
import sys

_YOUNG = 10_000
_OLD = 50
_SWITCH = 0.001
"""Seconds for which a thread in the background may go on while the window's thread waits for the interpreter."""

_kept = False


def keep() -> None:
    """Called once by a program that is a window and nothing else."""
    global _kept
    _kept = True
    # A step of very many ops is a million objects that all stay: with Python's usual thresholds the collector walks
    # through them again and again while they are read, a second for 100,000 ops.
    gc.set_threshold(_YOUNG, 20, _OLD)
    sys.setswitchinterval(_SWITCH)


def settled() -> None:
    """Everything is loaded: the collector need not look at it any more. Each time it would, the window would stand
    still for 50 to 100 ms.
    """
    if _kept:
        gc.freeze()
