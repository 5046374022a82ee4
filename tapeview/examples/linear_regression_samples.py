"""Linear regression, sample by sample

The same line as in the other two linear regressions, learnt from one point at a time: 12 rounds over 10 points, no optimizer.

What to look at:
- Plots: the loss jumps up and down, since each step sees another point. In batches it falls smoothly.
- Timeline: there are as many steps as samples. Ten steps in a row are one round.
- Variables: watch w after each step. A point with a large x moves w much and b little; compare x = 0.1 with x = 1.
- Graph: no mean at the end. The gradient enters at `loss` as 1 and is not divided by anything.
"""

import numpy as np
import tensorflow as tf

x_train = np.linspace(0.1, 1.0, 10, dtype=np.float32)
y_train = 3.0 * x_train + 1.0

w = tf.Variable(-1.0, name="w")
b = tf.Variable(-1.0, name="b")
learning_rate = 0.5

for epoch in range(12):
    total = 0.0
    for x, y in zip(x_train, y_train):
        with tf.GradientTape() as tape:
            y_pred = w * x + b
            loss = (y_pred - y) ** 2

        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(learning_rate * dw)
        b.assign_sub(learning_rate * db)
        total += loss.numpy()
    print(f"epoch {epoch:2}: mean loss {total / len(x_train):.4f}, w {w.numpy():.3f}, b {b.numpy():.3f}")

print("right answers: w 3, b 1")
