"""Where the script is while it runs: call sites as lines and columns, running frames, the user's names for results.

Nothing here writes anything down; what was found out about a site is remembered, for sites repeat.
"""

from __future__ import annotations

import ast
import dis
import linecache
import os
import sys
from functools import lru_cache
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

from tapeview.debuggee.adapters.aside import is_users
from tapeview.engine import backward, callsite
from tapeview.engine import op as ops
from tapeview.trace import names
from tapeview.trace.records import Frame
from tapeview.trace.syntax import parse, syntax_of

_INNER = frozenset(("<lambda>", "<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"))
"""Code that stands inside an expression of the code around it."""


class Where(NamedTuple):
    """A place in a file as `tapeview.protocol.StepTo` and breakpoints tell it: columns -1 = any of the line."""

    file: str
    line: int
    column: int = -1
    end_column: int = -1


class Text(NamedTuple):
    """A source file, as `tapeview.trace.names` reads it."""

    path: str
    text: str


@lru_cache(1024)
def _positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    return list(code.co_positions())


def frame_at(code: CodeType, instruction: int) -> Frame:
    """The place of an instruction; ``file`` is a number that `Sources.source` understands."""
    first = code.co_firstlineno
    places = _positions(code)
    index = instruction // 2
    line, end, column, end_column = places[index] if 0 <= index < len(places) else (first, first, None, None)
    return Frame(
        _number_of(code.co_filename),
        code.co_name,
        line or first,
        end or line or first,
        -1 if column is None else column,
        -1 if end_column is None else end_column,
    )


_files: list[str] = []
_numbers: dict[str, int] = {}


def _number_of(path: str) -> int:
    number = _numbers.get(path)
    if number is None:
        _files.append(path)
        number = _numbers[path] = len(_files) - 1
    return number


class Sources:
    """Sites and sources of the running script, for `tapeview.trace.names`. ``site`` is the engine's number."""

    def frames(self, site: int) -> tuple[Frame, ...]:
        """The user frames of a call site, innermost first."""
        flat = callsite.frames_of(site)
        return tuple([frame_at(callsite.code_of(flat[k]), flat[k + 1]) for k in range(0, len(flat), 2)])

    def source(self, file: int) -> Text:
        """The file with that number, as it is on the disk."""
        path = _files[file]
        return Text(path, "".join(linecache.getlines(path)))


SOURCES = Sources()


def file_of(frame: Frame) -> str:
    """The path of the file of one of `Sources.frames`."""
    return _files[frame.file]


def spot(site: int) -> str:
    """``file.py:31`` for the innermost user frame of a site, "" if it has none."""
    for frame in SOURCES.frames(site)[:1]:
        return f"{os.path.basename(file_of(frame))}:{frame.line}"
    return ""


@lru_cache(4096)
def result_name(site: int, output: int | None = None, gathered: bool = False) -> str:
    """The user's name for the result of the expression at a site, "" without one."""
    return names.result_name(SOURCES, site, output, gathered=gathered)


@lru_cache(1024)
def series_name(site: int) -> str:
    """The user's name for the first target of the gradient call at a site."""
    return names.series_name(SOURCES, "", "target", site)


def variable_name(variable: Any) -> str:
    """What the user calls a variable."""
    given = str(variable.name).removesuffix(":0")
    if not names.is_default(given):
        return given
    return result_name(variable._site, None, True) or given


@lru_cache(1024)
def source_name(site: int, key: str) -> str:
    """How the source with this key (as in `tapeview.trace.records.Source`) is written in the gradient call at a site.

    "" where the source text does not tell.
    """
    for frame in SOURCES.frames(site)[:1]:
        syntax = syntax_of(SOURCES.source(frame.file).text)
        node = syntax.at(frame)
        if not isinstance(node, ast.Call):
            return ""
        named = [word.value for word in node.keywords if word.arg in ("sources", "source")]
        for given in (*node.args[1:2], *named):
            if isinstance(given, ast.List | ast.Tuple):
                for k, item in enumerate(given.elts):
                    if key == f"[{k}]" and not any(isinstance(one, ast.Starred) for one in given.elts[: k + 1]):
                        return syntax.of(item)
            return f"{syntax.of(given)}{key}"
    return ""


class Line:
    """A line, or one expression, of a file; the site of an op is there if one of its user frames is.

    A breakpoint on the first line of a statement that goes over several lines stands for the whole statement, unless
    columns say which expression is meant.
    """

    def __init__(self, where: Where) -> None:
        self._where = where
        self._tail = _parts(where.file)
        self._files: dict[str, bool] = {}
        self._ends: dict[str, int] = {}
        self._depths: dict[int, int] = {}

    def depth(self, site: int) -> int:
        """Which user frame of the site, from the inside, is at the line; -1 if none is."""
        found = self._depths.get(site)
        if found is None:
            found = -1
            flat = callsite.frames_of(site)
            for k in range(0, len(flat), 2):
                code = callsite.code_of(flat[k])
                if self._is_at(code, flat[k + 1]):
                    found = k // 2
                    if code.co_name not in _INNER:
                        break
            self._depths[site] = found
        return found

    def is_innermost(self, site: int) -> bool:
        """Whether the innermost user frame of the site is there."""
        flat = callsite.frames_of(site)
        return bool(flat) and self._is_at(callsite.code_of(flat[0]), flat[1])

    def frames(self, frame: FrameType | None) -> tuple[FrameType, FrameType | None] | None:
        """Of a running frame and its callers the one at the line, and the frame that it called."""
        called: FrameType | None = None
        found = None
        while frame is not None:
            if is_users(frame.f_code) and self._is_at(frame.f_code, frame.f_lasti):
                found = frame, called
                if frame.f_code.co_name not in _INNER:
                    break
            called = frame
            frame = frame.f_back
        return found

    def _is_at(self, code: CodeType, instruction: int) -> bool:
        path = code.co_filename
        mine = self._files.get(path)
        if mine is None:
            mine = self._files[path] = _ends_with(path, self._tail)
        if not mine:
            return False
        place = frame_at(code, instruction)
        where = self._where
        if where.column >= 0:
            return (place.line, place.column, place.end_column) == (where.line, where.column, where.end_column)
        if place.line == where.line:
            return True
        end = self._ends.get(path)
        if end is None:
            end = self._ends[path] = _end_of_statement("".join(linecache.getlines(path)), where.line)
        return where.line < place.line <= end


def _parts(path: str) -> list[str]:
    return [part for part in os.path.normcase(os.path.normpath(path)).replace("\\", "/").split("/") if part != "."]


def _ends_with(path: str, tail: list[str]) -> bool:
    """Whether ``tail`` is a path, or its last parts."""
    return any(_parts(one)[-len(tail) :] == tail for one in {path, os.path.realpath(path)})


def _end_of_statement(text: str, line: int) -> int:
    """The last line of the statement without a body that begins at ``line``; ``line`` if there is none."""
    tree = parse(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.stmt) and node.lineno == line and not hasattr(node, "body"):
            return node.end_lineno or line
    return line


def running(depth: int = 0) -> tuple[FrameType | None, FrameType | None]:
    """The user frame of this thread that is ``depth`` user frames away from the innermost one, and the frame that it
    called. None where there is none."""
    frame: FrameType | None = sys._getframe(1)
    called: FrameType | None = None
    while frame is not None:
        if is_users(frame.f_code):
            if depth == 0:
                return frame, called
            depth -= 1
        called = frame
        frame = frame.f_back
    return None, None


def innermost(trace: TracebackType | None) -> FrameType | None:
    """The user's innermost frame in a traceback; None if there is none."""
    found = None
    while trace is not None:
        if is_users(trace.tb_frame.f_code):
            found = trace.tb_frame
        trace = trace.tb_next
    return found


def entry_of_rule() -> Any:
    """The forward op's entry whose rule runs now on this thread (see ``engine.tape.Entry``); None outside one."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is backward.SWEEP:
            return frame.f_locals["entry"]
        frame = frame.f_back
    return None


_CARRIES_ON = ("STORE_FAST", "LOAD_FAST", "NOP", "COPY", "SWAP", "CACHE")
_EXECUTE = frozenset(
    function.__code__ for function in (ops.execute, ops.execute_one, ops.execute_pair, ops.execute_many)
)


def is_result() -> bool:
    """Whether the op that has just run on this thread makes the result of the call in the user's line.

    That is so if the functions between return at once. False means that it cannot be told: the call may go on and
    run more ops.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code not in _EXECUTE:
        frame = frame.f_back
    if frame is None:
        return False
    frame = frame.f_back
    while frame is not None and not is_users(frame.f_code):
        if not _returns(frame.f_code, frame.f_lasti):
            return False
        frame = frame.f_back
    return frame is not None


@lru_cache(4096)
def _returns(code: CodeType, instruction: int) -> bool:
    """Whether nothing but a return follows an instruction."""
    following = [one.opname for one in dis.get_instructions(code) if one.offset > instruction]
    for name in following:
        if name == "RETURN_VALUE":
            return True
        if not name.startswith(_CARRIES_ON):
            return False
    return False
