"""Words and whole numbers by their place in a vocabulary."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.scripting.fingerprints import fingerprint64
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.layers.preprocessing.encoding import MODES, Preprocessing, as_tensor, encoded


def plain(token: Any) -> Any:
    """A token as Python has it: text, or an int."""
    if isinstance(token, bytes):
        return token.decode("utf-8")
    return int(token) if isinstance(token, (int, np.integer)) else token


class IndexLookup(Preprocessing):
    """What lookups of words and of numbers share: a table, given or learned by :meth:`adapt`.

    Raises:
        ValueError: an unknown mode, a vocabulary with doubles, sizes that are none.
    """

    _numbers: ClassVar[bool]

    def __init__(
        self, max_tokens: int | None, num_oov_indices: int, mask_token: Any, oov_token: Any, vocabulary: Any = None,
        idf_weights: Any = None, invert: bool = False, output_mode: str = "int", sparse: bool = False,
        pad_to_max_tokens: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(f"If set, `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}.")
        if num_oov_indices < 0:
            raise ValueError(
                f"`num_oov_indices` must be greater than or equal to 0. Received: num_oov_indices={num_oov_indices}."
            )
        self.output_mode = self._mode({"binary": "multi_hot"}.get(output_mode, output_mode), MODES)
        self.max_tokens, self.num_oov_indices = max_tokens, num_oov_indices
        self.mask_token, self.oov_token = mask_token, oov_token
        self.invert, self.sparse, self.pad_to_max_tokens = invert, sparse, pad_to_max_tokens
        self.input_vocabulary, self.input_idf_weights = vocabulary, idf_weights
        self.idf_weights: Array | None = None
        self._tokens: list[Any] = []
        self._forget()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # -- the vocabulary ------------------------------------------------------------------------------------------------

    @property
    def _special(self) -> list[Any]:
        masks = [self.mask_token] if self.mask_token is not None and self.output_mode == "int" else []
        return masks + [self.oov_token] * self.num_oov_indices

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes a list of tokens, or the name of a file with one in each line.

        Raises:
            ValueError: a token that stands there twice; too many of them; ``tf_idf`` without weights.
        """
        if isinstance(vocabulary, str):
            with open(vocabulary, encoding="utf-8") as file:
                vocabulary = [line.rstrip("\n") for line in file]
            if self._numbers:
                vocabulary = [int(v) for v in vocabulary]
        tokens = [plain(t) for t in np.asarray(getattr(vocabulary, "_array", vocabulary)).tolist()]
        special = self._special
        if tokens[: len(special)] == special:
            tokens = tokens[len(special) :]
        doubles = [t for t, count in Counter(tokens).items() if count > 1]
        if doubles:
            raise ValueError(
                "The passed vocabulary has at least one repeated term. Please uniquify your dataset. The repeated "
                f"terms are: {set(doubles)}"
            )
        if self.max_tokens is not None and len(tokens) + len(special) > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size is "
                f"{len(tokens) + len(special)}; `max_tokens` is {self.max_tokens}."
            )
        self._tokens = tokens
        if self.output_mode == "tf_idf":
            if idf_weights is None:
                raise ValueError("`idf_weights` must be set if output_mode is 'tf_idf'.")
            self._weigh(np.asarray(idf_weights, np.float32))
        self._index()

    def _weigh(self, weights: Array) -> None:
        rare = np.full(self.num_oov_indices, weights.mean() if len(weights) else 0, np.float32)
        self.idf_weights = weights if len(weights) > len(self._tokens) else np.concatenate([rare, weights])

    def _index(self) -> None:
        start = len(self._special)
        self._places = {self._key(t): start + k for k, t in enumerate(self._tokens)}
        if self.mask_token is not None and self.output_mode == "int":
            self._places[self._key(self.mask_token)] = 0

    def _key(self, token: Any) -> Any:
        return token.encode("utf-8") if isinstance(token, str) else token

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in their order, with those for masks and unknown ones in front if wanted."""
        return (self._special if include_special_tokens else []) + list(self._tokens)

    def vocabulary_size(self) -> int:
        """How many there are, special ones included."""
        return len(self._special) + len(self._tokens)

    vocab_size = vocabulary_size

    # -- learning ------------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._counts: Counter[Any] = Counter()
        self._documents: Counter[Any] = Counter()
        self._seen = 0
        self._index()

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learns the vocabulary from data: the most frequent tokens first."""
        self.reset_state()
        for batch in self._in_batches(data)[:steps]:
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forgets what was learned."""
        self._tokens = []
        self._forget()

    def update_state(self, data: Any) -> None:
        """Takes a batch into account; each row is a document."""
        array = np.asarray(data) if isinstance(data, np.ndarray) else as_tensor(data)._array
        rows = array.reshape(array.shape[0] if array.ndim else 1, -1).tolist()
        self._update_from([[plain(t) for t in row] for row in rows])

    def _update_from(self, rows: list[list[Any]]) -> None:
        for row in rows:
            self._counts.update(row)
            self._documents.update(set(row))
        self._seen += len(rows)

    def finalize_state(self) -> None:
        """What was learned becomes what is used."""
        if not self._counts:
            return
        known = sorted(((n, t) for t, n in self._counts.items() if t not in (self.oov_token, self.mask_token)),
                       reverse=True)  # fmt: skip
        limit = None if self.max_tokens is None else self.max_tokens - len(self._special)
        self._tokens = [t for _, t in known[:limit]]
        if self.output_mode == "tf_idf":
            found = [np.log(1 + self._seen / (1 + self._documents[t])) for t in self._tokens]
            self._weigh(np.asarray(found, np.float32))
        self._index()

    # -- the call ------------------------------------------------------------------------------------------------------

    def call(self, inputs: Any) -> Any:
        """The numbers (or, inverted, the tokens), or their vectors."""
        if self.invert:
            return self._inverted(inputs._array)
        numbers = self.indices(inputs._array)
        if self.output_mode == "int":
            return EagerTensor(numbers)
        depth = self.vocabulary_size()
        if self.pad_to_max_tokens and self.max_tokens is not None:
            depth = self.max_tokens
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        found = encoded(numbers, mode, depth)
        if self.output_mode == "tf_idf":
            weights = np.zeros(depth, np.float32)
            weights[: len(self.idf_weights if self.idf_weights is not None else ())] = self.idf_weights
            found = found * weights
        return EagerTensor(found)

    def indices(self, tokens: Array) -> Array:
        """The number of each token. Raises InvalidArgumentError for unknown ones if there are no numbers for them."""
        flat = [self._places.get(t, -1) for t in tokens.ravel().tolist()]
        found = np.array(flat, np.int64).reshape(tokens.shape)
        unknown = found < 0
        if unknown.any():
            first = len(self._special) - self.num_oov_indices
            if not self.num_oov_indices:
                wrong = tokens[unknown].tolist()
                raise InvalidArgumentError(
                    None, None,
                    f"When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values {wrong}, consider "
                    "setting `num_oov_indices=1`.",
                )  # fmt: skip
            found[unknown] = [first + self._bucket(t) for t in tokens[unknown].tolist()]
        return found

    def _bucket(self, token: Any) -> int:
        if self.num_oov_indices == 1:
            return 0
        return int(token % self.num_oov_indices if self._numbers else fingerprint64(token) % self.num_oov_indices)

    def _inverted(self, numbers: Array) -> EagerTensor:
        words = self.get_vocabulary()
        found = [words[n] if 0 <= n < len(words) else self.oov_token for n in numbers.ravel().tolist()]
        if self._numbers:
            return EagerTensor(np.array(found, np.int64).reshape(numbers.shape))
        made = np.empty(len(found), object)
        made[:] = [self._key(w) for w in found]
        return EagerTensor(made.reshape(numbers.shape))

    def get_config(self) -> dict[str, Any]:
        """The arguments, and the vocabulary."""
        words = ("max_tokens", "num_oov_indices", "mask_token", "oov_token", "invert", "output_mode", "sparse",
                 "pad_to_max_tokens")  # fmt: skip
        weights = self.idf_weights
        own = {
            "vocabulary": list(self._tokens) or None,
            "idf_weights": None if weights is None else weights[self.num_oov_indices :].tolist(),
        }
        return super().get_config() | own | {word: getattr(self, word) for word in words}


class StringLookup(IndexLookup):
    """Words as numbers, or numbers as words."""

    _numbers = False

    def __init__(
        self, max_tokens: int | None = None, num_oov_indices: int = 1, mask_token: Any = None,
        oov_token: Any = "[UNK]", vocabulary: Any = None, idf_weights: Any = None, encoding: str = "utf-8",
        invert: bool = False, output_mode: str = "int", sparse: bool = False, pad_to_max_tokens: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.encoding = encoding
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, **kwargs,
        )  # fmt: skip


class IntegerLookup(IndexLookup):
    """Whole numbers as their places in a vocabulary."""

    _numbers = True

    def __init__(
        self, max_tokens: int | None = None, num_oov_indices: int = 1, mask_token: Any = None, oov_token: Any = -1,
        vocabulary: Any = None, vocabulary_dtype: str = "int64", idf_weights: Any = None, invert: bool = False,
        output_mode: str = "int", sparse: bool = False, pad_to_max_tokens: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        kwargs.pop("max_values", None)
        self.vocabulary_dtype = dtypes.as_dtype(vocabulary_dtype).name
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights, invert, output_mode, sparse,
            pad_to_max_tokens, **kwargs,
        )  # fmt: skip
