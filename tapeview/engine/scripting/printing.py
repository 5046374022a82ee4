"""``tf.print`` and the text it makes of tensors."""

from __future__ import annotations

import os
import pprint
import sys
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import observe
from tapeview.engine.convert import is_tensor_like
from tapeview.engine.scripting import structure
from tapeview.engine.tensor import Array
from tapeview.engine.warn import get_logger

_EDGE = 3


def number_text(value: Any) -> str:
    """A number as TensorFlow's kernels print it: few digits if they read back as the same number, else all."""
    kind = np.asarray(value).dtype
    if kind.kind == "b":
        return "1" if value else "0"
    if kind.kind == "c":
        return "?"
    if kind.kind != "f":
        return str(value)
    if kind.itemsize == 8:
        number = float(value)
        short = f"{number:.15g}"
        return short if number != number or float(short) == number else f"{number:.17g}"
    single = np.float32(value)
    short = f"{float(single):.6g}"
    return short if single != single or np.float32(short) == single else f"{float(single):.9g}"


def _leaf(array: Array) -> Callable[[Any], str]:
    if array.dtype.kind == "O":
        return lambda v: '"' + (v.decode(errors="replace") if isinstance(v, bytes) else str(v)) + '"'
    return number_text


def value_text(array: Array, summarize: int | None = _EDGE) -> str:
    """A tensor's value: of each axis the first and the last ``summarize`` elements (-1 or None: all of them)."""
    edge = -1 if summarize is None else int(summarize)
    return _text(array, edge, _leaf(array), 1)


def _text(array: Array, edge: int, leaf: Callable[[Any], str], depth: int) -> str:
    if array.ndim == 0:
        return leaf(array[()])
    size = len(array)
    shortened = edge >= 0 and size > 2 * edge
    rows = [*range(edge), *range(size - edge, size)] if shortened else list(range(size))
    parts = [leaf(array[k]) if array.ndim == 1 else _text(array[k], edge, leaf, depth + 1) for k in rows]
    if array.ndim == 1:
        if shortened:
            parts.insert(edge, "...")
        return "[" + " ".join(parts) + "]"
    gap = "\n" * (array.ndim - 1) + " " * depth
    if shortened:
        parts.insert(edge, "...")
    return "[" + gap.join(parts) + "]"


def fill_in(template: str, placeholder: str, arrays: list[Array], summarize: int | None) -> str:
    """The template with each placeholder replaced by the text of the next array."""
    pieces = template.split(placeholder)
    texts = [value_text(a, summarize) for a in arrays]
    return pieces[0] + "".join(t + p for t, p in zip(texts, pieces[1:], strict=True))


def print_(
    *inputs: Any, output_stream: Any = None, summarize: int = _EDGE, sep: str = " ", end: str = os.linesep,
    name: str | None = None,
) -> None:  # fmt: skip
    """Prints tensors, and anything with tensors in it, to standard error.

    Args:
        output_stream: ``sys.stdout``, ``sys.stderr``, a function of a logger, or ``"file://path"`` to append to a file.
        summarize: how many elements of each end of an axis are printed; -1 for all.

    Raises:
        ValueError: another output stream.
    """
    write = _writer(sys.stderr if output_stream is None else output_stream)
    if len(inputs) == 1 and is_tensor_like(inputs[0]) and inputs[0].dtype.name == "string" and not inputs[0].shape:
        value: Any = _array(inputs[0])[()]
        write(value.decode(errors="replace") + end)
        return
    ordered = [OrderedDict(sorted(v.items())) if isinstance(v, OrderedDict) else v for v in inputs]
    bare = structure.map_structure(lambda v: "" if is_tensor_like(v) else v, ordered)
    placeholder = "{}"
    while placeholder in " ".join(pprint.pformat(v) for v in bare):
        placeholder = "{" + placeholder + "}"
    arrays: list[Array] = []
    templates = []
    for given in inputs:
        leaves = []
        for leaf in structure.flatten(given):
            if is_tensor_like(leaf):
                arrays.append(_array(leaf))
                leaf = placeholder
            leaves.append(leaf)
        plain = isinstance(given, str)
        templates.append(given if plain else pprint.pformat(structure.pack_sequence_as(given, leaves)))
    template = sep.join(templates).replace(f"'{placeholder}'", placeholder)
    write(fill_in(template, placeholder, arrays, summarize) + end)


def _array(value: Any) -> Array:
    tensor = value._densify() if hasattr(value, "_densify") else value
    if observe.sink is not None:
        (tensor._value if hasattr(tensor, "_value") else tensor)._left("print")
    return tensor._array  # type: ignore[no-any-return]


def _writer(stream: Any) -> Callable[[str], object]:
    if stream is sys.stdout or stream is sys.stderr:
        return _flushing(stream)
    if isinstance(stream, str) and stream.startswith("file://"):
        return lambda text: _append(stream.removeprefix("file://"), text)
    level = getattr(stream, "__name__", "")
    logger = get_logger()
    if callable(stream) and level in ("info", "warning", "warn", "error"):
        log = getattr(logger, "warning" if level == "warn" else level)
        return lambda text: log("%s", text.rstrip("\n"))
    if isinstance(stream, int) and stream in (20, 30, 40):
        return lambda text: logger.log(stream, "%s", text.rstrip("\n"))
    raise ValueError(
        f"Unsupported output stream, logging level, or file.{stream}. Supported streams are sys.stdout, sys.stderr, "
        "tf.logging.info, tf.logging.warning, tf.logging.error. File needs to be in the form of 'file://<filepath>'."
    )


def _flushing(stream: Any) -> Callable[[str], object]:
    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return write


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)
