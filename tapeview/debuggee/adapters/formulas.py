"""What an op's table entry tells a reader: the names of its inputs and its gradient rules as formulas.

A rule is shown as it is written: the text of its lambda. Where the code does not read as a formula the entry has one
in words.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import lru_cache
from typing import Any

from tapeview.engine.op import Op
from tapeview.trace.records import OpInfo


def op_info(op: Op, arity: int) -> OpInfo:
    """The description of an op that was called with ``arity`` inputs."""
    names = _input_names(op, arity)
    if op.vjp_all is not None:
        rules = tuple(
            (op.formulas[k] if k < len(op.formulas) else op.formulas[-1] if op.formulas else "") for k in range(arity)
        )
    else:
        rules = tuple(_rule_text(op, k) for k in range(arity))
    words = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", " ".join(rules)))  # bᵀ is b
    saved = tuple(n for n in names if n in words) + (("output",) if "y" in words and "y" not in names else ())
    return OpInfo(op.name, names, rules, saved, op.has_rule and op.differentiable, op.doc)


def _input_names(op: Op, arity: int) -> tuple[str, ...]:
    given = op.input_names
    if len(given) >= arity:
        return given[:arity]
    if arity == 1:
        return ("x",)
    return given + tuple(f"x{k}" for k in range(len(given), arity))


def _rule_text(op: Op, index: int) -> str:
    if index >= len(op.vjps) or op.vjps[index] is None:
        return ""
    if index < len(op.formulas) and op.formulas[index]:
        return op.formulas[index]
    rule = op.vjps[index]
    code = getattr(rule, "__code__", None)
    if code is None or code.co_name != "<lambda>":
        return f"{getattr(rule, '__name__', 'rule').strip('_').replace('_', ' ')}(g)"
    return _lambda_text(code.co_filename, code.co_firstlineno, tuple(code.co_positions()))


@lru_cache(maxsize=4)
def _lambdas(filename: str) -> list[tuple[int, int, int, str]]:
    source = "".join(inspect.linecache.getlines(filename))  # type: ignore[attr-defined]
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Lambda):
            body: Any = node.body
            found.append((body.lineno, body.col_offset, body.end_col_offset, ast.unparse(body)))
    return found


def _lambda_text(filename: str, line: int, positions: tuple[Any, ...]) -> str:
    """The body of the lambda whose instructions stand at ``positions``."""
    spans = [(p[0], p[2], p[3]) for p in positions if p[0] is not None and p[2] is not None and p[3] != p[2]]
    for body_line, start, end, text in _lambdas(filename):
        inside = [s for s in spans if s[0] == body_line and start <= s[1] and s[2] <= end]
        if inside and (body_line, start, end) in spans:
            return text
    return next((text for body_line, _, _, text in _lambdas(filename) if body_line == line), "")
