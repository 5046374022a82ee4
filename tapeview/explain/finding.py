"""What an explanation is: plain data, so that a window, a terminal and a program can all show it."""

from __future__ import annotations

import msgspec

NOTE, WARNING, ERROR = "note", "warning", "error"
LEVELS = (NOTE, WARNING, ERROR)
"""From the mildest. A note is worth knowing, a warning probably a mistake, an error makes the result unusable."""


class Hop(msgspec.Struct, frozen=True):
    """One station of a path: the op ``op`` (its ``seq``; 0 = no op), its type or rule as ``name``, the tensor that it
    passed on, the line of it, and a few words on what happens there. ``backward`` tells a rule from the op itself.
    """

    op: int
    name: str
    tensor: int
    line: int
    words: str = ""
    backward: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One explanation.

    ``kind`` is ``"none"``, ``"zero"``, ``"nonfinite"`` or ``"huge"``; ``cause`` a stable word for programs.
    ``subject`` is what it is about under the user's name. ``op`` and ``input`` are the edge at which it happens: the
    ``seq`` of an op (0 = no op) and the number of one of its inputs (-1 = none). ``site`` is the call site and
    ``file``, ``line`` the place of it; a line can be known where no op ran, and then ``site`` is 0. ``tensor`` is the
    value at that place. ``text`` says what it is and what it means here, ``advice`` what to do. ``path`` leads from
    the beginning to the end. ``poisoned`` names what went wrong through it, ``elements`` the elements that did it;
    ``backward`` says that a gradient rule did. ``steps`` counts the steps in which the same was found, of which
    ``step`` is the first and ``last`` the last.
    """

    kind: str
    cause: str
    level: str
    step: int
    subject: str
    op: int
    op_name: str
    input: int
    site: int
    file: int
    line: int
    tensor: int
    text: str
    advice: str
    path: tuple[Hop, ...] = ()
    poisoned: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    backward: bool = False
    steps: int = 1
    last: int = -1
