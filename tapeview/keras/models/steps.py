"""What a model does with one batch: a step of training, of testing, of predicting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tapeview.engine.log import measure_all
from tapeview.engine.state import state
from tapeview.engine.tape import GradientTape
from tapeview.keras.layers.base import Layer
from tapeview.keras.models import data as batches
from tapeview.keras.models.compiled import Losses, Metrics, as_number

_NO_LOSS = "No loss found. You may have forgotten to provide a `loss` argument in the `compile()` method."
_NOT_COMPILED = "You must compile your model before training/testing. Use `model.compile(optimizer, loss)`."


class Steps(Layer):
    """The part of a model that a script overrides to train in its own way."""

    optimizer: Any
    compiled_loss: Losses | None
    compiled_metrics: Metrics | None
    stop_training: bool
    _is_compiled: bool

    def _start_fitting(self) -> None:
        own = self.__dict__
        own["optimizer"] = own["loss"] = own["compiled_loss"] = own["compiled_metrics"] = None
        own["stop_training"] = False
        own["_is_compiled"] = False
        own["_run_eagerly"] = False
        own["history"] = None
        own["train_function"] = own["test_function"] = own["predict_function"] = None
        own["_compile_config"] = own["_compiled_trainable"] = None

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, loss_weights: Any = None,
        weighted_metrics: Any = None, run_eagerly: Any = None, steps_per_execution: Any = None,
        jit_compile: Any = None, pss_evaluation_shards: Any = 0, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Says how the model is trained.

        Raises:
            TypeError: an unknown keyword.
            ValueError: an optimizer, a loss or a metric that does not exist.
        """
        from tapeview.keras import optimizers

        known = {"sample_weight_mode", "target_tensors", "experimental_steps_per_execution", "cloning", "distribute"}
        unknown = set(kwargs) - known
        if unknown:
            raise TypeError(
                f"Invalid keyword argument(s) in `compile()`: {(unknown,)}. Valid keyword arguments include "
                '"cloning", "experimental_run_tf_function", "distribute", "target_tensors", or "sample_weight_mode".'
            )
        own = self.__dict__
        names = self.output_names if hasattr(self, "output_names") else None
        own["optimizer"] = optimizers.get(optimizer)
        own["loss"] = loss if loss is not None else {}
        own["compiled_loss"] = loss if isinstance(loss, Losses) else Losses(loss, loss_weights, names)
        own["compiled_metrics"] = Metrics(metrics, weighted_metrics, names) if metrics or weighted_metrics else None
        own["_run_eagerly"] = bool(run_eagerly)
        own["_is_compiled"] = True
        own["_compiled_trainable"] = [
            (layer, layer.__dict__["_trainable"]) for layer in self._flatten_modules() if "_trainable" in layer.__dict__
        ]
        own["train_function"] = own["test_function"] = own["predict_function"] = None
        own["_compile_config"] = {
            "optimizer": own["optimizer"], "loss": loss, "metrics": metrics, "weighted_metrics": weighted_metrics,
            "loss_weights": loss_weights,
        }  # fmt: skip

    @contextmanager
    def _as_compiled(self) -> Iterator[None]:
        """Layers are trainable or not as they were when the model was compiled: what is frozen for another model later
        (a discriminator inside of a GAN) is still trained by this one."""
        layers = self.__dict__.get("_compiled_trainable") or []
        now = [(layer, layer.__dict__["_trainable"]) for layer, _ in layers]
        for layer, trainable in layers:
            layer.__dict__["_trainable"] = trainable
        try:
            yield
        finally:
            for layer, trainable in now:
                layer.__dict__["_trainable"] = trainable

    @property
    def run_eagerly(self) -> bool:
        """What ``compile`` was told: everything runs op by op anyway."""
        return bool(self._run_eagerly)

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self.__dict__["_run_eagerly"] = value

    def _assert_compiled(self) -> None:
        if "train_step" not in type(self).__dict__ and not self._is_compiled:
            raise RuntimeError(_NOT_COMPILED)
        if not self._is_compiled and type(self).train_step is Steps.train_step:
            raise RuntimeError(_NOT_COMPILED)

    # -- one batch ---------------------------------------------------------------------------------------------------

    def train_step(self, data: Any) -> Any:
        """One step of training; returns the metrics by name. Scripts may override it."""
        x, y, sample_weight = batches.unpack(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        self._check_loss(y, loss)
        self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
        state.end_updates()
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Any:
        """One step of evaluation; returns the metrics by name. Scripts may override it."""
        x, y, sample_weight = batches.unpack(data)
        y_pred = self(x, training=False)
        self.compute_loss(x, y, y_pred, sample_weight)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch. Scripts may override it."""
        x, _, _ = batches.unpack(data)
        return self(x, training=False)

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None) -> Any:
        """The loss of a batch with what layers added to it."""
        if self.compiled_loss is None:
            return None
        return self.compiled_loss(y, y_pred, sample_weight, regularization_losses=self.losses)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Any]:
        """The metrics by name, with this batch taken into account."""
        if self.compiled_metrics is not None:
            self.compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The metrics by name."""
        found: dict[str, Any] = {}
        for metric in self.metrics:
            result = metric.result()
            if isinstance(result, dict):
                found.update(result)
            else:
                found[metric.name] = result
        return found

    def _check_loss(self, y: Any, loss: Any) -> None:
        if loss is not None:
            return
        if self.__dict__.get("loss") not in (None, {}) and y is None:
            raise ValueError(
                "Target data is missing. Your model was compiled with "
                f"loss={self.__dict__['loss']}, and therefore expects target data to be provided in `fit()`."
            )
        raise ValueError(_NO_LOSS)

    @property
    def metrics(self) -> list[Any]:
        """The running mean of the loss, the compiled metrics, and those of layers."""
        found: list[Any] = []
        if self._is_compiled:
            for part in (self.compiled_loss, self.compiled_metrics):
                found += part.metrics if part is not None else []
        return [*found, *(m for m in super().metrics if not any(m is f for f in found))]

    @property
    def metrics_names(self) -> list[str]:
        """Their names."""
        return [m.name for m in self.metrics]

    def reset_metrics(self) -> None:
        """All metrics begin anew."""
        for metric in self.metrics:
            metric.reset_state()

    # -- batches from a script's own loop -----------------------------------------------------------------------------

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """One step of training: the loss, or a list of the loss and the metrics. Raises RuntimeError uncompiled."""
        self._assert_compiled()
        data = batches.pack(*_tensors(x, y, sample_weight))
        if class_weight:
            data = batches.weigh_classes(data, class_weight)
        return self._on_batch("train", data, reset_metrics, return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True, return_dict: bool = False
    ) -> Any:
        """One step of evaluation; see :meth:`train_on_batch`."""
        self._assert_compiled()
        data = batches.pack(*_tensors(x, y, sample_weight))
        return self._on_batch("test", data, reset_metrics, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for a batch, as arrays."""
        from tapeview.engine.scripting import structure

        (x, _, _) = _tensors(x, None, None)
        step = self._made("predict_function", self.make_predict_function)
        outputs = self._one(step, (x,), batches.form_of((x,)))
        return structure.map_structure(lambda t: np.array(t._array), outputs)

    def _on_batch(self, kind: str, data: Any, reset: bool, return_dict: bool) -> Any:
        if reset:
            self.reset_metrics()
        step = self._made(f"{kind}_function", getattr(self, f"make_{kind}_function"))
        with self._as_compiled():
            logs = as_number(self._one(step, data, batches.form_of(data)))
        if kind == "train" and isinstance(logs, dict):
            measure_all("metric", logs)
        return logs if return_dict else in_order(logs, self.metrics_names)


def in_order(logs: dict[str, Any], names: list[str]) -> Any:
    """The numbers of logs as a list in the order of ``names``; a single one alone."""
    values = [logs[n] for n in names if n in logs] + [v for n, v in logs.items() if n not in names]
    return values[0] if len(values) == 1 else values


def _tensors(*parts: Any) -> tuple[Any, ...]:
    from tapeview.engine.scripting import structure

    found = []
    for part in parts:
        listed = part is not None and isinstance(part, list) and not any(hasattr(v, "shape") for v in part)
        found.append(batches.as_batch(np.asarray(part)) if listed else structure.map_structure(batches.as_batch, part))
    return tuple(found)
