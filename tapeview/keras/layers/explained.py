"""Errors inside a layer's call, told with the layer's name and the arguments it got."""

from __future__ import annotations

from typing import Any

from tapeview.engine.errors import OpError
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers.context import shown


def explained(layer: Any, error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Exception:
    """``error`` with the innermost layer it came from; the same error if that was told already."""
    if hasattr(error, "_keras_call_info_injected"):
        return error
    lines = _arguments(layer, args, kwargs)
    if lines is None:
        return error
    name = f"layer '{layer.name}' (type {type(layer).__name__})"
    text = error.message if isinstance(error, OpError) else error.args[0] if error.args else ""
    message = f"Exception encountered when calling {name}.\n\n{text}\n\nCall arguments received by {name}:\n{lines}"
    told: Exception
    if isinstance(error, OpError):
        told = type(error)(error.node_def, error.op, message)
    else:
        try:
            told = type(error)(message)
        except TypeError:
            told = RuntimeError(message)
    told._keras_call_info_injected = True  # type: ignore[attr-defined]
    return told


def _arguments(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    parameters = layer._signature.parameters
    names = [p.name for p in parameters]
    if len(args) > len(names) or not set(kwargs) <= set(names):
        return None
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    if any(p.default is p.empty and p.name not in given for p in parameters):
        return None
    shown = [(p.name, structure.map_structure(_text, given[p.name]) if p.name in given else p.default)
             for p in parameters]  # fmt: skip
    return "\n".join(f"  • {name}={value}" for name, value in shown) or None


def _text(value: Any) -> Any:
    if isinstance(value, EagerTensor):
        return f"tf.Tensor(shape={shown(value.shape)}, dtype={value.dtype.name})"
    return value
