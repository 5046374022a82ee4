"""A custom gradient: learning through rounding

tf.round is flat almost everywhere, so its gradient is nothing. The straight-through estimator pretends that it is 1.

What to look at:
- Plots: the first loss does not move, the second one falls.
- Graph, first part: the path from the loss to `scale` breaks at Round. The inspector says why there is no gradient.
- Graph, second part: `straight_through` is one node with a gradient of its own. Step into it (F10) backward.
- Call stack: while the gradient runs, the function `gradient` below is on it, called by tape.gradient.
"""

import tensorflow as tf

x = tf.constant([0.3, 0.9, 1.6, 2.2])
target = tf.constant([1.0, 2.0, 4.0, 6.0])


@tf.custom_gradient
def straight_through(x):
    def gradient(upstream):
        return tf.clip_by_value(upstream, -1.0, 1.0)

    return tf.round(x), gradient


for name, rounding in [("tf.round", tf.round), ("straight-through", straight_through)]:
    scale = tf.Variable(1.0, name="scale")
    for step in range(12):
        with tf.GradientTape() as tape:
            y = rounding(scale * x)
            loss = tf.reduce_mean(tf.square(y - target))

        gradient_of_scale = tape.gradient(loss, scale)
        if gradient_of_scale is not None:
            scale.assign_sub(0.1 * gradient_of_scale)
        if step % 4 == 3:
            print(f"{name}, step {step + 1}: loss {loss:.3f}, scale {scale.numpy():.3f}, gradient {gradient_of_scale}")
