"""What a script says of its values, in the words of the window."""

from __future__ import annotations

import math

import pytest

from tapeview.views.value_words import of_repr


@pytest.mark.parametrize(
    ("text", "single", "words"),
    [
        ("<tf.Tensor: shape=(), dtype=float32, numpy=0.0012345678>", 0.0012345678, ("0.0012346", "float32 ()")),
        ("<tf.Variable 'n:0' shape=() dtype=float32, numpy=1.0>", 1.0, ("1", "float32 ()")),
        ("<tf.Tensor: shape=(), dtype=bool, numpy=True>", 1.0, ("True", "bool ()")),
        ("<tf.Tensor: shape=(), dtype=float32, numpy=-inf>", -math.inf, ("-Inf", "float32 ()")),
        (
            "<tf.Tensor: shape=(2, 1), dtype=float32, numpy=\narray([[0.],\n       [1.]], dtype=float32)>",
            None,
            ("[[0.], [1.]]", "float32 (2, 1)"),
        ),
        ("<tf.Variable 'w:0' shape=(2,) dtype=int32, numpy=array([1, 2])>", None, ("[1, 2]", "int32 (2,)")),
        ("<tf.Tensor: shape=(3,), dtype=float32, numpy=array([1., 2…", None, ("[1., 2…", "float32 (3,)")),
        ("12345678901234567890", 1.2345678901234567e19, ("12345678901234567890", "")),
        ("nan", math.nan, ("NaN", "")),
        ("'ab\\n'", None, ("'ab\\n'", "")),
    ],
)
def test_tensors_are_said_as_numbers_with_their_type_and_shape(
    text: str, single: float | None, words: tuple[str, str]
) -> None:
    assert of_repr(text, single) == words
