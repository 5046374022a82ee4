"""The CIFAR-100 network of a tutorial: its first gradients and its weights after twenty steps, as a function of ``tf``.

Weights and batches are drawn by NumPy, so both sides compute the same. Of large arrays every so many elements are kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

KEPT = 60


def network(tf: Any) -> Any:
    """The model, subclassed as the tutorial does it, with weights that NumPy drew."""
    keras = tf.keras

    class CustomModel(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = keras.layers.Conv2D(16, 3, activation="relu")
            self.maxpool1 = keras.layers.MaxPool2D((2, 2))
            self.conv2 = keras.layers.Conv2D(32, 3, activation="relu")
            self.maxpool2 = keras.layers.MaxPool2D((2, 2))
            self.flatten = keras.layers.Flatten()
            self.fc1 = keras.layers.Dense(256, activation="relu")
            self.fc2 = keras.layers.Dense(100, activation="softmax")

        def call(self, x: Any) -> Any:
            x = self.maxpool1(self.conv1(x))
            x = self.flatten(self.maxpool2(self.conv2(x)))
            return self.fc2(self.fc1(x))

    model = CustomModel()
    model(np.zeros((1, 32, 32, 3), np.float32))
    rng = np.random.RandomState(1)
    for variable in model.trainable_variables:
        shape = tuple(variable.shape)
        spread = np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.01
        variable.assign(rng.normal(0, spread, shape).astype(np.float32))
    return model


def sample(value: Any) -> dict[str, Any]:
    """Some elements of an array, the largest size and the norm."""
    flat = np.asarray(value, np.float64).ravel()
    kept = flat[:: max(1, flat.size // KEPT)][:KEPT]
    return {"some": kept.tolist(), "largest": float(abs(flat).max()), "norm": float(np.sqrt((flat**2).sum()))}


def steps(tf: Any) -> dict[str, Any]:
    """Twenty steps of 32 examples with the tutorial's loss and optimizer."""
    model = network(tf)
    loss_func = tf.keras.losses.SparseCategoricalCrossentropy()
    optimizer = tf.keras.optimizers.legacy.Adam()
    rng = np.random.RandomState(2)
    found: dict[str, Any] = {"losses": []}
    for step in range(20):
        features = rng.uniform(0, 1, (32, 32, 32, 3)).astype(np.float32)
        labels = rng.randint(0, 100, (32, 1)).astype(np.float32)
        with tf.GradientTape() as tape:
            loss = loss_func(labels, model(features))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        found["losses"].append(float(loss))
        if step == 0:
            found["gradients"] = [sample(g) for g in gradients]
    found["names"] = [v.name for v in model.trainable_variables]
    found["weights"] = [sample(v) for v in model.trainable_variables]
    return found
