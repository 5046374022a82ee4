"""A recurrent network goes on with a sine

A SimpleRNN reads 20 points of a sine of unknown pitch and phase and says which point comes next.

What to look at:
- Graph: the layer `rnn` unfolds to 20 turns that all read the same two matrices. Where do their gradients meet?
- Inspector, at the Tanh of each turn, backward: how large is the gradient at the last turn, and how large at the first?
- Variables: the recurrent kernel starts orthogonal, so that a gradient survives 20 products with it.
- Plots: the loss, and the gradient norm that is clipped to 1: after how many steps is it below?
"""

import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(2)
random = np.random.default_rng(2)


def sines(count, length):
    """Sines of random pitch and phase. Shape (count, length, 1)."""
    pitch, phase = random.uniform(0.2, 0.6, size=(count, 1)), random.uniform(0.0, 2 * np.pi, size=(count, 1))
    return np.sin(phase + pitch * np.arange(length))[..., None].astype(np.float32)


rnn = tf.keras.layers.SimpleRNN(16, name="rnn")
head = tf.keras.layers.Dense(1, name="head")
model = tf.keras.Sequential([rnn, head])
optimizer = tf.keras.optimizers.Adam(learning_rate=0.01)

for step in range(120):
    wave = sines(32, 21)
    with tf.GradientTape() as tape:
        y_pred = model(wave[:, :20])
        loss = tf.reduce_mean(tf.square(y_pred - wave[:, 20]))

    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, norm = tf.clip_by_global_norm(gradients, 1.0)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))

    if step % 20 == 0:
        print(f"step {step:3}: loss {loss:.4f}, gradient norm {norm:.3f}")

wave = sines(1, 20)
for _ in range(10):
    wave = tf.concat([wave, model(wave[:, -20:])[:, None]], axis=1)
print("it goes on like this:", " ".join(f"{value:.2f}" for value in wave[0, 20:, 0]))
