"""A CNN on CIFAR-100

Photographs of 32 by 32 pixels in 100 classes, a subclassed model and a train step of one's own. The first run downloads 169 MB
into Keras's cache (~/.keras/datasets); one epoch takes some minutes. `python cifar100_cnn.py 100` stops after 100 steps.

What to look at:
- Plots: the loss starts at 4.6, which is the logarithm of 100: a guess. How many steps until it is below 4?
- Graph: folded to layers. The last layer's softmax and the loss are one op, SparseSoftmaxCrossEntropyWithLogits.
- Inspector, at `conv1`: the input as photographs, the filters, the feature maps.
- Plots, gradients: which layer gets the largest gradient, and which one moves most for its size (update ratio)?
"""

import sys

import numpy as np
import tensorflow as tf
from tensorflow import keras

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
BATCH = 32

tf.keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = keras.datasets.cifar100.load_data()
x_train, x_test = (x_train / 255.0).astype(np.float32), (x_test / 255.0).astype(np.float32)
print(f"{len(x_train)} photographs to learn from, {len(x_test)} to test with")


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv1 = keras.layers.Conv2D(16, 3, activation="relu")
        self.pool1 = keras.layers.MaxPool2D()
        self.conv2 = keras.layers.Conv2D(32, 3, activation="relu")
        self.pool2 = keras.layers.MaxPool2D()
        self.flatten = keras.layers.Flatten()
        self.hidden = keras.layers.Dense(256, activation="relu")
        self.classes = keras.layers.Dense(100, activation="softmax")

    def call(self, x):
        x = self.pool1(self.conv1(x))
        x = self.pool2(self.conv2(x))
        return self.classes(self.hidden(self.flatten(x)))


model = Network()
loss_of = keras.losses.SparseCategoricalCrossentropy()
optimizer = keras.optimizers.Adam()
dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(BATCH, drop_remainder=True)


def train_step(x, y):
    with tf.GradientTape() as tape:
        probabilities = model(x, training=True)
        loss = loss_of(y, probabilities)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


losses = []
for step, (x, y) in enumerate(dataset.take(STEPS)):
    losses.append(train_step(x, y).numpy())
    if step % 50 == 49:
        print(f"step {step + 1}: loss {np.mean(losses[-50:]):.3f}")

guesses = model.predict(x_test[:1000], batch_size=100, verbose=0).argmax(axis=1)
print(f"right: {np.mean(guesses == y_test[:1000, 0]):.1%} (guessing: 1%)")
