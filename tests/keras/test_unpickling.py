"""Pickles of data: what is plain comes back, anything else is refused before it could do something."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.keras.datasets import unpickling


class Evil:
    """What is unpickled calls a function."""

    def __reduce__(self) -> Any:
        return os.system, ("echo gotcha",)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        {"data": np.arange(6, dtype=np.uint8).reshape(2, 3), "labels": [1, 2]},
        np.array([[1.5, 2.5]], np.float64),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array([1, 2], ">i2"),
        [np.float32(1.5), {"a": (1, "x", b"y", None, True)}],
        np.array([None, "x"], object),
    ],
    ids=["batch", "floats", "fortran", "big endian", "scalars", "objects"],
)
def test_plain_data_comes_back(value: Any, protocol: int) -> None:
    found = unpickling.load(io.BytesIO(pickle.dumps(value, protocol)), "latin1")

    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "value",
    [Evil(), {"data": [Evil()]}, np.array([Evil()], object), print, Path("x"), np.ma.masked_array([1])],
    ids=["reduce", "inside", "object array", "function", "class", "subclass"],
)
def test_anything_else_is_refused(value: Any, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(pickle.UnpicklingError, match="data files hold containers and NumPy arrays only"):
        unpickling.load(io.BytesIO(pickle.dumps(value)))

    assert "gotcha" not in capfd.readouterr().out


@pytest.mark.parametrize("length", [1, 20, 60, 100])
def test_a_damaged_pickle_says_so(length: int) -> None:
    whole = pickle.dumps({"data": np.arange(50)})

    with pytest.raises(pickle.UnpicklingError):
        unpickling.load(io.BytesIO(whole[:length]))
