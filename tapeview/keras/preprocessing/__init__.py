"""``keras.preprocessing``: texts, sequences and images made ready for a network."""
