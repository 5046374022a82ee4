"""Expressions over recorded values: a small part of Python, worked out on NumPy arrays, that can do nothing else.

There is no attribute but those listed in `functions`, no name but those given, no statement; results are limited in
size and the whole in time.
"""

from __future__ import annotations

import ast
import math
import operator
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from tapeview.views.functions import (
    ATTRIBUTES,
    BUILTINS,
    METHODS,
    MODULES,
    Module,
    TooLarge,
    as_array,
    check_elements,
    guard,
    item,
)
from tapeview.views.text import tr

Value = Any
"""A NumPy array (also of no dimension), a Python number, or a tuple, list or dict of values."""

LONGEST = 2000
NODES = 500
SECONDS = 2.0

_BINARY: Final[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
}
_UNARY: Final[Mapping[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
_COMPARE: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class ExpressionError(Exception):
    """An expression has no value here; the message is one sentence for the user.

    ``elsewhere`` tells that the running script may know better: a name that was not recorded, or Python that is not
    understood here.
    """

    def __init__(self, sentence: str, *, elsewhere: bool = False) -> None:
        super().__init__(sentence)
        self.elsewhere = elsewhere


class Expression:
    """A text that was understood. ``names`` are what it asks for."""

    def __init__(self, text: str) -> None:
        """Raises ExpressionError if the text is no expression, or too long."""
        self.text = text.strip()
        if len(self.text) > LONGEST:
            raise ExpressionError(tr("The expression is too long."))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._tree = ast.parse(self.text, mode="eval").body
            nodes = list(ast.walk(self._tree))
        except SyntaxError as error:
            raise ExpressionError(tr("Not a Python expression: {reason}.").format(reason=error.msg)) from None
        except (ValueError, RecursionError, MemoryError):
            raise ExpressionError(tr("Not a Python expression.")) from None
        if len(nodes) > NODES:
            raise ExpressionError(tr("The expression is too long."))
        self.names = tuple(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))

    def value(self, lookup: Callable[[str], Value], *through: type[Exception]) -> Value:
        """Its value. ``lookup`` gives that of a name, or raises KeyError; what it raises of ``through`` is raised here.

        Raises:
            ExpressionError: it has none.
        """
        try:
            with np.errstate(all="ignore"):
                value = _Evaluation(lookup).of(self._tree)
            if callable(value) or isinstance(value, Module):
                raise ExpressionError(tr("That is a function; call it."))
            return value
        except ExpressionError:
            raise
        except through:
            raise
        except TooLarge:
            raise ExpressionError(tr("The result would be too large.")) from None
        except MemoryError:
            raise ExpressionError(tr("There is not enough memory for that.")) from None
        except RecursionError:
            raise ExpressionError(tr("The expression is nested too deeply.")) from None
        except Exception as error:  # whatever NumPy has against the arguments
            raise ExpressionError(
                f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            ) from None


class _Evaluation:
    def __init__(self, lookup: Callable[[str], Value]) -> None:
        self._lookup = lookup
        self._until = time.monotonic() + SECONDS

    def of(self, node: ast.expr) -> Value:
        if time.monotonic() > self._until:
            raise ExpressionError(tr("That takes too long."))
        match node:
            case ast.Constant(value=value):
                if value is None or isinstance(value, bool | int | float | complex | str):
                    return _small(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(_BINARY.get(type(op)), self.of(left), self.of(right))
            case ast.UnaryOp(op=op, operand=operand):
                return guard(_UNARY[type(op)](_number(self.of(operand))))
            case ast.BoolOp(op=op, values=values):
                return self._both(isinstance(op, ast.And), values)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.of(body) if bool(self.of(test)) else self.of(orelse)
            case ast.Tuple(elts=items):
                return tuple(self.of(item) for item in items)
            case ast.List(elts=items):
                return [self.of(item) for item in items]
            case ast.Subscript(value=value, slice=index):
                return guard(_item(self.of(value), self._index(index)))
            case ast.Attribute(value=value, attr=name):
                return self._attribute(self.of(value), name)
            case ast.Call():
                return self._call(node)
        raise ExpressionError(
            tr("“{text}” is not understood in a recording.").format(text=ast.unparse(node)[:60]), elsewhere=True
        )

    def _name(self, name: str) -> Value:
        try:
            return self._lookup(name)
        except KeyError:
            pass
        if name in MODULES:
            return MODULES[name]
        if name in BUILTINS:
            return BUILTINS[name]
        raise ExpressionError(tr("Nothing called “{name}” is recorded up to here.").format(name=name), elsewhere=True)

    def _binary(self, function: Callable[[Any, Any], Any] | None, left: Value, right: Value) -> Value:
        if function is None:
            raise ExpressionError(tr("That operator is not understood in a recording."), elsewhere=True)
        left, right = _number(left), _number(right)
        if function is operator.matmul:
            return guard(METHODS["dot"](left, right))
        check_elements(left, right)
        if function is operator.pow and isinstance(left, int) and isinstance(right, int):
            return _small(left**right) if abs(right) < 64 and abs(left) < 1 << 32 else float(left) ** right
        return guard(function(left, right))

    def _both(self, every: bool, values: list[ast.expr]) -> Value:
        found: Value = every
        for value in values:
            found = self.of(value)
            if bool(found) != every:
                break
        return found

    def _compare(self, node: ast.Compare) -> Value:
        left, result = self.of(node.left), True
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.of(comparator)
            if isinstance(op, ast.Is | ast.IsNot):
                answer: Value = (left is right) == isinstance(op, ast.Is)
            elif type(op) in _COMPARE:
                check_elements(left, right)
                answer = _COMPARE[type(op)](left, right)
            else:
                raise ExpressionError(tr("That operator is not understood in a recording."), elsewhere=True)
            if len(node.ops) == 1:
                return answer
            result = bool(answer) and result
            left = right
        return result

    def _index(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Slice):
            parts = [None if part is None else self.of(part) for part in (node.lower, node.upper, node.step)]
            return slice(*parts)
        if isinstance(node, ast.Tuple):
            return tuple(self._index(item) for item in node.elts)
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            return Ellipsis
        return self.of(node)

    def _attribute(self, value: Value, name: str) -> Value:
        if isinstance(value, Module):
            found = value.names.get(name)
            if found is not None:
                return found
            raise ExpressionError(
                tr("“{name}” is not known in a recording.").format(name=f"{value.name}.{name}"), elsewhere=True
            )
        if isinstance(value, np.ndarray | np.generic | int | float | complex) and name in ATTRIBUTES:
            return ATTRIBUTES[name](as_array(value))
        if isinstance(value, np.ndarray | np.generic) and name in METHODS:
            return lambda *args, **words: METHODS[name](value, *args, **words)
        raise ExpressionError(tr("“.{name}” is not known in a recording.").format(name=name), elsewhere=True)

    def _call(self, node: ast.Call) -> Value:
        function = self.of(node.func)
        if not callable(function) or isinstance(function, Module):
            raise ExpressionError(tr("“{text}” cannot be called.").format(text=ast.unparse(node.func)[:60]))
        if any(isinstance(one, ast.Starred) for one in node.args) or any(word.arg is None for word in node.keywords):
            raise ExpressionError(tr("Starred arguments are not understood in a recording."), elsewhere=True)
        args = [self.of(one) for one in node.args]
        words = {str(word.arg): self.of(word.value) for word in node.keywords}
        return guard(function(*args, **words))


def _number(value: Value) -> Value:
    """What arithmetic is done with: a list of tensors has to be an array first, text and functions never."""
    if isinstance(value, np.ndarray | np.generic | int | float | complex):
        return value
    if isinstance(value, list | tuple):
        return as_array(value)
    raise ExpressionError(tr("There is no arithmetic with that."))


def _small(value: Value) -> Value:
    """A Python number that stays one: whole numbers of any length would be a way to fill the memory."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return float(value) if abs(value) < 1 << 1000 else math.inf
    return value


def _item(value: Value, index: Value) -> Value:
    if isinstance(value, np.ndarray):
        return item(value, index)
    if isinstance(value, dict):
        return value[index]
    if isinstance(value, list | tuple):
        return value[index if isinstance(index, slice) else operator.index(index)]
    raise ExpressionError(tr("That has no items."))
