"""Where a layer stands in the graphs of functional models: its nodes, and what goes in and out there."""

from __future__ import annotations

from typing import Any

from tapeview.engine.scripting import structure


class Connections:
    """The part of a layer that functional models see."""

    name: Any
    _inbound_nodes: list[Any]
    _outbound_nodes: list[Any]

    @property
    def inbound_nodes(self) -> list[Any]:
        """One node for each call on symbolic tensors."""
        return self._inbound_nodes

    @property
    def outbound_nodes(self) -> list[Any]:
        """The nodes that use this layer's results."""
        return self._outbound_nodes

    def _at(self, index: int, attribute: str, what: str) -> Any:
        if not self._inbound_nodes:
            raise RuntimeError(f"The layer {self.name} has never been called and thus has no defined {what}.")
        if len(self._inbound_nodes) <= index:
            raise ValueError(
                f"Asked to get {what} at node {index}, but the layer has only {len(self._inbound_nodes)} inbound nodes."
            )
        values = getattr(self._inbound_nodes[index], attribute)
        return values[0] if isinstance(values, list) and len(values) == 1 else values

    def get_input_at(self, node_index: int) -> Any:
        """The symbolic inputs of a call. Raises RuntimeError or ValueError if there was no such call."""
        return self._at(node_index, "input_tensors", "input")

    def get_output_at(self, node_index: int) -> Any:
        """The symbolic results of a call; see :meth:`get_input_at`."""
        return self._at(node_index, "output_tensors", "output")

    def get_input_shape_at(self, node_index: int) -> Any:
        """The shapes of the inputs of a call; see :meth:`get_input_at`."""
        return self._at(node_index, "input_shapes", "input shape")

    def get_output_shape_at(self, node_index: int) -> Any:
        """The shapes of the results of a call; see :meth:`get_input_at`."""
        return self._at(node_index, "output_shapes", "output shape")

    @property
    def input(self) -> Any:
        """The symbolic input of the first call. Raises AttributeError if there was none."""
        if not self._inbound_nodes:
            raise AttributeError(f"Layer {self.name} is not connected, no input to return.")
        return self._at(0, "input_tensors", "input")

    @property
    def output(self) -> Any:
        """The symbolic result of the first call. Raises AttributeError if there was none."""
        if not self._inbound_nodes:
            raise AttributeError(f"Layer {self.name} has no inbound nodes.")
        return self._at(0, "output_tensors", "output")

    @property
    def input_shape(self) -> Any:
        """The shape of the input. Raises AttributeError if the layer was never called, or with several shapes."""
        return self._shape("input")

    @property
    def output_shape(self) -> Any:
        """The shape of the result. Raises AttributeError if the layer was never called, or with several shapes."""
        return self._shape("output")

    def _shape(self, side: str) -> Any:
        if not self._inbound_nodes:
            raise AttributeError(
                f'The layer "{self.name}" has never been called and thus has no defined {side} shape. Note that the '
                f"`{side}_shape` property is only available for Functional and Sequential models."
            )
        shapes = [getattr(node, f"{side}_shapes") for node in self._inbound_nodes]
        if any(s != shapes[0] for s in shapes):
            raise AttributeError(
                f'The layer "{self.name}" has multiple inbound nodes, with different {side} shapes. Hence the notion '
                f'of "{side} shape" is ill-defined for the layer. Use `get_{side}_shape_at(node_index)` instead.'
            )
        return shapes[0]

    @property
    def input_mask(self) -> Any:
        """The mask of the first call's input; None if it has none."""
        return self._mask(self.input)

    @property
    def output_mask(self) -> Any:
        """The mask of the first call's result; None if it has none."""
        return self._mask(self.output)

    def _mask(self, tensors: Any) -> Any:
        masks = [getattr(t, "_keras_mask", None) for t in structure.flatten(tensors)]
        return masks[0] if len(masks) == 1 else masks
