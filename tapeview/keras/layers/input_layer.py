"""``Input``: where a functional model begins."""

from __future__ import annotations

from typing import Any

from tapeview.engine import dtypes
from tapeview.keras import naming
from tapeview.keras.backend.config import floatx
from tapeview.keras.layers.base import Layer
from tapeview.keras.layers.symbolic import KerasTensor, Node


class InputLayer(Layer):
    """The layer of one input.

    Raises:
        ValueError: an unknown keyword, or no shape.
    """

    def __init__(
        self, input_shape: Any = None, batch_size: Any = None, dtype: Any = None, input_tensor: Any = None,
        sparse: Any = None, name: str | None = None, ragged: Any = None, type_spec: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        batch_shape = kwargs.pop("batch_input_shape", None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {list(kwargs)}")
        if type_spec is not None:
            batch_shape, dtype = type_spec.shape, type_spec.dtype
        if input_tensor is not None and batch_shape is None and input_shape is None:
            batch_shape = tuple(input_tensor.shape)
        if batch_shape is None:
            shape = () if input_shape is None else input_shape
            batch_shape = (batch_size, *(shape if isinstance(shape, (list, tuple)) else (shape,)))
        if name is None:
            name = naming.unique("input", zero_based=False)
        super().__init__(dtype=dtype or floatx(), name=name)
        self.is_placeholder = True
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.batch_size = batch_size
        self.supports_masking = True
        self._batch_input_shape = tuple(batch_shape)
        self.built = True
        Node(self, (), {}, KerasTensor(batch_shape, dtypes.as_dtype(self.dtype), name))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {
            "batch_input_shape": self._batch_input_shape, "dtype": self.dtype, "sparse": self.sparse,
            "ragged": self.ragged, "name": self.name,
        }  # fmt: skip


def Input(
    shape: Any = None, batch_size: Any = None, name: str | None = None, dtype: Any = None, sparse: Any = None,
    tensor: Any = None, ragged: Any = None, type_spec: Any = None, **kwargs: Any,
) -> Any:  # fmt: skip
    """A symbolic tensor for one input of a model: ``shape`` is that of one example.

    Raises:
        ValueError: no shape, or an unknown keyword.
    """
    batch_shape = kwargs.pop("batch_shape", kwargs.pop("batch_input_shape", None))
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments: {list(kwargs)}")
    if shape is not None and batch_shape is not None:
        raise ValueError("Only provide the `shape` OR `batch_shape` argument to Input, not both at the same time.")
    if shape is None and batch_shape is None and tensor is None and type_spec is None:
        raise ValueError(
            "Please provide to Input a `shape` or a `tensor` or a `type_spec` argument. Note that `shape` does not "
            "include the batch dimension."
        )
    if batch_shape is not None:
        batch_size, *shape = batch_shape
    elif shape is not None:
        shape = tuple(shape) if isinstance(shape, (list, tuple)) else (shape,)
    layer = InputLayer(
        input_shape=shape, batch_size=batch_size, dtype=dtype, input_tensor=tensor, sparse=sparse, name=name,
        ragged=ragged, type_spec=type_spec,
    )  # fmt: skip
    return layer._inbound_nodes[0].outputs
