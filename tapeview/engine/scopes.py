"""Named parts of a computation: a layer's call, or a block the user gave a name."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from tapeview.engine import callsite, observe
from tapeview.engine.state import state

_next_scope = itertools.count(1).__next__
_get_ident = threading.get_ident


class _Innermost(threading.local):
    scope: int = 0


_innermost = _Innermost()


class scope:
    """``with scope("encoder"):`` gives the ops inside a name by which they are shown together; scopes may be nested.

    With no listener it costs one truth test. An object serves one ``with`` at a time.

    Args:
        name: what the part is called.
        kind: "block", "layer" for the call of a layer, "function" for that of a ``tf.function``.
        site: where it stands in the script, if that is known; else the call that opens it.
    """

    __slots__ = ("_kind", "_name", "_number", "_outer", "_site")

    def __init__(self, name: str, kind: str = "block", site: int | None = None) -> None:
        self._name = name
        self._kind = kind
        self._number = 0
        self._site = site

    def __enter__(self) -> scope:
        sink = observe.sink
        if sink is not None:
            self._outer = outer = _innermost.scope
            self._number = _innermost.scope = number = _next_scope()
            site = callsite.here() if self._site is None else self._site
            sink((observe.SCOPE_OPENED, number, str(self._name), self._kind, _get_ident(), outer, site))
        return self

    def __exit__(self, *_: Any) -> None:
        if not self._number:
            return
        _innermost.scope = self._outer
        if not state.tapes:
            callsite.forget()
        sink = observe.sink
        if sink is not None:
            sink((observe.SCOPE_CLOSED, self._number))
        self._number = 0
