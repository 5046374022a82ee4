"""CIFAR-10: 60,000 small colour images of ten classes."""

from __future__ import annotations

import os

import numpy as np

from tapeview.keras.datasets.images import Split, arranged, cifar_batch
from tapeview.keras.utils.files import get_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"


def load_data() -> Split:
    """uint8 images of shape (n, 32, 32, 3) and labels of shape (n, 1): 50,000 to train with and 10,000 to test.

    Raises:
        OSError: the data is not in the cache and can not be downloaded.
    """
    folder = get_file("cifar-10-batches-py", ORIGIN, untar=True, file_hash=SHA256)
    parts = [cifar_batch(os.path.join(folder, f"data_batch_{k}")) for k in range(1, 6)]
    x_train, y_train = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    x_test, y_test = cifar_batch(os.path.join(folder, "test_batch"))
    train = arranged(x_train), y_train.astype(np.uint8).reshape(-1, 1)
    return train, (arranged(x_test), y_test.astype(np.uint8).reshape(-1, 1))
