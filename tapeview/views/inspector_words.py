"""Words of the Inspector's sheets: the letters of formulas, rules, attributes, plurals."""

from __future__ import annotations

from typing import Any

from tapeview.trace.records import OpInfo
from tapeview.views.numbers import number
from tapeview.views.text import tr


def input_symbols(info: OpInfo | None, count: int) -> tuple[str, ...]:
    """The formula's letters for ``count`` inputs; variadic ops number theirs."""
    known = info.inputs if info is not None else ()
    if len(known) >= count:
        return known[:count]
    stem = known[0] if len(known) == 1 else "x"
    return tuple(f"{stem}[{k}]" for k in range(count))


def formula(rule: str) -> str:
    """A rule as it is read: ``g * 2 * x`` is ``g · 2 · x``."""
    return rule.replace(" * ", " · ").replace(" - ", " − ")


def saved_words(info: OpInfo | None) -> tuple[str, ...]:
    """What the rules need from the forward pass, in words."""
    return tuple(tr("output") if name == "output" else name for name in info.saved) if info is not None else ()


def attribute(value: Any) -> str:
    """An attribute as text."""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        return "(" + ", ".join(attribute(one) for one in value) + ("," if len(value) == 1 else "") + ")"
    return str(value)


def plural(count: int, one: str, many: str) -> str:
    """``one`` or ``many`` with the count filled in."""
    return (one if count == 1 else many).format(n=count)
