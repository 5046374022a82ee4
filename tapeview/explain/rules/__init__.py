"""Rules: what goes wrong in trainings again and again, each with thresholds that one can see and change."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tapeview.explain import code
from tapeview.explain.context import Context
from tapeview.explain.finding import Finding
from tapeview.explain.rules.rule import (
    FOUND,
    OFF,
    Hit,
    Rule,
    SettingError,
    Settings,
    Threshold,
    finding,
    kept,
    number_text,
    parse,
)
from tapeview.explain.rules.table import OF_KIND, RULES
from tapeview.trace.query import Recording

__all__ = [
    "DEFAULTS",
    "FOUND",
    "OFF",
    "OF_KIND",
    "RULES",
    "Hit",
    "Rule",
    "SettingError",
    "Settings",
    "Threshold",
    "check_step",
    "check_training",
    "kept",
    "leveled",
    "looked_for",
    "number_text",
    "parse",
    "rule_of",
]

DEFAULTS = Settings()
"""Nothing changed."""


def check_step(context: Context, settings: Settings = DEFAULTS) -> list[Finding]:
    """What the rules on single steps say of one step."""
    found = list[Finding]()
    for rule in RULES.values():
        level = settings.level(rule)
        if rule.step is not None and level != OFF:
            for hit in rule.step(context, settings.limits_of(rule)):
                found.append(finding(rule, level, hit, code.place(context.recording, hit.site)))
    return found


def check_training(
    recording: Recording, settings: Settings = DEFAULTS, stopped: Callable[[], bool] = lambda: False
) -> list[Finding]:
    """What the rules on whole trainings say, by now.

    Args:
        stopped: asked before each rule; once it says True, what was found so far is all.
    """
    found = list[Finding]()
    for rule in RULES.values():
        level = settings.level(rule)
        if rule.training is None or level == OFF:
            continue
        if stopped():
            break
        for hit in rule.training(recording, settings.limits_of(rule)):
            found.append(finding(rule, level, hit, code.place(recording, hit.site)))
    # Who stays as they are is moved by too little, too: that is one trouble.
    same = {one.subject for one in found if one.cause == "unchanged-weights"}
    return [one for one in found if one.cause != "update-ratio" or one.subject not in same]


def looked_for(kind: str, settings: Settings) -> bool:
    """Whether findings of a kind are wanted: "nonfinite", "huge", "none" or "zero"."""
    return settings.level(OF_KIND[kind]) != OFF


def leveled(found: list[Finding], settings: Settings) -> list[Finding]:
    """Findings with the levels that the rules which stand for their kinds were given."""
    return [_leveled(one, settings) for one in found]


def _leveled(one: Finding, settings: Settings) -> Finding:
    rule = OF_KIND.get(one.kind)
    level = settings.level(rule) if rule is not None else FOUND
    return one if level in (FOUND, one.level) else msgspec.structs.replace(one, level=level)


def rule_of(found: Finding) -> Rule | None:
    """The rule that a finding is of, or that stands for its kind."""
    return RULES.get(found.cause) if found.kind == "rule" else OF_KIND.get(found.kind)
