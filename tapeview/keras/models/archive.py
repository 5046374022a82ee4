"""Files that tapeview writes for models and weights: a zip of JSON and plain NumPy arrays. Nothing in them is executed.

A checkpoint in TensorFlow's style (``path.index`` and ``path.data-00000-of-00001``) is the same zip under the second
name, with a table of contents under the first.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MARK = "tapeview.json"
_VERSION = 1


def kind_of(path: str) -> str:
    """``"archive"``, ``"keras"`` (Keras 3's zip), ``"hdf5"``, ``"folder"``, ``"checkpoint"``, ``"tensorflow"`` or
    ``""`` if there is no such file."""
    if os.path.isdir(path):
        return "folder" if os.path.exists(os.path.join(path, _MARK)) else "tensorflow"
    if os.path.exists(f"{path}.index"):
        with open(f"{path}.index", "rb") as file:
            return "checkpoint" if file.read(1) == b"{" else "tensorflow"
    if os.path.exists(path):
        with open(path, "rb") as file:
            start = file.read(8)
        if start.startswith(_ZIP):
            with zipfile.ZipFile(path) as archive:
                return "archive" if _MARK in archive.namelist() else "keras"
        return "hdf5" if start == _HDF5 else "tensorflow"
    return ""


def write(target: str, parts: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]]) -> None:
    """Writes a file: JSON under names, and lists of arrays. It appears under its name when it is complete."""
    unfinished = f"{target}.part"
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        counts = {name: len(values) for name, values in arrays.items()}
        archive.writestr(_MARK, json.dumps({"version": _VERSION, "arrays": counts}))
        for name, part in parts.items():
            archive.writestr(f"{name}.json", json.dumps(part, default=str))
        for name, values in arrays.items():
            for k, value in enumerate(values):
                with archive.open(f"{name}/{k}.npy", "w") as file:
                    np.lib.format.write_array(file, np.asarray(value, order="C"), allow_pickle=False)
    os.replace(unfinished, target)


class Archive:
    """A file that :func:`write` made.

    Raises:
        ValueError: a file of a newer version, or none of ours.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            if _MARK not in archive.namelist():
                raise ValueError(f"{path} was not written by tapeview.")
            head = json.loads(archive.read(_MARK))
        if head["version"] > _VERSION:
            raise ValueError(f"{path} was written by a newer tapeview; update this one to read it.")
        self._counts: dict[str, int] = head["arrays"]

    def part(self, name: str) -> Any:
        """The JSON under a name, None if there is none."""
        with zipfile.ZipFile(self._path) as archive:
            return json.loads(archive.read(f"{name}.json")) if f"{name}.json" in archive.namelist() else None

    def arrays(self, name: str) -> list[Any]:
        """The arrays under a name."""
        found = []
        with zipfile.ZipFile(self._path) as archive:
            for k in range(self._counts.get(name, 0)):
                stream = io.BytesIO(archive.read(f"{name}/{k}.npy"))
                found.append(np.lib.format.read_array(stream, allow_pickle=False))
        return found


def write_checkpoint(path: str, parts: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]]) -> None:
    """Writes ``path.index``, ``path.data-00000-of-00001`` and, beside them, ``checkpoint``, which names the newest."""
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    write(data_file(path), parts, arrays)
    with open(f"{path}.index", "w", encoding="utf-8") as file:
        json.dump({"format": "tapeview", "parts": list(parts), "arrays": {k: len(v) for k, v in arrays.items()}}, file)
    name = json.dumps(os.path.basename(path))
    with open(os.path.join(folder, "checkpoint"), "w", encoding="utf-8") as file:
        file.write(f"model_checkpoint_path: {name}\nall_model_checkpoint_paths: {name}\n")


def data_file(path: str) -> str:
    """Where the arrays of a checkpoint are."""
    return f"{path}.data-00000-of-00001"


def folder_file(path: str) -> str:
    """Where the model of a folder is."""
    return os.path.join(path, "model.keras")


def write_folder(path: str, parts: Mapping[str, Any], arrays: Mapping[str, Sequence[Any]]) -> None:
    """Writes a folder with one file."""
    os.makedirs(path, exist_ok=True)
    write(folder_file(path), parts, arrays)
    with open(os.path.join(path, _MARK), "w", encoding="utf-8") as file:
        json.dump({"version": _VERSION, "file": os.path.basename(folder_file(path))}, file)
