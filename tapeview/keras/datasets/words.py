"""What the data sets of texts share: texts are lists of word numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.tensor import Array


def shuffled(texts: Array, labels: Array, rng: Any) -> tuple[Array, Array]:
    """Texts and labels in one new order."""
    order = np.arange(len(texts))
    rng.shuffle(order)
    return texts[order], labels[order]


def marked(texts: Any, start_char: int | None, index_from: int) -> list[list[int]]:
    """Texts with word numbers moved up and, if there is one, the number that marks a start in front."""
    if start_char is not None:
        return [[start_char] + [w + index_from for w in text] for text in texts]
    return [[w + index_from for w in text] for text in texts] if index_from else list(texts)


def short_ones(maxlen: int, texts: list[list[int]], labels: Any) -> tuple[list[list[int]], list[Any]]:
    """The texts of fewer words than ``maxlen``, and their labels."""
    kept = [(text, label) for text, label in zip(texts, labels, strict=True) if len(text) < maxlen]
    return [text for text, _ in kept], [label for _, label in kept]


def limited(texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> list[list[int]]:
    """Texts in which rare words, and the ``skip_top`` commonest, are ``oov_char`` or left out."""
    top = num_words or max(max(text) for text in texts)
    if oov_char is not None:
        return [[w if skip_top <= w < top else oov_char for w in text] for text in texts]
    return [[w for w in text if skip_top <= w < top] for text in texts]


def objects(texts: list[list[int]]) -> Array:
    """Lists of different lengths as an array of objects."""
    array = np.empty(len(texts), object)
    array[:] = texts
    return array
