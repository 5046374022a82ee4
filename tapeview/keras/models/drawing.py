"""``keras.utils.plot_model``: a model's layers as a picture, by Graphviz's program ``dot``."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

from tapeview.keras.models.model import Model

_MISSING = (
    "You must install graphviz (see instructions at https://graphviz.gitlab.io/download/) for plot_model to work; "
    "what it would draw was written to {}."
)


def model_to_dot(
    model: Any, show_shapes: bool = False, show_dtype: bool = False, show_layer_names: bool = True,
    rankdir: str = "TB", expand_nested: bool = False, dpi: int = 96, subgraph: bool = False, layer_range: Any = None,
    show_layer_activations: bool = False, show_trainable: bool = False,
) -> str:  # fmt: skip
    """The model's layers in the language of ``dot``.

    Raises:
        ValueError: the model has not been built.
    """
    if not model.built:
        raise ValueError(
            "This model has not yet been built. Build the model first by calling `build()` or by calling the model on "
            "a batch of data."
        )
    lines = ["digraph {", f'rankdir="{rankdir}"; dpi={dpi}; node [shape=record, fontname="sans-serif"];']
    for layer in model.layers:
        words = [f"{layer.name} | {type(layer).__name__}" if show_layer_names else type(layer).__name__]
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        if show_layer_activations and activation:
            words.append(activation)
        if show_dtype:
            words.append(str(layer.dtype))
        if show_trainable:
            words.append("T" if layer.trainable else "NT")
        if show_shapes:
            words.append(f"{{input: {_shape(layer, 'input_shape')} | output: {_shape(layer, 'output_shape')}}}")
        text = " | ".join(words).replace("[", "(").replace("]", ")").replace("<", "(").replace(">", ")")
        lines.append(f'"{id(layer)}" [label="{{{text}}}"];')
    lines += [f'"{a}" -> "{b}";' for a, b in _edges(model)]
    return "\n".join([*lines, "}", ""])


def _shape(layer: Any, word: str) -> str:
    try:
        return str(getattr(layer, word))
    except (AttributeError, RuntimeError):
        return "?"


def _edges(model: Any) -> list[tuple[int, int]]:
    if model._graph is None:
        return [(id(a), id(b)) for a, b in zip(model.layers, model.layers[1:], strict=False)]
    found: dict[tuple[int, int], None] = {}
    for node in model._graph.nodes:
        for parent in node.parent_nodes:
            found[id(parent.layer), id(node.layer)] = None
    shown = {id(layer) for layer in model.layers}
    return [edge for edge in found if shown.issuperset(edge)]


def plot_model(
    model: Model, to_file: Any = "model.png", show_shapes: bool = False, show_dtype: bool = False,
    show_layer_names: bool = True, rankdir: str = "TB", expand_nested: bool = False, dpi: int = 96,
    layer_range: Any = None, show_layer_activations: bool = False, show_trainable: bool = False,
) -> None:  # fmt: skip
    """Draws the layers into a file. Without Graphviz the text for it is written beside, and a sentence says so.

    Raises:
        ValueError: the model has not been built.
    """
    text = model_to_dot(
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi, False, layer_range,
        show_layer_activations, show_trainable,
    )  # fmt: skip
    path = os.fspath(to_file)
    name, ending = os.path.splitext(path)
    program = shutil.which("dot")
    if program is None or ending == ".dot":
        with open(f"{name}.dot", "w", encoding="utf-8") as file:
            file.write(text)
        if ending != ".dot":
            print(_MISSING.format(f"{name}.dot"))
        return
    subprocess.run([program, f"-T{ending[1:] or 'png'}", "-o", path], input=text, text=True, check=True)
