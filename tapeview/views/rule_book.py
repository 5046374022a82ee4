"""The rules' levels and thresholds as the user set them: one object that everybody who runs rules shares."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from tapeview.breakpoints import Breakpoint
from tapeview.explain.rules import RULES, Settings, kept
from tapeview.views.signal import Signal


class RuleBook:
    """``settings`` say what was changed; ``changed`` carries the names of the rules that are others now."""

    def __init__(self, texts: Iterable[object] = ()) -> None:
        self.changed: Signal[frozenset[str]] = Signal()
        self.settings = kept(texts, RULES)

    def texts(self) -> list[str]:
        """What was changed, to be kept for the next time; what another version says is taken as far as it is known."""
        return self.settings.texts()

    def set(self, settings: Settings) -> None:
        """These are the levels and thresholds from now on."""
        before, self.settings = self.settings, settings
        other = [
            name
            for name, rule in RULES.items()
            if (before.level(rule), before.limits_of(rule)) != (settings.level(rule), settings.limits_of(rule))
        ]
        if other:
            self.changed.emit(frozenset(other))

    def applied(self, breakpoint: Breakpoint) -> Breakpoint:
        """A breakpoint as a script's process takes it: one on rules with the thresholds set here, unless it has its
        own. What is off here is meant by its whole name only.
        """
        if breakpoint.kind != "rule":
            return breakpoint
        meant = {name for name, rule in RULES.items() if fnmatchcase(name, breakpoint.name) and not rule.finds}
        levels = {name: level for name, level in self.settings.levels.items() if name in meant}
        limits = {key: limit for key, limit in self.settings.limits.items() if key[0] in meant}
        set_here = Settings({} if breakpoint.name in RULES else levels, limits)
        whole = ",".join([*set_here.texts(), *([breakpoint.expression] if breakpoint.expression else [])])
        return msgspec.structs.replace(breakpoint, expression=whole)
