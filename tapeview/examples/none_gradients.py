"""Every way to get None instead of a gradient

Each tape below asks for a gradient and gets None, each time for another reason.

What to look at:
- Variables and Graph: what is watched has a blue frame and a filled dot, what is not is dashed and has a hollow dot.
- Inspector: select the source (the thing the gradient was asked for): it says in a sentence why there is none.
- Graph: dashed edges are not on a path from anything that is watched. Where does the path break?
"""

import numpy as np
import tensorflow as tf

x = tf.Variable(3.0, name="x")

# 1. A constant is not watched, unless the tape is told to.
c = tf.constant(2.0)
with tf.GradientTape() as tape:
    y = c * c
print("1. constant:           ", tape.gradient(y, c))

# 2. A variable that is not trainable is not watched either.
frozen = tf.Variable(2.0, trainable=False, name="frozen")
with tf.GradientTape() as tape:
    y = frozen * x
print("2. not trainable:      ", tape.gradient(y, frozen))

# 3. The target was computed without the source.
other = tf.Variable(5.0, name="other")
with tf.GradientTape() as tape:
    z = other * 2.0
    y = x * x
print("3. not connected:      ", tape.gradient(y, other))

# 4. Integers have no derivatives.
whole = tf.Variable(10, name="whole")
with tf.GradientTape() as tape:
    y = whole * whole
print("4. integers:           ", tape.gradient(y, whole))

# 5. The computation left TensorFlow: NumPy's result is a new constant.
with tf.GradientTape() as tape:
    y = tf.square(np.mean(x.numpy() * 2.0))
print("5. through NumPy:      ", tape.gradient(y, x))

# 6. The computation happened before the tape was opened.
before = x * 2.0
with tf.GradientTape() as tape:
    y = before * before
print("6. before the tape:    ", tape.gradient(y, x))

# 7. stop_gradient cuts the path on purpose.
with tf.GradientTape() as tape:
    y = tf.stop_gradient(x * x) * 3.0
print("7. stop_gradient:      ", tape.gradient(y, x))

# 8. The variable became a tensor: `v = v + 1` gives a new tensor the old name. assign_add would keep the variable.
v = tf.Variable(2.0, name="v")
for epoch in range(2):
    with tf.GradientTape() as tape:
        y = v * v
    print(f"8. epoch {epoch}, v is a {type(v).__name__}:", tape.gradient(y, v))
    v = v + 1.0
