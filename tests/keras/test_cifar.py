"""A tutorial's CIFAR-100 network: its numbers are TensorFlow's. The script itself runs in tests/end2end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.keras.frozen import cifar

HERE = Path(__file__).parent
FROZEN = json.loads((HERE / "frozen" / "cifar.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    tf.keras.backend.clear_session()
    return cifar.steps(tf)


def near(found: dict[str, Any], frozen: dict[str, Any], tolerance: float) -> bool:
    """Whether samples of two arrays differ by at most a share of the largest element."""
    apart = np.abs(np.array(found["some"]) - frozen["some"]).max()
    return bool(apart <= tolerance * frozen["largest"]) and found["norm"] == pytest.approx(
        frozen["norm"], rel=tolerance
    )


def test_variables_have_kerass_names(ours: dict[str, Any]) -> None:
    assert ours["names"] == FROZEN["names"]


@pytest.mark.parametrize("place", range(8))
def test_every_gradient_of_the_first_step_is_tensorflows(ours: dict[str, Any], place: int) -> None:
    assert near(ours["gradients"][place], FROZEN["gradients"][place], 1e-5)


@pytest.mark.parametrize("place", range(8))
def test_so_are_the_weights_after_twenty_steps(ours: dict[str, Any], place: int) -> None:
    assert near(ours["weights"][place], FROZEN["weights"][place], 1e-5)


def test_and_the_losses(ours: dict[str, Any]) -> None:
    assert ours["losses"] == pytest.approx(FROZEN["losses"], rel=1e-5)
