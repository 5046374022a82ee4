"""Callbacks that change how the training goes on: early stopping, learning rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import warn
from tapeview.engine.convert import is_tensor_like
from tapeview.keras.callbacks.base import Callback, Logs


def value_of(number: Any) -> Any:
    """A variable's or tensor's value as NumPy's; other numbers as they are."""
    return number.numpy() if is_tensor_like(number) else number


def known_mode(mode: str, name: str) -> str:
    """The mode; ``"auto"``, with a warning, for an unknown one."""
    if mode in ("auto", "min", "max"):
        return mode
    warn.warn(f"{name} mode {mode} is unknown, fallback to auto mode.")
    return "auto"


def _learning_rate(model: Any) -> Any:
    if not hasattr(model.optimizer, "lr"):
        raise ValueError('Optimizer must have a "lr" attribute.')
    return value_of(model.optimizer.lr)


class EarlyStopping(Callback):
    """Stops the training when a number has not got better for ``patience`` epochs.

    Args:
        monitor: the number's name in the logs.
        min_delta: what counts as better.
        mode: ``"min"`` or ``"max"`` is better; ``"auto"`` goes by the name.
        baseline: it must get better than this, too.
        restore_best_weights: end with the weights of the best epoch.
        start_from_epoch: epochs before do not count.
    """

    def __init__(
        self, monitor: str = "val_loss", min_delta: float = 0, patience: int = 0, verbose: int = 0, mode: str = "auto",
        baseline: float | None = None, restore_best_weights: bool = False, start_from_epoch: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.monitor, self.patience, self.verbose, self.baseline = monitor, patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        mode = known_mode(mode, "EarlyStopping")
        more = mode == "max" or (mode == "auto" and monitor.endswith(("acc", "accuracy", "auc")))
        self.monitor_op: Callable[[Any, Any], Any] = np.greater if more else np.less
        self.min_delta = abs(min_delta) if more else -abs(min_delta)
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = -np.inf if more else np.inf
        self.best_weights: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins to wait."""
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = np.inf if self.monitor_op is np.less else -np.inf
        self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Looks at the number."""
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
        self.wait += 1
        if self._is_improvement(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self.restore_best_weights and self.best_weights is not None:
                if self.verbose > 0:
                    print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
                self.model.set_weights(self.best_weights)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Says so, if it stopped the training."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")

    def get_monitor_value(self, logs: Logs | None) -> Any:
        """The number; None, with a warning, if the logs do not have it."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warn.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. Available metrics are: "
                f"{','.join(logs or {})}"
            )
        return value

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        return bool(self.monitor_op(value - self.min_delta, reference))


class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by ``factor`` when a number has not got better for ``patience`` epochs.

    Args:
        cooldown: how many epochs to wait after that.
        min_lr: the learning rate gets no smaller.
        monitor, mode, min_delta: see :class:`EarlyStopping`.

    Raises:
        ValueError: a factor that is not below 1.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0,
        mode: str = "auto", min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau does not support a factor >= 1.0. Got {factor}")
        if "epsilon" in kwargs:
            min_delta = kwargs.pop("epsilon")
            warn.warn("`epsilon` argument is deprecated and will be removed, use `min_delta` instead.")
        self.monitor, self.factor, self.patience, self.verbose = monitor, factor, patience, verbose
        self.min_delta, self.cooldown, self.min_lr = min_delta, cooldown, min_lr
        self.mode = known_mode(mode, "Learning rate reduction")
        self._more = self.mode == "max" or (self.mode == "auto" and "acc" in monitor)
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begins to wait."""
        self.best = -np.inf if self._more else np.inf
        self.cooldown_counter = self.wait = 0

    def monitor_op(self, value: Any, best: Any) -> bool:
        """Whether a value is better than the best."""
        return bool(value > best + self.min_delta if self._more else value < best - self.min_delta)

    def in_cooldown(self) -> bool:
        """Whether the rate was reduced just before."""
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Looks at the number; adds the learning rate to the logs as ``lr``."""
        logs = {} if logs is None else logs
        logs["lr"] = _learning_rate(self.model)
        current = logs.get(self.monitor)
        if current is None:
            warn.warn(
                f"Learning rate reduction is conditioned on metric `{self.monitor}` which is not available. Available "
                f"metrics are: {','.join(logs)}"
            )
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.monitor_op(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            old = _learning_rate(self.model)
            if self.wait >= self.patience and old > np.float32(self.min_lr):
                new = max(old * self.factor, self.min_lr)
                self.model.optimizer.lr = new
                if self.verbose > 0:
                    print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {new}.")
                self.cooldown_counter, self.wait = self.cooldown, 0


class LearningRateScheduler(Callback):
    """Sets the learning rate at each epoch to ``schedule(epoch, rate)``, or ``schedule(epoch)``."""

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Sets it. Raises ValueError if the function gives no float."""
        present = float(_learning_rate(self.model))
        try:
            rate = self.schedule(epoch, present)
        except TypeError:
            rate = self.schedule(epoch)
        if not is_tensor_like(rate) and not isinstance(rate, (float, np.float32, np.float64)):
            raise ValueError(f'The output of the "schedule" function should be float. Got: {rate}')
        self.model.optimizer.lr = value_of(rate)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Adds the learning rate to the logs as ``lr``."""
        if logs is not None:
            logs["lr"] = _learning_rate(self.model)
