"""Streams that write to the terminal and into the recording."""

from __future__ import annotations

import codecs
import io
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tapeview.debuggee.tee import Tee, TeeBuffer


class BrokenTerminal(io.BytesIO):
    """A terminal whose reader has gone."""

    def write(self, data: object, /) -> int:
        raise BrokenPipeError(32, "Broken pipe")


class Teed(NamedTuple):
    """A tee in place of sys.stdout, the terminal below it, and what was recorded."""

    tee: Tee
    terminal: io.BytesIO
    pieces: list[str]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Teed]:
    """Called in the test itself, because pytest puts its own stdout in place right before."""

    def install(encoding: str | None = "utf-8") -> Teed:
        terminal = io.BytesIO()
        stream = io.TextIOWrapper(terminal, encoding=encoding) if encoding else None
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "__stdout__", stream)
        pieces: list[str] = []
        tee = Tee("stdout", lambda name, text: pieces.append(text))
        tee.install()
        return Teed(tee, terminal, pieces)

    return install


def test_a_print_reaches_both_at_once(install: Callable[..., Teed]) -> None:
    _, terminal, pieces = install()
    print("손실", 0.5)
    assert terminal.getvalue().decode() == "손실 0.5\n"
    assert "".join(pieces) == "손실 0.5\n"


def test_a_line_arrives_in_one_piece(install: Callable[..., Teed]) -> None:
    _, _, pieces = install()
    print("a", 1, "b", end="!\n")
    assert pieces == ["a 1 b!\n"]


def test_bytes_that_are_no_text_go_through_and_are_recorded_as_escapes(install: Callable[..., Teed]) -> None:
    _, terminal, pieces = install()
    sys.stdout.buffer.write(b"\xff\xfe")
    print("\udcff")
    assert terminal.getvalue() == b"\xff\xfe\xff\n"
    assert "".join(pieces) == "\\xff\\xfe\\xff\n"
    "".join(pieces).encode("utf-8")


def test_a_character_cut_in_two_writes_is_recorded_whole(install: Callable[..., Teed]) -> None:
    _, _, pieces = install()
    first, second = "가".encode()[:1], "가".encode()[1:]
    sys.stdout.buffer.write(first)
    sys.stdout.buffer.write(second)
    print("ok")
    assert "".join(pieces) == "가ok\n"


def test_scripts_may_wrap_reconfigure_and_redirect_the_stream(install: Callable[..., Teed]) -> None:
    tee, terminal, pieces = install()
    codecs.getwriter("utf-8")(sys.stdout.buffer).write("wrapped\n")
    tee.stream.reconfigure(errors="replace", line_buffering=True)
    sys.stdout = io.StringIO()
    print("hidden")
    sys.stdout = sys.__stdout__
    print("shown")
    assert "".join(pieces) == "wrapped\nshown\n"
    assert terminal.getvalue() == b"wrapped\nshown\n"


def test_a_closed_stream_leaves_the_terminal_open(install: Callable[..., Teed]) -> None:
    tee, terminal, _ = install()
    print("last")
    tee.stream.close()
    with pytest.raises(ValueError, match="closed"):
        print("too late")
    tee.flush()
    assert not terminal.closed


def test_a_broken_terminal_is_the_scripts_business() -> None:
    pieces: list[str] = []
    buffer = TeeBuffer(BrokenTerminal(), pieces.append)
    with pytest.raises(BrokenPipeError):
        buffer.write(b"text\n")
    assert pieces == ["text\n"]


def test_a_broken_terminal_is_forgotten_when_a_window_shows_the_output() -> None:
    pieces: list[str] = []
    buffer = TeeBuffer(BrokenTerminal(), pieces.append, forgiving=True)
    buffer.write(b"one\n")
    buffer.write(b"two\n")
    buffer.flush()
    assert pieces == ["one\n", "two\n"]


def test_without_a_terminal_everything_is_recorded(install: Callable[..., Teed]) -> None:
    _, _, pieces = install(encoding=None)
    print("nobody sees this")
    assert pieces == ["nobody sees this\n"]
    assert not sys.stdout.isatty()
    with pytest.raises(io.UnsupportedOperation):
        sys.stdout.fileno()


def test_a_terminal_that_cannot_show_korean_gets_escapes(install: Callable[..., Teed]) -> None:
    _, terminal, _ = install(encoding="ascii")
    print("가")
    assert terminal.getvalue() == b"\\uac00\n"


def test_a_silenced_tee_still_writes_to_the_terminal(install: Callable[..., Teed]) -> None:
    tee, terminal, pieces = install()
    tee.buffer.silence()
    print("in a forked child")
    assert terminal.getvalue() == b"in a forked child\n"
    assert pieces == []


def test_threads_do_not_mix_up_each_others_bytes(install: Callable[..., Teed]) -> None:
    _, terminal, pieces = install()

    def write(word: str) -> None:
        for _ in range(2000):
            sys.stdout.write(f"{word}\n")

    threads = [threading.Thread(target=write, args=(word,)) for word in ("가나", "다라")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    lines = "".join(pieces).split()
    assert sorted(lines) == ["가나"] * 2000 + ["다라"] * 2000
    assert terminal.getvalue().decode().count("\n") == 4000
