"""Two layers on two spirals

No line separates two spirals. A hidden layer of 32 units bends the plane until one does. Matrices and tapes, no Keras layers.

What to look at:
- Plots: the loss starts near 0.7, the logarithm of 2: a guess. Which of w1 and w2 gets the larger gradients, and when?
- Graph: `hidden` is where the layers meet. Step backward (F10): the gradient for w1 comes through w2, transposed.
- Inspector, at Tanh: the gradient is multiplied by 1 - hidden². Its histogram shows units that are saturated.
- Variables: b2 has a gradient next to nothing at the start, since both classes have equally many points.
"""

import numpy as np
import tensorflow as tf

tf.random.set_seed(3)
random = np.random.default_rng(3)
turn = np.sqrt(np.linspace(0.02, 1.0, 100)) * 1.25 * 2 * np.pi
arm = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / 8.0
points = np.concatenate([arm, -arm]) + random.normal(0.0, 0.02, size=(200, 2))
x = tf.constant(points, dtype=tf.float32)
labels = tf.constant(np.repeat([0, 1], 100))

w1 = tf.Variable(tf.random.normal((2, 32)), name="w1")
b1 = tf.Variable(tf.zeros(32), name="b1")
w2 = tf.Variable(tf.random.normal((32, 2), stddev=0.2), name="w2")
b2 = tf.Variable(tf.zeros(2), name="b2")
variables = [w1, b1, w2, b2]
optimizer = tf.keras.optimizers.Adam(learning_rate=0.03)

for step in range(400):
    with tf.GradientTape() as tape:
        hidden = tf.tanh(2.0 * x @ w1 + b1)
        logits = hidden @ w2 + b2
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))

    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))

    if step % 40 == 0 or step == 399:
        accuracy = tf.reduce_mean(tf.cast(tf.argmax(logits, axis=1) == labels, tf.float32))
        print(f"step {step:3}: loss {loss:.3f}, accuracy {accuracy:.1%}")
