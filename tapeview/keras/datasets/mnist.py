"""MNIST: 70,000 images of digits."""

from __future__ import annotations

from tapeview.keras.datasets.images import STORE, Split
from tapeview.keras.datasets.unpickling import load_npz
from tapeview.keras.utils.files import get_file

ORIGIN = STORE + "mnist.npz"
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def load_data(path: str = "mnist.npz") -> Split:
    """uint8 images of shape (n, 28, 28) and labels of shape (n,): 60,000 to train with and 10,000 to test.

    Raises:
        OSError: the file is not in the cache and can not be downloaded.
    """
    arrays = load_npz(get_file(path, ORIGIN, file_hash=SHA256))
    return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
