"""TensorFlow 1's library against values of a real TensorFlow 2.15 with version 1's behaviour."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tapeview.engine import deferred
from tapeview.tensorflow.loader import Namespace
from tests.keras.test_frozen_parts import differences
from tests.tf1.frozen.run_cases import PARTS, evaluated

FROZEN = json.loads((Path(__file__).parent / "frozen" / "tf1.json").read_text(encoding="utf-8"))
CASES = [(part, name) for part, found in FROZEN.items() for name in found]
tf: Any = Namespace("tensorflow", "tf", tf1=True)


@pytest.fixture(autouse=True)
def _graphs() -> Iterator[None]:
    deferred.enable()
    yield
    deferred.disable()


@pytest.mark.parametrize(("part", "name"), CASES, ids=[f"{part}-{name}".replace(" ", "-") for part, name in CASES])
def test_as_in_tensorflow(part: str, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = json.loads(json.dumps(evaluated(tf, PARTS[part][name])))
    assert differences(found, FROZEN[part][name], name, 5e-6) == []


def test_every_case_is_frozen() -> None:
    assert {part: list(cases) for part, cases in PARTS.items()} == {part: list(found) for part, found in FROZEN.items()}
