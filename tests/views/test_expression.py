from __future__ import annotations

import contextlib
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapeview.trace.query import Recording
from tapeview.views.expression import Expression, ExpressionError
from tapeview.views.functions import LIMIT
from tapeview.views.named_values import Lookup, name_words
from tapeview.views.value_words import as_number, long, short
from tests.helpers.recordings import write_regression

A = np.arange(12, dtype=np.float32).reshape(3, 4)
NAMES = {
    "a": A,
    "loss": np.float32(2.0),
    "gradients": [A, A * 2],
    "parts": {"w": A},
    "row": np.arange(1 << 20, dtype=np.float64),
    "big": np.zeros((4096, 4096), np.float32),
    "flags": np.array([True, False, True]),
    "text": np.array([b"one"]),
}


def value(text: str) -> object:
    return Expression(text).value(lambda name: NAMES[name])


RIGHT = {
    "loss * 2 + 1": 5.0,
    "a.shape": (3, 4),
    "a[1:, 0]": [4.0, 8.0],
    "a[..., None].ndim": 3,
    "a[flags][:, 1]": [1.0, 9.0],
    "a[[0, 2], 1]": [1.0, 9.0],
    "gradients[1][0, 3]": 6.0,
    "parts['w'][0][1]": 1.0,
    "tf.reduce_mean(a, axis=0)": [4.0, 5.0, 6.0, 7.0],
    "tf.reduce_max(loss)": 2.0,
    "tf.matmul(a, a, transpose_b=True)[0, 0]": 14.0,
    "(a @ a.T).shape": (3, 3),
    "np.linalg.norm(a[0])": math.sqrt(14.0),
    "tf.norm([3.0, 4.0])": 5.0,
    "a.mean()": 5.5,
    "a.numpy().std() > 3 and loss < 3": True,
    "not loss": False,
    "1 if loss > 3 else -1": -1,
    "0 < loss <= 2": True,
    "max(a) - min(a)": 11.0,
    "len(a)": 3,
    "abs(-loss)": 2.0,
    "-a[0]": [0.0, -1.0, -2.0, -3.0],
    "np.where(a > 5, 1, 0).sum()": 6,
    "tf.nn.softmax([0.0, 0.0])": [0.5, 0.5],
    "tf.cast(loss, tf.int32)": 2,
    "np.isnan(np.nan)": True,
    "2 ** 3": 8,
    "a.dtype": "float32",
    "tf.math.log(1.0)": 0.0,
    "tf.clip_by_value(a, 1, 2)[2]": [2.0, 2.0, 2.0, 2.0],
}


@pytest.mark.parametrize(("text", "expected"), RIGHT.items(), ids=RIGHT.keys())
def test_what_is_worked_out(text: str, expected: object) -> None:
    np.testing.assert_allclose(value(text), expected) if not isinstance(expected, str) else None  # type: ignore[arg-type]
    if isinstance(expected, str):
        assert value(text) == expected


def test_dtypes_stay_what_they_are() -> None:
    assert value("a * 2").dtype == np.float32  # type: ignore[attr-defined]
    assert value("loss / 3").dtype == np.float32  # type: ignore[attr-defined]


REFUSED = [
    "__import__('os')",
    "a.__class__",
    "().__class__.__bases__",
    "''.join(['a'])",
    "a.tofile('x')",
    "a.dump('x')",
    "a.ctypes",
    "a.base",
    "a.setflags(write=True)",
    "np.load('x')",
    "np.save('x', a)",
    "np.fromfile('x')",
    "np.ctypeslib",
    "np.core",
    "tf.io.read_file('x')",
    "tf.__dict__",
    "np.vectorize(len)",
    "open('x')",
    "eval('1')",
    "getattr(a, 'base')",
    "(lambda: 1)()",
    "[x for x in a]",
    "{x: 1 for x in a}",
    "f'{a}'",
    "(x := 1)",
    "a(1)",
    "loss()",
    "max",
    "tf",
    "tf.math",
    "a.mean",
    "len(*gradients)",
    "np.sum(**parts)",
    "'%s' % a",
    "'a' * 5",
    "[1] * 5 * 'x'",
    "text + 1",
    "a if a else 1",
    "a[99]",
    "a['x']",
    "1 / 0",
    "1 in a",
    "b'bytes'",
    "await a",
    "yield",
    "x = 1",
    "import os",
    "",
    "(",
    "\x00",
    "a[flags, 0]",
    "np.linalg.norm(a, ord='nuc')",
    "np.linalg.norm(a, ord=-2)",
    "np.mean(a[a > 99])",
    "tf.cast(a, 'object')",
    "tf.cast(a, 'O')",
    "np.maximum(a, a, a)",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_worked_out_says_so_in_a_sentence(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert str(caught.value).strip()
    assert "\n" not in str(caught.value)


TOO_LARGE = [
    "row[:, None] + row",
    "row[:, None] > row",
    "np.maximum(row[:, None], row)",
    "big @ big",
    "tf.matmul(big, big)",
    "np.dot(big, big)",
    "[big, big]",
    "np.array([big, big])",
    "tf.stack([big, big])",
    "np.concatenate([big, big])",
    "big[np.argsort(row)]",
    "big[np.argsort(row), :]",
    "np.where(row[:, None] > row, 1, 0)",
    "tf.clip_by_value(row[:, None], row, row)",
    "2 ** 10 ** 10",
    "9 ** 9 ** 9 ** 9",
    "np.stack([np.stack([big, big]), np.stack([big, big])])",
]


@pytest.mark.parametrize("text", TOO_LARGE)
def test_nothing_takes_all_the_memory_or_time(text: str) -> None:
    began = time.perf_counter()
    if text == "[big, big]":
        assert isinstance(value(text), list), "nothing is copied"
    else:
        with pytest.raises(ExpressionError):
            value(text)
    assert time.perf_counter() - began < 2.0
    assert NAMES["big"].size <= LIMIT


def test_a_long_or_deep_text_is_refused() -> None:
    for text in ("1" * 3000, "1" + "+1" * 400, "(" * 300 + ")" * 300, "-" * 1500 + "1"):
        with pytest.raises(ExpressionError):
            value(text)


@given(st.text("ab0123456789.+-*/%@()[]{}<>=!,:'\" \\\nnptfifelselambda_", max_size=60))
def test_no_text_brings_it_down(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        value(text)


def test_what_the_script_may_know_better_is_told_apart() -> None:
    for text, elsewhere in {
        "nowhere": True,
        "a.unknown": True,
        "[x for x in a]": True,
        "np.fft": True,
        "a[99]": False,
        "(": False,
        "1 / 0": False,
    }.items():
        with pytest.raises(ExpressionError) as caught:
            value(text)
        assert caught.value.elsewhere is elsewhere, text


def test_names_have_the_value_they_had_at_the_cursor(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=3)) as recording:

        def at(step: int, position: int, text: str, *, strict: bool = False) -> tuple[float | None, bool]:
            lookup = Lookup(recording, step, position, strict=strict)
            return as_number(Expression(text).value(lookup)), lookup.earlier

        before, now = at(0, 11, "loss")[0], at(1, 4, "loss")[0]
        assert before is not None
        assert now is not None
        assert now < before
        assert at(1, 3, "loss") == (before, True), "not yet worked out in this step: that of the step before"
        assert at(1, 4, "loss") == (now, False)
        with pytest.raises(ExpressionError, match="“loss”"):
            at(1, 3, "loss", strict=True)
        with pytest.raises(ExpressionError, match="“loss”"):
            at(0, 3, "loss")
        # a variable changes with its update, and what a gradient call gave is there when it has
        assert at(1, 0, "w") == at(0, 11, "w")
        assert at(1, 11, "w") != at(1, 0, "w")
        assert at(0, 11, "gradients[0] - gradients[0]") == (0.0, False)
        assert at(0, 2, "x[9]") == (10.0, False), "a constant has the name it is used by"
        assert set(name_words(recording, 1)) >= {"loss", "y_pred", "w", "b", "x", "y", "gradients"}
        assert name_words(recording, 99) == ()


def test_values_in_words() -> None:
    assert short(np.float32(1.5)) == ("1.5", "float32 ()", False)
    assert short(np.array([1.0, np.nan]))[2]
    assert short(A)[1] == "float32 (3, 4)"
    assert short([1, 2.5]) == ("[1, 2.5]", "", False)
    assert short({"w": 1})[0] == "{w: 1}"
    assert short(None)[0] == "None"
    assert long(np.float32(1.5)) == "1.5  float32 ()"
    assert len(long(np.zeros((1000, 1000)))) < 2000
    assert long((1, "a")) == "(1, 'a')"
    assert long({"w": 1}) == "{'w': 1}"
    assert (as_number(np.array([[3]])), as_number(A), as_number("x"), as_number(True)) == (3.0, None, None, 1.0)
