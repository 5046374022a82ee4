"""Linear regression with Keras: compile and fit

One Dense layer with one unit is a line. Keras opens the tapes itself; they are recorded all the same.

What to look at:
- Plots: loss and validation loss, for each epoch and for each batch. The noise in the data is the floor they end at.
- Graph: the forward pass is folded to the layer `dense`. Unfold it: a MatMul and a BiasAdd are all there is.
- Variables: `dense/kernel:0` goes to 2 and `dense/bias:0` to -1.
- Timeline: a step is a batch. The validation at the end of an epoch opens no tape and leaves no step.
"""

import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(1)
random = np.random.default_rng(1)
x = random.uniform(-1.0, 1.0, size=(200, 1)).astype(np.float32)
y = (2.0 * x - 1.0 + random.normal(0.0, 0.1, size=(200, 1))).astype(np.float32)

model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
model.compile(optimizer=tf.keras.optimizers.SGD(learning_rate=0.1), loss="mse", metrics=["mae"])
history = model.fit(x, y, epochs=12, batch_size=20, validation_split=0.2, verbose=0)

for epoch, (loss, validation) in enumerate(zip(history.history["loss"], history.history["val_loss"])):
    print(f"epoch {epoch:2}: loss {loss:.4f}, validation loss {validation:.4f}")

kernel, bias = model.get_weights()
print(f"w {kernel[0, 0]:.3f} (right: 2), b {bias[0]:.3f} (right: -1)")
print("predictions:", np.round(model.predict(np.array([[0.0], [0.5], [1.0]]), verbose=0).ravel(), 2))
