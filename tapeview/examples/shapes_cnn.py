"""A small CNN that tells shapes apart

The script draws circles, squares, triangles and crosses of 16 by 16 pixels and trains a convolutional network on them with fit.

What to look at:
- Graph: folded, it reads like the model: conv, pool, conv, pool, flatten, dense. Unfold a layer to see its ops.
- Inspector, at the first conv: its 8 filters and what each makes of a picture. Which ones find edges, and which way do they lie?
- Inspector, at a pool: the gradient goes to the largest of four pixels, the other three get 0.
- Plots: loss and accuracy, for training and validation. In Keras softmax and cross-entropy are one op on the logits: look for it.
"""

import numpy as np
import tensorflow as tf

NAMES = ["circle", "square", "triangle", "cross"]
SIZE = 16


def draw(kind, random):
    """A white outline on grey noise, somewhere near the middle. Shape (16, 16, 1)."""
    row, column = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2 - random.uniform(-2, 2, size=(2, 1, 1))
    radius = random.uniform(3.5, 5.5)
    if kind == "circle":
        distance = np.hypot(row, column) - radius
    elif kind == "square":
        distance = np.maximum(abs(row), abs(column)) - 0.9 * radius
    elif kind == "triangle":
        distance = np.maximum(row - 0.6 * radius, 0.87 * abs(column) - 0.5 * row - 0.6 * radius)
    else:
        distance = np.where(np.maximum(abs(row), abs(column)) < radius, np.minimum(abs(row), abs(column)), 9.0)
    picture = np.clip(1.5 - abs(distance), 0.0, 1.0) + random.normal(0.0, 0.15, size=(SIZE, SIZE))
    return picture[..., None].astype(np.float32)


tf.keras.utils.set_random_seed(5)
generator = np.random.default_rng(5)
labels = generator.integers(len(NAMES), size=960)
pictures = np.stack([draw(NAMES[label], generator) for label in labels])

model = tf.keras.Sequential(
    [
        tf.keras.layers.Conv2D(8, 3, activation="relu", input_shape=(SIZE, SIZE, 1)),
        tf.keras.layers.MaxPooling2D(),
        tf.keras.layers.Conv2D(16, 3, activation="relu"),
        tf.keras.layers.MaxPooling2D(),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(len(NAMES), activation="softmax"),
    ]
)
model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
history = model.fit(pictures[:800], labels[:800], validation_data=(pictures[800:], labels[800:]), epochs=6, verbose=0)

for epoch in range(6):
    print(f"epoch {epoch}:", ", ".join(f"{name} {values[epoch]:.3f}" for name, values in history.history.items()))

probabilities = model.predict(pictures[800:808], verbose=0)
for label, row in zip(labels[800:808], probabilities):
    print(f"{NAMES[label]:8} looks like a {NAMES[row.argmax()]:8} ({row.max():.0%})")
