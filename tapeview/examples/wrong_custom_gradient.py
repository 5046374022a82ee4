"""A custom gradient that is wrong

Nothing fails, and the loss even falls at first: a gradient rule with a mistake in it is hard to see. A gradient check
finds it: it moves each weight a tiny step up and down, measures how the loss changes, and compares.

What to look at:
- Explain, "Check all gradients of the step" (Ctrl+Shift+G): `weight` and `bias` are wrong, `height` is right. Only what
  lies behind `soft_clip` gets its gradient from the rule with the mistake.
- Gradient check: the way from the verdict leads to `soft_clip`. Its rule says 1 - tanh(x); the derivative is
  1 - tanh(x)². The picture shows which elements are off by how much.
- Repair the rule in line 25 and run again: all three are right, and the loss goes on falling.
"""

import tensorflow as tf

x = tf.reshape(tf.linspace(-2.0, 2.0, 48), [16, 3])
target = 0.8 * tf.sin(tf.reduce_sum(x, axis=1, keepdims=True))


@tf.custom_gradient
def soft_clip(x):
    y = tf.tanh(x)

    def gradient(upstream):
        return upstream * (1.0 - y)

    return y, gradient


weight = tf.Variable([[0.5, -0.3, 0.2, 0.1], [0.1, 0.4, -0.5, 0.3], [-0.2, 0.3, 0.4, -0.6]], name="weight")
bias = tf.Variable(tf.zeros([4]), name="bias")
height = tf.Variable(tf.fill([4, 1], 0.25), name="height")
variables = [weight, bias, height]

for step in range(60):
    with tf.GradientTape() as tape:
        bounded = soft_clip(x @ weight + bias)
        loss = tf.reduce_mean(tf.square(bounded @ height - target))

    gradients = tape.gradient(loss, variables)
    for variable, gradient in zip(variables, gradients):
        variable.assign_sub(0.3 * gradient)
    if step % 15 == 14:
        print(f"step {step + 1}: loss {loss:.4f}")
