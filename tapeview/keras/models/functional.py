"""``Functional``: a model given by its inputs and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers.base import Layer
from tapeview.keras.models.model import Model


class Functional(Model):
    """What ``keras.Model(inputs, outputs)`` makes."""

    _knows_its_shapes = True

    def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        """The outputs for a batch; dicts of inputs go by the names of the inputs."""
        assert self._graph is not None
        return self._graph.run(inputs)

    def get_config(self) -> dict[str, Any]:
        """The layers and how they are connected."""
        from tapeview.keras.models.configs import functional_config

        return functional_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The model of a configuration."""
        from tapeview.keras.models.configs import functional_from_config

        return functional_from_config(cls, config, custom_objects)

    def _add_symbolic_loss(self, loss: Any) -> None:
        self._append(AddLoss(name=None), loss)

    def _add_symbolic_metric(self, value: Any, name: str | None) -> None:
        self._append(AddMetric(name), value)

    def _append(self, layer: Layer, value: Any) -> None:
        """A layer at the end of the graph whose result is no output."""
        graph = self._graph
        assert graph is not None
        layer(value)
        node = layer._inbound_nodes[-1]
        graph.append(node)
        self.__dict__["_self_tracked_trackables"] = list(graph.layers)


class AddLoss(Layer):
    """Adds what it is called with to the losses."""

    _knows_its_shapes = True

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        self.add_loss(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape


class AddMetric(Layer):
    """Follows the mean of what it is called with."""

    _knows_its_shapes = True

    def __init__(self, metric_name: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._metric_name = metric_name

    def call(self, inputs: Any) -> Any:
        """The inputs."""
        self.add_metric(inputs, self._metric_name)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The same shape."""
        return input_shape


def function_of(inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any) -> Any:
    """``keras.backend.function``: from arrays for symbolic inputs to arrays for symbolic outputs.

    Raises:
        ValueError: unknown keywords.
    """
    if kwargs:
        raise ValueError(f"`function` takes inputs and outputs only. Received: {kwargs}")
    model: Any = Functional(inputs=inputs, outputs=outputs)

    def run(given: Any) -> Any:
        found = model(given[0] if isinstance(given, (list, tuple)) and len(given) == 1 else given)
        wrapped = [found] if isinstance(outputs, (list, tuple)) and len(outputs) == 1 else found
        return structure.map_structure(lambda x: np.array(x._array) if isinstance(x, EagerTensor) else x, wrapped)

    return run
