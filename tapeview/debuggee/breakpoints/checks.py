"""From a breakpoint to functions that look at events: for each kind of event at most one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from threading import get_ident
from typing import Any

from tapeview.debuggee.adapters import events as e
from tapeview.debuggee.adapters.places import Where, entry_of_rule, variable_name
from tapeview.debuggee.adapters.running import first_value, in_run, node_of_run
from tapeview.debuggee.breakpoints.arrays import ArrayTest, array_test
from tapeview.debuggee.breakpoints.gradients import gradient_checks
from tapeview.debuggee.breakpoints.nodes import node_checks
from tapeview.debuggee.breakpoints.point import Point, said
from tapeview.debuggee.breakpoints.scalars import scalar_checks
from tapeview.debuggee.breakpoints.visits import Visits
from tapeview.debuggee.stops import Check, Halt

PointChecks = dict[int, Check]

SITE = {e.OP: 6, e.ASSIGNED: 6, e.GRADIENT_STARTED: 7, e.TAPE_OPENED: 6}
"""Where in an event its call site stands, for events by which the script is seen to be at a line."""


def checks_of(point: Point, held: Iterable[int] = ()) -> PointChecks:
    """The checks of a breakpoint; ``held`` are the threads that wait at an op."""
    if point.breakpoint.kind == "line":
        return _line(point, held)
    if point.breakpoint.kind == "rule":
        return {}  # a process of its own looks at these
    return _MAKERS[point.breakpoint.kind](point)


def line_checks(visits: Visits, hit: Callable[[e.Event, Any], Halt | None]) -> PointChecks:
    """``hit(event, frame)`` decides at the first event of each visit of a line."""
    checks: PointChecks = {}
    for kind, place in SITE.items():

        def check(event: e.Event, place: int = place) -> Halt | None:
            if in_run():
                return None  # ops of a node stand at the line where it was built: below
            frame = visits.begins(event[place], get_ident())
            return None if frame is None else hit(event, frame)

        checks[kind] = check

    def run(event: e.Event) -> Halt | None:
        frame = visits.runs(event[6], get_ident())
        return None if frame is None else hit(event, frame)

    def ran(event: e.Event) -> Halt | None:
        node = node_of_run(event[2])
        if node is None or node.kind == "constant":
            return None
        frame = visits.evaluates(node.site, get_ident())
        return None if frame is None else hit(event, frame)

    checks[e.RUN_STARTED], checks[e.NODE_RAN] = run, ran

    def leave(event: e.Event) -> None:
        visits.leave(get_ident())

    checks[e.TAPE_CLOSED] = leave
    return checks


def _line(point: Point, held: Iterable[int]) -> PointChecks:
    b = point.breakpoint
    place = f"line {b.line} of {os.path.basename(b.file)}"
    text = f"{place} is reached"

    def hit(event: e.Event, frame: Any) -> Halt | None:
        if event[0] == e.NODE_RAN:
            node = node_of_run(event[2])
            built = f"{node.name}, built at {place}, has run" if node is not None else text
            return point.hit(built, first_value(event), "", frame)
        op = event[0] == e.OP
        return point.hit(text, event[4][0]._array if op else None, event[2].name if op else "", frame)

    visits = Visits(Where(b.file, b.line, b.column, b.end_column))
    visits.is_there(held)
    return line_checks(visits, hit)


def _op(point: Point) -> PointChecks:
    matches = re.compile(translate(point.breakpoint.name)).match
    known: dict[str, bool] = {}

    def check(event: e.Event) -> Halt | None:
        name = event[2].name
        wanted = known.get(name)
        if wanted is None:
            wanted = known[name] = matches(name) is not None
        return point.hit(f"{name} has run", event[4][0]._array, name) if wanted else None

    return {e.OP: check}


def _value(point: Point) -> PointChecks:
    b = point.breakpoint
    test: ArrayTest = point.is_true_of if b.test == "expression" else array_test(b.test, b.limit)
    said = {
        "nan": "holds NaN",
        "inf": "holds an infinite number",
        "zero": "is zero everywhere",
        "above": f"holds a magnitude above {b.limit:g}",
        "expression": f"fulfils {b.expression}",
    }[b.test]
    numbers = "fciub" if b.test == "expression" else "fc"

    def forward(event: e.Event) -> Halt | None:
        for output in event[4]:
            array = output._array
            if array.dtype.kind in numbers and test(array):
                name = event[2].name
                return point.hit(f"the output of {name} {said}", array, name)
        return None

    def backward(event: e.Event) -> Halt | None:
        seq, contributions, totals = event[2], event[4], event[5]
        for sent in contributions if totals is contributions else (*contributions, *totals):
            if sent is not None:
                array = e.array_of(sent)
                if array.dtype.kind in numbers and test(array):
                    entry = entry_of_rule()
                    name = "an op" if entry is None else entry[2].name
                    return point.hit(f"a gradient that the rule of {name} sends {said}", array, name, seq=seq)
        return None

    def update(event: e.Event) -> Halt | None:
        array = event[3]._array
        if event[5] != "create" and array.dtype.kind in numbers and test(array):
            return point.hit(f"the new value of {variable_name(event[1])} {said}", array)
        return None

    return {e.OP: forward, e.BACKWARD: backward, e.ASSIGNED: update}


def _exception(point: Point) -> PointChecks:
    def check(event: e.Event) -> Halt | None:
        name = event[1].name
        point.note(event[5])
        return point.hit(f"{name} raised {said(event[5])}", None, name)

    return {e.FAILED: check}


def _step(point: Point) -> PointChecks:
    """Stops at the first op, backward step or update of a step."""
    b = point.breakpoint
    number = int(b.limit)
    due: dict[int, int] = {}

    def begin(event: e.Event) -> None:
        if event[1] and not event[5]:
            step = point.step
            if step % number == 0 if b.test == "every" else step == number:
                due[get_ident()] = step
            else:
                due.pop(get_ident(), None)

    def check(event: e.Event) -> Halt | None:
        if not due:
            return None
        step = due.pop(get_ident(), None)
        if step is None:
            return None
        op = event[0] == e.OP
        return point.hit(f"step {step} begins", event[4][0]._array if op else None, event[2].name if op else "")

    return {e.TAPE_OPENED: begin, e.OP: check, e.BACKWARD: check, e.ASSIGNED: check}


_MAKERS: dict[str, Callable[[Point], PointChecks]] = {
    "op": _op,
    "node": node_checks,
    "value": _value,
    "gradient": gradient_checks,
    "scalar": scalar_checks,
    "step": _step,
    "exception": _exception,
}
