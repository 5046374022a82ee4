"""Reads pickles of data: containers, numbers, strings and NumPy arrays, and nothing else.

A pickle can name any function and have it called. Here it can name only what NumPy's arrays are written with, and these
names stand for functions of this module, which check what they get.
"""

from __future__ import annotations

import io
import pickle
import re
from typing import IO, Any, NoReturn

import numpy as np

from tapeview.engine.tensor import Array


class _Type:
    """A dtype of plain numbers, or of objects."""

    def __init__(self, word: Any, *_: Any) -> None:
        word = word.decode("ascii") if isinstance(word, bytes) else word
        if not isinstance(word, str) or not re.fullmatch(r"[<>=|]?(?:[biuf][1248]|f16|[SU]\d{1,6}|O8?)", word):
            raise pickle.UnpicklingError(f"a NumPy array of type {word!r} is not read")
        self.word = word

    def __setstate__(self, state: Any) -> None:
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order in ("<", ">", "|", "=") and self.word[0] not in "<>=|":
            self.word = order + self.word

    def dtype(self) -> np.dtype[Any]:
        """NumPy's."""
        return np.dtype(self.word.replace("O8", "O"))


class _Array:
    """An array while its pickle is read."""

    array: Array

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        dtype = kind.dtype()
        if dtype.kind == "O":
            flat = np.empty(len(data), object)
            flat[:] = [_plain(value) for value in data]
        else:
            flat = np.frombuffer(data if isinstance(data, bytes) else data.encode("latin-1"), dtype).copy()
        self.array = flat.reshape(shape, order="F" if fortran else "C")


def _reconstruct(subtype: Any, shape: Any, kind: Any) -> _Array:
    return _Array()


def _scalar(kind: Any, data: Any = b"") -> Any:
    return np.frombuffer(data if isinstance(data, bytes) else data.encode("latin-1"), kind.dtype())[0]


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any, axis_order: Any = None) -> Array:
    if kind.dtype().kind == "O" or axis_order is not None:
        raise pickle.UnpicklingError("an array with axes in such an order is not read")
    return np.frombuffer(bytes(data), kind.dtype()).copy().reshape(shape, order=order)


def _encode(text: Any, codec: Any) -> bytes:
    if codec not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"bytes written as {codec!r} are not read")
    return text.encode("latin-1")  # type: ignore[no-any-return]


class _NdArray:
    """Stands for the class, which is only ever named."""

    def __new__(cls, *_: Any) -> NoReturn:
        raise pickle.UnpicklingError("an array is not read this way")


_KNOWN = {
    ("numpy", "dtype"): _Type, ("numpy", "ndarray"): _NdArray, ("_codecs", "encode"): _encode,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct, ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer, ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("numpy.core.multiarray", "scalar"): _scalar, ("numpy._core.multiarray", "scalar"): _scalar,
}  # fmt: skip


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Only what arrays are written with."""
        known = _KNOWN.get((module, name))
        if known is None:
            raise pickle.UnpicklingError(
                f"the file names {module}.{name}; data files hold containers and NumPy arrays only, so it is not read"
            )
        return known


def load(file: IO[bytes], encoding: str = "bytes") -> Any:
    """The value that a pickle holds.

    Raises:
        pickle.UnpicklingError: it names anything but arrays, or is damaged.
    """
    try:
        return _plain(_Unpickler(file, encoding=encoding).load())
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, MemoryError) as error:
        raise pickle.UnpicklingError(f"the pickle is damaged: {error}") from error


def _plain(value: Any) -> Any:
    """A value with the arrays in its containers as NumPy's. Long lists of numbers are taken as they are."""
    if isinstance(value, _Array):
        return value.array
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)) and any(isinstance(inner, (_Array, dict, list, tuple)) for inner in value[:1]):
        return type(value)([_plain(inner) for inner in value])
    return value


def load_npz(path: str) -> dict[str, Array]:
    """The arrays of an ``.npz`` file by name; object arrays are read as by :func:`load`.

    Raises:
        pickle.UnpicklingError: an object array that holds anything but containers and numbers.
        ValueError: the file is no ``.npz``.
    """
    found: dict[str, Array] = {}
    with np.load(path, allow_pickle=False) as archive:
        if isinstance(archive, np.ndarray):
            raise ValueError(f"{path} is no .npz file")
        for name in archive.files:
            try:
                found[name] = archive[name]
            except ValueError:
                member = name if name in archive.zip.namelist() else f"{name}.npy"
                found[name] = _object_array(archive.zip.read(member))
    return found


def _object_array(content: bytes) -> Array:
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.kind != "O":
        raise ValueError("the array in the file is damaged")
    loaded = load(file, encoding="latin1")
    return np.asarray(loaded, object).reshape(shape, order="F" if fortran else "C")
