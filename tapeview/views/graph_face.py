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
    ``"outside"``, ``"placeholder"``, ``"variable"``: one with what belongs to it), ``dot`` is ``"filled"``,
    ``"hollow"`` or "".
    """

    style: str
    title: str
    detail: str
    dot: str = ""
    scalar: bool = False

    @property
    def opens(self) -> bool:
        """Whether it has a button that shows what is inside."""
        return self.style in ("group", "variable")


def face(node: Node) -> Face:
    """The face of a node."""
    shape = shape_words(node.shape)
    scalar = node.shape == ()
    if node.role:
        return _of_deferred(node, shape, scalar)
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
        if node.key[0] == "scope":
            return Face("group", short_name(node.label), count_words(number))
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


def _of_deferred(node: Node, shape: str, scalar: bool) -> Face:
    """A node of a deferred graph, or a group of some that has a role."""
    title = short_name(node.label)
    words = [node.name] if node.name else []
    if node.kind == "group" and node.role == "gradient":
        return Face("group", title, count_words(node.stop - node.start))
    if node.role == "gradient":
        words = [tr("gradient of {name}").format(name=short_name(node.serves)) if node.serves else tr("gradient")]
    elif node.role != "op":
        words.append(role_words(node.role))
    if node.dtype:
        words.append(shape)
    elif node.role == "op":
        words.append(node.rule)
    style = {"gradient": "rule", "constant": "constant", "placeholder": "placeholder", "variable": "watched"}
    kind = "variable" if node.kind == "group" else style.get(node.role, "op")
    return Face(kind, title, " · ".join(words), scalar=scalar and bool(node.dtype))


def role_words(role: str) -> str:
    """What sort of node it is."""
    return {
        "op": tr("op"),
        "constant": tr("constant"),
        "placeholder": tr("placeholder"),
        "variable": tr("variable"),
        "gradient": tr("gradient"),
        "assign": tr("assign"),
    }.get(role, role)


def count_words(number: int) -> str:
    """``12 nodes``."""
    return tr("1 node") if number == 1 else tr("{n} nodes").format(n=number)


LONGEST_NAME = 30


def short_name(name: str) -> str:
    """The name of a node, of a long one the scopes nearest to it: ``…/mul_grad/Mul``."""
    parts = name.split("/")
    while len(name) > LONGEST_NAME and len(parts) > 2:
        parts = parts[1:]
        name = "…/" + "/".join(parts)
    return name


def size(face: Face, measure: Measure) -> tuple[float, float]:
    """Width and height of a node with this face."""
    words = with_value(face, VALUE_SAMPLE) if face.scalar else face.detail
    detail = measure(words, False) + (12 if face.dot else 0)
    title = f"∇ {face.title}" if face.style == "rule" else face.title
    inner = max(measure(title, True), min(detail, WIDEST_DETAIL - 30))
    if face.opens:
        inner += 20  # its button
    if face.style in ("op", "rule", "group", "failed"):
        return min(max(inner + 30, 112.0), WIDEST), OP_HEIGHT
    return min(max(inner + 30, 88.0), WIDEST), LEAF_HEIGHT


def with_value(face: Face, value: str) -> str:
    """The second line of a scalar's node: its value stands for its shape, except where the shape stands alone."""
    return f"{face.detail} · {value}" if face.detail == "()" else f"{face.detail.removesuffix('()')}{value}"


def shape_words(shape: tuple[int | None, ...] | None) -> str:
    """``()``, ``(10)``, ``(64×3)``; ``?`` where it is not known, also for a single size: ``(?×3)``."""
    return "?" if shape is None else f"({'×'.join('?' if size is None else str(size) for size in shape)})"


def scalar_text(recording: Recording, id: int) -> str:
    """The value of a tensor with one element; "" if it was not kept."""
    try:
        value = recording.value(id)
    except KeyError:
        return ""
    return "" if value is None or value.size != 1 else item(value.reshape(-1)[0])
