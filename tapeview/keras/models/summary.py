"""The table that ``model.summary()`` prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tapeview.engine.scripting import structure
from tapeview.keras.layers.tracking import without_doubles
from tapeview.keras.layers.weights import count

_BREAKS = ("),", "},", "],", "',")


class _Table:
    """Rows of columns that end at ``positions``; long entries go on in the next row."""

    def __init__(self, length: int, positions: list[int], out: Callable[[str], object]) -> None:
        self.length = length
        self.positions = positions
        self.out = out

    def row(self, fields: list[Any], level: int = 0) -> None:
        left = [str(f) for f in fields]
        last = len(self.positions) - 1
        while any(left):
            line = ""
            for k, text in enumerate(left):
                end = self.positions[k]
                space = 0 if k == last else 2
                room = end - (self.positions[k - 1] if k else 0) - space - (k != last) - (level if k == 0 else 0)
                part = text[:room]
                breaks = [part.find(b) + len(b) for b in _BREAKS if b in part]
                if breaks:
                    room = min(breaks)
                    part = part[:room]
                line += ("|" * level + " " if k == 0 else "") + part + " " * space
                left[k] = text[room:]
                line += " " * (end - len(line) - (level if k == last else 0))
            self.out(line + "|" * level)

    def bar(self, sign: str, level: int = 0, outer: int | None = None) -> None:
        edge = "|" * (level if outer is None else outer)
        self.out(edge + sign * (self.length - 2 * len(edge)) + edge)


def print_summary(
    model: Any, line_length: int | None, positions: Any, print_fn: Any, expand_nested: bool, show_trainable: bool,
    layer_range: Any,
) -> None:  # fmt: skip
    """Prints the table, each line with ``print_fn``. Raises ValueError for a range of layers that are not there."""
    plain = _is_plain(model)
    length = line_length or (65 if plain else 98)
    ends = list(positions or ([0.45, 0.85, 1.0] if plain else [0.3, 0.6, 0.70, 1.0]))
    if ends[-1] <= 1:
        ends = [int(length * p) for p in ends]
    titles = ["Layer (type)", "Output Shape", "Param #", *([] if plain else ["Connected to"])]
    if show_trainable:
        length += 11
        ends.append(length)
        titles.append("Trainable")
    out = print_fn or print
    table = _Table(length, ends, out)
    first, end = _range(model, layer_range)
    nodes = None if plain else {id(n) for n in model._graph.nodes}
    out(f'Model: "{model.name}"')
    table.bar("_")
    table.row(titles)
    table.bar("=")

    def show(layer: Any, level: int = 0, is_last: bool = False) -> None:
        fields = [f"{layer.name} ({type(layer).__name__})", _shape(layer), _params(layer, plain)]
        if nodes is not None:
            fields.append(_connections(layer, nodes))
        if show_trainable:
            fields.append("Y" if layer.trainable else "N")
        table.row(fields, level)
        inner = getattr(layer, "layers", None) if expand_nested else None
        if inner:
            table.bar("¯", level + 1)
            for k, part in enumerate(inner):
                show(part, level + 1, k == len(inner) - 1)
            table.bar("¯", level)
            is_last = True
        if not is_last:
            table.bar(" ", level)

    for layer in model.layers[first:end]:
        show(layer)
    table.bar("=")
    trainable, others = model.trainable_weights, model.non_trainable_weights
    for title, variables in (("Total", [*trainable, *others]), ("Trainable", trainable), ("Non-trainable", others)):
        out(f"{title} params: {count(variables)} ({_memory(variables)})")
    table.bar("_")


def _is_plain(model: Any) -> bool:
    """Whether the layers simply follow each other (or are not known to be connected at all)."""
    if type(model).__name__ == "Sequential" or model._graph is None:
        return True
    seen: set[int] = set()
    for nodes in model._graph.depths.values():
        if len(nodes) > 1 or len(nodes[0].keras_inputs) > 1:
            return False
        seen.update(id(n) for n in nodes)
    return all(sum(id(n) in seen for n in layer._inbound_nodes) <= 1 for layer in model.layers)


def _range(model: Any, names: Any) -> tuple[int, int]:
    layers = model.layers
    if names is None:
        return 0, len(layers)
    if len(names) != 2:
        raise ValueError(
            f"layer_range must be a list or tuple of length 2. Received: layer_range = {names} of length {len(names)}"
        )
    found = [[k for k, layer in enumerate(layers) if re.match(name, layer.name)] for name in names]
    if not all(found):
        raise ValueError(f"Passed layer_names do not match the layer names in the model. Received: {names}")
    lower, upper = found
    return (min(upper), max(lower) + 1) if min(lower) > max(upper) else (min(lower), max(upper) + 1)


def _shape(layer: Any) -> Any:
    try:
        return layer.output_shape
    except (AttributeError, RuntimeError):
        return "multiple"


def _params(layer: Any, plain: bool) -> Any:
    if not plain:
        return layer.count_params()
    if not layer.built and getattr(layer, "_graph", None) is None:
        return "0 (unused)"
    return layer.count_params()


def _connections(layer: Any, nodes: set[int]) -> list[str]:
    found = []
    for node in layer._inbound_nodes:
        if id(node) in nodes:
            for x in structure.flatten(node.keras_inputs):
                inbound, index, place = x._keras_history
                found.append(f"{inbound.name}[{index}][{place}]")
    return found


def _memory(variables: list[Any]) -> str:
    size = float(sum(v._array.nbytes for v in without_doubles(variables)))
    for unit in ("Byte", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            break
        size /= 1024
    return f"{size:.2f} {unit}"
