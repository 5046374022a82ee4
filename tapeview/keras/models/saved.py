"""``tf.saved_model``: modules and models in folders. Values are written, never code: functions come from the script."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from tapeview.engine.scripting.module import Module
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.models import archive
from tapeview.keras.models.loading import load_model
from tapeview.keras.models.model import Model

_seen: dict[tuple[str, str], type] = {}
"""Classes of what was saved: those that are defined inside of functions are found nowhere else."""


class SaveOptions:
    """``tf.saved_model.SaveOptions``: how TensorFlow writes; here there is one way."""

    def __init__(self, **kwargs: Any) -> None:
        self.__dict__.update(kwargs)


class LoadOptions(SaveOptions):
    """``tf.saved_model.LoadOptions``: as :class:`SaveOptions`."""


def save(obj: Any, export_dir: Any, signatures: Any = None, options: Any = None) -> None:
    """Writes a model or a module with its variables, numbers and texts.

    Raises:
        ValueError: something that is neither; a model that has no weights yet.
    """
    path = os.fspath(export_dir)
    if isinstance(obj, Model):
        obj.save(path, save_format="tf")
    elif isinstance(obj, Module):
        arrays: list[Any] = []
        described = _described(obj, arrays, {})
        archive.write_folder(path, {"object": described}, {"variables": arrays})
    else:
        raise ValueError(
            f"Expected an object of type `Trackable`, such as `tf.Module` or a subclass of the `Trackable` class, for "
            f"export. Got {obj} with type {type(obj)}."
        )


def load(export_dir: Any, tags: Any = None, options: Any = None) -> Any:
    """What :func:`save` wrote, with the functions that its class has in the running script.

    Raises:
        OSError: there is no such folder.
        ValueError: a folder that TensorFlow wrote; a class that the script does not define.
    """
    path = os.fspath(export_dir)
    kind = archive.kind_of(path)
    if not kind:
        raise OSError(f"SavedModel file does not exist at: {path}/{{saved_model.pbtxt|saved_model.pb}}")
    if kind != "folder":
        raise ValueError(f"{path} was written by TensorFlow, in a form that only TensorFlow reads.")
    found = archive.Archive(archive.folder_file(path))
    described = found.part("object")
    return load_model(path) if described is None else _made(described, found.arrays("variables"), {})


def _described(value: Any, arrays: list[Any], known: dict[int, int]) -> Any:
    """A value as data; an object that was met before by its number. None for what is not written (functions)."""
    if isinstance(value, (ResourceVariable, Module)) and id(value) in known:
        return {"kind": "again", "number": known[id(value)]}
    if isinstance(value, ResourceVariable):
        known[id(value)] = len(known)
        arrays.append(value._array)
        name = value.name.removesuffix(":0")
        return {"kind": "variable", "place": len(arrays) - 1, "trainable": value.trainable, "name": name}
    if isinstance(value, Module):
        known[id(value)] = len(known)
        own = type(value)
        place = (own.__module__, own.__qualname__)
        _seen[place] = own
        inner = {name: _described(v, arrays, known) for name, v in vars(value).items()}
        return {"kind": "module", "class": place, "attributes": {k: v for k, v in inner.items() if v is not None}}
    if isinstance(value, (list, tuple)):
        return {"kind": type(value).__name__, "parts": [_described(v, arrays, known) for v in value]}
    if isinstance(value, dict) and all(isinstance(k, str) for k in value):
        return {"kind": "dict", "parts": {k: _described(v, arrays, known) for k, v in value.items()}}
    if hasattr(value, "_array") or isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(getattr(value, "_array", value)))
        return {"kind": "tensor" if hasattr(value, "_array") else "array", "place": len(arrays) - 1}
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return None
    return {"kind": "plain", "value": value}


def _made(described: Any, arrays: list[Any], known: dict[int, Any]) -> Any:
    from tapeview.engine.tensor import EagerTensor

    if described is None:
        return None
    kind = described["kind"]
    if kind == "again":
        return known[described["number"]]
    if kind == "variable":
        made: Any = ResourceVariable(
            arrays[described["place"]], trainable=described["trainable"], name=described["name"]
        )
        known[len(known)] = made
        return made
    if kind == "module":
        own = _class_of(*described["class"])
        made = known[len(known)] = object.__new__(own)
        for name, value in described["attributes"].items():
            made.__dict__[name] = _made(value, arrays, known)
        return made
    if kind in ("list", "tuple"):
        parts = [_made(v, arrays, known) for v in described["parts"]]
        return tuple(parts) if kind == "tuple" else parts
    if kind == "dict":
        return {k: _made(v, arrays, known) for k, v in described["parts"].items()}
    if kind in ("tensor", "array"):
        array = arrays[described["place"]]
        return EagerTensor(array) if kind == "tensor" else array
    return described["value"]


def _class_of(module: str, name: str) -> type:
    found: Any = _seen.get((module, name))
    if found is None:
        found = sys.modules.get(module) or sys.modules.get("__main__")
        for part in name.split("."):
            found = getattr(found, part, None)
    if not isinstance(found, type) or not issubclass(found, Module):
        raise ValueError(
            f"The saved object is of the class {name}, whose code was not saved; define it in the script before "
            "`tf.saved_model.load`."
        )
    return found
