"""What is written on the nodes of the graph, and how large that makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tapeview.graph.build import Node
from tapeview.trace.query import Recording
from tapeview.views.numbers import item
from tapeview.views.text import tr

Measure = Callable[[str, bool], float]
"""The width of a text in the font of titles (True) or of details (False)."""

WIDEST, WIDEST_DETAIL = 290.0, 230.0
OP_HEIGHT = 40.0
LEAF_HEIGHT = 38.0
VALUE_SAMPLE = "-0.0000"
"""Room that is kept for the value of a scalar, whatever it will be."""


@dataclass(frozen=True, slots=True)
class Face:
    """How a node looks whatever the cursor: ``style`` tells shape and line (``"op"``, ``"rule"``: an op of an inner
    backward pass, ``"failed"``: it raised, ``"group"``, ``"watched"``, ``"unwatched"``, ``"constant"``,
    ``"outside"``), ``dot`` is ``"filled"``, ``"hollow"`` or "".
    """

    style: str
    title: str
    detail: str
    dot: str = ""
    scalar: bool = False


def face(node: Node) -> Face:
    """The face of a node."""
    shape = shape_words(node.shape)
    scalar = node.shape == ()
    if node.kind == "op":
        named = node.target and node.name
        title = f"{node.label} → {node.name}" if named else node.label
        if node.error:
            return Face("failed", title, " · ".join(part for part in (tr("failed"), node.name) if part))
        words = node.name or (tr("rule of {op}").format(op=node.rule) if node.rule else "")
        detail = shape if named or not words else f"{words} · {shape}"
        return Face("rule" if node.call else "op", title, detail, scalar=scalar)
    if node.kind == "group":
        number = node.stop - node.start
        count = tr("1 op") if number == 1 else tr("{n} ops").format(n=number)
        if node.name:
            words = tr("turns {n}") if "–" in node.name else tr("turn {n}")
            return Face("group", words.format(n=node.name), f"{node.label} · {count}")
        return Face("group", node.label, count if node.shape is None else f"{count} · {shape}")
    if node.kind == "watched":
        return Face("watched", node.label, f"{tr('watched')} · {shape}", "filled", scalar)
    if node.kind == "unwatched":
        word = tr("not watched") if node.trainable else tr("not trainable")
        return Face("unwatched", node.label, f"{word} · {shape}", "hollow", scalar)
    if node.kind == "seed":
        return Face("constant", tr("seed"), f"{tr('gradient of the target')} · {shape}", scalar=scalar)
    word = tr("constant") if node.kind == "constant" else tr("from outside")
    return Face(node.kind, node.label, f"{word} · {shape}", scalar=scalar)


def size(face: Face, measure: Measure) -> tuple[float, float]:
    """Width and height of a node with this face."""
    words = with_value(face, VALUE_SAMPLE) if face.scalar else face.detail
    detail = measure(words, False) + (12 if face.dot else 0)
    inner = max(measure(face.title, True), min(detail, WIDEST_DETAIL - 30))
    if face.style == "group":
        inner += 20  # its button
    if face.style in ("op", "rule", "group", "failed"):
        return min(max(inner + 30, 112.0), WIDEST), OP_HEIGHT
    return min(max(inner + 30, 88.0), WIDEST), LEAF_HEIGHT


def with_value(face: Face, value: str) -> str:
    """The second line of a scalar's node: its value stands for its shape, except where the shape stands alone."""
    return f"{face.detail} · {value}" if face.detail == "()" else f"{face.detail.removesuffix('()')}{value}"


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
