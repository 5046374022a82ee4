"""Runs a case with a module that is, or behaves like, TensorFlow, and gives plain data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def weights(shape: Any, k: int) -> np.ndarray[Any, Any]:
    """Different weights for all elements, so that nothing cancels out of their sum."""
    size = int(np.prod(tuple(shape)))
    return np.round(1 + 0.5 * np.sin(np.arange(1, size + 1) * 1.7 + k), 3).astype(np.float32).reshape(tuple(shape))


def flat(result: Any) -> list[Any]:
    """The tensors in a list, a tuple or alone; None left out."""
    if isinstance(result, (list, tuple)):
        return [t for part in result for t in flat(part)]
    return [] if result is None else [result]


def _weighted(tf: Any, outputs: list[Any]) -> Any:
    floats = [o for o in outputs if o.dtype in (tf.float32, tf.float64)]
    if not floats:
        return None
    return sum(tf.reduce_sum(tf.cast(o, tf.float32) * weights(o.shape, k)) for k, o in enumerate(floats))


def data(value: Any) -> Any:
    """A tensor as type, shape and numbers; None as it is."""
    if value is None:
        return None
    array = np.asarray(value)
    # Through text: the shortest digits that mean the same number.
    values = [float(str(v)) for v in array.ravel()] if array.dtype.kind == "f" else array.ravel().tolist()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "values": values}


def evaluate(tf: Any, f: Callable[..., Any], inputs: tuple[Any, ...]) -> dict[str, Any]:
    """The outputs; for each float input the gradient of the outputs' weighted sum; and that gradient's gradient.

    An exception on the way to a gradient is given as text in its place.
    """
    tensors = [tf.constant(v) for v in inputs]
    sources = [t for t in tensors if t.dtype.is_floating]
    with tf.GradientTape() as outer:
        outer.watch(sources)
        with tf.GradientTape() as inner:
            inner.watch(sources)
            outputs = flat(f(tf, *tensors))
            target = _weighted(tf, outputs)
        found: dict[str, Any] = {"outputs": [data(o) for o in outputs]}
        if target is None or not sources:
            return found
        try:
            slopes = inner.gradient(target, sources)
        except Exception as error:
            return found | {"first": f"{type(error).__name__}: {error}"}
        found["first"] = [data(g) for g in slopes]
        second = _weighted(tf, [g for g in slopes if g is not None])
    if second is None:
        return found
    try:
        curves = outer.gradient(second, sources, unconnected_gradients="zero")
    except Exception as error:
        return found | {"second": f"{type(error).__name__}: {error}"}
    return found | {"second": [data(g) for g in curves]}


def raised(f: Callable[[], Any]) -> str:
    """The exception's type and text."""
    try:
        result = f()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return f"no exception, but {result!r}"


def freeze(groups: dict[str, Any], folder: Path) -> None:
    """Writes one file for each group, one line for each case."""
    for group, frozen in groups.items():
        lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in frozen.items()]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        (folder / f"{group}.json").write_text(text, encoding="utf-8")
        print(f"{group}.json: {len(frozen)}")
