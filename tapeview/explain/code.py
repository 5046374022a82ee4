"""What only the source text tells: which line gave a name its value, and which branch did not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tapeview.trace.query import Recording
from tapeview.trace.syntax import parse


class Assignment:
    """``name = value`` at ``line``; ``mentions`` are the names and attributes that the value reads."""

    def __init__(self, line: int, text: str, mentions: frozenset[str]) -> None:
        self.line, self.text, self.mentions = line, text, mentions


@lru_cache(maxsize=16)
def _tree(text: str) -> ast.Module | None:
    return parse(text)


def place(recording: Recording, site: int) -> tuple[int, int]:
    """The file and line of a call site, (0, 0) if unknown."""
    frames = recording.frames(site)
    return (frames[0].file, frames[0].line) if frames else (0, 0)


def argument(recording: Recording, site: int, number: int, keyword: str, key: str = "") -> str:
    """The text of an argument of the call at a site, or of the item ``[3]`` or ``['w']`` of it; "" if unknown."""
    for frame in recording.frames(site)[:1]:
        for node in _nodes(recording, frame.file):
            if not isinstance(node, ast.Call) or (node.end_lineno, node.end_col_offset) != (
                frame.end_line,
                frame.end_column,
            ):
                continue
            found = next((word.value for word in node.keywords if word.arg == keyword), None)
            if found is None and number < len(node.args):
                found = node.args[number]
            return _item(found, key) if found is not None else ""
    return ""


def _item(node: ast.expr, key: str) -> str:
    if not key:
        return ast.unparse(node)
    inner = key.strip("[]")
    if isinstance(node, ast.List | ast.Tuple) and inner.isdigit() and int(inner) < len(node.elts):
        return ast.unparse(node.elts[int(inner)])
    if isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant) and repr(name.value) == inner:
                return ast.unparse(value)
    return ""


def assignment(recording: Recording, file: int, name: str, before: int) -> Assignment | None:
    """The assignment that gave ``name`` the value it has at line ``before``: the nearest one above, else (a loop) the
    last one below.
    """
    found = []
    for node in _nodes(recording, file):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            targets = [node.target]
        else:
            continue
        if node.value is None or not any(_binds(target, name) for target in targets):
            continue
        found.append(Assignment(node.lineno, ast.unparse(node), mentions(node.value)))
    above = [one for one in found if one.line < before]
    return max(above or found, key=lambda one: one.line, default=None)


def _binds(target: ast.expr, name: str) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_binds(item, name) for item in target.elts)
    return ast.unparse(target) == name


def mentions(node: ast.AST) -> frozenset[str]:
    """The names and dotted names that stand in a piece of a program."""
    return frozenset(ast.unparse(one) for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute))


def statement(recording: Recording, file: int, line: int) -> frozenset[str]:
    """The names that the innermost statement at a line mentions."""
    found: ast.stmt | None = None
    for node in _nodes(recording, file):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            found = node if found is None or node.lineno >= found.lineno else found
    if found is None or isinstance(found, ast.With | ast.For | ast.While | ast.FunctionDef | ast.ClassDef):
        return frozenset()
    return mentions(found)


def block(recording: Recording, site: int) -> tuple[int, int]:
    """First and last line of the ``with`` statement whose tape was opened at a site; (0, 0) if there is none."""
    file, line = place(recording, site)
    best = (0, 0)
    for node in _nodes(recording, file):
        if isinstance(node, ast.With) and node.lineno <= line <= node.body[0].lineno:
            best = (node.lineno, node.end_lineno or node.lineno)
    return best


def branch_not_taken(
    recording: Recording, file: int, name: str, lines: Sequence[tuple[int, int]], ran: frozenset[int]
) -> tuple[int, int]:
    """The line of an ``if`` and of the use of ``name`` in the branch of it that did not run; (0, 0) if there is none.

    Args:
        lines: stretches of the file in which to look: blocks and functions that did run.
        ran: lines on which something was recorded.
    """
    for node in _nodes(recording, file):
        if not isinstance(node, ast.If | ast.IfExp | ast.While):
            continue
        if not any(first <= node.lineno <= last for first, last in lines):
            continue
        inline = isinstance(node, ast.IfExp)
        pieces: list[Sequence[ast.AST]] = [
            [piece] if isinstance(piece, ast.expr) else piece for piece in (node.body, node.orelse)
        ]
        using = [piece for piece in pieces if any(name in mentions(part) for part in piece)]
        if len(using) != 1:
            continue
        spans = {
            line
            for part in using[0]
            for line in range(getattr(part, "lineno", 0), (getattr(part, "end_lineno", 0) or 0) + 1)
        }
        if inline or not spans & ran:
            return node.lineno, min(spans, default=node.lineno)
    return 0, 0


def functions(recording: Recording, file: int, names: frozenset[str]) -> list[tuple[int, int]]:
    """The lines of the functions with these names."""
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for node in _nodes(recording, file)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in names
    ]


def _nodes(recording: Recording, file: int) -> Iterator[ast.AST]:
    tree = _tree(recording.source(file).text) if file else None
    return ast.walk(tree) if tree is not None else iter(())
