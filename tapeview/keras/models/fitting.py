"""``fit``, ``evaluate`` and ``predict``."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tapeview.engine.scripting import structure
from tapeview.engine.scripting.functions import Function
from tapeview.engine.warn import warn
from tapeview.keras.layers.context import calls
from tapeview.keras.models import data as batches
from tapeview.keras.models.compiled import as_number
from tapeview.keras.models.progress import Progress
from tapeview.keras.models.steps import Steps, in_order

_RAN_OUT = (
    "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at least "
    "`steps_per_epoch * epochs` batches (in this case, {} batches). You may need to use the repeat() function when "
    "building your dataset."
)


class _Hooks:
    """The callbacks of a run, called in their order."""

    def __init__(self, model: Any, given: Any, params: dict[str, Any], *, history: bool) -> None:
        self.callbacks = list(getattr(given, "callbacks", None) or _listed(given))
        if history:
            History = importlib.import_module("tapeview.keras.callbacks").History
            own = next((c for c in self.callbacks if isinstance(c, History)), None)
            if own is None:
                own = History()
                self.callbacks.append(own)
            model.__dict__["history"] = own
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def __call__(self, name: str, *args: Any) -> None:
        for callback in self.callbacks:
            method = getattr(callback, name, None)
            if method is not None:
                method(*args)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


class Fitting(Steps):
    """The part of a model that runs over data."""

    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: Any = True,
        class_weight: Any = None, sample_weight: Any = None, initial_epoch: int = 0,
        steps_per_epoch: int | None = None, validation_steps: int | None = None,
        validation_batch_size: int | None = None, validation_freq: Any = 1, max_queue_size: int = 10,
        workers: int = 1, use_multiprocessing: bool = False,
    ) -> Any:  # fmt: skip
        """Trains for some epochs and returns a ``History``.

        Raises:
            RuntimeError: the model is not compiled.
            ValueError: data that can not be used, or that is not as long as it should be.
        """
        self._assert_compiled()
        verbose = 1 if verbose == "auto" else int(verbose)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = batches.split(x, y, sample_weight, validation_split)
        source = batches.source_of(x, y, sample_weight, batch_size, steps_per_epoch, shuffle)
        steps = steps_per_epoch if steps_per_epoch is not None else source.steps
        hooks = _Hooks(self, callbacks, {"verbose": verbose, "epochs": epochs, "steps": steps}, history=True)
        progress = Progress(self, verbose, epochs, steps)
        self.__dict__["stop_training"] = False
        step = self._made("train_function", self.make_train_function)
        checks: Any = None
        hooks("on_train_begin", {})
        source.begin()
        logs: dict[str, Any] = {}
        for epoch in range(initial_epoch, epochs):
            self.reset_metrics()
            hooks("on_epoch_begin", epoch, {})
            progress.begin(epoch)
            with self._as_compiled():
                logs, done = self._epoch(source, step, hooks, "train", progress.batch, steps, class_weight)
            if steps is not None and done < steps and not self.stop_training and steps_per_epoch is not None:
                warn(_RAN_OUT.format(steps * (epochs - initial_epoch)))
                self.__dict__["stop_training"] = True
            if not done:
                raise ValueError(
                    "Unexpected result of `train_function` (Empty Logs). This could be due to issues in input pipeline "
                    "that resulted in an empty dataset."
                )
            logs = dict(logs)
            if validation_data is not None and _is_due(epoch, validation_freq):
                checks = checks or self._checks(validation_data, validation_batch_size or batch_size, validation_steps)
                found = self._tested(checks, hooks, None, validation_steps)
                logs |= {f"val_{name}": value for name, value in found.items()}
            told = dict(logs)
            hooks("on_epoch_end", epoch, told)  # which may add to the logs
            progress.end(told)
            if self.stop_training:
                break
            source.end_epoch()
        hooks("on_train_end", logs)
        return self.history

    def _checks(self, data: Any, batch_size: int | None, steps: int | None) -> Any:
        x, y, weight = batches.unpack(data) if isinstance(data, (tuple, list)) else (data, None, None)
        return batches.source_of(x, y, weight, batch_size if batches.is_arrays(x) else None, steps)

    def _epoch(
        self, source: Any, step: Callable[[Iterator[Any]], Any], hooks: _Hooks, kind: str,
        told: Callable[[int, dict[str, Any]], None] | None, limit: int | None, class_weight: Any = None,
    ) -> tuple[dict[str, Any], int]:  # fmt: skip
        """Runs over the batches once. Returns the last logs and the number of batches."""
        logs: dict[str, Any] = {}
        done = 0
        for batch in source.epoch():
            if limit is not None and done >= limit:
                break
            if class_weight:
                batch = batches.weigh_classes(batch, class_weight)
            hooks(f"on_{kind}_batch_begin", done, {})
            logs = as_number(self._one(step, batch, source.form)) or {}
            hooks(f"on_{kind}_batch_end", done, logs)
            if told is not None:
                told(done, logs)
            done += 1
            if self.stop_training and kind == "train":
                break
        return logs, done

    def _one(self, step: Callable[[Iterator[Any]], Any], batch: Any, form: Any) -> Any:
        outer = calls.batches, calls.size
        calls.batches, calls.size = form, batches.unknown_size(batch, form)
        try:
            return step(iter((batch,)))
        finally:
            calls.batches, calls.size = outer

    # -- what runs for a batch ---------------------------------------------------------------------------------------

    def make_train_function(self, force: bool = False) -> Callable[[Iterator[Any]], Any]:
        """A function that takes an iterator and trains on its next batch."""
        return self._function(self.train_step, makes_variables=True)

    def make_test_function(self, force: bool = False) -> Callable[[Iterator[Any]], Any]:
        """A function that takes an iterator and evaluates its next batch."""
        return self._function(self.test_step)

    def make_predict_function(self, force: bool = False) -> Callable[[Iterator[Any]], Any]:
        """A function that takes an iterator and gives the outputs for its next batch."""
        return self._function(self.predict_step)

    def _function(self, step: Callable[[Any], Any], makes_variables: bool = False) -> Callable[[Iterator[Any]], Any]:
        """As a ``tf.function``, for each form of batches one, since each draws its own random numbers."""
        made: dict[Any, Any] = {}

        def run(iterator: Iterator[Any]) -> Any:
            if self._run_eagerly:
                return step(next(iterator))
            form = batches.form_for(calls.batches, made)
            if form not in made:
                made[form] = Function(step)
                made[form]._seeds.twice = makes_variables and len(made) == 1
            return made[form](next(iterator))

        return run

    def _made(self, name: str, make: Callable[[], Any]) -> Any:
        if self.__dict__.get(name) is None:
            self.__dict__[name] = make()
        return self.__dict__[name]

    # -- evaluation --------------------------------------------------------------------------------------------------

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None, max_queue_size: int = 10,
        workers: int = 1, use_multiprocessing: bool = False, return_dict: bool = False, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """The loss, or a list of the loss and the metrics, over data. Raises as :meth:`fit`."""
        if kwargs:
            raise TypeError(f"Invalid keyword arguments: {list(kwargs)}")
        self._assert_compiled()
        verbose = 1 if verbose == "auto" else int(verbose)
        source = batches.source_of(x, y, sample_weight, batch_size, steps)
        total = steps if steps is not None else source.steps
        hooks = _Hooks(self, callbacks, {"verbose": verbose, "epochs": 1, "steps": total}, history=False)
        progress = Progress(self, verbose, 1, total)
        progress.begin()
        logs = self._tested(source, hooks, progress, steps)
        return logs if return_dict else in_order(logs, self.metrics_names)

    def _tested(self, source: Any, hooks: _Hooks, progress: Progress | None, steps: int | None) -> dict[str, Any]:
        step = self._made("test_function", self.make_test_function)
        self.reset_metrics()
        hooks("on_test_begin", {})
        source.begin()
        logs, _ = self._epoch(source, step, hooks, "test", progress.batch if progress else None, steps)
        if progress is not None:
            progress.end(logs)
        hooks("on_test_end", logs)
        source.end_epoch()
        return logs

    # -- prediction --------------------------------------------------------------------------------------------------

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None,
        callbacks: Any = None, max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False,
    ) -> Any:  # fmt: skip
        """The outputs for data, as arrays. Raises ValueError for data that can not be used."""
        verbose = 1 if verbose == "auto" else int(verbose)
        source = batches.source_of(x, None, None, batch_size, steps)
        total = steps if steps is not None else source.steps
        hooks = _Hooks(self, callbacks, {"verbose": verbose, "epochs": 1, "steps": total}, history=False)
        progress = Progress(self, verbose, 1, total)
        step = self._made("predict_function", self.make_predict_function)
        parts: list[Any] = []
        hooks("on_predict_begin", {})
        source.begin()
        progress.begin()
        for done, batch in enumerate(source.epoch()):
            if steps is not None and done >= steps:
                break
            hooks("on_predict_batch_begin", done, {})
            outputs = self._one(step, batch, source.form)
            parts.append(outputs)
            hooks("on_predict_batch_end", done, {"outputs": outputs})
            progress.batch(done, {})
        if not parts:
            raise ValueError(
                "Unexpected result of `predict_function` (Empty batch_outputs). Please use "
                "`Model.compile(..., run_eagerly=True)`, or `tf.config.run_functions_eagerly(True)` for more "
                "information of where went wrong, or file a issue/bug to `tf.keras`."
            )
        progress.end({})
        hooks("on_predict_end", {})
        return _joined(parts)

    # Older names.

    def fit_generator(self, generator: Any, *args: Any, **kwargs: Any) -> Any:
        """The older name of :meth:`fit` for generators."""
        names = ("steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps")
        return self.fit(generator, **dict(zip(names, args, strict=False)), **kwargs)

    def evaluate_generator(self, generator: Any, steps: int | None = None, **kwargs: Any) -> Any:
        """The older name of :meth:`evaluate` for generators."""
        return self.evaluate(generator, steps=steps, **kwargs)

    def predict_generator(self, generator: Any, steps: int | None = None, **kwargs: Any) -> Any:
        """The older name of :meth:`predict` for generators."""
        return self.predict(generator, steps=steps, **kwargs)


def _is_due(epoch: int, frequency: Any) -> bool:
    one_based = epoch + 1
    return one_based % frequency == 0 if isinstance(frequency, int) else one_based in frequency


def _joined(parts: list[Any]) -> Any:
    """The outputs of all batches, one after the other."""
    flats = [structure.flatten(p) for p in parts]
    joined = [_along_first([f[k] for f in flats]) for k in range(len(flats[0]))]
    return structure.pack_sequence_as(parts[0], joined)


def _along_first(tensors: list[Any]) -> Any:
    arrays = [t._array if hasattr(t, "_array") else np.asarray(t) for t in tensors]
    if len(arrays) == 1:
        return np.array(arrays[0])
    return np.concatenate([a.reshape(1) if a.ndim == 0 else a for a in arrays])
