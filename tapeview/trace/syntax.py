"""A source file's syntax tree, indexed by position: which expression stands where, and what it stands in.

Positions are those of ``ast`` and of ``co_positions``: lines from 1, columns in UTF-8 bytes from 0.
"""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from tapeview.trace.records import Frame

_LONGEST_SOURCE = 1 << 19
_FILES_CACHED = 32

Place = tuple[int, int, int, int]


class Syntax:
    """The tree of one text. A text that is no Python, or too much of it, has no nodes."""

    def __init__(self, text: str) -> None:
        self._lines = text.encode("utf-8", "replace").splitlines(keepends=True)
        self._parents: dict[ast.AST, ast.AST] = {}
        self._places: dict[Place, ast.AST] = {}
        self._calls_ending: dict[tuple[int, int], ast.Call] = {}
        tree = parse(text)
        waiting: list[ast.AST] = [tree] if tree is not None else []
        while waiting:
            node = waiting.pop()
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
                waiting.append(child)
            if isinstance(node, ast.expr | ast.AugAssign):
                # Parents come before their children, and of two expressions in one place the outer one counts.
                self._places.setdefault(_place(node), node)
                if isinstance(node, ast.Call):
                    self._calls_ending.setdefault(_place(node)[2:], node)

    def at(self, frame: Frame) -> ast.AST | None:
        """The expression (or augmented assignment) that stands exactly at the frame's position."""
        if frame.column < 0:
            return None
        place = frame.line, frame.column, frame.end_line, frame.end_column
        # A method call that spans lines is said to begin at the method's name.
        return self._places.get(place) or self._calls_ending.get(place[2:])

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node in which this one stands."""
        return self._parents.get(node)

    def text(self, place: Place) -> str:
        """The text between two places, every run of white space as one blank; "" where there is no such place."""
        line, column, end_line, end_column = place
        if not 1 <= line <= end_line <= len(self._lines) or column < 0 or end_column < 0:
            return ""
        lines = self._lines[line - 1 : end_line]
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        return " ".join(b"".join(lines).decode("utf-8", "replace").split())

    def of(self, node: ast.expr) -> str:
        """The text of an expression."""
        return self.text(_place(node))


@lru_cache(_FILES_CACHED)
def syntax_of(text: str) -> Syntax:
    """The indexed tree of a text, made once."""
    return Syntax(text)


def _place(node: ast.expr | ast.AugAssign) -> Place:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


def parse(text: str) -> ast.Module | None:
    """The tree of a text; None for one that is no Python, or too much of it."""
    if len(text) > _LONGEST_SOURCE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
