"""Which op a script was at when it raised, found in the traceback: also where no op ran, because the engine refused
what it was given."""

from __future__ import annotations

import re
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from tapeview.debuggee.adapters.aside import is_users
from tapeview.engine import op as ops
from tapeview.engine.op import OPS, Op
from tapeview.engine.refusals import given
from tapeview.engine.tensor import EagerTensor

_EXECUTORS: dict[CodeType, tuple[str, ...]] = {
    ops.execute.__code__: ("inputs",),
    ops.execute_many.__code__: ("inputs",),
    ops.execute_one.__code__: ("x",),
    ops.execute_pair.__code__: ("x", "y"),
}


class Failing(NamedTuple):
    """The op that raised: its type, what it was given and how. ``op`` is None where the table of ops has none of that
    name."""

    name: str
    op: Op | None
    inputs: tuple[EagerTensor, ...]
    attrs: dict[str, Any]


def find(trace: TracebackType | None, message: str) -> Failing | None:
    """The op at which an exception with this traceback and message was raised; None if that was the script's own
    code."""
    below: list[FrameType] = []
    while trace is not None:
        if is_users(trace.tb_frame.f_code):
            below.clear()
        else:
            below.append(trace.tb_frame)
        trace = trace.tb_next
    for frame in reversed(below):
        names = _EXECUTORS.get(frame.f_code)
        if names is not None:
            known = frame.f_locals
            inputs = known["inputs"] if names == ("inputs",) else tuple([known[name] for name in names])
            op = known["op"]
            return Failing(op.name, op, tuple(inputs), dict(known.get("attrs") or {}))
    called = next((frame for frame in below if given(frame)), None)
    if called is None:
        return None
    told = re.search(r"\[Op:(\w+)\]", message)
    name = told.group(1) if told else _name(called)
    return Failing(name, OPS.get(name), given(called), {})


def _name(frame: FrameType) -> str:
    """What was called: a function's name, or the type of an object that was."""
    name = frame.f_code.co_name
    owner = frame.f_locals.get("self")
    if name == "__call__" and owner is not None:
        return type(owner).__name__
    return name.strip("_") or name
