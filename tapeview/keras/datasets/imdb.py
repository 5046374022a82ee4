"""IMDB: 50,000 film reviews as lists of word numbers, and whether they are good."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tapeview.engine import warn
from tapeview.keras.datasets.images import STORE, Split, check_keywords
from tapeview.keras.datasets.unpickling import load_npz
from tapeview.keras.datasets.words import limited, marked, objects, short_ones, shuffled
from tapeview.keras.utils.files import get_file

ORIGIN = STORE + "imdb.npz"
SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
INDEX_ORIGIN = STORE + "imdb_word_index.json"
INDEX_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz", num_words: int | None = None, skip_top: int = 0, maxlen: int | None = None,
    seed: int = 113, start_char: int | None = 1, oov_char: int | None = 2, index_from: int = 3, **kwargs: Any,
) -> Split:  # fmt: skip
    """Arrays of lists and labels of 0 and 1: 25,000 reviews to train with, 25,000 to test.

    Args:
        num_words: rarer words are ``oov_char``.
        skip_top: so are that many of the commonest.
        maxlen: longer reviews are left out.
        start_char: stands in front of each review.
        index_from: what is added to word numbers.

    Raises:
        ValueError: ``maxlen`` leaves nothing.
        OSError: the file is not in the cache and can not be downloaded.
    """
    if "nb_words" in kwargs:
        warn.warn("The `nb_words` argument in `load_data` has been renamed `num_words`.", "absl")
        num_words = kwargs.pop("nb_words")
    check_keywords(kwargs)
    arrays = load_npz(get_file(path, ORIGIN, file_hash=SHA256))
    rng = np.random.RandomState(seed)
    x_train, y_train = shuffled(arrays["x_train"], arrays["y_train"], rng)
    x_test, y_test = shuffled(arrays["x_test"], arrays["y_test"], rng)
    train, test = marked(x_train, start_char, index_from), marked(x_test, start_char, index_from)
    labels: Any = y_train, y_test
    if maxlen:
        train, first = short_ones(maxlen, train, y_train)
        test, second = short_ones(maxlen, test, y_test)
        labels = np.array(first), np.array(second)
        if not train or not test:
            raise ValueError(
                f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. Increase maxlen."
            )
    texts = limited(train + test, num_words, skip_top, oov_char)
    return (objects(texts[: len(train)]), labels[0]), (objects(texts[len(train) :]), labels[1])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, before ``index_from`` is added."""
    with open(get_file(path, INDEX_ORIGIN, file_hash=INDEX_MD5), encoding="utf-8") as file:
        return json.load(file)  # type: ignore[no-any-return]
