"""What ``session.run`` is given: values in place of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.deferred.graph import Graph
from tapeview.engine.deferred.static_shapes import compatible, shape_text
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.tensor import EagerTensor, Tensor


def fed_tensor(graph: Graph, key: Any) -> SymbolicTensor:
    """The tensor a key of ``feed_dict`` stands for. Raises TypeError if it is none."""
    try:
        return graph.as_graph_element(key, allow_operation=False)  # type: ignore[no-any-return]
    except (TypeError, ValueError, KeyError) as error:
        text = error.args[0] if error.args else ""
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {text}") from None


def value_for(tensor: SymbolicTensor, value: Any) -> EagerTensor:
    """``value`` as a tensor of the type of what it stands for.

    Raises:
        TypeError: ``value`` is a tensor.
        ValueError: another shape, or nothing that NumPy takes for this type.
    """
    if isinstance(value, Tensor):
        raise TypeError(
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, "
            f"lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was {value} which was passed "
            f"to the argument `feed_dict` with key {tensor}."
        )
    kind = tensor.dtype.numpy
    if isinstance(value, int) and kind.kind in "iu" and not _fits(value, kind):
        raise TypeError(
            f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type {kind.type}. Try "
            "explicitly setting the type of the feed tensor to a larger type (e.g. int64)."
        )
    array = np.array(value, dtype=kind)  # a copy: the script may go on writing to its own
    if kind.kind == "O":
        array = _strings(array)
    sizes = tensor.sizes
    if sizes is not None and sizes != array.shape and not compatible(sizes, array.shape):
        raise ValueError(
            f"Cannot feed value of shape {array.shape} for Tensor {tensor.name}, which has shape "
            f"{shape_text(tensor.sizes)}"
        )
    return EagerTensor(array)


def _fits(value: int, kind: Any) -> bool:
    limits = np.iinfo(kind)
    return int(limits.min) <= value <= int(limits.max)


def _strings(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    encoded = np.empty(array.shape, object)
    for index, v in np.ndenumerate(array):
        encoded[index] = v.encode() if isinstance(v, str) else bytes(v)
    return encoded
