"""``keras.utils``: labels as vectors, padded sequences, downloads and other small helps."""
