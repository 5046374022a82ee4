"""``tf.data``: pipelines of elements, lazy and in TensorFlow's order."""
