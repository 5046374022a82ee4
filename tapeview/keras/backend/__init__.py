"""``keras.backend``: Keras's settings, and the functions on tensors that older Keras scripts call."""
