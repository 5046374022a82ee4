"""``keras.callbacks``."""

from tapeview.keras.callbacks.base import (
    Callback,
    CallbackList,
    History,
    LambdaCallback,
    ProgbarLogger,
    TerminateOnNaN,
)
from tapeview.keras.callbacks.board import TensorBoard
from tapeview.keras.callbacks.control import EarlyStopping, LearningRateScheduler, ReduceLROnPlateau
from tapeview.keras.callbacks.files import CSVLogger, ModelCheckpoint

__all__ = [
    "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback", "LearningRateScheduler",
    "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "TensorBoard", "TerminateOnNaN",
]  # fmt: skip
