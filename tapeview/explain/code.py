"""What only the source text tells: which line gave a name its value, and which branch did not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tapeview.trace.query import Recording
from tapeview.trace.records import Frame
from tapeview.trace.syntax import parse

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Assignment:
    """``name = value`` at ``line``; ``mentions`` are the names and attributes that the value reads."""

    def __init__(self, line: int, text: str, mentions: frozenset[str], value: str = "") -> None:
        self.line, self.text, self.mentions, self.value = line, text, mentions, value


@lru_cache(maxsize=16)
def _tree(text: str) -> ast.Module | None:
    return parse(text)


def place(recording: Recording, site: int) -> tuple[int, int]:
    """The file and line of a call site, (0, 0) if unknown."""
    frames = recording.frames(site)
    return (frames[0].file, frames[0].line) if frames else (0, 0)


def call_at(recording: Recording, frame: Frame) -> ast.Call | None:
    """The call that a frame was in."""
    for node in _nodes(recording, frame.file):
        if isinstance(node, ast.Call) and (node.end_lineno, node.end_col_offset) == (frame.end_line, frame.end_column):
            return node
    return None


def argument_node(recording: Recording, site: int, number: int, keyword: str) -> ast.expr | None:
    """An argument of the call at a site."""
    for frame in recording.frames(site)[:1]:
        node = call_at(recording, frame)
        if node is not None:
            found = next((word.value for word in node.keywords if word.arg == keyword), None)
            return node.args[number] if found is None and number < len(node.args) else found
    return None


def argument(recording: Recording, site: int, number: int, keyword: str, key: str = "") -> str:
    """The text of an argument of the call at a site, or of the item ``[3]`` or ``['w']`` of it; "" if unknown."""
    node = argument_node(recording, site, number, keyword)
    return _item(node, key) if node is not None else ""


def caller(recording: Recording, site: int, method: str) -> str:
    """What the call at a site asks: ``tape`` of ``tape.gradient(…)`` if ``method`` is ``gradient``; "" if it is another
    call.
    """
    for frame in recording.frames(site)[:1]:
        node = call_at(recording, frame)
        if node is not None and isinstance(node.func, ast.Attribute) and node.func.attr == method:
            text = ast.unparse(node.func.value)
            return text if is_path(text) else ""
    return ""


def is_path(text: str) -> bool:
    """Whether a text is a name with attributes and items: ``self.layers[0].w``."""
    try:
        node: ast.AST = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return isinstance(node, ast.Name)


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
    last one below. A plain name is looked for in the function of that line, and where that neither assigns it nor has
    a parameter of that name, around it.
    """
    found = list(_assignments(recording, file, name))
    if name.isidentifier():
        for scope in (*_around(recording, file, before), None):
            own = [one for node, one in found if function_of(recording, file, node) is scope]
            if own:
                return _nearest(own, before)
            if scope is not None and name in parameters(scope):
                return None
        return None
    return _nearest([one for _, one in found], before)


def _nearest(found: list[Assignment], before: int) -> Assignment | None:
    above = [one for one in found if one.line < before]
    return max(above or found, key=lambda one: one.line, default=None)


def _assignments(recording: Recording, file: int, name: str) -> Iterator[tuple[ast.AST, Assignment]]:
    for node in _nodes(recording, file):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
            value: ast.expr | None = node.value
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.For):
            targets, value = [node.target], node.iter
        else:
            continue
        if value is None or not any(_binds(target, name) for target in targets):
            continue
        head = f"for {ast.unparse(node.target)} in {ast.unparse(value)}" if isinstance(node, ast.For) else ""
        yield node, Assignment(node.lineno, head or ast.unparse(node), mentions(value), ast.unparse(value))


def _binds(target: ast.expr, name: str) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_binds(item, name) for item in target.elts)
    return ast.unparse(target) == name


def parameters(function: Function) -> set[str]:
    """The names of what a function takes."""
    taken = function.args
    several = (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg)
    return {one.arg for one in several if one is not None}


def function_at(recording: Recording, file: int, line: int) -> Function | None:
    """The innermost function around a line."""
    return next(iter(_around(recording, file, line)), None)


def function_of(recording: Recording, file: int, node: ast.AST) -> Function | None:
    """The innermost function that a node of the file's tree stands in."""
    return function_at(recording, file, getattr(node, "lineno", 0))


def _around(recording: Recording, file: int, line: int) -> list[Function]:
    """The functions around a line, the innermost first."""
    all_of_them = _functions(recording.source(file).text) if file else ()
    found = [node for node in all_of_them if node.body[0].lineno <= line <= (node.end_lineno or node.lineno)]
    return sorted(found, key=lambda node: -node.lineno)


@lru_cache(maxsize=16)
def _functions(text: str) -> tuple[Function, ...]:
    tree = _tree(text)
    return tuple(one for one in ast.walk(tree) if isinstance(one, Function)) if tree is not None else ()


def calls(recording: Recording, file: int, first: int, last: int = 0) -> list[ast.Call]:
    """The calls that stand at a line, or at some lines, from the top."""
    lines = range(first, (last or first) + 1)
    found = [node for node in _nodes(recording, file) if isinstance(node, ast.Call) and node.lineno in lines]
    return sorted(found, key=lambda node: node.lineno)


def mentions(node: ast.AST) -> frozenset[str]:
    """The names and dotted names that stand in a piece of a program."""
    return frozenset(ast.unparse(one) for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute))


def statement(recording: Recording, file: int, line: int) -> frozenset[str]:
    """The names that the innermost statement at a line mentions."""
    found: ast.stmt | None = None
    for node in _nodes(recording, file):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            found = node if found is None or node.lineno >= found.lineno else found
    if isinstance(found, ast.For) and found.body[0].lineno > line:
        return mentions(found.iter)
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
    """The line of an ``if`` or a ``tf.cond`` and of the use of ``name`` in the branch of it that did not run; (0, 0) if
    there is none.

    Args:
        lines: stretches of the file in which to look: blocks and functions that did run.
        ran: lines on which something was recorded.
    """
    for node in _nodes(recording, file):
        if not any(first <= getattr(node, "lineno", 0) <= last for first, last in lines):
            continue
        pieces = _branches(recording, file, node)
        using = [piece for piece in pieces if any(name in mentions(part) for part in piece)]
        if len(using) != 1:
            continue
        spans = {
            line
            for part in using[0]
            for line in range(getattr(part, "lineno", 0), (getattr(part, "end_lineno", 0) or 0) + 1)
        }
        if not isinstance(node, ast.If | ast.While) or not spans & ran:
            return getattr(node, "lineno", 0), min(spans, default=0)
    return 0, 0


def _branches(recording: Recording, file: int, node: ast.AST) -> list[Sequence[ast.AST]]:
    """The parts of a statement or an expression of which one is chosen; [] for others."""
    if isinstance(node, ast.If | ast.While):
        rest = _rest(recording, file, node) if isinstance(node, ast.If) and not node.orelse else node.orelse
        return [node.body, rest]
    if isinstance(node, ast.IfExp):
        return [[node.body], [node.orelse]]
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("cond", "smart_cond"):
        given = [*node.args[1:3], *(word.value for word in node.keywords if word.arg in ("true_fn", "false_fn"))]
        bodies = {one.name: one for one in _nodes(recording, file) if isinstance(one, ast.FunctionDef)}
        return [[bodies.get(one.id, one) if isinstance(one, ast.Name) else one] for one in given]
    return []


def _rest(recording: Recording, file: int, node: ast.If) -> Sequence[ast.stmt]:
    """What comes behind an ``if`` that leaves its function: as good as an ``else``."""
    if not isinstance(node.body[-1], ast.Return | ast.Continue | ast.Break | ast.Raise):
        return []
    around = function_of(recording, file, node)
    body = around.body if around is not None else []
    return [one for one in body if one.lineno > (node.end_lineno or node.lineno)]


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
