"""How a script's process ended, in a word and a sentence."""

from __future__ import annotations

import signal
from typing import Literal

from tapeview.protocol import Finished

State = Literal["ready", "starting", "running", "finished", "failed", "stopped", "killed", "left"]

ENDED: frozenset[State] = frozenset({"finished", "failed", "stopped", "killed", "left"})

_STOP_EXITS = (128 + 15, -15)


def verdict(code: int, farewell: Finished | None, stop_wanted: bool, killed_by_us: bool) -> tuple[State, str]:
    """State and sentence for a process that has ended with ``code`` (negative: a signal)."""
    if farewell is not None:
        match farewell.how:
            case "exited" if code:
                return "failed", f"The script ended with exit code {code}."
            case "finished" | "exited":
                return "finished", ""
            case "stopped":
                return "stopped", "The script was stopped."
            case "breakpoint":
                return "stopped", farewell.message or "The script was stopped at a breakpoint."
            case "refused":
                return "failed", farewell.message
            case _:
                return "failed", "The script ended with an exception."
    if stop_wanted and code in _STOP_EXITS:
        return "stopped", "The script was stopped."
    if killed_by_us:
        return (
            "killed",
            "The script did not stop when asked and was killed; the recording has all but its last moments.",
        )
    if code < 0:
        return "killed", f"The script was killed by {_signal_text(-code)}; the recording has all but its last moments."
    if code:
        return "failed", f"The script's process ended with exit code {code} without closing its recording."
    return "finished", ""


def _signal_text(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
