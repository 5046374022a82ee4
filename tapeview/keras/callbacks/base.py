"""Callbacks: objects that ``fit``, ``evaluate`` and ``predict`` call at each epoch and batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeview.keras.modules import Settled

Logs = dict[str, Any]


class Callback(Settled):
    """The base of callbacks. Each method gets the logs: losses and metrics by name.

    Attributes:
        model: the model that runs.
        params: ``{"verbose", "epochs", "steps"}``.
    """

    def __init__(self) -> None:
        self.validation_data: Any = None
        self.model: Any = None
        self.params: Any = None

    def set_params(self, params: Any) -> None:
        """How the run was started."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """The model that runs."""
        self.model = model

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch (counted from 0) begins."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """An epoch has ended; its logs include those of the validation."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of ``on_train_batch_begin``."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """An older name of ``on_train_batch_end``."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A training batch begins."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A training batch has ended; the logs are the means since the epoch's begin."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of ``evaluate`` or of the validation begins."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of ``evaluate`` or of the validation has ended."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of ``predict`` begins."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """A batch of ``predict`` has ended."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """``fit`` begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """``fit`` ends."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """``evaluate`` or the validation begins."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """``evaluate`` or the validation ends."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """``predict`` begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """``predict`` ends."""


class CallbackList(Settled):
    """Several callbacks that are called as one.

    Args:
        callbacks: one or a list.
        add_history: add a :class:`History` if there is none.
        add_progbar: add a :class:`ProgbarLogger` if there is none.
        model, params: see :class:`Callback`.
    """

    def __init__(
        self, callbacks: Any = None, add_history: bool = False, add_progbar: bool = False, model: Any = None,
        **params: Any,
    ) -> None:  # fmt: skip
        given = [] if callbacks is None else callbacks
        self.callbacks: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
        for wanted, kind in ((add_progbar, ProgbarLogger), (add_history, History)):
            if wanted and not any(isinstance(c, kind) for c in self.callbacks):
                self.callbacks.append(kind())
        self.params: Any = {}
        self.model: Any = None
        if model:
            self.set_model(model)
        if params:
            self.set_params(params)

    def append(self, callback: Any) -> None:
        """One more."""
        self.callbacks.append(callback)

    def set_params(self, params: Any) -> None:
        """How the run was started."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """The model that runs."""
        self.model = model
        for callback in self.callbacks:
            if isinstance(callback, History):
                model.history = callback
            callback.set_model(model)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.callbacks)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(f"'CallbackList' object has no attribute {name!r}")

        def call(*args: Any, **kwargs: Any) -> None:
            for callback in self.callbacks:
                getattr(callback, name)(*args, **kwargs)

        return call


class History(Callback):
    """What ``fit`` returns.

    Attributes:
        epoch: the numbers of the epochs.
        history: for each name in the logs its values, one per epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """A new run: epochs are listed anew, the values go on."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Keeps the logs."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self


class ProgbarLogger(Callback):
    """Draws the progress bar.

    Args:
        count_mode: ``"steps"`` or ``"samples"``.
        stateful_metrics: names of numbers that are means already.
    """

    def __init__(self, count_mode: str = "steps", stateful_metrics: Any = None) -> None:
        super().__init__()
        self.count_mode = count_mode
        self._names = set(stateful_metrics or ())
        self._bar: Any = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """A new bar."""
        from tapeview.keras.models.progress import Progbar  # the models need this module

        params = self.params or {}
        if params.get("epochs", 1) > 1 and params.get("verbose", 1):
            print(f"Epoch {epoch + 1}/{params['epochs']}")
        names = self._names | {m.name for m in getattr(self.model, "metrics", ())}
        self._bar = Progbar(params.get("steps"), verbose=params.get("verbose", 1), stateful_metrics=names)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Moves the bar."""
        if self._bar is not None:
            self._bar.update(batch + 1, list((logs or {}).items()), finalize=False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Fills the bar."""
        if self._bar is not None:
            done = self._bar.target if self._bar.target is not None else self._bar._seen
            self._bar.target = done
            self._bar.update(done, list((logs or {}).items()), finalize=True)


class TerminateOnNaN(Callback):
    """Stops the training when the loss is no number or infinite."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Looks at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            print(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


class LambdaCallback(Callback):
    """A callback made of functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: ...)``."""

    def __init__(
        self, on_epoch_begin: Any = None, on_epoch_end: Any = None, on_batch_begin: Any = None,
        on_batch_end: Any = None, on_train_begin: Any = None, on_train_end: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_batch_begin": on_batch_begin,
            "on_batch_end": on_batch_end, "on_train_begin": on_train_begin, "on_train_end": on_train_end, **kwargs,
        }  # fmt: skip
        for name, function in given.items():
            if function is not None:
                self.__dict__[name] = function
