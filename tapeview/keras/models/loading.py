"""``keras.models``: reading models from files and configurations, and copies of models."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from tapeview.keras import optimizers
from tapeview.keras.layers.base import Layer
from tapeview.keras.models import archive, hdf5
from tapeview.keras.models.configs import deserialize
from tapeview.keras.models.functional import Functional
from tapeview.keras.models.sequential import Sequential
from tapeview.keras.modules import is_ours
from tapeview.keras.objects import custom_object_scope, deserialize_keras_object, get_registered_object


def save_model(model: Any, filepath: Any, overwrite: bool = True, save_format: Any = None, **kwargs: Any) -> None:
    """See ``Model.save``."""
    model.save(filepath, overwrite=overwrite, save_format=save_format, **kwargs)


def load_model(
    filepath: Any, custom_objects: Any = None, compile: bool = True, safe_mode: bool = True, options: Any = None
) -> Any:
    """The model that ``Model.save`` wrote, or that of a Keras HDF5 file.

    Classes of one's own are found in ``custom_objects``, among the registered ones, and in the running script.

    Raises:
        OSError: there is no such file.
        ValueError: a form that only TensorFlow reads; a class that is not known.
        ImportError: an HDF5 file without h5py.
    """
    path = os.fspath(filepath)
    kind = archive.kind_of(path)
    if not kind:
        raise OSError(f"No file or directory found at {path}")
    if kind == "hdf5":
        return _from_hdf5(path, custom_objects, compile)
    if kind not in ("archive", "folder"):
        raise ValueError(
            f"{path} was written in a form that only Keras reads; save the model there with `model.save('name.h5')` "
            "and load that file."
        )
    found = archive.Archive(archive.folder_file(path) if kind == "folder" else path)
    described = found.part("model")
    with custom_object_scope(_of_script(described), custom_objects or {}):
        model = _made(described, path)
        model.set_weights(found.arrays("weights"))
        if compile and found.part("compile") is not None:
            _compile(model, found.part("compile"), found.arrays("optimizer"))
    return model


def _of_script(described: dict[str, Any]) -> dict[str, Any]:
    """Layers and models that the running script defines, by name."""
    script = vars(sys.modules.get("__main__", sys))
    return {
        name: value for name, value in script.items()
        if isinstance(value, type) and issubclass(value, Layer) and not is_ours(value)
    }  # fmt: skip


def _made(described: dict[str, Any], path: str) -> Any:
    name, config = described["class_name"], described["config"]
    if name in ("Functional", "Sequential", "Model") and config is not None:
        return deserialize(config)
    kind = get_registered_object((config or {}).get("registered_name") or name) or get_registered_object(name)
    if kind is None:
        raise ValueError(
            f"{path} holds a model of the class {name}, which is not defined here. Define the class, and pass "
            f"`custom_objects={{'{name}': {name}}}`."
        )
    try:
        model = kind() if config is None else kind.from_config(config["config"])
    except TypeError as error:
        raise ValueError(
            f"{path} holds a model of the class {name}, which can not be made from what was saved ({error}). Define "
            f"`get_config` in {name}, save the model again, or make it yourself and use `model.load_weights`."
        ) from error
    shape = described["build_input_shape"]
    if not model.built and shape is not None:
        model.build(_as_tuples(shape))
    return model


def _as_tuples(shape: Any) -> Any:
    if isinstance(shape, list) and shape and isinstance(shape[0], list):
        return [_as_tuples(s) for s in shape]
    return tuple(shape) if isinstance(shape, list) else shape


def _compile(model: Any, described: dict[str, Any], states: list[Any]) -> None:
    model.compile(**{key: _argument(value) for key, value in described.items() if value is not None})
    optimizer = model.optimizer
    if not states:
        return
    if hasattr(optimizer, "build"):
        optimizer.build(model.trainable_variables)
        known = list(optimizer.variables)
        if [v._array.shape for v in known] == [s.shape for s in states]:
            for v, value in zip(known, states, strict=True):
                v.assign(value)
    elif hasattr(optimizer, "set_weights"):
        optimizer._meet(model.trainable_variables)
        if [w._array.shape for w in optimizer.weights] == [s.shape for s in states]:
            optimizer.set_weights(states)


def _argument(value: Any) -> Any:
    return deserialize_keras_object(value)


def _from_hdf5(path: str, custom_objects: Any, compile: bool) -> Any:
    config, training = hdf5.model_config(path)
    if config is None:
        raise ValueError(f"No model config found in the file at {path}: it holds weights; use `model.load_weights`.")
    with custom_object_scope(_of_script({}), custom_objects or {}):
        model = deserialize(config)
        hdf5.read(path, model, by_name=False, skip_mismatch=False)
        if compile and training is not None:
            model.compile(**_training(training))
    return model


def _training(described: dict[str, Any]) -> dict[str, Any]:
    """What Keras 2 wrote of how a model was compiled, as arguments."""
    found = {k: _plain(v) for k, v in described.items() if k in ("loss", "metrics", "weighted_metrics", "loss_weights")}
    optimizer = described.get("optimizer_config", described.get("optimizer"))
    if optimizer is None:
        return found
    name = str(optimizer["class_name"]).removeprefix("Custom>")
    return found | {"optimizer": optimizers.get({**optimizer, "class_name": name})}


def _plain(value: Any) -> Any:
    """Metrics that are functions by the functions' names; other objects as they are described."""
    if isinstance(value, list):
        listed = [_plain(v) for v in value]
        return listed[0] if len(listed) == 1 and isinstance(listed[0], list) else listed
    if isinstance(value, dict) and value.get("class_name") == "MeanMetricWrapper":
        name = value["config"]["name"]
        return name if name in ("accuracy", "acc") else value["config"]["fn"]
    return value


def model_from_config(config: Any, custom_objects: Any = None) -> Any:
    """The model of a configuration, without weights. Raises ValueError for a list, which describes no model."""
    if isinstance(config, list):
        raise TypeError(f"`model_from_config` expects a dictionary, not a list. Received: config={config}.")
    with custom_object_scope(_of_script({}), custom_objects or {}):
        return deserialize(config)


def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """The model that ``Model.to_json`` described, without weights."""
    return model_from_config(json.loads(json_string), custom_objects)


def clone_model(model: Any, input_tensors: Any = None, clone_function: Any = None) -> Any:
    """A model of the same layers with weights of its own; ``clone_function`` makes each layer.

    Raises:
        ValueError: a model of one's own class, which is made by calling the class.
    """
    if model._graph is None and not isinstance(model, Sequential):
        raise ValueError(
            "Expected `model` argument to be a functional `Model` instance, but got a subclassed model instead: "
            f"{model}"
        )
    make = clone_function or (lambda layer: type(layer).from_config(layer.get_config()))
    if isinstance(model, Sequential):
        cloned = Sequential([make(layer) for layer in model._stack], name=model.name)
        if cloned._graph is None and model._first is not None:
            cloned.build(tuple(model._first.shape))
        return cloned
    from tapeview.keras.models.configs import functional_from_config

    layers = {layer.name: layer for layer in model.layers}
    config = model.get_config()
    return functional_from_config(Functional, config, None, lambda name: make(layers[name]))
