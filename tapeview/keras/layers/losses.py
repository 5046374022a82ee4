"""Losses and metrics that layers add by themselves (``add_loss``, regularizers, ``add_metric``)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import dispatch
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.dtypes import as_dtype
from tapeview.engine.ops.arithmetic import divide_no_nan
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.backend.config import floatx
from tapeview.keras.layers import in_graph, symbolic


class AddedLosses:
    """The part of a layer that holds its losses."""

    name: Any
    _activity_regularizer: Any
    _callable_losses: list[Callable[[], Any]]
    _eager_losses: list[Any]
    _metrics: list[Any]
    _flatten_modules: Any

    def _start_losses(self) -> None:
        own = self.__dict__
        own["_callable_losses"] = []
        own["_eager_losses"] = []

    def add_loss(self, losses: Any, **kwargs: Any) -> None:
        """Adds to the loss: a tensor of this call, or a function without arguments that is called when it is needed.

        Raises:
            TypeError: an unknown keyword.
        """
        kwargs.pop("inputs", None)
        if kwargs:
            raise TypeError(f"Unknown keyword arguments: {kwargs.keys()}")
        for loss in structure.flatten(losses):
            if symbolic.is_symbolic(loss):
                self._add_symbolic_loss(loss)
            elif callable(loss) and not is_tensor_like(loss):
                self._callable_losses.append(loss)
            elif loss is not None:
                self._eager_losses.append(loss if is_tensor_like(loss) else to_tensor(loss, as_dtype(floatx())))

    def _add_symbolic_loss(self, loss: Any) -> None:
        raise ValueError(
            f"`add_loss` of a symbolic tensor works on functional models. {self.name} is none: compute the loss in "
            "`call`, or pass a function without arguments."
        )

    def add_metric(self, value: Any, name: str | None = None, **kwargs: Any) -> None:
        """Follows a number over the batches, as a mean unless ``value`` comes from a metric.

        Raises:
            ValueError: no name.
        """
        source = getattr(value, "_metric_obj", None)
        if name is None and source is None:
            raise ValueError(
                "Please provide a name for your metric like `self.add_metric(tf.reduce_sum(inputs), "
                "name='mean_activation')`"
            )
        if symbolic.is_symbolic(value):
            self._add_symbolic_metric(value, name)
            return
        if source is not None:
            if not any(m is source for m in self._metrics):
                self._metrics.append(source)
            return
        metric = next((m for m in self._metrics if m.name == name), None)
        if metric is None:
            metric = importlib.import_module("tapeview.keras.metrics").Mean(name=name)
            self._metrics.append(metric)
        metric(value)

    def _add_symbolic_metric(self, value: Any, name: str | None) -> None:
        raise ValueError(
            f"`add_metric` of a symbolic tensor works on functional models. {self.name} is none: call it in `call`."
        )

    @property
    def losses(self) -> list[Any]:
        """The losses of the last call and the penalties on weights, of this layer and of those inside."""
        found: list[Any] = []
        for layer in self._flatten_modules():
            own = layer.__dict__
            found += own.get("_eager_losses", ())
            for function in own.get("_callable_losses", ()):
                loss = in_graph.loss_of(function) if dispatch.building() else function()
                if loss is not None:
                    found.append(loss if is_tensor_like(loss) else to_tensor(loss, as_dtype(floatx())))
        return found

    def _clear_losses(self) -> None:
        for layer in self._flatten_modules():
            if layer.__dict__.get("_eager_losses"):
                layer.__dict__["_eager_losses"] = []

    def _penalize_activity(self, outputs: Any) -> None:
        for output in structure.flatten(outputs):
            penalty = to_tensor(self._activity_regularizer(output))
            size = EagerTensor(np.array(output._array.shape[0], penalty._array.dtype))
            self._eager_losses.append(divide_no_nan(penalty, size))
