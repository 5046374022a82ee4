"""What is written on the nodes of the graph, and how large that makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tapeview.graph.build import Node
from tapeview.trace.query import Recording
from tapeview.trace.records import Tensor
from tapeview.views.numbers import item
from tapeview.views.text import tr

Measure = Callable[[str, bool], float]
"""The width of a text in the font of titles (True) or of details (False)."""

WIDEST = 230.0
OP_HEIGHT = 40.0
LEAF_HEIGHT = 38.0
VALUE_SAMPLE = "-0.00000"
"""Room that is kept for the value of a scalar, whatever it will be."""


@dataclass(frozen=True, slots=True)
class Face:
    """How a node looks whatever the cursor: ``style`` tells shape and line (``"op"``, ``"rule"``: an op of an inner
    backward pass, ``"group"``, ``"watched"``, ``"unwatched"``, ``"constant"``, ``"outside"``), ``dot`` is
    ``"filled"``, ``"hollow"`` or "".
    """

    style: str
    title: str
    detail: str
    dot: str = ""
    scalar: bool = False


def face(node: Node) -> Face:
    """The face of a node."""
    shape = shape_words(node.shape)
    scalar = node.shape is not None and all(size == 1 for size in node.shape)
    if node.kind == "op":
        named = node.target and node.name
        title = f"{node.label} → {node.name}" if named else node.label
        detail = shape if named or not node.name else f"{node.name} · {shape}"
        return Face("rule" if node.call else "op", title, detail, scalar=scalar)
    if node.kind == "group":
        count = tr("{n} ops").format(n=node.stop - node.start)
        if node.name:
            return Face("group", tr("turn {n}").format(n=node.name), f"{node.label} · {count}")
        return Face("group", node.label, count)
    if node.kind == "watched":
        return Face("watched", node.label, f"{tr('watched')} · {shape}", "filled", scalar)
    if node.kind == "unwatched":
        word = tr("not watched") if node.trainable else tr("not trainable")
        return Face("unwatched", node.label, f"{word} · {shape}", "hollow", scalar)
    word = tr("constant") if node.kind == "constant" else tr("from outside")
    return Face(node.kind, node.label, f"{word} · {shape}", scalar=scalar)


def size(face: Face, measure: Measure) -> tuple[float, float]:
    """Width and height of a node with this face."""
    detail = measure(face.detail, False) + (12 if face.dot else 0)
    if face.scalar:
        detail += measure(f" · {VALUE_SAMPLE}", False)
    inner = max(measure(face.title, True), detail)
    if face.style in ("op", "rule", "group"):
        return min(max(inner + 30, 112.0), WIDEST), OP_HEIGHT
    return min(max(inner + 30, 88.0), WIDEST), LEAF_HEIGHT


def shape_words(shape: tuple[int, ...] | None) -> str:
    """``()``, ``(10)``, ``(64×3)``; ``?`` where it is not known."""
    return "?" if shape is None else f"({'×'.join(map(str, shape))})"


def scalar_text(recording: Recording, id: int) -> str:
    """The value of a tensor with one element; "" if it was not kept."""
    try:
        value = recording.value(id)
    except KeyError:
        return ""
    return "" if value is None or value.size != 1 else item(value.reshape(-1)[0])


def magnitude(tensor: Tensor) -> tuple[float, bool]:
    """The Euclidean norm of a tensor's finite elements (NaN if nothing is known), and whether any is NaN or
    infinite.
    """
    if tensor.stats is not None:
        return tensor.stats.norm, bool(tensor.stats.nans or tensor.stats.infs)
    if tensor.data is None or not tensor.dtype.startswith(("float", "int", "uint", "complex", "bfloat")):
        return float("nan"), False
    try:
        if tensor.dtype == "bfloat16":
            numbers = (np.frombuffer(tensor.data, "<u2").astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        else:
            numbers = np.abs(np.frombuffer(tensor.data, np.dtype(tensor.dtype).newbyteorder("<")), dtype=np.float64)
    except (ValueError, TypeError):
        return float("nan"), False
    with np.errstate(over="ignore", invalid="ignore"):
        square = float(np.dot(numbers, numbers))
        if np.isfinite(square):
            return square**0.5, False
        finite = numbers[np.isfinite(numbers)]
        largest = float(np.max(finite)) if finite.size else 0.0
        norm = largest * float(np.linalg.norm(finite / largest)) if largest else 0.0
    return norm, finite.size < numbers.size
