"""Name scopes (``tf.name_scope``)."""

from __future__ import annotations

import threading
from typing import Any

from tapeview.engine import dispatch


class _Scopes(threading.local):
    prefix = ""


_scopes = _Scopes()


def scoped(name: str) -> str:
    """``name`` inside the open name scopes (``"my/Variable"``)."""
    return _scopes.prefix + name


def prefix() -> str:
    """What the open name scopes put in front of names."""
    return _scopes.prefix


def set_prefix(text: str) -> None:
    """Replaces what the open name scopes put in front of names."""
    _scopes.prefix = text


class name_scope:
    """A context manager: variables made inside get ``name/`` in front of theirs."""

    def __init__(self, name: str | None, *_: Any, **__: Any) -> None:
        self._name = name
        self._outer: list[str] = []

    @property
    def name(self) -> str | None:
        """The scope's own name."""
        return self._name

    def __new__(cls, *_: Any, **__: Any) -> Any:
        """A scope of the deferred graph while one is being built."""
        if dispatch.building():
            from tapeview.engine.deferred.names import name_scope as deferred  # which needs this module

            return deferred(*_, **__)
        return object.__new__(cls)

    def __enter__(self) -> str:
        self._outer.append(_scopes.prefix)
        if self._name:
            _scopes.prefix = f"{_scopes.prefix}{self._name.rstrip('/')}/"
        return _scopes.prefix

    def __exit__(self, *_: object) -> None:
        _scopes.prefix = self._outer.pop()
