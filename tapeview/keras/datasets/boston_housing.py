"""Boston housing: 506 districts, 13 numbers about each and a price."""

from __future__ import annotations

import numpy as np

from tapeview.keras.datasets.images import STORE, Split
from tapeview.keras.datasets.unpickling import load_npz
from tapeview.keras.utils.files import get_file

ORIGIN = STORE + "boston_housing.npz"
SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Split:
    """float64 rows of shape (n, 13) and prices of shape (n,), shuffled by ``seed``; the last share is to test with.

    Raises:
        OSError: the file is not in the cache and can not be downloaded.
    """
    if not 0 <= test_split < 1:
        raise AssertionError(f"test_split must be at least 0 and below 1, not {test_split}")
    arrays = load_npz(get_file(path, ORIGIN, file_hash=SHA256))
    order = np.arange(len(arrays["x"]))
    np.random.RandomState(seed).shuffle(order)
    x, y = arrays["x"][order], arrays["y"][order]
    size = int(len(x) * (1 - test_split))
    return (x[:size], y[:size]), (x[size:], y[size:])
