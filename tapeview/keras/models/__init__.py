"""``keras.models``: models, and reading them from files."""
