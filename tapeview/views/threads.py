"""Training steps of scripts that open tapes in several threads, told apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from tapeview.trace.query import Recording
from tapeview.views.text import tr


class ThreadRow(NamedTuple):
    """A thread that opened tapes: its name, how many steps are its own, and the newest of them."""

    thread: int
    name: str
    steps: int
    newest: int


@dataclass(slots=True)
class _Threads:
    """What was read so far: the steps of each thread, in order."""

    until: int = 0
    names: dict[int, str] = field(default_factory=dict)
    steps: dict[int, list[int]] = field(default_factory=dict)


_known: WeakKeyDictionary[Recording, _Threads] = WeakKeyDictionary()


def threads(recording: Recording) -> tuple[ThreadRow, ...]:
    """The threads of a recording, in the order in which they opened their first tapes."""
    known = _read(recording)
    names = list(known.names.values())
    rows = []
    for number, (thread, steps) in enumerate(known.steps.items(), 1):
        name = known.names[thread] or tr("thread {n}").format(n=number)
        if names.count(name) > 1:
            name = f"{name} ({number})"
        rows.append(ThreadRow(thread, name, len(steps), steps[-1]))
    return tuple(rows)


def thread_of(recording: Recording, step: int) -> str:
    """The name of the thread of a step; "" where all steps are of one thread."""
    known = _read(recording)
    if len(known.steps) < 2 or not 0 <= step < recording.step_count:
        return ""
    ident = recording.step_info(step).thread
    return next((row.name for row in threads(recording) if row.thread == ident), "")


def nearest(recording: Recording, thread: int, step: int) -> int | None:
    """The step of a thread that is nearest to another step, rather before it than behind; None if it has none."""
    steps = _read(recording).steps.get(thread)
    return min(steps, key=lambda one: (abs(one - step), one)) if steps else None


def _read(recording: Recording) -> _Threads:
    known = _known.setdefault(recording, _Threads())
    while known.until < recording.step_count:
        info = recording.step_info(known.until)
        known.names.setdefault(info.thread, info.thread_name)
        known.steps.setdefault(info.thread, []).append(known.until)
        known.until += 1
    return known
