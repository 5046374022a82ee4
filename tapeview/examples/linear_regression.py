"""Linear regression with a tape and SGD

Two variables learn the line y = 10 x + 13 in 300 steps.

What to look at:
- Plots: the loss falls, w and b go to 10 and 13. Which of the two is faster, and why?
- Graph: the step forward ends at `loss`; step on (F10), and the gradient runs back from there to w and b.
- Inspector, at the op Mul: the gradient for w is the upstream gradient times x, so large x pull harder.
- Timeline: compare the first step with the last one. The graph is the same, the gradients are 1000 times smaller.
"""

import numpy as np
import tensorflow as tf

x = np.arange(1, 11)
y = 10 * x + 13

w = tf.Variable(4.0, name="w")
b = tf.Variable(1.0, name="b")
optimizer = tf.optimizers.SGD(learning_rate=0.01)


def predict(x):
    return w * x + b


def squared_error(y_pred, y):
    return tf.reduce_mean(tf.square(y_pred - y))


for step in range(300):
    with tf.GradientTape() as tape:
        y_pred = predict(x)
        loss = squared_error(y_pred, y)

    gradients = tape.gradient(loss, [w, b])
    optimizer.apply_gradients(zip(gradients, [w, b]))

    if step % 50 == 0:
        print(f"{step:3}번째 | 기울기 w : {w.numpy():7.4f} | 절편 b : {b.numpy():7.4f} | 손실 : {loss:10.6f}")

print("예측값 (predictions):", predict(np.array([3.5, 8.5])).numpy())
print("정답 (right answers):", 10 * np.array([3.5, 8.5]) + 13)
