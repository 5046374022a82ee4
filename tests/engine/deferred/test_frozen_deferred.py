"""What scripts with deferred graphs print, against a real TensorFlow 2.15 (``compat.v1``, v2 behaviour off)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.deferred.frozen import cases, cases_resources

FROZEN = json.loads((Path(__file__).parent / "frozen" / "deferred.json").read_text(encoding="utf-8"))

RESOURCES = json.loads((Path(__file__).parent / "frozen" / "resources.json").read_text(encoding="utf-8"))


def differences(found: Any, frozen: Any, place: str) -> list[str]:
    """Where two structures of numbers and words differ by more than rounding."""
    if isinstance(frozen, dict) and isinstance(found, dict) and set(found) == set(frozen):
        return [d for key in frozen for d in differences(found[key], frozen[key], f"{place}.{key}")]
    if isinstance(frozen, list) and isinstance(found, list) and len(found) == len(frozen):
        pairs = enumerate(zip(found, frozen, strict=True))
        return [d for k, (a, b) in pairs for d in differences(a, b, f"{place}[{k}]")]
    number = (int, float)
    if isinstance(frozen, number) and isinstance(found, number) and type(frozen) is not bool:
        near = abs(found - frozen) <= 3e-6 * max(1.0, abs(frozen))
        return [] if near else [f"{place}: {found!r} and not {frozen!r}"]
    return [] if found == frozen else [f"{place}: {found!r} and not {frozen!r}"]


@pytest.mark.parametrize("name", FROZEN)
def test_as_in_tensorflow(tf: Any, name: str, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    assert differences(cases.plain(cases.CASES[name](tf)), FROZEN[name], name) == []


@pytest.mark.parametrize("name", RESOURCES)
def test_as_in_tensorflow_with_resources(tf_resources: Any, name: str) -> None:
    found = cases.plain(cases_resources.CASES[name](tf_resources))
    assert differences(found, RESOURCES[name], name) == []


def test_every_case_is_frozen() -> None:
    assert set(cases.CASES) == set(FROZEN)
    assert set(cases_resources.CASES) == set(RESOURCES)
