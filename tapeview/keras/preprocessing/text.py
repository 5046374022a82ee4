"""``keras.preprocessing.text``: words of texts, and numbers for them."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.keras.modules import Settled

FILTERS: Final = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""The characters that are no part of words."""


def text_to_word_sequence(input_text: str, filters: Any = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text."""
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate({ord(c): split for c in filters}).split(split) if word]


def hashing_trick(
    text: str, n: int, hash_function: Any = None, filters: Any = FILTERS, lower: bool = True, split: str = " ",
    analyzer: Callable[[str], Iterable[str]] | None = None,
) -> list[int]:  # fmt: skip
    """A number from 1 to ``n - 1`` for each word, by Python's hash, ``"md5"`` or a function; words may share one."""
    number = {None: hash, "md5": _md5}.get(hash_function, hash_function)
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [number(word) % (n - 1) + 1 for word in words]


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


def one_hot(
    input_text: str, n: int, filters: Any = FILTERS, lower: bool = True, split: str = " ", analyzer: Any = None
) -> list[int]:
    """:func:`hashing_trick` with Python's hash."""
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


class Tokenizer(Settled):
    """Numbers the words of texts, the most frequent one first, from 1 on.

    Args:
        num_words: only numbers below it are given.
        filters: characters that are no part of words.
        lower: words are compared in lower case.
        split: what stands between words.
        char_level: each character is a word.
        oov_token: what stands for words that are not known; it gets number 1.
        analyzer: a function that gives a text's words.

    Raises:
        TypeError: an unknown keyword.
    """

    def __init__(
        self, num_words: int | None = None, filters: Any = FILTERS, lower: bool = True, split: str = " ",
        char_level: bool = False, oov_token: str | None = None, analyzer: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.num_words = kwargs.pop("nb_words", num_words)
        self.document_count = kwargs.pop("document_count", 0)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.word_counts: dict[str, int] = OrderedDict()
        self.word_docs: defaultdict[str, int] = defaultdict(int)
        self.index_docs: defaultdict[int, int] = defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> list[Any]:
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return list(text.lower() if self.lower else text)
        if self.analyzer is not None:
            return list(self.analyzer(text))
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Takes texts (strings, or lists of words) into account."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        known = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        first = [] if self.oov_token is None else [self.oov_token]
        self.word_index = dict(zip([*first, *known], range(1, len(known) + len(first) + 1), strict=True))
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Any) -> None:
        """Takes lists of numbers into account, for the weights of :meth:`sequences_to_matrix`."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def _allowed(self, number: int) -> bool:
        return not self.num_words or number < self.num_words

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """For each text its words' numbers; without an ``oov_token`` unknown words are left out."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """:meth:`texts_to_sequences`, one by one."""
        unknown = self.word_index.get(self.oov_token) if self.oov_token is not None else None
        for text in texts:
            found = [self.word_index.get(word) for word in self._words(text)]
            numbers = [n if n is not None and self._allowed(n) else unknown for n in found]
            yield [n for n in numbers if n is not None]

    def sequences_to_texts(self, sequences: Iterable[Any]) -> list[str]:
        """The words of lists of numbers, with blanks between them."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Any]) -> Iterator[str]:
        """:meth:`sequences_to_texts`, one by one."""
        for sequence in sequences:
            found = [self.index_word.get(n) if self._allowed(n) else None for n in sequence]
            words = [self.oov_token if word is None else word for word in found]
            yield " ".join(word for word in words if word is not None)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> Array:
        """One row for each text; see :meth:`sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Any, mode: str = "binary") -> Array:
        """One row for each list of numbers, one column for each word.

        Args:
            mode: what a word that occurs counts: 1 (``"binary"``), how often it does (``"count"``), its share
                (``"freq"``), or that weighed by how rare it is (``"tfidf"``).

        Raises:
            ValueError: nothing to number words by, or an unknown mode.
        """
        if not self.num_words and not self.word_index:
            raise ValueError("Specify a dimension (`num_words` argument), or fit on some text data first.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError("Fit the Tokenizer on some data before using tfidf mode.")
        columns = self.num_words or len(self.word_index) + 1
        rows = np.zeros((len(sequences), columns))
        for row, sequence in zip(rows, sequences, strict=True):
            for number, count in Counter(n for n in sequence if n < columns).items():
                row[number] = self._weight(mode, number, count, len(sequence))
        return rows

    def _weight(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "tfidf":
            rare = math.log(1 + self.document_count / (1 + self.index_docs.get(number, 0)))
            return (1 + math.log(count)) * rare
        weights = {"binary": 1, "count": count, "freq": count / length}
        if mode not in weights:
            raise ValueError("Unknown vectorization mode:", mode)
        return weights[mode]

    def get_config(self) -> dict[str, Any]:
        """The arguments, and what was learned as JSON."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token", "document_count")
        learned = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {word: getattr(self, word) for word in plain} | {
            word: json.dumps(getattr(self, word)) for word in learned
        }

    def to_json(self, **kwargs: Any) -> str:
        """All of it as JSON, for :func:`tokenizer_from_json`."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that ``to_json`` wrote."""
    config = json.loads(json_string)["config"]
    found = {word: json.loads(config.pop(word)) for word in ("word_counts", "word_docs", "word_index")}
    by_number = {word: json.loads(config.pop(word)) for word in ("index_docs", "index_word")}
    made = Tokenizer(**config)
    made.word_counts, made.word_index = found["word_counts"], found["word_index"]
    made.word_docs = defaultdict(int, found["word_docs"])
    made.index_docs = defaultdict(int, {int(k): v for k, v in by_number["index_docs"].items()})
    made.index_word = {int(k): v for k, v in by_number["index_word"].items()}
    return made
