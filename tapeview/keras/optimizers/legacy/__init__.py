"""The optimizers as they were before Keras 2.11: ``tf.keras.optimizers.legacy``."""

from tapeview.keras.optimizers.legacy.base import LegacyOptimizer as Optimizer
from tapeview.keras.optimizers.legacy.rules import SGD, Adadelta, Adagrad, Adam, Adamax, Ftrl, Nadam, RMSprop

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "Optimizer", "RMSprop"]
