"""What the ``call`` method of a layer's class takes: found out once for each class."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class Signature:
    """The arguments of ``call`` without ``self``.

    Attributes:
        names: the arguments that can be given by position.
        training: it takes ``training`` (or any keyword).
        mask: it takes ``mask`` (or any keyword).
        default_training: the default of ``training``, None if there is none.
        defaults: the defaults of all arguments that have one.
    """

    __slots__ = ("default_training", "defaults", "mask", "names", "parameters", "training")

    def __init__(self, call: Callable[..., Any], bound: bool) -> None:
        parameters = list(inspect.signature(inspect.unwrap(call)).parameters.values())
        if not bound and parameters:
            parameters = parameters[1:]
        by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
        every = {p.name: p for p in parameters}
        self.parameters = [p for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
        self.names = [p.name for p in parameters if p.kind in by_position]
        self.training = takes_any or "training" in every
        self.mask = takes_any or "mask" in every
        self.defaults = {n: p.default for n, p in every.items() if p.default is not inspect.Parameter.empty}
        self.default_training = self.defaults.get("training")

    def place(self, name: str) -> int:
        """Where among the arguments after the first ``name`` stands; -1 if it can be given by keyword only."""
        return self.names.index(name) - 1 if name in self.names else -1


_known: dict[Any, Signature] = {}


def signature_of(layer: Any) -> Signature:
    """The signature of a layer's ``call``."""
    own = vars(layer).get("call")
    if own is not None:
        return Signature(own, bound=True)
    call = inspect.getattr_static(type(layer), "call")
    found = _known.get(call)
    if found is None:
        plain = isinstance(call, (staticmethod, classmethod))
        function = call.__func__ if plain else call
        found = _known[call] = Signature(function, bound=isinstance(call, staticmethod))
    return found
