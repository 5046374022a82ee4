"""Tells the observer of ops that raised, in the kernel or because a function refused what it was given."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from tapeview.engine import callsite, observe
from tapeview.engine.state import state

if TYPE_CHECKING:
    from tapeview.engine.errors import OpError
    from tapeview.engine.op import Op
    from tapeview.engine.tensor import EagerTensor

MAX_INPUTS = 16


def tell(op: Op, inputs: tuple[EagerTensor, ...], attrs: Mapping[str, Any], error: BaseException, depth: int) -> None:
    """A kernel raised ``error``, which nobody has told of yet. ``depth`` is that of the caller's caller ... for
    ``callsite.here``."""
    sink = observe.sink
    if sink is None or state.trying or getattr(error, "_told", False):
        return
    _mark(error)
    site = callsite.here(depth + 1)
    sink((observe.FAILED, op, inputs, attrs, site, error, state.tape_ids, state.call, observe.next_seq()))


def tell_refusal(name: str, error: OpError) -> None:
    """``error`` is about to be raised by a function for op ``name``: what it was called with is the op's input."""
    sink = observe.sink
    if sink is None or state.trying:
        return
    handled = sys.exc_info()[1]
    error._told = True
    if getattr(handled, "_told", False) and not _is_in_users_code(handled):
        return  # the same again, in better words
    from tapeview.engine.op import OPS, Op  # which needs the module that calls this

    frame: FrameType | None = sys._getframe(2)
    called = frame
    while frame is not None and callsite.is_library(frame.f_code.co_filename):
        called, frame = frame, frame.f_back
    op = OPS.get(name) or Op(name, _not_run, (), None, False, False, True, (), (), "")
    inputs = given(called) if called is not None else ()
    site = callsite.here(2)
    sink((observe.FAILED, op, inputs, {}, site, error, state.tape_ids, state.call, observe.next_seq()))


def given(frame: FrameType) -> tuple[EagerTensor, ...]:
    """The tensors among the arguments of a function that is or was running."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    known = frame.f_locals
    found: list[EagerTensor] = []
    for name in code.co_varnames[:count]:
        found += _tensors(known.get(name))
    return tuple(found[:MAX_INPUTS])


def _tensors(value: Any, depth: int = 2) -> Iterator[EagerTensor]:
    from tapeview.engine.tensor import EagerTensor  # which needs the module of the errors
    from tapeview.engine.variable import ResourceVariable

    if isinstance(value, EagerTensor):
        yield value
    elif isinstance(value, ResourceVariable):
        yield value._base._value
    elif depth and type(value) in (list, tuple, dict):
        for one in list(value.values() if type(value) is dict else value)[:MAX_INPUTS]:
            yield from _tensors(one, depth - 1)


def _mark(error: BaseException) -> None:
    if hasattr(type(error), "_told"):
        error._told = True  # type: ignore[attr-defined]


def _is_in_users_code(handled: BaseException | None) -> bool:
    """Whether it is the script that handles this exception now, and not a function of ours that rewords it."""
    trace = handled.__traceback__ if handled is not None else None
    return trace is None or not callsite.is_library(trace.tb_frame.f_code.co_filename)


def _not_run(*_: Any) -> Any:
    raise AssertionError("this op stands for a function that refused what it was given")
