"""``tensorflow.examples.tutorials.mnist.input_data``: MNIST as TensorFlow 1's tutorials read it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.tensor import Array
from tapeview.keras.datasets.images import idx_images, idx_labels
from tapeview.keras.datasets.unpickling import load_npz
from tapeview.keras.utils.files import get_file, keras_home
from tapeview.keras.utils.numbers import to_categorical

ORIGIN = "https://storage.googleapis.com/cvdf-datasets/mnist/"
# TensorFlow names no checksums; these are known of the files since they were published.
MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}


class DataSet:
    """Images and labels, in batches.

    Attributes:
        images: floats from 0 to 1 of shape (n, 784), or (n, 28, 28, 1) with ``reshape=False``.
        labels: class numbers, or vectors with ``one_hot=True``.
        num_examples: n.
        epochs_completed: how often all were handed out.
    """

    def __init__(
        self, images: Array, labels: Array, fake_data: bool = False, one_hot: bool = False, dtype: Any = "float32",
        reshape: bool = True, seed: int | None = None,
    ) -> None:  # fmt: skip
        kind = dtypes.as_dtype(dtype)
        if kind.name not in ("uint8", "float32"):
            raise TypeError(f"Invalid image dtype {kind.name!r}, expected uint8 or float32")
        self._random = np.random.RandomState(seed)
        if reshape:
            images = images.reshape(len(images), -1)
        self.images: Array = images / np.float32(255) if kind.name == "float32" else images
        self.labels = labels
        self.num_examples = len(images)
        self.epochs_completed = 0
        self._at = 0

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Array, Array]:
        """The next images and labels, in a new order for each round; a batch may reach into the next round."""
        if self._at == 0 and self.epochs_completed == 0 and shuffle:
            self._reorder()
        start = self._at
        if start + batch_size <= self.num_examples:
            self._at = start + batch_size
            return self.images[start : self._at], self.labels[start : self._at]
        self.epochs_completed += 1
        rest = self.images[start:], self.labels[start:]
        if shuffle:
            self._reorder()
        self._at = batch_size - (self.num_examples - start)
        return np.concatenate([rest[0], self.images[: self._at]]), np.concatenate([rest[1], self.labels[: self._at]])

    def _reorder(self) -> None:
        order = np.arange(self.num_examples)
        self._random.shuffle(order)
        self.images, self.labels = self.images[order], self.labels[order]


class Datasets(NamedTuple):
    """The three parts."""

    train: DataSet
    validation: DataSet
    test: DataSet


def read_data_sets(
    train_dir: Any = "MNIST_data", fake_data: bool = False, one_hot: bool = False, dtype: Any = "float32",
    reshape: bool = True, validation_size: int = 5000, seed: int | None = None, source_url: str = ORIGIN,
) -> Datasets:  # fmt: skip
    """MNIST in three parts. The files are those in ``train_dir``; if there are none, Keras's ``mnist.npz`` is used if
    that is in the cache, else the files are downloaded into ``train_dir``.

    Raises:
        ValueError: more images to validate with than there are.
        OSError: a file is not there and can not be downloaded.
    """
    x_train, y_train, x_test, y_test = _arrays(os.fspath(train_dir), source_url)
    if not 0 <= validation_size <= len(x_train):
        raise ValueError(f"Validation size should be between 0 and {len(x_train)}. Received: {validation_size}.")
    if one_hot:
        y_train, y_test = to_categorical(y_train, 10, "float64"), to_categorical(y_test, 10, "float64")
    settings: dict[str, Any] = {"dtype": dtype, "reshape": reshape, "seed": seed}
    cut = validation_size
    return Datasets(
        DataSet(x_train[cut:], y_train[cut:], **settings),
        DataSet(x_train[:cut], y_train[:cut], **settings),
        DataSet(x_test, y_test, **settings),
    )


def _arrays(folder: str, origin: str) -> tuple[Array, Array, Array, Array]:
    cached = os.path.join(keras_home(), "datasets", "mnist.npz")
    if not any(os.path.exists(os.path.join(folder, name)) for name in MD5) and os.path.exists(cached):
        arrays = load_npz(cached)
        x_train, x_test = (arrays[name][..., None] for name in ("x_train", "x_test"))
        return x_train, arrays["y_train"], x_test, arrays["y_test"]
    paths = []
    for name, md5 in MD5.items():
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            path = get_file(name, origin + name, md5_hash=md5, cache_dir=os.path.abspath(folder), cache_subdir="")
        print("Extracting", path)
        paths.append(path)
    return (
        idx_images(paths[0])[..., None], idx_labels(paths[1]), idx_images(paths[2])[..., None], idx_labels(paths[3]),
    )  # fmt: skip
