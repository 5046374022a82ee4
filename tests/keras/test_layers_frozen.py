"""Every layer against what TensorFlow 2.15's Keras gave for it (``frozen/make_layers.py``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.keras import naming
from tests.engine.names import tf
from tests.keras.frozen.layer_cases import CASES
from tests.keras.frozen.run_layers import run

FROZEN: dict[str, Any] = json.loads((Path(__file__).parent / "frozen" / "layers.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    naming.forget()


def test_all_cases_are_frozen() -> None:
    assert list(FROZEN) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_layer(name: str) -> None:
    make, given, kwargs = CASES[name]
    expected = FROZEN[name]

    found = run(tf, make, given, kwargs)

    assert found["names"] == expected["names"]
    assert found["shape"] == expected["shape"]
    assert found["mask"] == expected["mask"]
    for part in ("outputs", "losses", "gradients", "after"):
        assert len(found[part]) == len(expected[part]), part
        for k, (mine, theirs) in enumerate(zip(found[part], expected[part], strict=True)):
            near(mine, theirs, f"{part}[{k}]")


def near(mine: Any, theirs: Any, where: str) -> None:
    """Equal within float32's precision: 1e-5 of the largest number, or of what cancels out on the way (about 0.5)."""
    assert (mine is None) == (theirs is None), where
    if mine is None:
        return
    assert mine["shape"] == theirs["shape"], where
    a, b = np.array(mine["values"]), np.array(theirs["values"])
    scale = max(float(np.abs(b).max(initial=0)), 0.5)
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * scale, err_msg=where)
