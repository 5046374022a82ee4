"""How the CIFAR batches and MNIST's idx files are read."""

from __future__ import annotations

import gzip
import os
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.keras.backend.config import image_data_format
from tapeview.keras.datasets.unpickling import load

Split = tuple[tuple[Array, Array], tuple[Array, Array]]
"""((training images, labels), (test images, labels))"""


def cifar_batch(path: str, label_key: str = "labels") -> tuple[Array, Array]:
    """A pickled batch: uint8 images of shape (n, 3, 32, 32) and labels of shape (n,).

    Raises:
        OSError: the file is not there.
        pickle.UnpicklingError: it is no batch, or names anything but arrays.
    """
    if not os.path.exists(path):
        raise OSError(f"{os.path.basename(path)} is missing in {os.path.dirname(path)}; delete that folder to download "
                      "the data anew, or put the file there.")  # fmt: skip
    with open(path, "rb") as file:
        batch = load(file)
    content = {key.decode("utf8") if isinstance(key, bytes) else key: value for key, value in batch.items()}
    images = np.asarray(content["data"])
    return images.reshape(len(images), 3, 32, 32), np.asarray(content[label_key])


def arranged(images: Array) -> Array:
    """Images with the channels where Keras's settings want them."""
    return images.transpose(0, 2, 3, 1) if image_data_format() == "channels_last" else images


def idx_images(path: str) -> Array:
    """The images of a gzipped idx file: uint8, (n, rows, columns)."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    count, rows, columns = (int(v) for v in np.frombuffer(content, ">i4", 3, 4))
    return np.frombuffer(content, np.uint8, offset=16).reshape(count, rows, columns)


def idx_labels(path: str) -> Array:
    """The labels of a gzipped idx file: uint8, (n,)."""
    with gzip.open(path, "rb") as file:
        return np.frombuffer(file.read(), np.uint8, offset=8)


STORE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
"""Where Keras keeps most of its data sets."""


def check_keywords(kwargs: dict[str, Any]) -> None:
    """Raises TypeError for arguments that no data set takes."""
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {kwargs}.")
