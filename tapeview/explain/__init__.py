"""Findings: what a recording tells about a ``None``, an all-zero gradient, a NaN, in words and as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from tapeview.explain.context import Context
from tapeview.explain.finding import ERROR, LEVELS, NOTE, WARNING, Finding, Hop
from tapeview.explain.huge import HUGE, explain_huge
from tapeview.explain.none import explain_none
from tapeview.explain.nonfinite import explain_nonfinite
from tapeview.explain.route import PathStation, Route, route, route_to
from tapeview.explain.rules import (
    DEFAULTS,
    RULES,
    SettingError,
    Settings,
    check_step,
    check_training,
    leveled,
    looked_for,
)
from tapeview.explain.senders import Contribution, FanOut, fan_out, gradients
from tapeview.explain.why import missing, odd, spread, why, why_none
from tapeview.explain.zero import ORDINARY, explain_zero
from tapeview.trace.query import Recording

__all__ = [
    "ERROR",
    "HUGE",
    "LEVELS",
    "NOTE",
    "RULES",
    "WARNING",
    "Contribution",
    "FanOut",
    "Finding",
    "Gathered",
    "Hop",
    "PathStation",
    "Route",
    "SettingError",
    "Settings",
    "check_training",
    "explain",
    "explain_step",
    "fan_out",
    "gradients",
    "missing",
    "odd",
    "route",
    "route_to",
    "spread",
    "why",
    "why_none",
]


def explain_step(recording: Recording, step: int, *, alone: bool = True, rules: Settings = DEFAULTS) -> list[Finding]:
    """The findings of one step.

    Args:
        alone: whether to tell also what is of no interest where all steps are looked at: of variables that were NaN or
            Inf before the step and where that began, and of gradients that are zero as they are at a minimum.
        rules: the levels and thresholds of the rules, those included that stand for findings of a kind.

    Raises:
        IndexError: there is no such step.
    """
    context = Context(recording, recording.step(step))
    found = list[Finding]()
    if looked_for("nonfinite", rules):
        found += explain_nonfinite(context, inherited=alone)
    if looked_for("huge", rules):
        found += explain_huge(context, rules.limits_of(RULES["huge-numbers"])["limit"])
    if looked_for("none", rules):
        found += explain_none(context)
    found += check_step(context, rules)
    if looked_for("zero", rules) and (alone or context.screen.finite):
        # Anything divided by Inf is 0, which says nothing of its own.
        found += [f for f in explain_zero(context) if alone or f.cause not in ORDINARY]
    if alone and any(finding.cause == "bad before the step" for finding in found):
        found = [*_began(recording, step), *found]
    return leveled(found, rules)


def _began(recording: Recording, step: int) -> Iterator[Finding]:
    """What began, in the nearest earlier step, of what a step was given."""
    for earlier in range(step - 1, -1, -1):
        context = Context(recording, recording.step(earlier))
        found = [f for f in explain_nonfinite(context, inherited=True) if f.level == ERROR]
        own = [f for f in found if f.cause != "bad before the step"]
        if own or not found:
            yield from own
            return


def explain(
    recording: Recording,
    stopped: Callable[[], bool] = lambda: False,
    rules: Settings = DEFAULTS,
) -> list[Finding]:
    """The findings of all steps. What is the same in several steps is one finding, with the first of them.

    Args:
        stopped: asked before each step; once it says True, what was found so far is all.
        rules: the levels and thresholds of the rules, those included that stand for findings of a kind.
    """
    gathered = Gathered()
    for step in range(recording.step_count):
        if stopped():
            break
        gathered.add(explain_step(recording, step, alone=False, rules=rules))
    gathered.add(check_training(recording, rules, stopped))
    return gathered.findings()


class Gathered:
    """Findings of several steps, in any order, in each of which the same may be found again."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Finding] = {}

    def add(self, findings: list[Finding]) -> None:
        """The findings of one more step."""
        for finding in findings:
            place = (finding.file, finding.line, finding.op_name, finding.backward)
            key = (finding.kind, finding.cause, finding.level, finding.subject, *place)
            known = self._found.get(key)
            if known is None:
                self._found[key] = msgspec.structs.replace(finding, last=finding.step)
                continue
            first, last = (finding, known.last) if finding.step < known.step else (known, max(known.last, finding.step))
            self._found[key] = msgspec.structs.replace(first, steps=known.steps + 1, last=last)

    def findings(self) -> list[Finding]:
        """In the order of their first steps."""
        return sorted(self._found.values(), key=lambda finding: finding.step)
