"""A tutorial's CIFAR-100 network: its numbers are TensorFlow's, and the script itself runs on data in Keras's cache."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.keras.frozen import cifar

HERE = Path(__file__).parent
FROZEN = json.loads((HERE / "frozen" / "cifar.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    tf.keras.backend.clear_session()
    return cifar.steps(tf)


def near(found: dict[str, Any], frozen: dict[str, Any], tolerance: float) -> bool:
    """Whether samples of two arrays differ by at most a share of the largest element."""
    apart = np.abs(np.array(found["some"]) - frozen["some"]).max()
    return bool(apart <= tolerance * frozen["largest"]) and found["norm"] == pytest.approx(
        frozen["norm"], rel=tolerance
    )


def test_variables_have_kerass_names(ours: dict[str, Any]) -> None:
    assert ours["names"] == FROZEN["names"]


@pytest.mark.parametrize("place", range(8))
def test_every_gradient_of_the_first_step_is_tensorflows(ours: dict[str, Any], place: int) -> None:
    assert near(ours["gradients"][place], FROZEN["gradients"][place], 1e-5)


@pytest.mark.parametrize("place", range(8))
def test_so_are_the_weights_after_twenty_steps(ours: dict[str, Any], place: int) -> None:
    assert near(ours["weights"][place], FROZEN["weights"][place], 1e-5)


def test_and_the_losses(ours: dict[str, Any]) -> None:
    assert ours["losses"] == pytest.approx(FROZEN["losses"], rel=1e-5)


SCRIPT = """
import tensorflow as tf
from tensorflow import keras
import numpy as np

cifar100 = keras.datasets.cifar100

(x_train, y_train), (x_test, y_test) = cifar100.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0
print(len(x_train), len(x_test))

class CustomModel(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv1 = keras.layers.Conv2D(16, 3, activation='relu')
        self.maxpool1 = keras.layers.MaxPool2D((2,2))
        self.conv2 = keras.layers.Conv2D(32, 3, activation='relu')
        self.maxpool2 = keras.layers.MaxPool2D((2,2))
        self.flatten = keras.layers.Flatten()
        self.fc1 = keras.layers.Dense(256, activation='relu')
        self.fc2 = keras.layers.Dense(100, activation='softmax')

    def call(self, x):
        x = self.maxpool2(self.conv2(self.maxpool1(self.conv1(x))))
        return self.fc2(self.fc1(self.flatten(x)))

model = CustomModel()
loss_func = tf.keras.losses.SparseCategoricalCrossentropy()
optimizer = tf.keras.optimizers.legacy.Adam()

def train_step(features, labels):
    with tf.GradientTape() as tape:
        predictions = model(features)
        loss = loss_func(labels, predictions)
        gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss

for epoch in range(2):
    x_batch, y_batch = [], []
    for step, (x, y) in enumerate(zip(x_train, y_train)):
        x_batch.append(x)
        y_batch.append(y)
        if step % 32 == 31:
            loss = train_step(np.array(x_batch, dtype=np.float32), np.array(y_batch, dtype=np.float32))
            x_batch, y_batch = [], []
    print('Epoch %d: last batch loss = %.4f' % (epoch, float(loss)))

prediction = model.predict(x_test, batch_size=x_test.shape[0], verbose=1)
temp = sum(np.squeeze(y_test) == np.argmax(prediction, axis=1))
print("accuracy", temp/len(y_test))
"""


def write_batch(path: Path, count: int, seed: int) -> None:
    """A CIFAR-100 batch of random images, as the archive has them."""
    rng = np.random.RandomState(seed)
    content = {
        b"filenames": [b"x.png"] * count, b"batch_label": b"a batch",
        b"fine_labels": rng.randint(0, 100, count).tolist(),
        b"coarse_labels": rng.randint(0, 20, count).tolist(),
        b"data": rng.randint(0, 256, (count, 3072)).astype(np.uint8),
    }  # fmt: skip
    path.write_bytes(pickle.dumps(content, protocol=2))


def test_the_script_trains_on_what_is_in_the_cache(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "cifar-100-python"
    folder.mkdir(parents=True)
    write_batch(folder / "train", 64, 1)
    write_batch(folder / "test", 10, 2)
    script = tmp_path / "train.py"
    script.write_text(SCRIPT, encoding="utf-8")

    start = f"import runpy; from tapeview.tensorflow import loader; loader.install(); runpy.run_path({str(script)!r})"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", start],
        env={**os.environ, "KERAS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "64 10"
    assert [line.split(" = ")[0] for line in lines[1:3]] == [f"Epoch {k}: last batch loss" for k in (0, 1)]
    assert "1/1 [==============================] - " in done.stdout
    assert lines[-1].startswith("accuracy 0.")
