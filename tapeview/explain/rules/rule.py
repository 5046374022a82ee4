"""What a rule is: a check with thresholds that one can see and change, a level, and words for learners."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tapeview.explain.context import Context
from tapeview.explain.finding import LEVELS, Finding
from tapeview.trace.query import Recording

OFF = "off"
FOUND = "found"
"""The level of a rule whose findings have levels of their own."""

Limits = Mapping[str, float]
"""The thresholds of one rule by their names."""


class SettingError(ValueError):
    """A text does not set a rule; the message is one sentence for the user."""


class Threshold(NamedTuple):
    """A number on which a rule depends: its name, what it is unless changed, and what it means. One that counts
    something is ``whole``, and 1 at least.
    """

    name: str
    default: float
    meaning: str
    whole: bool = False

    def read(self, text: str) -> float:
        """The number that a text says; ``70%`` is 0.7.

        Raises:
            SettingError: it says none that can be taken.
        """
        words = text.strip()
        share = words.endswith("%")
        try:
            number = float(words.removesuffix("%")) / (100 if share else 1)
        except ValueError:
            number = math.nan
        if self.whole and not (number.is_integer() and 1 <= number <= _LARGEST):
            raise SettingError(f"“{words}” cannot be “{self.name}”: take a whole number from 1 on")
        if not (math.isfinite(number) and number >= 0):
            raise SettingError(f"“{words}” cannot be “{self.name}”: take a number from 0 on, such as {self.default:g}")
        return number


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule fires: the step, what it is about under the user's name, and the evidence in words.

    ``op`` is the ``seq`` of an op (0 = none) with its type ``op_name``; ``site`` a call site, ``tensor`` the value.
    """

    step: int
    subject: str
    evidence: str
    op: int = 0
    op_name: str = ""
    site: int = 0
    tensor: int = 0
    input: int = -1
    backward: bool = False


_LARGEST = 10**9

OfTraining = Callable[[Recording, Limits], Iterator[Hit]]
OfStep = Callable[[Context, Limits], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """``name`` is stable, for programs and options; ``title`` what it is called in sentences. ``fires`` says what
    makes it fire, ``meaning`` what that means, ``advice`` what to try. It looks either at the whole training
    (``training``) or at one step at a time (``step``); one that does neither stands for findings of a kind (``finds``),
    which are there anyway: with it they get a level and a limit.
    """

    name: str
    title: str
    level: str
    fires: str
    meaning: str
    advice: str
    thresholds: tuple[Threshold, ...] = ()
    training: OfTraining | None = None
    step: OfStep | None = None
    finds: str = ""

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that it can have, the mildest first."""
        return (OFF, *([FOUND] if self.finds else []), *LEVELS)

    def threshold(self, name: str) -> Threshold:
        """One of its thresholds.

        Raises:
            SettingError: it has none of that name.
        """
        for one in self.thresholds:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.thresholds) or "none"
        raise SettingError(f"the rule {self.name} has no threshold “{name}”: it has {known}")


@dataclass(frozen=True)
class Settings:
    """Which levels and thresholds were changed: by the rule's name, and by (rule's name, threshold's name)."""

    levels: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def level(self, rule: Rule) -> str:
        """The level of a rule: "off", "note", "warning" or "error"."""
        return self.levels.get(rule.name, rule.level)

    def limits_of(self, rule: Rule) -> Limits:
        """The thresholds of a rule."""
        return {one.name: self.limits.get((rule.name, one.name), one.default) for one in rule.thresholds}

    def texts(self) -> list[str]:
        """What was changed, as texts that :func:`parse` reads."""
        return [f"{name}={level}" for name, level in self.levels.items()] + [
            f"{rule}.{name}={number_text(value)}" for (rule, name), value in self.limits.items()
        ]

    def with_level(self, rule: Rule, level: str) -> Settings:
        """These, with another level of a rule."""
        levels = {name: one for name, one in self.levels.items() if name != rule.name}
        return Settings(levels if level == rule.level else {**levels, rule.name: level}, self.limits)

    def with_limit(self, rule: Rule, threshold: Threshold, value: float) -> Settings:
        """These, with another value of a threshold."""
        key = rule.name, threshold.name
        limits = {name: one for name, one in self.limits.items() if name != key}
        return Settings(self.levels, limits if value == threshold.default else {**limits, key: value})

    def without(self, rule: Rule) -> Settings:
        """These, with a rule as it is unless changed."""
        levels = {name: one for name, one in self.levels.items() if name != rule.name}
        return Settings(levels, {key: one for key, one in self.limits.items() if key[0] != rule.name})

    def changes(self, rule: Rule) -> bool:
        """Whether something of a rule is not as it is unless changed."""
        return rule.name in self.levels or any(name == rule.name for name, _ in self.limits)


def number_text(value: float) -> str:
    """A number as short as it can be without losing anything."""
    text = f"{value:g}"
    return text if float(text) == value else repr(value)


def kept(texts: Iterable[object], rules: Mapping[str, Rule]) -> Settings:
    """Settings from texts that were kept, perhaps by another version: what sets no rule of today's is left out."""
    levels: dict[str, str] = {}
    limits: dict[tuple[str, str], float] = {}
    for text in texts:
        with contextlib.suppress(SettingError):
            one = parse([str(text)], rules)
            levels.update(one.levels)
            limits.update(one.limits)
    return Settings(levels, limits)


def parse(texts: Iterable[str], rules: Mapping[str, Rule]) -> Settings:
    """Settings from texts like ``dead-relu=off`` and ``dead-relu.units=0.7``.

    Raises:
        SettingError: there is no such rule, level or threshold, or the threshold cannot be that.
    """
    levels: dict[str, str] = {}
    limits: dict[tuple[str, str], float] = {}
    for text in texts:
        left, sign, right = text.partition("=")
        name, dot, threshold = left.strip().partition(".")
        rule = rules.get(name)
        if not sign or rule is None:
            raise SettingError(f"no rule is meant by “{text}”: write RULE=LEVEL or RULE.THRESHOLD=NUMBER with one of "
                               f"{', '.join(rules)}")  # fmt: skip
        if not dot:
            if right not in rule.levels:
                raise SettingError(f"“{right}” is no level of the rule {name}: take {', '.join(rule.levels)}")
            levels[name] = right
            continue
        limits[name, threshold] = rule.threshold(threshold).read(right)
    return Settings(levels, limits)


def finding(rule: Rule, level: str, hit: Hit, place: tuple[int, int]) -> Finding:
    """A hit of a rule as a finding. ``place`` is the file and line of it."""
    return Finding(
        "rule",
        rule.name,
        level,
        hit.step,
        hit.subject,
        hit.op,
        hit.op_name,
        hit.input,
        hit.site,
        *place,
        hit.tensor,
        f"{hit.evidence} {rule.meaning}",
        rule.advice,
        backward=hit.backward,
    )
