"""``keras.utils.Sequence``: data by the number of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Sequence:
    """The base of a script's own data: ``__getitem__(number)`` gives a batch, ``__len__`` says how many there are."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError("A `Sequence` defines `__getitem__(self, index)`, which returns a batch.")

    def __len__(self) -> int:
        raise NotImplementedError("A `Sequence` defines `__len__(self)`, the number of its batches.")

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self)):
            yield self[number]
