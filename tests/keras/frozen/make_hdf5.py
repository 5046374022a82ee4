"""Freezes small HDF5 files that TensorFlow 2.15's Keras writes, as ``hdf5.json`` beside this file; see make_layers.py
for the environment::

    tf/bin/python tests/keras/frozen/make_hdf5.py
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent


def main() -> None:
    """Writes the file: base64 texts, and what the model gives for ones."""
    tf.keras.utils.set_random_seed(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential([layers.Dense(3, input_shape=(2,)), layers.BatchNormalization(), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 2)), np.zeros((4, 2)), verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.h5", include_optimizer=True)
        model.save_weights(f"{folder}/weights.h5")
        model.save_weights(f"{folder}/newer.weights.h5")
        found = {p.name: base64.b64encode(p.read_bytes()).decode() for p in sorted(Path(folder).iterdir())}
    found["result"] = [float(v) for v in model(np.ones((1, 2), np.float32))[0]]
    (HERE / "hdf5.json").write_text(json.dumps(found, indent=0) + "\n", encoding="utf-8")
    print({name: len(value) for name, value in found.items()})


if __name__ == "__main__":
    main()
