"""Numbers of categories as vectors, and what the preprocessing layers share."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.scripting.fingerprints import to_hash_bucket_fast, to_hash_bucket_strong
from tapeview.engine.scripting.text import as_string
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.keras.layers import symbolic
from tapeview.keras.layers.base import Layer

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class Preprocessing(Layer):
    """A layer that takes lists and texts as they are and computes with NumPy: nothing in it is differentiated."""

    _adapts = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """See :meth:`Layer.__call__`; a list is one tensor."""
        given = inputs if symbolic.among(inputs) else as_tensor(inputs)
        return super().__call__(given, *args, **kwargs)

    def _mode(self, mode: str, allowed: tuple[str, ...]) -> str:
        if mode not in allowed:
            raise ValueError(
                f"Invalid value for argument `output_mode`. Expected one of {allowed}. Received: output_mode={mode}"
            )
        return mode

    def _in_batches(self, data: Any, size: int | None = None) -> list[Array]:
        """What :meth:`adapt` got, as arrays: data (in batches of some size), or a dataset of batches."""
        if not hasattr(data, "shape") and not isinstance(data, (list, tuple, str, bytes)):
            return [as_tensor(batch)._array for batch in data]
        whole = as_tensor(data)._array
        return [whole] if size is None or not whole.ndim else [whole[k : k + size] for k in range(0, len(whole), size)]


def as_tensor(value: Any) -> Any:
    """Lists, arrays and texts as a tensor; Keras's float type for floats."""
    if isinstance(value, EagerTensor):
        return value
    array = np.asarray(value) if not hasattr(value, "_array") else None
    if array is not None and array.dtype.kind == "f":
        return to_tensor(array, dtypes.float32)
    return to_tensor(value)


def encoded(numbers: Array, mode: str, depth: int, weights: Any = None, kind: Any = np.float32) -> Array:
    """Numbers (examples) or (examples, several) as rows of length ``depth``.

    Raises:
        ValueError: numbers of a higher rank.
    """
    if mode == "one_hot" and (numbers.ndim == 0 or numbers.shape[-1] != 1):
        numbers = numbers[..., None]
    if numbers.ndim == 0:
        numbers = numbers[None]
    if numbers.ndim > 2:
        raise ValueError(
            "When output_mode is not `'int'`, maximum supported output rank is 2. Received output_mode "
            f"{mode} and input shape {numbers.shape}, which would result in output rank {numbers.ndim}."
        )
    rows = np.atleast_2d(numbers)
    found = np.zeros((len(rows), depth), kind)
    shares = np.ones(rows.shape, kind) if weights is None else np.atleast_2d(weights).astype(kind)
    np.add.at(found, (np.arange(len(rows))[:, None], rows), shares)
    if mode in ("one_hot", "multi_hot"):
        found = (found > 0).astype(kind)
    return found if numbers.ndim == 2 else found[0]


class CategoryEncoding(Preprocessing):
    """Whole numbers below ``num_tokens`` as vectors: ``one_hot``, ``multi_hot`` or ``count``.

    Raises:
        ValueError: no ``num_tokens``, an unknown mode, numbers that are too large; ``sparse``.
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        kwargs.pop("max_tokens", None)
        super().__init__(**kwargs)
        self.output_mode = self._mode({"binary": "multi_hot"}.get(output_mode, output_mode), MODES[1:4])
        if num_tokens is None:
            raise ValueError("num_tokens must be set to use this layer. If the number of tokens is not known "
                             "beforehand, use the IntegerLookup layer instead.")  # fmt: skip
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens, self.sparse = num_tokens, sparse

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        """The vectors."""
        numbers = inputs._array.astype(np.int64)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= self.num_tokens):
            raise InvalidArgumentError(
                None, None,
                f"Input values must be in the range 0 <= values < num_tokens with num_tokens={self.num_tokens}",
            )  # fmt: skip
        weights = None if count_weights is None else as_tensor(count_weights)._array
        return EagerTensor(encoded(numbers, self.output_mode, self.num_tokens, weights))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        words = ("num_tokens", "output_mode", "sparse")
        return super().get_config() | {word: getattr(self, word) for word in words}


class Hashing(Preprocessing):
    """Texts or whole numbers as numbers below ``num_bins``, by a hash; with ``salt`` by another one.

    Raises:
        ValueError: a number of bins or a salt that is none, an unknown mode.
    """

    def __init__(
        self, num_bins: int, mask_value: Any = None, salt: Any = None, output_mode: str = "int", sparse: bool = False,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        if not num_bins or num_bins < 0:
            raise ValueError(f"The `num_bins` for `Hashing` cannot be `None` or non-positive values. Received: "
                             f"num_bins={num_bins}.")  # fmt: skip
        super().__init__(**kwargs)
        self.num_bins, self.mask_value, self.sparse = num_bins, mask_value, sparse
        self.output_mode = self._mode(output_mode, MODES[:4])
        self.strong_hash = salt is not None
        self.salt = [salt, salt] if isinstance(salt, int) else salt
        if self.salt is not None and (not isinstance(self.salt, (tuple, list)) or len(self.salt) != 2):
            raise ValueError(
                "The `salt` argument for `Hashing` can only be a tuple of size 2 integers, or a single integer. "
                f"Received: salt={salt}."
            )

    def call(self, inputs: Any) -> Any:
        """The numbers, or their vectors."""
        texts = inputs if inputs._array.dtype.kind == "O" else as_string(inputs)
        bins = self.num_bins - (self.mask_value is not None and self.num_bins > 1)
        if self.salt is not None:
            found = to_hash_bucket_strong(texts, bins, self.salt)._array
        else:
            found = to_hash_bucket_fast(texts, bins)._array
        if self.mask_value is not None:
            mask = as_tensor(self.mask_value)._array[()]
            found = np.where(inputs._array == mask, 0, found + 1)
        if self.output_mode == "int":
            return EagerTensor(np.asarray(found, np.int64))
        return EagerTensor(encoded(found, self.output_mode, self.num_bins))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        words = ("num_bins", "salt", "mask_value", "output_mode", "sparse")
        return super().get_config() | {word: getattr(self, word) for word in words}


class Discretization(Preprocessing):
    """Numbers as the number of the bin that they lie in; the bins are given, or learned by :meth:`adapt`.

    Raises:
        ValueError: both boundaries and their number, or neither; an unknown mode.
    """

    def __init__(
        self, bin_boundaries: Any = None, num_bins: int | None = None, epsilon: float = 0.01, output_mode: str = "int",
        sparse: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        bins = kwargs.pop("bins", None)
        if isinstance(bins, int):
            num_bins = bins
        elif bins is not None:
            bin_boundaries = bins
        super().__init__(**kwargs)
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"`num_bins` must be greater than or equal to 0. You passed `num_bins={num_bins}`")
        if (num_bins is None) == (bin_boundaries is None):
            raise ValueError(
                "Both `num_bins` and `bin_boundaries` should not be set. You passed `num_bins={num_bins}` and "
                f"`bin_boundaries={bin_boundaries}`"
                if num_bins is not None
                else "You need to set either `num_bins` or `bin_boundaries`."
            )
        self.output_mode = self._mode(output_mode, MODES[:4])
        self.num_bins, self.epsilon, self.sparse = num_bins, epsilon, sparse
        self.input_bin_boundaries = bin_boundaries
        self.bin_boundaries = [float(b) for b in bin_boundaries] if bin_boundaries is not None else []
        self._summary = np.empty((2, 0), np.float32)

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learns the boundaries from data, so that each bin gets about as much."""
        self.reset_state()
        for batch in self._in_batches(data, batch_size or 32)[:steps]:
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forgets what was learned."""
        self._summary = np.empty((2, 0), np.float32)

    def update_state(self, data: Any) -> None:
        """Takes a batch into account."""
        values = np.sort(np.asarray(as_tensor(data)._array, np.float32).ravel())
        apart = len(values) * self.epsilon
        step = max(int(apart), 1)
        kept = values[int(apart) :: step]
        both = np.concatenate([self._summary, np.stack([kept, np.full(len(kept), step, np.float32)])], 1)
        self._summary = _thinned(both[:, np.argsort(both[0])], self.epsilon)

    def finalize_state(self) -> None:
        """What was learned becomes what is used."""
        if self.input_bin_boundaries is None and self.num_bins:
            found = _thinned(self._summary, 1.0 / self.num_bins)[0, :-1]
            self.bin_boundaries = [float(v) for v in found.astype(np.float32)]

    def call(self, inputs: Any) -> Any:
        """The numbers of the bins, or their vectors."""
        edges = np.asarray(self.bin_boundaries, np.float32)
        found = np.digitize(np.asarray(inputs._array, np.float32), edges).astype(np.int64)
        if self.output_mode == "int":
            return EagerTensor(np.asarray(found))
        return EagerTensor(encoded(found, self.output_mode, len(edges) + 1))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        words = ("num_bins", "epsilon", "output_mode", "sparse")
        own = {"bin_boundaries": self.input_bin_boundaries}
        return super().get_config() | own | {word: getattr(self, word) for word in words}


def _thinned(summary: Array, share: float) -> Array:
    """Values and weights of which each stands for about ``share`` of the whole."""
    if summary.shape[1] * share < 1:
        return summary
    at = share + np.arange(0.0, 1.0, share)
    sums = summary[1].cumsum()
    values = np.interp(at, sums / sums[-1], summary[0])
    until = np.interp(at, sums / sums[-1], sums)
    return np.stack([values, np.diff(until, prepend=0)]).astype(np.float32)
