"""The second derivative: a tape on a tape

Newton's method finds where a function is lowest: it divides the slope by the curvature, which is the slope of the slope.

What to look at:
- Graph: the inner tape's gradient is computed by ops, and the outer tape records them: choose the outer tape and see both.
- Timeline: each step has two backward passes. Which ops does the second one run through that the first one does not?
- Plots: slope and curvature. Newton is there after four steps; gradient descent with a rate of 0.1 is still on its way.
- Inspector, at Cos: no line of this script asks for a cosine. It is there because it is the derivative of the sine.
"""

import tensorflow as tf

x = tf.Variable(2.5, name="x")
slow = tf.Variable(2.5, name="slow")


def f(x):
    return x**2 + tf.sin(x)


for step in range(6):
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        slope = inner.gradient(y, x)
    curvature = outer.gradient(slope, x)

    with tf.GradientTape() as tape:
        y_slow = f(slow)
    slow.assign_sub(0.1 * tape.gradient(y_slow, slow))

    print(f"step {step}: Newton at {x.numpy():8.5f}, slope {slope:8.5f}, curvature {curvature:.3f}", end="")
    print(f"; gradient descent at {slow.numpy():.5f}")
    x.assign_sub(slope / curvature)
