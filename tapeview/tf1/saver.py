"""``tf.train.Saver``: variables of a session in files, and back. The files are those of `keras.models.archive`."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from tapeview.engine import deferred, dtypes, warn
from tapeview.engine.errors import InvalidArgumentError, NotFoundError
from tapeview.engine.tensor import Array
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.models import archive
from tapeview.keras.models.checkpoint import get_checkpoint_state, latest_checkpoint, write_checkpoint_state
from tapeview.tf1 import graphs

__all__ = [
    "CheckpointReader", "Saver", "checkpoint_exists", "get_checkpoint_state", "import_meta_graph", "latest_checkpoint",
    "list_variables", "load_checkpoint", "load_variable", "update_checkpoint_state",
]  # fmt: skip

_KEY = "variables"
_FAILED = (
    "Restoring from checkpoint failed. This is most likely due to {}. Please ensure that you have not altered the "
    "graph expected based on the checkpoint. Original error:\n\n"
)


class Saver:
    """Saves variables under their names, and restores them.

    Args:
        var_list: variables, or a dict of them by the names they have in files; all global variables if None.
        max_to_keep: how many files there are at most; older ones are deleted. None or 0 keeps all.

    Raises:
        ValueError: there are no variables; two of one name.
        TypeError: something that is no variable.
    """

    def __init__(
        self, var_list: Any = None, reshape: bool = False, sharded: bool = False, max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0, name: str | None = None, restore_sequentially: bool = False,
        saver_def: Any = None, builder: Any = None, defer_build: bool = False, allow_empty: bool = False,
        write_version: Any = 2, pad_step_number: bool = False, save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:  # fmt: skip
        self._reshape = reshape
        self._keep = max_to_keep or 0
        self._pad = pad_step_number
        self._paths: list[str] = []
        self._given = var_list
        self._allow_empty = allow_empty
        self._variables: dict[str, Any] = {}
        if not defer_build:
            self.build()

    def build(self) -> None:
        """Looks up the variables, if that was not done when the object was made."""
        chosen = deferred.global_variables() if self._given is None else self._given
        self._variables = _by_name(chosen)
        if not self._variables and not self._allow_empty:
            raise ValueError("No variables to save")

    @property
    def last_checkpoints(self) -> list[str]:
        """The files that were written and not deleted, the newest last."""
        return list(self._paths)

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Names the files that were written by an earlier object, the newest last."""
        self._paths = list(last_checkpoints)

    def recover_last_checkpoints(self, checkpoint_paths: list[str]) -> None:
        """The same, for those that are still there."""
        self._paths = [path for path in checkpoint_paths if checkpoint_exists(path)]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: list[tuple[str, float]]) -> None:
        """The same, with the times at which they were written."""
        self._paths = [path for path, _ in last_checkpoints_with_time]

    def save(
        self, sess: Any, save_path: Any, global_step: Any = None, latest_filename: str | None = None,
        meta_graph_suffix: str = "meta", write_meta_graph: bool = True, write_state: bool = True,
        strip_default_attrs: bool = False, save_debug_info: bool = False,
    ) -> str:  # fmt: skip
        """Writes the variables' values, and returns the name to restore them by: with ``-step`` if there is a step.

        Raises:
            FailedPreconditionError: a variable has no value yet.
            ValueError: the folder does not exist.
        """
        if not self._variables and self._given is None and not self._allow_empty:
            self.build()
        path: str = os.fspath(save_path)
        if global_step is not None:
            number = _as_number(sess, global_step)
            path = f"{path}-{number:08d}" if self._pad else f"{path}-{number}"
        folder = os.path.dirname(path)
        if folder and not os.path.isdir(os.path.dirname(folder) or "."):
            raise ValueError(f"Parent directory of {save_path} doesn't exist, can't save.")
        values = values_of(sess, self._variables)
        archive.write_checkpoint(path, {"names": list(values)}, {_KEY: list(values.values())})
        if write_meta_graph and deferred.building():
            _write_meta(f"{path}.{meta_graph_suffix}")
        self._keep_newest(path)
        if write_state:
            write_checkpoint_state(folder, self._paths, latest_filename)
        return path

    def _keep_newest(self, path: str) -> None:
        self._paths = [p for p in self._paths if p != path] + [path]
        while self._keep and len(self._paths) > self._keep:
            _delete(self._paths.pop(0))

    def restore(self, sess: Any, save_path: Any) -> None:
        """Gives the variables the values of a file; they need no initializer then.

        Raises:
            ValueError: there is no such file, or TensorFlow wrote it.
            NotFoundError: a variable is not in the file.
            InvalidArgumentError: one is of another shape there.
        """
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        path: str = os.fspath(save_path)
        found = load_checkpoint(path).values
        warn.get_logger().info("Restoring parameters from %s", path)
        for name, variable in self._variables.items():
            if name not in found:
                text = f"Key {name} not found in checkpoint\n\t [[{{{{node save/RestoreV2}}}}]]"
                start = _FAILED.format("a Variable name or other graph key that is missing from the checkpoint")
                raise NotFoundError(None, None, start + text)
            give(sess, variable, _fitting(variable, found[name], self._reshape))

    def export_meta_graph(self, filename: str | None = None, *_: Any, **__: Any) -> None:
        """Writes which nodes the graph has."""
        if filename is not None:
            _write_meta(filename)

    def as_saver_def(self) -> Any:
        """Not there. Raises ValueError."""
        raise ValueError("tapeview has no SaverDef; make a tf.train.Saver instead.")


def _by_name(chosen: Any) -> dict[str, Any]:
    pairs = chosen.items() if isinstance(chosen, Mapping) else [(None, v) for v in chosen]
    found: dict[str, Any] = {}
    for name, variable in pairs:
        if not graphs.is_variable(variable):
            raise TypeError(f"Variable to save is not a Variable: {variable}")
        key = graphs.op_name(variable) if name is None else name
        if key in found and found[key] is not variable:
            raise ValueError(f"At least two variables have the same name: {key}")
        found[key] = variable
    return found


def _as_number(sess: Any, step: Any) -> int:
    if isinstance(step, (int, np.integer)):
        return int(step)
    value = sess.run(step) if sess is not None and hasattr(step, "graph") and deferred.building() else step
    return int(np.asarray(getattr(value, "_array", value)))


def _is_symbolic(variable: ResourceVariable) -> bool:
    return isinstance(variable, deferred.Variable)


def values_of(sess: Any, variables: Mapping[str, Any]) -> dict[str, Array]:
    """The values of variables in a session. Raises FailedPreconditionError for one that has none."""
    return {name: _value(sess, variable) for name, variable in variables.items()}


def _value(sess: Any, variable: Any) -> Array:
    if not _is_symbolic(variable):
        return np.asarray(variable._array)
    check_session(sess)
    return np.asarray(sess.cell(variable).known("save/SaveV2")._array)


def check_session(sess: Any) -> None:
    """Raises TypeError for what is no session, RuntimeError for a closed one."""
    if not hasattr(sess, "cell"):
        raise TypeError(f"'sess' must be a Session; {sess}")
    if sess._closed:
        raise RuntimeError("Attempted to use a closed Session.")


def _fitting(variable: Any, array: Array, reshape: bool) -> Array:
    """A file's value for a variable. Raises InvalidArgumentError for one of another shape."""
    wanted = graphs.sizes(variable)
    if wanted is None or tuple(wanted) == array.shape:
        return array
    if reshape and None not in wanted:
        return array.reshape([int(d or 0) for d in wanted])
    left, right = ("[" + ",".join(map(str, shape)) + "]" for shape in (wanted, array.shape))
    text = f"Assign requires shapes of both tensors to match. lhs shape= {left} rhs shape= {right}"
    start = _FAILED.format("a mismatch between the current graph and the graph from the checkpoint")
    raise InvalidArgumentError(None, None, f"{start}{text}\n\t [[{{{{node save/Assign}}}}]]")


def give(sess: Any, variable: Any, array: Array) -> None:
    """Gives a variable a value in a session."""
    array = np.array(array, graphs.kind(variable).numpy)
    if not _is_symbolic(variable):
        variable.assign(array)
        return
    check_session(sess)
    sess.cell(variable).assign(array)


def _write_meta(path: str) -> None:
    nodes = [{"name": op.name, "type": op.type} for op in deferred.get_default_graph().get_operations()]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"format": "tapeview", "nodes": nodes}, file)


def _delete(path: str) -> None:
    for file in (f"{path}.index", archive.data_file(path), *glob.glob(f"{glob.escape(path)}.meta")):
        if os.path.exists(file):
            os.remove(file)


def update_checkpoint_state(
    save_dir: Any, model_checkpoint_path: str, all_model_checkpoint_paths: Any = None,
    latest_filename: str | None = None, *_: Any, **__: Any,
) -> None:  # fmt: skip
    """Writes the file ``checkpoint`` of a folder."""
    paths = [p for p in all_model_checkpoint_paths or () if p != model_checkpoint_path]
    write_checkpoint_state(os.fspath(save_dir), [*paths, model_checkpoint_path], latest_filename)


def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Whether a Saver wrote files by this name."""
    return archive.kind_of(os.fspath(checkpoint_prefix)) == "checkpoint"


class CheckpointReader:
    """What is in a file. Raises ValueError if there is none, or if TensorFlow wrote it."""

    def __init__(self, filepattern: Any) -> None:
        path = os.fspath(filepattern)
        kind = archive.kind_of(path)
        if kind == "tensorflow":
            raise ValueError(f"{path} was written by TensorFlow, in a form that only TensorFlow reads.")
        if kind != "checkpoint":
            raise ValueError(f"The passed save_path is not a valid checkpoint: {path}")
        found = archive.Archive(archive.data_file(path))
        listed = found.part("names")
        arrays = found.arrays(_KEY)
        if not isinstance(listed, list) or len(listed) != len(arrays):
            raise ValueError(f"{path} holds a model's weights (tf.train.Checkpoint), and not variables by name.")
        self.values: dict[str, Array] = dict(zip(listed, arrays, strict=True))

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is a value by this name."""
        return tensor_str in self.values

    def get_tensor(self, tensor_str: str) -> Array:
        """A value. Raises NotFoundError if there is none."""
        if tensor_str not in self.values:
            raise NotFoundError(None, None, f"Key {tensor_str} not found in checkpoint")
        return self.values[tensor_str]

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shapes by names."""
        return {name: list(value.shape) for name, value in self.values.items()}

    def get_variable_to_dtype_map(self) -> dict[str, dtypes.DType]:
        """The types by names."""
        return {name: dtypes.of_array(value) for name, value in self.values.items()}

    def debug_string(self) -> bytes:
        """Names, types and shapes as text."""
        lines = [f"{name} ({v.dtype.name}) {list(v.shape)}" for name, v in self.values.items()]
        return "\n".join(lines).encode()


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """The reader of a file, or of the newest one of a folder. Raises ValueError if there is none."""
    path = os.fspath(ckpt_dir_or_file)
    if os.path.isdir(path):
        newest = latest_checkpoint(path)
        if newest is None:
            raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {path}")
        path = newest
    return CheckpointReader(path)


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """(name, shape) of all values, sorted by names."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def load_variable(ckpt_dir_or_file: Any, name: str) -> Array:
    """One value. Raises NotFoundError if there is none."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name)


def import_meta_graph(meta_graph_or_file: Any, *_: Any, **__: Any) -> Saver:
    """A Saver, if the graph with all its nodes is there already: tapeview makes graphs from the script's code only.

    Raises:
        ValueError: the graph lacks a node of the file.
    """
    path = os.fspath(meta_graph_or_file)
    try:
        with open(path, encoding="utf-8") as file:
            nodes = json.load(file)["nodes"]
    except (OSError, ValueError, KeyError):
        raise ValueError(f"{path} is no file that tapeview's Saver wrote; build the graph in the script.") from None
    here = {op.name for op in deferred.get_default_graph().get_operations()}
    missing = [node["name"] for node in nodes if node["name"] not in here]
    if missing:
        raise ValueError(
            f"tapeview does not rebuild a graph from {path} (node '{missing[0]}' is not in the graph): build it in the "
            "script with the code that made it, then call restore."
        )
    return Saver()
