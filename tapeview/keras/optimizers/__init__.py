"""Optimizers: ``tf.keras.optimizers`` and ``tf.optimizers``. The ones before Keras 2.11 stand in ``legacy``."""

from tapeview.keras.optimizers.sgd import SGD

__all__ = ["SGD"]
