"""A loss that turns NaN

Logistic regression with the cross-entropy written by hand. It learns well for a while, and then the loss is NaN.

What to look at:
- Plots: the loss falls, and ends at some step. Click there.
- Graph: step forward (F10) through the step in which it happens. The first node marked NaN/Inf is where it starts.
- Inspector, at that op: which input made it? Follow it up: p is exactly 1, so 1 - p is 0, log(0) is -inf, and 0 times -inf
  is NaN.
- Backward: every gradient behind that op is NaN as well, and after the update every weight.
- The cure: tf.nn.sigmoid_cross_entropy_with_logits(labels=t, logits=z) never computes log(0).
"""

import numpy as np
import tensorflow as tf

x = np.array([-9.0, -4.0, -1.0, 1.0, 4.0, 9.0], dtype=np.float32)
t = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], dtype=np.float32)

w = tf.Variable(0.1, name="w")
b = tf.Variable(0.0, name="b")
learning_rate = 0.5

for step in range(100):
    with tf.GradientTape() as tape:
        z = w * x + b
        p = 1.0 / (1.0 + tf.exp(-z))
        loss = -tf.reduce_mean(t * tf.math.log(p) + (1.0 - t) * tf.math.log(1.0 - p))

    dw, db = tape.gradient(loss, [w, b])
    w.assign_sub(learning_rate * dw)
    b.assign_sub(learning_rate * db)
    print(f"step {step:2}: loss {loss:.6f}, w {w.numpy():.4f}")
    if np.isnan(w.numpy()):
        print("the weight is NaN: nothing can be learned any more")
        break
