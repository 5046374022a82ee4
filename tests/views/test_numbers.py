from __future__ import annotations

import math

import numpy as np
import pytest

from tapeview.views.numbers import brief, bytes_text, item, number, shape_text, shorter, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.64812345, "7.6481"),
        (0.0000123456, "1.2346e-05"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
        (-math.inf, "-Inf"),
        (3, "3"),
        (10**15, "1e+15"),
        (True, "True"),
        (1 + 2j, "1+2j"),
        ("text", "text"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_a_change_has_its_sign() -> None:
    assert [signed(value) for value in (0.25, -0.25, 0.0, math.nan)] == ["+0.25", "-0.25", "+0", "NaN"]


def test_items_of_arrays_of_any_type() -> None:
    assert item(np.float32(0.1)) == "0.1"
    assert item(np.bool_(False)) == "False"
    assert item(np.bytes_(b"ab")) == "ab"
    assert item(np.array([b"x", None], dtype=object)[1]) == "None"


def test_arrays_in_a_few_words() -> None:
    assert brief(np.float32(3)) == "3"
    assert brief(np.zeros(0)) == "[]"
    assert brief(np.array([1.5, -2, np.nan])) == "[1.5, -2, NaN]"
    assert brief(np.array([[1, 2], [3, 4]])) == "[[1, 2], [3, 4]]"
    assert brief(np.full(10, 0.1)) == "0.1 × 10"
    assert brief(np.arange(6)) == "6 × int64"


def test_shapes_and_sizes() -> None:
    assert [shape_text(shape) for shape in ((), (10,), (64, 3))] == ["()", "(10,)", "(64, 3)"]
    assert [bytes_text(size) for size in (0, 999, 1500, 123456, 2_500_000, 3 * 10**9)] == [
        "0 B", "999 B", "1.5 kB", "123 kB", "2.5 MB", "3.0 GB",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("-4.79e-07", ["-4.79e-07", "-4.8e-07", "-5e-07"]),
        ("+0.0102", ["+0.0102", "+0.010", "+0.01"]),
        ("10.56", ["10.56", "10.6", "11"]),
        ("NaN", ["NaN"]),
        ("None · stopped", ["None · stopped"]),
        ("[1, 2]", ["[1, 2]"]),
        ("12", ["12"]),
    ],
)
def test_a_number_is_rounded_before_it_is_cut(text: str, forms: list[str]) -> None:
    assert shorter(text) == forms
