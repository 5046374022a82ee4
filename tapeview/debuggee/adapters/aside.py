"""The engine's own state of a thread, put aside while code that is not the script's runs there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import CodeType

from tapeview.engine import callsite, observe
from tapeview.engine.state import state


class tapes_aside:
    """On this thread no tape is open and no gradient call runs inside the block. (As a generator it took thrice as
    long, and conditions of breakpoints need it at each hit.)"""

    __slots__ = ("_call", "_context", "_tapes")

    def __enter__(self) -> None:
        self._context = state.context
        self._tapes, self._call = state.tapes, state.call
        state.call = 0
        state.set_tapes(())

    def __exit__(self, *_: object) -> None:
        state.call = self._call
        state.set_tapes(self._tapes)
        state.context = self._context


CHANGING = frozenset((observe.VARIABLE, observe.ASSIGNED))
"""The kinds of events that `assigned_to` looks at."""


def assigned_to(events: Iterable[observe.Event]) -> list[str]:
    """The names of the variables that were there before and that these events assign to."""
    made = set()
    names = []
    for event in events:
        if event[0] == observe.VARIABLE:
            made.add(id(event[1]))
        elif event[0] == observe.ASSIGNED and event[5] != "create" and id(event[1]) not in made:
            names.append(str(event[1].name).removesuffix(":0"))
    return list(dict.fromkeys(names))


def op_of(event: observe.Event) -> int:
    """The ``seq`` of the op that ran, whose rule ran, or that raised; 0 for another event."""
    kind = event[0]
    if kind == observe.OP:
        return int(event[1])
    if kind == observe.BACKWARD:
        return int(event[2])
    return int(event[8]) if kind == observe.FAILED else 0


def is_users(code: CodeType) -> bool:
    """Whether code is the user's, as call sites see it."""
    path = code.co_filename
    known = _users.get(path)
    if known is None:
        known = _users[path] = not callsite.is_library(path)
    return known


def is_engine(code: CodeType) -> bool:
    """Whether code is the engine's."""
    return code.co_filename.startswith(_ENGINE)


_ENGINE = os.path.join(os.path.dirname(os.path.abspath(observe.__file__)), "")
_users: dict[str, bool] = {}
