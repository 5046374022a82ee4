"""The Inspector's sheet: everything it says about one subject, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from tapeview.views.reasons import Why
from tapeview.views.workspace import Cursor

TABS = ("value", "gradient", "inputs", "details")


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of a sheet, a line in a list; the chosen one is drawn below.

    ``symbol`` is the formula's letter for it (``a``), ``name`` the user's (``w``). ``status`` is ``value`` (there is
    one),
    ``none`` (there is no gradient), ``next`` (it comes at ``jump``) or ``unknown`` (nothing was kept). ``brief`` says
    it in a few words.
    """

    key: str
    symbol: str
    name: str
    tensor: int
    shape: str = ""
    dtype: str = ""
    brief: str = ""
    status: str = "value"
    role: str = "value"
    bad: bool = False
    minus: int = 0
    """With another tensor's id, the difference to it is meant."""
    jump: Cursor | None = None
    why: Why | None = None
    ask: str = ""
    """What the question "why?" is about: ``none``, ``nonfinite``, ``zero``, ``huge``, or "" if there is none."""
    about: int = 0
    """The value whose gradient is None."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the Inspector shows. ``kind`` is ``op``, ``backward``, ``update``, ``tensor``, ``variable`` or ``empty``.

    ``error`` is the message of an op that raised.
    """

    kind: str = "empty"
    title: str = ""
    expression: str = ""
    where: str = ""
    rules: tuple[str, ...] = ()
    rules_none: str = ""
    tabs: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    details: tuple[tuple[str, str], ...] = ()
    whys: tuple[Why, ...] = ()
    doc: str = ""
    first_tab: str = "value"
    error: str = ""
    fans: tuple[tuple[int, int], ...] = ()
    """Values that several ops sent a gradient to, each with the gradient call."""
