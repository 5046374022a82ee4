"""Runs a case with a module that is, or behaves like, TensorFlow, and gives plain data."""

from __future__ import annotations

from typing import Any

import numpy as np


def filled(shape: Any, k: int) -> Any:
    """Numbers between -1 and 1 for input, weight or output number ``k``; no two the same, so that maxima are single."""
    size = int(np.prod(tuple(shape)))
    return np.round(np.sin(np.arange(1, size + 1) * 1.37 + 2.1 * k), 4).astype(np.float32).reshape(tuple(shape))


def inputs_of(given: Any) -> list[Any]:
    """The arrays for the shapes (or arrays) of a case."""
    listed = given if isinstance(given, list) else [given]
    return [g if isinstance(g, np.ndarray) else filled(g, k) for k, g in enumerate(listed)]


def plain(value: Any) -> Any:
    """A tensor as shape and numbers; None as it is."""
    if value is None:
        return None
    array = np.asarray(value)
    numbers = array.ravel().tolist() if array.dtype.kind != "f" else [float(str(v)) for v in array.ravel()]
    return {"shape": list(array.shape), "values": numbers}


def fill(layer: Any) -> None:
    """Gives a layer's weights numbers of their own; variances stay positive."""
    for k, v in enumerate(layer.weights):
        value = filled(v.shape, k + 7)
        v.assign(np.abs(value) + 0.5 if "variance" in v.name else value)


def run(tf: Any, make: Any, given: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The result, the gradients for inputs and weights, the losses, the weights' names and what they became."""
    layer = make(tf)
    arrays = inputs_of(given)
    tensors = [tf.constant(a) for a in arrays]
    whole = tensors if isinstance(given, list) else tensors[0]
    layer(whole, **kwargs)
    fill(layer)
    floats = [t for t in tensors if t.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        outputs = layer(whole, **kwargs)
        flat = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        target = sum(tf.reduce_sum(o * filled(o.shape, k + 3)) for k, o in enumerate(flat))
        losses = list(layer.losses)
        target = target + sum(losses) if losses else target
    slopes = tape.gradient(target, [*floats, *layer.trainable_variables])
    slopes = [tf.convert_to_tensor(g) if g is not None else None for g in slopes]
    mask = getattr(flat[0], "_keras_mask", None)
    return {
        "outputs": [plain(o) for o in flat],
        "mask": plain(mask),
        "losses": [plain(loss) for loss in losses],
        "gradients": [plain(g) for g in slopes],
        "names": [v.name for v in layer.weights],
        "after": [plain(v) for v in layer.non_trainable_variables],
        "shape": _shape(layer, arrays, given),
    }


def _shape(layer: Any, arrays: list[Any], given: Any) -> Any:
    shapes = [(None, *a.shape[1:]) for a in arrays]
    found = layer.compute_output_shape(shapes if isinstance(given, list) else shapes[0])
    several = isinstance(found, (list, tuple)) and found and not isinstance(found[0], (int, type(None)))
    return [list(s) for s in found] if several else list(found)
