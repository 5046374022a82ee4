"""``tf.train.Checkpoint`` and what manages checkpoints. The files are those of ``Model.save_weights``."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import numpy as np

from tapeview.engine.dtypes import as_dtype
from tapeview.engine.scripting import structure
from tapeview.engine.scripting.module import Module
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.models import archive
from tapeview.keras.models.keeping import CheckpointLoadStatus

_TENSORFLOWS = "{} was written by TensorFlow, in a form that only TensorFlow reads."


class Checkpoint:
    """The variables of models, layers, optimizers, modules and variables given by name.

    Raises:
        ValueError: something that has no variables.
    """

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        self._parts: dict[str, Any] = {} if root is None else {"root": root}
        self._parts |= kwargs
        for name, part in self._parts.items():
            if not _is_kept(part):
                raise ValueError(
                    "`Checkpoint` was expecting "
                    f"{name} to be a trackable object (an object derived from `Trackable`), got {part}. If you believe "
                    "this object should be trackable (i.e. it is part of the TensorFlow Python API and manages state), "
                    "please open an issue."
                )
            setattr(self, name, part)
        self.save_counter = ResourceVariable(np.array(0, np.int64), trainable=False, name="save_counter")

    def write(self, file_prefix: Any, options: Any = None) -> str:
        """Writes the variables to a file of exactly this name, which it returns."""
        path: str = os.fspath(file_prefix)
        names: dict[str, list[str]] = {}
        places: dict[str, list[str]] = {}
        arrays: dict[str, list[Any]] = {}
        for key, part in {**self._parts, "save_counter": self.save_counter}.items():
            variables = _variables(part)
            names[key] = [v.name for v in variables]
            places[key] = _places(key, part, variables)
            arrays[key] = [v._array for v in variables]
        archive.write_checkpoint(path, {"names": names, "places": places}, arrays)
        return path

    def save(self, file_prefix: Any, options: Any = None) -> str:
        """Writes the variables to ``file_prefix-1``, then ``-2`` ..., and returns the name."""
        self.save_counter.assign_add(1)
        return self.write(f"{os.fspath(file_prefix)}-{int(self.save_counter._array)}")

    def restore(self, save_path: Any, options: Any = None) -> Any:
        """Gives the variables what a file holds; a model that is not built yet takes it when it is. None: nothing.

        Raises:
            ValueError: a file that TensorFlow wrote; variables of other shapes.
            FileNotFoundError: there is no such file.
        """
        if save_path is None:
            return CheckpointLoadStatus()
        path = os.fspath(save_path)
        kind = archive.kind_of(path)
        if kind != "checkpoint":
            if kind:
                raise ValueError(_TENSORFLOWS.format(path))
            raise FileNotFoundError(f"There is no checkpoint at {path!r}.")
        found = archive.Archive(archive.data_file(path))
        names = found.part("names")
        models = [p for p in self._parts.values() if hasattr(type(p), "trainable_variables")]
        for key, part in {**self._parts, "save_counter": self.save_counter}.items():
            if key in names:
                _restore(part, found.arrays(key), names[key], models)
        return CheckpointLoadStatus()

    read = restore


def _is_kept(part: Any) -> bool:
    return (
        isinstance(part, (ResourceVariable, Module, list, dict, tuple)) or hasattr(part, "apply_gradients")
        or hasattr(part, "__iter__") or hasattr(part, "variables")
    )  # fmt: skip


def _variables(part: Any) -> list[Any]:
    if isinstance(part, ResourceVariable):
        return [part]
    if isinstance(part, (list, tuple, dict)):
        return [v for p in structure.flatten(part) if _is_kept(p) for v in _variables(p)]
    variables: Any = getattr(part, "weights", None) if isinstance(part, Module) else None
    variables = getattr(part, "variables", ()) if variables is None else variables
    return list(variables() if callable(variables) and not isinstance(variables, list) else variables)


def _places(key: str, part: Any, variables: list[Any]) -> list[str]:
    """Where each variable is, by the names of the attributes that lead to it: ``net/dense/kernel``."""
    if isinstance(part, ResourceVariable):
        return [key]
    found: dict[int, str] = {}
    if isinstance(part, Module):
        for path, v in part._flatten(predicate=lambda v: isinstance(v, ResourceVariable), with_path=True):
            name = "/".join(map(str, path))
            public = not any(str(step).startswith("_") for step in path)
            if public and (id(v) not in found or len(path) <= found[id(v)].count("/")):
                found[id(v)] = name
    return [f"{key}/{found.get(id(v)) or v.name.removesuffix(':0')}" for v in variables]


class CheckpointReader:
    """What a checkpoint holds, by name (``tf.train.load_checkpoint``)."""

    def __init__(self, path: str) -> None:
        file = archive.Archive(archive.data_file(path))
        places = file.part("places") or file.part("names")
        self._arrays = {
            f"{place}/.ATTRIBUTES/VARIABLE_VALUE": value
            for key, names in places.items()
            for place, value in zip(names, file.arrays(key), strict=True)
        }

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shape of each variable."""
        return {name: list(value.shape) for name, value in self._arrays.items()}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """The type of each variable."""
        return {name: as_dtype(value.dtype) for name, value in self._arrays.items()}

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a variable of that name."""
        return tensor_str in self._arrays

    def get_tensor(self, tensor_str: str) -> Any:
        """A variable's value, as an array. Raises ValueError if there is none of that name."""
        if tensor_str not in self._arrays:
            raise ValueError(f"Key {tensor_str} not found in checkpoint")
        return self._arrays[tensor_str]


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """A checkpoint, or the newest of a folder.

    Raises:
        ValueError: there is none; or TensorFlow wrote it.
    """
    path = os.fspath(ckpt_dir_or_file)
    newest = latest_checkpoint(path) if os.path.isdir(path) else path
    if newest is None or not archive.kind_of(newest):
        raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}")
    if archive.kind_of(newest) != "checkpoint":
        raise ValueError(_TENSORFLOWS.format(newest))
    return CheckpointReader(newest)


def _restore(part: Any, values: list[Any], names: list[str], models: list[Any]) -> None:
    if hasattr(part, "_waits_for_weights"):
        part._take_or_wait(values, names)
        return
    variables = _variables(part)
    if hasattr(part, "apply_gradients") and len(variables) != len(values):
        trainable = [v for m in models for v in _built(m)]
        if trainable and hasattr(part, "build"):
            part.build(trainable)
        elif trainable:
            part._meet(trainable)
        variables = _variables(part)
        if len(variables) != len(values):  # its slots come with the first step
            part._expect(values)
            return
    if len(variables) != len(values):
        raise ValueError(f"The checkpoint has {len(values)} variables for {part!r}, which has {len(variables)}.")
    for v, value in zip(variables, values, strict=True):
        v.assign(value)


def _built(model: Any) -> list[Any]:
    return list(model.trainable_variables) if getattr(model, "built", True) else []


class CheckpointManager:
    """Keeps the newest checkpoints of a folder. Raises ValueError if it is to keep none."""

    def __init__(
        self, checkpoint: Checkpoint, directory: Any, max_to_keep: int | None,
        keep_checkpoint_every_n_hours: Any = None, checkpoint_name: str = "ckpt", step_counter: Any = None,
        checkpoint_interval: Any = None, init_fn: Any = None,
    ) -> None:  # fmt: skip
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}.")
        self.checkpoint = checkpoint
        self.directory = os.fspath(directory)
        self._keep = max_to_keep
        self._prefix = os.path.join(self.directory, checkpoint_name)
        self._init = init_fn
        state = get_checkpoint_state(self.directory)
        self.checkpoints: list[str] = [] if state is None else list(state.all_model_checkpoint_paths)

    @property
    def latest_checkpoint(self) -> str | None:
        """The newest, None if there is none."""
        return self.checkpoints[-1] if self.checkpoints else None

    def save(self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None) -> str:
        """Writes a checkpoint, and removes the oldest ones if there are too many. Returns its name."""
        if checkpoint_number is None:
            path = self.checkpoint.save(self._prefix)
        else:
            number = int(getattr(checkpoint_number, "_array", checkpoint_number))
            path = self.checkpoint.write(f"{self._prefix}-{number}")
        self.checkpoints = [p for p in self.checkpoints if p != path] + [path]
        while self._keep is not None and len(self.checkpoints) > self._keep:
            old = self.checkpoints.pop(0)
            for file in (f"{old}.index", archive.data_file(old)):
                if os.path.exists(file):
                    os.remove(file)
        write_checkpoint_state(self.directory, self.checkpoints)
        return path

    def restore_or_initialize(self) -> str | None:
        """Restores the newest checkpoint and returns its name; without one calls ``init_fn``."""
        if self.latest_checkpoint is not None:
            self.checkpoint.restore(self.latest_checkpoint)
        elif self._init is not None:
            self._init()
        return self.latest_checkpoint


class CheckpointState:
    """What a folder's file ``checkpoint`` says."""

    def __init__(self, paths: list[str]) -> None:
        self.all_model_checkpoint_paths = paths
        self.model_checkpoint_path = paths[-1] if paths else ""


def write_checkpoint_state(directory: str, paths: list[str], filename: str | None = None) -> None:
    """Writes the file ``checkpoint``, which names the checkpoints of a folder, the newest last."""
    names = [json.dumps(os.path.relpath(p, directory or ".")) for p in paths]
    lines = [f"model_checkpoint_path: {names[-1]}", *(f"all_model_checkpoint_paths: {n}" for n in names)]
    with open(os.path.join(directory, filename or "checkpoint"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> CheckpointState | None:
    """The checkpoints of a folder; None if there is none."""
    folder = os.fspath(checkpoint_dir)
    path = os.path.join(folder, latest_filename or "checkpoint")
    if not os.path.isfile(path):
        return None
    with open(path, encoding="utf-8") as file:
        text = file.read()

    def found(word: str) -> list[str]:
        return [os.path.join(folder, json.loads(n)) for n in re.findall(rf'^{word}: ("(?:[^"\\]|\\.)*")', text, re.M)]

    state = CheckpointState(found("all_model_checkpoint_paths"))
    newest = found("model_checkpoint_path")
    state.model_checkpoint_path = newest[0] if newest else state.model_checkpoint_path
    return state


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The newest checkpoint of a folder; None if there is none."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not os.path.exists(f"{state.model_checkpoint_path}.index"):
        return None
    return state.model_checkpoint_path
