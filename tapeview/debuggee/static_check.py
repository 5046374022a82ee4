"""Reads a script before it runs: which TensorFlow names it uses, and which of them tapeview does not have.

It follows imports and plain assignments (``from tensorflow.keras import layers as L``, ``K = tf.keras``) with
Python's scoping rules, and stays silent where it cannot know: names the script may have rebound, names it sets
itself, names it asks for with ``hasattr``, and names inside a ``try`` that expects them to be missing.
"""

from __future__ import annotations

import ast
import io
import os
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from tapeview.tensorflow import names

_SHOWN = 20
_EXPECTED_ERRORS = {"AttributeError", "ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_VERSION_WORDS = {"__version__", "VERSION", "executing_eagerly", "hasattr"}
_ROOTS = {"tensorflow": "tf", "keras": "tf.keras"}

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True)
class Unsupported:
    """A name that tapeview does not have (``"tf.foo.bar"``) and the lines that use it, in order."""

    name: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Use:
    """A place where a script uses a TensorFlow name.

    Attributes:
        names: what it may stand for (``{"tf.log"}``): several if the script has imported one name twice.
        root: what the first word stands for, such as ``tf`` or ``tf.compat.v1``; "" in an import.
        line: where.
        guarded: whether it is used only if a version, or what there is, was asked for first.
    """

    names: frozenset[str]
    root: str
    line: int
    guarded: bool


def decode(source: bytes) -> str:
    """The text of a Python file, by its own coding cookie; what does not decode is shown as escapes."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError:
        encoding = "utf-8"
    return io.TextIOWrapper(io.BytesIO(source), encoding, errors="backslashreplace").read()


def parsed(source: str) -> ast.Module | None:
    """The syntax tree; None if the source does not parse."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def uses(tree: ast.Module) -> list[Use]:
    """Every use of a TensorFlow name, those of TensorFlow 1 among them; nothing if it is nested too deeply."""
    checker = _Checker(tf1=True)
    try:
        checker.check(tree)
    except RecursionError:
        return []
    return checker.uses


def unsupported_names(source: str, tf1: bool = False) -> list[Unsupported]:
    """The names in ``source`` that would not be found, by first line. A source that does not parse has none.

    With ``tf1`` names of TensorFlow 1 are found, too.
    """
    tree = parsed(source)
    if tree is None:
        return []
    checker = _Checker(tf1)
    try:
        checker.check(tree)
    except RecursionError:
        return []
    found: dict[str, list[int]] = {}
    for name, line in sorted(checker.found, key=lambda use: use[1]):
        if not any(name == own or name.startswith(own + ".") for own in checker.set_by_script):
            lines = found.setdefault(name, [])
            if line not in lines:
                lines.append(line)
    return [Unsupported(name, tuple(lines)) for name, lines in found.items()]


def summary(found: Sequence[Unsupported], file: str) -> str:
    """A short text for the terminal; "" if nothing was found."""
    old = [name for name in found if names.is_supported(name.name, tf1=True)]
    missing = [name for name in found if name not in old]
    base = os.path.basename(file)
    rows = []
    if missing:
        rows += [f"tapeview: {base} uses {_names(missing)} that tapeview does not support yet:", *_rows(missing)]
    if old:
        way = "--tf1 runs it as a script of that"
        rows += [f"tapeview: {base} uses {_names(old)} that only TensorFlow 1 has ({way}):", *_rows(old)]
    return "\n".join(rows)


def _names(found: Sequence[Unsupported]) -> str:
    return "a name" if len(found) == 1 else f"{len(found)} names"


def _rows(found: Sequence[Unsupported]) -> list[str]:
    rows = []
    for name in found[:_SHOWN]:
        lines = ", ".join(map(str, name.lines[:5])) + (", …" if len(name.lines) > 5 else "")
        rows.append(f"  {name.name} (line{'s' if len(name.lines) > 1 else ''} {lines})")
    return [*rows, *([f"  and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])]


class _Scope:
    """What the names of one scope may be: a set of dotted TensorFlow names, with None among them for anything else."""

    def __init__(self, node: ast.AST | None, outer: _Scope | None) -> None:
        self.outer = outer
        self.is_class = isinstance(node, ast.ClassDef)
        self.bound: dict[str, set[str | None]] = {}
        self.elsewhere: set[str] = set()

    def bind(self, name: str, meaning: str | None) -> None:
        self.bound.setdefault(name, set()).add(meaning)

    def lookup(self, name: str) -> set[str | None]:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.bound and name not in scope.elsewhere and not (scope.is_class and scope is not self):
                return scope.bound[name]
            scope = scope.outer
        return {None}


class _Checker:
    """One pass binds the names of a scope, a second looks at how they are used. Inner scopes follow their outer one."""

    def __init__(self, tf1: bool = False) -> None:
        self.found: list[tuple[str, int]] = []
        self.uses: list[Use] = []
        self.set_by_script: set[str] = set()
        self._tf1 = tf1
        self._guards = 0

    def check(self, tree: ast.Module) -> None:
        self._scope(tree, tree.body, None)

    def _scope(
        self, node: ast.AST, body: Sequence[ast.AST], outer: _Scope | None, parameters: Sequence[str] = ()
    ) -> None:
        scope = _Scope(node, outer)
        for name in parameters:
            scope.bind(name, None)
        inner = list(_own_nodes(body))
        for one in inner:
            _bind(one, scope, self._tf1)
        # A chain such as `K = tf.keras; L = K.layers` needs as many rounds as it has links.
        assignments = [one for one in inner if isinstance(one, ast.Assign | ast.AnnAssign)]
        for _ in range(3):
            for assignment in assignments:
                self._alias(assignment, scope)
        for assignment in assignments:
            meanings = self._meanings(assignment.value, scope)
            if not meanings or not all(names.is_namespace(meaning, self._tf1) for meaning in meanings):
                for name in _plain_targets(assignment):
                    scope.bind(name, None)
        for one in body:
            self._use(one, scope)

    def _alias(self, assignment: ast.Assign | ast.AnnAssign, scope: _Scope) -> None:
        for name in _plain_targets(assignment):
            for meaning in self._meanings(assignment.value, scope):
                if names.is_namespace(meaning, self._tf1):
                    scope.bind(name, meaning)

    def _meanings(self, node: ast.AST | None, scope: _Scope) -> set[str]:
        """The TensorFlow names that an expression may stand for; empty if it may be anything."""
        if isinstance(node, ast.Name):
            found = scope.lookup(node.id)
            return set() if None in found else {meaning for meaning in found if meaning is not None}
        if isinstance(node, ast.Attribute):
            return {f"{base}.{node.attr}" for base in self._meanings(node.value, scope)}
        return set()

    def _use(self, node: ast.AST, scope: _Scope) -> None:
        match node:
            case ast.Attribute():
                self._attribute(node, scope)
            case ast.ImportFrom(module=str(module), level=0):
                self._import_from(node, module)
            case ast.Import():
                for alias in node.names:
                    self._report({meaning} if (meaning := _dotted(alias.name)) else set(), node.lineno)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.If() | ast.IfExp() if _asks_for_version(node.test):
                self._use(node.test, scope)
                with self._guarded():
                    for part in list(ast.iter_child_nodes(node))[1:]:
                        self._use(part, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                for part in _outside(node):
                    self._use(part, scope)
                body = [node.body] if isinstance(node, ast.Lambda) else node.body
                self._scope(node, body, scope, _parameters(node))
            case ast.ClassDef():
                for part in [*node.decorator_list, *node.bases, *node.keywords]:
                    self._use(part, scope)
                self._scope(node, node.body, scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._scope(node, list(ast.iter_child_nodes(node)), scope)
            case ast.Call(func=ast.Name(id="hasattr"), args=[thing, ast.Constant(value=str(name))]):
                self.set_by_script |= {f"{base}.{name}" for base in self._meanings(thing, scope)}
            case ast.Call(func=ast.Name(id="getattr" | "setattr"), args=[thing, ast.Constant(value=str(name)), _]):
                self.set_by_script |= {f"{base}.{name}" for base in self._meanings(thing, scope)}
                for part in ast.iter_child_nodes(node):
                    self._use(part, scope)
            case _:
                for part in ast.iter_child_nodes(node):
                    self._use(part, scope)

    def _attribute(self, node: ast.Attribute, scope: _Scope) -> None:
        meanings = self._meanings(node, scope)
        if not meanings:
            self._use(node.value, scope)
        elif isinstance(node.ctx, ast.Load):
            first: ast.expr = node
            while isinstance(first, ast.Attribute):
                first = first.value
            self._report(meanings, node.lineno, max(self._meanings(first, scope)))
        else:
            self.set_by_script |= meanings

    def _import_from(self, node: ast.ImportFrom, module: str) -> None:
        base = _dotted(module)
        if base is None:
            return
        for alias in node.names:
            self._report({base if alias.name == "*" else f"{base}.{alias.name}"}, node.lineno)

    def _try(self, node: ast.Try | ast.TryStar, scope: _Scope) -> None:
        expected = any(_expects_missing(handler) for handler in node.handlers)
        before = len(self.found)
        with self._guarded() if expected else nullcontext():
            for part in node.body:
                self._use(part, scope)
        if expected:
            del self.found[before:]
        for rest in [*node.handlers, *node.orelse, *node.finalbody]:
            self._use(rest, scope)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        self._guards += 1
        yield
        self._guards -= 1

    def _report(self, meanings: set[str], line: int, root: str = "") -> None:
        """``meanings`` are alternatives: as long as one of them can be had, there is nothing to say."""
        if meanings:
            self.uses.append(Use(frozenset(meanings), root, line, self._guards > 0))
        missing = [first_missing(meaning, self._tf1) for meaning in sorted(meanings)]
        if missing and all(missing):
            self.found.append((str(missing[0]), line))


def first_missing(dotted: str, tf1: bool = False) -> str | None:
    """What of ``dotted`` tapeview does not have, or None. What hangs on an object is not looked at."""
    parts = dotted.split(".")
    for end in range(2, len(parts) + 1):
        name = ".".join(parts[:end])
        if parts[end - 1].startswith("__"):
            return None
        if not names.is_supported(name, tf1):
            # A namespace that is missing as a whole is named together with what was wanted of it: up to a class.
            while end < len(parts) and parts[end - 1].islower():
                end += 1
            return ".".join(parts[:end])
        if not names.is_namespace(name, tf1):
            return None
    return None


def _dotted(module: str) -> str | None:
    root, dot, rest = module.partition(".")
    short = _ROOTS.get(root)
    return None if short is None else short + dot + rest


def _plain_targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _own_nodes(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All nodes below ``body`` that belong to the same scope; an inner scope itself is given, what is in it is not."""
    todo = list(reversed(body))
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, _Function | ast.ClassDef | _Comprehension):
            continue
        todo.extend(reversed(list(ast.iter_child_nodes(node))))


def _bind(node: ast.AST, scope: _Scope, tf1: bool) -> None:
    """Notes what ``node`` binds in ``scope``. Plain assignments are looked at later: they may be aliases."""
    match node:
        case ast.Import():
            for alias in node.names:
                if alias.asname:
                    scope.bind(alias.asname, _dotted(alias.name))
                else:
                    root = alias.name.partition(".")[0]
                    scope.bind(root, _dotted(root))
        case ast.ImportFrom():
            base = _dotted(node.module) if node.module and not node.level else None
            for alias in node.names:
                # A name that is missing is reported where it is imported, not once more where it is used.
                meaning = f"{base}.{alias.name}"
                known = base is not None and names.is_namespace(meaning, tf1)
                scope.bind(alias.asname or alias.name, meaning if known else None)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            scope.bind(name, None)
        case ast.Global(names=outer) | ast.Nonlocal(names=outer):
            scope.elsewhere.update(outer)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            scope.bind(name, None)
        case ast.Assign(targets=targets):
            for target in targets:
                if not isinstance(target, ast.Name):
                    _bind_names(target, scope)
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            _bind_names(target, scope)
        case ast.NamedExpr(target=target) | ast.AugAssign(target=target):
            _bind_names(target, scope)
        case ast.withitem(optional_vars=ast.AST() as target):
            _bind_names(target, scope)


def _bind_names(target: ast.AST, scope: _Scope) -> None:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            scope.bind(node.id, None)


def _parameters(node: _Function) -> list[str]:
    every = node.args
    some = [*every.posonlyargs, *every.args, *every.kwonlyargs]
    some += [one for one in (every.vararg, every.kwarg) if one is not None]
    return [one.arg for one in some]


def _outside(node: _Function) -> list[ast.AST]:
    """What of a function is evaluated in the scope around it."""
    parts: list[ast.AST] = [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]
    if not isinstance(node, ast.Lambda):
        parts += node.decorator_list
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        parts += [one.annotation for one in arguments if one.annotation is not None]
        parts += [node.returns] if node.returns is not None else []
    return parts


def _asks_for_version(test: ast.expr) -> bool:
    """Whether a condition is about which TensorFlow there is, or what it has."""
    words = {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
    words |= {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    return not words.isdisjoint(_VERSION_WORDS)


def _expects_missing(handler: ast.ExceptHandler) -> bool:
    """Whether an ``except`` clause would catch a name that is not there."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _EXPECTED_ERRORS for kind in kinds)
