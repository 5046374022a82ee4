"""``keras.preprocessing.sequence``: pairs of words, and windows of time series."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.keras.modules import Settled
from tapeview.keras.utils.sequence import Sequence


class TimeseriesGenerator(Settled, Sequence):
    """Batches of windows of a series, each with the target that follows it.

    Args:
        data: the series; rows are points in time.
        targets: one for each point.
        length: of a window.
        sampling_rate: points of a window are that far apart.
        stride: windows are that far apart.
        start_index, end_index: the part of the series that is used.
        shuffle: windows are drawn at random.
        reverse: windows run backwards.

    Raises:
        ValueError: data and targets of different lengths; a window that does not fit.
    """

    def __init__(
        self, data: Any, targets: Any, length: int, sampling_rate: int = 1, stride: int = 1, start_index: int = 0,
        end_index: int | None = None, shuffle: bool = False, reverse: bool = False, batch_size: int = 128,
    ) -> None:  # fmt: skip
        if len(data) != len(targets):
            raise ValueError(
                f"Data and targets have to be of same length. Data length is {len(data)} while target length is "
                f"{len(targets)}"
            )
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride, self.batch_size = sampling_rate, stride, batch_size
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(
                f"`start_index+length={self.start_index} > end_index={self.end_index}` is disallowed, as no part of "
                "the sequence would be left to be used as current step."
            )

    def __len__(self) -> int:
        hop = self.batch_size * self.stride
        return (self.end_index - self.start_index + hop) // hop

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        if self.shuffle:
            ends = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            ends = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        windows = np.array([self.data[end - self.length : end : self.sampling_rate] for end in ends])
        targets = np.array([self.targets[end] for end in ends])
        return (windows[:, ::-1] if self.reverse else windows), targets

    def get_config(self) -> dict[str, Any]:
        """The arguments, data and targets as JSON. Raises TypeError for data that JSON has no form for."""
        words = ("length", "sampling_rate", "stride", "start_index", "end_index", "shuffle", "reverse", "batch_size")
        found = {}
        for word, title in (("data", "Data"), ("targets", "Targets")):
            value = getattr(self, word)
            try:
                found[word] = json.dumps(value.tolist() if isinstance(value, np.ndarray) else value)
            except TypeError as error:
                raise TypeError(f"{title} not JSON Serializable:", value) from error
        return found | {word: getattr(self, word) for word in words}

    def to_json(self, **kwargs: Any) -> str:
        """All of it as JSON."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Array:
    """How likely the word of each rank is to be taken, if frequencies follow Zipf's law (for :func:`skipgrams`)."""
    rank = np.arange(size)
    rank[0] = 1
    share = sampling_factor * (rank * (np.log(rank) + 0.577) + 0.5 - 1.0 / (12.0 * rank))
    return np.minimum(1.0, share / np.sqrt(share))


def skipgrams(
    sequence: Any, vocabulary_size: int, window_size: int = 4, negative_samples: float = 1.0, shuffle: bool = True,
    categorical: bool = False, sampling_table: Any = None, seed: int | None = None,
) -> tuple[list[list[int]], list[Any]]:  # fmt: skip
    """Pairs of words that stand near each other (label 1), and pairs with a word drawn at random (label 0).

    Args:
        sequence: numbers of words; 0 is none.
        negative_samples: pairs of the second kind for each of the first.
        categorical: labels are [0, 1] and [1, 0].
        sampling_table: for each number how likely it is to be taken.
    """
    positive, negative = ([0, 1], [1, 0]) if categorical else (1, 0)
    pairs: list[list[int]] = []
    for at, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        near = range(max(0, at - window_size), min(len(sequence), at + window_size + 1))
        pairs += [[word, sequence[k]] for k in near if k != at and sequence[k]]
    labels: list[Any] = [positive] * len(pairs)
    if negative_samples > 0:
        words = [pair[0] for pair in pairs]
        random.shuffle(words)
        more = int(len(labels) * negative_samples)
        pairs += [[words[k % len(words)], random.randint(1, vocabulary_size - 1)] for k in range(more)]
        labels += [negative] * more
    if shuffle:
        chosen = random.randint(0, 10_000_000) if seed is None else seed
        for values in (pairs, labels):
            random.seed(chosen)
            random.shuffle(values)
    return pairs, labels
