"""The TensorBoard callback: losses, metrics and histograms of weights as event files."""

from __future__ import annotations

import os
from typing import Any

from tapeview.engine.scripting.event_files import EventFile
from tapeview.keras.callbacks.base import Callback, Logs


class TensorBoard(Callback):
    """Writes ``train`` and ``validation`` event files below a folder, which TensorBoard shows.

    Args:
        log_dir: the folder.
        histogram_freq: every how many epochs the weights' histograms are written; 0: never.
        write_images: has no effect here, nor have ``write_graph``, ``write_steps_per_second``, ``profile_batch``
            and ``embeddings_freq``.
        update_freq: ``"epoch"``, ``"batch"`` or a number of batches: how often losses and metrics are written.
    """

    def __init__(
        self, log_dir: Any = "logs", histogram_freq: int = 0, write_graph: bool = True, write_images: bool = False,
        write_steps_per_second: bool = False, update_freq: Any = "epoch", profile_batch: Any = 0,
        embeddings_freq: int = 0, embeddings_metadata: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._files: dict[str, EventFile] = {}
        self._step = 0

    def _file(self, name: str) -> EventFile:
        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Writes the logs of a batch, if wanted."""
        self._step += 1
        if isinstance(self.update_freq, int) and self._step % self.update_freq == 0:
            for name, value in (logs or {}).items():
                self._file("train").scalar(f"batch_{name}", value, self._step)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Writes the logs of an epoch."""
        for name, value in (logs or {}).items():
            side = "validation" if name.startswith("val_") else "train"
            self._file(side).scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)
        rate = getattr(getattr(self.model, "optimizer", None), "lr", None)
        if rate is not None and not callable(rate) and "lr" not in (logs or {}):
            self._file("train").scalar("epoch_learning_rate", float(rate), epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for layer in self.model.layers:
                for weight in layer.weights:
                    self._file("train").histogram(f"{weight.name.replace(':', '_')}/histogram", weight, epoch)
        for file in self._files.values():
            file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Closes the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
