"""The engine beside TensorFlow 2.15: results, gradients, second gradients and refusals, frozen as JSON.

``tests/engine/frozen/make_frozen.py`` says how the files are made.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.frozen.cases import CASES
from tests.engine.frozen.error_cases import ERRORS
from tests.engine.frozen.evaluate import evaluate, raised
from tests.engine.frozen.signatures import FUNCTIONS, arguments
from tests.engine.names import tf

FOLDER = Path(__file__).parent.parent / "frozen"
RELATIVE = 1e-5


def frozen(group: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))
    return found


FROZEN = {group: frozen(group) for group in CASES}
NAMED = [pytest.param(group, name, id=f"{group}: {name}") for group, cases in CASES.items() for name in cases]


def close(got: Any, expected: Any, what: str) -> None:
    """Same type, same shape, same numbers up to rounding (of a sum whose terms are as large as the largest number)."""
    if expected is None or isinstance(expected, str):
        assert got == expected, what
        return
    assert got is not None, f"{what}: there is one in TensorFlow"
    assert not isinstance(got, str), f"{what}: {got}"
    assert (got["dtype"], got["shape"]) == (expected["dtype"], expected["shape"]), what
    numbers = np.array(expected["values"], np.float64)
    finite = np.abs(numbers[np.isfinite(numbers)])
    scale = max(1.0, float(finite.max())) if finite.size else 1.0
    exact = expected["dtype"] not in ("float32", "float64")
    np.testing.assert_allclose(
        np.array(got["values"], np.float64),
        numbers,
        0 if exact else RELATIVE,
        0 if exact else 2e-6 * scale,
        err_msg=what,
    )


def agrees(f: Any, inputs: Any, expected: dict[str, Any]) -> None:
    """A case gives the frozen outputs, and gradients of first and second order."""
    got = evaluate(tf, f, inputs)
    for part in ("outputs", "first", "second"):
        have, want = got.get(part, []), expected.get(part, [])
        if isinstance(want, str) or isinstance(have, str):
            assert have == want, part
            continue
        assert len(have) == len(want), part
        for k, (h, w) in enumerate(zip(have, want, strict=True)):
            close(h, w, f"{part} {k}")


@pytest.mark.parametrize(("group", "name"), NAMED)
def test_frozen(group: str, name: str) -> None:
    agrees(*CASES[group][name], FROZEN[group][name])


@pytest.mark.parametrize("group", CASES)
def test_every_case_is_frozen(group: str) -> None:
    assert list(FROZEN[group]) == list(CASES[group])


REFUSALS = frozen("errors")
SIGNATURES = frozen("signatures")


@pytest.mark.parametrize("name", ERRORS)
def test_refusals(name: str) -> None:
    assert raised(lambda: ERRORS[name](tf)) == REFUSALS[name]


def test_every_refusal_is_frozen() -> None:
    assert list(REFUSALS) == list(ERRORS)
    assert not [name for name, text in REFUSALS.items() if text.startswith("no exception")]


@pytest.mark.parametrize("path", FUNCTIONS)
def test_arguments(path: str) -> None:
    assert arguments(tf, path) == SIGNATURES[path]
