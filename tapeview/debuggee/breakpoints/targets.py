"""The checks of "go on to …" (`tapeview.protocol.StepTo`)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import get_ident
from typing import Any

from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.adapters.places import Line, Where, entry_of_rule
from tapeview.debuggee.breakpoints.checks import line_checks
from tapeview.debuggee.breakpoints.visits import Visits
from tapeview.debuggee.stops import Check, Halt
from tapeview.protocol import StepTo


def checks_of_target(target: StepTo, held: Iterable[int] = ()) -> dict[int, Check]:
    """The checks of a target; the first that answers has got there. An unknown kind has none.

    ``held`` are the threads that wait at an op: to the line where they are they have to come anew.
    """
    match target.kind:
        case "phase":
            return _phase()
        case "step":
            return _step()
        case "line":
            visits = Visits(_where(target))
            visits.is_there(held)
            return line_checks(visits, lambda event, frame: _halt(_reached(target)))
        case "node":
            return _node(target)
    return {}


def _where(target: StepTo) -> Where:
    return Where(target.file, target.line, target.column, target.end_column)


def _halt(text: str) -> Halt:
    return Halt("target", text)


def _reached(target: StepTo) -> str:
    return f"line {target.line} of {os.path.basename(target.file)} is reached"


def _phase() -> dict[int, Check]:
    """A phase ends where a gradient call begins or returns, and where the next step begins."""

    def opened(event: e.Event) -> Halt | None:
        return _halt("the next step begins") if event[1] and not event[5] else None

    return {
        e.GRADIENT_STARTED: lambda event: _halt("the forward pass is over, the backward pass begins"),
        e.GRADIENT_FINISHED: lambda event: _halt("the backward pass is over"),
        e.TAPE_OPENED: opened,
    }


def _step() -> dict[int, Check]:
    begun: set[int] = set()

    def opened(event: e.Event) -> None:
        if event[1] and not event[5]:
            begun.add(get_ident())

    def check(event: e.Event) -> Halt | None:
        return _halt("the next step begins") if begun and get_ident() in begun else None

    return {e.TAPE_OPENED: opened, e.OP: check, e.BACKWARD: check, e.ASSIGNED: check}


def _node(target: StepTo) -> dict[int, Check]:
    line = Line(_where(target))
    known: dict[int, bool] = {}

    def is_there(site: int, name: str) -> bool:
        found = known.get(site)
        if found is None:
            found = known[site] = line.is_innermost(site)
        return found and name == target.op

    def forward(event: e.Event) -> Halt | None:
        return _halt(f"{target.op} has run") if is_there(event[6], event[2].name) and not event[9] else None

    def backward(event: e.Event) -> Halt | None:
        entry: Any = entry_of_rule()
        there = entry is not None and is_there(entry[6], entry[2].name)
        return _halt(f"the rule of {target.op} has run") if there else None

    return {e.BACKWARD: backward} if target.backward else {e.OP: forward}
