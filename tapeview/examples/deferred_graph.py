"""TensorFlow 1: a graph built first, run later

Up to the session nothing is computed: each line only adds nodes to a graph. `session.run` then computes the nodes that
were asked for and what they need, with the values that are fed. Three coefficients learn the parabola 2 - x/2 + x²/4.

What to look at:
- Graph: it is there before the first run, pale. Each run lights up what it computed, and what it did not need stays pale:
  the run of `predicted` alone needs neither the loss nor a gradient.
- Timeline: each `session.run` is one entry, named after what was fetched. The first one runs the initializers.
- Graph, the nodes in `gradients`: `tf.gradients` has only added them, one for each node on the way from the loss to the
  coefficients. Each says whose gradient it is; step on (F10), and the gradient runs through them.
- Inspector, at the placeholder `x`: what was fed in this run. Two runs in a row are fed different points.
- Plots: the loss that was fetched falls, and the three coefficients go to 2, -0.5 and 0.25.
"""

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()

# The graph
x = tf.placeholder(tf.float32, [None], name="x")
y = tf.placeholder(tf.float32, [None], name="y")

with tf.variable_scope("parabola"):
    a = tf.get_variable("a", [], initializer=tf.zeros_initializer())
    b = tf.get_variable("b", [], initializer=tf.zeros_initializer())
    c = tf.get_variable("c", [], initializer=tf.zeros_initializer())
    predicted = tf.add(a + b * x, c * tf.square(x), name="predicted")

loss = tf.reduce_mean(tf.square(predicted - y), name="loss")

gradients = tf.gradients(loss, [a, b, c])
rate = tf.constant(0.1, name="rate")
train = tf.group(
    *[tf.assign_sub(variable, rate * gradient) for variable, gradient in zip([a, b, c], gradients)], name="train"
)

print("노드 (node):", predicted.name, predicted.shape)
print("기울기 (gradients):", [gradient.shape for gradient in gradients])

# Running it
points = np.linspace(-2.0, 2.0, 16)
targets = 2.0 - 0.5 * points + 0.25 * points**2
halves = [slice(0, None, 2), slice(1, None, 2)]

with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for step in range(120):
        part = halves[step % 2]
        now, _ = session.run([loss, train], feed_dict={x: points[part], y: targets[part]})
        if step % 20 == 0:
            print(f"{step:3}번째 | 손실 (loss) : {now:9.6f}")

    print("계수 (coefficients):", *[f"{value:.4f}" for value in session.run([a, b, c])])
    print("예측값 (predictions):", *[f"{value:.4f}" for value in session.run(predicted, {x: [-1.0, 0.0, 3.0]})])
