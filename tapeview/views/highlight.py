"""Python source to coloured pieces, by pygments."""

from __future__ import annotations

from typing import NamedTuple


class Piece(NamedTuple):
    """A stretch of one line in one colour. ``start`` and ``length`` count characters; ``role`` is a palette role."""

    start: int
    length: int
    role: str


def highlight(text: str) -> list[tuple[Piece, ...]]:
    """The coloured pieces of every line of ``text``, plain stretches left out. Never raises: what is no Python stays
    plain.
    """
    from pygments.lexers.python import PythonLexer
    from pygments.token import Comment, Keyword, Number, Operator, String

    roles = ((Keyword, "k"), (String, "s"), (Number, "n"), (Comment, "c"), (Operator.Word, "k"))
    known: dict[object, str] = {}
    lines: list[list[Piece]] = [[]]
    column = 0
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for kind, value in lexer.get_tokens(text):
        role = known.get(kind)
        if role is None:
            role = known[kind] = next((role for parent, role in roles if kind in parent), "")
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                column = 0
            if role and part:
                lines[-1].append(Piece(column, len(part), role))
            column += len(part)
    return [tuple(line) for line in lines]


def characters(line: str, byte_column: int) -> int:
    """The character column of a UTF-8 byte column of ``line`` (``ast`` and code objects count bytes)."""
    if line.isascii():
        return min(byte_column, len(line))
    return len(line.encode("utf-8", "surrogatepass")[:byte_column].decode("utf-8", "ignore"))
