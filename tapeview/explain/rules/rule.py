"""What a rule is: a check with thresholds that one can see and change, a level, and words for learners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tapeview.explain.context import Context
from tapeview.explain.finding import LEVELS, Finding
from tapeview.trace.query import Recording

OFF = "off"

Limits = Mapping[str, float]
"""The thresholds of one rule by their names."""


class Threshold(NamedTuple):
    """A number on which a rule depends: its name, what it is unless changed, and what it means."""

    name: str
    default: float
    meaning: str


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


OfTraining = Callable[[Recording, Limits], Iterator[Hit]]
OfStep = Callable[[Context, Limits], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    """``name`` is stable, for programs and options; ``title`` what it is called in sentences. ``meaning`` says what it
    means when it fires and ``advice`` what to try. It looks either at the whole training (``training``) or at one
    step at a time (``step``).
    """

    name: str
    title: str
    level: str
    meaning: str
    advice: str
    thresholds: tuple[Threshold, ...] = ()
    training: OfTraining | None = None
    step: OfStep | None = None


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
            f"{rule}.{name}={value:g}" for (rule, name), value in self.limits.items()
        ]


class SettingError(ValueError):
    """A text does not set a rule; the message is one sentence for the user."""


def parse(texts: list[str], rules: Mapping[str, Rule]) -> Settings:
    """Settings from texts like ``dead-relu=off`` and ``dead-relu.units=0.7``.

    Raises:
        SettingError: there is no such rule, level or threshold.
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
            if right not in (OFF, *LEVELS):
                raise SettingError(f"“{right}” is no level of the rule {name}: take {', '.join((OFF, *LEVELS))}")
            levels[name] = right
            continue
        known = [one.name for one in rule.thresholds]
        if threshold not in known:
            raise SettingError(f"the rule {name} has no threshold “{threshold}”: it has {', '.join(known) or 'none'}")
        try:
            limits[name, threshold] = float(right)
        except ValueError:
            raise SettingError(f"“{right}” is no number for {left}") from None
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
