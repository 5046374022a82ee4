"""Fashion-MNIST: 70,000 images of clothes."""

from __future__ import annotations

import os

from tapeview.keras.datasets.images import STORE, Split, idx_images, idx_labels
from tapeview.keras.utils.files import get_file

ORIGIN = STORE
# Keras names no checksums; these are those of the data set's own page.
MD5 = {
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
}


def load_data() -> Split:
    """uint8 images of shape (n, 28, 28) and labels of shape (n,): 60,000 to train with and 10,000 to test.

    Raises:
        OSError: a file is not in the cache and can not be downloaded.
    """
    folder = os.path.join("datasets", "fashion-mnist")
    paths = [get_file(name, ORIGIN + name, md5_hash=md5, cache_subdir=folder) for name, md5 in MD5.items()]
    return (idx_images(paths[1]), idx_labels(paths[0])), (idx_images(paths[3]), idx_labels(paths[2]))
