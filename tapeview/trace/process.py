"""Is the process that writes a recording still there?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_SLACK = 300.0
"""Seconds by which the clock may have been set since; process ids come around again much later than that."""


def alive(pid: int, started: float) -> bool:
    """Whether process ``pid``, which made a recording that began at ``started`` (epoch seconds), still runs.

    Where the system tells when a process began, a younger process that got the same id is not mistaken for it.
    """
    if not 0 < pid < 1 << 31:
        return False
    if sys.platform == "win32":
        return _alive_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it exists and belongs to somebody else
    born = _born(pid)
    return born is None or born <= started + _SLACK


def _born(pid: int) -> float | None:
    """When ``pid`` began, in epoch seconds; None where /proc does not tell; infinity for a zombie, which is done."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = stat[stat.rindex(")") + 2 :].split()
        boot = next(
            int(line.split()[1])
            for line in Path("/proc/stat").read_text(encoding="utf-8").splitlines()
            if line.startswith("btime")
        )
        if fields[0] in "ZX":
            return float("inf")
        return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None


if sys.platform == "win32":

    def _alive_windows(pid: int) -> bool:
        import ctypes

        limited_information, still_active = 0x1000, 259
        kernel32 = ctypes.windll.kernel32
        handle = kernel32.OpenProcess(limited_information, False, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        known = kernel32.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel32.CloseHandle(handle)
        return bool(known) and code.value == still_active
