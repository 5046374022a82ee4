"""Reuters: 11,228 newswires as lists of word numbers, and the topic of each."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tapeview.engine import warn
from tapeview.keras.datasets.images import STORE, Split, check_keywords
from tapeview.keras.datasets.unpickling import load_npz
from tapeview.keras.datasets.words import limited, marked, objects, short_ones, shuffled
from tapeview.keras.utils.files import get_file

ORIGIN = STORE + "reuters.npz"
SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
INDEX_ORIGIN = STORE + "reuters_word_index.json"
INDEX_MD5 = "4d44cc38712099c9e383dc6e5f11a921"

_TOPICS = """
    cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass
    crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi
    iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead
"""


def load_data(
    path: str = "reuters.npz", num_words: int | None = None, skip_top: int = 0, maxlen: int | None = None,
    test_split: float = 0.2, seed: int = 113, start_char: int | None = 1, oov_char: int | None = 2,
    index_from: int = 3, **kwargs: Any,
) -> Split:  # fmt: skip
    """Arrays of lists and the numbers of topics; the last share is to test with. Arguments as in ``imdb.load_data``.

    Raises:
        OSError: the file is not in the cache and can not be downloaded.
    """
    if "nb_words" in kwargs:
        warn.warn("The `nb_words` argument in `load_data` has been renamed `num_words`.", "absl")
        num_words = kwargs.pop("nb_words")
    check_keywords(kwargs)
    arrays = load_npz(get_file(path, ORIGIN, file_hash=SHA256))
    texts, labels = shuffled(arrays["x"], arrays["y"], np.random.RandomState(seed))
    found, topics = marked(texts, start_char, index_from), list(labels)
    if maxlen:
        found, topics = short_ones(maxlen, found, topics)
    found = limited(found, num_words, skip_top, oov_char)
    size = int(len(found) * (1 - test_split))
    train = objects(found[:size]), np.array(topics[:size])
    return train, (objects(found[size:]), np.array(topics[size:]))


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, before ``index_from`` is added."""
    with open(get_file(path, INDEX_ORIGIN, file_hash=INDEX_MD5), encoding="utf-8") as file:
        return json.load(file)  # type: ignore[no-any-return]


def get_label_names() -> tuple[str, ...]:
    """The topics by number."""
    return tuple(_TOPICS.split())
