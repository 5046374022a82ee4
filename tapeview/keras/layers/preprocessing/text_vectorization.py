"""``TextVectorization``: texts as the numbers of their words."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.layers.preprocessing.encoding import MODES, Preprocessing
from tapeview.keras.layers.preprocessing.lookup import StringLookup

_PUNCTUATION: Final = re.compile(rb"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
_STANDARDS: Final = ("lower_and_strip_punctuation", "lower", "strip_punctuation")


class TextVectorization(Preprocessing):
    """Texts made alike, split into words (or n-grams of words) and looked up in a vocabulary.

    Args:
        max_tokens: the vocabulary's size at most.
        standardize: ``"lower_and_strip_punctuation"``, ``"lower"``, ``"strip_punctuation"``, None, or a function.
        split: ``"whitespace"``, ``"character"``, None, or a function.
        ngrams: the longest n-grams, or a tuple of lengths.
        output_mode: ``int`` (rows are filled up with 0), ``multi_hot``, ``count`` or ``tf_idf``.
        output_sequence_length: the length of rows.

    Raises:
        ValueError: arguments that are none of these.
    """

    def __init__(
        self, max_tokens: int | None = None, standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace", ngrams: Any = None, output_mode: str = "int",
        output_sequence_length: int | None = None, pad_to_max_tokens: bool = False, vocabulary: Any = None,
        idf_weights: Any = None, sparse: bool = False, ragged: bool = False, encoding: str = "utf-8", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if isinstance(standardize, str) and standardize not in _STANDARDS:
            raise ValueError(f"Unknown value for `standardize` argument of layer TextVectorization: {standardize}")
        if isinstance(split, str) and split not in ("whitespace", "character"):
            raise ValueError(f"Unknown value for `split` argument of layer TextVectorization: {split}")
        mode = self._mode({"binary": "multi_hot", "tf-idf": "tf_idf"}.get(output_mode, output_mode), MODES)
        if output_sequence_length is not None and mode != "int":
            raise ValueError(
                "`output_sequence_length` must not be set if `output_mode` is not 'int'. Received "
                f"output_sequence_length={output_sequence_length}."
            )
        self.standardize, self.split, self.ngrams_arg = standardize, split, ngrams
        self.ngrams = tuple(range(1, ngrams + 1)) if isinstance(ngrams, int) else ngrams
        self.max_tokens, self.output_mode = max_tokens, mode
        self.output_sequence_length, self.pad_to_max_tokens = output_sequence_length, pad_to_max_tokens
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens, vocabulary=vocabulary, idf_weights=idf_weights, output_mode=mode,
            pad_to_max_tokens=pad_to_max_tokens, mask_token="", encoding=encoding,
        )  # fmt: skip

    # -- texts ---------------------------------------------------------------------------------------------------------

    def _words(self, texts: Array) -> list[list[bytes]]:
        """The tokens of each text of a batch."""
        if texts.ndim > 1 and texts.shape[-1] == 1:
            texts = texts[..., 0]
        alike = self._alike(texts)
        if self.split is None:
            rows = [list(row) if isinstance(row, list) else [row] for row in alike.tolist()]
        elif callable(self.split):
            rows = [list(np.atleast_1d(to_tensor(self.split(EagerTensor(alike[k : k + 1])))._array[0]))
                    for k in range(len(alike))]  # fmt: skip
        elif self.split == "character":
            rows = [[c.encode() for c in text.decode()] for text in alike.ravel().tolist()]
        else:
            rows = [text.split() for text in alike.ravel().tolist()]
        return rows if self.ngrams is None else [self._grams(row) for row in rows]

    def _alike(self, texts: Array) -> Array:
        if self.standardize is None:
            return texts
        if callable(self.standardize):
            return to_tensor(self.standardize(EagerTensor(texts)))._array
        made = np.empty(texts.shape, object)
        for at in np.ndindex(texts.shape):
            text: Any = texts[at]
            text = text.lower() if "lower" in self.standardize else text
            made[at] = _PUNCTUATION.sub(b"", text) if "strip" in self.standardize else text
        return made

    def _grams(self, words: list[bytes]) -> list[bytes]:
        return [b" ".join(words[k : k + n]) for n in self.ngrams for k in range(len(words) - n + 1)]

    # -- the vocabulary ------------------------------------------------------------------------------------------------

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learns the vocabulary from texts, or a dataset of batches of them."""
        self.reset_state()
        for batch in self._in_batches(data)[:steps]:
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Takes a batch of texts into account."""
        rows = self._words(np.atleast_1d(data if isinstance(data, np.ndarray) else to_tensor(data)._array))
        self._lookup_layer._update_from([[w.decode("utf-8") for w in row] for row in rows])

    def finalize_state(self) -> None:
        """What was learned becomes what is used."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forgets what was learned."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The tokens in their order."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes a list of tokens. Raises ValueError for one that does not fit."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def vocabulary_size(self) -> int:
        """How many tokens there are, special ones included."""
        return self._lookup_layer.vocabulary_size()

    # -- the call ------------------------------------------------------------------------------------------------------

    def call(self, inputs: Any) -> Any:
        """One row for each text."""
        alone = inputs._array.ndim == 0
        rows = [self._lookup_layer.indices(_column(words)) for words in self._words(np.atleast_1d(inputs._array))]
        length = max((len(row) for row in rows), default=0)
        if self.output_mode == "int":
            wanted = length if self.output_sequence_length is None else self.output_sequence_length
            found = np.zeros((len(rows), wanted), np.int64)
            for line, row in zip(found, rows, strict=True):
                line[: min(len(row), wanted)] = row[:wanted]
            return EagerTensor(found[0] if alone else found)
        texts = self._words(np.atleast_1d(inputs._array))
        lines = [self._lookup_layer.call(EagerTensor(_column(words)))._array for words in texts]
        return EagerTensor(lines[0] if alone else np.stack(lines))

    def get_config(self) -> dict[str, Any]:
        """The arguments, and the vocabulary."""
        words = ("max_tokens", "standardize", "split", "output_mode", "output_sequence_length", "pad_to_max_tokens")
        own = self._lookup_layer.get_config()
        return super().get_config() | {
            "ngrams": self.ngrams_arg, "vocabulary": own["vocabulary"], "idf_weights": own["idf_weights"],
            **{word: getattr(self, word) for word in words},
        }  # fmt: skip


def _column(words: list[bytes]) -> Array:
    made = np.empty(len(words), object)
    made[:] = words
    return made
