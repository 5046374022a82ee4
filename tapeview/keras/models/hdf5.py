"""Keras 2's HDF5 files, read and written with h5py, which is loaded when such a file comes."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np

from tapeview.keras.layers.tracking import without_doubles


def module() -> Any:
    """h5py, None if it is not installed."""
    try:
        return importlib.import_module("h5py")
    except ImportError:
        return None


def needed(path: str) -> Any:
    """h5py. Raises ImportError with what to do if it is not installed."""
    found = module()
    if found is None:
        raise ImportError(f"{path} is an HDF5 file; install h5py to read it (pip install h5py).")
    return found


def _layers(model: Any) -> list[Any]:
    return list(model.layers)


def legacy_weights(layer: Any) -> list[Any]:
    """A layer's weights in the order of Keras 2's files: trainable ones first."""
    return without_doubles([*layer.trainable_weights, *layer.non_trainable_weights])


def write(path: str, model: Any, *, config: Any = None) -> None:
    """Writes the weights, and with ``config`` the model, as Keras 2 does."""
    with needed(path).File(path, "w") as file:
        root = file
        if config is not None:
            file.attrs["model_config"] = json.dumps(config["model"], default=str).encode()
            if config.get("training") is not None:
                file.attrs["training_config"] = json.dumps(config["training"], default=str).encode()
            root = file.create_group("model_weights")
        root.attrs["layer_names"] = [layer.name.encode() for layer in _layers(model)]
        root.attrs["backend"] = b"tensorflow"
        root.attrs["keras_version"] = b"2.15.0"
        for target in (*((file,) if config is not None else ()),):
            target.attrs["backend"], target.attrs["keras_version"] = b"tensorflow", b"2.15.0"
        for layer in _layers(model):
            _write_group(root.create_group(layer.name), legacy_weights(layer))
        top = [*model._trainable_weights, *model._non_trainable_weights]
        _write_group(root.create_group("top_level_model_weights"), top)


def _write_group(group: Any, variables: list[Any]) -> None:
    group.attrs["weight_names"] = [v.name.encode() for v in variables]
    for v in variables:
        group.create_dataset(v.name, data=v._array)


def _names(group: Any, key: str) -> list[str]:
    """A list of names; long ones are kept in several attributes."""
    if key in group.attrs:
        found = list(group.attrs[key])
    else:
        found, k = [], 0
        while f"{key}{k}" in group.attrs:
            found += list(group.attrs[f"{key}{k}"])
            k += 1
    return [n.decode() if isinstance(n, bytes) else str(n) for n in found]


def model_config(path: str) -> tuple[Any, Any]:
    """The configurations of the model and of its training; None where the file has none."""
    with needed(path).File(path, "r") as file:
        found = []
        for key in ("model_config", "training_config"):
            text = file.attrs.get(key)
            found.append(None if text is None else json.loads(text.decode() if isinstance(text, bytes) else text))
    return found[0], found[1]


def read(path: str, model: Any, *, by_name: bool, skip_mismatch: bool) -> None:
    """Assigns the weights of a file to a model's layers, in their order or by their names.

    Raises:
        ImportError: h5py is not installed.
        ValueError: the layers or the shapes do not fit.
    """
    with needed(path).File(path, "r") as file:
        root = file["model_weights"] if "layer_names" not in file.attrs and "model_weights" in file else file
        if not _names(root, "layer_names"):
            groups = _groups_of_newer(root, model)
        else:
            names = [n for n in _names(root, "layer_names") if _names(root[n], "weight_names")]
            groups = [(n, [np.asarray(root[n][w]) for w in _names(root[n], "weight_names")]) for n in names]
        if by_name:
            _assign_by_name(groups, model, skip_mismatch)
        else:
            _assign_in_order(groups, model)
        if "top_level_model_weights" in root:
            top = root["top_level_model_weights"]
            own = [*model._trainable_weights, *model._non_trainable_weights]
            for v, name in zip(own, _names(top, "weight_names"), strict=False):
                v.assign(np.asarray(top[name]))


def _assign_in_order(groups: list[tuple[str, list[Any]]], model: Any) -> None:
    layers = [layer for layer in _layers(model) if layer.weights]
    if len(layers) != len(groups):
        raise ValueError(
            "Layer count mismatch when loading weights from file. "
            f"Model expected {len(layers)} layers, found {len(groups)} saved layers."
        )
    for k, (layer, (_, values)) in enumerate(zip(layers, groups, strict=True)):
        variables = legacy_weights(layer)
        if len(variables) != len(values):
            raise ValueError(
                f"Weight count mismatch for layer #{k} (named {layer.name} in the current model). Layer expects "
                f"{len(variables)} weight(s). Received {len(values)} saved weight(s)"
            )
        for v, value in zip(variables, values, strict=True):
            v.assign(value)


def _assign_by_name(groups: list[tuple[str, list[Any]]], model: Any, skip_mismatch: bool) -> None:
    layers = {layer.name: layer for layer in _layers(model)}
    for name, values in groups:
        if name not in layers:
            continue
        variables = legacy_weights(layers[name])
        fits = [tuple(v.shape) == x.shape for v, x in zip(variables, values, strict=False)]
        if len(variables) != len(values) or not all(fits):
            if skip_mismatch:
                continue
            raise ValueError(
                f"The saved weights of layer {name} have the shapes {[x.shape for x in values]}, but the layer's have "
                f"{[tuple(v.shape) for v in variables]}."
            )
        for v, value in zip(variables, values, strict=True):
            v.assign(value)


def _groups_of_newer(root: Any, model: Any) -> list[tuple[str, list[Any]]]:
    """The weights of a ``.weights.h5`` file: ``layers/dense/vars/0`` ..., one group for each attribute or layer."""
    groups: list[tuple[str, list[Any]]] = []
    base = root.get("_layer_checkpoint_dependencies", root.get("layers", root))

    def collect(group: Any, found: list[Any]) -> None:
        variables = group.get("vars")
        if variables is not None:
            found += [np.asarray(variables[k]) for k in sorted(variables, key=int)]
        for name in group:
            if name != "vars" and hasattr(group[name], "keys"):
                collect(group[name], found)

    for name in _in_model_order(base, model):
        found: list[Any] = []
        collect(base[name], found)
        if found:
            groups.append((name, found))
    return groups


def _in_model_order(group: Any, model: Any) -> list[str]:
    """The groups in the order of the model's layers: by attribute, or by class with a number for each further one."""
    from tapeview.keras.naming import snake_case

    names = list(group)
    wanted: list[str] = []
    counts: dict[str, int] = {}
    attributes = {id(v): k for k, v in vars(model).items()}
    for layer in _layers(model):
        word = snake_case(type(layer).__name__)
        number = counts.get(word, 0)
        counts[word] = number + 1
        by_class = f"{word}_{number}" if number else word
        wanted += [n for n in (layer.name, attributes.get(id(layer), ""), by_class) if n in names and n not in wanted][
            :1
        ]
    return wanted + [n for n in names if n not in wanted and n != "vars"]
