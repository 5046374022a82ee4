"""Losses, metrics, optimizers, schedules, initializers and small parts against values of a real TensorFlow 2.15."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.engine.names import tf
from tests.keras.frozen import parts

FROZEN = json.loads((Path(__file__).parent / "frozen" / "parts.json").read_text(encoding="utf-8"))
CASES = [(part, name) for part, found in FROZEN.items() for name in found]


@cache
def ours(part: str) -> dict[str, Any]:
    return parts.evaluated(tf, part)


def differences(found: Any, frozen: Any, place: str, tolerance: float) -> list[str]:
    """Where two structures of numbers and words differ by more than a share of their size (of 1 for small ones)."""
    if isinstance(frozen, dict):
        if set(found) != set(frozen):
            return [f"{place}: {sorted(found)} and not {sorted(frozen)}"]
        return [d for key in frozen for d in differences(found[key], frozen[key], f"{place}.{key}", tolerance)]
    if isinstance(frozen, list):
        if not isinstance(found, list) or len(found) != len(frozen):
            return [f"{place}: {found} and not {frozen}"]
        pairs = enumerate(zip(found, frozen, strict=True))
        return [d for k, (a, b) in pairs for d in differences(a, b, f"{place}[{k}]", tolerance)]
    if isinstance(frozen, (float, int)) and isinstance(found, (float, int)):
        if math.isnan(frozen) or math.isinf(frozen):
            same = math.isnan(found) if math.isnan(frozen) else found == frozen
        else:
            same = abs(found - frozen) <= tolerance * max(1.0, abs(frozen))
        return [] if same else [f"{place}: {found!r} and not {frozen!r}"]
    return [] if found == frozen else [f"{place}: {found!r} and not {frozen!r}"]


TOLERANCE = {"losses": 3e-6, "metrics": 3e-6, "optimizers": 2e-6, "schedules": 1e-7, "initializers": 1e-6}


@pytest.mark.parametrize(("part", "name"), CASES, ids=[f"{part}-{name}".replace(" ", "-") for part, name in CASES])
def test_as_in_tensorflow(part: str, name: str) -> None:
    # Ftrl's sums of differences of powers lose some digits on both sides.
    tolerance = 1e-5 if name.endswith("Ftrl options") else TOLERANCE.get(part, 3e-6)
    assert differences(ours(part)[name], FROZEN[part][name], name, tolerance) == []


def test_every_case_is_frozen() -> None:
    assert {part: set(ours(part)) for part in parts.PARTS} == {part: set(found) for part, found in FROZEN.items()}
