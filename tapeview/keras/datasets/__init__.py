"""``keras.datasets``: small data sets, downloaded once into Keras's cache and checked."""
