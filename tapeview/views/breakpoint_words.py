"""A breakpoint in the words of a person."""

from __future__ import annotations

from pathlib import PurePath

from tapeview.breakpoints import Breakpoint
from tapeview.views.text import tr


def in_words(b: Breakpoint) -> str:
    """What it looks at: ``line 31 of train.py``, ``the gradient of w is None``."""
    words = _what(b)
    return words if b.log is None else tr("{what} · writes “{text}”").format(what=words, text=b.log)


def condition_words(b: Breakpoint) -> str:
    """When it counts besides: ``i > 3 · from hit 2``; "" = always."""
    parts = [b.condition] if b.condition else []
    if b.after > 1:
        parts.append(tr("from hit {n}").format(n=b.after))
    return " · ".join(parts)


def _what(b: Breakpoint) -> str:
    limit = f"{b.limit:g}"
    match b.kind:
        case "line":
            words = tr("line {line} of {file}").format(line=b.line, file=PurePath(b.file).name)
            if b.column < 0:
                return words
            columns = tr("columns {first}–{last}").format(first=b.column + 1, last=b.end_column)
            return f"{words}, {columns}"
        case "op":
            return tr("every op {name}").format(name=b.name)
        case "node":
            return tr("the result {name}").format(name=b.name)
        case "value":
            return {
                "nan": tr("an output holds NaN"),
                "inf": tr("an output holds an infinity"),
                "zero": tr("an output is all zero"),
                "above": tr("an output’s magnitude is above {limit}").format(limit=limit),
                "expression": tr("an output with {expression}").format(expression=b.expression),
            }.get(b.test, b.test)
        case "gradient":
            of = tr("the gradient of {name}").format(name=b.name) if b.name else tr("any gradient")
            return {
                "none": tr("{of} is None"),
                "nan": tr("{of} holds NaN"),
                "inf": tr("{of} holds an infinity"),
                "zero": tr("{of} is all zero"),
                "above": tr("{of} has a norm above {limit}"),
                "below": tr("{of} has a norm below {limit}"),
            }.get(b.test, "{of}").format(of=of, limit=limit)
        case "scalar":
            words = {
                "above": tr("{name} is above {limit}"),
                "below": tr("{name} is below {limit}"),
                "rises": tr("{name} rises by {limit} %"),
            }.get(b.test, "{name}")
            return words.format(name=b.name or "loss", limit=limit)
        case "step":
            return (tr("every {n} training steps") if b.test == "every" else tr("training step {n}")).format(n=limit)
        case "rule":
            words = tr("any rule fires") if b.name == "*" else tr("the rule {name} fires").format(name=b.name)
            return f"{words} ({b.expression})" if b.expression else words
    return tr("an exception")
