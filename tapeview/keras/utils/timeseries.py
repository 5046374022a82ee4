"""``keras.utils.timeseries_dataset_from_array``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.data.dataset import Dataset


def timeseries_dataset_from_array(
    data: Any, targets: Any, sequence_length: int, sequence_stride: int = 1, sampling_rate: int = 1,
    batch_size: int | None = 128, shuffle: bool = False, seed: int | None = None, start_index: int | None = None,
    end_index: int | None = None,
) -> Dataset:  # fmt: skip
    """Windows of a series, each with the target at its beginning's place in ``targets``, as a dataset.

    Args:
        sequence_length: points of a window.
        sequence_stride: windows begin that far apart.
        sampling_rate: points of a window are that far apart.
        start_index, end_index: the part of the series that is used.

    Raises:
        ValueError: a rate, stride or index that does not fit the series.
    """
    for word, value in (("start_index", start_index), ("end_index", end_index)):
        if value and (value < 0 or value >= len(data)):
            limit = "`{}` must be 0 or greater" if value < 0 else "`{}` must be lower than the length of the data"
            raise ValueError(f"{limit.format(word)}. Received: {word}={value}, for data of length {len(data)}")
    if start_index and end_index and end_index <= start_index:
        raise ValueError(f"`end_index` must be higher than `start_index`. Received: start_index={start_index}, and "
                         f"end_index={end_index} ")  # fmt: skip
    for word, value in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if value <= 0:
            raise ValueError(f"`{word}` must be higher than 0. Received: {word}={value}")
        if value >= len(data):
            raise ValueError(
                f"`{word}` must be lower than the length of the data. Received: {word}={value}, for data of length "
                f"{len(data)}"
            )
    first, last = start_index or 0, len(data) if end_index is None else end_index
    count = last - first - (sequence_length - 1) * sampling_rate
    if targets is not None:
        count = min(count, len(targets))
    starts = np.arange(0, count, sequence_stride)
    if shuffle:
        seed = int(np.random.randint(10**6)) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    series = np.asarray(getattr(data, "_array", data))[first:last]
    windows: Any = series[starts[:, None] + np.arange(sequence_length) * sampling_rate]
    if targets is not None:
        windows = (windows, np.asarray(getattr(targets, "_array", targets))[first:last][starts])
    dataset: Dataset = Dataset.from_tensor_slices(windows).prefetch(-1)
    if shuffle:
        dataset = dataset.shuffle(1024 if batch_size is None else batch_size * 8, seed=seed)
    return dataset if batch_size is None else dataset.batch(batch_size)
