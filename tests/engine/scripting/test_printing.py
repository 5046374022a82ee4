"""``tf.print`` and ``tf.strings``: the texts are TensorFlow 2.15's."""

from __future__ import annotations

import sys
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe
from tests.engine.names import tf
from tests.engine.raised import raised

Point = namedtuple("Point", "x y")


def grid(*shape: int) -> Any:
    return tf.reshape(tf.range(int(np.prod(shape))), shape)


ROWS: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((tf.range(10),), {}, "[0 1 2 ... 7 8 9]"),
    ((tf.range(7),), {}, "[0 1 2 ... 4 5 6]"),
    ((tf.range(6),), {}, "[0 1 2 3 4 5]"),
    ((tf.range(10),), {"summarize": 2}, "[0 1 ... 8 9]"),
    ((tf.range(10),), {"summarize": -1}, "[0 1 2 3 4 5 6 7 8 9]"),
    ((grid(2, 2, 2),), {}, "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]"),
    (
        (grid(7, 7),),
        {},
        "[[0 1 2 ... 4 5 6]\n [7 8 9 ... 11 12 13]\n [14 15 16 ... 18 19 20]\n ...\n [28 29 30 ... 32 33 34]\n "
        "[35 36 37 ... 39 40 41]\n [42 43 44 ... 46 47 48]]",
    ),
    (
        (tf.constant([1, 0.1, 1e-8, 1e10, 1 / 3, 123456.789, 1234567.0, -0.5, np.nan, np.inf, -np.inf, 3.0]),),
        {"summarize": -1},
        "[1 0.1 1e-08 1e+10 0.333333343 123456.789 1234567 -0.5 nan inf -inf 3]",
    ),
    (
        (tf.constant([1, 0.1, 1e10, 1 / 3, 123456789.123], tf.float64),),
        {},
        "[1 0.1 10000000000 0.33333333333333331 123456789.123]",
    ),
    ((tf.constant([1, 0.1, 1 / 3], tf.float16),), {}, "[1 0.0999755859 0.333251953]"),
    ((tf.constant(1000000.0), tf.constant(100000.0), tf.constant(-0.0)), {}, "1e+06 100000 -0"),
    ((tf.constant(3.0), tf.constant(True), tf.constant([True, False])), {}, "3 1 [1 0]"),
    ((tf.constant("q"), tf.constant(["a", "b"])), {}, '"q" ["a" "b"]'),
    ((tf.constant([["a", "b"]]),), {}, '[["a" "b"]]'),
    ((tf.constant("multi\nline"),), {}, "multi\nline"),
    ((3.0, 1.5, "a", True, None, (1, 2.5), [1, "b"]), {}, "3.0 1.5 a True None (1, 2.5) [1, 'b']"),
    (({"b": 1, "a": [tf.constant(2)]},), {}, "{'a': [2], 'b': 1}"),
    (([tf.constant(1.0), tf.constant([2.0, 3.0])], (tf.constant(1.0),)), {}, "[1, [2 3]] (1,)"),
    ((Point(1, tf.constant(2.0)),), {}, "Point(x=1, y=2)"),
    ((tf.Variable([1.0, 2.0]), tf.Variable(3.0)), {}, "[1 2] 3"),
    (("loss", tf.constant(0.123456789), "at", 1e-10), {}, "loss 0.123456791 at 1e-10"),
    (("br{}ace", tf.constant(1)), {}, "br{}ace 1"),
    (("a %d", 3), {}, "a %d 3"),
    (("x:", tf.constant(1.5)), {"sep": "|"}, "x:|1.5"),
    (("a", "b"), {"sep": ""}, "ab"),
    ((np.array([1.5, 2.0]), range(3), tf.float32), {}, "array([1.5, 2. ]) [0, 1, 2] tf.float32"),
    ((tf.TensorShape([1, 2]),), {}, "TensorShape([1, 2])"),
    ((tf.constant(1 + 2j),), {}, "?"),
    ((tf.constant([]),), {}, "[]"),
    ((), {}, ""),
]


@pytest.mark.parametrize(("values", "options", "text"), ROWS, ids=[row[2][:30] for row in ROWS])
def test_print(values: Any, options: Any, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tf.print(*values, **options) is None
    assert capsys.readouterr() == ("", text + "\n")


def test_print_elsewhere(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tf.print("x", output_stream=sys.stdout, end="!\n")
    assert capsys.readouterr() == ("x!\n", "")
    for _ in range(2):
        tf.print(tf.range(3), output_stream=f"file://{tmp_path / 'log'}")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "[0 1 2]\n[0 1 2]\n"
    assert raised(lambda: tf.print("x", output_stream="nowhere")).startswith("ValueError: Unsupported output stream")


def test_printing_tells_the_observer(capsys: pytest.CaptureFixture[str]) -> None:
    events: list[Any] = []
    observe.listen(events.append)
    try:
        with tf.GradientTape():
            tf.print(tf.constant(1.0))
    finally:
        observe.listen(None)
    assert [e[2] for e in events if e[0] == observe.EXIT] == ["print"]


def text(tensor: Any) -> Any:
    return tensor.numpy().tolist() if tensor.shape else tensor.numpy()


STRINGS: list[tuple[Any, Any]] = [
    (lambda s: s.as_string(1.5), b"1.500000"),
    (lambda s: s.as_string([1, 2]), [b"1", b"2"]),
    (lambda s: s.as_string(3.14159, precision=2), b"3.14"),
    (lambda s: s.as_string(True), b"true"),
    (lambda s: s.as_string(1e10), b"10000000000.000000"),
    (lambda s: s.as_string(0.1, shortest=True), b"0.1"),
    (lambda s: s.as_string(5, width=4, fill="0"), b"0005"),
    (lambda s: s.as_string(1.0, scientific=True), b"1.000000e+00"),
    (lambda s: s.as_string(1 + 2j), b"(1.000000,2.000000)"),
    (lambda s: s.format("x={} y={}", (tf.constant([1.5, 2.0]), tf.constant(3))), b"x=[1.5 2] y=3"),
    (lambda s: s.format("{}", tf.constant("s")), b'"s"'),
    (lambda s: s.join(["a", tf.constant(["b", "c"])], "-"), [b"a-b", b"a-c"]),
    (lambda s: s.length(["abc", "é"]), [3, 2]),
    (lambda s: s.length("é", unit="UTF8_CHAR"), 1),
    (lambda s: s.upper("aé"), b"A\xc3\xa9"),
    (lambda s: s.upper("aé", encoding="utf-8"), "AÉ".encode()),
    (lambda s: s.lower("AB"), b"ab"),
    (lambda s: s.strip("  a "), b"a"),  # noqa: B005 - not str.strip
    (lambda s: s.substr("hello", 1, 3), b"ell"),
    (lambda s: s.regex_replace("aab", "a", "x"), b"xxb"),
    (lambda s: s.regex_replace("aab", "a", "x", replace_global=False), b"xab"),
    (lambda s: s.reduce_join([["a", "b"], ["c", "d"]], axis=1), [b"ab", b"cd"]),
    (lambda s: s.reduce_join([["a", "b"], ["c", "d"]], axis=0, keepdims=True), [[b"ac", b"bd"]]),
    (lambda s: s.reduce_join(["a", "b"], separator=","), b"a,b"),
    (lambda s: s.to_number("1.5"), 1.5),
    (lambda s: s.to_number(["1", "2"], tf.int32), [1, 2]),
]


@pytest.mark.parametrize(("call", "expected"), STRINGS)
def test_strings(call: Any, expected: Any) -> None:
    assert text(call(tf.strings)) == expected


def test_a_text_that_is_no_number() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="could not correctly convert string: x"):
        tf.strings.to_number("x")
