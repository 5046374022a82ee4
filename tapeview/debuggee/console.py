"""What a debugger's prompt needs of a frame: the value of an expression, and how a word might go on."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tapeview.debuggee.adapters.texts import long, number_of
from tapeview.debuggee.errands import Cancelled, last_line
from tapeview.debuggee.frames import Place
from tapeview.protocol import Completions, Evaluated

RESULT = 20_000
"""Characters of a result's text."""
OUTPUT = 100_000
"""Characters of what an expression prints."""
WORDS = 200
WORD = 200
"""Completions offered, and the characters that one may have."""

NO_STATEMENT = (
    "Only expressions can be evaluated here, not statements: write what has a value, such as a name, a call or a "
    "comparison."
)


def names_of(place: Place | None) -> dict[str, Any]:
    """The names that code in this frame can see, in a dictionary of its own; without a frame those of the script."""
    if place is None:
        main = sys.modules.get("__main__")
        return dict(vars(main)) if main is not None else {}
    # Together, so that a comprehension or a lambda in an expression sees the frame's variables, too.
    return {**place.frame.f_globals, **place.frame.f_locals}


def evaluate(request: int, text: str, names: dict[str, Any]) -> Evaluated:
    """The value of an expression. Raises nothing but `errands.Cancelled`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(text.strip(), "<console>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Evaluated(request, error=NO_STATEMENT if _is_statement(text) else last_line(error))
    with captured() as output:
        result, shown, error_text = None, "", ""
        try:
            result = eval(code, names)
            shown = "" if result is None else long(result, RESULT)
        except Cancelled:
            raise
        except BaseException as error:
            error_text = last_line(error)
    return Evaluated(request, shown, output.text(), error_text, number_of(result))


def _is_statement(text: str) -> bool:
    try:
        return bool(ast.parse(text.strip()).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


class _Captured:
    """A text stream that keeps what one thread writes and hands on what others write."""

    def __init__(self, other: Any) -> None:
        self._other = other
        self._thread = threading.get_ident()
        self._kept = io.StringIO()

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread:
            return int(self._other.write(text))
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        room = OUTPUT - self._kept.tell()
        if room > 0:
            self._kept.write(text[:room])
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if threading.get_ident() != self._thread:
            self._other.flush()

    def release(self) -> None:
        """Hands on everything from now on, for those who have taken this for ``sys.stdout``."""
        self._thread = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._other, name)

    def text(self) -> str:
        return self._kept.getvalue()


class _Output:
    def __init__(self, streams: Mapping[str, _Captured]) -> None:
        self._streams = streams

    def text(self) -> str:
        """What was written to both streams."""
        return "".join(stream.text() for stream in self._streams.values())


@contextmanager
def captured() -> Iterator[_Output]:
    """Keeps what this thread prints in the block away from terminal and recording."""
    streams = {name: _Captured(getattr(sys, name)) for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        setattr(sys, name, stream)
    try:
        yield _Output(streams)
    finally:
        for name, stream in streams.items():
            stream.release()
            if getattr(sys, name) is stream:
                setattr(sys, name, stream._other)


_KEY = re.compile(r"(?P<base>[^\W\d]\w*(?:\.[^\W\d]\w*)*)\[(?P<quote>['\"])(?P<word>[^'\"\]]*)$")
_WORD = re.compile(r"(?P<base>(?:[^\W\d]\w*(?:\[(?:-?\d+|'[^']*'|\"[^\"]*\")\])*\.)*)(?P<word>(?:[^\W\d]\w*)?)$")


def complete(request: int, text: str, cursor: int, names: dict[str, Any]) -> Completions:
    """How the word that ends at ``cursor`` might go on. Only names, attributes and elements are looked up. Raises
    nothing but `errands.Cancelled`."""
    before = text[: max(0, cursor)]
    try:
        with captured():
            words = _words(before, names)
    except Exception:
        words = set()
    shown = sorted((one for one in words if len(one) <= WORD), key=lambda word: (word.startswith("_"), word))
    return Completions(request, tuple(shown[:WORDS]))


def _words(before: str, names: dict[str, Any]) -> set[str]:
    key = _KEY.search(before)
    if key is not None:
        base = eval(key["base"], names)
        found = getattr(base, "keys", lambda: ())()
        return {one for one in found if isinstance(one, str) and one.startswith(key["word"])}
    match = _WORD.search(before)
    if match is None or not (match["base"] or match["word"]):
        return set()
    word = match["word"]
    if match["base"]:
        if before[: match.start()].endswith((".", ")", "]")):
            return set()  # an attribute of something that would have to be computed
        candidates = dir(eval(match["base"][:-1], names))
    elif before[: match.start()].endswith("."):
        return set()
    else:
        candidates = [*names, *dir(builtins), *keyword.kwlist]
    private = word.startswith("_")
    return {one for one in candidates if one.startswith(word) and (private or not one.startswith("_"))}
