"""Models and weights in files."""

from __future__ import annotations

import json
import os
from typing import Any

from tapeview.keras.layers.base import Layer
from tapeview.keras.models import archive, hdf5
from tapeview.keras.objects import serialize_keras_object

_HDF5_ENDINGS = (".h5", ".hdf5", ".keras")
_TENSORFLOWS = (
    "{} was written by TensorFlow in a form that only TensorFlow reads; save the model there with "
    "`model.save_weights('name.h5')` and load that file."
)


class Keeping(Layer):
    """The part of a model that writes and reads files."""

    _waits_for_weights = True

    # -- weights -----------------------------------------------------------------------------------------------------

    def save_weights(self, filepath: Any, overwrite: bool = True, save_format: Any = None, options: Any = None) -> None:
        """Writes the weights: as HDF5 for names that end so (if h5py is installed), else as a checkpoint.

        Raises:
            ValueError: the model has no weights yet; an unknown format.
            FileExistsError: the file is there and ``overwrite`` is False.
        """
        path = os.fspath(filepath)
        self._need_weights()
        if save_format not in (None, "h5", "hdf5", "keras", "tf", "tensorflow"):
            raise ValueError(f'Unknown format: `{save_format}`. Was expecting one of {{"tf", "h5"}}.')
        one_file = save_format in ("h5", "hdf5", "keras") or (save_format is None and path.endswith(_HDF5_ENDINGS))
        _check_overwrite(path if one_file else f"{path}.index", overwrite)
        if one_file:
            _make_folder(path)
            if hdf5.module() is not None and not path.endswith(".keras"):
                hdf5.write(path, self)
            else:
                archive.write(path, {"weights": self._weight_names()}, {"weights": self._weight_arrays()})
        else:
            archive.write_checkpoint(path, {"weights": self._weight_names()}, {"weights": self._weight_arrays()})

    def load_weights(
        self, filepath: Any, skip_mismatch: bool = False, by_name: bool = False, options: Any = None
    ) -> Any:
        """Reads what :meth:`save_weights` wrote, or a Keras HDF5 file. A model that is not built yet takes them when it
        is.

        Raises:
            ValueError: weights that do not fit the model.
            FileNotFoundError: there is no such file.
            ImportError: an HDF5 file without h5py.
        """
        path = os.fspath(filepath)
        kind = archive.kind_of(path)
        if not kind:
            raise FileNotFoundError(f"There are no weights at {path!r}.")
        if kind == "hdf5":
            if self._is_empty:
                raise ValueError(
                    "Unable to load weights saved in HDF5 format into a subclassed Model which has not created its "
                    "variables yet. Call the Model first, then load the weights."
                )
            hdf5.read(path, self, by_name=by_name, skip_mismatch=skip_mismatch)
            return None
        if kind == "tensorflow" or (kind == "folder" and not os.path.exists(archive.folder_file(path))):
            raise ValueError(_TENSORFLOWS.format(path))
        if kind == "keras":
            raise ValueError(f"{path} is a whole model of Keras 3; tapeview reads its weights from an HDF5 file only.")
        file = {"checkpoint": archive.data_file, "folder": archive.folder_file}.get(kind, str)(path)
        found = archive.Archive(file)
        values, names = found.arrays("weights"), found.part("weights")
        self._take_or_wait(values, names, by_name, skip_mismatch)
        return CheckpointLoadStatus()

    def _take_or_wait(self, values: list[Any], names: Any, by_name: bool = False, skip_mismatch: bool = False) -> None:
        """Assigns the weights, or keeps them until there are some."""
        if self._is_empty:
            self.__dict__["_waiting_weights"] = (values, names, by_name, skip_mismatch)
        else:
            self._take(values, names, by_name, skip_mismatch)

    def _take(self, values: list[Any], names: Any, by_name: bool = False, skip_mismatch: bool = False) -> None:
        variables = self.weights
        if by_name:
            known = {v.name: v for v in variables}
            pairs = [(known[n], x) for n, x in zip(names or [], values, strict=False) if n in known]
        else:
            if len(values) != len(variables):
                raise ValueError(
                    f"The file has {len(values)} weights, but model {self.name} has {len(variables)}. Make the model "
                    "as it was when the weights were saved."
                )
            pairs = list(zip(variables, values, strict=True))
        for v, value in pairs:
            if tuple(v.shape) != value.shape:
                if skip_mismatch:
                    continue
                raise ValueError(
                    f"Weight {v.name} has shape {v.shape} in the model and {value.shape} in the file. Make the model "
                    "as it was when the weights were saved."
                )
            v.assign(value)

    def _need_weights(self) -> None:
        if self._is_empty:
            raise ValueError(
                f"Weights for model '{self.name}' have not yet been created. Weights are created when the model is "
                "first called on inputs or `build()` is called with an `input_shape`."
            )

    @property
    def _is_empty(self) -> bool:
        """Whether the weights have yet to be made."""
        try:
            return not self.built and not self.weights
        except ValueError:  # a stack that knows no shape
            return True

    def _weight_names(self) -> list[str]:
        return [v.name for v in self.weights]

    def _weight_arrays(self) -> list[Any]:
        return [v._array for v in self.weights]

    # -- models ------------------------------------------------------------------------------------------------------

    def save(
        self, filepath: Any, overwrite: bool = True, save_format: Any = None, include_optimizer: bool = True,
        signatures: Any = None, options: Any = None, save_traces: bool = True, **kwargs: Any,
    ) -> None:  # fmt: skip
        """Writes the model with its weights and, if it is compiled, its optimizer: one file for names that end with
        ``.keras`` or ``.h5``, else a folder.

        Raises:
            ValueError: the model has no weights yet.
            FileExistsError: the file is there and ``overwrite`` is False.
        """
        path = os.fspath(filepath)
        self._need_weights()
        _check_overwrite(path, overwrite)
        described = self._described()
        parts = {"model": described, "compile": self._compile_described() if include_optimizer else None}
        arrays = {"weights": self._weight_arrays(), "optimizer": _states(self.optimizer) if include_optimizer else []}
        if save_format in ("h5", "hdf5", "keras") or (save_format is None and path.endswith(_HDF5_ENDINGS)):
            _make_folder(path)
            if hdf5.module() is not None and not path.endswith(".keras") and self._graph is not None:
                hdf5.write(path, self, config={"model": described["config"], "training": parts["compile"]})
            else:
                archive.write(path, parts, arrays)
        else:
            archive.write_folder(path, parts, arrays)

    def _described(self) -> dict[str, Any]:
        kind = type(self)
        # A class of one's own that says nothing about its arguments is made without any.
        config: Any = None if kind.get_config is Layer.get_config else serialize_keras_object(self)
        shape = self.__dict__.get("_build_input_shape")
        return {
            "class_name": kind.__name__,
            "config": config,
            "build_input_shape": None if shape is None else _open_batch(shape),
        }

    def _compile_described(self) -> Any:
        known = self.__dict__.get("_compile_config")
        if not known:
            return None
        found = {}
        for key, value in known.items():
            try:
                found[key] = json.loads(json.dumps(serialize_keras_object(value)))
            except (TypeError, ValueError, AttributeError, NotImplementedError):
                return None
        return found

    def to_json(self, **kwargs: Any) -> str:
        """The model's configuration as JSON, without weights."""
        described = {"class_name": type(self).__name__, "config": self.get_config(), "keras_version": "2.15.0",
                     "backend": "tensorflow"}  # fmt: skip
        return json.dumps(described, default=_json_value, **kwargs)


class CheckpointLoadStatus:
    """What loading weights returns: they are all there, or will be."""

    def assert_consumed(self) -> CheckpointLoadStatus:
        """This object."""
        return self

    def expect_partial(self) -> CheckpointLoadStatus:
        """This object."""
        return self

    def assert_existing_objects_matched(self) -> CheckpointLoadStatus:
        """This object."""
        return self


def _states(optimizer: Any) -> list[Any]:
    if optimizer is None:
        return []
    variables = optimizer.variables
    return [v._array for v in (variables() if callable(variables) else variables)]


def _json_value(value: Any) -> Any:
    return value.name if hasattr(value, "as_numpy_dtype") else str(value)


def _open_batch(shapes: Any) -> Any:
    """Shapes with None for the batch's size, as lists."""
    from tapeview.keras.layers import probing

    return probing.map_shapes(lambda s: [None, *list(s)[1:]], shapes)


def _make_folder(path: str) -> None:
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)


def _check_overwrite(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise FileExistsError(f"{path} is there already; choose another name, or overwrite it with `overwrite=True`.")
