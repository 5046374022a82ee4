"""Rules: what goes wrong in trainings again and again, each with thresholds that one can see and change."""

from __future__ import annotations

from collections.abc import Callable

from tapeview.explain import code
from tapeview.explain.context import Context
from tapeview.explain.finding import Finding
from tapeview.explain.rules.rule import OFF, Hit, Rule, SettingError, Settings, Threshold, finding, parse
from tapeview.explain.rules.table import RULES
from tapeview.trace.query import Recording

__all__ = [
    "DEFAULTS",
    "OFF",
    "RULES",
    "Hit",
    "Rule",
    "SettingError",
    "Settings",
    "Threshold",
    "check_step",
    "check_training",
    "parse",
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
    return found
