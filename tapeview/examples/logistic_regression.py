"""Logistic regression: two clouds of points

A weight for each coordinate and a bias separate two classes. The loss takes logits, which is safe for any size of them.

What to look at:
- Graph: `logits` leads to the loss, no sigmoid between them. Where is the sigmoid? Step backward (F10): it is in the gradient.
- Inspector, at the gradient of the loss for `logits`: (p - t) / 200 for each point. Points on the right side have almost none.
- Plots: the accuracy stays where it is after ten steps while the loss falls on: w grows, and the border hardly moves.
- Compare with the example of a loss that turns NaN, where the same loss is written by hand.
"""

import numpy as np
import tensorflow as tf

random = np.random.default_rng(7)
blue = random.normal((-1.0, -0.5), 0.6, size=(100, 2))
red = random.normal((1.0, 1.0), 0.6, size=(100, 2))
x = tf.constant(np.concatenate([blue, red]), dtype=tf.float32)
t = tf.constant(np.repeat([0.0, 1.0], 100)[:, None], dtype=tf.float32)

w = tf.Variable(tf.zeros((2, 1)), name="w")
b = tf.Variable(tf.zeros((1,)), name="b")
optimizer = tf.keras.optimizers.SGD(learning_rate=1.0)

for step in range(60):
    with tf.GradientTape() as tape:
        logits = x @ w + b
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=logits))

    gradients = tape.gradient(loss, [w, b])
    optimizer.apply_gradients(zip(gradients, [w, b]))

    if step % 10 == 0:
        accuracy = tf.reduce_mean(tf.cast((logits > 0) == (t > 0.5), tf.float32))
        print(f"step {step:2}: loss {loss:.4f}, accuracy {accuracy:.1%}")

w1, w2 = w.numpy().ravel()
print(f"the border: {w1:.2f} x + {w2:.2f} y + {b.numpy()[0]:.2f} = 0")
print(f"a point at (1, 1) is red with a probability of {tf.sigmoid(w1 + w2 + b)[0]:.3f}")
