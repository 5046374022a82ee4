"""CIFAR-100: 60,000 small colour images of a hundred classes in twenty groups."""

from __future__ import annotations

import os

from tapeview.keras.datasets.images import Split, arranged, cifar_batch
from tapeview.keras.utils.files import get_file

ORIGIN = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
SHA256 = "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"


def load_data(label_mode: str = "fine") -> Split:
    """uint8 images of shape (n, 32, 32, 3) and labels of shape (n, 1): 50,000 to train with and 10,000 to test.

    ``label_mode``: ``"fine"`` for the classes, ``"coarse"`` for the groups.

    Raises:
        ValueError: another ``label_mode``.
        OSError: the data is not in the cache and can not be downloaded.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'`label_mode` must be one of `"fine"`, `"coarse"`. Received: label_mode={label_mode}.')
    folder = get_file("cifar-100-python", ORIGIN, untar=True, file_hash=SHA256)
    x_train, y_train = cifar_batch(os.path.join(folder, "train"), f"{label_mode}_labels")
    x_test, y_test = cifar_batch(os.path.join(folder, "test"), f"{label_mode}_labels")
    return (arranged(x_train), y_train.reshape(-1, 1)), (arranged(x_test), y_test.reshape(-1, 1))
