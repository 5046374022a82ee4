from __future__ import annotations

from tapeview.views.highlight import Piece, characters, highlight


def test_every_line_has_its_pieces() -> None:
    lines = highlight('def f(x):\n    return "값" + 1  # 주석\n')
    assert len(lines) == 3
    assert lines[0] == (Piece(0, 3, "k"),)
    assert lines[1][0] == Piece(4, 6, "k")
    assert Piece(17, 1, "n") in lines[1]
    assert lines[1][-1] == Piece(20, 4, "c")
    assert lines[2] == ()


def test_a_string_over_several_lines_is_cut_at_line_ends() -> None:
    lines = highlight('x = """a\nbc\n"""\n')
    assert {piece.role for line in lines[1:3] for piece in line} == {"s"}
    assert [piece.length for piece in lines[1]] == [2]


def test_what_is_no_python_does_not_raise() -> None:
    assert len(highlight("\x00 ??? '''\n\udcff")) == 2


def test_byte_columns_become_character_columns() -> None:
    line = "한글 = w*x"
    assert characters(line, 0) == 0
    assert characters(line, len("한글 = ".encode())) == 5
    assert characters(line, 999) == len(line)
    assert characters("plain", 3) == 3
