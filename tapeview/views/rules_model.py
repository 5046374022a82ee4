"""What the rules' dialog shows: every rule, its level, its thresholds, and how much it found."""

from __future__ import annotations

from typing import NamedTuple

from tapeview.explain.rules import FOUND, OFF, RULES, Rule, SettingError, Settings, number_text, rule_of
from tapeview.views.explained import Explained
from tapeview.views.inspector_words import plural
from tapeview.views.rule_book import RuleBook
from tapeview.views.signal import Signal
from tapeview.views.text import tr


class RuleRow(NamedTuple):
    """A rule in the list. ``level`` is one of `levels`, ``level_words`` what it is called, with what it was unless
    changed; ``found`` counts its findings, -1 if it does not look.
    """

    name: str
    title: str
    level: str
    level_words: str
    changed: bool
    found: int


class LevelChoice(NamedTuple):
    """A level, and what it is called."""

    level: str
    words: str


class ThresholdRow(NamedTuple):
    """A threshold: its value and what it is unless changed, as texts, and what it means."""

    name: str
    text: str
    default: str
    meaning: str
    changed: bool


class RulePage(NamedTuple):
    """All about one rule. ``breakpoint`` is its text form as a breakpoint, "" if it cannot be one."""

    name: str
    title: str
    fires: str
    meaning: str
    advice: str
    level: str
    levels: tuple[LevelChoice, ...]
    thresholds: tuple[ThresholdRow, ...]
    changed: bool
    breakpoint: str


class RulesModel:
    """``rows`` of all rules, and the ``page`` of the one ``chosen``. ``changed`` after something of it changed.

    Args:
        book: where levels and thresholds are set, from here too.
        explained: what the rules found.
    """

    def __init__(self, book: RuleBook, explained: Explained) -> None:
        self.changed: Signal[()] = Signal()
        self._book, self._explained = book, explained
        self.chosen = next(iter(RULES))
        self.rows: tuple[RuleRow, ...] = ()
        self._disconnects = (
            book.changed.connect(lambda _names: self._read()),
            explained.changed.connect(lambda reasons: self._read() if reasons & {"findings", "progress"} else None),
        )
        self._read()

    def dispose(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnects:
            disconnect()

    @property
    def page(self) -> RulePage:
        """The rule that is chosen."""
        rule, settings = RULES[self.chosen], self._book.settings
        limits = settings.limits_of(rule)
        return RulePage(
            rule.name,
            title(rule),
            rule.fires,
            rule.meaning,
            rule.advice,
            settings.level(rule),
            tuple(LevelChoice(level, level_name(level)) for level in rule.levels),
            tuple(
                ThresholdRow(
                    one.name, number_text(limits[one.name]), number_text(one.default), one.meaning,
                    limits[one.name] != one.default,
                )
                for one in rule.thresholds
            ),
            settings.changes(rule),
            "" if rule.finds else f"rule:{rule.name}",
        )  # fmt: skip

    @property
    def any_changed(self) -> bool:
        """Whether some rule is not as it is unless changed."""
        return self._book.settings != Settings()

    @property
    def progress(self) -> str:
        """How far the steps were looked at, or what came of it."""
        done, total = self._explained.progress
        if done < total:
            return tr("Looking: {done} of {total} steps …").format(done=done, total=total)
        if not total:
            return tr("Nothing was recorded yet.")
        count = len(self._explained.findings())
        findings = plural(count, tr("1 finding"), tr("{n} findings")) if count else tr("nothing found")
        return f"{findings} · {plural(total, tr('1 step'), tr('{n} steps'))}"

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def choose(self, name: str) -> None:
        """Turn to a rule; what is none is passed over."""
        if name in RULES and name != self.chosen:
            self.chosen = name
            self.changed.emit()

    def set_level(self, name: str, level: str) -> None:
        """Give a rule a level. One that it cannot have is passed over."""
        rule = RULES[name]
        if level in rule.levels:
            self._book.set(self._book.settings.with_level(rule, level))

    def shift_level(self, name: str, by: int) -> None:
        """Give a rule the next level (-1: the one before)."""
        rule = RULES[name]
        place = rule.levels.index(self._book.settings.level(rule)) + by
        if 0 <= place < len(rule.levels):
            self.set_level(name, rule.levels[place])

    def set_threshold(self, name: str, threshold: str, text: str) -> str:
        """Give a rule's threshold a value. Returns the sentence that says why it cannot have that, else ""."""
        rule = RULES[name]
        try:
            one = rule.threshold(threshold)
            value = one.read(text)
        except SettingError as error:
            sentence = str(error)
            return sentence[:1].upper() + sentence[1:] + "."
        self._book.set(self._book.settings.with_limit(rule, one, value))
        return ""

    def reset(self, name: str) -> None:
        """Give a rule its level and thresholds back."""
        self._book.set(self._book.settings.without(RULES[name]))

    def reset_all(self) -> None:
        """Give all rules their levels and thresholds back."""
        self._book.set(Settings())

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        found = [rule.name for one in self._explained.findings() if (rule := rule_of(one.finding)) is not None]
        settings = self._book.settings
        self.rows = tuple(
            RuleRow(
                name,
                title(rule),
                settings.level(rule),
                _level_words(rule, settings),
                settings.changes(rule),
                found.count(name) if settings.level(rule) != OFF else -1,
            )
            for name, rule in RULES.items()
        )
        self.changed.emit()


def title(rule: Rule) -> str:
    """What a rule is called at the beginning of a line."""
    return rule.title[:1].upper() + rule.title[1:]


def level_name(level: str) -> str:
    """What a level is called."""
    names = {
        OFF: tr("Off"),
        FOUND: tr("Depends"),
        "note": tr("Note"),
        "warning": tr("Warning"),
        "error": tr("Error"),
    }
    return names.get(level, level)


def _level_words(rule: Rule, settings: Settings) -> str:
    level = settings.level(rule)
    if level == rule.level:
        return level_name(level) + (" · " + tr("limits changed") if settings.changes(rule) else "")
    return tr("{level} (was {before})").format(level=level_name(level), before=level_name(rule.level).lower())


def rule_words(name: str, settings: Settings) -> str:
    """A rule with its thresholds, as a link beside a finding of it says it."""
    rule = RULES[name]
    limits = [f"{one} {number_text(value)}" for one, value in settings.limits_of(rule).items()]
    words = ", ".join(limits) if limits else tr("no thresholds")
    return tr("Rule “{title}”: {limits} …").format(title=rule.title, limits=words)
