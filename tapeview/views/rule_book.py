"""The rules' levels and thresholds as the user set them: one object that everybody who runs rules shares."""

from __future__ import annotations

from collections.abc import Iterable

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
